--- train/undisturbed.lua: measuring with networks that are being trained so that the training does not notice: whatever comes after
--- is, to the last bit, what it would have been.
local hilo = require 'hilo'
local interrupts = require 'hilo.interrupts'

local fields = {'train', 'gradWeight', 'gradBias'}

-- What training and backward change in a network besides its parameters: gradients go to tensors of their own meanwhile.
local function set_aside(net)
   local modules, buffers = {}, {}
   for i, m in ipairs(net:listModules()) do
      modules[i] = {module = m}
      for _, key in ipairs(fields) do modules[i][key] = m[key] end
      for _, key in ipairs {'gradWeight', 'gradBias'} do
         if m[key] then m[key] = hilo.no_grad(m[key].zeros, m[key]) end
      end
   end
   for i, b in ipairs(net:namedBuffers()) do buffers[i] = {tensor = b.tensor, copy = hilo.no_grad(b.tensor.clone, b.tensor)} end
   net:parameters() -- ties the new gradients to them
   return {net = net, modules = modules, buffers = buffers}
end

local function put_back(kept)
   for _, saved in ipairs(kept.modules) do
      for _, key in ipairs(fields) do saved.module[key] = saved[key] end
   end
   for _, saved in ipairs(kept.buffers) do hilo.no_grad(saved.tensor.copy, saved.tensor, saved.copy) end
   kept.net:parameters()
end

--- f(...), after which the networks' modes, gradients and running statistics and the state of hilo.generator are what they were, also
--- after an error. f may not change parameters. It takes memory for the gradients a second time.
---@param nets Module[]
---@param f function
---@return ... what f returns
return function(nets, f, ...)
   local state, kept = hilo.generator:state(), {}
   local function restore(ok, ...)
      interrupts.hold(function()
         for _, one in ipairs(kept) do put_back(one) end
         hilo.generator:setState(state)
      end)
      if not ok then error((...), 0) end
      return ...
   end
   return restore(pcall(function(...)
      for i, net in ipairs(nets) do kept[i] = interrupts.hold(set_aside, net) end
      return f(...)
   end, ...))
end
