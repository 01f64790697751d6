local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'
local shape = require 'hilo.ops.shape'

--- nn.FeatureLPPooling(width, stride, p[, batch_mode]): the p-norm of each `width` neighbours among the features, the first dimension
--- of a sample.
---
---     local y = nn.FeatureLPPooling(2, 2, 2):forward(hilo.Tensor{3, 4, 0, 1})  -- 5, 1
local FeatureLPPooling, parent = class('nn.FeatureLPPooling', 'nn.Module')

---@param width integer
---@param stride integer
---@param power number
---@param batch_mode? boolean the first dimension is the batch, the second the features
function FeatureLPPooling:__init(width, stride, power, batch_mode)
   parent.__init(self)
   self:check(width >= 2 and width <= 16 and stride >= 1 and stride <= 4, 'width must be 2..16 and stride 1..4, got %d and %d', width,
      stride)
   self.width, self.stride, self.power, self.batch_mode = width, stride, power, batch_mode or false
end

---@param x Tensor
function FeatureLPPooling:updateOutput(x)
   local dim, sizes = self.batch_mode and 2 or 1, Tensor.sizes_table(x)
   self:check(#sizes >= dim and sizes[dim] >= self.width, 'windows of %d do not fit dimension %d of %s', self.width, dim,
      Tensor.shape_text(x))
   local n, rest = self.batch_mode and sizes[1] or 1, x:nElement()
   rest = rest / n / sizes[dim]
   local powers = self.power == 2 and pointwise.square(x) or pointwise.pow(x, self.power)
   local sums = pool.avg_pool(shape.reshape(powers, n, 1, sizes[dim], rest), {kernel = {self.width, 1}, stride = {self.stride, 1}})
   sums = pointwise.affine(sums, self.width)
   sizes[dim] = sums:size(3)
   local zero = pointwise.eq(sums:detach(), 0) -- where the slope of the root is infinite the gradient is 0
   local one = sums:emptyAs(sums:dtype(), 1):fill(1)
   local safe = pointwise.where(zero, one, sums)
   local roots = self.power == 2 and pointwise.sqrt(safe) or pointwise.pow(safe, 1 / self.power)
   return shape.reshape(pointwise.where(zero, sums:zeros(1), roots), sizes)
end

function FeatureLPPooling:__tostring__()
   return ('%s(w%d s%d power %g)'):format(self.__typename, self.width, self.stride, self.power)
end

return FeatureLPPooling
