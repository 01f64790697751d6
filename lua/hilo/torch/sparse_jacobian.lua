--- torch/sparse_jacobian.lua: nn.SparseJacobian of Torch7: nn.Jacobian for modules whose input is rows {index, value}, in which only
--- the values, the second column, are drawn and differentiated for.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local Jacobian = require 'hilo.torch.jacobian'

local draw, apart = Jacobian._draw, Jacobian._apart

---@class hilo.torch.SparseJacobian
local SparseJacobian = {}
for name, f in pairs(Jacobian) do SparseJacobian[name] = f end

local function values_of(input)
   core.check(core.is_tensor(input) and input:dim() == 2 and input:size(2) >= 2,
      'nn.SparseJacobian: expects rows {index, value}, got %s', core.is_tensor(input) and Tensor.shape_text(input) or type(input))
   return input:detach():select(2, 2)
end

--- As nn.Jacobian.backward, with respect to the values where no parameter is given.
---@param module Module
---@param input Tensor (n,2)
---@param param? Tensor
---@param dparam? Tensor its gradient in the module
---@return Tensor (n or elements of the parameter, outputs)
function SparseJacobian.backward(module, input, param, dparam)
   local all = Jacobian.backward(module, input, param, dparam)
   if param then return all end
   return all:view(input:size(1), input:size(2), all:size(2)):select(2, 2)
end

--- As nn.Jacobian.forward, with respect to the values where no parameter is given.
---@param module Module
---@param input Tensor (n,2)
---@param param? Tensor
---@param perturbation? number 1e-6 if not given
---@return Tensor (n or elements of the parameter, outputs)
function SparseJacobian.forward(module, input, param, perturbation)
   return Jacobian.forward(module, input, param or values_of(input), perturbation)
end

--- The largest difference between both derivatives of the values, which are drawn from [minval, maxval].
---@param module Module
---@param input Tensor (n,2)
---@param minval? number -2 if not given
---@param maxval? number 2 if not given
---@return number
function SparseJacobian.testJacobian(module, input, minval, maxval)
   draw(values_of(input), minval, maxval)
   return apart(SparseJacobian.forward(module, input), SparseJacobian.backward(module, input))
end

--- As testJacobian, of a parameter, which is drawn too.
---@param module Module
---@param input Tensor (n,2)
---@param param Tensor
---@param dparam Tensor
---@param minval? number
---@param maxval? number
---@return number
function SparseJacobian.testJacobianParameters(module, input, param, dparam, minval, maxval)
   draw(values_of(input), minval, maxval)
   draw(param, minval, maxval)
   return apart(Jacobian.backward(module, input, param, dparam), Jacobian.forward(module, input, param))
end

--- As testJacobianParameters, of accUpdateGradParameters.
---@param module Module
---@param input Tensor (n,2)
---@param param Tensor
---@param minval? number
---@param maxval? number
---@return number
function SparseJacobian.testJacobianUpdateParameters(module, input, param, minval, maxval)
   draw(values_of(input), minval, maxval)
   draw(param, minval, maxval)
   return apart(Jacobian.backwardUpdate(module, input, param), Jacobian.forwardUpdate(module, input, param))
end

return SparseJacobian
