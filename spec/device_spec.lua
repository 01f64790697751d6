--- The other devices against the CPU: every op over the shapes, options and layouts of spec/cases, forward and backward. The
--- emulation of the CUDA kernels runs wherever it is built; the card where there is one. The CPU's own bfloat16 is compared with its
--- float32.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'

-- Inputs that keep float32 beside bfloat16 activations: parameters, statistics, weights of classes.
local keeps_float = {gamma = true, beta = true, mean = true, var = true, weight = true}
local function is_kept(group, name) return keeps_float[name] or group.op:match('^conv2d') and name ~= 'x' end
-- What networks do in bfloat16; the rest of spec/cases is compared in float32 and float64 only.
local in_bfloat16 = {conv = true, norm = true, pool = true, resize = true, loss = true, matmul = true, shape = true, labels = true,
   pair = true, random = true}
local on_cpu = {conv = true, norm = true, pool = true, resize = true, matmul = true, shape = true, softmax = true, log_softmax = true}
local by_index = {index = true, gather = true, maskedSelect = true, max = true, norm = true} -- not of bfloat16 on the CPU
for _, name in ipairs {'relu', 'leaky_relu', 'sigmoid', 'tanh', 'exp', 'log', 'affine', 'clamp', 'add', 'sub', 'cmul', 'cdiv',
   'addcmul', 'where', 'sum', 'mean',
   'max'} do in_bfloat16[name], on_cpu[name] = true, true end

-- Largest errors, relative to the largest magnitude. bfloat16 has 8 bits; its reference starts from the rounded inputs and keeps
-- float32, so a result is off by its own rounding and those on the way.
local tolerance = {float = {1e-5, 5e-5}, double = {1e-12, 1e-12}, bfloat16 = {1.5e-2, 3e-2}}

-- Whose results are laid out as their input.
local keeps_layout = {conv = true, norm = true, pool = true, resize = true, softmax = true, log_softmax = true, relu = true, add = true}

-- The inputs of a case on the CPU and, with the same values, on the device. last: there images have their channels innermost.
local function inputs_of(group, case, device, dtype, last)
   local here, there, wanted = {}, {}, {}
   local built, differentiable = helper.inputs(group, case, {dtype = dtype == 'double' and 'double' or 'float', plain = true})
   for _, name in ipairs(group.float ~= false and differentiable or {}) do wanted[name] = true end
   for name, x in pairs(built) do
      local y = x:to{device = device}
      if y == x then y = x:clone() end
      if dtype == 'bfloat16' and x:dtype() == 'float32' and not is_kept(group, name) then
         y = y:to{dtype = 'bfloat16'}
         x = y:float():cpu()
      end
      here[name], there[name] = helper.layout(x, case[name].layout), helper.layout(y, case[name].layout)
      if last and x:dim() == 4 then there[name] = y:channelsLast() end
      if wanted[name] then here[name].requires_grad, there[name].requires_grad = true, true end
   end
   return here, there, wanted
end

-- All results: tensors and numbers, in order.
local function results(...)
   local list = {}
   for i = 1, select('#', ...) do
      local y = select(i, ...)
      if hilo.isTensor(y) or type(y) == 'number' then list[#list + 1] = y end
   end
   return list
end

local function close(got, expected, tol, what)
   if type(got) == 'number' then got = hilo.DoubleTensor{got} end
   if type(expected) == 'number' then expected = hilo.DoubleTensor{expected} end
   helper.assert_close(got, expected, tol, what, 1e-3)
end

local function weights_like(y, seed)
   local sizes = y:size():totable()
   return helper.build(sizes, 900 + seed, y:dtype() == 'float64' and 'double' or 'float')
end

local function compare(family, group, case, device, dtype, last)
   local here, there, wanted = inputs_of(group, case, device, dtype, last)
   local expected, got = results(group.call(here, case)), results(group.call(there, case))
   assert(#expected > 0 and #expected == #got, ('%d results, the CPU has %d'):format(#got, #expected))
   local forward, backward = unpack(tolerance[dtype])
   local keeps = last and (keeps_layout[family] or keeps_layout[group.op]) and not there[group.inputs[1]]:isContiguous()
   if dtype == 'float' then forward, backward = math.max(forward, group.tol or 0), math.max(backward, 4 * (group.tol or 0)) end
   for i, y in ipairs(expected) do
      close(got[i], y, forward, ('result %d'):format(i))
      if hilo.isTensor(y) then assert.equal(device, got[i]:getDevice()) end
      if keeps and y:dim() == 4 then assert.is_true(got[i]:isChannelsLast(), 'the result has another layout') end
   end
   for i, y in ipairs(expected) do
      if hilo.isTensor(y) and y.requires_grad then
         assert(got[i].requires_grad, ('result %d has no gradient'):format(i))
         local dy = weights_like(y, i)
         if got[i]:dtype() == 'bfloat16' then
            local rounded = dy:to{device = device}:to{dtype = 'bfloat16'}
            got[i]:backward(rounded, {retain = true})
            dy = rounded:float():cpu()
         else
            got[i]:backward(dy:to{device = device}, {retain = true})
         end
         y:backward(dy, {retain = true})
      end
   end
   for name in pairs(wanted) do
      if here[name].grad then
         assert(there[name].grad, name .. ' has no gradient')
         close(there[name].grad, here[name].grad, backward, 'the gradient of ' .. name)
      end
   end
end

local function has_images(group, case)
   for _, name in ipairs(group.inputs) do
      if case[name] and #case[name] == 4 then return true end
   end
end

local function check_cases(family, group, device, dtype, last)
   for _, case in ipairs(group) do
      if not last or has_images(group, case) then
         local ok, message = pcall(compare, family, group, case, device, dtype, last)
         if not ok then error(helper.describe(group, case) .. ': ' .. tostring(message), 0) end
      end
   end
end

local function any_images(group)
   for _, case in ipairs(group) do
      if has_images(group, case) then return true end
   end
end

local function computes(device, dtype, family, op)
   if device == 'cpu' then return dtype == 'bfloat16' and (on_cpu[family] or on_cpu[op]) and not by_index[op] end
   return dtype ~= 'bfloat16' or in_bfloat16[family] or in_bfloat16[op]
end

for _, device in ipairs {'cpu', 'emu', 'cuda'} do
   if core.device(device) then
      for _, family in ipairs(helper.families) do
         describe(('%s does as the CPU: %s'):format(device, family), function()
            for _, group in ipairs(helper.groups(family)) do
               for _, dtype in ipairs {'float', 'double', 'bfloat16'} do
                  if computes(device, dtype, family, group.op) then
                     it(('%s, %s (%d cases)'):format(group.op, dtype, #group), function() check_cases(family, group, device, dtype) end)
                     if device ~= 'cpu' and any_images(group) then
                        it(('%s, %s, channels innermost'):format(group.op, dtype), function()
                           check_cases(family, group, device, dtype, true)
                        end)
                     end
                  end
               end
            end
         end)
      end
   end
end
