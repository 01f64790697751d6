local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv = require 'hilo.ops.conv'
local shape = require 'hilo.ops.shape'

--- nn.TemporalRowConvolution(n, kW[, dW, featFirst]): a convolution of each feature alone along sequences (T,n) or (N,T,n); with
--- featFirst, (n,T) or (N,n,T).
---
---     local y = nn.TemporalRowConvolution(4, 3):forward(hilo.zeros(10, 4))  -- (8,4)
local TemporalRowConvolution, parent = class('nn.TemporalRowConvolution', 'nn.Module')

---@param inputFrameSize integer
---@param kW integer frames of a window
---@param dW? integer stride, 1 if not given
---@param featFirst? boolean
function TemporalRowConvolution:__init(inputFrameSize, kW, dW, featFirst)
   parent.__init(self)
   self.inputFrameSize, self.kW, self.dW, self.featFirst = inputFrameSize, kW, dW or 1, featFirst or false
   self:check_whole(1, self.most.planes, 'inputFrameSize'):check_sides('kW', 'dW')
   self:new_parameter('weight', inputFrameSize, 1, kW)
   self:new_parameter('bias', inputFrameSize)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kW * n).
---@param stdv? number
---@return nn.TemporalRowConvolution self
function TemporalRowConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.inputFrameSize)
end

--- Drops the bias.
---@return nn.TemporalRowConvolution self
function TemporalRowConvolution:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

---@param input Tensor
function TemporalRowConvolution:updateOutput(input)
   return self:over_sequences(input, function(x)
      local n, features, length = unpack(Tensor.sizes_table(self.featFirst and x or shape.transpose(x, 2, 3)))
      self:check(features == self.inputFrameSize, 'expects %d features, got %s', self.inputFrameSize, Tensor.shape_text(input))
      local rows = self.featFirst and x or shape.transpose(x, 2, 3)
      local y = conv.conv2d(shape.reshape(rows, n, features, 1, length), self:parameter('weight'):view(features, 1, 1, self.kW),
         self:parameter('bias'), {stride = {1, self.dW}, groups = features})
      y = y:view(n, features, y:size(4))
      return self.featFirst and y or shape.contiguous(shape.transpose(y, 2, 3))
   end)
end

function TemporalRowConvolution:__tostring__()
   local s = ('%s(%d, %d'):format(self.__typename, self.inputFrameSize, self.kW)
   if self.dW ~= 1 then s = s .. (', %d'):format(self.dW) end
   return s .. (self.bias and ')' or ') without bias')
end

return TemporalRowConvolution
