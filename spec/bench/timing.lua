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

return timing
