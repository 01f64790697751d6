--- optim/init.lua: optimisers. sgd and adam are Torch7's functions; SGD and Adam are objects with groups of parameters.

---@class optim
local optim = {}

for _, part in ipairs {'torch7', 'groups', 'average', 'schedule'} do
   for name, f in pairs(require('hilo.optim.' .. part)) do
      assert(optim[name] == nil, name)
      optim[name] = f
   end
end

return optim
