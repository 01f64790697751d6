local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local widths = require 'hilo.nn.widths'

--- nn.Padding(dim, pad[, nInputDim, value, index]): |pad| slices of `value` put in along dim: in front for pad < 0, behind for pad > 0.
---
---     local y = nn.Padding(1, -2):forward(hilo.ones(2))  -- 0, 0, 1, 1
local Padding, parent = class('nn.Padding', 'nn.Module')

---@param dim integer
---@param pad integer
---@param nInputDim? integer dimensions of one sample; an input of another number is a batch, and the next dimension is meant
---@param value? number 0 if not given
---@param index? integer before (pad < 0) or behind (pad > 0, counted from the last) which slice; 1 if not given
function Padding:__init(dim, pad, nInputDim, value, index)
   parent.__init(self)
   self.dim, self.pad, self.nInputDim, self.value, self.index = dim, pad, nInputDim, value or 0, index or 1
   self:check_whole(-self.most.planes, self.most.planes, 'pad')
end

---@param x Tensor
function Padding:updateOutput(x)
   local dim = self.dim + (self.nInputDim and x:dim() ~= self.nInputDim and 1 or 0)
   local n, pad = x:size(dim), math.abs(self.pad)
   local index = self.pad > 0 and n - self.index + 2 or self.index
   self:check(index >= 1 and index <= n + 1, 'index %d does not fit dimension %d of %s', self.index, dim, Tensor.shape_text(x))
   if index == 1 then return widths(x, dim, pad, 0, self.value) end
   local front = widths(shape.narrow(x, dim, 1, index - 1), dim, 0, pad, self.value)
   return index == n + 1 and front or shape.cat({front, shape.narrow(x, dim, index, n - index + 1)}, dim)
end

return Padding
