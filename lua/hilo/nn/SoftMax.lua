local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.SoftMax(): softmax over the classes: of (C), (N,C), (C,H,W) or (N,C,H,W).
---
---     assert(math.abs(nn.SoftMax():forward(hilo.randn(4)):sum() - 1) < 1e-5)
local SoftMax = class('nn.SoftMax', 'nn.Module')

---@param x Tensor
function SoftMax:updateOutput(x)
   self:check_dims(x, '(C), (N,C), (C,H,W) or (N,C,H,W)', 1, 2, 3, 4)
   return loss.softmax(x, x:dim() % 2 == 1 and 1 or 2)
end

return SoftMax
