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
   'Module', 'Container', 'Decorator', 'Sequential', 'Concat', 'DepthConcat', 'ConcatTable', 'Parallel', 'ParallelTable', 'MapTable',
   'Bottle', 'DontCast', 'GPU', 'NaN', 'Profile', 'PrintSize', 'WeightNorm', 'Maxout',
   'CAddTable', 'CSubTable', 'CMulTable', 'CDivTable', 'CMaxTable', 'CMinTable', 'CAddTensorTable', 'JoinTable', 'SplitTable',
   'SelectTable', 'NarrowTable', 'FlattenTable', 'ZipTable', 'ZipTableOneToMany', 'MixtureTable', 'MM', 'MV', 'DotProduct',
   'CosineDistance', 'PairwiseDistance', 'Index', 'MaskedSelect', 'Kmeans',
   'Linear', 'LinearWeightNorm', 'PartialLinear', 'SparseLinear', 'IndexLinear', 'Bilinear', 'Cosine', 'Euclidean', 'WeightedEuclidean',
   'LookupTable', 'Add', 'CAdd', 'CMul', 'Mul',
   'BatchNormalization', 'SpatialBatchNormalization', 'VolumetricBatchNormalization', 'LayerNormalization', 'Normalize', 'Dropout',
   'SpatialDropout', 'VolumetricDropout', 'WhiteNoise',
   'ReLU', 'ReLU6', 'LeakyReLU', 'RReLU', 'PReLU', 'CReLU', 'ELU', 'Sigmoid', 'LogSigmoid', 'Tanh', 'TanhShrink', 'HardTanh',
   'Clamp', 'HardShrink', 'SoftShrink', 'SoftPlus', 'SoftSign', 'SoftMax', 'SoftMin', 'LogSoftMax', 'SpatialSoftMax',
   'SpatialLogSoftMax', 'Threshold', 'GatedLinearUnit', 'Abs', 'Exp', 'Log', 'Sqrt', 'Square', 'Power', 'MulConstant', 'AddConstant',
   'SpatialConvolution', 'SpatialConvolutionMM', 'SpatialDilatedConvolution', 'SpatialDepthWiseConvolution',
   'SpatialConvolutionLocal', 'SpatialConvolutionMap', 'SpatialFullConvolution', 'SpatialFullConvolutionMap', 'TemporalConvolution',
   'TemporalRowConvolution', 'VolumetricConvolution', 'VolumetricDilatedConvolution', 'VolumetricFullConvolution',
   'SpatialMaxPooling', 'SpatialDilatedMaxPooling', 'SpatialFractionalMaxPooling', 'SpatialMaxUnpooling', 'SpatialAveragePooling',
   'SpatialAdaptiveAveragePooling', 'SpatialAdaptiveMaxPooling', 'SpatialSubSampling', 'SpatialLPPooling', 'FeatureLPPooling',
   'TemporalMaxPooling', 'TemporalSubSampling', 'TemporalDynamicKMaxPooling', 'VolumetricMaxPooling', 'VolumetricDilatedMaxPooling',
   'VolumetricFractionalMaxPooling', 'VolumetricMaxUnpooling', 'VolumetricAveragePooling',
   'SpatialUpSamplingBilinear', 'SpatialUpSamplingNearest', 'UpSampling', 'PixelShuffle', 'SpatialZeroPadding',
   'SpatialReplicationPadding', 'SpatialReflectionPadding', 'VolumetricReplicationPadding', 'SpatialCrossMapLRN',
   'SpatialSubtractiveNormalization', 'SpatialDivisiveNormalization', 'SpatialContrastiveNormalization',
   'View', 'Reshape', 'Squeeze', 'Unsqueeze', 'Select', 'Narrow', 'Padding', 'Replicate', 'Transpose', 'Contiguous', 'Collapse',
   'Convert', 'Copy', 'Max', 'Min', 'Sum', 'Mean', 'Identity', 'Constant', 'OneHot', 'GradientReversal', 'L1Penalty', 'ZeroGrad',
   'Criterion', 'MSECriterion', 'AbsCriterion', 'SmoothL1Criterion', 'BCECriterion', 'ClassNLLCriterion', 'SpatialClassNLLCriterion',
   'CrossEntropyCriterion', 'SoftMarginCriterion', 'MarginCriterion', 'MarginRankingCriterion', 'MultiMarginCriterion',
   'MultiLabelMarginCriterion', 'MultiLabelSoftMarginCriterion', 'HingeEmbeddingCriterion', 'CosineEmbeddingCriterion', 'L1Cost',
   'L1HingeEmbeddingCriterion', 'DistKLDivCriterion', 'WeightedMSECriterion', 'ClassSimplexCriterion', 'DistanceRatioCriterion',
   'SpatialAutoCropMSECriterion', 'MultiCriterion', 'ParallelCriterion', 'ModuleCriterion', 'CriterionTable', 'StochasticGradient',
} do require('hilo.nn.' .. name) end

--- Tables of connections for nn.SpatialConvolutionMap.
nn.tables = require 'hilo.nn.connections'
nn.checkpoint = require('hilo.nn.graph').checkpoint

return require('hilo.checked').module('nn', nn)
