local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.LogSoftMax(): log-softmax over the classes: of (C), (N,C), (C,H,W) or (N,C,H,W).
---
---     local y = nn.LogSoftMax():forward(hilo.randn(2, 5))
local LogSoftMax = class('nn.LogSoftMax', 'nn.Module')

---@param x Tensor
function LogSoftMax:updateOutput(x)
   self:check_dims(x, '(C), (N,C), (C,H,W) or (N,C,H,W)', 1, 2, 3, 4)
   return loss.log_softmax(x, x:dim() % 2 == 1 and 1 or 2)
end

return LogSoftMax
