--- nn_gradient_layers_spec.lua: modules that Torch7 has besides those of hilo's own networks against central differences in float64.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local gradients = require 'spec.nn_gradients'

local random = gradients.random
local modules = require 'spec.nn_cases'
local off_kinks = {5, 4, low = 0.1, high = 0.9}

describe('gradients of', function()
   for _, case in ipairs(modules) do
      it(case[1], function()
         hilo.manualSeed(1)
         local module = case[2]()
         if case.parameters == false then module.parameters = function() return nil end end
         gradients.check(module, gradients.input(case[3]))
      end)
   end

   it('modules off their kinks', function()
      for _, m in ipairs {nn.HardShrink(0.05), nn.SoftShrink(0.05), nn.Threshold(0.05)} do
         gradients.check(m, random(off_kinks, 1))
      end
   end)
end)

-- A gradient that is not that of the output, by intent.
describe('the gradient of', function()
   local x = hilo.DoubleTensor{-2, 3}
   local dy = hilo.DoubleTensor{1, 10}
   local function gradient(m)
      m:double():forward(x)
      return m:backward(x, dy):totable()
   end

   it('GradientReversal is turned round and scaled', function() assert.same({-0.5, -5}, gradient(nn.GradientReversal(0.5))) end)

   it('L1Penalty has the penalty added, or is the penalty', function()
      assert.same({0.5, 10.5}, gradient(nn.L1Penalty(0.5)))
      assert.same({-0.25, 0.25}, gradient(nn.L1Penalty(0.5, true, false)))
   end)

   it('ZeroGrad and of Constant is 0', function()
      assert.same({0, 0}, gradient(nn.ZeroGrad()))
      assert.same({0, 0}, gradient(nn.Constant(hilo.DoubleTensor{1, 2})))
   end)

   it('Sqrt is 0 at 0', function()
      local m, zero = nn.Sqrt():double(), hilo.DoubleTensor{0, 4}
      m:forward(zero)
      assert.same({0, 2.5}, m:backward(zero, dy):totable())
   end)

   it('Copy has the type of the input', function()
      local m, floats = nn.Copy('torch.FloatTensor', 'torch.DoubleTensor'), hilo.FloatTensor{1, 2}
      assert.equal('torch.DoubleTensor', m:forward(floats):type())
      assert.equal('torch.FloatTensor', m:backward(floats, dy):type())
   end)
end)
