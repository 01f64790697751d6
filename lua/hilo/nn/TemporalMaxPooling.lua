local class = require 'hilo.nn.class'
local windows = require 'hilo.nn.windows'

--- nn.TemporalMaxPooling(kW[, dW]): the largest value of each window of frames of sequences (T,F) or (N,T,F).
---
---     local y = nn.TemporalMaxPooling(2):forward(hilo.zeros(10, 4))  -- (5,4)
local TemporalMaxPooling, parent = class('nn.TemporalMaxPooling', 'nn.Module')

---@param kW integer
---@param dW? integer stride, kW if not given
function TemporalMaxPooling:__init(kW, dW)
   parent.__init(self)
   self.kW, self.dW = kW, dW or kW
   self:check_sides('kW', 'dW')
end

---@param input Tensor
function TemporalMaxPooling:updateOutput(input)
   return self:over_sequences(input, function(x) return windows.max(x, 2, self.kW, self.dW) end)
end

return TemporalMaxPooling
