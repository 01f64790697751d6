--- report/scores.lua: the numbers in what an evaluation returns. Scores are a table of numbers; a table of numbers in it holds a
--- value a class ({iou = {car = 31.5}}), one that holds more is a group of its own ({teacher = {f1 = 40, average_precision = {}}}).
local numbers = require 'hilo.report.numbers'

local scores_of = {}

local skipped = {step = true, best = true, fusion = true}
local first = {'mean_iou', 'mean_average_precision', 'pixel_accuracy'}

local rank = {}
for i, name in ipairs(first) do rank[name] = i end

local function before(a, b)
   local ra, rb = rank[a] or #first + 1, rank[b] or #first + 1
   if ra ~= rb then return ra < rb end
   return a < b
end

local function names_of(scores)
   local names = {}
   for name in pairs(scores) do
      if type(name) == 'string' and not skipped[name] then names[#names + 1] = name end
   end
   table.sort(names, before)
   return names
end

local function is_per_class(value)
   for _, item in pairs(value) do if type(item) ~= 'number' then return false end end
   return next(value) ~= nil
end

-- Calls visit(measure, group, value) for the numbers and the tables of classes.
local function walk(scores, group, visit)
   for _, name in ipairs(names_of(scores)) do
      local value = scores[name]
      if type(value) == 'number' or type(value) == 'table' and is_per_class(value) then
         visit(name, group, value)
      elseif type(value) == 'table' then
         walk(value, group == '' and name or group .. ' ' .. name, visit)
      end
   end
end

---@class Score
---@field measure string 'mean_iou'
---@field group string '' or 'teacher'
---@field value number|table<string, number>

--- Single numbers.
---@param scores table
---@return Score[]
function scores_of.scalars(scores)
   local list = {}
   walk(scores, '', function(measure, group, value)
      if type(value) == 'number' then list[#list + 1] = {measure = measure, group = group, value = value} end
   end)
   return list
end

--- Tables with a number a class.
---@param scores table
---@return Score[]
function scores_of.per_class(scores)
   local list = {}
   walk(scores, '', function(measure, group, value)
      if type(value) == 'table' then list[#list + 1] = {measure = measure, group = group, value = value} end
   end)
   return list
end

--- The score to judge by where nothing says which: mean IoU, mean average precision, or the first there is.
---@param scores table
---@return string?
function scores_of.main(scores)
   for _, name in ipairs(names_of(scores)) do if type(scores[name]) == 'number' then return name end end
   return nil
end

local percent = {mean_iou = true, pixel_accuracy = true, iou = true, mean_average_precision = true, average_precision = true, f1 = true,
   mean_f1 = true}

--- Whether a measure is in percent, and the higher the better.
---@param measure string
---@return boolean
function scores_of.is_percent(measure) return percent[measure] == true end

--- A format for values of a measure.
---@param measure string
---@param values number[] those that stand together
---@return fun(x: number?): string
function scores_of.format(measure, values)
   if not percent[measure] then return numbers.column(values) end
   return function(x) return x and (x == x and ('%.2f'):format(x) or 'NaN') or '' end
end

return scores_of
