--- nn_gradient_layers_spec.lua: modules that Torch7 has besides those of hilo's own networks against central differences in float64.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local gradients = require 'spec.nn_gradients'

local random = gradients.random
local modules = require 'spec.nn_cases'
local off_kinks = {5, 4, low = 0.1, high = 0.9}

describe('gradients of', function()
   for _, case in ipairs(modules) do
      it(case[1], function()
         hilo.manualSeed(1)
         local module = case[2]()
         if case.parameters == false then module.parameters = function() return nil end end
         gradients.check(module, gradients.input(case[3]))
      end)
   end

   it('modules off their kinks', function()
      for _, m in ipairs {nn.HardShrink(0.05), nn.SoftShrink(0.05), nn.Threshold(0.05)} do
         gradients.check(m, random(off_kinks, 1))
      end
   end)
end)

-- A gradient that is not that of the output, by intent.
describe('the gradient of', function()
   local x = hilo.DoubleTensor{-2, 3}
   local dy = hilo.DoubleTensor{1, 10}
   local function gradient(m)
      m:double():forward(x)
      return m:backward(x, dy):totable()
   end

   it('GradientReversal is turned round and scaled', function() assert.same({-0.5, -5}, gradient(nn.GradientReversal(0.5))) end)

   it('L1Penalty has the penalty added, or is the penalty', function()
      assert.same({0.5, 10.5}, gradient(nn.L1Penalty(0.5)))
      assert.same({-0.25, 0.25}, gradient(nn.L1Penalty(0.5, true, false)))
   end)

   it('ZeroGrad and of Constant is 0', function()
      assert.same({0, 0}, gradient(nn.ZeroGrad()))
      assert.same({0, 0}, gradient(nn.Constant(hilo.DoubleTensor{1, 2})))
   end)

   it('Sqrt is 0 at 0', function()
      local m, zero = nn.Sqrt():double(), hilo.DoubleTensor{0, 4}
      m:forward(zero)
      assert.same({0, 2.5}, m:backward(zero, dy):totable())
   end)

   it('Copy has the type of the input', function()
      local m, floats = nn.Copy('torch.FloatTensor', 'torch.DoubleTensor'), hilo.FloatTensor{1, 2}
      assert.equal('torch.DoubleTensor', m:forward(floats):type())
      assert.equal('torch.FloatTensor', m:backward(floats, dy):type())
   end)
end)

-- Forms of gradients, and steps, that Torch7's modules have of their own.
describe('what comes back of', function()
   it('SparseLinear and IndexLinear is that of Linear: of the values given, or of all inputs where that is asked for', function()
      for _, all in ipairs {false, true} do
         local sparse, indexed = nn.SparseLinear(5, 2, all):double(), nn.IndexLinear(5, 2, all):double()
         local linear = nn.Linear(5, 2):double()
         hilo.no_grad(function()
            linear.weight:copy(sparse.weight)
            indexed.weight:copy(sparse.weight:t())
            for _, m in ipairs {linear, indexed} do m.bias:copy(sparse.bias) end
         end)
         local dense, g = hilo.DoubleTensor{{0, 0.5, 0, 0, -1}, {3, 0, 0, 0, 0}}, random({2, 2}, 3)
         local rows = {hilo.DoubleTensor{{2, 0.5}, {5, -1}}, hilo.DoubleTensor{{1, 3}}}
         local pairs_of = {{hilo.LongTensor{2, 5}, hilo.LongTensor{1}}, {hilo.DoubleTensor{0.5, -1}, hilo.DoubleTensor{3}}}
         local y = linear:forward(dense)
         for _, case in ipairs {{sparse, rows}, {indexed, pairs_of}} do
            assert.is_true((case[1]:forward(case[2]) - y):abs():max() < 1e-12)
            case[1]:zeroGradParameters()
         end
         linear:zeroGradParameters()
         local dx = linear:backward(dense, g)
         local ds, di = sparse:backward(rows, g), indexed:backward(pairs_of, g)
         for i, given in ipairs {{2, 5}, {1}} do
            local expected = all and dx[i] or dx[i]:index(1, hilo.LongTensor(given))
            assert.is_true((ds[i]:select(2, 2) - expected):abs():max() < 1e-12)
            assert.is_true((di[2][i] - expected):abs():max() < 1e-12)
         end
         assert.is_true((sparse.gradWeight - linear.gradWeight):abs():max() < 1e-12)
         assert.is_true((indexed.gradWeight:t() - linear.gradWeight):abs():max() < 1e-12)
      end
   end)

   it('a tensor that only gives a size is one zero, of classes zeros', function()
      local m, x = nn.SpatialFullConvolution(1, 1, 2, 2, 2, 2), {hilo.ones(1, 1, 2, 2), hilo.ones(1, 1, 5, 4)}
      local gradInput = m:backward(x, m:forward(x))
      assert.same({{1, 1, 2, 2}, {0}}, {gradInput[1]:size():totable(), gradInput[2]:totable()})
      local hot, classes = nn.OneHot(3), hilo.LongTensor{1, 3}
      assert.same({0, 0}, hot:backward(classes, hot:forward(classes)):totable())
   end)

   it('vectors in Kmeans leads each centre to the mean of what lies nearest', function()
      local m, x = nn.Kmeans(2, 1):double(), hilo.DoubleTensor{{0}, {1}, {5}, {9}}
      hilo.no_grad(function() m.weight:copy(hilo.DoubleTensor{{2}, {6}}) end)
      assert.same({1, 1, 2, 2}, m:forward(x):totable())
      assert.equal(4 + 1 + 1 + 9, m.loss)
      m:zeroGradParameters()
      assert.same({{0}, {0}, {0}, {0}}, m:backward(x):totable())
      m:updateParameters(1)
      assert.same({{0.5}, {7}}, m.weight:totable())
      assert.same({2, 2}, m.clusterSampleCount:totable())
      hilo.manualSeed(1)
      m:initKmeansPlus(x)
      local spread = math.abs(m.weight[1][1] - m.weight[2][1])
      assert.is_true(spread > 0)
      m:initRandom(x)
      assert.is_true(m.weight[1][1] ~= m.weight[2][1])
   end)
end)
