local class = require 'hilo.nn.class'

--- nn.Sequential(): modules one after another.
---
---     local net = nn.Sequential(nn.SpatialConvolution(3, 8, 3, 3, 1, 1, 1, 1), nn.ReLU())    -- the same as
---     net = nn.Sequential():add(nn.SpatialConvolution(3, 8, 3, 3, 1, 1, 1, 1)):add(nn.ReLU())
---     local y = net:forward(hilo.randn(2, 3, 16, 16))          -- (2,8,16,16)
local Sequential = class('nn.Sequential', 'nn.Container')

function Sequential:updateOutput(x)
   for i, m in ipairs(self.modules) do x = self:run(i, m, x) end
   return x
end

function Sequential:__tostring__() return self:chain_text() end

return Sequential
