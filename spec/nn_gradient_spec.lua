--- Every module and criterion of nn against central differences in float64: gradients of inputs and of parameters.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'
local tree = require 'hilo.nn.tree'

local eps = 1e-5

local function random(sizes, seed) return (helper.build(sizes, seed, 'double')) end

local function weighted_sum(y, rs)
   local total = 0
   for i, t in ipairs(tree.list(y)) do total = total + hilo.cmul(t:detach(), rs[i]):sum() end
   return total
end

-- Slope of f() when the elements of t move along `direction`.
local function slope(t, direction, f)
   return hilo.no_grad(function()
      local old = t:clone()
      t:add(eps, direction)
      local high = f()
      t:copy(old):add(-eps, direction)
      local low = f()
      t:copy(old)
      return (high - low) / (2 * eps)
   end)
end

local function assert_slope(expected, analytic, what)
   local error = math.abs(expected - analytic)
   assert(error <= 1e-6 * math.max(1, math.abs(expected)), ('%s: slope %.9g, gradient says %.9g'):format(what, expected, analytic))
end

local function check(module, input)
   module:double()
   local function run()
      hilo.manualSeed(5) -- modules that draw numbers draw the same ones each time
      return module:forward(input)
   end
   local y = run()
   local rs = {}
   for i, t in ipairs(tree.list(y)) do rs[i] = random(t:size():totable(), 70 + i) end
   module:zeroGradParameters()
   local gradInput = module:backward(input, tree.rebuild(y, rs))
   local grads = tree.list(gradInput)
   for i, x in ipairs(tree.list(input)) do
      for k = 1, 3 do
         local direction = random(x:size():totable(), 10 * k + i)
         assert_slope(slope(x, direction, function() return weighted_sum(run(), rs) end), hilo.cmul(direction, grads[i]):sum(),
            ('input %d'):format(i))
      end
   end
   local ps, gs = module:parameters()
   for i, p in ipairs(ps or {}) do
      local direction = random(p:size():totable(), 40 + i)
      assert_slope(slope(p:detach(), direction, function() return weighted_sum(run(), rs) end), hilo.cmul(direction, gs[i]):sum(),
         ('parameter %d'):format(i))
   end
end

local image = {2, 3, 5, 6}

local function evaluating(m)
   m:training()
   m:forward(random({4, 3, 5, 6}, 9):float())
   return m:evaluate()
end

local modules = {
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

describe('gradients of nn modules', function()
   for _, case in ipairs(modules) do
      it(case[1], function()
         local description = case[3]
         local input
         if description.n then
            input = {}
            for i = 1, description.n do input[i] = random(description[i], i) end
         else
            input = random(description, 1)
         end
         hilo.manualSeed(1)
         check(case[2](), input)
      end)
   end
end)

-- ---- criterions ----

local function check_criterion(criterion, input, target)
   criterion:double()
   criterion:forward(input, target)
   local g = criterion:backward(input, target)
   for k = 1, 4 do
      local direction = random(input:size():totable(), 30 + k)
      assert_slope(slope(input, direction, function() return criterion:forward(input, target) end), hilo.cmul(direction, g):sum(),
         'input')
   end
end

local classes, maps = hilo.LongTensor{3, 1, 4}, hilo.LongTensor{{{1, 2}, {3, 1}}, {{2, 2}, {-100, 3}}}
local weights = hilo.DoubleTensor{0.5, 2, 1, 3}

local criterions = {
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
   {'CrossEntropyCriterion', function() return nn.CrossEntropyCriterion(weights:clone()) end, {3, 4}, classes},
}

describe('gradients of nn criterions', function()
   for _, case in ipairs(criterions) do
      it(case[1], function() check_criterion(case[2](), random(case[3], 1), case[4]) end)
   end
end)
