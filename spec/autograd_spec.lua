local hilo = require 'hilo'

local function leaf(values)
   local x = hilo.DoubleTensor(values)
   x.requires_grad = true
   return x
end

describe('autograd', function()
   it('adds up what flows back along several paths', function()
      local x = leaf{1, 2, 3}
      local y = hilo.cmul(x, x) + x * 3
      hilo.sum(y + y):backward()
      assert.are.same({10, 14, 18}, x.grad:totable())
   end)

   it('accumulates over backward calls', function()
      local x = leaf{1, 2}
      hilo.sum(x * 2):backward()
      hilo.sum(x * 3):backward()
      assert.are.same({5, 5}, x.grad:totable())
   end)

   it('reports the second use of a graph', function()
      local x = leaf{1, 2}
      local loss = hilo.sum(hilo.cmul(x, x))
      loss:backward()
      local ok, message = pcall(loss.backward, loss)
      assert.is_false(ok)
      assert.is_truthy(message:find('already used', 1, true))
      assert.is_truthy(message:find('retain', 1, true))
   end)

   it('keeps a graph that is retained', function()
      local x = leaf{1, 2}
      local loss = hilo.sum(hilo.cmul(x, x))
      loss:backward(nil, {retain = true})
      loss:backward()
      assert.are.same({4, 8}, x.grad:totable())
   end)

   it('reports a shared part that one of two losses has used', function()
      local x = leaf{1, 2}
      local shared = hilo.exp(x)
      hilo.sum(shared):backward()
      assert.has_error(function() hilo.sum(shared * 2):backward() end)
   end)

   it('forbids in-place changes of what a gradient is computed for', function()
      local x = leaf{1, 2}
      local y = x * 2
      for _, f in ipairs {function() x:add(1) end, function() y:mul(2) end, function() x[1] = 5 end, function() x:fill(0) end,
         function() y:narrow(1, 1, 1):zero() end, function() x:copy(x) end} do
         local ok, message = pcall(f)
         assert.is_false(ok)
         assert.is_truthy(message:find('in place', 1, true), message)
      end
      hilo.no_grad(function() x:add(1) end)
      assert.are.same({2, 3}, x:totable())
   end)

   it('forbids in-place changes that would take in a tensor with a gradient and drop it', function()
      local w, index = leaf{1, 2}, hilo.LongTensor{1, 2}
      local function out() return hilo.zeros({2}, {dtype = 'double'}) end
      for name, f in pairs {add = function() out():add(w) end, ['add with a factor'] = function() out():add(2, hilo.exp(w)) end,
         cmul = function() out():cmul(w) end, addcmul = function() out():addcmul(w, out()) end, exp = function() out():exp(w) end,
         addr = function() out():view(1, 2):addr(hilo.ones(1):double(), w) end, copy = function() out():copy(w * 2) end,
         assignment = function() out()[{{1, 1}}] = w:narrow(1, 1, 1) end, ['mask assignment'] = function() out()[w:gt(0)] = w end,
         scatter = function() out():scatter(1, index, w) end, scatterAdd = function() out():scatterAdd(1, index, w) end,
         indexAdd = function() out():indexAdd(1, index, w) end, map = function() out():map(w, math.max) end} do
         local ok, message = pcall(f)
         assert.is_false(ok, name)
         assert.is_truthy(message:find('where the gradient would end', 1, true), message)
      end
      assert.are.same({1, 2}, hilo.no_grad(function() return out():add(w) end):totable())
      assert.are.same({2, 4}, out():add((w * 2):detach()):totable())
      assert.are.same({1, 2}, hilo.ByteTensor(2):copy(w):totable())
      local net = hilo.nn.Linear(2, 1)
      assert.is_true(hilo.equal(net.weight:detach(), hilo.Tensor(1, 2):copy(net.weight)))
   end)

   it('notices that a saved tensor was changed in place', function()
      local x, factor = leaf{1, 2}, hilo.DoubleTensor{3, 4}
      local loss = hilo.sum(hilo.cmul(x, factor))
      factor:add(1)
      local ok, message = pcall(loss.backward, loss)
      assert.is_false(ok)
      assert.is_truthy(message:find('changed in place', 1, true))
   end)

   it('records nothing inside no_grad, also after an error there', function()
      local x = leaf{1, 2}
      assert.is_nil(hilo.no_grad(function() return x * 2 end).requires_grad)
      pcall(hilo.no_grad, function() error('stop') end)
      assert.is_true((x * 2).requires_grad)
   end)

   it('does not reach through detach', function()
      local x = leaf{1, 2}
      hilo.sum(hilo.cmul(x, x:detach())):backward()
      assert.are.same({1, 2}, x.grad:totable())
   end)

   it('wants a gradient for what is not a single number', function()
      local x = leaf{1, 2}
      assert.has_error(function() (x * 2):backward() end)
      assert.has_error(function() (x * 2):backward(hilo.DoubleTensor{1}) end)
      assert.has_error(function() hilo.DoubleTensor{1}:backward() end);
      (x * 2):backward(hilo.DoubleTensor{1, 10})
      assert.are.same({2, 20}, x.grad:totable())
   end)

   it('sums over stretched dimensions', function()
      local a, b = leaf{{1}, {2}}, leaf{10, 20, 30}
      hilo.sum(hilo.cmul(a, b)):backward()
      assert.are.same({{60}, {60}}, a.grad:totable())
      assert.are.same({3, 3, 3}, b.grad:totable())
   end)

   it('goes deep without running out of stack', function()
      local x = leaf{1}
      local y = x
      for _ = 1, 20000 do y = y + x end
      y:backward()
      assert.are.equal(20001, x.grad:item())
   end)

   it('takes ops that a script defines', function()
      local cube = hilo.op('cube', {
         forward = function(ctx, x)
            ctx.x = x
            return hilo.pow(x, 3)
         end,
         backward = function(ctx, dy) return hilo.cmul(dy, hilo.pow(ctx.x, 2) * 3) end,
      })
      local x = leaf{1, 2}
      hilo.sum(cube(x)):backward()
      assert.are.same({3, 12}, x.grad:totable())
   end)

   it('leaves an abandoned graph to the collector', function()
      hilo.collect()
      local before = hilo.memory().live
      do
         local x = hilo.zeros(2 ^ 20)
         x.requires_grad = true
         local y = hilo.exp(x * 2)
         assert.is_true(y.requires_grad)
      end
      collectgarbage()
      hilo.collect()
      assert.is_true(hilo.memory().live <= before + 2 ^ 20)
   end)

   it('batch_norm overwrites its input where asked to, unless a backward would need it', function()
      local x, add, mean, var = hilo.randn(2, 3, 4, 4), hilo.randn(2, 3, 4, 4), hilo.randn(3), hilo.rand(3) + 0.5
      local expected = hilo.batch_norm(x, nil, nil, mean, var, {relu = true, add = add})
      assert.has_error(function() hilo.batch_norm(x, nil, nil, mean, var, {inplace = true}) end)
      local y = hilo.no_grad(hilo.batch_norm, x, nil, nil, mean, var, {relu = true, add = add, inplace = true})
      assert.are.equal(x:data(), y:data())
      assert.are.equal(0, (y - expected):abs():max())
   end)

   describe('forgotten tensors', function()
      local autograd = require 'hilo.autograd'

      -- relu(bn(x) + add) and what follows from it
      local function normalised(dtype)
         local x, add = hilo.randn({2, 3, 5, 4}, {dtype = dtype}), hilo.randn({2, 3, 5, 4}, {dtype = dtype})
         local gamma, beta = hilo.randn({3}, {dtype = dtype}), hilo.randn({3}, {dtype = dtype})
         for _, t in ipairs {x, add, gamma, beta} do t.requires_grad = true end
         local y = hilo.batch_norm(x, gamma, beta, nil, nil, {training = true, relu = true, add = add})
         return y, {x, add, gamma, beta}
      end

      it('give their memory back and are computed again, bit for bit, when they are read', function()
         for _, dtype in ipairs {'float', 'double'} do
            local y = normalised(dtype)
            local expected, view = y:detach():clone(), y:detach():select(1, 2)
            local live = hilo.memory().live
            autograd.forget(y)
            assert.is_true(hilo.memory().live < live)
            assert.are.equal(0, (y:detach() - expected):abs():max())
            assert.are.equal(0, (view - expected:select(1, 2)):abs():max())
            assert.are.same({2, 3, 5, 4}, y:size():totable())
         end
      end)

      it('leave every gradient as it is, and can be read after the backward', function()
         local y, leaves = normalised('double')
         local expected = y:detach():clone()
         hilo.sum(hilo.cmul(y, y)):backward(nil, {retain = true})
         local gradients = {}
         for i, parameter in ipairs(leaves) do gradients[i], parameter.grad = parameter.grad, nil end
         local z = hilo.sum(hilo.cmul(y, y))
         autograd.forget(y)
         z:backward()
         for i, parameter in ipairs(leaves) do assert.are.equal(0, (parameter.grad - gradients[i]):abs():max()) end
         assert.are.equal(0, (y:detach() - expected):abs():max())
      end)

      it('are those of the forward, though parameters move before the backward', function()
         local y, leaves = normalised('double')
         local expected = y:detach():clone()
         autograd.forget(y)
         hilo.no_grad(function()
            leaves[3]:mul(3)
            leaves[4]:add(1)
         end)
         assert.are.equal(0, (y:detach() - expected):abs():max())
      end)

      it('keep what was written into them, and memory whose address was given away', function()
         local y = normalised('float')
         autograd.forget(y)
         y:detach():fill(7)
         autograd.forget(y)
         y._storage:forget()
         assert.are.equal(7, y:detach():min())
         local z = normalised('float')
         autograd.forget(z)
         local pointer, first = z:detach():data(), z:detach():get(1, 1, 1, 1)
         z._storage:forget()
         assert.are.equal(first, pointer[0])
      end)

      it('say so when what they came from has changed', function()
         local x = hilo.randn(2, 3, 4, 4)
         local gamma = hilo.ones(3)
         gamma.requires_grad = true
         local y = hilo.batch_norm(x, gamma, nil, nil, nil, {training = true})
         autograd.forget(y)
         x:add(1)
         local ok, message = pcall(function() return y:detach():sum() end)
         assert.is_false(ok)
         assert.is_truthy(message:find('changed in place', 1, true), message)
         x:add(-1)
      end)

      it('lower the memory of a training step of a residual network', function()
         local net = hilo.models.resnet50 {width = 8, classes = 3}
         local x, labels = hilo.randn(2, 3, 96, 96), hilo.LongTensor {0, 2}
         local cpu = require('hilo.core').device('cpu')
         local function peak()
            hilo.collect()
            local before = hilo.memory().live
            cpu.lib.hl_reset_peak()
            net:zeroGradParameters()
            hilo.cross_entropy(net(x), labels):backward()
            return hilo.memory().peak - before
         end
         peak()
         local forgetting, forget = peak(), autograd.forget
         autograd.forget = function() end
         local keeping = peak()
         autograd.forget = forget
         assert.is_true(forgetting < 0.85 * keeping, ('%d of %d bytes'):format(forgetting, keeping))
      end)
   end)
end)
