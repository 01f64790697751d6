--- sweep/distributions.lua: axes as Optuna writes them: a distribution as JSON, and each value as one number.
local cjson = require 'cjson'
local core = require 'hilo.core'
local json = require 'hilo.io.json'
local axes = require 'hilo.sweep.axes'

local distributions = {}

--- The JSON that Optuna keeps beside each value of a trial.
---@param axis Axis
---@return string
function distributions.encode(axis)
   if axis.kind == 'choice' then
      return json.encode({name = 'CategoricalDistribution', attributes = {choices = axis.choices}}, {one_line = true})
   end
   local attributes = {low = axis.low, high = axis.high, log = axis.log or false}
   attributes.step = axis.step or axis.kind == 'float' and cjson.null or 1
   local name = axis.kind == 'int' and 'IntDistribution' or 'FloatDistribution'
   return json.encode({name = name, attributes = attributes}, {one_line = true})
end

--- The axis that such a JSON text describes. Optuna's choices may be null, which Lua lists cannot hold: it becomes the text 'None'.
---@param name string
---@param text string
---@return Axis
function distributions.decode(name, text)
   local d = json.decode(text, ("the distribution of '%s'"):format(name))
   local a = core.check(type(d.attributes) == 'table' and d.attributes, "the distribution of '%s' has no attributes", name)
   if d.name == 'CategoricalDistribution' then
      local choices = {}
      for i, choice in ipairs(a.choices) do
         choices[i] = choice == cjson.null and 'None' or type(choice) == 'table' and json.encode(choice, {one_line = true}) or choice
      end
      return {name = name, kind = 'choice', choices = choices}
   end
   core.check(d.name == 'FloatDistribution' or d.name == 'IntDistribution', "the distribution of '%s' is of an unknown kind, %s", name,
      tostring(d.name))
   local kind, step = d.name == 'IntDistribution' and 'int' or 'float', a.step ~= cjson.null and a.step or nil
   return {name = name, kind = kind, low = a.low, high = a.high, log = a.log == true, step = step}
end

--- The number that stands for a value: itself, or the position among the choices, from 0.
---@param axis Axis
---@param value any
---@return number
function distributions.number(axis, value)
   if axis.kind ~= 'choice' then return value end
   return core.check(axes.position(axis, value), "axis %s has no value '%s'", axis.name, axes.text_of(value)) - 1
end

--- The value that a number stands for.
---@param axis Axis
---@param number number
---@return any
function distributions.value(axis, number)
   if axis.kind ~= 'choice' then return number end
   local value = axis.choices[number + 1]
   core.check(value ~= nil, 'axis %s has no choice number %g', axis.name, number)
   return value
end

return distributions
