--- models/options.lua: reading the options of a model, and its groups of parameters.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'

local options = {}

local checks = {
   any = function() return true end,
   boolean = function(v) return type(v) == 'boolean', 'true or false' end,
   whole = function(v) return type(v) == 'number' and v % 1 == 0 and v >= 1, 'a whole number of 1 or more' end,
   number = function(v) return type(v) == 'number', 'a number' end,
   ['one of'] = function(v, choices)
      local names = {}
      for i, choice in ipairs(choices) do
         if v == choice then return true end
         names[i] = tostring(choice)
      end
      return false, table.concat(names, ', ')
   end,
}

--- Options with their defaults filled in; an error for what is unknown, wrong or missing.
---@param who string
---@param given? table
---@param known table<string, {[1]: string, [2]: any, default: any, required: boolean}>
function options.read(who, given, known)
   core.check(given == nil or type(given) == 'table', '%s: options must be a table, got %s', who, type(given))
   local o = {}
   for name, value in pairs(given or {}) do
      local rule = known[name]
      if not rule then
         core.raise(("%s: there is no option '%s'; it takes %s"):format(who, tostring(name), table.concat(sorted_keys(known), ', ')))
      end
      local ok, expected = checks[rule[1]](value, rule[2])
      core.check(ok, '%s: %s must be %s, got %s', who, name, expected, tostring(value))
      o[name] = value
   end
   for name, rule in pairs(known) do
      if o[name] == nil then
         core.check(not rule.required, '%s: the option %s is missing', who, name)
         o[name] = rule.default
      end
   end
   return o
end

--- A copy of the named options only.
function options.pick(given, known)
   local o = {}
   for name in pairs(known) do o[name] = given[name] end
   return o
end

--- Parameters that are not frozen and whose name `belongs`, each once.
---@param net Module
---@param belongs fun(name: string): boolean
---@return Tensor[]
function options.trainable(net, belongs)
   local list = {}
   for _, p in ipairs(net:namedParameters()) do
      if p.tensor.requires_grad ~= false and belongs(p.name) then list[#list + 1] = p.tensor end
   end
   return list
end

return options
