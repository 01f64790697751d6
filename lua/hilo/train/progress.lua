--- train/progress.lua: a bar with rate and time left on a terminal; lines with the time of day otherwise.
local core = require 'hilo.core'

local host = core.host

---@class Progress
local Progress = {}
Progress.__index = Progress

--- Seconds as '4s', '3m05s', '2h07m'.
---@param seconds number
---@return string
function Progress.duration(seconds)
   local s = math.floor(seconds + 0.5)
   if s < 60 then return ('%ds'):format(s) end
   if s < 3600 then return ('%dm%02ds'):format(math.floor(s / 60), s % 60) end
   return ('%dh%02dm'):format(math.floor(s / 3600), math.floor(s % 3600 / 60))
end

--- A progress bar, or lines now and then where stdout is no terminal.
---@param options {total: integer, done: integer?, title: string?, out: file*?, width: integer?} width of the terminal; 0: none
---@return Progress
function Progress.new(options)
   local now = host.hl_host_time()
   return setmetatable({
      total = options.total, start = options.done or 0, done = options.done or 0, title = options.title or '',
      out = options.out or io.stderr, width = options.width or host.hl_host_terminal_width(2), began = now, shown = 0,
   }, Progress)
end

--- Steps a second since the start, and seconds left; nil before the first step.
---@return number? rate steps a second
---@return number? left seconds
function Progress:rate()
   local elapsed = host.hl_host_time() - self.began
   local steps = self.done - self.start
   if steps < 1 or elapsed <= 0 then return nil end
   return steps / elapsed, (self.total - self.done) * elapsed / steps
end

---@private
function Progress:numbers()
   local rate, left = self:rate()
   if not rate then return '' end
   local speed = rate >= 1 and ('%.1f/s'):format(rate) or ('%.1f s each'):format(1 / rate)
   return ('%s  %s left'):format(speed, Progress.duration(left))
end

---@private
function Progress:bar(text)
   local head = ('%s %d/%d '):format(self.title, self.done, self.total)
   local tail = (' %s  %s'):format(self:numbers(), text or '')
   local room = math.max(4, math.min(30, self.width - #head - #tail - 3))
   local full = math.floor(room * self.done / math.max(1, self.total))
   return (head .. '[' .. ('='):rep(full) .. (' '):rep(room - full) .. ']' .. tail):sub(1, self.width - 1)
end

--- Notes that `done` steps are done. On a terminal the bar moves, at most ten times a second.
---@param done integer
---@param text? string shown behind the numbers
function Progress:update(done, text)
   self.done, self.text = done, text or self.text
   local now = host.hl_host_time()
   if self.width == 0 or (now - self.shown < 0.1 and done < self.total) then return end
   self.shown = now
   self.out:write('\r\27[K', self:bar(self.text))
   self.out:flush()
end

--- A line that stays: above the bar, or with the time of day.
---@param text string
function Progress:line(text)
   if self.width > 0 then
      self.out:write('\r\27[K', text, '\n')
   else
      self.out:write(os.date('%Y-%m-%d %H:%M:%S '), text, '\n')
   end
   self.out:flush()
end

--- A line with the step and the rate: the log of a run without a terminal.
---@param text string
function Progress:report(text)
   if self.width > 0 then return self:update(self.done, text) end
   self:line(('%s %d/%d  %s  %s'):format(self.title, self.done, self.total, text, self:numbers()))
end

--- Ends the bar.
function Progress:finish()
   if self.width > 0 then
      self.out:write('\r\27[K')
      self.out:flush()
   end
end

return Progress
