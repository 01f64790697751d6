--- prompt/timing.lua: how long code takes, with all that the devices have to do for it.
local chunk = require 'hilo.prompt.chunk'
local core = require 'hilo.core'

local timing = {}

local clock = core.host.hl_host_time

--- Waits until every device has done what it was given.
function timing.wait()
   for _, device in pairs(core.devices) do core.call(device.lib, 'hl_synchronize') end
end

--- A duration as it is read.
---@param s number seconds
---@return string
function timing.text(s)
   if s >= 100 then return ('%d min %.0f s'):format(math.floor(s / 60), s % 60) end
   for _, unit in ipairs {{1, 's'}, {1e-3, 'ms'}, {1e-6, 'us'}} do
      if s >= unit[1] then return ('%.3g %s'):format(s / unit[1], unit[2]) end
   end
   return ('%.3g ns'):format(s * 1e9)
end

--- The function of a command's text.
---@param session Session
---@param text string
---@param command string
---@return function
function timing.compiled(session, text, command)
   if text == '' then error(('%%%s CODE: the code is missing'):format(command), 0) end
   local kind, why, code = chunk.kind(text, '=(' .. command .. ')')
   if not kind then error(why == true and 'the code ends too early' or why, 0) end
   local f
   f, why = chunk.new(code, '=(' .. command .. ')', kind, session:visible())
   return f or error(why, 0)
end

--- `%time CODE`: runs it once and shows what it gives and how long it took.
function timing.time(session, text)
   local f = timing.compiled(session, text, 'time')
   timing.wait()
   local began, used = clock(), os.clock()
   local function gather(...)
      timing.wait()
      return clock() - began, os.clock() - used, select('#', ...), {...}
   end
   local seconds, processor, n, results = gather(f())
   for i = 1, n do session:say('%s', session:text(results[i])) end
   session:say('%s, %s of processor time', timing.text(seconds), timing.text(processor))
end

---@class Timing
---@field best number seconds of one run, the best of the repetitions
---@field median number
---@field runs integer at once
---@field repetitions integer

--- Times a function: as many runs at once as take a tenth of a second, that seven times.
---@param f function
---@return Timing
function timing.measure(f)
   local function seconds(n)
      timing.wait()
      local began = clock()
      for _ = 1, n do f() end
      timing.wait()
      return clock() - began
   end
   local n, spent = 1, seconds(1)
   while spent < 0.05 and n < 1e8 do
      n = math.ceil(n * math.max(2, math.min(10, 0.12 / math.max(spent, 1e-9))))
      spent = seconds(n)
   end
   local each, repetitions = {}, spent > 2 and 3 or 7
   for i = 1, repetitions do each[i] = seconds(n) / n end
   table.sort(each)
   return {best = each[1], median = each[math.ceil(#each / 2)], runs = n, repetitions = repetitions}
end

--- `%timeit CODE`: how long a run takes, of many.
function timing.timeit(session, text)
   local t = timing.measure(timing.compiled(session, text, 'timeit'))
   session:say('%s a run, at best %s (%d repetitions of %d runs)', timing.text(t.median), timing.text(t.best), t.repetitions, t.runs)
end

return timing
