--- plot/parallel_axes.lua: an axis of parallel coordinates: where a value lies between 0, the bottom, and 1, and which marks there are.
local span = require 'hilo.plot.span'
local text = require 'hilo.plot.text'
local tics = require 'hilo.plot.tics'
local values = require 'hilo.plot.values'

local axes = {}

---@alias Marks {[1]: number, [2]: string}[] height and label

-- Names lie evenly from 0.05 to 0.95.
local function of_names(axis, list)
   local names, at = {}, {}
   local function add(v)
      local name = tostring(v)
      if not at[name] then
         names[#names + 1] = name
         at[name] = #names
      end
   end
   for _, choice in ipairs(axis.choices or {}) do add(choice) end
   for _, v in pairs(list) do if v ~= nil then add(v) end end
   local function place(k) return #names == 1 and 0.5 or 0.05 + 0.9 * (k - 1) / (#names - 1) end
   local marks, labels = {}, text.told_apart(names, 20)
   for k = 1, #names, math.ceil(#names / 20) do marks[#marks + 1] = {place(k), labels[k]} end
   return function(v) return v ~= nil and place(at[tostring(v)]) or nil end, marks
end

local function log_marks(low, high, place)
   local marks = {}
   for _, tic in ipairs(tics.log(low, high, 6)) do if tic[2] ~= '' then marks[#marks + 1] = {place(tic[1]), tic[2]} end end
   return marks
end

local function linear_marks(low, high, place)
   local marks = {}
   local step, format = tics.linear(low, high, 5)
   for k = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do
      marks[#marks + 1] = {place(k * step), format:format(k * step)}
   end
   return marks
end

-- Spans the values and what the axis says of itself. With a value that is not above 0 a logarithmic axis is drawn evenly.
local function of_numbers(axis, list)
   local low, high = values.range {list, {axis.low, axis.high}}
   local log = axis.log and (not low or low > 0)
   if not low then low, high = log and 1 or 0, log and 10 or 1 end
   low, high = span.open(low, high, log)
   local function place(v)
      if log then return math.log(v / low) / math.log(high / low) end
      return (v - low) / (high - low)
   end
   return function(v)
      v = type(v) == 'number' and values.number(v) or 0 / 0
      return v == v and place(v) or nil
   end, (log and log_marks or linear_marks)(low, high, place)
end

--- How an axis places values.
---@param axis {name: string, low: number?, high: number?, log: boolean?, choices: any[]?}
---@param list any[] the values that occur, false or nil where there is none
---@return fun(value: any): number? place
---@return Marks
function axes.of(axis, list)
   if axis.choices then return of_names(axis, list) end
   local numbers = {}
   for _, v in ipairs(list) do
      if type(v) ~= 'number' then return of_names(axis, list) end
      v = values.number(v)
      if v == v then numbers[#numbers + 1] = v end
   end
   return of_numbers(axis, numbers)
end

return axes
