--- Every op that PyTorch has too against the values in spec/golden (see spec/golden/make_golden.py).
local hilo = require 'hilo'
local helper = require 'spec.helper'

local folder = 'spec/golden/'

-- How each function is called with the inputs `t` and the options `o` of a case.
local calls = {
   conv2d = function(t, o) return hilo.conv2d(t.x, t.w, t.b, o) end,
   conv2d_sum = function(t, o)
      return hilo.conv2d_sum(t.x, {t.w1, t.w2}, {t.b1, t.b2}, {{pad = o.d1, dilation = o.d1}, {pad = o.d2, dilation = o.d2}})
   end,
   batch_norm = function(t, o)
      return hilo.batch_norm(t.x, t.gamma, t.beta, t.mean, t.var,
         {training = o.training, relu = o.relu, eps = o.eps, momentum = o.momentum, add = t.add})
   end,
   adaptive_avg_pool = function(t, o) return hilo.adaptive_avg_pool(t.x, o.h, o.w) end,
   adaptive_max_pool = function(t, o) return hilo.adaptive_max_pool(t.x, o.h, o.w) end,
   resize = function(t, o) return hilo.resize(t.x, o.h, o.w, {mode = o.mode, align_corners = o.align_corners}) end,
   cross_entropy = function(t, o)
      return hilo.cross_entropy(t.x, t.labels, {weight = t.weight, void = o.void, per_image = o.per_image})
   end,
   resize_cross_entropy = function(t, o)
      return hilo.resize_cross_entropy(t.x, t.labels, {weight = t.weight, per_image = o.per_image, align_corners = o.align_corners})
   end,
   softmax_pair = function(t) return hilo.softmax_pair(t.x, t.images, {mask = t.mask}) end,
   one_hot_pair = function(t, o) return hilo.one_hot_pair(t.labels, t.images, o.classes, {mask = t.mask}) end,
   label_map = function(t)
      local labels, confidence = hilo.label_map(t.x, {confidence = true})
      return confidence, labels
   end,
   one_hot = function(t, o) return hilo.one_hot(t.labels, o.classes) end,
   confusion = function(t, o)
      return hilo.confusion(hilo.zeros({o.classes, o.classes}, {dtype = 'long'}), t.truth, t.prediction)
   end,
   where = function(t) return hilo.where(t.mask, t.a, t.b) end,
   norm = function(t, o) return hilo.norm(t.x, o.p, o.dim) end,
   topk = function(t, o) return hilo.topk(t.x, o.k, o.dim, o.largest) end,
   matmul = function(t) return hilo.matmul(t.a, t.b) end,
   index = function(t, o) return hilo.index(t.x, o.dim, t.index) end,
   gather = function(t, o) return hilo.gather(t.x, o.dim, t.index) end,
   maskedSelect = function(t) return hilo.maskedSelect(t.x, t.mask) end,
   cat = function(t, o) return hilo.cat({t.a, t.b}, o.dim) end,
   repeatTensor = function(t, o) return hilo.repeatTensor(t.x, o.times) end,
}
for _, name in ipairs {'max_pool', 'avg_pool'} do
   calls[name] = function(t, o) return (hilo[name](t.x, o)) end
end
for _, name in ipairs {'bce_with_logits', 'mse', 'l1', 'smooth_l1', 'cosine_similarity'} do
   calls[name] = function(t, o) return hilo[name](t.a, t.b, o) end
end
for _, name in ipairs {'softmax', 'log_softmax', 'max', 'min', 'sort', 'cumsum', 'cumprod', 'median', 'var', 'std'} do
   calls[name] = function(t, o) return hilo[name](t.x, o.dim) end
end
for _, name in ipairs {'sum', 'mean', 'prod'} do
   calls[name] = function(t, o)
      local dims = type(o.dims) == 'number' and {o.dims} or o.dims or {}
      return hilo[name](t.x, unpack(dims))
   end
end
for _, name in ipairs {'add', 'sub', 'cmul', 'cdiv', 'pow', 'cmax', 'cmin', 'mod', 'fmod', 'atan2'} do
   calls['two_' .. name] = function(t) return hilo[name](t.a, t.b) end
end
-- the rest are functions of one tensor and up to two numbers
setmetatable(calls, {__index = function(_, name)
   return function(t, o) return hilo[name](t.x, o.a, o.b) end
end})

local function value_of(text)
   if text == 'true' or text == 'false' then return text == 'true' end
   if text:find ',' then
      local list = {}
      for item in text:gmatch '[^,]+' do list[#list + 1] = tonumber(item) end
      return list
   end
   return tonumber(text) or text
end

local function parse(line)
   local op, options = line:match '^%S+', {}
   for key, text in line:gmatch '(%S+)=(%S+)' do options[key] = value_of(text) end
   return op, options
end

-- Largest error relative to the largest magnitude. Sums in float32 lose a few bits of 24; in float64 of 53.
local tolerance = {float32 = 2e-6, float64 = 2e-14}
-- Ops that need more: Winograd's transforms, long sums, functions with large derivatives.
local looser = {conv2d = 4, conv2d_sum = 4, batch_norm = 3, two_pow = 3, tan = 2, log_softmax = 2, two_mod = 4, two_fmod = 4, prod = 2}

local function poison(results, dtype)
   for _, y in ipairs(results) do
      if hilo.isTensor(y) then
         for _ = 1, 3 do helper.poison(dtype, y:nElement()) end
      end
   end
end

local function check_case(tensors, name, line)
   local op, options = parse(line)
   local inputs, dtype = {}, 'float32'
   for key, x in pairs(tensors) do
      local input = key:match('^' .. name:gsub('%p', '%%%0') .. '/in/(.+)$')
      if input then inputs[input] = x:clone() end
      if input and x:dtype() == 'float64' then dtype = 'float64' end
   end
   local tol = tolerance[dtype] * (looser[op] or 1)
   local wanted = {}
   for input, x in pairs(inputs) do
      if tensors[('%s/grad/%s'):format(name, input)] then
         x.requires_grad = true
         wanted[#wanted + 1] = input
      end
   end
   local dy = tensors[name .. '/dy']
   poison({dy or tensors[name .. '/out']}, dtype)
   for _, x in pairs(inputs) do poison({x}, dtype) end
   local results = {calls[op](inputs, options)}
   if type(results[1]) == 'number' then results[1] = hilo.Tensor{results[1]} end
   for i = 1, #results do
      local expected = tensors[('%s/out%s'):format(name, i > 1 and i or '')]
      helper.assert_close(results[i], expected, expected:dtype():find 'float' and tol or 0, ('result %d'):format(i))
   end
   for input, x in pairs(inputs) do
      local expected = tensors[('%s/after/%s'):format(name, input)]
      if expected then helper.assert_close(x, expected, tol, input .. ' afterwards') end
   end
   if dy then
      results[1]:backward(dy)
      for _, input in ipairs(wanted) do
         assert(inputs[input].grad, input .. ' has no gradient')
         -- gradients cancel more than results do
         helper.assert_close(inputs[input].grad, tensors[('%s/grad/%s'):format(name, input)], 3 * tol, 'gradient of ' .. input, 0.1)
      end
   end
end

for _, family in ipairs {'conv', 'norm', 'pool', 'resize', 'loss', 'labels', 'pair', 'pointwise', 'reduce', 'matmul'} do
   describe('PyTorch agrees with ' .. family, function()
      local tensors, metadata = hilo.io.safetensors.load(folder .. family .. '.safetensors')
      local by_op, ops = {}, {}
      for name, line in pairs(metadata) do
         local op = parse(line)
         if not by_op[op] then
            by_op[op] = {}
            ops[#ops + 1] = op
         end
         table.insert(by_op[op], name)
      end
      table.sort(ops)
      for _, op in ipairs(ops) do
         table.sort(by_op[op])
         it(('on %s (%d cases)'):format(op, #by_op[op]), function()
            for _, name in ipairs(by_op[op]) do
               local ok, message = pcall(check_case, tensors, name, metadata[name])
               if not ok then error(('%s (%s): %s'):format(name, metadata[name], tostring(message)), 0) end
            end
         end)
      end
   end)
end
