local class = require 'hilo.nn.class'
local widths = require 'hilo.nn.widths'

--- nn.SpatialZeroPadding(left[, right, top, bottom]): zeros around images; negative numbers cut off.
---
---     local y = nn.SpatialZeroPadding(1, 2, 0, -1):forward(hilo.ones(1, 1, 3, 3))  -- (1,1,2,6)
local SpatialZeroPadding, parent = class('nn.SpatialZeroPadding', 'nn.Module')

---@param pad_l integer
---@param pad_r? integer pad_l if not given, as the others
---@param pad_t? integer
---@param pad_b? integer
function SpatialZeroPadding:__init(pad_l, pad_r, pad_t, pad_b)
   parent.__init(self)
   self.pad_l, self.pad_r, self.pad_t, self.pad_b = pad_l, pad_r or pad_l, pad_t or pad_l, pad_b or pad_l
   self:check_whole(-self.most.side, self.most.side, 'pad_l', 'pad_r', 'pad_t', 'pad_b')
end

---@param x Tensor
function SpatialZeroPadding:updateOutput(x)
   self:check_dims(x, 'images (N,C,H,W) or one image (C,H,W)', 3, 4)
   local n = x:dim()
   return widths(widths(x, n - 1, self.pad_t, self.pad_b), n, self.pad_l, self.pad_r)
end

function SpatialZeroPadding:__tostring__()
   return ('%s(l=%d, r=%d, t=%d, b=%d)'):format(self.__typename, self.pad_l, self.pad_r, self.pad_t, self.pad_b)
end

return SpatialZeroPadding
