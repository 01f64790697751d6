local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local positions = require 'hilo.nn.positions'

--- nn.SpatialReplicationPadding(left[, right, top, bottom]): images continued by their border pixels; negative numbers cut off.
---
---     local y = nn.SpatialReplicationPadding(1):forward(hilo.ones(1, 1, 3, 3))  -- (1,1,5,5)
local SpatialReplicationPadding = class('nn.SpatialReplicationPadding', 'nn.SpatialZeroPadding')

--- The position from 1 that stands at i, which may lie outside 1..n.
---@private
function SpatialReplicationPadding:source(i, n) return math.min(math.max(i, 1), n) end

---@param x Tensor
function SpatialReplicationPadding:updateOutput(x)
   self:check_dims(x, 'images (N,C,H,W) or one image (C,H,W)', 3, 4)
   local n = x:dim()
   return self:extend(self:extend(x, n - 1, self.pad_t, self.pad_b), n, self.pad_l, self.pad_r)
end

--- x with its slices along dim continued by those that source() names.
---@private
function SpatialReplicationPadding:extend(x, dim, before, after)
   if before == 0 and after == 0 then return x end
   local list, n = {}, x:size(dim)
   for i = 1 - before, n + after do list[#list + 1] = self:source(i, n) end
   self:check(#list > 0, 'cuts off all of dimension %d of %s', dim, Tensor.shape_text(x))
   return shape.index(x, dim, positions(list, x))
end

return SpatialReplicationPadding
