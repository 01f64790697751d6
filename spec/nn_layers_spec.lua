--- Modules and criterions of nn: what they compute, how they print, what they say about wrong input.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'

local function random(...) return (helper.build({...}, 3, 'float')) end
local function close(a, b, tol) return a:isSameSizeAs(b) and hilo.abs(a:detach() - b:detach()):max() <= (tol or 1e-6) end
local function sizes(t) return t:size():totable() end

describe('nn prints as Torch7:', function()
   local cases = {
      {'nn.SpatialConvolution(3 -> 16, 5x4)', function() return nn.SpatialConvolution(3, 16, 5, 4) end},
      {'nn.SpatialConvolution(3 -> 16, 5x5, 2,3)', function() return nn.SpatialConvolution(3, 16, 5, 5, 2, 3) end},
      {'nn.SpatialConvolution(3 -> 16, 3x3, 1,1, 1,2)', function() return nn.SpatialConvolution(3, 16, 3, 3, 1, 1, 1, 2) end},
      {'nn.SpatialConvolution(3 -> 16, 1x1) without bias', function() return nn.SpatialConvolution(3, 16, 1, 1):noBias() end},
      {'nn.SpatialConvolution(4 -> 8, 3x3, 4 groups)', function() return nn.SpatialConvolution(4, 8, 3, 3):inGroups(4) end},
      {'nn.SpatialDilatedConvolution(3 -> 16, 3x3, 1,1, 2,2, 2,2)',
         function() return nn.SpatialDilatedConvolution(3, 16, 3, 3, 1, 1, 2, 2, 2, 2) end},
      {'nn.SpatialBatchNormalization (4D) (64)', function() return nn.SpatialBatchNormalization(64) end},
      {'nn.BatchNormalization (2D) (5)', function() return nn.BatchNormalization(5) end},
      {'nn.Linear(10 -> 3)', function() return nn.Linear(10, 3) end},
      {'nn.Linear(10 -> 3) without bias', function() return nn.Linear(10, 3, false) end},
      {'nn.ReLU', function() return nn.ReLU(true) end},
      {'nn.LeakyReLU(0.2)', function() return nn.LeakyReLU(0.2, true) end},
      {'nn.Dropout(0.500000)', function() return nn.Dropout() end},
      {'nn.SpatialDropout(0.300000)', function() return nn.SpatialDropout(0.3) end},
      {'nn.SpatialMaxPooling(3x3, 2,2, 1,1)', function() return nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1) end},
      {'nn.SpatialMaxPooling(2x2, 2,2)', function() return nn.SpatialMaxPooling(2, 2) end},
      {'nn.SpatialAveragePooling(2x2, 1,1)', function() return nn.SpatialAveragePooling(2, 2) end},
      {'nn.SpatialUpSamplingBilinear(2)', function() return nn.SpatialUpSamplingBilinear(2) end},
      {'nn.View(2, -1)', function() return nn.View(2, -1) end},
      {'nn.Reshape(2x3)', function() return nn.Reshape(2, 3) end},
      {'nn.SelectTable(-1)', function() return nn.SelectTable(-1) end},
      {'nn.MSECriterion', function() return nn.MSECriterion() end},
      {'nn.Sequential {\n  [input -> (1) -> (2) -> output]\n  (1): nn.Tanh\n  (2): nn.Sequential {\n    [input -> (1) -> output]\n'
         .. '    (1): nn.ReLU\n  }\n}',
         function() return nn.Sequential():add(nn.Tanh()):add(nn.Sequential():add(nn.ReLU())) end},
      {'nn.Concat {\n  input\n    |`-> (1): nn.Sequential {\n    |      [input -> (1) -> output]\n    |      (1): nn.Tanh\n    |    }\n'
         .. '     `-> (2): nn.Identity\n     ... -> output\n}',
         function() return nn.Concat(2):add(nn.Sequential():add(nn.Tanh())):add(nn.Identity()) end},
   }
   for _, case in ipairs(cases) do
      it((case[1]:gsub('\n.*', ' ...')), function() assert.equal(case[1], tostring(case[2]())) end)
   end
end)

describe('nn computes', function()
   before_each(function() hilo.manualSeed(3) end)

   it('a convolution of one image as of a batch of one', function()
      local m, x = nn.SpatialConvolution(2, 3, 3, 3), random(2, 5, 6)
      assert.is_true(close(m:forward(x), m:forward(x:view(1, 2, 5, 6)):view(3, 3, 4)))
   end)

   it('a convolution in groups as one for each group', function()
      local m, x = nn.SpatialConvolution(6, 4, 3, 3):inGroups(2), random(2, 6, 5, 6)
      local halves = {}
      for i = 0, 1 do
         local part = nn.SpatialConvolution(3, 2, 3, 3)
         part.weight:copy(m.weight:narrow(1, 2 * i + 1, 2))
         part.bias:copy(m.bias:narrow(1, 2 * i + 1, 2))
         halves[i + 1] = part:forward(x:narrow(2, 3 * i + 1, 3))
      end
      assert.is_true(close(m:forward(x), hilo.cat(halves, 2)))
   end)

   it('ReLU6 between 0 and 6', function()
      assert.same({0, 0, 2.5, 6, 6}, hilo.relu6(hilo.FloatTensor {-3, 0, 2.5, 6, 100}):totable())
   end)

   it("Torch7's default weights: uniform within 1 / sqrt(inputs of one output)", function()
      for _, m in ipairs {nn.SpatialConvolution(4, 50, 3, 3), nn.Linear(36, 50)} do
         assert.is_true(m.weight:detach():max() <= 1 / 6 and m.weight:detach():max() > 0.15)
         assert.is_true(m.weight:detach():min() >= -1 / 6 and m.weight:detach():min() < -0.15)
         assert.is_true(hilo.abs(m.bias:detach()):max() <= 1 / 6)
      end
   end)

   it('a pooling whose stride is the window for maxima and 1 for means', function()
      assert.same({1, 1, 3, 3}, sizes(nn.SpatialMaxPooling(2, 2):forward(random(1, 1, 7, 7))))
      assert.same({1, 1, 4, 4}, sizes(nn.SpatialMaxPooling(2, 2):ceil():forward(random(1, 1, 7, 7))))
      assert.same({1, 1, 3, 3}, sizes(nn.SpatialMaxPooling(2, 2):ceil():floor():forward(random(1, 1, 7, 7))))
      assert.same({1, 1, 6, 6}, sizes(nn.SpatialAveragePooling(2, 2):forward(random(1, 1, 7, 7))))
      assert.same({1, 1, 2, 5}, sizes(nn.SpatialAdaptiveAveragePooling(5, 2):forward(random(1, 1, 7, 7))))
   end)

   it('a mean over a window, or a sum where divide is off', function()
      local m, x = nn.SpatialAveragePooling(2, 2, 2, 2), random(1, 1, 4, 4)
      local mean = m:forward(x):clone()
      m.divide = false
      assert.is_true(close(m:forward(x), mean * 4))
   end)

   it('an upsampling that keeps the corners', function()
      local x = random(1, 1, 3, 4)
      local y = nn.SpatialUpSamplingBilinear(2):forward(x)
      assert.same({1, 1, 5, 7}, sizes(y))
      assert.near(x[1][1][3][4], y[1][1][5][7], 1e-6)
      assert.same({1, 1, 6, 8}, sizes(nn.SpatialUpSamplingNearest(2):forward(x)))
   end)

   it('views and reshapes that know a batch', function()
      assert.same({4, 6}, sizes(nn.View(6):forward(random(4, 2, 3))))
      assert.same({6}, sizes(nn.View(6):forward(random(2, 3))))
      assert.same({4, 6}, sizes(nn.View(-1):setNumInputDims(2):forward(random(4, 2, 3))))
      assert.same({24}, sizes(nn.View(-1):forward(random(4, 2, 3))))
      assert.same({1, 6}, sizes(nn.View(6):setNumInputDims(2):forward(random(1, 2, 3))))
      assert.same({4, 3, 2}, sizes(nn.Reshape(3, 2):forward(random(4, 6))))
      assert.same({3, 2}, sizes(nn.Reshape(3, 2):forward(random(6))))
      assert.same({1, 3, 2}, sizes(nn.Reshape(3, 2):forward(random(1, 6))))
      assert.same({3, 2}, sizes(nn.Reshape(3, 2, false):forward(random(1, 6))))
      assert.same({2, 3}, sizes(nn.Squeeze():forward(random(2, 1, 3))))
      assert.same({2, 3}, sizes(nn.Squeeze(1, 2):forward(random(2, 1, 3))))
      assert.same({2, 4}, sizes(nn.Sum(2):forward(random(2, 3, 4))))
      assert.same({2, 3}, sizes(nn.Mean(2, 2):forward(random(2, 3, 4))))
      assert.same({2, 1, 4}, sizes(nn.Sum(2, nil, true, false):forward(random(2, 3, 4))))
   end)

   it('a dropout that only drops in training', function()
      local x = random(40, 50):fill(1)
      for _, make in ipairs {nn.Dropout, nn.SpatialDropout} do
         local m = make(0.25)
         local input = make == nn.Dropout and x or x:view(40, 50, 1, 1)
         local dropped = hilo.eq(m:forward(input), 0):to{dtype = 'float'}:sum() / 2000
         assert.near(0.25, dropped, 0.05)
         m:evaluate()
         assert.equal(0, hilo.eq(m:forward(input), 0):to{dtype = 'float'}:sum())
      end
      assert.near(1, nn.Dropout(0.25):forward(x):sum() / 2000, 0.05)
      assert.is_true(close(nn.Dropout(0.25):evaluate():forward(x), x))
      assert.is_true(close(nn.Dropout(0.25, true):evaluate():forward(x), x * 0.75))
      assert.is_true(close(nn.SpatialDropout(0.25):evaluate():forward(x:view(40, 50, 1, 1)), x:view(40, 50, 1, 1) * 0.75))
      assert.near(0.75, nn.SpatialDropout(0.25):forward(x:view(40, 50, 1, 1)):sum() / 2000, 0.05)
   end)

   it('softmax over the classes, wherever they are', function()
      assert.near(1, nn.SoftMax():forward(random(5)):sum(), 1e-6)
      assert.is_true(close(nn.SoftMax():forward(random(2, 5)):sum(2), random(2, 1):fill(1)))
      assert.is_true(close(nn.SoftMax():forward(random(3, 4, 5)):sum(1), random(1, 4, 5):fill(1)))
      assert.is_true(close(nn.SpatialSoftMax():forward(random(2, 3, 4, 5)):sum(2), random(2, 1, 4, 5):fill(1)))
   end)

   it('batch normalisation by running statistics in evaluation', function()
      local m, x = nn.SpatialBatchNormalization(3), random(4, 3, 5, 6)
      for _ = 1, 400 do m:forward(x) end
      local y = m:forward(x):clone()
      m:evaluate()
      assert.is_true(close(m:forward(x), y, 0.02)) -- the running variance is the unbiased one
      m:reset()
      assert.equal(0, m.running_mean:norm())
   end)
end)

describe('criterions', function()
   local x = hilo.Tensor{{0.1, 0.7, 0.2}, {0.5, 0.25, 0.25}}

   it('give numbers, and tensors of one element in a graph', function()
      local c, t = nn.MSECriterion(), hilo.Tensor{{1, 0, 0}, {0, 1, 0}}
      local expected = (0.81 + 0.49 + 0.04 + 0.25 + 0.5625 + 0.0625) / 6
      assert.near(expected, c:forward(x, t), 1e-6)
      assert.near(expected, c(x, t), 1e-6)
      local leaf = x:clone()
      leaf.requires_grad = true
      local loss = c(leaf, t)
      assert.is_true(loss.requires_grad)
      loss:backward()
      c:forward(x, t)
      assert.is_true(close(leaf.grad, c:backward(x, t)))
      assert.near(expected * 6, nn.MSECriterion(false):forward(x, t), 1e-5)
   end)

   it('count classes from 1', function()
      local logp = hilo.log(x)
      assert.near(-(math.log(0.7) + math.log(0.25)) / 2, nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{2, 3}), 1e-6)
      assert.near(-math.log(0.7), nn.ClassNLLCriterion():forward(logp[1], 2), 1e-6)
      assert.near(-math.log(0.5), nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{-100, 1}), 1e-6)
      assert.equal(0, nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{-100, -100}))
      local w = hilo.Tensor{1, 2, 5}
      assert.near(-(2 * math.log(0.7) + 5 * math.log(0.25)) / 7, nn.ClassNLLCriterion(w):forward(logp, hilo.LongTensor{2, 3}), 1e-6)
      assert.near(nn.ClassNLLCriterion(w):forward(logp, hilo.Tensor{2, 3}),
         nn.CrossEntropyCriterion(w):forward(logp, hilo.Tensor{2, 3}), 1e-6)
      assert.error_matches(function() nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{0, 3}) end, 'classes from 1 to 3, got 0')
      assert.error_matches(function() nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{1, 4}) end, 'classes from 1 to 3, got 4')
      assert.error_matches(function() nn.ClassNLLCriterion():forward(logp, hilo.LongTensor{1}) end, 'expects 2 targets, got 1')
   end)

   it("agree with hilo's own cross entropy, which counts from 0", function()
      local scores, labels = random(2, 4, 3, 5), hilo.LongTensor(2, 3, 5):random(1, 4)
      local ours = hilo.cross_entropy(scores, labels - 1)
      local theirs = nn.SpatialClassNLLCriterion():forward(nn.SpatialLogSoftMax():forward(scores), labels)
      assert.near(ours:item(), theirs, 1e-6)
   end)

   it('say what does not fit', function()
      assert.error_matches(function() nn.MSECriterion():forward(x, random(5)) end, 'nn.MSECriterion: .* one size, got 2x3 and 5')
      assert.error_matches(function() nn.AbsCriterion():forward(x, 3) end, 'nn.AbsCriterion: expects two tensors, got a tensor and 3')
      assert.error_matches(function() nn.SpatialClassNLLCriterion():forward(x, x) end, 'log%-probabilities %(N,C,H,W%), got 2x3')
   end)
end)

describe('nn says what is wrong:', function()
   local cases = {
      {'a convolution, about planes', function() nn.SpatialConvolution(3, 16, 3, 3):forward(random(1, 4, 5, 5)) end,
         'nn.SpatialConvolution%(3 %-> 16, 3x3%): expects 3 input planes, got 4 %(1x4x5x5%)'},
      {'a convolution, about groups', function() nn.SpatialConvolution(6, 4, 3, 3):inGroups(3) end,
         '6 input and 4 output planes cannot be cut into 3 equal groups'},
      {'a convolution, about dimensions', function() nn.SpatialConvolution(3, 16, 3, 3):forward(random(3, 5)) end,
         'expects images %(N,C,H,W%) or one image %(C,H,W%), got 3x5'},
      {'a convolution, about what is no tensor', function() nn.SpatialConvolution(3, 16, 3, 3):forward(5) end,
         'must be a tensor, got 5'},
      {'a convolution, about its sizes', function() nn.SpatialConvolution(3, 0, 3, 3) end, 'nOutputPlane must be a whole number'},
      {'a convolution, about a missing size', function() nn.SpatialConvolution(3) end, 'nOutputPlane must be .* got nil'},
      {'a dilated convolution', function() nn.SpatialDilatedConvolution(3, 3, 3, 3, 1, 1, 1, 1, 0) end, 'dilationW must be'},
      {'batch normalisation', function() nn.SpatialBatchNormalization(3):forward(random(2, 4, 5, 5)) end, 'expects 3 features, got 4'},
      {'batch normalisation, about dimensions', function() nn.BatchNormalization(3):forward(random(2, 3, 5, 5)) end,
         'expects a batch of 2 dimensions, got 2x3x5x5'},
      {'a linear layer', function() nn.Linear(4, 3):forward(random(2, 5)) end, 'nn.Linear%(4 %-> 3%): expects 4 inputs, got 5 %(2x5%)'},
      {'a linear layer, about its sizes', function() nn.Linear(4) end, 'outputSize must be a whole number'},
      {'a dropout', function() nn.Dropout(1) end, 'p must be at least 0 and below 1, got 1'},
      {'a view', function() nn.View(7):forward(random(2, 3)) end, 'nn.View%(7%): cannot view 2x3'},
      {'a table module', function() nn.CAddTable():forward(random(2)) end, 'xs must be a table, got a tensor'},
      {'a selection', function() nn.SelectTable(3):forward{random(1), random(1)} end, 'no element 3; it has 2'},
      {'parallel modules', function() nn.ParallelTable():add(nn.ReLU()):add(nn.ReLU()):forward{random(1)} end,
         'expects a table of 2 inputs, got 1'},
      {'an upsampling', function() nn.SpatialUpSamplingNearest(1.5) end, 'scale must be a whole number'},
      {'a slope', function() nn.LeakyReLU('x') end, 'negval must be a number'},
   }
   for _, case in ipairs(cases) do
      it(case[1], function() assert.error_matches(case[2], case[3]) end)
   end

   it('at the line of the caller', function()
      local ok, message = pcall(function() nn.Linear(4, 3):forward(random(2, 5)) end)
      assert.is_false(ok)
      assert.matches('nn_layers_spec', message)
   end)
end)
