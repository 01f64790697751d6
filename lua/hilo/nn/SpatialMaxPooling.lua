local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pool = require 'hilo.ops.pool'

--- nn.SpatialMaxPooling(kW, kH[, dW, dH, padW, padH]): the largest value of each window; :ceil() rounds the output size up.
---
---     local y = nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1):ceil()(hilo.randn(2, 8, 16, 16))
local SpatialMaxPooling, parent = class('nn.SpatialMaxPooling', 'nn.Module')

---@param kW integer
---@param kH? integer kW if not given
---@param dW? integer stride, kW if not given
---@param dH? integer kH if not given
---@param padW? integer 0 if not given
---@param padH? integer
function SpatialMaxPooling:__init(kW, kH, dW, dH, padW, padH)
   parent.__init(self)
   self.kW, self.kH = kW, kH or kW
   self.dW, self.dH = dW or self.kW, dH or self.kH
   self.padW, self.padH = padW or 0, padH or 0
   self:check_sides('kW', 'kH', 'dW', 'dH'):check_whole(0, self.most.side, 'padW', 'padH')
   self.ceil_mode = false
end

--- Rounds the output size up, so that windows may reach over the border.
---@return nn.SpatialMaxPooling self
function SpatialMaxPooling:ceil()
   self.ceil_mode = true
   return self
end

--- Rounds the output size down, as it is without being told.
---@return nn.SpatialMaxPooling self
function SpatialMaxPooling:floor()
   self.ceil_mode = false
   return self
end

---@param input Tensor
function SpatialMaxPooling:updateOutput(input)
   return self:over_images(input, function(x)
      local y, index = pool.max_pool(x, {kernel = {self.kH, self.kW}, stride = {self.dH, self.dW}, pad = {self.padH, self.padW},
         ceil_mode = self.ceil_mode})
      if self.keeps_indices then
         self.indices, self.unpooled = index:to{dtype = 'long'}:add(1), Tensor.sizes_table(input)
      end
      return y
   end)
end

function SpatialMaxPooling:__tostring__()
   local s = ('%s(%dx%d, %d,%d'):format(self.__typename, self.kW, self.kH, self.dW, self.dH)
   if self.padW ~= 0 or self.padH ~= 0 then s = s .. (', %d,%d'):format(self.padW, self.padH) end
   return s .. ')'
end

return SpatialMaxPooling
