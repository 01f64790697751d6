--- timing.lua: what the benchmarks share.
local core = require 'hilo.core'

local timing = {}

--- Seconds.
---@return number
function timing.now() return core.host.hl_host_time() end

--- The middle of a list, which is sorted.
---@param list number[]
---@return number
function timing.median(list)
   table.sort(list)
   return list[math.ceil(#list / 2)]
end

--- KEY=value arguments over defaults; the argument without a key, if any, comes second.
---@param arguments string[]
---@param defaults table<string, string>
---@return table<string, string> options, string? pattern
function timing.options(arguments, defaults)
   local options, pattern = defaults, nil
   for _, argument in ipairs(arguments) do
      local key, value = argument:match('^(%u+)=(.*)$')
      if key then options[key] = value else pattern = argument end
   end
   return options, pattern
end

--- The calls of a step by function, the one that takes longest first: how many there are, and the milliseconds of those that could be
--- repeated, with their floors.
---@param rows {call: string, count: integer, ms: number?, [string]: any}[] of a side's replay
---@param floor_of fun(row: table): number the least time that a call could take, ms
---@return {call: string, count: integer, ms: number, floor: number}[]
function timing.by_function(rows, floor_of)
   local list, by_name = {}, {}
   for _, row in ipairs(rows) do
      local name = row.call:match '^%S+'
      local sum = by_name[name]
      if not sum then
         sum = {call = name, count = 0, ms = 0, floor = 0}
         by_name[name], list[#list + 1] = sum, sum
      end
      sum.count = sum.count + row.count
      if row.ms then
         sum.ms, sum.floor = sum.ms + row.count * row.ms, sum.floor + row.count * floor_of(row)
      end
   end
   table.sort(list, function(a, b) return a.ms > b.ms end)
   return list
end

--- Processes that do the same in several ways, in turns, one thread each: `luajit SCRIPT step WAY STEPS` prints the processor seconds
--- of a step and the last loss, which must be alike.
---@param script string
---@param ways string[]
---@param rounds integer
---@param steps integer
---@return table<string, number> seconds of a step by way, the least of the rounds
function timing.in_turns(script, ways, rounds, steps)
   local least = {}
   for _ = 1, rounds do
      local first
      for _, way in ipairs(ways) do
         local pipe = io.popen(('OMP_NUM_THREADS=1 luajit %s step %s %d'):format(script, way, steps))
         local seconds, loss = pipe:read '*a':match '(%S+) (%S+)'
         pipe:close()
         first = first or loss
         assert(seconds and loss == first, ('%s: the losses differ: %s and %s'):format(way, loss, first))
         least[way] = math.min(least[way] or math.huge, tonumber(seconds))
      end
   end
   return least
end

return timing
