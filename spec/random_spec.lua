--- Random numbers: Philox's known answers, generators that continue exactly, distributions, dropout.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local function moments(t)
   local n, sum, squares = t:nElement(), 0, 0
   for _, x in ipairs(t:contiguous():view(-1):totable()) do sum, squares = sum + x, squares + x * x end
   return sum / n, squares / n - (sum / n) ^ 2
end

describe('a generator', function()
   it('gives the words of Philox4x32-10', function()
      -- known answers of the paper's Random123 for counter 0, key 0
      local words = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}
      local drawn = hilo.rand(4, {generator = hilo.Generator(0)}):totable()
      for i, w in ipairs(words) do assert.equal(math.floor(w / 256) / 2 ^ 24, drawn[i]) end
   end)

   it('repeats itself after manualSeed, and differs by seed', function()
      hilo.manualSeed(42)
      local a, seed = hilo.randn(50), hilo.initialSeed()
      hilo.manualSeed(42)
      assert.is_true(hilo.equal(a, hilo.randn(50)))
      assert.equal(42, seed)
      hilo.manualSeed(43)
      assert.is_false(hilo.equal(a, hilo.randn(50)))
   end)

   it('continues exactly from a saved state', function()
      local g = hilo.Generator(7)
      hilo.rand(13, {generator = g})
      local state = g:state()
      local a, b = hilo.rand(9, {generator = g}), hilo.randperm(20, {generator = g})
      local other = hilo.Generator():setState(state)
      assert.is_true(hilo.equal(a, hilo.rand(9, {generator = other})))
      assert.is_true(hilo.equal(b, hilo.randperm(20, {generator = other})))
   end)

   it('never draws the same numbers twice, whatever the types', function()
      local g, seen = hilo.Generator(3), {}
      for _, dtype in ipairs {'float', 'double', 'float', 'double'} do
         for n = 1, 9, 2 do
            for _, x in ipairs(hilo.rand(n, {generator = g, dtype = dtype}):totable()) do
               local key = math.floor(x * 2 ^ 24)
               assert.is_nil(seen[key])
               seen[key] = true
            end
         end
      end
   end)

   it('does not depend on the number of threads', function()
      local threads = hilo.getnumthreads()
      local drawn = {}
      for _, n in ipairs {1, 2, 3} do
         hilo.setnumthreads(n)
         drawn[n] = hilo.randn(100003, {generator = hilo.Generator(1)})
      end
      hilo.setnumthreads(threads)
      assert.is_true(hilo.equal(drawn[1], drawn[2]) and hilo.equal(drawn[1], drawn[3]))
   end)

   it('fills views in row-major order, and nothing beside them', function()
      local wide = hilo.zeros(6, 8)
      local view = wide:narrow(2, 3, 4):t() -- 4x6
      view:uniform(1, 2, {generator = hilo.Generator(5)})
      assert.is_true(hilo.equal(view:contiguous(), hilo.zeros(4, 6):uniform(1, 2, {generator = hilo.Generator(5)})))
      assert.equal(0, wide:narrow(2, 1, 2):sum() + wide:narrow(2, 7, 2):sum())
   end)
end)

describe('the distribution', function()
   local n, g = 100000, nil
   before_each(function() g = {generator = hilo.Generator(11)} end)

   it('of uniform numbers is flat and half open', function()
      for _, dtype in ipairs {'float', 'double'} do
         local t = hilo.empty({n}, {dtype = dtype}):uniform(-1, 3, g)
         local mean, variance = moments(t)
         assert.near(1, mean, 0.02)
         assert.near(16 / 12, variance, 0.02)
         assert.is_true(t:min() >= -1 and t:max() < 3)
      end
   end)

   it('of normal numbers has the mean, deviation and tails', function()
      for _, dtype in ipairs {'float', 'double'} do
         local t = hilo.empty({n}, {dtype = dtype}):normal(2, 0.5, g)
         local mean, variance = moments(t)
         assert.near(2, mean, 0.01)
         assert.near(0.25, variance, 0.005)
         assert.near(0.3173, hilo.mean(hilo.gt(hilo.abs(t - 2), 0.5):float()), 0.01)
      end
   end)

   it('of bernoulli and random covers what it should', function()
      for _, dtype in ipairs {'float', 'byte', 'char', 'short', 'int', 'long'} do
         local t = hilo.empty({n}, {dtype = dtype})
         assert.near(0.3, t:bernoulli(0.3, g):double():mean(), 0.01)
         t:random(3, 6, g)
         for v = 3, 6 do assert.near(0.25, hilo.eq(t, v):double():mean(), 0.01) end
         assert.equal(3, t:min())
         assert.equal(6, t:max())
      end
      assert.equal(1, hilo.empty(100):random(1, g):max())
      assert.equal(1, hilo.empty(100):random(1):max())
      assert.is_true(hilo.empty(100):random():max() > 1)
      assert.equal(0, hilo.empty(100):bernoulli(0, g):sum())
      assert.equal(100, hilo.empty(100):bernoulli(1, g):sum())
   end)

   it('of randperm is a permutation', function()
      local p = hilo.randperm(1000, g)
      assert.is_true(hilo.equal((hilo.sort(p)), hilo.range(1, 1000, 1, {dtype = 'long'})))
      assert.is_false(hilo.equal(p, hilo.randperm(1000, g)))
   end)

   it('of single numbers is that of tensors', function()
      local source = hilo.Generator(2)
      local low, high = math.huge, -math.huge
      for _ = 1, 300 do
         local v = source:random(2, 5)
         low, high = math.min(low, v), math.max(high, v)
         assert.is_true(v % 1 == 0)
         local u = source:uniform(-2, -1)
         assert.is_true(u >= -2 and u < -1)
      end
      assert.same({2, 5}, {low, high})
      assert.equal('number', type(hilo.uniform()))
      assert.equal('number', type(hilo.normal(0, 1)))
   end)
end)

describe('dropout', function()
   it('keeps the mean and drops as often as asked', function()
      local x = hilo.ones(100, 1000)
      local y = hilo.dropout(x, 0.3, {generator = hilo.Generator(1)})
      assert.near(0.3, hilo.eq(y, 0):float():mean(), 0.01)
      assert.near(1 / 0.7, y:max(), 1e-5)
      assert.near(1, y:mean(), 0.02)
   end)

   it('drops whole channels where asked', function()
      local y = hilo.dropout(hilo.ones(20, 50, 3, 4), 0.5, {channels = true, generator = hilo.Generator(1)})
      local sums = hilo.sum(y:view(1000, 12), 2)
      assert.near(500, hilo.eq(sums, 0):sum(), 60)
      assert.equal(1000, hilo.eq(sums, 0):sum() + hilo.eq(sums, 24):sum())
   end)

   it('sends the gradient through the same elements', function()
      local x = hilo.ones(40, 5)
      x.requires_grad = true
      local y = hilo.dropout(x, 0.5, {generator = hilo.Generator(9)})
      y:backward(hilo.ones(40, 5))
      assert.is_true(hilo.equal(y:detach(), x.grad))
   end)

   it('is another one each time', function()
      local x = hilo.ones(64)
      assert.is_false(hilo.equal(hilo.dropout(x, 0.5), hilo.dropout(x, 0.5)))
   end)
end)

describe('an error', function()
   for text, f in pairs {
      ["manualSeed: seed must be a whole number, got 'one'"] = function() hilo.manualSeed 'one' end,
      ['manualSeed: the seed must be a whole number from 0 to 2^53, got -1'] = function() hilo.Generator(-1) end,
      ['setState: state must be a table with seed, offset, got nil'] = function() hilo.generator:setState() end,
      ['generator must be a hilo.Generator, got 4'] = function() hilo.rand(3, {generator = 4}) end,
      ["unknown option 'seed'"] = function() hilo.rand(3, {seed = 4}) end,
      ['uniform: expects a float tensor, got torch.IntTensor'] = function() hilo.IntTensor(3):uniform() end,
      ["normal: mean must be a number, got 'a'"] = function() hilo.empty(3):normal 'a' end,
      ['normal: std must be 0 or more, got -1'] = function() hilo.empty(3):normal(0, -1) end,
      ['bernoulli: p must be between 0 and 1, got 2'] = function() hilo.empty(3):bernoulli(2) end,
      ['random: expects whole numbers low <= high'] = function() hilo.empty(3):random(5, 2) end,
      ['dropout: p must be 0 or more and less than 1, got 1'] = function() hilo.dropout(hilo.ones(3), 1) end,
      ['dropout: x must be a tensor, got nil'] = function() hilo.dropout(nil, 0.5) end,
      ['randperm: n must be a whole number of 1 or more, got 0'] = function() hilo.randperm(0) end,
   } do
      it('says: ' .. text, function() assert.is_truthy(helper.error_of(f):find(text, 1, true)) end)
   end

   it('stops a draw into a tensor that is part of a graph', function()
      local x = hilo.ones(3)
      x.requires_grad = true
      assert.is_truthy(helper.error_of(x.uniform, x):find('in place', 1, true))
      hilo.no_grad(x.uniform, x)
   end)
end)
