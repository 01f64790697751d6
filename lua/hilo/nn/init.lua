--- nn: Torch7's modules and criterions. A new class is made with nn.class('nn.MyLayer', 'nn.Module'); see nn/Module.lua.
local class = require 'hilo.nn.class'
require 'hilo' -- ops and generator

---@class nn
local nn = class.namespace
nn.class = class
nn.isA = class.is_a

--- Whether x is a module.
---@param x any
---@return boolean
function nn.isModule(x) return class.is_a(x, 'nn.Module') end

for _, name in ipairs {
   'Module', 'Container', 'Sequential', 'Concat', 'ConcatTable', 'ParallelTable',
   'CAddTable', 'CSubTable', 'CMulTable', 'CDivTable', 'JoinTable', 'SelectTable', 'FlattenTable', 'Identity',
   'SpatialConvolution', 'SpatialDilatedConvolution', 'Linear',
   'BatchNormalization', 'SpatialBatchNormalization', 'Dropout', 'SpatialDropout',
   'ReLU', 'LeakyReLU', 'Sigmoid', 'Tanh', 'SoftMax', 'LogSoftMax', 'SpatialSoftMax', 'SpatialLogSoftMax',
   'SpatialMaxPooling', 'SpatialAveragePooling', 'SpatialAdaptiveAveragePooling', 'SpatialAdaptiveMaxPooling',
   'SpatialUpSamplingBilinear', 'SpatialUpSamplingNearest',
   'View', 'Reshape', 'Squeeze', 'Sum', 'Mean', 'MulConstant', 'AddConstant',
   'Criterion', 'MSECriterion', 'AbsCriterion', 'SmoothL1Criterion', 'BCECriterion', 'ClassNLLCriterion',
   'SpatialClassNLLCriterion', 'CrossEntropyCriterion',
} do require('hilo.nn.' .. name) end

nn.checkpoint = require('hilo.nn.graph').checkpoint

return nn
