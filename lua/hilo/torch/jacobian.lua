--- torch/jacobian.lua: nn.Jacobian of Torch7: derivatives of modules by backward against differences of forward, for tests of modules.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local Jacobian = {}

-- Calls f(i, dy) with dy zero but for element i, for every element of the output.
local function each_output(module, input, f)
   local dy = module:forward(input):clone():zero()
   local flat = dy:view(dy:nElement())
   for i = 1, flat:nElement() do
      flat:zero()
      flat:narrow(1, i, 1):fill(1)
      f(i, dy)
   end
end

local function matrix(rows, columns) return Tensor.zeros(rows, columns) end

--- Derivatives by backward: element (i, j) is that of output j with respect to element i.
---@param module Module
---@param input Tensor
---@param param? Tensor with respect to this, the input if not given
---@param dparam? Tensor its gradient in the module
---@return Tensor (elements, outputs)
function Jacobian.backward(module, input, param, dparam)
   local result = matrix((param or input):nElement(), module:forward(input):nElement())
   each_output(module, input, function(i, dy)
      module:zeroGradParameters()
      local dx = module:updateGradInput(input, dy)
      module:accGradParameters(input, dy)
      result:select(2, i):copy(param and dparam or dx)
   end)
   return result
end

--- What steps of learning rate 1 by accUpdateGradParameters make of a parameter, one step for each output.
---@param module Module
---@param input Tensor
---@param param Tensor
---@return Tensor (elements, outputs)
function Jacobian.backwardUpdate(module, input, param)
   local result = matrix(param:nElement(), module:forward(input):nElement())
   local parameters, kept = module:parameters(), {}
   for i, p in ipairs(parameters) do kept[i] = p:clone() end
   local function put_back()
      hilo.no_grad(function() for i, p in ipairs(parameters) do p:copy(kept[i]) end end)
   end
   each_output(module, input, function(i, dy)
      put_back()
      module:updateGradInput(input, dy)
      module:accUpdateGradParameters(input, dy, 1)
      result:select(2, i):copy(param)
   end)
   put_back()
   return result
end

--- Derivatives by central differences of forward.
---@param module Module
---@param input Tensor
---@param param? Tensor with respect to this, the input if not given
---@param perturbation? number 1e-6 if not given
---@return Tensor (elements, outputs)
function Jacobian.forward(module, input, param, perturbation)
   perturbation = perturbation or 1e-6
   local x = (param or input):detach()
   core.check(x:dim() == 1 or x:isContiguous(), 'nn.Jacobian: what is differentiated for must be contiguous')
   local flat, n = x:dim() == 1 and x or x:view(x:nElement()), x:nElement()
   local result = matrix(n, module:forward(input):nElement())
   local function at(i, value)
      hilo.no_grad(function() flat:narrow(1, i, 1):fill(value) end)
      return module:forward(input):clone()
   end
   for i = 1, n do
      local old = flat[i]
      local low, high = at(i, old - perturbation), at(i, old + perturbation)
      at(i, old)
      result:select(1, i):copy(high:add(-1, low):div(2 * perturbation))
   end
   return result
end

--- What backwardUpdate should give, by central differences.
---@param module Module
---@param input Tensor
---@param param Tensor
---@param perturbation? number
---@return Tensor (elements, outputs)
function Jacobian.forwardUpdate(module, input, param, perturbation)
   local slopes = Jacobian.forward(module, input, param, perturbation)
   return param:detach():clone():view(-1, 1):expandAs(slopes) - slopes
end

-- Also nn.SparseJacobian's.
function Jacobian._draw(t, low, high)
   low, high = low or -2, high or 2
   hilo.no_grad(function() t:copy(Tensor.empty(t:size():totable(), {dtype = 'double'}):uniform(low, high)) end)
end

function Jacobian._apart(a, b) return (a - b):abs():max() end

local draw, apart = Jacobian._draw, Jacobian._apart

--- The largest difference between both derivatives of the input, which is drawn from [minval, maxval].
---@param module Module
---@param input Tensor
---@param minval? number -2 if not given
---@param maxval? number 2 if not given
---@param perturbation? number
---@return number
function Jacobian.testJacobian(module, input, minval, maxval, perturbation)
   draw(input, minval, maxval)
   return apart(Jacobian.forward(module, input, input, perturbation), Jacobian.backward(module, input))
end

--- As testJacobian, of a parameter, which is drawn too.
---@param module Module
---@param input Tensor
---@param param Tensor
---@param dparam Tensor
---@param minval? number
---@param maxval? number
---@param perturbation? number
---@return number
function Jacobian.testJacobianParameters(module, input, param, dparam, minval, maxval, perturbation)
   draw(input, minval, maxval)
   draw(param, minval, maxval)
   return apart(Jacobian.backward(module, input, param, dparam), Jacobian.forward(module, input, param, perturbation))
end

--- As testJacobianParameters, of accUpdateGradParameters.
---@param module Module
---@param input Tensor
---@param param Tensor
---@param minval? number
---@param maxval? number
---@param perturbation? number
---@return number
function Jacobian.testJacobianUpdateParameters(module, input, param, minval, maxval, perturbation)
   draw(input, minval, maxval)
   draw(param, minval, maxval)
   return apart(Jacobian.backwardUpdate(module, input, param), Jacobian.forwardUpdate(module, input, param, perturbation))
end

local function run(module, input, dy)
   module:zeroGradParameters()
   module:forward(input)
   module:updateGradInput(input, dy)
   module:accGradParameters(input, dy)
   return module.output:clone(), module.gradInput:clone()
end

--- Saves and loads a module; the largest differences of its output and of its gradInput before and after.
---@param module Module
---@param input Tensor
---@param minval? number
---@param maxval? number
---@return number forward
---@return number backward
function Jacobian.testIO(module, input, minval, maxval)
   local torch = require 'hilo.torch'
   local x = input:clone()
   local dy = module:forward(input):clone()
   draw(dy, minval, maxval)
   local output, gradInput = run(module, x:clone(), dy:clone())
   core.check(module:clearState() == module, 'nn.Jacobian.testIO: clearState must return the module')
   local loaded = torch.deserialize(torch.serialize(module))
   local output2, gradInput2 = run(loaded, x, dy)
   return apart(output, output2), gradInput2:nElement() > 0 and apart(gradInput, gradInput2) or 0
end

-- One step of each of `modules`, by f(module, dy).
local function steps(modules, input, dy, f)
   for _, m in ipairs(modules) do m:forward(input) end
   for _, m in ipairs(modules) do
      m:zeroGradParameters()
      m:updateGradInput(input, dy)
   end
   for _, m in ipairs(modules) do f(m, dy) end
end

--- Errors of one step down the gradient by the ways that there are, also of modules that share the parameter.
---@param module Module
---@param input Tensor
---@param weight string name of the parameter
---@param gradWeight string name of its gradient
---@return table<string, number>
function Jacobian.testAllUpdate(module, input, weight, gradWeight)
   local lr, old = 0.1 + 0.9 * math.random(), module[weight]:clone()
   local dy = module:forward(input):clone():uniform(0, 1)
   local function accumulate(m) m:accGradParameters(input, dy) end
   local function at_once(m) m:accUpdateGradParameters(input, dy, lr) end
   local function error_of(m, times, gradient) return (old - gradient * (lr * times) - m[weight]):norm() end

   local one, other = module:clone(), module:clone()
   steps({one}, input, dy, accumulate)
   local gradient = one[gradWeight]:clone()
   one:updateParameters(lr)
   steps({other}, input, dy, at_once)
   local errors = {accGradParameters = error_of(one, 1, gradient), accUpdateGradParameters = error_of(other, 1, gradient)}

   local function shared()
      local a, b = module:clone(), module:clone()
      b:share(a, weight)
      return {a, b}
   end
   local both = shared()
   steps(both, input, dy, accumulate)
   for _, m in ipairs(both) do m:updateParameters(lr) end
   errors['accGradParameters [shared]'] = error_of(both[1], 2, gradient) + error_of(both[2], 2, gradient)
   both = shared()
   steps(both, input, dy, at_once)
   errors['accUpdateGradParameters [shared]'] = error_of(both[1], 2, gradient) + error_of(both[2], 2, gradient)
   return errors
end

-- ---- second derivatives, of nn.hessian ----

-- By nn.hessian, and from the first derivatives of a module that is linear: of (y_1^2 + y_2^2 + ...) / 2.
local function test_diagonal(gradient, name)
   return function(module, input, minval, maxval)
      draw(input, minval, maxval)
      module:initDiagHessianParameters()
      local dy = module:forward(input):clone():fill(1)
      module:updateDiagHessianInput(input, dy)
      module:accDiagHessianParameters(input, dy)
      local expected = module[name]:clone():zero():view(-1)
      each_output(module, input, function(_, one)
         module:zeroGradParameters()
         module:updateGradInput(input, one)
         module:accGradParameters(input, one)
         local g = module[gradient]:contiguous():view(-1)
         expected:addcmul(g, g)
      end)
      return apart(module[name]:contiguous():view(-1), expected)
   end
end

--- The largest error of the second derivatives with respect to the input.
---@type fun(module: Module, input: Tensor, minval?: number, maxval?: number): number
Jacobian.testDiagHessianInput = test_diagonal('gradInput', 'diagHessianInput')
--- The largest error of the second derivatives with respect to the weight.
---@type fun(module: Module, input: Tensor, minval?: number, maxval?: number): number
Jacobian.testDiagHessianWeight = test_diagonal('gradWeight', 'diagHessianWeight')
--- The largest error of the second derivatives with respect to the bias.
---@type fun(module: Module, input: Tensor, minval?: number, maxval?: number): number
Jacobian.testDiagHessianBias = test_diagonal('gradBias', 'diagHessianBias')

return Jacobian
