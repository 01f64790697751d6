--- torch/nn.lua: what Torch7's scripts find in the global `nn` beyond hilo's own: the same table, with nn.utils, nn.Jacobian and
--- nn.hessian; errors that name the way to the module they come from; and updateOutput that leaves its result in .output.
---
--- Loading this turns recording off but for modules' forward: results are plain tensors, which may be changed in place, as in Torch7;
--- what composes hilo's way (net(x), loss:backward()) then goes into hilo.enable_grad(f).
---
--- What stays hilo's: nothing works in place where a module is told to, and .gradInput is kept by the module whose backward was called,
--- not by those inside.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local nn = require 'hilo.nn'
local class = require 'hilo.nn.class'
local Tensor = require 'hilo.tensor'
local state = require('hilo.nn.state').state
local tree = require 'hilo.nn.tree'

nn.utils = require 'hilo.torch.nn_utils'
nn.Jacobian = require 'hilo.torch.jacobian'
nn.SparseJacobian = require 'hilo.torch.sparse_jacobian'
nn.hessian = require 'hilo.torch.hessian'

autograd.set_enabled(false)
state.recording = true

local Container = nn.Container

local function passed_on(self, i, ok, ...)
   if ok then return ... end
   error(('In %d module of %s:\n%s'):format(i, self.__typename, tostring((...))), 0)
end

--- As hilo's; an error is told with the places of the modules that it came through.
---@param i integer
---@param module Module
---@param ... any
---@return any
function Container:run(i, module, ...) return passed_on(self, i, pcall(module, ...)) end

--- Calls a method of a module inside; for containers written in Torch7's way.
---@param module Module
---@param moduleIndex integer
---@param funcName string 'updateOutput', ...
---@param ... any what the method is called with
---@return any what the method returns
function Container:rethrowErrors(module, moduleIndex, funcName, ...)
   return passed_on(self, moduleIndex, pcall(module[funcName], module, ...))
end

-- While a network is traced its modules' results are kept by those who called them.
local function keeping_output(f)
   return function(self, ...)
      local y = f(self, ...)
      if not state.tracing then self.output = tree.detach(y) end
      return y
   end
end

-- Torch7's nn.Linear looks at vectors and batches only: called back with anything else it computes nothing, without a word. Public
-- scripts do so without noticing (the contractive penalty of Kaixhin/Autoencoders) and train all the same.
local told = false

function nn.Linear:computes_nothing(input)
   if not (core.is_tensor(input) and input:dim() > 2) then return false end
   if not told then
      io.stderr:write(('%s: backward expects a vector or a batch (N,nIn), got %s: as in Torch7 nothing is computed; give it '
         .. 'input:view(-1, %d)\n'):format(self.__typename, Tensor.shape_text(input), self.inputSize))
      told = true
   end
   return true
end

for name, c in pairs(class.by_name) do
   local f = rawget(c, 'updateOutput')
   if f and name ~= 'nn.Module' and nn.isModule(setmetatable({}, c)) then c.updateOutput = keeping_output(f) end
end

return nn
