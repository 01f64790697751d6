local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local widths = require 'hilo.nn.widths'

--- nn.DepthConcat(dim): as nn.Concat for results of different sizes: in the other dimensions the smaller ones stand in the middle of
--- zeros (the filters of Szegedy and others, 2014).
---
---     local net = nn.DepthConcat(2):add(nn.SpatialConvolution(3, 4, 1, 1)):add(nn.SpatialConvolution(3, 6, 3, 3))
---     local y = net:forward(hilo.randn(2, 3, 8, 8))  -- (2,10,8,8)
local DepthConcat = class('nn.DepthConcat', 'nn.Concat')

function DepthConcat:updateOutput(x)
   self:check(#self.modules > 0, 'has no modules; add some first')
   local ys, largest = {}, {}
   for i, m in ipairs(self.modules) do
      ys[i] = self:run(i, m, x)
      for d = 1, ys[i]:dim() do largest[d] = math.max(largest[d] or 0, ys[i]:size(d)) end
   end
   for i, y in ipairs(ys) do
      for d = 1, y:dim() do
         local missing = d ~= self.dimension and largest[d] - y:size(d) or 0
         if missing > 0 then y = widths(y, d, math.floor(missing / 2), math.ceil(missing / 2)) end
      end
      ys[i] = y
   end
   return shape.cat(ys, self.dimension)
end

return DepthConcat
