--- optim_torch7_spec.lua: Torch7's optimisers, counts and logs. Numbers of five steps down c x^2 were had from PyTorch's optimisers of
--- the same names where they mean the same, in float64.
local hilo = require 'hilo'
local optim = require 'hilo.optim'
local tiny = require 'spec.tiny_set'

local c = hilo.DoubleTensor{1, 2, 3}
local function start() return hilo.DoubleTensor{1, -2, 3} end
local function bowl(x) return hilo.cmul(hilo.square(x), c):sum(), hilo.cmul(x, c) * 2 end

local function rosenbrock(x)
   local a, b = x[1], x[2]
   return 100 * (b - a ^ 2) ^ 2 + (1 - a) ^ 2, hilo.DoubleTensor{-400 * a * (b - a ^ 2) - 2 * (1 - a), 200 * (b - a ^ 2)}
end

local function assert_near(expected, x, tolerance)
   for i, v in ipairs(expected) do
      assert(math.abs(v - x[i]) <= (tolerance or 1e-8), ('element %d: %.10g expected, got %.10g'):format(i, v, x[i]))
   end
end

describe('optim takes PyTorch\'s steps:', function()
   local cases = {
      {'sgd', {learningRate = 0.05}, {0.59049, -0.65536, 0.50421}},
      {'sgd', {learningRate = 0.05, momentum = 0.9, dampening = 0}, {-0.02916, 1.16084, -2.33484}},
      {'sgd', {learningRate = 0.05, momentum = 0.9, dampening = 0.5, weightDecay = 0.1}, {0.2214092564, 0.6141823469, -1.974290452}},
      {'sgd', {learningRate = 0.05, momentum = 0.9, dampening = 0, nesterov = true}, {-0.1045816839, 0.8314351616, -1.043556719}},
      {'adam', {learningRate = 0.1}, {0.5079636593, -1.502955781, 2.501779456}, 1e-6}, -- whose options C has as floats
      {'adamax', {learningRate = 0.1}, {0.5515538011, -1.525777545, 2.516963592}},
      {'adadelta', {rho = 0.9, eps = 1e-6}, {0.983631324, -1.983599138, 2.983588433}},
      {'adagrad', {learningRate = 0.1}, {0.6977148621, -1.686761598, 2.683340093}},
      {'adagrad', {learningRate = 0.1, learningRateDecay = 0.1, weightDecay = 0.2}, {0.7324522579, -1.72446381, 2.721963802}},
      {'rmsprop', {learningRate = 0.1, alpha = 0.9}, {0.1997951603, -1.048927304, 2.006703816}},
      {'rprop', {stepsize = 0.4}, {-0.168, 0.1472, 0.02336}},
   }
   for i, case in ipairs(cases) do
      it(('%s (%d)'):format(case[1], i), function()
         local x, values = start(), nil
         for _ = 1, 5 do
            local y
            y, values = optim[case[1]](bowl, x, case[2])
            assert.equal(x, y)
         end
         assert_near(case[3], x, case[4])
         assert.is_true(values[1] < 36)
      end)
   end

   it('rprop, all in one call', function()
      local x = start()
      local _, values = optim.rprop(bowl, x, {stepsize = 0.4, niter = 5})
      assert.equal(5, #values)
      assert_near({-0.168, 0.1472, 0.02336}, x)
   end)
end)

describe('optim.lbfgs takes PyTorch\'s steps:', function()
   it('of a fixed length, in two calls', function()
      local x, state = start(), {}
      for _ = 1, 2 do optim.lbfgs(bowl, x, {learningRate = 0.1, maxIter = 4}, state) end
      assert_near({0.541627301, -0.9512185538, 1.396961929}, x)
   end)

   it('of a fixed length, with the last three kept', function()
      local x = hilo.DoubleTensor{-1.2, 1}
      optim.lbfgs(rosenbrock, x, {learningRate = 0.1, maxIter = 10, nCorrection = 3})
      assert_near({-1.073188005, 1.055172229}, x)
   end)

   it('to where the strong conditions of Wolfe hold', function()
      local x = hilo.DoubleTensor{-1.2, 1}
      local _, _, calls = optim.lbfgs(rosenbrock, x, {maxIter = 8, lineSearch = optim.lswolfe})
      assert_near({-0.880213165, 0.7274772061}, x)
      assert.equal(10, calls)
   end)
end)

describe('optim.cg', function()
   it('is at the bottom of a bowl of three dimensions after three directions', function()
      local x = start()
      optim.cg(bowl, x, {maxIter = 3, maxEval = 100})
      assert.is_true(x:norm() < 0.1, ('%g left'):format(x:norm()))
   end)
end)

describe('optim.nag', function()
   it('takes the gradient where the momentum leads', function()
      local x, config = hilo.DoubleTensor{1}, {learningRate = 0.1, momentum = 0.5}
      local function f(at) return at[1] ^ 2, at * 2 end
      optim.nag(f, x, config) -- v = -0.2, x = 0.8
      assert_near({0.8}, x)
      optim.nag(f, x, config) -- at 0.7: v = -0.1 - 0.14, x = 0.7 - 0.14
      assert_near({0.56}, x)
      assert_near({-0.24}, config.dfdx)
      assert.has_error(function() optim.nag(f, x, {momentum = 0}) end)
   end)
end)

describe('optim.asgd', function()
   it('shrinks, steps and averages from t0 on', function()
      local x, config = hilo.DoubleTensor{1}, {eta0 = 0.1, lambda = 0.5, t0 = 1}
      local function f(at) return at[1] ^ 2, at * 2 end
      local expected, eta, mean = 1, 0.1, nil
      for t = 1, 4 do
         local _, _, ax = optim.asgd(f, x, config)
         expected = (1 - 0.5 * eta) * expected - eta * 2 * expected
         local mu = 1 / math.max(1, t - 1 - 1)
         mean = (mean or expected) + mu * (expected - (mean or expected))
         eta = 0.1 / (1 + 0.5 * 0.1 * t) ^ 0.75
         assert_near({expected}, x)
         assert_near({mean}, ax)
      end
   end)
end)

describe('minimising Rosenbrock\'s function', function()
   for _, case in ipairs {
      {'lbfgs with a line search', function(x) return optim.lbfgs(rosenbrock, x, {maxIter = 100, lineSearch = optim.lswolfe}) end},
      {'lbfgs with a fixed step', function(x) return optim.lbfgs(rosenbrock, x, {maxIter = 200, learningRate = 0.5}) end},
      {'cg', function(x) return optim.cg(rosenbrock, x, {maxEval = 200}) end},
   } do
      it(case[1], function()
         local x = hilo.DoubleTensor{-1.2, 1}
         local y, values, calls = case[2](x)
         assert.equal(x, y)
         assert.is_true(values[#values] < 1e-6, ('%g left'):format(values[#values]))
         assert.is_true(calls <= 260)
         assert_near({1, 1}, x, 1e-2)
      end)
   end

   it('lbfgs goes on from its state', function()
      local x, state = hilo.DoubleTensor{-1.2, 1}, {}
      for _ = 1, 10 do optim.lbfgs(rosenbrock, x, {maxIter = 10, lineSearch = optim.lswolfe}, state) end
      assert.is_true(state.nIter > 10)
      assert_near({1, 1}, x, 1e-4)
   end)
end)

it('optim.checkgrad tells a right gradient from a wrong one', function()
   local x = start()
   assert.is_true(optim.checkgrad(bowl, x) < 1e-6)
   assert.is_true(optim.checkgrad(function(at) return (bowl(at)), at end, x) > 0.1)
   assert_near({1, -2, 3}, x, 0)
end)

describe('optim.ConfusionMatrix', function()
   it('counts samples and batches of classes and of scores', function()
      local m = optim.ConfusionMatrix(3)
      m:add(2, 1)
      m:add(hilo.Tensor{0.1, 0.2, 0.7}, 3)
      m:add(hilo.Tensor{0.9, 0, 0}, hilo.Tensor{0, 1, 0})
      m:batchAdd(hilo.Tensor{{1, 0, 0}, {0, 1, 0}}, hilo.LongTensor{1, 0})
      m:batchAdd(hilo.LongTensor{3, 3}, hilo.LongTensor{3, 2})
      assert.same({{1, 1, 0}, {1, 0, 1}, {0, 0, 2}}, m.mat:totable())
      m:updateValids()
      assert_near({0.5, 0, 1}, m.valids, 1e-6)
      assert_near({1 / 3, 0, 2 / 3}, m.unionvalids, 1e-6)
      assert_near({0.5}, {m.averageValid})
      assert_near({1 / 3}, {m.averageUnionValid}, 1e-6)
      assert_near({0.5}, {m.totalValid})
      m:zero()
      assert.equal(0, m.mat:sum())
   end)

   it('leaves classes that never came out of the means, and names the rest', function()
      local m = optim.ConfusionMatrix {'cat', 'dog', 'cow'}
      m:batchAdd(hilo.LongTensor{1, 2}, hilo.LongTensor{1, 1})
      m:updateValids()
      assert_near({0.5}, {m.averageValid})
      local text = tostring(m)
      assert.truthy(text:find('[class: dog]', 1, true))
      assert.truthy(text:find('global correct: 50%', 1, true))
   end)

   it('is printed as Torch7 prints it', function()
      local m = optim.ConfusionMatrix {'cat', 'dog'}
      m:batchAdd(hilo.LongTensor{1, 1, 2, 1}, hilo.LongTensor{1, 2, 2, 1})
      assert.equal(table.concat({
         'ConfusionMatrix:',
         '[[       2       0]   100.000% \t[class: cat]',
         ' [       1       1]]  50.000% \t[class: dog]',
         ' + average row correct: 75% ',
         ' + average rowUcol correct (VOC measure): 58.333333333333% ',
         ' + global correct: 75%'}, '\n'), tostring(m))
   end)

   it('refuses classes that there are not', function()
      assert.has_error(function() optim.ConfusionMatrix(2):add(3, 1) end, 'ConfusionMatrix: classes must be from 1 to 2, got 1 to 3')
   end)
end)

describe('optim.Logger', function()
   local root
   setup(function() root = tiny.folder() end)
   teardown(function() tiny.remove(root) end)

   it('writes rows by order and by name, and draws them', function()
      local path = root .. '/log'
      local logger = optim.Logger(path):setNames{'train', 'test'}
      logger:add{1, 2}
      logger:add{train = 0.5, test = 1.5}
      logger:style{'-', '+'}
      logger:display(false)
      logger:plot()
      local file = assert(io.open(path))
      assert.equal('train\ttest\t\n 1.0000e+00\t 2.0000e+00\t\n 5.0000e-01\t 1.5000e+00\t\n', file:read '*a')
      file:close()
      local svg = assert(io.open(path .. '.svg'))
      assert.truthy(svg:read('*a'):find('<svg', 1, true))
      svg:close()
      assert.has_error(function() logger:add{train = 1} end)
   end)
end)
