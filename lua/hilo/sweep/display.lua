--- sweep/display.lua: what a sweep shows while it runs: on a terminal a line for each running run and one for the whole, which stay
--- below what scrolls by; elsewhere a line for each thing that happens.
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local numbers = require 'hilo.sweep.numbers'
local Progress = require 'hilo.train.progress'
local ranking = require 'hilo.sweep.ranking'

local host = core.host
local duration = Progress.duration

---@class Display
local Display = {}
Display.__index = Display

---@param d Definition
---@param options? {out: file*?, width: integer?} width of the terminal; 0: none
---@return Display
function Display.new(d, options)
   options = options or {}
   return setmetatable({d = d, out = options.out or io.stderr, width = options.width or host.hl_host_terminal_width(2), lines = 0,
      began = host.hl_host_time(), shown = 0, done = 0, run_seconds = 0}, Display)
end

-- The values on the axes, in one line: those of the run's trial, or of a stage's run the options.
local function values_of(d, active)
   local parts = {}
   for _, axis in ipairs(d.axes) do
      local value = (active.values or active.run.options)[axis.name]
      if type(value) == 'number' then value = ('%.4g'):format(value) end
      if value ~= nil then parts[#parts + 1] = axis.name .. '=' .. axes_of.text_of(value) end
   end
   return table.concat(parts, ' ')
end

-- The same behind other words; nothing where a run has none.
local function with_values(d, active)
   local values = values_of(d, active)
   return values == '' and '' or '  ' .. values
end

local function title(run) return run.name:match('[^/]+$') end

-- Takes away the lines that stand below.
function Display:wipe()
   if self.lines > 0 then self.out:write(('\27[%dF\27[J'):format(self.lines)) end
   self.lines = 0
end

--- A line that stays.
---@param text string
function Display:note(text)
   if self.width > 0 then
      self:wipe()
      self.out:write(text, '\n')
   else
      self.out:write(os.date('%Y-%m-%d %H:%M:%S '), text, '\n')
   end
   self.out:flush()
   self.shown = 0
end

---@param active ActiveRun
---@param again boolean
function Display:started(active, again)
   if self.width > 0 then return end
   self:note(('%s %s%s'):format(title(active.run), again and 'goes on' or 'starts', with_values(self.d, active)))
end

function Display:pruned(trial, step)
   self:note(('trial %04d is pruned at step %d: it stays behind'):format(trial.number, step))
end

-- How a run ended, in words.
local function ending_text(d, ending, ended, state)
   if state == 'FAIL' then return 'failed: ' .. tostring(ended.error or ended.how) end
   if state == 'PRUNED' then return 'ends, its trial is pruned' end
   if ended.value then return d.settings.metric .. ' ' .. numbers.text(ended.value) end
   if ending.code == 0 then return 'is done' end
   if ended.how then return ended.how .. '; it will go on' end
   return ('stops at step %d; it will go on'):format(ended.step)
end

--- Notes the end of a run's process.
---@param active ActiveRun
---@param ending RunEnding
---@param ended {value: number?, error: string?, how: string?, step: integer, seconds: number}
---@param study Study
function Display:ended(active, ending, ended, study)
   local state = study:run_state(active.run)
   if state == 'COMPLETE' then
      self.done, self.run_seconds = self.done + 1, self.run_seconds + ended.seconds
   end
   if ending.asked and state == 'WAITING' and self.width > 0 then return end
   local text = ending_text(self.d, ending, ended, state)
   self:note(('%s %s%s  in %s'):format(title(active.run), text, with_values(self.d, active), duration(ended.seconds)))
end

-- ---- the lines below ----

local function bar(done, total, width)
   local full = math.floor(width * math.min(1, done / math.max(1, total)))
   return '[' .. ('='):rep(full) .. (' '):rep(width - full) .. ']'
end

local function run_line(self, active)
   local r = active.reported
   local steps = active.steps
   local seconds = host.hl_host_time() - active.began
   active.first = active.first or r.step
   local text = ('%s %s  '):format(title(active.run), values_of(self.d, active))
   if steps and r.step > active.first then
      local rate = (r.step - active.first) / seconds
      text = text .. ('%d/%d %s %s left'):format(r.step, steps, bar(r.step, steps, 16), duration((steps - r.step) / rate))
   else
      text = text .. ('step %d, %s'):format(r.step, duration(seconds))
   end
   local last = r.points[#r.points]
   return text .. (last and ('  %s %s'):format(self.d.settings.metric, numbers.text(last.value)) or '')
end

local function best_text(self, study)
   local best = ranking.best {trials = study:trials(), direction = self.d.settings.direction}
   return best and ('  best %s (%04d)'):format(numbers.text(best.value), best.number) or ''
end

local function whole_line(coordinator, self)
   local counts, seeds = coordinator.study:counts(), #self.d.seeds
   local total = coordinator:total()
   local finished = counts.COMPLETE + counts.FAIL + counts.PRUNED
   local all = math.max(finished + counts.WAITING + counts.RUNNING, total == math.huge and 0 or total * seeds)
   local text = ('%s %d/%d %s'):format(self.d.settings.name, finished, all, bar(finished, all, 24))
   if counts.FAIL > 0 then text = text .. ('  %d failed'):format(counts.FAIL) end
   if self.done > 0 then
      local each = self.run_seconds / self.done
      text = text .. ('  %s left'):format(duration((all - finished) * each / self.d.settings.jobs))
   end
   return text .. best_text(self, coordinator.study)
end

--- Shows where the runs are, twice a second.
---@param coordinator Coordinator
function Display:show(coordinator)
   local now = host.hl_host_time()
   if self.width == 0 or now - self.shown < 0.5 then return end
   self.shown = now
   local lines = {}
   for _, active in ipairs(coordinator:active_runs()) do lines[#lines + 1] = run_line(self, active) end
   lines[#lines + 1] = whole_line(coordinator, self)
   self:wipe()
   for _, line in ipairs(lines) do self.out:write(line:sub(1, self.width - 1), '\n') end
   self.out:flush()
   self.lines = #lines
end

--- Takes the lines away.
function Display:close()
   self:wipe()
   self.out:flush()
end

return Display
