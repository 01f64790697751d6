--- Every module of nn on the other devices: what it computes, its gradients, and that none is left out.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local gradients = require 'spec.nn_gradients'
local tree = require 'hilo.nn.tree'

local nn = hilo.nn

-- What keeps a type of its own, or needs a second card.
local left_out = {['nn.DontCast'] = true, ['nn.GPU'] = true}

local cases = {}
for _, list in ipairs {require 'spec.nn_network_cases', require 'spec.nn_cases', require 'spec.nn_other_cases'} do
   for _, case in ipairs(list) do if not left_out['nn.' .. case[1]] then cases[#cases + 1] = case end end
end

local function as_float(x)
   return tree.map(x, function(t) return t:dtype() == 'float64' and t:float() or t end)
end

local function moved(x, device) return tree.map(x, function(t) return t:to{device = device} end) end

-- Results, gradients of inputs and of parameters.
local function run(m, x)
   hilo.manualSeed(5)
   local y = m:forward(x)
   local g = {}
   for i, t in ipairs(tree.list(y)) do g[i] = gradients.random(t:size():totable(), 70 + i):float():to{device = t:getDevice()} end
   m:zeroGradParameters()
   local found = {output = tree.list(y), input = tree.list(m:backward(x, tree.rebuild(y, g))), parameter = {}}
   local _, gs = m:parameters()
   for i, t in ipairs(gs or {}) do found.parameter[i] = t:clone() end
   return found
end

local function assert_same(expected, got, device)
   for what, list in pairs(expected) do
      assert.equal(#list, #got[what])
      for i, t in ipairs(list) do
         local there = got[what][i]
         if t:nElement() > 0 and t:dtype() == 'float32' then
            assert.equal(device, there:getDevice())
            helper.assert_close(there, t, 2e-4, ('%s %d'):format(what, i), 1e-2)
         end
      end
   end
end

for _, device in ipairs {'emu', 'cuda'} do
   if core.device(device) then
      describe('on ' .. device .. ' as on the CPU:', function()
         for _, case in ipairs(cases) do
            it(case[1], function()
               hilo.manualSeed(1)
               local m, x = case[2]():float(), as_float(gradients.input(case[3]))
               local there = m:clone():to{device = device}
               assert_same(run(m, x), run(there, moved(x, device)), device)
            end)
         end
      end)
   end
end

it('net(x) and its backward give what forward and backward do, for every module', function()
   for _, case in ipairs(cases) do
      if case[1] ~= 'Kmeans' and case[1] ~= 'ZeroGrad' and case.parameters ~= false then -- which have no gradient, or another one
         hilo.manualSeed(1)
         local m, x = case[2]():float(), as_float(gradients.input(case[3]))
         local expected = run(m, x)
         hilo.manualSeed(5)
         local leaves = tree.map(x, function(t)
            local leaf = t:clone()
            if leaf:dtype() == 'float32' then leaf.requires_grad = true end
            return leaf
         end)
         m:zeroGradParameters()
         local total
         for i, y in ipairs(tree.list(m(leaves))) do
            if y.requires_grad then
               local part = hilo.sum(hilo.cmul(y, gradients.random(y:size():totable(), 70 + i):float()))
               total = total and total + part or part
            end
         end
         if total then total:backward() end
         local _, gs = m:parameters()
         for i, t in ipairs(expected.parameter) do helper.assert_close(gs[i], t, 2e-4, case[1] .. ', parameter ' .. i, 1e-2) end
         for i, leaf in ipairs(tree.list(leaves)) do
            if leaf.grad and expected.input[i]:nElement() == leaf.grad:nElement() then
               helper.assert_close(leaf.grad, expected.input[i], 2e-4, case[1] .. ', input ' .. i, 1e-2)
            end
         end
      end
   end
end)

it('no module of nn is left out of these', function()
   local covered = {}
   for _, case in ipairs(cases) do case[2]():apply(function(m) covered[m.__typename] = true end) end
   for name in pairs(left_out) do covered[name] = true end
   -- what has no output of its own, prints, or is told of among criterions
   for name in ('Module Container Decorator PrintSize CriterionTable'):gmatch '%w+' do covered['nn.' .. name] = true end
   local missing = {}
   for name, class in pairs(nn) do
      local is_module = type(class) == 'table' and nn.isModule(setmetatable({}, class)) and rawget(class, '__typename') == 'nn.' .. name
      local is_ours = core.host.hl_host_path_kind(('%slua/hilo/nn/%s.lua'):format(core.root, name)) ~= 0
      if is_module and is_ours and not covered['nn.' .. name] then
         missing[#missing + 1] = name
      end
   end
   table.sort(missing)
   assert.same({}, missing)
end)
