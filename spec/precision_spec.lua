--- bfloat16 activations beside float32 parameters: conversions, convolutions, whole networks and an experiment, on the CPU, on the
--- emulated card and on a real one where there is one.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local C = ffi.C

-- Calls f(...), and listen(name, views) for each call to the device's library that f makes; views describes its tensors.
local function watched(device, listen, f, ...)
   local d = core.device(device)
   local lib = d.lib
   local names = {[tonumber(C.HL_F32)] = 'float32', [tonumber(C.HL_BF16)] = 'bfloat16'}
   local function describe(c)
      local v = {dtype = names[c.dtype] or 'other', ndim = c.ndim, last = c.ndim == 4}
      local at = 1
      for _, k in ipairs(v.last and {1, 3, 2, 0} or {}) do
         v.last = v.last and (c.size[k] == 1 or c.stride[k] == at)
         at = at * tonumber(c.size[k])
      end
      return v
   end
   local proxy = setmetatable({}, {__index = function(_, name)
      return function(...)
         local views = {}
         for i = 1, select('#', ...) do
            local x = select(i, ...)
            if type(x) == 'cdata' and ffi.istype('hl_tensor', x) then views[#views + 1] = describe(x) end
         end
         if #views > 0 then listen(name, views) end
         return lib[name](...)
      end
   end})
   d.lib = proxy
   local function restore(ok, ...)
      d.lib = lib
      if not ok then error((...), 0) end
      return ...
   end
   return restore(pcall(f, ...))
end

-- Names of the calls that f makes.
local function calls_of(device, f, ...)
   local names = {}
   watched(device, function(name) names[#names + 1] = name end, f, ...)
   return names
end

-- The cosine of the angle between all gradients of one network and those of another.
local function cosine(net, other)
   local dot, a, b = 0, 0, 0
   local there = {}
   for _, p in ipairs(other:namedParameters()) do there[p.name] = p.tensor.grad end
   for _, p in ipairs(net:namedParameters()) do
      local g, h = p.tensor.grad, there[p.name]
      dot, a, b = dot + helper.dot(g, h), a + helper.dot(g, g), b + helper.dot(h, h)
   end
   return dot / math.sqrt(a * b)
end

local function assert_parameters_are_float(net)
   for name, t in pairs(net:stateDict()) do assert.equal('float32', t:dtype(), name) end
   for _, p in ipairs(net:namedParameters()) do assert.equal('float32', p.tensor.grad:dtype(), p.name) end
end

local networks = {}

function networks.deeplab(device, precision, backbone, freeze_bn, head)
   hilo.manualSeed(3)
   local net = hilo.models.deeplab {backbone = backbone, classes = 5, width = 4, freeze_bn = freeze_bn or 'all', head = head,
      dropout = 0, precision = precision}:to{device = device}
   local x = helper.by_formula('images', {2, 3, 33, 41}, 2, 0, 'float'):to{device = device}
   local labels = helper.labels_by_formula('labels', {2, 33, 41}, 5):to{device = device}
   return net, function() return hilo.cross_entropy(net(x), labels) + net:cross_entropy(x, labels) end
end

function networks.deeplab3plus(device, precision, backbone, freeze_bn)
   local net, forward = networks.deeplab(device, precision, backbone, freeze_bn, 'deeplab3plus')
   net.head.aspp.dropout:setp(0)
   return net, forward
end

function networks.discriminator(device, precision)
   hilo.manualSeed(4)
   local net = hilo.models.discriminator {classes = 5, channels = 8, precision = precision}:to{device = device}
   local map = helper.by_formula('map', {3, 8, 48, 40}, 2, 0, 'float'):to{device = device}
   map.requires_grad = true
   local target = hilo.FloatTensor{1, 0, 1}:to{device = device}
   return net, function()
      local logit, f = net(map)
      return hilo.bce_with_logits(logit, target) + hilo.mean(hilo.square(f)), map
   end
end

function networks.classifier(device, precision)
   hilo.manualSeed(5)
   local net = hilo.models.classifier {backbone = 'resnet18', classes = 5, width = 4, freeze_bn = 'all', precision = precision}
      :to{device = device}
   local x = helper.by_formula('images', {2, 3, 96, 80}, 2, 0, 'float'):to{device = device}
   local target = helper.by_formula('targets', {2, 5}, 1, 0.5, 'float'):to{device = device}
   return net, function() return hilo.bce_with_logits(net(x), target) end
end

-- One step without the optimiser: the loss as a number, and the input that wants a gradient.
local function pass(net, forward)
   hilo.manualSeed(6)
   net:zeroGradParameters()
   local loss, input = forward()
   loss:backward()
   return loss:item(), input
end

-- What convolves, normalises, pools, drops out: of its images none is in another type or order.
local inside = {hl_conv2d = true, hl_conv2d_back = true, hl_conv2d_sum = true, hl_conv2d_sum_back = true, hl_batch_norm = true,
   hl_batch_norm_again = true, hl_batch_norm_back = true, hl_max_pool = true, hl_max_pool_back = true, hl_unary = true,
   hl_unary_back = true, hl_dropout = true}

for _, device in ipairs {'cpu', 'emu', 'cuda'} do
   if core.device(device) then
      local on_card = device ~= 'cpu'
      describe('conversion on ' .. device, function()
         local x = helper.by_formula('x', {2, 3, 5, 4}, 4, 0, 'float')

         it('changes type, layout and device in one call', function()
            local y = x:to{device = device, dtype = 'bfloat16', layout = 'channels_last'}
            assert.equal('bfloat16', y:dtype())
            assert.equal(device, y:getDevice())
            assert.is_true(y:isChannelsLast() and not y:isContiguous())
            helper.assert_close(y, x, 2 ^ -8)
            local z = y:to{device = 'cpu', dtype = 'float', layout = 'contiguous'}
            assert.is_true(z:isContiguous())
            assert.same(y:totable(), z:totable())
            local last = y:to{device = 'cpu', dtype = 'float', layout = 'channels_last'}
            assert.is_true(last:isChannelsLast() and not last:isContiguous())
            assert.same(y:totable(), last:totable())
         end)

         it('stays with the channels innermost in what is made of some channels, and in the gradient of their mean', function()
            local y = x:to{device = device, layout = 'channels_last'}
            assert.equal(on_card, hilo.exp(y:narrow(2, 2, 2)):isChannelsLast())
            assert.is_false(hilo.exp(x:to{device = device}:narrow(2, 2, 2)):isChannelsLast())
            y.requires_grad = true
            hilo.adaptive_avg_pool(y, 1, 1):sum():backward()
            assert.equal(on_card, y.grad:isChannelsLast())
         end)

         it('keeps every element, whatever the sizes', function()
            for _, sizes in ipairs {{1, 2, 1, 2}, {3, 7, 3, 3}, {2, 24, 13, 33}, {2, 31, 5, 7}, {1, 100, 3, 3}, {1, 257, 2, 1},
               {1, 1030, 3, 5}, {2, 3, 31, 67}} do
               local rounded = helper.by_formula('x', sizes, 3, 0, 'float'):to{device = device, dtype = 'bfloat16'}
               local expected = rounded:totable()
               for _, from in ipairs {'float', 'bfloat16', 'double'} do
                  local planes = rounded:to{dtype = from}
                  local last = planes:to{layout = 'channels_last'}
                  assert.is_true(last:isChannelsLast())
                  assert.same(expected, last:totable())
                  for _, to in ipairs {'float', 'bfloat16'} do
                     assert.same(expected, planes:to{dtype = to, layout = 'channels_last'}:totable())
                     assert.same(expected, last:to{dtype = to, layout = 'contiguous'}:totable())
                  end
               end
            end
         end)

         it('is one pass there and one back, and gives gradients of the type and layout that came', function()
            local there = x:to{device = device}
            there.requires_grad = true
            local y
            assert.same({'hl_copy'}, calls_of(device, function() y = there:to{dtype = 'bfloat16', layout = 'channels_last'} end))
            local dy = helper.by_formula('dy', {2, 3, 5, 4}, 1, 0, 'float'):to{device = device, dtype = 'bfloat16'}
            local copies = 0
            for _, name in ipairs(calls_of(device, function() y:backward(dy:channelsLast()) end)) do
               if name == 'hl_copy' then copies = copies + 1 end
            end
            assert.equal(2, copies) -- dy to its layout here, and back
            assert.equal('float32', there.grad:dtype())
            assert.is_true(there.grad:isContiguous())
            assert.same(dy:totable(), there.grad:totable())
         end)

         it('is nothing where nothing changes', function()
            local y = x:to{device = device, dtype = 'bfloat16', layout = 'channels_last'}
            assert.equal(y, y:to{dtype = 'bfloat16', layout = 'channels_last'})
            assert.equal(x, x:to{layout = 'contiguous'})
         end)

         it('names the layouts that there are', function()
            local message = helper.error_of(function() return x:to{layout = 'nhwc'} end)
            assert.is_truthy(message:find("'contiguous' or 'channels_last', got 'nhwc'", 1, true), message)
            message = helper.error_of(function() return x:view(60, 2):to{layout = 'channels_last'} end)
            assert.is_truthy(message:find('(N,C,H,W), got 60x2', 1, true), message)
         end)
      end)

      describe('a bfloat16 convolution on ' .. device, function()
         local function operands()
            local x = helper.by_formula('x', {2, 8, 9, 11}, 2, 0, 'float'):to{device = device, dtype = 'bfloat16',
               layout = 'channels_last'}
            local w = helper.by_formula('w', {6, 8, 3, 3}, 1, 0, 'float'):to{device = device}
            local b = helper.by_formula('b', {6}, 1, 0, 'float'):to{device = device}
            return x, w, b
         end

         it('rounds weights for its products alone', function()
            local x, w, b = operands()
            local y = hilo.conv2d(x, w, b, {pad = 1})
            assert.equal('bfloat16', y:dtype())
            assert.equal(on_card, y:isChannelsLast())
            local rounded = w:to{dtype = 'bfloat16'}:float():cpu()
            assert.is_true(helper.difference(rounded, w) > 1e-4)
            helper.assert_close(y, hilo.conv2d(x:float():cpu():contiguous(), rounded, b:cpu(), {pad = 1}), 2 ^ -8, 'y', 1)
         end)

         it('adds to float32 gradients', function()
            local x, w, b = operands()
            x.requires_grad, w.requires_grad, b.requires_grad = true, true, true
            local dy = helper.by_formula('dy', {2, 6, 9, 11}, 1, 0, 'float'):to{device = device, dtype = 'bfloat16'}
            hilo.conv2d(x, w, b, {pad = 1}):backward(dy)
            local dw, db = w.grad:clone(), b.grad:clone()
            assert.same({'float32', 'float32', 'bfloat16'}, {dw:dtype(), db:dtype(), x.grad:dtype()})
            -- the sums over pixels keep more than bfloat16's 8 bits
            local sum = hilo.sum(hilo.sum(hilo.sum(dy:float():cpu():double(), 4), 3), 1):view(6)
            helper.assert_close(db, sum, 1e-5, 'db')
            w.grad:fill(1000)
            x.grad, b.grad = nil, nil
            hilo.conv2d(x, w, b, {pad = 1}):backward(dy)
            helper.assert_close(w.grad - 1000, dw, 1e-3, 'dw')
         end)

         it('takes float32 parameters only', function()
            local x, w, b = operands()
            local message = helper.error_of(hilo.conv2d, x, w:to{dtype = 'bfloat16'}, b)
            assert.is_truthy(message:find('conv2d: weight must be float32, got 6x8x3x3 bfloat16', 1, true), message)
            message = helper.error_of(hilo.conv2d, x, w, b:to{dtype = 'bfloat16'})
            assert.is_truthy(message:find('conv2d: bias must be float32, got 6 bfloat16', 1, true), message)
            message = helper.error_of(hilo.conv2d, x:float(), w:to{dtype = 'bfloat16'}, b)
            assert.is_truthy(message:find('conv2d: weight must be float32', 1, true), message)
         end)
      end)

      describe("a network with precision 'bf16' on " .. device, function()
         for _, case in ipairs {{'deeplab', 'resnet18'}, {'deeplab', 'resnet50'}, {'deeplab', 'vgg16'}, {'deeplab', 'mobilenet_v2'},
            {'deeplab3plus', 'resnet18', joins = true}, {'discriminator'}, {'classifier'}} do
            local make = networks[case[1]]
            it(('learns as in float32: %s'):format(table.concat(case, ', ')), function()
               local plain, forward = make(device, 'float32', case[2])
               local mixed, forward_mixed = make(device, 'bf16', case[2])
               local expected, input = pass(plain, forward)
               local got, input_mixed = pass(mixed, forward_mixed)
               assert.near(expected, got, 0.02 * expected)
               assert.is_true(cosine(plain, mixed) > 0.99, tostring(cosine(plain, mixed)))
               assert_parameters_are_float(mixed)
               if input then
                  assert.equal('float32', input_mixed.grad:dtype())
                  local g, h = input.grad, input_mixed.grad
                  assert.is_true(helper.dot(g, h) / math.sqrt(helper.dot(g, g) * helper.dot(h, h)) > 0.99)
               end
            end)

            local what = table.concat(case, ', ')
            it(('keeps bfloat16, on a card with the channels innermost, and copies no image: %s'):format(what), function()
               local net, forward = make(device, 'bf16', case[2], 'none')
               local images, casts = 0, 0
               watched(device, function(name, views)
                  local right, wrong = 0, 0
                  for _, v in ipairs(inside[name] and views or {}) do
                     if v.ndim == 4 and v.dtype ~= 'other' then
                        if v.dtype == 'bfloat16' and (v.last or not on_card) then right = right + 1 else wrong = wrong + 1 end
                     end
                  end
                  images = images + right
                  -- a convolution has a weight, a backward one also its gradient
                  local others = name:find '^hl_conv2d' and math.min(right, 2) or 0
                  assert.is_true(wrong <= others, ('%s: %d of %d images are others'):format(name, wrong, right + wrong))
                  local y, x = unpack(views)
                  if name == 'hl_copy' and (y.ndim == 4 or x.ndim == 4) and not case.joins then -- joining images copies them
                     casts = casts + 1
                     assert.is_true(y.dtype ~= x.dtype, 'a copy that converts nothing')
                  end
               end, pass, net, forward)
               assert.is_true(images > 20)
               assert.is_true(case.joins or casts >= 3 and casts <= 8, ('%d conversions'):format(casts))
            end)
         end

         it('trains batch normalisation as in float32', function()
            local plain, forward = networks.deeplab(device, 'float32', 'resnet18', 'none')
            local mixed, forward_mixed = networks.deeplab(device, 'bf16', 'resnet18', 'none')
            local expected, got = pass(plain, forward), pass(mixed, forward_mixed)
            assert.near(expected, got, 0.02 * expected)
            local there = mixed:stateDict()
            for name, t in pairs(plain:stateDict()) do
               if name:find 'running' then helper.assert_close(there[name], t, 0.05, name) end
            end
         end)

         it('computes checkpointed stages again to the same bits', function()
            local function gradients(checkpoint)
               hilo.manualSeed(3)
               local net = hilo.models.deeplab {backbone = 'resnet18', classes = 5, width = 4, freeze_bn = 'none', precision = 'bf16',
                  checkpoint = checkpoint}:to{device = device}
               local x = helper.by_formula('images', {2, 3, 33, 41}, 2, 0, 'float'):to{device = device}
               local labels = helper.labels_by_formula('labels', {2, 33, 41}, 5):to{device = device}
               pass(net, function() return net:cross_entropy(x, labels) end)
               return net
            end
            local kept, again = gradients(false), gradients(true)
            local there = again:namedParameters()
            for i, p in ipairs(kept:namedParameters()) do helper.assert_close(there[i].tensor.grad, p.tensor.grad, 0, p.name) end
         end)

         it('gives float32 to others, and takes its weights from a float32 network', function()
            local mixed, plain = networks.deeplab(device, 'bf16', 'resnet18'), networks.deeplab('cpu', 'float32', 'resnet18')
            local x = helper.by_formula('images', {1, 3, 33, 41}, 2, 0, 'float')
            mixed:loadStateDict(plain:stateDict())
            mixed:evaluate()
            plain:evaluate()
            local got, expected = mixed:logits(x:to{device = device}), plain:logits(x)
            assert.equal('float32', got:dtype())
            assert.is_true(got:isContiguous())
            helper.assert_close(got, expected, 0.03)
            plain:loadStateDict(mixed:stateDict())
            helper.assert_close(plain:logits(x), expected, 0)
         end)
      end)
   end
end

describe("precision 'bf16'", function()
   it('is one of two', function()
      local message = helper.error_of(hilo.models.deeplab, {classes = 3, precision = 'half'})
      assert.is_truthy(message:find('precision must be float32, bf16, got half', 1, true), message)
   end)
end)

if core.device('emu') then
   describe('an experiment with precision=bf16', function()
      local set, runs
      setup(function()
         set, runs = tiny.voc {n = 8, val = 2}, tiny.folder()
      end)
      teardown(function()
         tiny.remove(set)
         tiny.remove(runs)
      end)

      local function line(script, name, rest)
         return table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo',
            ('%sexperiments/%s.lua'):format(core.root, script), 'name=' .. name, 'runs=' .. runs, 'data.root=' .. set,
            'model.width=4 threads=2 workers=1 batch=2 data.labelled=3', rest}, ' ')
      end
      local function shell(text)
         local pipe = io.popen(('{ %s ; } 2>&1; echo "exit $?"'):format(text))
         local printed = pipe:read('*a')
         pipe:close()
         return tonumber(printed:match('exit (%d+)\n$')), printed
      end
      local function run(...)
         local code, text = shell(line(...))
         assert.equal(0, code, text)
         return text
      end
      local function file(name, which) return ('%s/%s/%s'):format(runs, name, which) end

      local s4gan = 'crop=32 unlabelled_batch=2 d_channels=4 gamma=0.4 steps=5 checkpoint_every=2 log_every=1 eval_every=3 device=emu'

      it('runs, recorded too, is evaluated anywhere, and goes on to the last bit where it was killed', function()
         run('s4gan', 'straight', s4gan .. ' precision=bf16')
         assert.equal('bf16', hilo.train.json.load(file('straight', 'options.json')).precision)
         local log = hilo.train.Log.read(file('straight', 'log.jsonl'))
         assert.equal(5, log[#log].step)

         -- killed as soon as it has a checkpoint
         shell(('%s & p=$!; while [ ! -f %s ] && kill -0 $p; do sleep 0.01; done; kill -KILL $p; wait $p'):format(
            line('s4gan', 'killed', s4gan .. ' precision=bf16'), file('killed', 'last.safetensors')))
         assert.is_false(hilo.data.folder.is_file(file('killed', 'scores.json')))
         assert.matches('continuing .* from step %d', run('s4gan', 'killed', 'resume=true'))
         assert.is_true(tiny.read(file('straight', 'last.safetensors')) == tiny.read(file('killed', 'last.safetensors')))

         run('s4gan', 'recorded', s4gan .. ' precision=bf16 graph=true')
         assert.is_true(tiny.read(file('straight', 'last.safetensors')) == tiny.read(file('recorded', 'last.safetensors')))

         local scores = hilo.train.json.load(file('straight', 'scores.json')).mean_iou
         for _, device in ipairs {'emu', 'cpu'} do
            local code, text = shell(('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s '
               .. 'segmentation=straight mlmt= name=%s device=%s'):format(core.root, core.root, runs, device, device))
            assert.equal(0, code, text)
            local result = hilo.train.json.load(file(device, 'scores.json')).results[1].mean_iou
            assert.near(scores, result, device == 'emu' and 1e-9 or 5)
         end
      end)

      it('learns about as in float32, and leaves float32 weights', function()
         run('mlmt', 'mixed', 'resize=96 unlabelled_batch=2 steps=2 log_every=1 device=emu precision=bf16')
         run('mlmt', 'plain', 'resize=96 unlabelled_batch=2 steps=2 log_every=1 device=emu')
         local mixed, plain = hilo.train.Log.read(file('mixed', 'log.jsonl')), hilo.train.Log.read(file('plain', 'log.jsonl'))
         assert.near(plain[1].bce, mixed[1].bce, 0.02 * plain[1].bce)
         local net = hilo.models.classifier {backbone = 'resnet18', width = 4, classes = 3}
         hilo.io.checkpoint.load(file('mixed', 'last.safetensors'), {nets = {student = net}, generator = false}, {subset = true})
         for name, t in pairs(net:stateDict()) do assert.equal('float32', t:dtype(), name) end
      end)

      it('learns on the CPU about as in float32', function()
         run('supervised', 'cpu-mixed', 'crop=32 steps=2 log_every=1 eval_every=0 device=cpu precision=bf16')
         run('supervised', 'cpu-plain', 'crop=32 steps=2 log_every=1 eval_every=0 device=cpu')
         local mixed, plain = hilo.train.Log.read(file('cpu-mixed', 'log.jsonl')), hilo.train.Log.read(file('cpu-plain', 'log.jsonl'))
         for i = 1, 2 do assert.near(plain[i].ce, mixed[i].ce, 0.03 * plain[i].ce) end
      end)

      it('says what is wrong with the command', function()
         local function fails(rest, pattern)
            local code, text = shell(line('supervised', 'bad', 'crop=32 steps=1 eval_every=0 ' .. rest))
            assert.equal(1, code)
            assert.matches(pattern, text)
            assert.not_matches('stack traceback', text)
         end
         fails('precision=half device=emu overwrite=true', "o.precision must be 'float32' or 'bf16', got 'half'")
         run('supervised', 'good', 'crop=32 steps=1 device=emu precision=bf16')
         local code, text = shell(line('supervised', 'good', 'resume=true precision=float32'))
         assert.equal(1, code)
         assert.matches('started with precision=bf16', text)
      end)
   end)
end
