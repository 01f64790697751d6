--- nn_cases.lua: modules that Torch7 has besides those of hilo's own networks: name, how it is made, and an input: sizes of one tensor,
--- or a list of n (tensors as they are, or sizes), as spec/nn_gradients.lua makes them. For the specs of gradients and of files.
local hilo = require 'hilo'
local nn = require 'hilo.nn'

local image, volume, sequence, rows = {2, 3, 5, 6}, {2, 3, 4, 5, 6}, {2, 7, 4}, {5, 4}
local pair, vectors = {rows, rows, n = 2}, {{4}, {4}, n = 2}
local positive = {5, 4, low = 0.2, high = 2}

local function long(values) return hilo.LongTensor(values) end
local function evaluating(m) return m:evaluate() end

return {
   -- functions of single elements
   {'Abs', function() return nn.Abs() end, rows}, {'Exp', function() return nn.Exp() end, rows},
   {'Log', function() return nn.Log() end, positive}, {'Sqrt', function() return nn.Sqrt() end, positive},
   {'Square', function() return nn.Square() end, rows}, {'Power', function() return nn.Power(2.5) end, positive},
   {'HardTanh', function() return nn.HardTanh(-0.5, 0.5) end, rows}, {'Clamp', function() return nn.Clamp(-0.5, 0.6) end, rows},
   {'ELU', function() return nn.ELU(0.7) end, rows}, {'ReLU6', function() return nn.ReLU6() end, rows},
   {'RReLU', function() return nn.RReLU() end, rows}, {'RReLU in evaluation', function() return evaluating(nn.RReLU()) end, rows},
   {'PReLU', function() return nn.PReLU() end, rows}, {'PReLU of planes', function() return nn.PReLU(3) end, image},
   {'PReLU of one image', function() return nn.PReLU(3) end, {3, 5, 6}}, {'CReLU', function() return nn.CReLU(3) end, image},
   {'SoftPlus', function() return nn.SoftPlus() end, rows}, {'SoftPlus(3)', function() return nn.SoftPlus(3) end, rows},
   {'SoftSign', function() return nn.SoftSign() end, rows}, {'SoftMin', function() return nn.SoftMin() end, rows},
   {'SoftShrink', function() return nn.SoftShrink() end, rows}, {'HardShrink', function() return nn.HardShrink() end, rows},
   {'TanhShrink', function() return nn.TanhShrink() end, rows}, {'LogSigmoid', function() return nn.LogSigmoid() end, rows},
   {'Threshold', function() return nn.Threshold(0.2, 0.1) end, rows}, {'WhiteNoise', function() return nn.WhiteNoise() end, rows},
   {'GatedLinearUnit', function() return nn.GatedLinearUnit() end, rows},
   {'GatedLinearUnit(1)', function() return nn.GatedLinearUnit(1) end, {4, 3}},
   {'Normalize(1)', function() return nn.Normalize(1) end, rows}, {'Normalize(2)', function() return nn.Normalize(2) end, rows},
   {'Normalize(3)', function() return nn.Normalize(3) end, rows},
   {'Normalize(inf)', function() return nn.Normalize(math.huge) end, rows},
   -- with parameters
   {'Add', function() return nn.Add(4) end, rows}, {'Add of a number', function() return nn.Add(4, true) end, rows},
   {'CAdd', function() return nn.CAdd(4) end, rows}, {'CMul', function() return nn.CMul(4) end, rows},
   {'CMul that stretches', function() return nn.CMul(1, 3, 1, 1) end, image}, {'Mul', function() return nn.Mul() end, rows},
   {'Bilinear', function() return nn.Bilinear(4, 3, 2) end, {rows, {5, 3}, n = 2}},
   {'Cosine', function() return nn.Cosine(4, 3) end, rows}, {'Cosine of a vector', function() return nn.Cosine(4, 3) end, {4}},
   {'Euclidean', function() return nn.Euclidean(4, 3) end, rows},
   {'WeightedEuclidean', function() return nn.WeightedEuclidean(4, 3) end, rows},
   {'LayerNormalization', function() return nn.LayerNormalization(4) end, rows},
   {'Maxout', function() return nn.Maxout(4, 3, 2) end, rows},
   {'LinearWeightNorm', function() return nn.LinearWeightNorm(4, 3) end, rows},
   {'WeightNorm of Linear', function() return nn.WeightNorm(nn.Linear(4, 3)) end, rows},
   {'WeightNorm of SpatialFullConvolution', function() return nn.WeightNorm(nn.SpatialFullConvolution(3, 2, 3, 3), 2) end, image},
   {'PartialLinear', function()
      local m = nn.PartialLinear(4, 6)
      m:setPartition(long {5, 2})
      return m
   end, rows},
   {'IndexLinear', function() return nn.IndexLinear(6, 3):reset() end, {long {2, 5, 2}, {3}, n = 2}},
   {'IndexLinear of a batch', function() return nn.IndexLinear(6, 3):reset() end,
      {{long {2, 5}, long {1}, n = 2}, {{2}, {1}, n = 2}, n = 2}},
   {'IndexLinear of a batch in a row', function() return nn.IndexLinear(6, 3, false, 0):reset() end,
      {long {0, 5, 2}, {3}, long {1, 2}, n = 3}},
   {'IndexLinear that normalises', function()
      local m = evaluating(nn.IndexLinear(6, 3, false, 1, nil, nil, true):reset())
      m.weight:select(2, 1):fill(2)
      m.weight:select(2, 2):fill(0.5)
      return m
   end, {long {2, 5, 2}, {3}, n = 2}, parameters = false},
   {'LookupTable', function() return nn.LookupTable(6, 3) end, long {{1, 6, 2}, {2, 2, 4}}},
   {'LookupTable with maxNorm', function() return nn.LookupTable(6, 3, 2, 0.5) end, long {1, 6, 4}, parameters = false},
   -- tables
   {'CMaxTable', function() return nn.CMaxTable() end, pair}, {'CMinTable', function() return nn.CMinTable() end, pair},
   {'CAddTensorTable', function() return nn.CAddTensorTable() end, {rows, {rows, rows, n = 2}, n = 2}},
   {'NarrowTable', function() return nn.NarrowTable(2, 1) end, pair}, {'SplitTable', function() return nn.SplitTable(-1) end, rows},
   {'ZipTable', function() return nn.ZipTable() end, {pair, pair, n = 2}},
   {'ZipTableOneToMany', function() return nn.ZipTableOneToMany() end, {rows, pair, n = 2}},
   {'MM', function() return nn.MM(true, false) end, {{4, 2}, {4, 3}, n = 2}},
   {'MM of batches', function() return nn.MM(false, true) end, {{2, 4, 3}, {2, 5, 3}, n = 2}},
   {'MV', function() return nn.MV() end, {{2, 4, 3}, {2, 3}, n = 2}},
   {'MV(true)', function() return nn.MV(true) end, {{4, 3}, {4}, n = 2}},
   {'DotProduct', function() return nn.DotProduct() end, pair}, {'CosineDistance', function() return nn.CosineDistance() end, pair},
   {'DotProduct of vectors', function() return nn.DotProduct() end, vectors},
   {'PairwiseDistance(1)', function() return nn.PairwiseDistance(1) end, pair},
   {'PairwiseDistance(2)', function() return nn.PairwiseDistance(2) end, vectors},
   {'MixtureTable', function() return nn.MixtureTable() end, {{5, 2}, pair, n = 2}},
   {'MixtureTable of one tensor', function() return nn.MixtureTable(2) end, {{5, 3}, {5, 3, 4}, n = 2}},
   {'Index', function() return nn.Index(2) end, {rows, long {3, 1, 3}, n = 2}},
   {'MaskedSelect', function() return nn.MaskedSelect() end, {{4}, hilo.ByteTensor{1, 0, 1, 1}, n = 2}},
   {'Parallel', function() return nn.Parallel(2, 1):add(nn.Linear(3, 2)):add(nn.Linear(3, 4)) end, {3, 2}},
   {'MapTable', function() return nn.MapTable(nn.Linear(4, 2)) end, pair},
   {'DepthConcat', function()
      return nn.DepthConcat(2):add(nn.SpatialConvolution(3, 2, 1, 1)):add(nn.SpatialConvolution(3, 1, 4, 3))
   end, image},
   -- sizes
   {'Select', function() return nn.Select(2, -1) end, image}, {'Narrow', function() return nn.Narrow(-1, 2, -2) end, image},
   {'Replicate', function() return nn.Replicate(3, 2) end, rows},
   {'Transpose', function() return nn.Transpose({1, 3}, {2, 4}) end, image},
   {'Padding', function() return nn.Padding(1, 2, 3, 0.5, 2) end, image}, {'Unsqueeze', function() return nn.Unsqueeze(2) end, rows},
   {'Max', function() return nn.Max(1, 3) end, image}, {'Min', function() return nn.Min(-1) end, image},
   {'PixelShuffle', function() return nn.PixelShuffle(2) end, {2, 8, 3, 2}}, {'Collapse', function() return nn.Collapse(3) end, image},
   {'Convert', function() return nn.Convert('bchw', 'bhwc') end, image},
   {'Convert to bf', function() return nn.Convert('chwb', 'bf') end, image},
   {'Contiguous', function() return nn.Contiguous() end, rows},
   {'Bottle', function() return nn.Bottle(nn.Linear(4, 2)) end, {2, 3, 4}},
   {'UpSampling', function() return nn.UpSampling(2) end, image},
   {'UpSampling, linear', function() return nn.UpSampling(2, 'linear') end, image},
   {'UpSampling of volumes', function() return nn.UpSampling(2) end, {1, 2, 2, 3, 2}},
   {'UpSampling of volumes, linear', function()
      return nn.UpSampling({odepth = 3, oheight = 5, owidth = 4}, 'linear')
   end, {1, 2, 2, 3, 2}},
   {'DontCast', function() return nn.DontCast(nn.Linear(4, 2):double(), true) end, rows},
   {'Profile', function() return nn.Profile(nn.Linear(4, 2), 1000) end, rows},
   {'NaN', function() return nn.NaN(nn.Linear(4, 2)) end, rows},
   -- images
   {'SpatialConvolutionMM', function() return nn.SpatialConvolutionMM(3, 2, 3, 2, 2, 1, 1, 0) end, image},
   {'SpatialDepthWiseConvolution', function() return nn.SpatialDepthWiseConvolution(3, 2, 3, 3) end, image},
   {'SpatialConvolutionMap', function() return nn.SpatialConvolutionMap(nn.tables.random(3, 4, 2), 3, 2) end, image},
   {'SpatialConvolutionMap with a pair twice', function()
      return nn.SpatialConvolutionMap(hilo.Tensor{{1, 1}, {3, 2}, {1, 1}}, 3, 2)
   end, image},
   {'SpatialFullConvolution', function() return nn.SpatialFullConvolution(3, 2, 3, 4, 2, 3, 1, 1, 1, 2) end, image},
   {'SpatialFullConvolution to a size', function() return nn.SpatialFullConvolution(3, 2, 3, 3, 2, 2) end,
      {image, {2, 1, 12, 14}, n = 2}},
   {'SpatialFullConvolutionMap', function() return nn.SpatialFullConvolutionMap(nn.tables.oneToOne(3), 3, 2, 2, 1) end, image},
   {'SpatialConvolutionLocal', function() return nn.SpatialConvolutionLocal(3, 2, 6, 5, 3, 2, 2, 1, 1, 0) end, image},
   {'SpatialDilatedMaxPooling', function() return nn.SpatialDilatedMaxPooling(2, 2, 1, 2, 1, 0, 2, 3):ceil() end, image},
   {'SpatialFractionalMaxPooling', function() return nn.SpatialFractionalMaxPooling(2, 2, 0.6, 0.6) end, image},
   {'SpatialSubSampling', function() return nn.SpatialSubSampling(3, 2, 3, 2, 1) end, image},
   {'SpatialLPPooling', function() return nn.SpatialLPPooling(3, 2, 2, 2) end, image},
   {'FeatureLPPooling', function() return nn.FeatureLPPooling(2, 1, 3, true) end, {2, 3, 5, low = 0.1, high = 1}},
   {'SpatialCrossMapLRN', function() return nn.SpatialCrossMapLRN(3, 0.5, 0.75, 2) end, {2, 6, 3, 2}},
   {'SpatialZeroPadding', function() return nn.SpatialZeroPadding(1, -1, 2, 0) end, image},
   {'SpatialReplicationPadding', function() return nn.SpatialReplicationPadding(1, 2, -1, 3) end, image},
   {'SpatialReflectionPadding', function() return nn.SpatialReflectionPadding(1, 2, -1, 3) end, image},
   {'SpatialSubtractiveNormalization', function() return nn.SpatialSubtractiveNormalization(3, hilo.ones(3)) end, image},
   {'SpatialDivisiveNormalization', function() return nn.SpatialDivisiveNormalization(3, hilo.ones(3, 5)) end, image},
   {'SpatialContrastiveNormalization', function() return nn.SpatialContrastiveNormalization(3, hilo.ones(3, 3)) end, image},
   -- sequences
   {'TemporalConvolution', function() return nn.TemporalConvolution(4, 3, 3, 2) end, sequence},
   {'TemporalMaxPooling', function() return nn.TemporalMaxPooling(3, 2) end, sequence},
   {'TemporalSubSampling', function() return nn.TemporalSubSampling(4, 2, 2) end, sequence},
   {'TemporalRowConvolution', function() return nn.TemporalRowConvolution(4, 3, 2) end, sequence},
   {'TemporalRowConvolution of features', function() return nn.TemporalRowConvolution(4, 3, 1, true) end, {2, 4, 7}},
   {'TemporalDynamicKMaxPooling', function() return nn.TemporalDynamicKMaxPooling(2, 0.6) end, sequence},
   -- volumes
   {'VolumetricConvolution', function() return nn.VolumetricConvolution(3, 2, 2, 3, 3, 2, 1, 2, 1, 1, 0) end, volume},
   {'VolumetricDilatedConvolution', function()
      return nn.VolumetricDilatedConvolution(3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 2, 2, 3)
   end, volume},
   {'VolumetricFullConvolution', function() return nn.VolumetricFullConvolution(3, 2, 3, 2, 3, 2, 2, 1, 1, 0, 1, 1) end, volume},
   {'VolumetricMaxPooling', function() return nn.VolumetricMaxPooling(2, 3, 2, 1, 2, 2, 1, 1, 0):ceil() end, volume},
   {'VolumetricDilatedMaxPooling', function() return nn.VolumetricDilatedMaxPooling(2, 2, 2, 1, 1, 1, 0, 0, 0, 2, 1, 1) end, volume},
   {'VolumetricAveragePooling', function() return nn.VolumetricAveragePooling(2, 2, 3, 2, 1, 2) end, volume},
   {'VolumetricFractionalMaxPooling', function() return nn.VolumetricFractionalMaxPooling(2, 2, 2, 2, 3, 3) end, volume},
   {'VolumetricBatchNormalization', function() return nn.VolumetricBatchNormalization(3) end, volume},
   {'VolumetricDropout', function() return nn.VolumetricDropout(0.3) end, volume},
   {'VolumetricReplicationPadding', function() return nn.VolumetricReplicationPadding(1, 0, 2, -1, 1, 1) end, volume},
}
