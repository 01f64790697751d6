local class = require 'hilo.nn.class'
local reduce = require 'hilo.ops.reduce'

--- nn.Min([dim, nInputDims]): the smallest element along dim, which goes away.
---
---     local y = nn.Min(2):forward(hilo.Tensor{{1, 5}, {3, 2}})  -- 1, 2
local Min = class('nn.Min', 'nn.Max')

---@private
function Min:extreme(x, dim) return (reduce.min(x, dim)) end

return Min
