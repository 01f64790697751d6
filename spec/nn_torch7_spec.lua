--- Modules and criterions written as Torch7's users write them, inside networks of ours.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'

local function random(seed, ...) return (helper.build({...}, seed, 'double')) end
local function close(a, b, tol) return hilo.abs(a:detach() - b:detach()):max() <= (tol or 1e-9) end

-- y = w x, written with in-place methods and buffers that are used again at each call.
local Scale, scale_parent = nn.class('nn.SpecScale', 'nn.Module')
function Scale:__init(n)
   scale_parent.__init(self)
   self.weight = hilo.Tensor(n):fill(2)
   self.gradWeight = hilo.Tensor(n):zero()
   self.calls = 0
end
function Scale:updateOutput(input)
   self.calls = self.calls + 1
   self.output:resizeAs(input):copy(input)
   self.output:cmul(self.weight:view(1, -1):expandAs(input))
   return self.output
end
function Scale:updateGradInput(input, gradOutput)
   self.gradInput:resizeAs(input):copy(gradOutput)
   self.gradInput:cmul(self.weight:view(1, -1):expandAs(input))
   return self.gradInput
end
function Scale:accGradParameters(input, gradOutput, scale)
   self.gradWeight:add(scale or 1, hilo.cmul(input, gradOutput):sum(1):view(-1))
end

-- Two modules one after the other, as a container of Torch7 does it.
local Pair, pair_parent = nn.class('nn.SpecPair', 'nn.Container')
function Pair:__init(a, b)
   pair_parent.__init(self)
   self:add(a):add(b)
end
function Pair:updateOutput(input)
   self.output = self.modules[2]:forward(self.modules[1]:forward(input))
   return self.output
end
function Pair:updateGradInput(input, gradOutput)
   local middle = self.modules[2]:updateGradInput(self.modules[1].output, gradOutput)
   self.gradInput = self.modules[1]:updateGradInput(input, middle)
   return self.gradInput
end
function Pair:accGradParameters(input, gradOutput, scale)
   self.modules[2]:accGradParameters(self.modules[1].output, gradOutput, scale)
   self.modules[1]:accGradParameters(input, self.modules[2].gradInput, scale)
end

describe('a module in the manner of Torch7', function()
   local x, dy, scale, net, reference
   before_each(function()
      hilo.manualSeed(2)
      x, dy = random(1, 4, 3), random(2, 4, 2)
      scale = Scale(3)
      net = nn.Sequential():add(nn.Linear(3, 3)):add(scale):add(nn.Tanh()):add(nn.Linear(3, 2)):double()
      -- the same network from ops
      reference = function(input)
         local h = net:get(1)(input)
         return net:get(4)(hilo.tanh(hilo.cmul(h, scale:parameter('weight'):view(1, 3))))
      end
   end)

   local function expected()
      net:zeroGradParameters()
      local leaf = x:clone()
      leaf.requires_grad = true
      local y = reference(leaf)
      y:backward(dy)
      local grads = {}
      for i, g in ipairs(select(2, net:parameters())) do grads[i] = g:clone() end
      net:zeroGradParameters()
      return y, leaf.grad, grads
   end

   local function assert_grads(grads, factor)
      for i, g in ipairs(select(2, net:parameters())) do assert.is_true(close(g, grads[i] * (factor or 1)), 'parameter ' .. i) end
   end

   it('works in forward and backward of a network', function()
      local y, gradInput, grads = expected()
      assert.is_true(close(net:forward(x), y))
      assert.is_true(close(net:backward(x, dy), gradInput))
      assert_grads(grads)
      net:backward(x, dy, 2)
      assert_grads(grads, 3)
   end)

   it('works in net(x)', function()
      local y, gradInput, grads = expected()
      local leaf = x:clone()
      leaf.requires_grad = true
      local z = net(leaf)
      assert.is_true(close(z, y))
      z:backward(dy)
      assert.is_true(close(leaf.grad, gradInput))
      assert_grads(grads)
   end)

   it('learns nothing in updateGradInput, and nothing flows back in accGradParameters', function()
      local _, gradInput, grads = expected()
      net:forward(x)
      assert.is_true(close(net:updateGradInput(x, dy), gradInput))
      assert.equal(0, scale.gradWeight:norm())
      net:accGradParameters(x, dy)
      assert_grads(grads)
   end)

   it('works alone, and where no input wants a gradient', function()
      local g = random(5, 4, 3)
      assert.is_true(close(scale:forward(x), x * 2))
      scale:zeroGradParameters()
      assert.is_true(close(scale:backward(x, g), g * 2))
      local alone = scale.gradWeight:clone()
      assert.is_true(close(alone, hilo.cmul(x, g):sum(1):view(3)))
      scale:zeroGradParameters()
      scale(x):backward(g)
      assert.is_true(close(scale.gradWeight, alone))
   end)

   it('may be used twice in one graph although it keeps one set of buffers', function()
      local leaf = x:clone()
      leaf.requires_grad = true
      local y = scale(hilo.tanh(scale(leaf)))
      y:backward(y:detach():clone():fill(1))
      local t = hilo.tanh(x * 2)
      assert.is_true(close(y, t * 2))
      assert.is_true(close(leaf.grad, (1 - hilo.cmul(t, t)) * 4))
   end)

   it('may hold modules of ours and call their forward', function()
      local pair = Pair(nn.Linear(3, 3), nn.Linear(3, 2)):double()
      local outer = nn.Sequential():add(nn.Tanh()):add(pair):add(nn.Tanh())
      local plain = nn.Sequential():add(nn.Tanh()):add(pair:get(1):clone()):add(pair:get(2):clone()):add(nn.Tanh())
      assert.is_true(close(outer:forward(x), plain:forward(x)))
      assert.is_true(close(outer:backward(x, dy), plain:backward(x, dy)))
      local a, b = select(2, outer:parameters()), select(2, plain:parameters())
      for i = 1, 4 do assert.is_true(close(a[i], b[i])) end
      outer:zeroGradParameters()
      outer(x):backward(dy)
      for i = 1, 4 do assert.is_true(close(a[i], b[i])) end
   end)

   it('may extend a module of ours and override one method', function()
      local Half, parent = nn.class('nn.SpecHalf', 'nn.Linear')
      function Half:accGradParameters(input, gradOutput, s) parent.accGradParameters(self, input, gradOutput, (s or 1) / 2) end
      local half = Half(3, 2):double()
      half:forward(x)
      half:backward(x, dy)
      assert.is_true(close(half.gradWeight, dy:t() * x * 0.5))
      assert.is_true(close(half.gradInput, dy * half.weight:detach()))
      half:zeroGradParameters()
      half(x):backward(dy)
      assert.is_true(close(half.gradWeight, dy:t() * x * 0.5))
   end)

   it('may take and give tables', function()
      local Swap, parent = nn.class('nn.SpecSwap', 'nn.Module')
      function Swap:__init() parent.__init(self) end
      function Swap:updateOutput(input)
         self.output = {input[2]:clone(), input[1] * 3}
         return self.output
      end
      function Swap:updateGradInput(_, gradOutput)
         self.gradInput = {gradOutput[2] * 3, gradOutput[1]}
         return self.gradInput
      end
      local a, b = random(3, 2, 2), random(4, 5)
      local m = nn.Sequential():add(nn.Identity()):add(Swap())
      local y = m:forward{a, b}
      assert.is_true(close(y[2], a * 3))
      local g = m:backward({a, b}, {b, a})
      assert.is_true(close(g[1], a * 3))
      assert.is_true(close(g[2], b))
   end)
end)

describe('a criterion in the manner of Torch7', function()
   local Half, parent = nn.class('nn.SpecHalfSquare', 'nn.Criterion')
   function Half:__init() parent.__init(self) end
   function Half:updateOutput(input, target)
      self.output = (input - target):pow(2):sum() / 2
      return self.output
   end
   function Half:updateGradInput(input, target)
      self.gradInput = input - target
      return self.gradInput
   end

   it('works by itself and in a graph', function()
      local criterion, x, t = Half(), random(1, 3), random(2, 3)
      local d = x - t
      assert.near(hilo.cmul(d, d):sum() / 2, criterion:forward(x, t), 1e-12)
      assert.is_true(close(criterion:backward(x, t), d))
      local leaf = x:clone()
      leaf.requires_grad = true
      local loss = criterion(leaf * 2, t) * 3
      loss:backward()
      assert.is_true(close(leaf.grad, (x * 2 - t) * 6))
   end)
end)

describe('nn.class', function()
   it('says what is wrong', function()
      assert.error_matches(function() nn.class('nn.SpecOrphan', 'nn.Nothing') end, "no class 'nn.Nothing'")
      assert.error_matches(function() nn.class() end, 'expects a name')
   end)

   it('tells classes apart', function()
      assert.is_true(nn.isModule(nn.ReLU()))
      assert.is_false(nn.isModule(hilo.Tensor(1)))
      assert.is_true(nn.isA(nn.SpatialDilatedConvolution(1, 1, 1, 1), 'nn.SpatialConvolution'))
      assert.is_false(nn.isA(nn.ReLU(), 'nn.SpatialConvolution'))
   end)
end)
