local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv = require 'hilo.ops.conv'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SpatialSubtractiveNormalization(n[, kernel]): x less the mean around each pixel, over all n planes, weighed by the kernel.
---
---     local y = nn.SpatialSubtractiveNormalization(3, hilo.ones(5, 5)):forward(hilo.ones(1, 3, 8, 8))  -- 0
local SpatialSubtractiveNormalization, parent = class('nn.SpatialSubtractiveNormalization', 'nn.Module')

---@param nInputPlane? integer 1 if not given
---@param kernel? Tensor (kH,kW), or (k) for k x k, all odd; ones of 9x9 if not given
function SpatialSubtractiveNormalization:__init(nInputPlane, kernel)
   parent.__init(self)
   self.nInputPlane = nInputPlane or 1
   kernel = kernel or Tensor.ones(9, 9)
   self:check_dims(kernel, 'a kernel (kH,kW) or (k)', 1, 2)
   if kernel:dim() == 1 then kernel = matmul.ger(kernel, kernel) end
   self:check(kernel:size(1) % 2 == 1 and kernel:size(2) % 2 == 1, 'the kernel must have odd sizes, got %s', Tensor.shape_text(kernel))
   self.kernel = pointwise.affine(kernel, 1 / (kernel:sum() * self.nInputPlane))
end

--- The weighed sum of x (N,n,H,W) around each pixel, over all planes: (N,1,H,W).
---@private
function SpatialSubtractiveNormalization:around(x)
   local kh, kw = self.kernel:size(1), self.kernel:size(2)
   local w = self.kernel:to{dtype = x:dtype(), device = x:getDevice()}:view(1, 1, kh, kw):expand(1, self.nInputPlane, kh, kw)
   return conv.conv2d(x, w, nil, {pad = {(kh - 1) / 2, (kw - 1) / 2}})
end

--- What around() gives for ones: less than 1 near the border.
---@private
function SpatialSubtractiveNormalization:coverage(x)
   return autograd.no_grad(function() return self:around(x:empty(1, self.nInputPlane, x:size(3), x:size(4)):fill(1)) end)
end

---@param input Tensor
function SpatialSubtractiveNormalization:updateOutput(input)
   return self:over_images(input, function(x) return pointwise.sub(x, pointwise.cdiv(self:around(x), self:coverage(x))) end)
end

return SpatialSubtractiveNormalization
