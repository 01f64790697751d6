--- torch/hessian.lua: nn.hessian of Torch7: an estimate of the diagonal of the matrix of second derivatives, by Levenberg and
--- Marquardt's approximation (LeCun, 1987): where a module's output is a sum of products of inputs and parameters, second derivatives
--- go back as gradients do, with both squared; through functions of single elements, times the square of the slope.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local Tensor = require 'hilo.tensor'

local hessian = {}

local Module = nn.Module

-- Calls f with the module's weight squared; its bias, which no product holds, stays.
local function with_squares(module, f)
   local w = module.weight
   if not w then return f() end
   local kept = w:clone()
   hilo.no_grad(function() w:cmul(kept, kept) end)
   local ok, result = pcall(f)
   hilo.no_grad(function() w:copy(kept) end)
   if not ok then error(result, 0) end
   return result
end

local pointwise = {}
for _, name in ipairs {'Tanh', 'TanhShrink', 'Sigmoid', 'Square', 'Sqrt', 'Threshold', 'ReLU', 'LeakyReLU', 'HardTanh', 'SoftPlus'} do
   pointwise['nn.' .. name] = true
end

local function is_pointwise(module)
   return pointwise[module.__typename] or false
end

local methods = {}

--- Second derivatives with respect to the input of a sum whose second derivatives with respect to the output are given.
---@param input Tensor
---@param diagHessianOutput Tensor as the output
---@return Tensor diagHessianInput as input
function methods:updateDiagHessianInput(input, diagHessianOutput)
   local h = diagHessianOutput
   if self.modules then
      for i = #self.modules, 1, -1 do
         local m = self.modules[i]
         h = m:updateDiagHessianInput(i > 1 and self.modules[i - 1].output or input, h)
      end
      self.diagHessianInput = h
   elseif is_pointwise(self) then
      local m = self:clone()
      m:forward(input)
      local slope = m:updateGradInput(input, h:clone():fill(1))
      self.diagHessianInput = hilo.cmul(hilo.square(slope), h)
   else
      self.diagHessianInput = with_squares(self, function()
         local m = self:clone()
         m:forward(input)
         return m:updateGradInput(input, h)
      end)
   end
   return self.diagHessianInput
end

--- Adds the second derivatives with respect to the parameters, times scale.
---@param input Tensor
---@param diagHessianOutput Tensor as the output
---@param scale? number 1
function methods:accDiagHessianParameters(input, diagHessianOutput, scale)
   if self.modules then
      local h = diagHessianOutput
      for i = #self.modules, 1, -1 do
         local m = self.modules[i]
         m:accDiagHessianParameters(i > 1 and self.modules[i - 1].output or input, h, scale)
         h = m.diagHessianInput
      end
   elseif self.diagHessianWeight or self.diagHessianBias then
      local m, squares = self:clone(), hilo.square(input:detach())
      m:zeroGradParameters()
      m:forward(squares)
      m:accGradParameters(squares, diagHessianOutput, scale or 1)
      if self.diagHessianWeight then self.diagHessianWeight:add(m.gradWeight) end
      if self.diagHessianBias then self.diagHessianBias:add(m.gradBias) end
   end
end

--- Makes the tensors diagHessianWeight and diagHessianBias, which are zero, here and inside.
function methods:initDiagHessianParameters()
   for _, m in ipairs(self:listModules()) do
      m.diagHessianWeight = m.weight and m.weight:detach():clone():zero()
      m.diagHessianBias = m.bias and m.bias:detach():clone():zero()
   end
end

--- Parameters, gradients and second derivatives as three vectors.
---@return Tensor parameters
---@return Tensor gradParameters
---@return Tensor diagHessians
function methods:getParametersHessian()
   local x, dx = self:getParameters()
   local h, parts = {}, {}
   for _, m in ipairs(self:listModules()) do
      if not m.modules then
         table.insert(h, m.diagHessianWeight)
         table.insert(h, m.diagHessianBias)
      end
   end
   for i, t in ipairs(h) do parts[i] = t:view(-1) end
   local flat, at = hilo.cat(parts, 1), 1
   for _, t in ipairs(h) do
      t:set(flat:narrow(1, at, t:nElement()):view(t:size()))
      at = at + t:nElement()
   end
   return x, dx, flat
end

--- Gives modules updateDiagHessianInput, accDiagHessianParameters, initDiagHessianParameters and getParametersHessian.
function hessian.enable()
   for name, f in pairs(methods) do Module[name] = f end
   Module.diagHessianInput = Module.diagHessianInput or Tensor.empty({})
end

return hessian
