local class = require 'hilo.nn.class'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.TemporalDynamicKMaxPooling(minK[, factor]): of each feature of sequences (T,F) or (N,T,F) the k largest values in their order;
--- k is the larger of minK and factor * T (Kalchbrenner and others, 2014).
---
---     local y = nn.TemporalDynamicKMaxPooling(2):forward(hilo.Tensor{{3}, {1}, {2}})  -- 3, 2
local TemporalDynamicKMaxPooling, parent = class('nn.TemporalDynamicKMaxPooling', 'nn.Module')

---@param minK integer
---@param factor? number 0 if not given
function TemporalDynamicKMaxPooling:__init(minK, factor)
   parent.__init(self)
   self.minK, self.factor = minK, factor or 0
   self:check_sides('minK')
end

---@param x Tensor
function TemporalDynamicKMaxPooling:updateOutput(x)
   self:check_dims(x, 'sequences (T,F) or (N,T,F)', 2, 3)
   local dim = x:dim() - 1
   local k = math.max(self.minK, math.ceil(self.factor * x:size(dim)))
   self:check(x:size(dim) >= k, 'sequences of %d are too short for the %d largest', x:size(dim), k)
   local _, index = reduce.topk(x:detach(), k, dim, true)
   return shape.gather(x, dim, (reduce.sort(index, dim)))
end

return TemporalDynamicKMaxPooling
