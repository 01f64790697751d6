local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'

--- nn.SpatialSubSampling(n, kW, kH[, dW, dH]): the sum of each window, times a learnt weight and plus a learnt bias of its plane.
---
---     local y = nn.SpatialSubSampling(3, 2, 2, 2, 2):forward(hilo.zeros(1, 3, 4, 4))  -- (1,3,2,2)
local SpatialSubSampling, parent = class('nn.SpatialSubSampling', 'nn.Module')

---@param nInputPlane integer
---@param kW integer
---@param kH integer
---@param dW? integer stride, 1 if not given
---@param dH? integer
function SpatialSubSampling:__init(nInputPlane, kW, kH, dW, dH)
   parent.__init(self)
   self.nInputPlane, self.kW, self.kH, self.dW, self.dH = nInputPlane, kW, kH, dW or 1, dH or 1
   self:check_whole(1, self.most.planes, 'nInputPlane'):check_sides('kW', 'kH', 'dW', 'dH')
   self:new_parameter('weight', nInputPlane)
   self:new_parameter('bias', nInputPlane)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kH * kW).
---@param stdv? number
---@return nn.SpatialSubSampling self
function SpatialSubSampling:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.kH)
end

---@param input Tensor
function SpatialSubSampling:updateOutput(input)
   return self:over_images(input, function(x)
      self:check(x:size(2) == self.nInputPlane, 'expects %d planes, got %s', self.nInputPlane, Tensor.shape_text(input))
      local sums = pointwise.affine(pool.avg_pool(x, {kernel = {self.kH, self.kW}, stride = {self.dH, self.dW}}), self.kW * self.kH)
      local w, b = self:parameter('weight'):view(1, -1, 1, 1), self:parameter('bias'):view(1, -1, 1, 1)
      return pointwise.add(pointwise.cmul(sums, w), b)
   end)
end

return SpatialSubSampling
