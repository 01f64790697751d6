local hilo = require 'hilo'
local core = require 'hilo.core'

describe('memory', function()
   -- In a process of its own: the collector's pace depends on everything else that the specs keep.
   it('stays flat over 500 training steps', function()
      local script = os.tmpname()
      local file = assert(io.open(script, 'w'))
      file:write [[
         local hilo = require 'hilo'
         local net = hilo.models.deeplab {backbone = 'resnet18', classes = 5, width = 4, freeze_bn = 'none'}
         local optimiser = hilo.optim.SGD({{params = net:parameters(), lr = 1e-3}}, {momentum = 0.9})
         local x = hilo.randn(1, 3, 24, 24)
         local labels = hilo.empty(1, 24, 24, {dtype = 'byte'}):random(0, 4)
         local function report()
            hilo.collect()
            local resident = io.open('/proc/self/status'):read('*a'):match('VmRSS:%s*(%d+)')
            local info = hilo.memory()
            print(info.live, info.allocations, resident * 1024)
         end
         local function steps(n)
            for i = 1, n do
               if i % 20 == 0 then -- at set times alone, so that as much garbage lies about in each run
                  hilo.collect() -- starts the collector again
                  collectgarbage('stop')
               end
               optimiser:zeroGrad()
               hilo.cross_entropy(net(x), labels):backward()
               optimiser:step()
            end
            report()
         end
         collectgarbage('stop')
         steps(300) -- the cache learns what a step needs
         steps(tonumber(arg[1]))
      ]]
      file:close()
      local sanitized = os.getenv('HILO_SANITIZED')
      local pipe = io.popen(('luajit %s %d 2>&1'):format(script, sanitized and 100 or 500))
      local text = pipe:read('*a')
      pipe:close()
      os.remove(script)
      local before_live, before_requests, before_resident, live, requests, resident =
         text:match('^(%d+)%s+(%d+)%s+(%d+)%s+(%d+)%s+(%d+)%s+(%d+)%s*$')
      assert.is_truthy(resident, text)
      assert.is_true(live - before_live <= 4096, ('%s bytes live, then %s'):format(before_live, live))
      assert.is_true(requests - before_requests <= 8, ('%d new requests to the system'):format(requests - before_requests))
      if not sanitized then
         assert.is_true(resident - before_resident < 16 * 2 ^ 20, ('%s bytes, then %s'):format(before_resident, resident))
      end
   end)

   it('of tensors that nobody can reach is given back although the collector cannot see its size', function()
      hilo.collect()
      local before = hilo.memory().live
      for _ = 1, 400 do hilo.empty(2 ^ 20) end
      assert.is_true(hilo.memory().live - before < 600 * 2 ^ 20)
   end)

   it('that is not there is an error with the sizes, and nothing is lost', function()
      local x = hilo.ones(4)
      local ok, message = pcall(hilo.empty, 2 ^ 39)
      assert.is_false(ok)
      assert.is_truthy(message:lower():find('memory', 1, true), message)
      assert.are.equal(4, x:sum())
   end)

   it('of gradients is taken when they are first needed', function()
      hilo.collect()
      local live = hilo.memory().live
      local layer = hilo.nn.Linear(512, 512)
      hilo.no_grad(layer, hilo.randn(1, 512))
      hilo.collect()
      assert.is_true(hilo.memory().live - live < 1.5 * 512 * 512 * 4)
      assert.are.equal(0, layer.gradWeight:sum())
      layer.gradWeight:fill(2)
      assert.are.equal(2, layer.weight.grad:max())
      assert.is_true(hilo.memory().live - live > 2 * 512 * 512 * 4)
   end)

   it('of a device is reported', function()
      local x = hilo.empty(2 ^ 20)
      local info = hilo.memory()
      assert.is_true(info.live >= 4 * 2 ^ 20 and info.peak >= info.live and info.allocations > 0)
      x:free()
      assert.is_true(hilo.memory().live < info.live)
      assert.has_error(function() hilo.memory('tpu') end)
   end)

   it('of gradients in between is free again during backward', function()
      local x = hilo.randn(2 ^ 18)
      x.requires_grad = true
      local y = x
      for _ = 1, 20 do y = y * 1.01 end -- keeps no tensors for backward
      local loss = hilo.sum(y)
      hilo.collect()
      local device = core.device('cpu')
      core.call(device.lib, 'hl_reset_peak')
      local before = hilo.memory().live
      loss:backward()
      assert.is_true(hilo.memory().peak - before < 8 * 2 ^ 20, 'gradients of intermediates pile up')
   end)
end)
