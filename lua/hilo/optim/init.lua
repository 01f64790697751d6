--- optim/init.lua: optimisers. Those in small letters are Torch7's functions (sgd, adam, lbfgs, ...); SGD and Adam are objects with
--- groups of parameters.

---@class optim
local optim = {}

for _, part in ipairs {'torch7', 'adaptive', 'momentum', 'rprop', 'cg', 'lbfgs', 'line_search', 'checkgrad', 'groups', 'average',
   'schedule'} do
   for name, f in pairs(require('hilo.optim.' .. part)) do
      assert(optim[name] == nil, name)
      optim[name] = f
   end
end

optim.ConfusionMatrix = require 'hilo.optim.ConfusionMatrix'
optim.Logger = require 'hilo.optim.Logger'

return optim
