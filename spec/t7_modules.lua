--- t7_modules.lua: a network with each module of nn, and an input of it, for the specs of files.
local hilo = require 'hilo'
local nn = require 'hilo.nn'

local images, rows = hilo.range(1, 2 * 3 * 6 * 6):view(2, 3, 6, 6) * 0.01 - 1, hilo.range(1, 8):view(2, 4) * 0.25 - 1
local function moved(bn)
   bn.running_mean:uniform(-0.5, 0.5)
   bn.running_var:uniform(0.5, 1.5)
   return bn
end

local models = hilo.models

return {
   {nn.Sequential():add(nn.Linear(4, 3)):add(nn.Tanh()):add(nn.Linear(3, 2, false)), rows},
   {nn.Concat(2):add(nn.Linear(4, 3)):add(nn.Identity()), rows},
   {nn.Sequential():add(nn.ConcatTable():add(nn.Identity()):add(nn.Linear(4, 4))):add(nn.ParallelTable():add(nn.ReLU())
      :add(nn.Sigmoid())):add(nn.CAddTable()), rows, name = 'tables that are added'},
   {nn.Sequential():add(nn.ConcatTable():add(nn.Sigmoid()):add(nn.Sigmoid())):add(nn.CSubTable()), rows},
   {nn.CMulTable(), {rows, rows + 1}},
   {nn.CDivTable(), {rows, rows + 5}},
   {nn.JoinTable(2), {rows, rows}},
   {nn.SelectTable(-1), {rows, rows + 1}},
   {nn.FlattenTable(), {rows, {rows + 1, rows}}},
   {nn.SpatialConvolution(3, 4, 3, 3, 2, 1, 1), images},
   {nn.SpatialConvolution(3, 6, 3, 3):inGroups(3):noBias(), images, name = 'nn.SpatialConvolution in groups'},
   {nn.SpatialDilatedConvolution(3, 2, 3, 3, 1, 1, 2, 2, 2, 2), images},
   {moved(nn.BatchNormalization(4)), rows},
   {moved(nn.SpatialBatchNormalization(3, 1e-3, 0.2, false)), images},
   {nn.Dropout(0.3, true), rows},
   {nn.SpatialDropout(0.3), images},
   {nn.LeakyReLU(0.2), rows},
   {nn.SoftMax(), rows},
   {nn.LogSoftMax(), rows},
   {nn.SpatialSoftMax(), images},
   {nn.SpatialLogSoftMax(), images},
   {nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1):ceil(), images},
   {nn.SpatialAveragePooling(2, 2, 2, 2):setCountExcludePad(), images},
   {nn.SpatialAdaptiveAveragePooling(2, 3), images},
   {nn.SpatialAdaptiveMaxPooling(2, 3), images},
   {nn.SpatialUpSamplingBilinear(2), images},
   {nn.SpatialUpSamplingBilinear {oheight = 9, owidth = 7}, images, name = 'nn.SpatialUpSamplingBilinear to a size'},
   {nn.SpatialUpSamplingNearest(2), images},
   {nn.View(-1, 54), images},
   {nn.View(108):setNumInputDims(3), images, name = 'nn.View of samples'},
   {nn.Reshape(6, 18, true), images},
   {nn.Squeeze(2), rows:view(2, 1, 4)},
   {nn.Sum(2), rows},
   {nn.Mean(1, 1), rows},
   {nn.MulConstant(3), rows},
   {nn.AddConstant(3), rows},
   {models.deeplab {backbone = 'resnet50', classes = 3, width = 4}, images, name = 'DeepLab-v2'},
   {models.deeplab {backbone = 'mobilenet_v2', head = 'deeplab3plus', classes = 3, width = 4}, hilo.zeros(1, 3, 33, 33),
      name = 'DeepLab-v3+'},
   {models.classifier {backbone = 'vgg16', classes = 3, width = 1}, hilo.zeros(1, 3, 32, 32), name = 'a classifier'},
}
