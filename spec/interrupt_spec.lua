local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'

-- Runs a script in a process of its own, sends it SIGINT once it says "ready", and returns what it printed.
local function interrupted(script, delay)
   local path = os.tmpname()
   local file = assert(io.open(path, 'w'))
   file:write("local core = require 'hilo.core'\nlocal hilo = require 'hilo'\n",
      'core.call(core.host, "hl_host_interrupt_install")\n', script)
   file:close()
   local pipe = assert(io.popen(([[luajit %s > %s.out 2>&1 & pid=$!
      for i in $(seq 600); do grep -q ready %s.out 2>/dev/null && break; sleep 0.1; done
      sleep %g; kill -INT $pid; wait $pid; cat %s.out]]):format(path, path, path, delay or 0.3, path)))
   local text = pipe:read('*a')
   pipe:close()
   os.remove(path)
   os.remove(path .. '.out')
   return text
end

describe('Ctrl-C', function()
   it('during a long convolution returns to the script', function()
      local text = interrupted [[
         local x, w = hilo.zeros(64, 256, 128, 128), hilo.zeros(256, 256, 5, 5)
         print('ready') io.flush()
         local start = core.host.hl_host_time()
         local ok, message
         repeat ok, message = pcall(hilo.conv2d, x, w) until not ok
         print(message:match('interrupted'))
         print('still here', hilo.ones(2):sum())
      ]]
      assert.is_truthy(text:find('interrupted', 1, true), text)
      assert.is_truthy(text:find('still here\t2', 1, true), text)
   end)

   it('stops the sort of one long line', function()
      local text = interrupted([[
         local x = hilo.rand(2e7)
         print('ready') io.flush()
         local ok, message = pcall(hilo.sort, x)
         print(ok, message:match('interrupted'), x:max() <= 1)
      ]], 0.1)
      assert.is_truthy(text:find('false\tinterrupted\ttrue', 1, true), text)
   end)

   it('stops the search for what is not zero in 2^40 elements', function()
      local text = interrupted [[
         local x = hilo.zeros(1, 1):expand(2^20, 2^20)
         print('ready') io.flush()
         local ok, message = pcall(hilo.nonzero, x)
         print(ok, message:match('interrupted'), hilo.ones(2):sum())
      ]]
      assert.is_truthy(text:find('false\tinterrupted\t2', 1, true), text)
   end)

   it('stops a loop of small operations', function()
      local text = interrupted [[
         local x = hilo.zeros(10)
         print('ready') io.flush()
         local ok, message = pcall(function() while true do x:add(1) end end)
         print(message:match('interrupted'), x:max() > 0)
      ]]
      assert.is_truthy(text:find('interrupted\ttrue', 1, true), text)
   end)

   it('is heard within calls of every kind', function()
      local text = interrupted [[
         local ffi = require 'ffi'
         ffi.cdef 'int timer_create(int clock, void *event, void **timer);'
         ffi.cdef 'int timer_settime(void *timer, int flags, const long *t, void *old);'
         local rt, timer, event = ffi.load 'rt.so.1', ffi.new 'void *[1]', ffi.new 'int[16]'
         event[2] = 2 -- SIGINT, by the process's own clock: the machine may be busy
         assert(rt.timer_create(2, event, timer) == 0)
         local x, row, nn = hilo.zeros(1, 64, 1024, 1024), hilo.zeros(2 ^ 26), hilo.nn
         local many = hilo.zeros({2 ^ 20}, {dtype = 'long'}):fill(3)
         local pool, average = nn.SpatialMaxPooling(31, 31, 1, 1, 15, 15), nn.SpatialAveragePooling(31, 31, 1, 1, 15, 15)
         local norm, nearest = nn.SpatialBatchNormalization(64), nn.SpatialUpSamplingNearest(3)
         for name, f in pairs {
            softmax = function() hilo.softmax(x, 2) end, norm = function() norm:forward(x) end,
            maximum = function() pool:forward(x) end, average = function() average:forward(x) end,
            nearest = function() nearest:forward(x) end, sums = function() hilo.cumsum(row, 1) end,
            transposed = function() row:view(2 ^ 13, 2 ^ 13):t():clone() end, nonzero = function() row:nonzero() end,
            first = function() hilo.topk(row, 1000) end, rows = function() row:view(2 ^ 20, 64):index(1, many) end,
         } do
            rt.timer_settime(timer[0], 0, ffi.new('long[4]', 0, 0, 0, 2e7), nil)
            local ok, message
            repeat ok, message = pcall(f) until not ok
            if not message:find 'interrupted' then print(name, message) end
         end
         print('ready') io.flush()
         while core.host.hl_host_interrupted() == 0 do end
      ]]
      assert.equal('ready\n', text)
   end)

   it('ends what LAPACK computes, and not only the wait for it', function()
      local text = interrupted [[
         local posix = require 'posix'
         local a = hilo.randn(2000, 2000)
         print('ready') io.flush()
         local ok, message = pcall(hilo.svd, a)
         print(ok, message:match('interrupted'), (posix.wait(-1)))
         local s = select(2, hilo.svd(a:narrow(1, 1, 300)))
         core.call(core.host, 'hl_host_interrupt_remove')
         print(hilo.dist(s, (select(2, hilo.svd(a:narrow(1, 1, 300))))))
      ]]
      assert.matches('false\tinterrupted\tnil\n0\n', text) -- no child is left; the same result to the last bit
   end)

   it('is no way to a process that outlives the one that computes', function()
      local pipe = io.popen([[luajit -e '
         local core, hilo = require "hilo.core", require "hilo"
         core.call(core.host, "hl_host_interrupt_install")
         os.execute("(sleep 1; kill -9 " .. require("posix").getpid("pid") .. ") &")
         hilo.svd(hilo.randn(3000, 3000))' 2>&1]])
      local from = core.host.hl_host_time()
      pipe:read('*a') -- until nobody holds its other end
      pipe:close()
      assert.is_true(core.host.hl_host_time() - from < 20)
   end)

   it('is answered once: the next operation works', function()
      local flag = ffi.cast('int32_t *', core.host.hl_host_interrupt_flag())
      flag[0] = 1
      local ok, message = pcall(hilo.ones, 3)
      assert.is_false(ok)
      assert.is_truthy(message:find('interrupted', 1, true))
      assert.are.equal(3, hilo.ones(3):sum())
   end)
end)
