local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Replicate(n[, dim, ndim]): x repeated n times along a new dimension, without copying.
---
---     local y = nn.Replicate(3):forward(hilo.Tensor{1, 2})  -- (3,2)
local Replicate, parent = class('nn.Replicate', 'nn.Module')

---@param nf integer
---@param dim? integer where the new dimension stands, 1 if not given
---@param ndim? integer dimensions of one sample; an input of more is a batch, and the next dimension is meant
function Replicate:__init(nf, dim, ndim)
   parent.__init(self)
   self.nfeatures, self.dim, self.ndim = nf, dim or 1, ndim
   self:check_whole(1, 2 ^ 31, 'nfeatures'):check_whole(1, 8, 'dim')
end

---@param x Tensor
function Replicate:updateOutput(x)
   local dim = self.dim + (self.ndim and x:dim() > self.ndim and 1 or 0)
   self:check(dim <= x:dim() + 1, 'there is no place for dimension %d in %s', dim, Tensor.shape_text(x))
   local sizes = Tensor.sizes_table(x)
   table.insert(sizes, dim, self.nfeatures)
   return shape.expand(shape.unsqueeze(x, dim), sizes)
end

return Replicate
