local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'
local shape = require 'hilo.ops.shape'
local windows = require 'hilo.nn.windows'

--- nn.VolumetricMaxPooling(kT, kW, kH[, dT, dW, dH, padT, padW, padH]): the largest value of each window of volumes (N,C,T,H,W) or
--- (C,T,H,W); :ceil() rounds the output size up.
---
---     local y = nn.VolumetricMaxPooling(2, 2, 2):forward(hilo.zeros(1, 3, 4, 6, 8))  -- (1,3,2,3,4)
local VolumetricMaxPooling, parent = class('nn.VolumetricMaxPooling', 'nn.Module')

---@param kT integer
---@param kW integer
---@param kH integer
---@param dT? integer stride, kT if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer 0 if not given
---@param padW? integer
---@param padH? integer
function VolumetricMaxPooling:__init(kT, kW, kH, dT, dW, dH, padT, padW, padH)
   parent.__init(self)
   self.kT, self.kW, self.kH = kT, kW, kH
   self.dT, self.dW, self.dH = dT or kT, dW or kW, dH or kH
   self.padT, self.padW, self.padH = padT or 0, padW or 0, padH or 0
   self:check_sides('kT', 'kW', 'kH', 'dT', 'dW', 'dH'):check_whole(0, self.most.side, 'padT', 'padW', 'padH')
   self:check(self.padT <= kT / 2 and self.padW <= kW / 2 and self.padH <= kH / 2, 'the padding must be at most half of the window')
   self.dilationT, self.dilationW, self.dilationH = 1, 1, 1
   self.ceil_mode = false
end

--- Rounds the output size up, so that windows may reach over the border.
---@return nn.VolumetricMaxPooling self
function VolumetricMaxPooling:ceil()
   self.ceil_mode = true
   return self
end

--- Rounds the output size down, as it is without being told.
---@return nn.VolumetricMaxPooling self
function VolumetricMaxPooling:floor()
   self.ceil_mode = false
   return self
end

-- The largest of planes x (N,C,H,W) and where it lies in its plane, from 1.
local function of_planes(x, kernel, stride, pad, ceil_mode)
   local y, index = pool.max_pool(x, {kernel = kernel, stride = stride, pad = pad, ceil_mode = ceil_mode})
   return y, index:to{dtype = 'long'}:add(1)
end

-- Planes first, then along the frames; the positions of both give those in the volume.
---@param input Tensor
function VolumetricMaxPooling:updateOutput(input)
   local y = self:over_volumes(input, function(x)
      local n, c, t, h, w = unpack(Tensor.sizes_table(x))
      if self.dilationT ~= 1 or self.dilationW ~= 1 or self.dilationH ~= 1 then
         x = windows.max(x, 3, self.kT, self.dT, {pad = self.padT, dilation = self.dilationT, ceil_mode = self.ceil_mode})
         x = windows.max(x, 4, self.kH, self.dH, {pad = self.padH, dilation = self.dilationH, ceil_mode = self.ceil_mode})
         return windows.max(x, 5, self.kW, self.dW, {pad = self.padW, dilation = self.dilationW, ceil_mode = self.ceil_mode})
      end
      local planes, in_plane = of_planes(shape.reshape(x, n, c * t, h, w), {self.kH, self.kW}, {self.dH, self.dW},
         {self.padH, self.padW}, self.ceil_mode)
      local p, q = planes:size(3), planes:size(4)
      local y, place = of_planes(planes:view(n, c, t, p * q), {self.kT, 1}, {self.dT, 1}, {self.padT, 0}, self.ceil_mode)
      if self.keeps_indices then
         local flat = place:view(n, c, y:size(3) * p * q)
         local frame = pointwise.floor((flat:double() - 1) / (p * q)):long()
         self.indices = shape.gather(in_plane:view(n, c, t * p * q), 3, flat) + frame * (h * w)
         self.unpooled = Tensor.sizes_table(input)
      end
      return y:view(n, c, y:size(3), p, q)
   end)
   return y
end

function VolumetricMaxPooling:__tostring__()
   local s = ('%s(%dx%dx%d, %d,%d,%d'):format(self.__typename, self.kT, self.kW, self.kH, self.dT, self.dW, self.dH)
   if self.padT ~= 0 or self.padW ~= 0 or self.padH ~= 0 then
      s = s .. (', %d,%d,%d'):format(self.padT, self.padW, self.padH)
   end
   return s .. ')'
end

return VolumetricMaxPooling
