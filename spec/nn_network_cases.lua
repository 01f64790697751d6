--- nn_network_cases.lua: modules of hilo's own networks, as spec/nn_cases.lua lists the others.
local nn = require 'hilo.nn'
local random = require('spec.nn_gradients').random

local image = {2, 3, 5, 6}

local function evaluating(m)
   m:training()
   m:forward(random({4, 3, 5, 6}, 9):float())
   return m:evaluate()
end

return {
   {'SpatialConvolution', function() return nn.SpatialConvolution(3, 4, 3, 2, 2, 1, 1, 0) end, image},
   {'SpatialConvolution of one image', function() return nn.SpatialConvolution(3, 4, 3, 3) end, {3, 5, 6}},
   {'SpatialConvolution without bias', function() return nn.SpatialConvolution(3, 4, 1, 1):noBias() end, image},
   {'SpatialDilatedConvolution', function() return nn.SpatialDilatedConvolution(3, 2, 3, 3, 1, 1, 2, 2, 2, 2) end, image},
   {'SpatialBatchNormalization', function() return nn.SpatialBatchNormalization(3) end, image},
   {'SpatialBatchNormalization in evaluation', function() return evaluating(nn.SpatialBatchNormalization(3)) end, image},
   {'SpatialBatchNormalization with frozen statistics', function()
      return evaluating(nn.SpatialBatchNormalization(3)):training():freezeBatchNorm{affine = false, statistics = true}
   end, image},
   {'SpatialBatchNormalization without scale', function() return nn.SpatialBatchNormalization(3, 1e-3, 0.1, false) end, image},
   {'BatchNormalization', function() return nn.BatchNormalization(4) end, {5, 4}},
   {'Linear', function() return nn.Linear(4, 3) end, {5, 4}},
   {'Linear of a vector', function() return nn.Linear(4, 3) end, {4}},
   {'Linear without bias', function() return nn.Linear(4, 3, false) end, {5, 4}},
   {'ReLU', function() return nn.ReLU() end, image},
   {'LeakyReLU', function() return nn.LeakyReLU(0.2) end, image},
   {'Sigmoid', function() return nn.Sigmoid() end, image},
   {'Tanh', function() return nn.Tanh() end, image},
   {'SoftMax', function() return nn.SoftMax() end, {4, 5}},
   {'SoftMax of a vector', function() return nn.SoftMax() end, {5}},
   {'LogSoftMax', function() return nn.LogSoftMax() end, {4, 5}},
   {'SpatialSoftMax', function() return nn.SpatialSoftMax() end, image},
   {'SpatialLogSoftMax of one image', function() return nn.SpatialLogSoftMax() end, {3, 5, 6}},
   {'Dropout', function() return nn.Dropout(0.3) end, image},
   {'SpatialDropout', function() return nn.SpatialDropout(0.3) end, image},
   {'SpatialMaxPooling', function() return nn.SpatialMaxPooling(3, 2, 2, 2, 1, 0) end, image},
   {'SpatialMaxPooling:ceil()', function() return nn.SpatialMaxPooling(2, 2):ceil() end, image},
   {'SpatialAveragePooling', function() return nn.SpatialAveragePooling(3, 3, 2, 2, 1, 1) end, image},
   {'SpatialAveragePooling without its padding', function() return nn.SpatialAveragePooling(3, 3, 2, 2, 1, 1):setCountExcludePad() end,
      image},
   {'SpatialAdaptiveAveragePooling', function() return nn.SpatialAdaptiveAveragePooling(4, 2) end, image},
   {'SpatialAdaptiveMaxPooling', function() return nn.SpatialAdaptiveMaxPooling(4, 2) end, image},
   {'SpatialUpSamplingNearest', function() return nn.SpatialUpSamplingNearest(2) end, image},
   {'SpatialUpSamplingBilinear', function() return nn.SpatialUpSamplingBilinear(3) end, image},
   {'SpatialUpSamplingBilinear to a size', function() return nn.SpatialUpSamplingBilinear{oheight = 7, owidth = 9} end, image},
   {'View', function() return nn.View(-1):setNumInputDims(3) end, image},
   {'Reshape', function() return nn.Reshape(9, 10) end, image},
   {'Squeeze', function() return nn.Squeeze() end, {2, 1, 3}},
   {'Sum', function() return nn.Sum(2) end, image},
   {'Mean', function() return nn.Mean(-1) end, image},
   {'MulConstant', function() return nn.MulConstant(-3) end, image},
   {'AddConstant', function() return nn.AddConstant(2) end, image},
   {'Identity', function() return nn.Identity() end, image},
   {'CAddTable', function() return nn.CAddTable() end, {image, image, image, n = 3}},
   {'CSubTable', function() return nn.CSubTable() end, {image, image, n = 2}},
   {'CMulTable', function() return nn.CMulTable() end, {image, image, n = 2}},
   {'CDivTable', function() return nn.CDivTable() end, {{2, 3}, {2, 3, low = 0.5, high = 2}, n = 2}},
   {'JoinTable', function() return nn.JoinTable(1, 3) end, {image, {2, 2, 5, 6}, n = 2}},
   {'SelectTable', function() return nn.SelectTable(-1) end, {image, {2, 2}, n = 2}},
   {'FlattenTable', function() return nn.FlattenTable() end, {image, {2, 2}, n = 2}},
   {'ParallelTable', function() return nn.ParallelTable():add(nn.Linear(4, 2)):add(nn.Tanh()) end, {{3, 4}, {2, 2}, n = 2}},
   {'ConcatTable', function() return nn.ConcatTable():add(nn.Linear(4, 2)):add(nn.Identity()) end, {3, 4}},
   {'Concat', function() return nn.Concat(2):add(nn.Linear(4, 2)):add(nn.Tanh()) end, {3, 4}},
   {'Sequential', function()
      return nn.Sequential():add(nn.SpatialConvolution(3, 4, 3, 3)):add(nn.SpatialBatchNormalization(4)):add(nn.Tanh())
         :add(nn.View(-1):setNumInputDims(3)):add(nn.Linear(48, 2))
   end, image},
}
