--- train/restored.lua: the network of a finished run: as its checkpoint says that hilo.models made it, or, where an older one does not
--- say, as the options of the run describe it.
local core = require 'hilo.core'
local hilo = require 'hilo'
local networks = require 'hilo.train.networks'

local check = core.check

---@class RestoredOptions
---@field name string of the run, for messages
---@field device string
---@field precision 'float32'|'bf16'|nil that of the run where it is nil, but on a CPU float32

local restored = {}

local own = "in Lua, make it as the script does and hand it over: hilo.open('%s', {net = net}); see `hilo help runs`"

--- Errors where a script made a network by other means than hilo.models.
---@param name string of the run
---@param origin NetworkOrigin?
function restored.check(name, origin)
   check(not origin or origin.model, "the network of %s (%s) was made by its script, not by hilo.models, so it cannot be made again; "
      .. own, name, origin and origin.class, name)
end

-- The function of hilo.models of that name, where it makes what such a run trains.
local function maker(kind, name)
   if name == 'deeplab' then return kind == 'segmentation' and hilo.models.deeplab end
   return kind == 'classifier' and name ~= 'discriminator' and name ~= 'pixel_discriminator' and hilo.models[name]
end

--- The network, still without its weights.
---@param kind 'segmentation'|'classifier'
---@param options table of the run
---@param origin NetworkOrigin? what its checkpoint says
---@param set {classes: string[], [string]: any}
---@param o RestoredOptions
---@return Module
function restored.network(kind, options, origin, set, o)
   restored.check(o.name, origin)
   local of_run = origin and origin.options.precision or options.precision
   local precision = o.precision or o.device ~= 'cpu' and of_run or 'float32'
   if not origin then
      local model = setmetatable({weights = ''}, {__index = options.model}) -- the checkpoint holds all weights
      return networks[kind](setmetatable({model = model, device = o.device, precision = precision}, {__index = options}), set)
   end
   local make = check(maker(kind, origin.model), '%s: its checkpoint says that models.%s made its network, which makes none for %s',
      o.name, origin.model, kind)
   local given = {}
   for key, value in pairs(origin.options) do given[key] = value end
   given.precision = precision
   return make(given):to{device = o.device}
end

--- Gives a network the weights of a run.
---@param net Module
---@param weights table<string, Tensor>
---@param name string of the run
---@return Module net evaluating
function restored.with(net, weights, name)
   local ok, why = pcall(net.loadStateDict, net, weights)
   check(ok, "%s: its weights do not fit the network that was made for them. Where its script made or changed the network itself, "
      .. own .. '\n%s', name, name, tostring(why))
   return net:evaluate()
end

return restored
