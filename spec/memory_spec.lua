local hilo = require 'hilo'
local core = require 'hilo.core'

local function resident_kb()
   for line in io.lines('/proc/self/status') do
      local kb = line:match('^VmRSS:%s*(%d+)')
      if kb then return tonumber(kb) end
   end
end

describe('memory', function()
   it('stays flat over 1000 training steps', function()
      local net = hilo.models.deeplab {backbone = 'resnet18', classes = 5, width = 4, freeze_bn = 'none'}
      local optimiser = hilo.optim.SGD({{params = net:parameters(), lr = 1e-3}}, {momentum = 0.9})
      local x = hilo.randn(1, 3, 24, 24)
      local labels = hilo.empty(1, 24, 24, {dtype = 'byte'}):random(0, 4)
      local function step()
         optimiser:zeroGrad()
         hilo.cross_entropy(net(x), labels):backward()
         optimiser:step()
      end
      local count = os.getenv('HILO_SANITIZED') and 100 or 1000
      for _ = 1, 300 do step() end -- the cache learns what a step needs
      hilo.collect()
      local live, resident, requests = hilo.memory().live, resident_kb(), hilo.memory().allocations
      for _ = 1, count do step() end
      hilo.collect()
      local now = hilo.memory()
      assert.is_true(now.live <= live + 4096, ('%d bytes live, then %d'):format(live, now.live))
      assert.is_true(now.allocations - requests <= 8, ('%d new requests to the system'):format(now.allocations - requests))
      if not os.getenv('HILO_SANITIZED') then
         assert.is_true(resident_kb() - resident < 16 * 1024, ('%d kB, then %d kB'):format(resident, resident_kb()))
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
