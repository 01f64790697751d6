local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Concat(dim): every module on the same input, the results joined along dim.
---
---     local net = nn.Concat(2):add(nn.SpatialConvolution(3, 4, 1, 1)):add(nn.SpatialConvolution(3, 6, 3, 3, 1, 1, 1, 1))
---     local y = net(hilo.randn(2, 3, 8, 8))                    -- (2,10,8,8)
local Concat, parent = class('nn.Concat', 'nn.Container')

---@param dimension integer
function Concat:__init(dimension)
   parent.__init(self)
   self.dimension = dimension
end

function Concat:updateOutput(x)
   self:check(#self.modules > 0, 'has no modules; add some first')
   local ys = {}
   for i, m in ipairs(self.modules) do ys[i] = self:run(i, m, x) end
   return shape.cat(ys, self.dimension)
end

function Concat:__tostring__() return self:branches_text() end

return Concat
