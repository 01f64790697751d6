local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local windows = require 'hilo.nn.windows'

--- nn.TemporalConvolution(nIn, nOut, kW[, dW]): a convolution along sequences of frames (T,nIn) or (N,T,nIn).
---
---     local y = nn.TemporalConvolution(4, 6, 3):forward(hilo.zeros(10, 4))  -- (8,6)
local TemporalConvolution, parent = class('nn.TemporalConvolution', 'nn.Module')

---@param inputFrameSize integer
---@param outputFrameSize integer
---@param kW integer frames of a window
---@param dW? integer stride, 1 if not given
function TemporalConvolution:__init(inputFrameSize, outputFrameSize, kW, dW)
   parent.__init(self)
   self.inputFrameSize, self.outputFrameSize, self.kW, self.dW = inputFrameSize, outputFrameSize, kW, dW or 1
   self:check_whole(1, self.most.planes, 'inputFrameSize', 'outputFrameSize'):check_sides('kW', 'dW')
   self:new_parameter('weight', outputFrameSize, inputFrameSize * kW)
   self:new_parameter('bias', outputFrameSize)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kW * nIn).
---@param stdv? number
---@return nn.TemporalConvolution self
function TemporalConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.inputFrameSize)
end

---@param input Tensor
function TemporalConvolution:updateOutput(input)
   return self:over_sequences(input, function(x)
      self:check(x:size(3) == self.inputFrameSize, 'expects frames of %d, got %s', self.inputFrameSize, Tensor.shape_text(input))
      local taken, n = windows.taken(x, 2, self.kW, self.dW)
      local rows = shape.reshape(taken, x:size(1) * n, self.kW * self.inputFrameSize)
      local y = pointwise.add(matmul.matmul(rows, self:parameter('weight'):t()), self:parameter('bias'))
      return y:view(x:size(1), n, self.outputFrameSize)
   end)
end

return TemporalConvolution
