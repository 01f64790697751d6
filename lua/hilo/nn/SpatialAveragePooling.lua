local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'

--- nn.SpatialAveragePooling(kW, kH[, dW, dH, padW, padH]): the mean of each window; the stride is 1 if not given.
---
---     local y = nn.SpatialAveragePooling(2, 2, 2, 2)(hilo.randn(2, 8, 16, 16))  -- (2,8,8,8)
local SpatialAveragePooling, parent = class('nn.SpatialAveragePooling', 'nn.SpatialMaxPooling')

---@param kW integer
---@param kH? integer kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer 1 if not given
---@param padW? integer 0 if not given
---@param padH? integer
function SpatialAveragePooling:__init(kW, kH, dW, dH, padW, padH)
   parent.__init(self, kW, kH, dW or 1, dH or 1, padW, padH)
   self.count_include_pad, self.divide = true, true
end

--- The padding's zeros count in the mean (they do unless told otherwise).
---@return nn.SpatialAveragePooling self
function SpatialAveragePooling:setCountIncludePad()
   self.count_include_pad = true
   return self
end

--- The padding's zeros do not count in the mean.
---@return nn.SpatialAveragePooling self
function SpatialAveragePooling:setCountExcludePad()
   self.count_include_pad = false
   return self
end

---@param input Tensor
function SpatialAveragePooling:updateOutput(input)
   return self:over_images(input, function(x)
      local y = pool.avg_pool(x, {kernel = {self.kH, self.kW}, stride = {self.dH, self.dW}, pad = {self.padH, self.padW},
         ceil_mode = self.ceil_mode, count_pad = self.count_include_pad})
      return self.divide and y or pointwise.affine(y, self.kW * self.kH)
   end)
end

return SpatialAveragePooling
