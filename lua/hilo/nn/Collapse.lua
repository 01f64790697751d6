local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Collapse(nInputDim): joins the last nInputDim dimensions into one.
---
---     local y = nn.Collapse(2):forward(hilo.zeros(5, 2, 3))  -- (5,6)
local Collapse, parent = class('nn.Collapse', 'nn.Module')

---@param nInputDim integer
function Collapse:__init(nInputDim)
   parent.__init(self)
   self.nInputDim = nInputDim
   self:check_whole(1, 8, 'nInputDim')
end

---@param x Tensor
function Collapse:updateOutput(x)
   local sizes = Tensor.sizes_table(x)
   self:check(#sizes >= self.nInputDim, 'expects %d dimensions or more, got %s', self.nInputDim, Tensor.shape_text(x))
   for _ = 2, self.nInputDim do
      local last = table.remove(sizes)
      sizes[#sizes] = sizes[#sizes] * last
   end
   return shape.reshape(x, sizes)
end

return Collapse
