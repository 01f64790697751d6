local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.LayerNormalization(n[, bias, eps, affine]): each sample of (N,n) less its mean, divided by its standard deviation, then scaled
--- and shifted by what is learnt (Ba and others, 2016).
---
---     local y = nn.LayerNormalization(8):forward(hilo.randn(4, 8))
---     assert(math.abs(y:mean()) < 1e-5)
local LayerNormalization, parent = class('nn.LayerNormalization', 'nn.Module')

---@param nOutput integer
---@param bias? number the shift at first, 0 if not given
---@param eps? number added to the standard deviation, 1e-5 if not given
---@param affine? boolean learns a scale and a shift; true if not given
function LayerNormalization:__init(nOutput, bias, eps, affine)
   parent.__init(self)
   self.nOutput, self.eps, self.first_bias = nOutput, eps or 1e-5, bias or 0
   if affine == false then return end
   self:new_parameter('weight', nOutput)
   self:new_parameter('bias', nOutput)
   self:reset()
end

function LayerNormalization:reset()
   if not self.weight then return self end
   self.weight:fill(1)
   self.bias:fill(self.first_bias)
   return self
end

---@param x Tensor
function LayerNormalization:updateOutput(x)
   self:check_dims(x, 'a batch (N,n)', 2)
   local centred = pointwise.sub(x, reduce.mean(x, 2))
   local deviation = pointwise.affine(pointwise.sqrt(reduce.mean(pointwise.square(centred), 2)), 1, self.eps)
   local y = pointwise.cdiv(centred, deviation)
   local w = self:parameter('weight')
   return w and pointwise.add(pointwise.cmul(y, w), self:parameter('bias')) or y
end

function LayerNormalization:__tostring__() return ('%s(%d)'):format(self.__typename, self.nOutput) end

return LayerNormalization
