-- The threads that share the CPU's loops (core/cpu/team.c).
local signal = require 'posix.signal'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'

-- Sums of squares of what two convolutions, one of them small, and a normalisation make, and their gradients.
local function worked(seed)
   hilo.manualSeed(seed)
   local x, w, v = hilo.randn(3, 5, 23, 29), hilo.randn(8, 5, 3, 3), hilo.randn(2, 8, 1, 1)
   x.requires_grad, w.requires_grad, v.requires_grad = true, true, true
   local y = hilo.relu(hilo.conv2d(x, w, nil, {pad = 1}))
   local z = hilo.conv2d(y, v)
   z:backward(hilo.ones(z:size()))
   local sums = {}
   for i, t in ipairs {z, x.grad, w.grad, v.grad} do
      local d = t:detach():double()
      sums[i] = hilo.cmul(d, d):sum()
   end
   return sums
end

local function assert_near(expected, got)
   for i = 1, #expected do
      assert.is_true(math.abs(got[i] - expected[i]) <= 1e-5 * math.abs(expected[i]), ('%d: %g, %g'):format(i, got[i], expected[i]))
   end
end

-- Processor seconds of steps of a small network, in a process of its own.
local function cost(threads, count)
   local code, text = process.capture {'luajit', '-e', ([[
      local hilo = require 'hilo'
      hilo.setnumthreads(%d)
      local net = hilo.models.deeplab{backbone = 'resnet18', width = 4, classes = 5, output_stride = 8}
      local x, labels = hilo.randn(2, 3, 33, 33), hilo.zeros(2, 33, 33):long()
      local function step() net:cross_entropy(x, labels):backward() end
      for _ = 1, 3 do step() end
      local before = os.clock()
      for _ = 1, %d do step() end
      io.write(os.clock() - before)]]):format(threads, count)}
   assert.equal(0, code, text)
   return tonumber(text)
end

describe('threads of the CPU', function()
   local threads = hilo.getnumthreads()
   after_each(function() hilo.setnumthreads(threads) end)

   it('compute what one computes, also more of them than processors', function()
      hilo.setnumthreads(1)
      local expected = worked(3)
      for _, n in ipairs {2, 3, 7, 2} do
         hilo.setnumthreads(n)
         for _ = 1, 20 do assert_near(expected, worked(3)) end
      end
   end)

   it('are not waited for in a child that has none of them', function()
      hilo.setnumthreads(3)
      local expected = worked(4)
      local pid = unistd.fork()
      if pid == 0 then
         local ok = pcall(function() assert_near(expected, worked(4)) end)
         unistd._exit(ok and 0 or 1)
      end
      local _, how, status = wait.wait(pid)
      assert.same({'exited', 0}, {how, status})
   end)

   it('sleep while there is nothing to do', function()
      hilo.setnumthreads(2)
      worked(5)
      local before = os.clock()
      unistd.sleep(1)
      assert.is_true(os.clock() - before < 0.1, ('%.2f s of processor time in 1 s'):format(os.clock() - before))
   end)

   it('use up no more than twice the processor time that one uses, for a small network next to busy neighbours', function()
      local neighbours = {}
      for i = 1, 4 do neighbours[i] = process.start({'luajit', '-e', 'while true do end'}, {dies_with_parent = signal.SIGKILL}) end
      local ok, message = pcall(function()
         local one, two = cost(1, 30), cost(2, 30)
         assert.is_true(two <= 2 * one, ('%.3f s by one thread, %.3f s by two'):format(one, two))
      end)
      for _, pid in ipairs(neighbours) do
         signal.kill(pid, signal.SIGKILL)
         wait.wait(pid)
      end
      assert(ok, message)
   end)

   it('are these in every library: nothing of OpenMP that team.c does not stand for is called', function()
      local known = {GOMP_atomic_start = true, GOMP_atomic_end = true, GOMP_critical_name_start = true, GOMP_critical_name_end = true,
         omp_get_max_threads = true, omp_set_num_threads = true}
      local seen = 0
      for _, name in ipairs {'cpu', 'cpu_avx2', 'cpu_avx512', 'cpu_avx512bf16'} do
         local path = ('%s/libhilo_%s.so'):format(core.lib_dir, name)
         if io.open(path) then
            local pipe = io.popen(("nm -D '%s'"):format(path))
            for line in pipe:lines() do
               local symbol = line:match ' U ([%w_]+)'
               if symbol and (symbol:find '^GOMP_' or symbol:find '^omp_') then
                  seen = seen + 1
                  assert.is_true(known[symbol] or false, ('%s calls %s'):format(name, symbol))
               end
               assert.is_nil(line:match ' T (GOMP_[%w_]+)', 'OpenBLAS would call it too')
            end
            pipe:close()
         end
      end
      assert.is_true(seen > 0)
   end)
end)
