local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pool = require 'hilo.ops.pool'
local shape = require 'hilo.ops.shape'

--- nn.VolumetricAveragePooling(kT, kW, kH[, dT, dW, dH, padT, padW, padH]): the mean of each window of volumes (N,C,T,H,W) or
--- (C,T,H,W).
---
---     local y = nn.VolumetricAveragePooling(2, 2, 2):forward(hilo.zeros(1, 3, 4, 6, 8))  -- (1,3,2,3,4)
local VolumetricAveragePooling, parent = class('nn.VolumetricAveragePooling', 'nn.VolumetricMaxPooling')

---@param kT integer
---@param kW integer
---@param kH integer
---@param dT? integer stride, kT if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer 0 if not given
---@param padW? integer
---@param padH? integer
function VolumetricAveragePooling:__init(kT, kW, kH, dT, dW, dH, padT, padW, padH)
   parent.__init(self, kT, kW, kH, dT, dW, dH, padT, padW, padH)
   self.count_include_pad = true
end

--- The padding's zeros count in the mean (they do unless told otherwise).
---@return nn.VolumetricAveragePooling self
function VolumetricAveragePooling:setCountIncludePad()
   self.count_include_pad = true
   return self
end

--- The padding's zeros do not count in the mean.
---@return nn.VolumetricAveragePooling self
function VolumetricAveragePooling:setCountExcludePad()
   self.count_include_pad = false
   return self
end

---@param input Tensor
function VolumetricAveragePooling:updateOutput(input)
   return self:over_volumes(input, function(x)
      local n, c, t, h, w = unpack(Tensor.sizes_table(x))
      local planes = pool.avg_pool(shape.reshape(x, n, c * t, h, w), {kernel = {self.kH, self.kW}, stride = {self.dH, self.dW},
         pad = {self.padH, self.padW}, ceil_mode = self.ceil_mode, count_pad = self.count_include_pad})
      local p, q = planes:size(3), planes:size(4)
      local y = pool.avg_pool(planes:view(n, c, t, p * q), {kernel = {self.kT, 1}, stride = {self.dT, 1}, pad = {self.padT, 0},
         ceil_mode = self.ceil_mode, count_pad = self.count_include_pad})
      return y:view(n, c, y:size(3), p, q)
   end)
end

return VolumetricAveragePooling
