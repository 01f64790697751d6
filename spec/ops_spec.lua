--- What the ops of networks say when they are called wrongly, and what no table of cases shows: void pixels, NaN, sizes at the edge.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local x, w = hilo.ones(2, 3, 8, 8), hilo.ones(4, 3, 3, 3)
local labels = hilo.zeros({2, 8, 8}, {dtype = 'byte'})

describe('an error', function()
   local cases = {
      ['conv2d: w must be a tensor, got nil'] = function() hilo.conv2d(x) end,
      ['conv2d: x must be a tensor (N,C,H,W), got 3'] = function() hilo.conv2d(3, w) end,
      ['conv2d: b must be a tensor (K), got 1'] = function() hilo.conv2d(x, w, 1) end,
      ["conv2d: there is no option 'padding'; it takes stride, pad, dilation, groups"] = function()
         hilo.conv2d(x, w, nil, {padding = 1})
      end,
      ['conv2d: options must be a table with stride, pad, dilation, groups, got 1'] = function() hilo.conv2d(x, w, nil, 1) end,
      ['conv2d: stride must be a whole number of 1 or more, got 0'] = function() hilo.conv2d(x, w, nil, {stride = 0}) end,
      ['conv2d: pad must be a whole number or a list of whole numbers, got 1.5'] = function() hilo.conv2d(x, w, nil, {pad = 1.5}) end,
      ['conv2d: dilation must be a number or {height, width}, got a table of 3'] = function()
         hilo.conv2d(x, w, nil, {dilation = {1, 2, 3}})
      end,
      ['conv2d: weight expects 5 input channels, x has 3 (2x3x8x8'] = function() hilo.conv2d(x, hilo.ones(4, 5, 3, 3)) end,
      ['conv2d: weight expects 6 input channels in its groups, x has 3'] = function() hilo.conv2d(x, w, nil, {groups = 2}) end,
      ["conv2d: the weight's 4 output channels cannot be cut into 3 equal groups"] = function()
         hilo.conv2d(x, w:narrow(2, 1, 1), nil, {groups = 3})
      end,
      ['conv2d: groups must be a whole number of 1 or more, got 0'] = function() hilo.conv2d(x, w, nil, {groups = 0}) end,
      ['conv2d_sum, number 1: groups must be 1 in a sum, got 3'] = function() hilo.conv2d_sum(x, {w}, nil, {{groups = 3}}) end,
      ['conv2d: x must be a tensor (N,C,H,W), got a tensor of 3x8x8'] = function() hilo.conv2d(x[1], w) end,
      ['does not fit'] = function() hilo.conv2d(x, w, nil, {dilation = 5}) end,
      ['conv2d: weight must be float32, got 4x3x3x3 float64'] = function() hilo.conv2d(x, w:double()) end,
      ['conv2d_sum: weights must be a list of tensors, got a tensor'] = function() hilo.conv2d_sum(x, w) end,
      ['conv2d_sum: weights[2] must be a tensor, got 7'] = function() hilo.conv2d_sum(x, {w, 7}) end,
      ['conv2d_sum: options must be a list of tables, got 1'] = function() hilo.conv2d_sum(x, {w}, nil, 1) end,
      ["conv2d_sum: there is no option 'padding'"] = function() hilo.conv2d_sum(x, {w}, nil, {{padding = 1}}) end,
      ['conv2d_sum, number 2: y must be 2x5x6x6 float32, got 2x4x6x6'] = function()
         hilo.conv2d_sum(x, {w, hilo.ones(5, 3, 3, 3)})
      end,
      ['conv2d_sum: bias must be 4 float32, got 5 float32'] = function() hilo.conv2d_sum(x, {w, w}, {nil, hilo.ones(5)}) end,
      ['batch_norm: add must be a tensor, got 1'] = function() hilo.batch_norm(x, nil, nil, nil, nil, {add = 1}) end,
      ['batch_norm: evaluation needs running_mean and running_var'] = function() hilo.batch_norm(x) end,
      ['batch_norm: training needs more than one value a channel'] = function()
         hilo.batch_norm(hilo.ones(1, 3), nil, nil, nil, nil, {training = true})
      end,
      ['batch_norm: gamma must be 3 float32, got 4 float32'] = function()
         hilo.batch_norm(x, hilo.ones(4), nil, nil, nil, {training = true})
      end,
      ['batch_norm: x must be (N,C,...), got 5 float32'] = function()
         hilo.batch_norm(hilo.ones(5), nil, nil, nil, nil, {training = true})
      end,
      ['max_pool: kernel is missing: it must be a whole number or a list of whole numbers'] = function() hilo.max_pool(x, {}) end,
      ['max_pool: padding must be between 0 and half the kernel'] = function() hilo.max_pool(x, {kernel = 2, pad = 2}) end,
      ["max_pool: there is no option 'count_pad'"] = function() hilo.max_pool(x, {kernel = 2, count_pad = true}) end,
      ['avg_pool: a 9x9 window does not fit x'] = function() hilo.avg_pool(x, {kernel = 9}) end,
      ['adaptive_avg_pool: h must be a whole number, got nil'] = function() hilo.adaptive_avg_pool(x) end,
      ['global_avg_pool: x must be a tensor (N,C,H,W), got a tensor of 8x8'] = function() hilo.global_avg_pool(x[1][1]) end,
      ["resize: mode must be 'bilinear' or 'nearest', got 'cubic'"] = function() hilo.resize(x, 4, 4, {mode = 'cubic'}) end,
      ['resize: align_corners goes with bilinear'] = function() hilo.resize(x, 4, 4, {mode = 'nearest', align_corners = true}) end,
      ['resize: x (2x3x8x8 uint8) can be resized as nearest only'] = function() hilo.resize(x:byte(), 4, 4) end,
      ['softmax: dimension 5 is out of range; the tensor is 2x3x8x8'] = function() hilo.softmax(x, 5) end,
      ['cross_entropy: labels must be a tensor, got nil'] = function() hilo.cross_entropy(x) end,
      ['cross_entropy: labels must be a label map (uint8, int32 or int64), got 2x8x8 float32'] = function()
         hilo.cross_entropy(x, labels:float())
      end,
      ['cross_entropy: labels must be as x without its dimension of classes'] = function() hilo.cross_entropy(x, labels[1]) end,
      ['cross_entropy: void must be a whole number'] = function() hilo.cross_entropy(x, labels, {void = 'none'}) end,
      ['resize_cross_entropy: labels must be a tensor (N,H,W), got a tensor of 8x8'] = function()
         hilo.resize_cross_entropy(x, labels[1])
      end,
      ["resize_cross_entropy: mode must be 'bilinear' or 'nearest', got 'cubic'"] = function()
         hilo.resize_cross_entropy(x, labels, {mode = 'cubic'})
      end,
      ['resize_cross_entropy: weight must be 3 float32, got 2 float32'] = function()
         hilo.resize_cross_entropy(x, labels, {weight = hilo.ones(2)})
      end,
      ['must be of one size: x is 2x5x8x7 float32, images is 2x3x8x8 float32'] = function()
         hilo.softmax_pair(hilo.ones(2, 5, 8, 7), x)
      end,
      ['softmax_pair: mask must be (N,1,...) for images 2x3x8x8 float32, got 2x8x8 uint8'] = function()
         hilo.softmax_pair(x, x, {mask = labels})
      end,
      ['one_hot_pair: classes must be a whole number, got nil'] = function()
         hilo.one_hot_pair(labels, x)
      end,
      ["mse: reduction must be 'mean' or 'sum', got 'none'"] = function() hilo.mse(x, x, {reduction = 'none'}) end,
      ['mse: b must be a tensor, got nil'] = function() hilo.mse(x) end,
      ['cosine_similarity: a must be a tensor (N,D), got a tensor of 2x3x8x8'] = function() hilo.cosine_similarity(x, 1) end,
      ['label_map: x must be (N,C,...), got 3'] = function() hilo.label_map(hilo.ones(3)) end,
      ['one_hot: classes must be a whole number, got nil'] = function() hilo.one_hot(labels) end,
      ['confusion: matrix must be int64, got 3x3 float32'] = function() hilo.confusion(hilo.zeros(3, 3), labels, labels) end,
      ['std: expects a float tensor, got torch.ByteTensor; call :float() first'] = function() labels:std() end,
      ['var: expects a float tensor, got torch.ByteTensor; call :float() first'] = function() hilo.var(labels, 1) end,
      ['mask of 2x3x8x8, got a torch.LongTensor of 2; hilo.index(x, dim, positions)'] = function() return x[hilo.LongTensor{1, 3}] end,
      ['neither a class 0..2 nor void (255); remap the labels or give another void'] = function()
         hilo.cross_entropy(x, labels + 7)
      end,
   }
   for text, f in pairs(cases) do
      it('says: ' .. text, function()
         local message = helper.error_of(f)
         assert.is_truthy(message:find(text, 1, true), message)
      end)
   end

   it('names the pixel and the value of a label that is no class', function()
      local bad = labels:clone()
      bad[2][3][4] = 7
      assert.is_truthy(helper.error_of(hilo.cross_entropy, x, bad):find('labels has 7 at [1,2,3]', 1, true))
      assert.is_truthy(helper.error_of(hilo.resize_cross_entropy, x, bad):find('labels has 7 at [1,2,3]', 1, true))
      assert.is_truthy(helper.error_of(hilo.one_hot_pair, bad, x, 3):find('7 at [1,2,3]', 1, true))
      assert.is_truthy(helper.error_of(hilo.one_hot, bad, 3):find('7 at [1,2,3]', 1, true))
      assert.is_truthy(helper.error_of(hilo.confusion, hilo.zeros({3, 3}, {dtype = 'long'}), bad, labels):find('7 at [1,2,3]', 1, true))
   end)

   it('points at the line of the caller', function()
      assert.is_truthy(helper.error_of(function() hilo.conv2d(x, hilo.ones(4, 5, 3, 3)) end):find('ops_spec.lua:', 1, true))
   end)
end)

describe('void pixels', function()
   it('take no part in the loss or its gradient', function()
      local logits = helper.build({1, 3, 4}, 1)
      local truth = hilo.ByteTensor{{0, 255, 2, 255}}
      logits.requires_grad = true
      local loss = hilo.cross_entropy(logits, truth)
      loss:backward()
      local kept = hilo.cat({logits:detach():narrow(3, 1, 1), logits:detach():narrow(3, 3, 1)}, 3)
      helper.assert_close(loss, hilo.cross_entropy(kept, hilo.ByteTensor{{0, 2}}), 1e-6)
      for c = 1, 3 do
         assert.equal(0, logits.grad:get(1, c, 2))
         assert.equal(0, logits.grad:get(1, c, 4))
         assert.are_not.equal(0, logits.grad:get(1, c, 1))
      end
   end)

   it('alone give a loss and a gradient of zero', function()
      local logits = hilo.ones(2, 3, 4)
      logits.requires_grad = true
      local loss = hilo.cross_entropy(logits, hilo.zeros({2, 4}, {dtype = 'byte'}):fill(255))
      loss:backward()
      assert.equal(0, loss:item())
      assert.equal(0, logits.grad:abs():sum())
   end)

   it('are empty columns of one_hot, and are not counted', function()
      local truth = hilo.ByteTensor{{0, 255, 2}}
      assert.same({{{1, 0, 0}, {0, 0, 0}, {0, 0, 1}}}, hilo.one_hot(truth, 3):totable())
      local m = hilo.confusion(hilo.zeros({3, 3}, {dtype = 'long'}), truth, hilo.ByteTensor{{0, 1, 1}})
      assert.same({{1, 0, 0}, {0, 0, 0}, {0, 1, 0}}, m:totable())
   end)
end)

describe('running statistics', function()
   it('move in training only', function()
      local mean, var = hilo.zeros(3), hilo.ones(3)
      local input = helper.build({4, 3, 5}, 3)
      hilo.batch_norm(input, nil, nil, mean, var)
      assert.same({0, 0, 0}, mean:totable())
      hilo.batch_norm(input, nil, nil, mean, var, {training = true, momentum = 0.5})
      for c = 1, 3 do
         local channel = input:select(2, c):contiguous()
         assert.near(0.5 * channel:mean(), mean[c], 1e-6)
         assert.near(0.5 + 0.5 * channel:var(), var[c], 1e-6)
      end
   end)
end)

describe('gradients at 0', function()
   -- f's gradient at the values, of the sum of what f gives
   local function gradient(f, values)
      local t = hilo.DoubleTensor(values)
      t.requires_grad = true
      hilo.sum(f(t)):backward()
      return t.grad:totable()
   end

   it('are finite of powers: 0 for the exponent 0, and of the exponent where the base is 0', function()
      assert.are.same({0, 0}, gradient(function(t) return hilo.pow(t, 0) end, {0, 2}))
      assert.are.same({1, 1}, gradient(function(t) return hilo.pow(t, 1) end, {0, 2}))
      assert.are.same({0, 4}, gradient(function(t) return t ^ 2 end, {0, 2}))
      local exponents = hilo.DoubleTensor{0, 1, 3}
      assert.are.same({0, 1, 0}, gradient(function(t) return t ^ exponents end, {0, 0, 0}))
      assert.are.same({0, 0}, gradient(function(t) return hilo.zeros(2):double() ^ t end, {0, 2}))
      assert.are.same({0, 0}, gradient(function(t) return hilo.pow(0, t) end, {0, 2}))
   end)

   it('of a product are the products of the others', function()
      assert.are.same({0, 6, 0}, gradient(hilo.prod, {2, 0, 3}))
      assert.are.same({0, 0, 0}, gradient(hilo.prod, {0, 0, 3}))
      assert.are.same({6, 3, 2}, gradient(hilo.prod, {1, 2, 3}))
      assert.are.same({{0, 2}, {5, 1}}, gradient(function(t) return hilo.prod(t, 1) end, {{5, 1}, {0, 2}}))
   end)

   it('of norms and deviations are 0 where these are', function()
      for _, p in ipairs {1, 1.5, 2, 3} do
         assert.are.same({0, 0}, gradient(function(t) return hilo.norm(t, p) end, {0, 0}))
         assert.are.same({{0, 0}, {0, 1}}, gradient(function(t) return hilo.norm(t, p, 2) end, {{0, 0}, {0, 4}}))
      end
      assert.are.same({0, 0, 0}, gradient(hilo.std, {7, 7, 7}))
   end)
end)

describe('remainders', function()
   for _, device in ipairs {'cpu', 'emu'} do
      it('have the sign of the divisor however small they are, on ' .. device, function()
         local t = hilo.Tensor{5e-30, -5e-30, 6e-30}:to{device = device}
         local got = (t % -3e-30):cpu() * 1e30
         for i, expected in ipairs {-1, -2, 0} do assert.near(expected, got[i], 1e-5) end
      end)
   end
end)

describe('long sums', function()
   it('of softmax keep their digits', function()
      local n = 200000
      for _, device in ipairs {'cpu', 'emu'} do
         for _, sizes in ipairs {{n, 2}, {n}} do
            local t = hilo.zeros(sizes):fill(-2.3)
            t:narrow(1, 1, 1):fill(0)
            t = t:to{device = device}
            local y, logs = hilo.softmax(t, 1), hilo.log_softmax(t, 1)
            assert.near(#sizes, y:double():sum(), 1e-4)
            assert.near(-2.3 - math.log(1 + (n - 1) * math.exp(-2.3)), logs:narrow(1, n, 1):cpu():view(-1)[1], 1e-4)
         end
      end
   end)

   it('of average pooling too, whatever the width of the result', function()
      local t = hilo.zeros(1, 1, 264, 264):fill(0.1)
      local y = hilo.avg_pool(t, {kernel = 257, stride = 1})
      assert.are.equal(8, y:size(4))
      assert.near(0.1, y:min(), 1e-6)
      assert.near(0.1, y:max(), 1e-6)
   end)
end)

describe('whole numbers', function()
   it('are computed with whole numbers alone', function()
      local t = hilo.ByteTensor{100, 200}
      for name, f in pairs {['*'] = function() return t * 0.5 end, ['+'] = function() return t + 0.9 end,
         ['/'] = function() return t / 0.5 end, ['^'] = function() return t ^ 0.5 end, ['number -'] = function() return 1.5 - t end,
         mul = function() t:mul(1.5) end, add = function() t:add(0.5) end, ['add by'] = function() t:add(0.5, t) end,
         cmax = function() t:cmax(0.5) end, clamp = function() return hilo.clamp(t, 0.5, 3) end,
         addcmul = function() t:addcmul(0.5, t, t) end} do
         local ok, message = pcall(f)
         assert.is_false(ok, name)
         assert.is_truthy(message:find('holds whole numbers', 1, true) and message:find(':float()', 1, true), message)
      end
      assert.are.same({100, 200}, t:totable())
      assert.are.same({50, 100}, (t / 2):totable())
      assert.are.same({100, 200}, hilo.cmin(t, math.huge):totable())
   end)

   it('out of the bounds of a type are cut to them where they are filled in or converted, and wrap in a table, as in Torch7', function()
      assert.are.equal(255, hilo.ByteTensor(1):fill(300)[1])
      assert.are.equal(255, hilo.Tensor{300}:byte()[1])
      assert.are.same({44, 2}, hilo.ByteTensor{300, 2.7}:totable())
   end)
end)

describe('NaN', function()
   it('comes out of max_pool', function()
      local input = hilo.ones(1, 1, 4, 4)
      input[1][1][2][2] = 0 / 0
      local y = hilo.max_pool(input, {kernel = 2})
      assert.is_true(y:get(1, 1, 1, 1) ~= y:get(1, 1, 1, 1))
      assert.equal(1, y:get(1, 1, 2, 2))
   end)
end)
