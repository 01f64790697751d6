local class = require 'hilo.nn.class'
local conv_transpose = require 'hilo.ops.conv_transpose'

local connections = require 'hilo.nn.connections'

--- nn.SpatialFullConvolutionMap(table, kW, kH[, dW, dH]): nn.SpatialFullConvolution in which only the planes that the table names are
--- connected.
---
---     local m = nn.SpatialFullConvolutionMap(nn.tables.oneToOne(3), 3, 3, 2, 2)
---     local y = m:forward(hilo.zeros(1, 3, 4, 4))  -- (1,3,9,9)
local SpatialFullConvolutionMap = class('nn.SpatialFullConvolutionMap', 'nn.SpatialConvolutionMap')

---@param input Tensor
function SpatialFullConvolutionMap:updateOutput(input)
   return self:over_images(input, function(x)
      local w = connections.dense(self:parameter('weight'), self.connTable, 1, {self.nInputPlane, self.nOutputPlane})
      return conv_transpose.conv_transpose2d(x, w, self:parameter('bias'), {stride = {self.dH, self.dW}})
   end)
end

return SpatialFullConvolutionMap
