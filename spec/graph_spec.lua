-- Recorded steps: they do what plain ones do, to the last bit, with rates, random numbers and batches that change.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'

local function bits(t) return t:totable() end

-- A network with dropout, trained by SGD and followed by a mean teacher, and a second one trained by Adam; their losses and tensors
-- after some steps. between(t): what happens between two of them.
local function train(device, steps, graphed, between)
   hilo.manualSeed(5)
   local net = hilo.nn.Sequential():add(hilo.nn.SpatialConvolution(3, 8, 3, 3, 1, 1, 1, 1)):add(hilo.nn.SpatialBatchNormalization(8))
      :add(hilo.nn.ReLU()):add(hilo.nn.Dropout(0.5)):add(hilo.nn.SpatialConvolution(8, 3, 1, 1)):to{device = device}
   local judge = hilo.nn.Sequential():add(hilo.nn.SpatialDropout(0.3)):add(hilo.nn.SpatialConvolution(3, 4, 4, 4, 2, 2, 1, 1))
      :add(hilo.nn.LeakyReLU(0.2)):to{device = device}
   local teacher = hilo.methods.mean_teacher.of(net)
   local sgd = hilo.optim.SGD(net, {lr = 0.1, momentum = 0.9, weight_decay = 1e-3})
   local adam = hilo.optim.Adam(judge, {lr = 1e-2})
   local x = hilo.empty({2, 3, 8, 9}, {device = device})
   local labels = helper.labels_by_formula('labels', {2, 8, 9}, 3):to{device = device}
   local weight, rate = hilo.empty(1, {device = device}), hilo.empty({1}, {dtype = 'double', device = device})
   local function step()
      local logits = net(x)
      local loss = hilo.cross_entropy(logits, labels) + hilo.cmul(hilo.mean(judge(logits)), weight)
      sgd:zeroGrad()
      adam:zeroGrad()
      loss:backward()
      sgd:step()
      adam:step()
      hilo.methods.mean_teacher.update(teacher, net, rate)
      return loss
   end
   local run, losses = graphed and hilo.graph(step, {device = device}) or step, {}
   for t = 1, steps do
      sgd:scaleLR(1 / t)
      adam:scaleLR(hilo.optim.poly(1, t - 1, steps))
      weight:fill(0.1 * t)
      rate:fill(hilo.optim.ema_rate(t))
      x:copy(helper.by_formula('x' .. t, {2, 3, 8, 9}, 2, 0, 'float'))
      losses[t] = run():item()
      if between then between(t) end
   end
   local state = {losses = losses, offset = hilo.generator:state().offset}
   for name, module in pairs {net = net, judge = judge, teacher = teacher} do
      for key, t in pairs(module:stateDict()) do state[name .. '.' .. key] = bits(t) end
   end
   state.optimisers = {}
   for i, o in ipairs {sgd, adam} do
      for k, memory in ipairs(o:state().parameters) do
         for key, value in pairs(memory) do state.optimisers[i .. key .. k] = core.is_tensor(value) and bits(value) or value end
      end
   end
   return state
end

describe('hl_sgd, hl_adam, hl_ema and draws', function()
   local ffi = require 'ffi'
   for _, device in ipairs {'cpu', 'emu', 'cuda'} do
      if core.device(device) then
         it('read their numbers from memory of ' .. device .. ' where they are told to', function()
            local at = {device = device, dtype = 'double'}
            local function address(t, kind) return ffi.cast('const ' .. kind .. ' *', core.raw(t).data) end
            local function lists(...)
               local all = {}
               for i, t in ipairs {...} do all[i] = core.list {t} end
               return unpack(all)
            end
            local lib = core.device(device).lib
            local function both(f)
               local results = {}
               for i, live in ipairs {false, true} do
                  local w, g, m, v = hilo.ones(5, at), hilo.range(1, 5, 1, at), hilo.ones(5, at), hilo.ones(5, at)
                  f(live, w, g, m, v)
                  results[i] = {bits(w), bits(m), bits(v)}
               end
               assert.same(results[1], results[2])
               assert.are_not.same(1, results[1][1][5])
            end
            both(function(live, w, g, _, v)
               local lr = hilo.full(0.3, {1}, at)
               local o = ffi.new('hl_sgd_options', {lr = live and 7 or 0.3, momentum = 0.9})
               if live then o.now = address(lr, 'double') end
               local ws, gs, vs = lists(w, g, v)
               core.call(lib, 'hl_sgd', 1, ws, gs, vs, o)
            end)
            both(function(live, w, g, m, v)
               local now = hilo.DoubleTensor{0.3, 4}:to{device = device}
               local o = ffi.new('hl_adam_options', {lr = live and 7 or 0.3, beta1 = 0.9, beta2 = 0.99, eps = 1e-8,
                  step = live and 1 or 4})
               if live then o.now = address(now, 'double') end
               local ws, gs, ms, vs = lists(w, g, m, v)
               core.call(lib, 'hl_adam', 1, ws, gs, ms, vs, o)
            end)
            both(function(live, w, g)
               local a = hilo.full(0.3, {1}, at)
               local ws, gs = lists(w, g)
               core.call(lib, 'hl_ema', 1, ws, gs, live and 7 or 0.3, live and address(a, 'double') or nil)
            end)
            both(function(live, w)
               local offset = hilo.full(40, {1}, {device = device, dtype = 'long'})
               local rng = ffi.new('hl_rng', 9, live and 2 or 42, live and address(offset, 'int64_t') or nil)
               core.run('hl_uniform', w, 0, 1, rng)
               core.run('hl_dropout', w, w, 0.5, 0, rng)
            end)
         end)
      end
   end
end)

describe('a step on the CPU', function()
   it('cannot be recorded', function()
      assert.is_truthy(helper.error_of(hilo.graph, function() end, {device = 'cpu'}):find("use device = 'cuda'", 1, true))
      local lib = core.device('cpu').lib
      assert.is_truthy(helper.error_of(core.call, lib, 'hl_graph_record'):find('the CPU cannot record', 1, true))
      assert.is_truthy(helper.error_of(hilo.graph, 3, {device = 'cpu'}):find('step must be a function', 1, true))
   end)
end)

for _, device in ipairs {'emu', 'cuda'} do
   if core.device(device) then
      describe('a step recorded on ' .. device, function()
         local at = {device = device}

         it('does what plain steps do, to the last bit', function()
            assert.same(train(device, 6), train(device, 6, true))
         end)

         it('is not disturbed by what is done between its replays', function()
            local kept = {}
            local function elsewhere(t)
               for k = 1, 40 do kept[k] = hilo.full(t, {k * 97}, at) end
               if t % 2 == 0 then hilo.collect() end
            end
            assert.same(train(device, 6), train(device, 6, true, elsewhere))
            for k = 1, 40 do assert.equal(6 * k * 97, kept[k]:sum()) end
         end)

         it('gives its memory back with the graph, and takes none while it is replayed', function()
            local x = hilo.ones({200, 300}, at)
            local function replayed()
               local run = hilo.graph(function() return hilo.exp(hilo.cmul(x, x)) end, {device = device, warm_up = 1})
               for _ = 1, 2 do run() end
               local before = hilo.memory(device)
               for _ = 1, 5 do run() end
               assert.same(before, hilo.memory(device))
               return before.allocations
            end
            local requests = replayed()
            hilo.collect()
            hilo.collect()
            local a, b = hilo.full(1, {200, 300}, at), hilo.full(2, {200, 300}, at)
            assert.equal(3 * 200 * 300, a:sum() + b:sum())
            -- a block for each tensor is what a sanitizer needs
            if not os.getenv('HILO_SANITIZED') then assert.equal(requests, hilo.memory(device).allocations) end
         end)

         it('cannot wait for the device, and nothing is lost by trying', function()
            local x = hilo.ones(3, at)
            local run = hilo.graph(function() return x:add(1):sum():item() end, {device = device, warm_up = 0})
            assert.is_truthy(helper.error_of(run):find('download: a step that is being recorded', 1, true))
            assert.same({1, 1, 1}, x:totable())
            local upload = hilo.graph(function() return hilo.ones(3):to(at) end, {device = device, warm_up = 0})
            assert.is_truthy(helper.error_of(upload):find('a step that is being recorded', 1, true))
            local good = hilo.graph(function() return x:add(1) end, {device = device, warm_up = 0})
            good()
            assert.same({3, 3, 3}, good():totable())
         end)

         it('draws as plain steps do also where an earlier recording failed', function()
            local fails, x = true, hilo.ones(8, at)
            local run = hilo.graph(function()
               x:uniform()
               if fails then error('not yet', 0) end
               return x
            end, {device = device, warm_up = 0})
            hilo.manualSeed(7)
            assert.equal('not yet', helper.error_of(run))
            fails = false
            for _ = 1, 2 do run() end
            local got = x:totable()
            hilo.manualSeed(7)
            for _ = 1, 2 do x:uniform() end
            assert.same(x:totable(), got)
         end)

         it('cannot draw on the host, be seeded anew, make the memory of an optimiser or hold another graph', function()
            local run = hilo.graph(function() return hilo.rand(3) end, {device = device, warm_up = 0})
            assert.is_truthy(helper.error_of(run):find('a draw on cpu cannot be part of a step that is recorded', 1, true))

            local x = hilo.ones(3, at)
            local draws = hilo.graph(function() return x:uniform() end, {device = device, warm_up = 0})
            hilo.manualSeed(1)
            draws()
            hilo.manualSeed(2)
            assert.is_truthy(helper.error_of(draws):find('seeded with 1 when the step was recorded, now with 2', 1, true))

            local w = hilo.ones(3, at)
            w.requires_grad = true
            local sgd = hilo.optim.SGD({w}, {lr = 1, momentum = 0.9})
            local function step()
               hilo.sum(w):backward()
               sgd:step()
            end
            local first = hilo.graph(step, {device = device, warm_up = 0})
            assert.is_truthy(helper.error_of(first):find('run the step plainly before', 1, true))

            local inner = hilo.graph(function() return x:add(1) end, {device = device, warm_up = 0})
            local outer = hilo.graph(function() return inner() end, {device = device, warm_up = 0})
            assert.is_truthy(helper.error_of(outer):find('a recorded step cannot be part of another', 1, true))
         end)
      end)
   end
end
