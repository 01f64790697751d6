local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'
local windows = require 'hilo.nn.windows'

--- nn.TemporalSubSampling(n, kW[, dW]): the sum of each window of frames of sequences (T,n) or (N,T,n), times a learnt weight and
--- plus a learnt bias of each feature.
---
---     local y = nn.TemporalSubSampling(4, 2, 2):forward(hilo.zeros(10, 4))  -- (5,4)
local TemporalSubSampling, parent = class('nn.TemporalSubSampling', 'nn.Module')

---@param inputFrameSize integer
---@param kW integer
---@param dW? integer stride, 1 if not given
function TemporalSubSampling:__init(inputFrameSize, kW, dW)
   parent.__init(self)
   self.inputFrameSize, self.kW, self.dW = inputFrameSize, kW, dW or 1
   self:check_whole(1, self.most.planes, 'inputFrameSize'):check_sides('kW', 'dW')
   self:new_parameter('weight', inputFrameSize)
   self:new_parameter('bias', inputFrameSize)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kW).
---@param stdv? number
---@return nn.TemporalSubSampling self
function TemporalSubSampling:reset(stdv)
   return self:draw_uniform(stdv, self.kW)
end

---@param input Tensor
function TemporalSubSampling:updateOutput(input)
   return self:over_sequences(input, function(x)
      self:check(x:size(3) == self.inputFrameSize, 'expects frames of %d, got %s', self.inputFrameSize, Tensor.shape_text(input))
      local taken, n = windows.taken(x, 2, self.kW, self.dW)
      local sums = shape.squeeze(reduce.sum(windows.cut(taken, 2, n, self.kW), 3), 3)
      return pointwise.add(pointwise.cmul(sums, self:parameter('weight')), self:parameter('bias'))
   end)
end

return TemporalSubSampling
