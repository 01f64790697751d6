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
end)
