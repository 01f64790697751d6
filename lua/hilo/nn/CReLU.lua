local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.CReLU(nInputDims[, inplace]): max(x, 0) and max(-x, 0) one after the other along the first dimension of a sample of nInputDims
--- dimensions.
---
---     local y = nn.CReLU(1):forward(hilo.Tensor{-1, 2})  -- 0, 2, 1, 0
local CReLU, parent = class('nn.CReLU', 'nn.Module')

---@param nInputDims integer dimensions of one sample; an input of one more is a batch
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function CReLU:__init(nInputDims, inplace)
   parent.__init(self)
   self.nInputDims, self.inplace = nInputDims, inplace or false
   self:check_whole(1, 8, 'nInputDims')
end

---@param x Tensor
function CReLU:updateOutput(x)
   return shape.cat({pointwise.relu(x), pointwise.relu(pointwise.neg(x))}, x:dim() > self.nInputDims and 2 or 1)
end

return CReLU
