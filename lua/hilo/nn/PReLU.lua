local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.PReLU([n]): x, and a * x below 0, where the slope a is learnt: one for each of n planes, or one for all.
---
---     local y = nn.PReLU():forward(hilo.Tensor{-1, 2})  -- -0.25, 2
local PReLU, parent = class('nn.PReLU', 'nn.Module')

---@param nOutputPlane? integer planes (the first dimension of one sample, the second of a batch); 0, one slope for all, if not given
function PReLU:__init(nOutputPlane)
   parent.__init(self)
   self.nOutputPlane = nOutputPlane or 0
   self:check_whole(0, self.most.planes, 'nOutputPlane')
   self:new_parameter('weight', math.max(1, self.nOutputPlane))
   self.weight:fill(0.25)
end

function PReLU:reset()
   self.weight:fill(0.25)
   return self
end

---@param x Tensor
function PReLU:updateOutput(x)
   self:check(x:dim() > 0, 'expects a tensor of elements, got an empty one')
   local a = self:parameter('weight')
   if self.nOutputPlane > 0 then
      local dim = x:dim() % 2 == 1 and 1 or 2 -- (C), (N,C), (C,H,W), (N,C,H,W)
      self:check(x:size(dim) == self.nOutputPlane, 'expects %d planes in dimension %d, got %s', self.nOutputPlane, dim,
         Tensor.shape_text(x))
      local sizes = {self.nOutputPlane}
      for _ = dim + 1, x:dim() do sizes[#sizes + 1] = 1 end
      a = a:view(sizes)
   end
   return pointwise.add(pointwise.relu(x), pointwise.cmul(pointwise.clamp(x, -math.huge, 0), a))
end

function PReLU:__tostring__() return ('%s (%d)'):format(self.__typename, self.nOutputPlane) end

return PReLU
