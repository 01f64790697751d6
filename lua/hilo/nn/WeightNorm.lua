local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.WeightNorm(module[, outputDim]): the module with its weight written as g v / |v|: for each output, length g and direction v
--- are learnt apart (Salimans and Kingma, 2016).
---
---     local m = nn.WeightNorm(nn.SpatialConvolution(3, 8, 3, 3))
---     local y = m:forward(hilo.randn(1, 3, 6, 6))  -- (1,8,4,4)
local WeightNorm, parent = class('nn.WeightNorm', 'nn.Decorator')

---@param module Module with a weight
---@param outputDim? integer the dimension of the weight that counts outputs, 1 if not given
function WeightNorm:__init(module, outputDim)
   parent.__init(self, module)
   self:check(module.weight, 'expects a module with a weight, got %s', tostring(module))
   self.outputDim, self.weight, self.gradWeight = outputDim or 1, module.weight, module.gradWeight
   self.bias, self.gradBias = module.bias, module.gradBias
   local n = self.weight:size(self.outputDim)
   self:new_parameter('v', n, self.weight:nElement() / n)
   self:new_parameter('g', n, 1)
   self:resetInit()
end

--- Draws directions from a normal distribution; g becomes their lengths, the bias 0.
function WeightNorm:resetInit()
   autograd.no_grad(function()
      self.v:normal(0, math.sqrt(2 / self.v:size(2)))
      self.g:copy(reduce.norm(self.v:detach(), 2, 2))
      if self.bias then self.bias:zero() end
   end)
end

-- g v / |v| in the sizes of the module's weight
local function combined(self)
   local v, g = self:parameter('v'), self:parameter('g')
   local length = pointwise.sqrt(pointwise.affine(reduce.sum(pointwise.square(v), 2), 1, 1e-4))
   local sizes, order, back = {}, {self.outputDim}, {}
   for d = 1, self.weight:dim() do
      if d ~= self.outputDim then order[#order + 1] = d end
   end
   for i, d in ipairs(order) do
      sizes[i] = self.weight:size(d)
      back[d] = i
   end
   return shape.permute(pointwise.cmul(v, pointwise.cdiv(g, length)):view(sizes), back)
end

--- Writes g v / |v| into the module's weight.
function WeightNorm:updateWeight()
   autograd.no_grad(function() self.weight:copy(combined(self)) end)
end

function WeightNorm:evaluate()
   self:updateWeight()
   return parent.evaluate(self)
end

function WeightNorm:parameters()
   local v, g, b = self:parameter('v'), self:parameter('g'), self:parameter('bias')
   return {v, g, b}, {self.gradV, self.gradG, b and self.gradBias}
end

function WeightNorm:updateOutput(x) return self.modules[1]:with_computed('weight', shape.contiguous(combined(self)), x) end

return WeightNorm
