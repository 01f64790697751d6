--- nn_criterion_cases.lua: criterions: name, how it is made, an input (as in nn_cases.lua) and a target. For the specs of gradients
--- and of files.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local gradients = require 'spec.nn_gradients'

local random = gradients.random
local classes, maps = hilo.LongTensor{3, 1, 4}, hilo.LongTensor{{{1, 2}, {3, 1}}, {{2, 2}, {-100, 3}}}
local weights = hilo.DoubleTensor{0.5, 2, 1, 3}
local signs, pair = hilo.DoubleTensor{1, -1, 1}, {{3, 4}, {3, 4}, n = 2}
local probabilities = hilo.DoubleTensor{{0.1, 0, 0.5, 0.4}, {0.25, 0.25, 0.25, 0.25}, {1, 0, 0, 0}}

return {
   {'MSECriterion', function() return nn.MSECriterion() end, {3, 4}, random({3, 4}, 2)},
   {'MSECriterion, summed', function() return nn.MSECriterion(false) end, {3, 4}, random({3, 4}, 2)},
   {'AbsCriterion', function() return nn.AbsCriterion() end, {3, 4}, random({3, 4}, 2)},
   {'SmoothL1Criterion', function() return nn.SmoothL1Criterion() end, {3, 4}, random({3, 4}, 2):mul(3)},
   {'BCECriterion', function() return nn.BCECriterion() end, {3, 4, low = 0.1, high = 0.9}, random({3, 4}, 2):abs()},
   {'BCECriterion with weights', function() return nn.BCECriterion(weights:clone(), false) end, {3, 4, low = 0.1, high = 0.9},
      random({3, 4}, 2):abs()},
   {'ClassNLLCriterion', function() return nn.ClassNLLCriterion() end, {3, 4}, classes},
   {'ClassNLLCriterion with weights', function() return nn.ClassNLLCriterion(weights:clone()) end, {3, 4}, classes},
   {'ClassNLLCriterion, summed', function() return nn.ClassNLLCriterion(weights:clone(), false) end, {3, 4}, classes},
   {'ClassNLLCriterion of a vector', function() return nn.ClassNLLCriterion() end, {4}, 3},
   {'SpatialClassNLLCriterion', function() return nn.SpatialClassNLLCriterion() end, {2, 3, 2, 2}, maps},
   {'SoftMarginCriterion', function() return nn.SoftMarginCriterion() end, {3}, signs},
   {'MarginCriterion', function() return nn.MarginCriterion(0.7) end, {3}, signs},
   {'MarginRankingCriterion', function() return nn.MarginRankingCriterion(0.3) end, {{3}, {3}, n = 2}, signs},
   {'MarginRankingCriterion of numbers', function() return nn.MarginRankingCriterion(3) end, {{1}, {1}, n = 2}, -1},
   {'MultiMarginCriterion', function() return nn.MultiMarginCriterion() end, {3, 4}, classes},
   {'MultiMarginCriterion, squared, with weights', function() return nn.MultiMarginCriterion(2, weights:clone(), 0.8) end, {3, 4},
      classes},
   {'MultiMarginCriterion of a vector', function() return nn.MultiMarginCriterion() end, {4}, 2},
   {'MultiLabelMarginCriterion', function() return nn.MultiLabelMarginCriterion() end, {2, 4},
      hilo.LongTensor{{2, 4, 0, 0}, {1, 0, 3, 0}}},
   {'MultiLabelSoftMarginCriterion', function() return nn.MultiLabelSoftMarginCriterion(weights:clone()) end, {3, 4},
      random({3, 4}, 2):gt(0)},
   {'HingeEmbeddingCriterion', function() return nn.HingeEmbeddingCriterion(0.6) end, {3}, signs},
   {'CosineEmbeddingCriterion', function() return nn.CosineEmbeddingCriterion(-0.5) end, pair, signs},
   {'CosineEmbeddingCriterion of vectors', function() return nn.CosineEmbeddingCriterion() end, {{4}, {4}, n = 2}, 1},
   {'L1Cost', function() return nn.L1Cost() end, {3, 4}},
   {'L1HingeEmbeddingCriterion', function() return nn.L1HingeEmbeddingCriterion(20) end, {{4}, {4}, n = 2}, -1},
   {'DistKLDivCriterion', function() return nn.DistKLDivCriterion() end, {3, 4}, probabilities},
   {'WeightedMSECriterion', function() return nn.WeightedMSECriterion(weights) end, {3, 4}, random({3, 4}, 2)},
   {'ClassSimplexCriterion', function() return nn.ClassSimplexCriterion(4) end, {3, 4}, classes},
   {'DistanceRatioCriterion', function() return nn.DistanceRatioCriterion() end, {{3}, {3}, n = 2}},
   {'SpatialAutoCropMSECriterion', function() return nn.SpatialAutoCropMSECriterion() end, {2, 3, 2, 2}, random({2, 3, 5, 4}, 2)},
   {'MultiCriterion', function() return nn.MultiCriterion():add(nn.MSECriterion(), 0.5):add(nn.SmoothL1Criterion()) end, {3, 4},
      random({3, 4}, 2)},
   {'ParallelCriterion', function() return nn.ParallelCriterion():add(nn.MSECriterion(), 0.5):add(nn.ClassNLLCriterion()) end, pair,
      {random({3, 4}, 2), classes}},
   {'ModuleCriterion', function() return nn.ModuleCriterion(nn.MSECriterion(), nn.Tanh(), nn.Square()) end, {3, 4}, random({3, 4}, 2)},
}
