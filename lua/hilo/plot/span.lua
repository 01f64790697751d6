--- plot/span.lua: from where to where an axis goes.
local core = require 'hilo.core'

local span = {}

--- Two ends that differ, around a single value.
---@param low number
---@param high number
---@param log? boolean
---@return number low, number high
function span.open(low, high, log)
   if log then
      if high / low < 1 + 1e-9 then return low / 2, high * 2 end
   elseif high - low <= 1e-12 * math.max(math.abs(low), math.abs(high)) then
      local half = low == 0 and 1 or math.abs(low) * 0.1
      return low - half, high + half
   end
   return low, high
end

-- The ends that the user wants are there, finite, and have a logarithm where one is needed.
local function check(what, axis, wish, log)
   for i = 1, 2 do
      local v = wish[i]
      core.check(v == nil or type(v) == 'number' and math.abs(v) <= 1e300, '%s: %srange is to be {low, high}', what, axis)
      core.check(not (log and v and v <= 0), '%s: %srange holds %s, but a logarithmic axis has only numbers above 0', what, axis,
         tostring(v))
   end
end

--- What an axis spans, from the extremes of the data, the wish of the user and the room wanted at the ends.
---@param what string for errors
---@param axis 'x'|'y'|'c'
---@param wish? {[1]: number?, [2]: number?}
---@param spec {low: number?, high: number?, log: boolean?, pad: number?, from_zero: boolean?} pad is a share, from_zero: none below 0
---@return number low, number high
function span.of(what, axis, wish, spec)
   wish = wish or {}
   check(what, axis, wish, spec.log)
   local low, high, pad = spec.low, spec.high, spec.pad or 0
   if not low then low, high = wish[1] or wish[2] or (spec.log and 1 or 0), wish[2] or wish[1] or (spec.log and 10 or 1) end
   low, high = span.open(low, high, spec.log)
   if spec.log then
      local factor = (high / low) ^ pad
      low, high = low / factor, high * factor
   else
      local more = (high - low) * pad
      low, high = spec.from_zero and low == 0 and 0 or low - more, high + more
   end
   low, high = wish[1] or low, wish[2] or high
   core.check(low < high, '%s: %srange goes from %g to %g; it is to rise', what, axis, low, high)
   return low, high
end

return span
