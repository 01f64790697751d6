--- models/options.lua: reading the options of a model, and its groups of parameters.
local core = require 'hilo.core'
local merged = require 'hilo.merged'
local precision = require 'hilo.models.precision'
local sorted_keys = require 'hilo.keys'

local options = {}

--- Options that every backbone takes.
options.of_backbone = {
   classes = {'whole'},
   width = {'whole', default = 64},
   output_stride = {'one of', {8, 16, 32}, default = 32},
   checkpoint = {'any', default = false},
   freeze_bn = {'one of', {'none', 'affine', 'all'}, default = 'none'},
   precision = precision.rule,
   generator = {'any'},
}

--- The rules of both; where both have one of a name, that of `a`.
function options.joined(a, b) return merged(b, a) end

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

---@class NetworkOrigin
---@field model string? the function of hilo.models that made a network; nil where something else did
---@field options table<string, string|number|boolean>? that it was given, defaults filled in
---@field class string? of a network that something else made

--- Notes on a network which function of hilo.models made it of which options. Its checkpoints tell, so that a finished run can make
--- it again.
---@generic T
---@param net T
---@param name string 'deeplab'
---@param o table
---@return T net
function options.made(net, name, o)
   local told = {}
   for key, value in pairs(o) do
      if key ~= 'checkpoint' and key ~= 'generator' then told[key] = value end -- neither changes what the network computes
   end
   net.origin = {model = name, options = told}
   return net
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

--- Gives a class of networks that may end in a classifier its two groups of parameters: backboneParameters() and, with names that
--- begin with `prefix`, headParameters().
---@param class Container
---@param prefix string
function options.add_groups(class, prefix)
   class.head_prefix = prefix
   local function in_head(name) return name:sub(1, #prefix) == prefix end
   --- Parameters that train (those that are not frozen), but for the classifier's last layer.
   ---@return Tensor[]
   function class:backboneParameters() return options.trainable(self, function(name) return not in_head(name) end) end
   --- Parameters of the classifier's last layer.
   ---@return Tensor[]
   function class:headParameters() return options.trainable(self, in_head) end
end

return options
