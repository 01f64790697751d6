local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.MaskedSelect(): of {x, mask}, the elements of x where the mask is not 0, as a vector.
---
---     local y = nn.MaskedSelect():forward {hilo.Tensor{1, 2, 3}, hilo.ByteTensor{1, 0, 1}}  -- 1, 3
local MaskedSelect = class('nn.MaskedSelect', 'nn.Module')

---@param xs {[1]: Tensor, [2]: Tensor}
function MaskedSelect:updateOutput(xs)
   local x, mask = unpack(tensors(self, xs), 1, 2)
   return shape.maskedSelect(x, mask:detach():to{dtype = 'byte'})
end

return MaskedSelect
