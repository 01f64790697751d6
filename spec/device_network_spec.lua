--- Whole networks on the other devices: what they compute, what they keep, how they move.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'

-- Losses of a few training steps of a small DeepLab, and the network. last: images with their channels innermost.
local function train(device, steps, last, options)
   hilo.manualSeed(3)
   options = options or {backbone = 'resnet18'}
   options.classes, options.width, options.freeze_bn = 5, 4, 'none'
   local net = hilo.models.deeplab(options):to{device = device}
   if net.head.aspp then net.head.aspp.dropout:setp(0) end
   local x = helper.by_formula('images', {2, 3, 25, 33}, 2, 0, 'float'):to{device = device}
   local labels = helper.labels_by_formula('labels', {2, 25, 33}, 5):to{device = device}
   if last then x = x:channelsLast() end
   local optimiser = hilo.optim.SGD({{params = net:parameters(), lr = 1e-2}}, {momentum = 0.9})
   local losses = {}
   local function step()
      optimiser:zeroGrad()
      local loss = hilo.cross_entropy(net(x), labels)
      loss:backward()
      optimiser:step()
      return loss
   end
   for i = 1, steps do losses[i] = step():item() end
   return losses, net, step
end

if core.device('emu') then
   describe('memory of the emulated card', function()
      local gigabyte, card = 2 ^ 30, {device = 'emu', dtype = 'byte'}
      before_each(function()
         hilo.collect()
         core.device('emu').lib.hl_empty_cache()
      end)

      it('is kept when freed, and given back where something else needs it', function()
         local start = hilo.memory('emu')
         local x = hilo.empty({1.25 * gigabyte}, card)
         assert.is_true(hilo.memory('emu').live - start.live >= 1.25 * gigabyte)
         x:free()
         local freed = hilo.memory('emu')
         assert.equal(start.live, freed.live)
         local y = hilo.empty({1.5 * gigabyte}, card)
         assert.is_true(hilo.memory('emu').live - start.live >= 1.5 * gigabyte)
         y:free()
      end)

      it('that is not there is an error with the sizes, and nothing is lost', function()
         local x = hilo.ones(4, {device = 'emu'})
         local y = hilo.empty({1.25 * gigabyte}, card)
         local message = helper.error_of(hilo.empty, {gigabyte}, card)
         assert.is_truthy(message:find('out of memory: a tensor asked for 1024.0 MiB; 1280.0 MiB are live', 1, true), message)
         assert.is_truthy(message:find("of the card's 2048.0 MiB are free", 1, true), message)
         assert.equal(4, x:sum())
         y:free()
      end)
   end)
end

describe('hilo.cuda', function()
   it('says whether there is a card, and why not', function()
      local available, reason = hilo.cuda.available()
      if available then
         assert.is_nil(reason)
         assert.is_true(#hilo.cuda.name() > 0)
         assert.equal('cuda', hilo.ones(2):cuda():getDevice())
      else
         assert.is_false(available)
         assert.is_true(#reason > 20, reason)
         for _, f in ipairs {function() hilo.ones(2):cuda() end, function() hilo.nn.Linear(2, 3):cuda() end, hilo.cuda.name,
            hilo.cuda.synchronize, function() hilo.cuda.settf32(true) end, function() hilo.empty(2, {device = 'cuda'}) end} do
            assert.is_truthy(helper.error_of(f):find(reason, 1, true))
         end
      end
   end)
end)

for _, device in ipairs {'emu', 'cuda'} do
   if core.device(device) then
      describe('a network on ' .. device, function()
         for _, last in ipairs {false, true} do
            it('trains as on the CPU' .. (last and ', channels innermost' or ''), function()
               local expected, net_here = train('cpu', 4)
               local got, net_there = train(device, 4, last)
               for i, loss in ipairs(expected) do assert.near(loss, got[i], 1e-4 * loss) end
               local there = net_there:stateDict()
               for name, t in pairs(net_here:stateDict()) do
                  assert.equal(device, there[name]:getDevice())
                  helper.assert_close(there[name], t, 1e-3, name, 1e-2)
               end
            end)
         end

         it('computes MobileNet-v2 and the decoder of v3+ as on the CPU', function()
            local function options() return {backbone = 'mobilenet_v2', head = 'deeplab3plus', output_stride = 16} end
            local expected, net_here = train('cpu', 1, false, options())
            for _, last in ipairs {false, true} do
               local got, net_there = train(device, 1, last, options())
               assert.near(expected[1], got[1], 1e-4 * expected[1])
               local there = net_there:stateDict()
               for name, t in pairs(net_here:stateDict()) do helper.assert_close(there[name], t, 1e-3, name, 1e-2) end
            end
         end)

         it('has a criterion with weights beside it', function()
            local criterion = hilo.nn.ClassNLLCriterion(hilo.Tensor{0.5, 2, 1})
            local x, y = hilo.log_softmax(helper.by_formula('scores', {4, 3}, 2, 0, 'float')), hilo.LongTensor{1, 3, 2, 2}
            local here, dx = criterion:forward(x, y), criterion:backward(x, y):clone()
            criterion:to{device = device}
            local there = criterion:forward(x:to{device = device}, y:to{device = device})
            assert.near(here, there, 1e-5)
            helper.assert_close(criterion:backward(x:to{device = device}, y:to{device = device}), dx, 1e-5, 'dx')
            assert.near(here, criterion:cpu():forward(x, y), 1e-6)
         end)

         it('comes back to the CPU with its parameters', function()
            local _, net = train(device, 1)
            local before = {}
            for name, t in pairs(net:stateDict()) do before[name] = t:to{device = 'cpu'} end
            net:cpu()
            for name, t in pairs(net:stateDict()) do
               assert.equal('cpu', t:getDevice())
               helper.assert_close(t, before[name], 0, name)
            end
         end)

         it('asks the system for nothing in a steady training step', function()
            local _, _, step = train(device, 1)
            -- The collector runs at set times alone, so that each round leaves the same garbage to the same requests.
            local function rounds(n)
               for _ = 1, n do
                  collectgarbage('stop')
                  for _ = 1, 10 do step() end
                  hilo.collect() -- starts the collector again
               end
               return hilo.memory(device)
            end
            local before = rounds(3)
            local after = rounds(3)
            assert.is_true(after.live <= before.live + 4096, ('%d bytes live, then %d'):format(before.live, after.live))
            local requests = after.allocations - before.allocations
            if not os.getenv('HILO_SANITIZED') then -- under which each tensor has a block of its own
               assert.is_true(requests <= 8, ('%d new requests to the system'):format(requests))
            end
         end)
      end)

      describe('bfloat16 on ' .. device, function()
         local x = hilo.FloatTensor{1.5, -2.25, 0, 1e30, 1 / 0, 3.14159265}:view(1, 2, 3, 1)
         local y = x:to{device = device, dtype = 'bfloat16'}

         it('is read as numbers', function()
            assert.equal('bfloat16', y:dtype())
            local values = y:totable()[1]
            assert.same({{{1.5}, {-2.25}, {0}}}, {values[1]})
            assert.near(1e30, values[2][1][1], 4e27)
            assert.equal(1 / 0, values[2][2][1])
            assert.equal(3.140625, values[2][3][1])
            assert.equal(-2.25, y:get(1, 1, 2, 1))
            assert.equal(3.140625, y:view(6)[6])
            assert.is_truthy(tostring(y):find('3.14', 1, true))
         end)

         it('comes to the CPU and goes back, in any layout', function()
            local there = y:channelsLast():cpu()
            assert.equal('bfloat16', there:dtype())
            assert.same(y:totable(), there:totable())
            assert.same(y:totable(), there:to{device = device}:totable())
            assert.same(y:totable(), there:to{device = device, dtype = 'float'}:totable())
         end)

         it('has the same values once it is on the CPU', function()
            assert.same(y:float():totable(), y:cpu():float():totable())
         end)
      end)
   end
end
