local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.ReLU(): max(0, x).
local ReLU = class('nn.ReLU', 'nn.Module')

function ReLU:updateOutput(x) return pointwise.relu(x) end

return ReLU
