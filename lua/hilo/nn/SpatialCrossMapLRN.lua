local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'
local shape = require 'hilo.ops.shape'
local widths = require 'hilo.nn.widths'

--- nn.SpatialCrossMapLRN(size[, alpha, beta, k]): each value divided by (k + alpha / size * sum of squares)^beta, the sum over `size`
--- neighbouring planes (Krizhevsky and others, 2012).
---
---     local y = nn.SpatialCrossMapLRN(5):forward(hilo.randn(1, 8, 4, 4))
local SpatialCrossMapLRN, parent = class('nn.SpatialCrossMapLRN', 'nn.Module')

---@param size integer planes
---@param alpha? number 1e-4 if not given
---@param beta? number 0.75 if not given
---@param k? number 1 if not given
function SpatialCrossMapLRN:__init(size, alpha, beta, k)
   parent.__init(self)
   self.size, self.alpha, self.beta, self.k = size, alpha or 1e-4, beta or 0.75, k or 1
   self:check_sides('size')
end

---@param input Tensor
function SpatialCrossMapLRN:updateOutput(input)
   return self:over_images(input, function(x)
      local n, c, h, w = unpack(Tensor.sizes_table(x))
      local before = math.floor((self.size - 1) / 2)
      local squares = shape.reshape(pointwise.square(x), n, 1, c, h * w)
      squares = widths(squares, 3, before, self.size - 1 - before)
      local means = pool.avg_pool(squares, {kernel = {self.size, 1}, stride = 1}):view(n, c, h, w)
      return pointwise.cmul(x, pointwise.pow(pointwise.affine(means, self.alpha, self.k), -self.beta))
   end)
end

function SpatialCrossMapLRN:__tostring__()
   return ('%s(%d, alpha:%f, beta:%f, k:%f)'):format(self.__typename, self.size, self.alpha, self.beta, self.k)
end

return SpatialCrossMapLRN
