local hilo = require 'hilo'
local helper = require 'spec.helper'
local golden = require 'spec.golden.optim'

local optim = hilo.optim

local function sines(first, ...)
   local values, n = {}, 1
   for _, size in ipairs {...} do n = n * size end
   for i = 1, n do values[i] = math.sin(first + i - 1) end
   return hilo.DoubleTensor(values):view(...)
end

local function cosines(first, w)
   local values = {}
   for i = 1, w:nElement() do values[i] = math.cos(3 * (i - 1) + first) end
   return hilo.DoubleTensor(values):view(w:size()):add(0.5, w)
end

local function flat(...)
   local values = {}
   for _, t in ipairs {...} do
      local view = t:contiguous():view(t:nElement())
      for i = 1, t:nElement() do values[#values + 1] = view:get(i) end
   end
   return values
end

local function assert_near(expected, got, tol)
   assert.equal(#expected, #got)
   for i = 1, #expected do
      assert.is_true(math.abs(expected[i] - got[i]) <= (tol or 1e-12) * math.max(1, math.abs(expected[i])),
         ('element %d: %.17g, expected %.17g'):format(i, got[i], expected[i]))
   end
end

local cases = {
   sgd = {'SGD', {lr = 0.1}},
   sgd_decay = {'SGD', {lr = 0.1, weight_decay = 0.05}},
   sgd_momentum = {'SGD', {lr = 0.1, momentum = 0.9, weight_decay = 5e-4}},
   sgd_dampening = {'SGD', {lr = 0.1, momentum = 0.9, dampening = 0.3}},
   sgd_nesterov = {'SGD', {lr = 0.03, momentum = 0.9, weight_decay = 1e-5, nesterov = true}},
   adam = {'Adam', {lr = 0.01, betas = {0.9, 0.99}}},
   adam_decay = {'Adam', {lr = 0.05, weight_decay = 0.1, eps = 1e-4}},
}

local function new_parameters() return sines(1, 2, 3), sines(7, 4) end

local function give_gradients(w, b, k) w.grad, b.grad = cosines(k + 1, w), cosines(k + 7, b) end

describe('optimisers with groups', function()
   for _, device in ipairs {'cpu', 'emu'} do
      it('leave dampening out where there is no momentum, on ' .. device, function()
         local w = hilo.Tensor{1}:to{device = device}
         w.requires_grad, w.grad = true, hilo.ones(1):to{device = device}
         local optimiser = optim.SGD({w}, {lr = 0.1, dampening = 0.5})
         for step = 1, 2 do
            optimiser:step()
            assert.near(1 - 0.1 * step, w:item(), 1e-6)
         end
      end)
   end

   for name, case in pairs(cases) do
      it('step as PyTorch does: ' .. name, function()
         local w, b = new_parameters()
         local optimiser = optim[case[1]]({{params = {w}}, {params = {b}, lr = 10 * case[2].lr}}, case[2])
         for k = 0, 4 do
            give_gradients(w, b, k)
            optimiser:step()
         end
         assert_near(golden[name], flat(w, b))
      end)

      it('go on exactly from a saved state: ' .. name, function()
         local w, b = new_parameters()
         local function new(p, q) return optim[case[1]]({{params = {p}}, {params = {q}, lr = 10 * case[2].lr}}, case[2]) end
         local first = new(w, b)
         for k = 0, 2 do
            give_gradients(w, b, k)
            first:step()
         end
         local w2, b2 = w:clone(), b:clone()
         local second = new(w2, b2)
         second:loadState(first:state())
         for k = 3, 4 do
            give_gradients(w2, b2, k)
            second:step()
         end
         assert.same(flat(first.slots[1].param), flat(w))
         assert_near(golden[name], flat(w2, b2))
      end)
   end

   it('take groups and options in one table, a list of parameters, or a module', function()
      local w, b = new_parameters()
      local one = optim.SGD {{params = {w}, lr = 1}, {params = b}, lr = 2, momentum = 0.5}
      assert.same({1, 2}, one:getLR())
      assert.equal(0.5, one.groups[2].momentum)
      assert.same({3}, optim.SGD({w, b}, {lr = 3}):getLR())
      assert.same({3}, optim.SGD {w, b, lr = 3}:getLR())
      local module = {parameters = function() return {w, b}, {} end}
      assert.equal(2, #optim.Adam(module).groups[1].params)
      assert.equal(2, #optim.Adam({{params = {module}}}).groups[1].params)
   end)

   it('set the learning rate, of all groups or group by group, or as a factor of the first one', function()
      local w, b = new_parameters()
      local optimiser = optim.SGD({{params = {w}, lr = 1}, {params = {b}, lr = 10}}, {})
      optimiser:scaleLR(0.5)
      optimiser:scaleLR(0.5)
      assert.same({0.5, 5}, optimiser:getLR())
      optimiser:setLR {3, 4}
      assert.same({3, 4}, optimiser:getLR())
      optimiser:setLR(0.1)
      assert.same({0.1, 0.1}, optimiser:getLR())
      optimiser:scaleLR(2)
      assert.same({2, 20}, optimiser:getLR())
      assert.truthy(helper.error_of(optimiser.setLR, optimiser, {1}):find('a list of 2 rates', 1, true))
      assert.truthy(helper.error_of(optimiser.setLR, optimiser, -1):find('0 or more', 1, true))
      assert.truthy(helper.error_of(optimiser.scaleLR, optimiser, -1):find('factor must be a number 0 or more', 1, true))
      assert.truthy(helper.error_of(optimiser.setLR, optimiser, {3, -4}):find('0 or more', 1, true))
      assert.same({2, 20}, optimiser:getLR())
   end)

   it('leave alone what has no gradient or wants none', function()
      local w, b = new_parameters()
      local optimiser = optim.SGD({w, b}, {lr = 1, momentum = 0.9})
      local before = flat(w, b)
      optimiser:step()
      give_gradients(w, b, 0)
      w.requires_grad, b.requires_grad = false, false
      optimiser:step()
      assert.same(before, flat(w, b))
      b.requires_grad = nil
      optimiser:step()
      assert.same(flat(sines(1, 2, 3)), flat(w))
      assert.is_true(b:get(1) ~= math.sin(7))
   end)

   it('start the momentum of a parameter with its own first gradient', function()
      local late, early = hilo.DoubleTensor {0}, hilo.DoubleTensor {0}
      local optimiser = optim.SGD({late, early}, {lr = 1, momentum = 0.5})
      early.grad = hilo.DoubleTensor {1}
      optimiser:step()
      late.grad = hilo.DoubleTensor {1}
      optimiser:step()
      assert.equal(-1, late:item())
      assert.equal(-2.5, early:item())
   end)

   it('set gradients to zero', function()
      local w, b = new_parameters()
      give_gradients(w, b, 0)
      optim.SGD({w, b}, {lr = 1}):zeroGrad()
      assert.equal(0, w.grad:clone():abs():sum())
   end)

   it('refuse a parameter that is listed twice, and name both places', function()
      local w, b = new_parameters()
      local message = helper.error_of(optim.SGD, {{params = {w, b}}, {params = {w:view(6)}}}, {lr = 1})
      assert.truthy(message:find('parameter 1 of group 2 (6) is the same as parameter 1 of group 1', 1, true), message)
   end)

   it('step duplicates each time where that is asked for, as the original does', function()
      local w = hilo.DoubleTensor {0}
      local optimiser = optim.SGD({{params = {w, w, w}}}, {lr = 1, momentum = 0.5, allow_duplicates = true})
      w.grad = hilo.DoubleTensor {1}
      optimiser:step() -- v = 1, 1.5, 1.75
      assert.equal(-4.25, w:item())
      assert.equal(1, #optimiser:state().parameters)
   end)

   it('refuse options that make no sense, and say which', function()
      local w = sines(1, 2)
      local function message(kind, options) return helper.error_of(optim[kind], {w}, options) end
      assert.truthy(message('SGD', {}):find('learning rate is missing', 1, true))
      assert.truthy(message('SGD', {lr = -1}):find('lr must be a number of 0 or more, got -1', 1, true))
      local as_text = helper.error_of(optim.SGD, {{params = {w}, lr = '1'}})
      assert.truthy(as_text:find("lr must be a number of 0 or more, got '1'", 1, true))
      assert.truthy(message('SGD', {lr = 0 / 0}):find('lr must be', 1, true))
      assert.truthy(message('SGD', {lr = 1, momentun = 0.9}):find("there is no option 'momentun'; did you mean 'momentum'", 1, true))
      assert.truthy(message('SGD', {lr = 1, nesterov = true}):find('nesterov needs', 1, true))
      assert.truthy(message('Adam', {betas = {0.9}}):find('betas must be', 1, true))
      assert.truthy(helper.error_of(optim.SGD, {}, {lr = 1}):find('no parameters', 1, true))
      assert.truthy(helper.error_of(optim.SGD, {1}, {lr = 1}):find('params must be', 1, true))
      assert.truthy(helper.error_of(optim.SGD, {hilo.LongTensor {1}}, {lr = 1}):find('only floats', 1, true))
      assert.truthy(helper.error_of(optim.SGD, {hilo.Tensor(2, 3):t()}, {lr = 1}):find('not contiguous', 1, true))
   end)

   it('refuse a gradient of another size', function()
      local w = sines(1, 2, 3)
      w.grad = hilo.DoubleTensor(3, 2)
      local optimiser = optim.SGD({w}, {lr = 1})
      assert.truthy(helper.error_of(optimiser.step, optimiser):find('2x3 float64 has a gradient of 3x2', 1, true))
   end)

   it('list all that does not fit of a state, and change nothing', function()
      local w, b = new_parameters()
      give_gradients(w, b, 0)
      local optimiser = optim.SGD({{params = {w}}, {params = {b}}}, {lr = 1, momentum = 0.9})
      optimiser:step()
      local other = optim.SGD({{params = {sines(1, 3, 3)}}, {params = {sines(1, 5)}}}, {lr = 7, momentum = 0.1})
      local message = helper.error_of(other.loadState, other, optimiser:state())
      assert.truthy(message:find("'velocity' of parameter 1 is 3x3 here, 2x3 there", 1, true), message)
      assert.truthy(message:find("'velocity' of parameter 2 is 5 here, 4 there", 1, true), message)
      assert.same({7, 7}, other:getLR())
      assert.truthy(helper.error_of(other.loadState, other, optim.Adam({w}):state()):find('state of Adam, this is SGD', 1, true))
      assert.truthy(helper.error_of(other.loadState, other, {}):find('not what state() of an optimiser gave', 1, true))
   end)

   it('print their groups', function()
      local text = tostring(optim.SGD({sines(1, 2)}, {lr = 0.5, momentum = 0.9}))
      assert.truthy(text:find('(1): 1 parameters, lr 0.5, momentum 0.9', 1, true), text)
   end)
end)

-- ---- Torch7's functions against their formulas in plain numbers ----

local function sgd_by_hand(x, gradient, c, steps)
   local v
   for k = 0, steps - 1 do
      local lr = c.learningRate / (1 + k * (c.learningRateDecay or 0))
      local momentum = c.momentum or 0
      local dampening = c.dampening or momentum
      local g = gradient(k, x)
      if c.weightDecay then g = g + c.weightDecay * x end
      if momentum ~= 0 then
         v = v and momentum * v + (1 - dampening) * g or g
         g = c.nesterov and g + momentum * v or v
      end
      x = x - lr * g
   end
   return x
end

local function adam_by_hand(x, gradient, c, steps)
   local m, v = 0, 0
   local b1, b2 = c.beta1 or 0.9, c.beta2 or 0.999
   for k = 0, steps - 1 do
      local lr = c.learningRate / (1 + k * (c.learningRateDecay or 0))
      local g = gradient(k, x) + (c.weightDecay or 0) * x
      m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
      local t = k + 1
      x = x - lr * math.sqrt(1 - b2 ^ t) / (1 - b1 ^ t) * m / (math.sqrt(v) + (c.epsilon or 1e-8))
   end
   return x
end

local function gradient(k, x) return math.cos(k + 1) + 0.5 * x end

local function run(fn, config, steps, ...)
   local x, k = hilo.DoubleTensor {0.3, -0.7}, -1
   for _ = 1, steps do
      local y, losses = fn(function(p)
         k = k + 1
         return 42 + k, hilo.DoubleTensor {gradient(k, p:get(1)), gradient(k, p:get(2))}
      end, x, config, ...)
      assert.is_true(rawequal(x, y))
      assert.same({42 + k}, losses)
   end
   return flat(x)
end

describe("Torch7's sgd", function()
   for name, config in pairs {
      ['plain'] = {learningRate = 0.1},
      ['with momentum, whose dampening is the momentum unless given'] = {learningRate = 0.1, momentum = 0.9},
      ['with dampening 0'] = {learningRate = 0.1, momentum = 0.9, dampening = 0},
      ['with Nesterov'] = {learningRate = 0.1, momentum = 0.9, dampening = 0, nesterov = true, weightDecay = 0.01},
      ['with decays'] = {learningRate = 0.1, learningRateDecay = 0.5, weightDecay = 0.1, momentum = 0.5},
   } do
      it('follows its formula ' .. name, function()
         local expected = {sgd_by_hand(0.3, gradient, config, 6), sgd_by_hand(-0.7, gradient, config, 6)}
         assert_near(expected, run(optim.sgd, config, 6))
         assert.equal(6, config.evalCounter)
         assert.equal(config.momentum ~= nil, config.dfdx ~= nil)
      end)
   end

   it('takes learning rates and weight decays for each element', function()
      local config = {learningRate = 0.1, learningRates = hilo.DoubleTensor {1, 2}, weightDecays = hilo.DoubleTensor {0.3, 0},
         momentum = 0.9}
      local expected = {sgd_by_hand(0.3, gradient, {learningRate = 0.1, weightDecay = 0.3, momentum = 0.9}, 4),
         sgd_by_hand(-0.7, gradient, {learningRate = 0.2, momentum = 0.9}, 4)}
      assert_near(expected, run(optim.sgd, config, 4))
      config = {learningRate = 0.1, weightDecays = hilo.DoubleTensor {0.3, 0}, momentum = 0.9, dampening = 0, nesterov = true}
      local nesterov = {learningRate = 0.1, momentum = 0.9, dampening = 0, nesterov = true}
      local decayed = {learningRate = 0.1, momentum = 0.9, dampening = 0, nesterov = true, weightDecay = 0.3}
      expected = {sgd_by_hand(0.3, gradient, decayed, 4), sgd_by_hand(-0.7, gradient, nesterov, 4)}
      assert_near(expected, run(optim.sgd, config, 4))
   end)

   it('keeps its state apart where a table is given for it', function()
      local config, state = {learningRate = 0.1, momentum = 0.9}, {}
      run(optim.sgd, config, 2, state)
      assert.same({learningRate = 0.1, momentum = 0.9}, config)
      assert.equal(2, state.evalCounter)
   end)

   it('says what it needs', function()
      local x = hilo.DoubleTensor {1, 2}
      local function feval() return 1, x end
      assert.truthy(helper.error_of(optim.sgd, feval, x, {nesterov = true, momentum = 0.9}):find('dampening = 0', 1, true))
      assert.truthy(helper.error_of(optim.sgd, function() return 1 end, x, {}):find('must return f(x) and a gradient', 1, true))
   end)
end)

describe("Torch7's adam", function()
   for name, config in pairs {
      ['plain'] = {learningRate = 0.1},
      ['with epsilon before the bias correction'] = {learningRate = 0.1, epsilon = 0.1, beta1 = 0.8, beta2 = 0.9},
      ['with decays'] = {learningRate = 0.1, learningRateDecay = 0.5, weightDecay = 0.1},
   } do
      it('follows its formula ' .. name, function()
         local expected = {adam_by_hand(0.3, gradient, config, 6), adam_by_hand(-0.7, gradient, config, 6)}
         assert_near(expected, run(optim.adam, config, 6), 1e-11)
         assert.equal(6, config.t)
      end)
   end
end)

describe('averages and norms', function()
   it('move the teacher towards the student, running statistics too, and copy counters', function()
      local teacher = {weight = hilo.Tensor {1, 2}, running_mean = hilo.Tensor {0}, count = hilo.LongTensor {1}}
      local student = {weight = hilo.Tensor {3, 2}, running_mean = hilo.Tensor {1}, count = hilo.LongTensor {5}}
      optim.ema(teacher, student, 0.75)
      assert.same({1.5, 2}, teacher.weight:totable())
      assert.same({0.25}, teacher.running_mean:totable())
      assert.same({5}, teacher.count:totable())
      assert.same({3, 2}, student.weight:totable())
   end)

   it('name what differs between teacher and student', function()
      local a = {w = hilo.Tensor {1}}
      assert.truthy(helper.error_of(optim.ema, a, {}, 0.5):find("'w' is in the teacher but not in the student", 1, true))
      assert.truthy(helper.error_of(optim.ema, {}, a, 0.5):find("'w' is in the student but not in the teacher", 1, true))
      assert.truthy(helper.error_of(optim.ema, a, {w = hilo.Tensor {1, 2}}, 0.5):find("'w' is 1 float32 in the teacher", 1, true))
      assert.truthy(helper.error_of(optim.ema, a, a, 2):find('0..1, got 2', 1, true))
   end)

   it('scale gradients that are too long together', function()
      local a, b, c = hilo.Tensor {1}, hilo.Tensor {1}, hilo.Tensor {1}
      a.grad, b.grad = hilo.Tensor {3}, hilo.Tensor {4}
      assert.equal(5, optim.clip_grad_norm({a, b, c, a}, 10))
      assert.same({3}, a.grad:totable())
      assert.equal(5, optim.clip_grad_norm({a, b, c}, 2.5))
      assert.same({1.5}, a.grad:totable())
      assert.same({2}, b.grad:totable())
      a.grad:fill(math.huge)
      assert.equal(math.huge, optim.clip_grad_norm({a, b}, 1))
      assert.same({2}, b.grad:totable())
   end)
end)

describe('schedules', function()
   it('are those of the paper', function()
      assert.equal(2.5e-4, optim.poly(2.5e-4, 0, 40000))
      assert.is_true(math.abs(optim.poly(1, 20000, 40000) - 0.5 ^ 0.9) < 1e-15)
      assert.equal(0, optim.poly(1, 40000, 40000))
      assert.equal(0.25, optim.poly(1, 0, 40000, 0.9, 4))
      assert.equal(optim.poly(1, 4, 40000), optim.poly(1, 4, 40000, 0.9, 4))
      assert.equal(0, optim.poly(1, 50000, 40000))
      assert.is_true(math.abs(optim.cosine(3e-2, 1e-4, 50, 100) - (3e-2 + 1e-4) / 2) < 1e-15)
      assert.equal(1e-4, optim.cosine(3e-2, 1e-4, 100, 100))
      assert.equal(0, optim.ramp(9.9, 100))
      assert.is_true(math.abs(optim.ramp(35, 100) - 0.5) < 1e-15)
      assert.equal(1, optim.ramp(90, 100))
      assert.equal(1, optim.sigmoid_ramp(0, 0))
      assert.is_true(math.abs(optim.sigmoid_ramp(0, 40) - math.exp(-5)) < 1e-15)
      assert.is_true(math.abs(optim.sigmoid_ramp(10, 40) - math.exp(-5 * 0.75 ^ 2)) < 1e-15)
      assert.equal(1, optim.sigmoid_ramp(50, 40))
      assert.equal(0, optim.ema_rate(0))
      assert.equal(0.5, optim.ema_rate(1))
      assert.equal(0.999, optim.ema_rate(1e6))
      assert.is_true(math.abs(optim.step(1, 25, {every = 10}) - 0.01) < 1e-15)
      assert.equal(0.5, optim.step(1, 25, {milestones = {20, 30}, gamma = 0.5}))
   end)

   it('refuse steps that are no numbers', function()
      assert.truthy(helper.error_of(optim.poly, 1, nil, 10):find('poly: step must be', 1, true))
      assert.truthy(helper.error_of(optim.cosine, 1, 0, 1, 0):find('cosine: steps must be', 1, true))
   end)
end)
