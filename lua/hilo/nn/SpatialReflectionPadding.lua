local class = require 'hilo.nn.class'

--- nn.SpatialReflectionPadding(left[, right, top, bottom]): images continued by their mirror image, the border pixel not repeated;
--- negative numbers cut off.
---
---     local y = nn.SpatialReflectionPadding(1):forward(hilo.ones(1, 1, 3, 3))  -- (1,1,5,5)
local SpatialReflectionPadding = class('nn.SpatialReflectionPadding', 'nn.SpatialReplicationPadding')

---@private
function SpatialReflectionPadding:source(i, n)
   if i < 1 then i = 2 - i elseif i > n then i = 2 * n - i end
   self:check(i >= 1 and i <= n, 'the padding must be less than the size, %d', n)
   return i
end

return SpatialReflectionPadding
