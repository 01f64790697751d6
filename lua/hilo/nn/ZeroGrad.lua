local class = require 'hilo.nn.class'

--- nn.ZeroGrad(): x; no gradient comes back.
---
---     local m, x = nn.ZeroGrad(), hilo.ones(2)
---     m:forward(x)
---     assert(m:backward(x, hilo.ones(2)):sum() == 0)
local ZeroGrad = class('nn.ZeroGrad', 'nn.Module')

---@param x Tensor
function ZeroGrad:updateOutput(x) return x:detach() end

return ZeroGrad
