local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'

--- nn.Constant(value[, nInputDim]): the value, whatever comes in. With nInputDim, an input of one dimension more is a batch and the
--- value is repeated for each of its samples.
---
---     local y = nn.Constant(hilo.Tensor{1, 2}, 1):forward(hilo.zeros(3, 5))  -- (3,2)
local Constant, parent = class('nn.Constant', 'nn.Module')

---@param value Tensor|number
---@param nInputDim? integer dimensions of one sample
function Constant:__init(value, nInputDim)
   parent.__init(self)
   self:check(core.is_tensor(value) or type(value) == 'number', 'expects a tensor or a number, got %s', type(value))
   self.value = core.is_tensor(value) and value or Tensor.full(value, 1)
   self.nInputDim = nInputDim
end

---@param x Tensor
function Constant:updateOutput(x)
   if not (self.nInputDim and x:dim() == self.nInputDim + 1) then return self.value:clone() end
   local sizes = Tensor.sizes_table(self.value)
   table.insert(sizes, 1, x:size(1))
   return self.value:expand(sizes):clone()
end

return Constant
