--- Every differentiable op against central differences in float64, over the shapes, options and layouts of spec/cases.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local eps = 1e-5
local double = {dtype = 'double'}

-- Fixed weights that make one number of all results: loss = sum of y * r.
local function weights_for(ys)
   local list = {}
   for i, y in ipairs(ys) do list[i] = helper.build(y:size():totable(), 900 + i, 'double') end
   return list
end

local function loss_of(ys, weights)
   local total = 0
   for i, y in ipairs(ys) do total = total + helper.dot(y, weights[i]) end
   return total
end

-- The gradients of the inputs. only: names of those that want one (all). how: 'leaves'; 'intermediates': the inputs are results
-- of another op; 'added': the inputs hold a gradient of 1/2 already.
local function differentiate(group, case, only, how)
   local t, wanted = helper.inputs(group, case, {dtype = 'double', plain = how == 'intermediates'})
   local leaves = {}
   for _, name in ipairs(only or wanted) do
      leaves[name] = t[name]
      t[name].requires_grad = true
      if how == 'added' then t[name].grad = hilo.full(0.5, t[name]:size():totable(), double) end
      if how == 'intermediates' then t[name] = hilo.affine(t[name], 1) end
   end
   local ys = helper.floats(group.call(t, case))
   assert(#ys > 0, 'no float results')
   local weights, differentiable = weights_for(ys), 0
   for i, y in ipairs(ys) do
      if y.requires_grad then
         differentiable = differentiable + 1
         y:backward(weights[i], {retain = true})
      end
   end
   assert(differentiable > 0, 'the results do not depend on the inputs')
   local grads = {}
   for _, name in ipairs(only or wanted) do grads[name] = leaves[name].grad end
   return grads, wanted, weights
end

-- Loss with input `name` moved by step * direction (same layout); `plain` holds the inputs in row-major order.
local function moved_loss(group, case, plain, weights, name, direction, step)
   return hilo.no_grad(function()
      local t = {}
      for input, x in pairs(plain) do
         if input == name then x = x:clone():add(step, direction) end
         t[input] = helper.layout(x, case[input].layout)
      end
      local numbers, ys = 0, {}
      for _, y in ipairs {group.call(t, case)} do
         if hilo.isTensor(y) then ys[#ys + 1] = y elseif type(y) == 'number' then numbers = numbers + y * weights[1]:item() end
      end
      return numbers + loss_of(helper.floats(unpack(ys)), weights)
   end)
end

local function slope(group, case, plain, weights, name, direction)
   return (moved_loss(group, case, plain, weights, name, direction, eps)
      - moved_loss(group, case, plain, weights, name, direction, -eps)) / (2 * eps)
end

local function check_close(what, got, expected, scale)
   local off = math.abs(got - expected) / math.max(1, scale, math.abs(expected))
   local agrees = off < 2e-7 -- NaN does not
   if not agrees then
      error(('%s: backward gives %.10g, differences give %.10g (off by %.2g)'):format(what, got, expected, off), 0)
   end
end

local function check_input(group, case, plain, weights, name, grad)
   assert(grad, ('%s has no gradient'):format(name))
   local sizes = grad:size():totable()
   local d = case[name]
   assert.same({unpack(d)}, sizes)
   local scale = helper.magnitude(grad)
   -- all elements at once, along two directions
   for k = 1, 2 do
      local direction = helper.build(sizes, 70 + k, 'double')
      check_close(('%s, direction %d'):format(name, k), helper.dot(grad, direction),
         slope(group, case, plain, weights, name, direction), scale)
   end
   -- some of them one by one
   local n = grad:nElement()
   local flat = grad:contiguous():view(n)
   local draw = helper.numbers(n)
   for k = 1, math.min(n, 12) do
      local i = n <= 12 and k or k == 1 and 1 or k == 2 and n or 1 + math.floor(draw() * n)
      local unit = hilo.zeros({n}, double)
      unit[i] = 1
      check_close(('%s, element %d'):format(name, i), flat[i], slope(group, case, plain, weights, name, unit:view(sizes)), scale)
   end
end

for _, family in ipairs(helper.families) do
   describe('the gradient of ' .. family, function()
      for _, group in ipairs(helper.groups(family)) do
         if group.float ~= false then
            it(('agrees with central differences: %s (%d cases)'):format(group.op, #group), function()
               for _, case in ipairs(group) do
                  local ok, message = pcall(function()
                     local grads, wanted, weights = differentiate(group, case)
                     local plain = helper.inputs(group, case, {dtype = 'double', plain = true})
                     for _, name in ipairs(wanted) do check_input(group, case, plain, weights, name, grads[name]) end
                     -- and it is the same alone, of the result of another op, and added to what is there
                     local through, added = differentiate(group, case, nil, 'intermediates'), differentiate(group, case, nil, 'added')
                     for _, name in ipairs(wanted) do
                        local alone = #wanted > 1 and differentiate(group, case, {name}) or grads
                        helper.assert_close(alone[name], grads[name], 1e-13, name .. ' alone', 1)
                        helper.assert_close(through[name], grads[name], 1e-13, name .. ' as an intermediate', 1)
                        helper.assert_close(added[name], grads[name] + 0.5, 1e-13, name .. ' added', 1)
                     end
                  end)
                  if not ok then error(helper.describe(group, case) .. ': ' .. tostring(message), 0) end
               end
            end)
         end
      end
   end)
end
