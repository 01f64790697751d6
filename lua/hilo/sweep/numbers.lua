--- sweep/numbers.lua: means and spreads over seeds, and numbers as Optuna's tables hold them.
local numbers = {}

---@param values number[] at least one
---@return number
function numbers.mean(values)
   local sum = 0
   for _, v in ipairs(values) do sum = sum + v end
   return sum / #values
end

--- The standard deviation of a sample (n - 1); nil for fewer than two values.
---@param values number[]
---@return number?
function numbers.spread(values)
   if #values < 2 then return nil end
   local mean, squares = numbers.mean(values), 0
   for _, v in ipairs(values) do squares = squares + (v - mean) ^ 2 end
   return math.sqrt(squares / (#values - 1))
end

--- A number for people: two digits behind the point, more where it is small.
---@param x number
---@param beside? number whose digits it takes, where it stands behind another one
---@return string
function numbers.text(x, beside) return (math.abs(beside or x) >= 10 and '%.2f' or beside and '%.2g' or '%.4g'):format(x) end

local infinite = {INF_POS = math.huge, INF_NEG = -math.huge, NAN = 0 / 0}

--- What Optuna's tables hold for a number: itself, or nothing and a word for what it is.
---@param value number
---@return number? value
---@return 'FINITE'|'INF_POS'|'INF_NEG'|'NAN' kind
function numbers.stored(value)
   if value ~= value then return nil, 'NAN' end
   if value == math.huge then return nil, 'INF_POS' end
   if value == -math.huge then return nil, 'INF_NEG' end
   return value, 'FINITE'
end

--- The number that is meant.
---@param value number?
---@param kind string
---@return number
function numbers.restored(value, kind)
   if kind == 'FINITE' then return value end
   return infinite[kind]
end

return numbers
