local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.MixtureTable([dim]): of {weights (N,K), experts}, the sum of the experts, each times its weight; experts are a table of K
--- tensors, or one with K slices along dim.
---
---     local y = nn.MixtureTable():forward {hilo.full(0.5, 3, 2), {hilo.zeros(3, 4), hilo.ones(3, 4)}}  -- 0.5
local MixtureTable, parent = class('nn.MixtureTable', 'nn.Module')

---@param dim? integer of the experts where they are one tensor; the first of a sample, 1 or 2, if not given
function MixtureTable:__init(dim)
   parent.__init(self)
   self.dim = dim
end

---@param xs {[1]: Tensor, [2]: Tensor|Tensor[]}
function MixtureTable:updateOutput(xs)
   local gate, experts = xs[1], xs[2]
   local batched = gate:dim() == 2
   local dim = self.dim or (batched and 2 or 1)
   if not core.is_tensor(experts) then
      local rows = {}
      for i, x in ipairs(tensors(self, experts)) do rows[i] = shape.unsqueeze(x, dim) end
      experts = shape.cat(rows, dim)
   end
   local sizes = {}
   for d = 1, experts:dim() do sizes[d] = 1 end
   if batched then sizes[1] = gate:size(1) end
   sizes[dim] = gate:size(gate:dim())
   self:check(sizes[dim] == experts:size(dim), 'has %d weights for %d experts', sizes[dim], experts:size(dim))
   return shape.squeeze(reduce.sum(pointwise.cmul(experts, shape.reshape(gate, sizes)), dim), dim)
end

return MixtureTable
