local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.RReLU([l, u, inplace]): x, and a * x below 0 where a is drawn from [l, u] for each element in training and is their mean in
--- evaluation.
---
---     local m = nn.RReLU(0.1, 0.3)
---     m:evaluate()
---     local y = m:forward(hilo.Tensor{-1, 2})  -- -0.2, 2
local RReLU, parent = class('nn.RReLU', 'nn.Module')

---@param l? number 1/8 if not given
---@param u? number 1/3 if not given
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function RReLU:__init(l, u, inplace)
   parent.__init(self)
   self.lower, self.upper, self.inplace = l or 1 / 8, u or 1 / 3, inplace or false
   self:check(self.lower <= self.upper and self.lower >= 0, 'expects slopes 0 <= l <= u, got %g and %g', self.lower, self.upper)
end

---@param x Tensor
function RReLU:updateOutput(x)
   local slope = x:empty()
   autograd.no_grad(function()
      if self.train then slope:uniform(self.lower, self.upper) else slope:fill((self.lower + self.upper) / 2) end
      slope:maskedFill(pointwise.gt(x:detach(), 0), 1)
   end)
   return pointwise.cmul(x, slope)
end

function RReLU:__tostring__() return ('%s (l:%f, u:%f)'):format(self.__typename, self.lower, self.upper) end

return RReLU
