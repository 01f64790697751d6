--- report/machine.lua: where and how fast a run ran: speed, memory, machine, versions, state of the sources.
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local sorted_keys = require 'hilo.keys'

local machine = {}

--- Steps a second of a run: what it noted at its end, or what its log tells.
---@param run RunData
---@return number?
function machine.rate(run)
   local noted = run.machine.steps_per_second
   return type(noted) == 'number' and noted or run.rate
end

--- The same as text.
---@param run RunData
---@return string?
function machine.speed(run)
   local rate = machine.rate(run)
   if not rate or rate <= 0 then return nil end
   return rate >= 1 and numbers.short(rate) .. ' steps/s' or numbers.short(1 / rate) .. ' s/step'
end

--- Seconds that a run took so far.
---@param run RunData
---@return number?
function machine.seconds(run)
   local noted = run.machine.seconds
   return type(noted) == 'number' and noted or run.seconds
end

local function text_of(value)
   if type(value) ~= 'table' then return numbers.option(value) end
   local texts = {}
   for i, key in ipairs(sorted_keys(value)) do
      local text = text_of(value[key])
      texts[i] = type(key) == 'number' and text or key .. ' ' .. text
   end
   return table.concat(texts, ', ')
end

-- '2026-03-01T10:20:30Z' without its letters.
local function date(text) return text and (text:gsub('^(%d+%-%d+%-%d+)T([%d:]+)Z$', '%1 %2 UTC')) end

local function bytes(value) return type(value) == 'number' and numbers.bytes(value) or value and text_of(value) end

local function version_of(m)
   if not m.version then return nil end
   return h.join {text_of(m.version), m.commit and {' ', h.code {text_of(m.commit):sub(1, 12)}}}
end

-- Commit, branch and changed files of the folder that the run was started in.
local function source_state(git)
   if type(git) ~= 'table' then return git and text_of(git) end
   local head = {git.commit and h.code {text_of(git.commit):sub(1, 12)} or 'no commit', git.branch and ' on ' .. text_of(git.branch)}
   if type(git.changed) ~= 'table' then return h.join(head) end
   local names = {}
   for i, name in ipairs(git.changed) do names[i] = h.li {h.code {text_of(name)}} end
   if #names == 0 then return h.join {head, ', nothing changed'} end
   return h.join {head, parts.folded(numbers.count(#names, 'changed file'), h.ul(names))}
end

-- The processes that the run took, where it was continued.
local function sessions_table(sessions)
   if type(sessions) ~= 'table' or #sessions < 2 then return nil end
   local columns = {{title = 'started'}, {title = 'host'}, {title = 'device'}, {title = 'from step', class = 'n'},
      {title = 'to step', class = 'n'}, {title = 'time', class = 'n'}, {title = 'ended'}}
   local rows = {}
   for i, one in ipairs(sessions) do
      rows[i] = {}
      for k, key in ipairs {'started', 'host', 'device', 'from_step', 'to_step', 'seconds', 'ended'} do
         local value = type(one) == 'table' and one[key]
         if key == 'seconds' and type(value) == 'number' then value = numbers.duration(value) end
         rows[i][k] = value and date(text_of(value))
      end
   end
   return parts.table {caption = 'Processes', columns = columns, rows = rows}
end

local shown = {}
for name in ([[seconds steps_per_second peak_memory device_memory host processor processors threads memory os device device_name version
   commit luajit command folder pid git sessions started finished ended error tracking_seconds
   diagnostics_seconds]]):gmatch('%S+') do
   shown[name] = true
end

-- What a later version may add.
local function others(m)
   local facts = {}
   for _, name in ipairs(sorted_keys(m)) do
      if not shown[name] then facts[#facts + 1] = {numbers.measure(tostring(name)), text_of(m[name])} end
   end
   return facts
end

--- Facts about a run's speed, machine and sources.
---@param run RunData
---@return Html
function machine.of(run)
   local m, seconds = run.machine, machine.seconds(run)
   local function told(name) return m[name] ~= nil and text_of(m[name]) end
   local processor = told 'processor'
   if processor and type(m.processors) == 'number' then
      processor = ('%s, %s'):format(processor, numbers.count(m.processors, 'processor'))
   end
   local function took(name) return type(m[name]) == 'number' and numbers.duration(m[name]) end
   return h.join {
      parts.facts {{'time', seconds and numbers.duration(seconds)}, {'speed', machine.speed(run)},
         {'peak memory', bytes(m.peak_memory)}, {'peak memory of the card', bytes(m.device_memory)},
         {'tracking took', took 'tracking_seconds'}, {'measuring the method took', took 'diagnostics_seconds'},
         {'started', date(told 'started')}, {'ended', date(told 'finished')}},
      parts.facts {{'host', told 'host'}, {'processor', processor}, {'threads', told 'threads'}, {'memory', bytes(m.memory)},
         {'device', m.device_name and ('%s, %s'):format(told 'device', told 'device_name') or told 'device'}, {'system', told 'os'}},
      parts.facts {{'hilo', version_of(m)}, {'LuaJIT', told 'luajit'}, {'sources', source_state(m.git)}},
      parts.facts(others(m)), sessions_table(m.sessions),
      m.command and {h.h3 {'Command'}, h.pre {text_of(m.command)}},
      m.folder and h.p {class = 'soft', 'in ', h.code {text_of(m.folder)}},
   }
end

return machine
