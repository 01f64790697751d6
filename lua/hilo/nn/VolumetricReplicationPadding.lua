local class = require 'hilo.nn.class'

--- nn.VolumetricReplicationPadding(left[, right, top, bottom, front, back]): volumes continued by their border; negative numbers
--- cut off.
---
---     local y = nn.VolumetricReplicationPadding(1):forward(hilo.ones(1, 1, 3, 3, 3))  -- (1,1,5,5,5)
local VolumetricReplicationPadding, parent = class('nn.VolumetricReplicationPadding', 'nn.SpatialReplicationPadding')

---@param pleft integer
---@param pright? integer pleft if not given, as the others
---@param ptop? integer
---@param pbottom? integer
---@param pfront? integer
---@param pback? integer
function VolumetricReplicationPadding:__init(pleft, pright, ptop, pbottom, pfront, pback)
   parent.__init(self, pleft, pright, ptop, pbottom)
   self.pad_front, self.pad_back = pfront or pleft, pback or pleft
   self:check_whole(-self.most.side, self.most.side, 'pad_front', 'pad_back')
end

---@param x Tensor
function VolumetricReplicationPadding:updateOutput(x)
   self:check_dims(x, 'volumes (N,C,T,H,W) or one volume (C,T,H,W)', 4, 5)
   local n = x:dim()
   x = self:extend(x, n - 2, self.pad_front, self.pad_back)
   return self:extend(self:extend(x, n - 1, self.pad_t, self.pad_b), n, self.pad_l, self.pad_r)
end

return VolumetricReplicationPadding
