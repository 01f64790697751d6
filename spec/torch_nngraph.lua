--- torch_nngraph.lua: the package nngraph of hilo.torch, in a process of its own. Prints what holds, a line each;
--- spec/torch_packages_spec.lua runs it.
require 'hilo.torch'
local torch, nn = require 'torch', require 'nn'

-- A module of a script, made before nngraph is loaded, and one made after.
local function doubling(name)
   local Double = torch.class(name, 'nn.Module')
   function Double:updateOutput(x)
      self.output = x * 2
      return self.output
   end
   function Double:updateGradInput(_, gradOutput)
      self.gradInput = gradOutput * 2
      return self.gradInput
   end
end
doubling 'nn.SpecDoubleBefore'
require 'nngraph'
doubling 'nn.SpecDoubleAfter'

local function near(expected, got) assert((expected - got):abs():max() < 1e-9) end

local function it(name, f)
   torch.manualSeed(1)
   f()
   print(name)
end

it('nodes by calls: a graph of two inputs and two outputs computes and learns as its modules do', function()
   local a, b, both = nn.Linear(3, 4), nn.Linear(2, 4), nn.Linear(4, 1)
   local x, h = nn.Identity()(), nn.Identity()()
   local sum = nn.CAddTable()({a(x), b(h)})
   local net = nn.gModule({x, h}, {nn.Tanh()(sum), both(sum)})
   local u, v = torch.randn(5, 3), torch.randn(5, 2)
   local s = a:forward(u) + b:forward(v)
   local y = net:forward {u, v}
   near(torch.tanh(s), y[1])
   near(both:forward(s), y[2])
   local g = {torch.randn(5, 4), torch.randn(5, 1)}
   net:zeroGradParameters()
   local dx = net:backward({u, v}, g)
   local ds = torch.cmul(g[1], 1 - torch.pow(torch.tanh(s), 2)) + g[2] * both.weight
   near(ds * a.weight, dx[1])
   near(ds * b.weight, dx[2])
   near(ds:t() * u, a.gradWeight)
   assert(#net:parameters() == 6 and #net:findModules 'nn.Linear' == 3)
end)

it('the signs - and -: chains of modules, those of scripts too', function()
   local x = nn.Identity()()
   local y = x - nn.SpecDoubleBefore() - nn.SpecDoubleAfter() - nn.MulConstant(3)
   local net = nn.gModule({x}, {y})
   near(torch.Tensor{12, 24}, net:forward(torch.Tensor{1, 2}))
   near(torch.Tensor{12, 12}, net:backward(torch.Tensor{1, 2}, torch.ones(2)))
   local first = - nn.SpecDoubleAfter()
   local chain = nn.gModule({first}, {first - nn.SpecDoubleBefore()})
   near(torch.Tensor{4}, chain:forward(torch.Tensor{1}))
end)

it('a module used twice shares its parameters, and gradients add up', function()
   local linear = nn.Linear(2, 2)
   local x = nn.Identity()()
   local net = nn.gModule({x}, {linear(linear(x))})
   local u = torch.randn(4, 2)
   near(linear:forward(linear:forward(u):clone()), net:forward(u))
   assert(#net:parameters() == 2)
   net:zeroGradParameters()
   net:backward(u, torch.ones(4, 2))
   local grad, step = linear.gradWeight:clone(), 1e-6
   linear.weight[1][2] = linear.weight[1][2] + step
   local high = net:forward(u):sum()
   linear.weight[1][2] = linear.weight[1][2] - 2 * step
   assert(math.abs((high - net:forward(u):sum()) / (2 * step) - grad[1][2]) < 1e-6)
end)

it('tables: split takes them apart, nested inputs go in as they are', function()
   local x = nn.Identity()()
   local left, right = nn.SplitTable(2)(x):split(2)
   local net = nn.gModule({x}, {nn.CSubTable()({left, right})})
   near(torch.Tensor{-1, -1}, net:forward(torch.Tensor{{1, 2}, {3, 4}}))
   near(torch.Tensor{{1, -1}, {1, -1}}, net:backward(torch.Tensor{{1, 2}, {3, 4}}, torch.ones(2)))
end)

it('graphs can be cloned, converted, written and read, and stand inside other containers', function()
   local x = nn.Identity()()
   local net = nn.gModule({x}, {nn.CMulTable()({nn.Linear(3, 2)(x), nn.Sigmoid()(nn.Linear(3, 2)(x))})})
   local u = torch.randn(4, 3)
   local y = net:forward(u):clone()
   near(y, net:clone():forward(u))
   near(y, torch.deserialize(torch.serialize(net)):forward(u))
   near(y, nn.Sequential():add(net):add(nn.Identity()):forward(u))
   local p = net:clone():getParameters()
   assert(p:nElement() == 16)
   assert(net:clone():float():forward(u:float()):type() == 'torch.FloatTensor')
end)

it('errors name the node', function()
   local x, h = nn.Identity()(), nn.Identity()()
   local function fails(text, f, ...)
      local ok, message = pcall(f, ...)
      assert(not ok and message:find(text, 1, true), tostring(message))
   end
   fails('nothing that is given depends on the input', nn.gModule, {x, h}, {nn.Tanh()(x)})
   fails('not listed among the inputs', nn.gModule, {x}, {nn.CAddTable()({x, h})})
   fails('is nil (typo / bad index?)', function() return nn.CAddTable()({x, nil, h}) end)
   fails('a second pair of parentheses', nn.gModule, {x}, {nn.Tanh()})
   fails('expects 2 inputs, number 2 is missing', function()
      return nn.gModule({x, h}, {nn.CAddTable()({x, h})}):forward {torch.ones(1)}
   end)
   local wrong = nn.Linear(4, 2)(x):annotate {name = 'middle'}
   fails('middle', function() return nn.gModule({x}, {wrong}):forward(torch.ones(3)) end)
end)
