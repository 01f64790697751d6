--- The networks: names, sizes, options, groups of parameters, and agreement with PyTorch.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'

local models = hilo.models
local golden = dofile('spec/golden/models.lua')

local function random(...) return (helper.build({...}, 3, 'float')) end

-- torchvision's names for a residual network with a classifier.
local function torchvision_names(layers, convolutions)
   local names = {'conv1.weight', 'bn1.weight', 'bn1.bias'}
   local function add(...) names[#names + 1] = table.concat {...} end
   for stage, count in ipairs(layers) do
      for block = 0, count - 1 do
         local prefix = ('layer%d.%d.'):format(stage, block)
         for i = 1, convolutions do
            add(prefix, 'conv', i, '.weight')
            add(prefix, 'bn', i, '.weight')
            add(prefix, 'bn', i, '.bias')
         end
         if block == 0 and (stage > 1 or convolutions == 3) then
            add(prefix, 'downsample.0.weight')
            add(prefix, 'downsample.1.weight')
            add(prefix, 'downsample.1.bias')
         end
      end
   end
   add('fc.weight')
   add('fc.bias')
   return names
end

local function names_of(list)
   local names = {}
   for i, entry in ipairs(list) do names[i] = entry.name end
   return names
end

local function sizes(t) return t:size():totable() end

local function count(list)
   local n = 0
   for _, t in ipairs(list) do n = n + t:nElement() end
   return n
end

describe('models.resnet', function()
   it("uses torchvision's names", function()
      local net = models.resnet18{classes = 1000, width = 8}
      assert.same(torchvision_names({2, 2, 2, 2}, 2), names_of(net:namedParameters()))
      assert.same(torchvision_names({3, 4, 6, 3}, 2), names_of(models.resnet34{classes = 2, width = 2}:namedParameters()))
      assert.same(torchvision_names({3, 4, 6, 3}, 3), names_of(models.resnet50{classes = 2, width = 2}:namedParameters()))
      assert.same(torchvision_names({3, 4, 23, 3}, 3), names_of(models.resnet101{classes = 2, width = 2}:namedParameters()))
      local buffers = names_of(net:namedBuffers())
      assert.equal(40, #buffers)
      assert.equal('bn1.running_mean', buffers[1])
   end)

   it('has the number of weights that torchvision has', function()
      assert.equal(11689512, count((models.resnet18{classes = 1000}:parameters())))
   end)

   it('reduces images by its output stride', function()
      for stride, expected in pairs {[8] = {9, 13}, [16] = {5, 7}, [32] = {3, 4}} do
         local net = models.resnet18{output_stride = stride, width = 4}
         assert.same({1, 32, expected[1], expected[2]}, sizes(net(random(1, 3, 65, 97))))
         local bottlenecks = models.resnet50{output_stride = stride, width = 2}
         assert.same({1, 64, expected[1], expected[2]}, sizes(bottlenecks(random(1, 3, 65, 97))))
      end
      assert.same({1, 32, 8, 8}, sizes(models.resnet18{output_stride = 8, width = 4}(random(1, 3, 64, 64))))
      assert.same({1, 32, 9, 9}, sizes(models.resnet18{output_stride = 8, width = 4, ceil_mode = true}(random(1, 3, 64, 64))))
   end)

   it('can start a dilated stage with the dilation of the one before', function()
      local function dilations(first_block)
         local layer = models.resnet50{output_stride = 8, width = 2, first_block = first_block}.layer4
         return {layer:get(1).conv2.dilationW, layer:get(2).conv2.dilationW}
      end
      assert.same({4, 4}, dilations())
      assert.same({2, 4}, dilations('previous'))
   end)

   it('takes the stride of a bottleneck where it is told to', function()
      local block = models.resnet50{width = 2}.layer2:get(1)
      assert.same({1, 2}, {block.conv1.dW, block.conv2.dW})
      block = models.resnet50{width = 2, stride_on = '1x1'}.layer2:get(1)
      assert.same({2, 1}, {block.conv1.dW, block.conv2.dW})
   end)

   it('is drawn from the seed', function()
      hilo.manualSeed(7)
      local a = models.resnet18{width = 4}
      hilo.manualSeed(7)
      local b = models.resnet18{width = 4}
      local c = models.resnet18{width = 4, generator = hilo.Generator(9)}
      local state = hilo.generator:state()
      local d = models.resnet18{width = 4, generator = hilo.Generator(9)}
      assert.is_true(hilo.equal(a.conv1.weight:detach(), b.conv1.weight:detach()))
      assert.is_true(hilo.equal(c.layer3:get(1).conv1.weight:detach(), d.layer3:get(1).conv1.weight:detach()))
      assert.is_not_nil(state)
      local w = models.resnet18{}.layer4:get(2).conv2.weight:detach()
      assert.near(math.sqrt(2 / (512 * 9)), w:norm() / math.sqrt(w:nElement()), 1e-4)
   end)

   it('computes the same with stages that are computed again in backward', function()
      local plain = models.resnet18{width = 4, classes = 3}
      local saving = models.resnet18{width = 4, classes = 3, checkpoint = true}
      saving:loadStateDict(plain:stateDict())
      local x, r = random(2, 3, 65, 65), random(2, 3)
      for _, net in ipairs {plain, saving} do hilo.cmul(net(x), r):sum():backward() end
      local a, b = plain:namedParameters(), saving:namedParameters()
      for i = 1, #a do assert.near(0, hilo.abs(a[i].tensor.grad - b[i].tensor.grad):max(), 1e-5, a[i].name) end
      local s, t = plain:namedBuffers(), saving:namedBuffers()
      for i = 1, #s do assert.is_true(hilo.equal(s[i].tensor, t[i].tensor), s[i].name) end
   end)

   it('works with other modules put in for its normalisation', function()
      local net = models.resnet18{width = 4, classes = 2}
      net:replace(function(m) return m.__typename == 'nn.SpatialBatchNormalization' and nn.Identity() or m end)
      assert.equal('nn.Identity', net.layer1:get(1).bn1.__typename)
      assert.same({1, 2}, sizes(net(random(1, 3, 33, 33))))
   end)

   it('says what is wrong with its options', function()
      assert.error_matches(function() models.resnet18{output_stride = 4} end, 'output_stride must be 8, 16, 32, got 4')
      assert.error_matches(function() models.resnet18{clases = 4} end, "no option 'clases'; it takes .*classes")
      assert.error_matches(function() models.resnet18 {classes = 0} end, 'classes must be a whole number')
      assert.error_matches(function() models.resnet18(5) end, 'options must be a table')
   end)
end)

describe('models.deeplab', function()
   -- As spec/golden/make_models.py fills it.
   local function filled(net)
      net:double()
      local list = net:namedParameters()
      table.sort(list, function(a, b) return a.name < b.name end)
      local directions = {}
      for k, entry in ipairs(list) do
         local p = entry.tensor
         local n = p:size()
         local scale, offset = 0.3, entry.name:match('weight$') and 1 or 0
         if #n > 1 then scale, offset = math.sqrt(6 / (n[1] * (n[3] or 1) * (n[4] or 1))), 0 end
         p:copy(helper.build({low = offset - scale, high = offset + scale, unpack(n)}, k, 'double'))
         directions[k] = {name = entry.name, grad = p.grad, along = helper.build({unpack(n)}, 2000 + k, 'double')}
      end
      return net, directions
   end

   local presets = {
      ['resnet18, stride 8'] = {backbone = 'resnet18', width = 4},
      ['resnet34, stride 16'] = {backbone = 'resnet34', width = 2, output_stride = 16},
      ['resnet50, stride 8'] = {backbone = 'resnet50', width = 3},
      ['resnet50, stride 32'] = {backbone = 'resnet50', width = 3, output_stride = 32},
      ['resnet50, original'] = {backbone = 'resnet50', width = 3, aspp_branches = 2, stride_on = '1x1'},
   }
   for name, options in pairs(presets) do
      it('agrees with PyTorch: ' .. name, function()
         options.classes, options.freeze_bn = 5, 'none'
         local expected = golden[name]
         local net, directions = filled(models.deeplab(options))
         local x, r = helper.build({2, 3, 33, 41}, 1001, 'double'), helper.build({2, 5, 33, 41}, 1002, 'double')
         x.requires_grad = true
         local y = net(x)
         local loss = hilo.cmul(y, r):sum()
         loss:backward()
         local function agrees(what, value)
            assert.near(expected[what], value, 1e-8 * math.max(1, math.abs(expected[what])), what)
         end
         agrees('y', loss:item())
         agrees('yy', hilo.square(y:detach()):sum())
         agrees('x', hilo.cmul(x.grad, x:detach()):sum())
         for _, d in ipairs(directions) do agrees(d.name, hilo.cmul(d.grad, d.along):sum()) end
         for _, b in ipairs(net:namedBuffers()) do agrees(b.name .. '.sum', b.tensor:sum()) end
      end)
   end

   local brief = {
      ['resnet18, v3+, stride 16'] = {backbone = 'resnet18', width = 4, head = 'deeplab3plus', output_stride = 16},
      ['resnet50, v3+, stride 8'] = {backbone = 'resnet50', width = 3, head = 'deeplab3plus'},
      ['vgg16, LargeFOV'] = {backbone = 'vgg16', width = 3, aspp_branches = 1, dropout = 0},
      ['vgg16, stride 16'] = {backbone = 'vgg16', width = 2, output_stride = 16, dropout = 0},
      ['vgg16, v3+'] = {backbone = 'vgg16', width = 4, head = 'deeplab3plus', output_stride = 16},
      ['vgg16, classifier'] = {backbone = 'vgg16', width = 2, dropout = 0, classifier = true},
      ['mobilenet_v2, stride 8'] = {backbone = 'mobilenet_v2', width = 4},
      ['mobilenet_v2, stride 16'] = {backbone = 'mobilenet_v2', width = 16, output_stride = 16},
      ['mobilenet_v2, v3+'] = {backbone = 'mobilenet_v2', width = 4, head = 'deeplab3plus', output_stride = 16},
      ['mobilenet_v2, classifier'] = {backbone = 'mobilenet_v2', width = 4, dropout = 0, classifier = true},
   }
   for name, options in pairs(brief) do
      it('agrees with PyTorch: ' .. name, function()
         local make = options.classifier and models.classifier or models.deeplab
         options.classes, options.freeze_bn, options.classifier = 5, 'none', nil
         local expected = golden[name]
         local net, directions = filled(make(options))
         if net.head and net.head.aspp then net.head.aspp.dropout:setp(0) end
         local x = helper.build({2, 3, 33, 41}, 1001, 'double')
         x.requires_grad = true
         local y = net(x)
         local loss = hilo.cmul(y, (helper.build(sizes(y), 1002, 'double'))):sum()
         loss:backward()
         local got = {y = loss:item(), yy = hilo.square(y:detach()):sum(), gradients = 0, statistics = 0,
            x = hilo.cmul(x.grad, (helper.build({2, 3, 33, 41}, 1003, 'double'))):sum()}
         for _, d in ipairs(directions) do got.gradients = got.gradients + hilo.cmul(d.grad, d.along):sum() end
         for _, b in ipairs(net:namedBuffers()) do got.statistics = got.statistics + b.tensor:sum() end
         for what, value in pairs(expected) do assert.near(value, got[what], 1e-8 * math.max(1, math.abs(value)), what) end
      end)
   end

   it('gives logits of the size of the images', function()
      local net = models.deeplab{backbone = 'resnet18', classes = 7, width = 4}
      local x = random(2, 3, 65, 97)
      assert.same({2, 7, 65, 97}, sizes(net(x)))
      assert.same({2, 7, 9, 13}, sizes(net:logits(x)))
      assert.same({2, 7, 65, 97}, sizes(net:forward(x)))
      assert.equal(4, net.head:size())
      assert.equal(2, models.deeplab{backbone = 'resnet18', classes = 7, width = 4, aspp_branches = 2}.head:size())
   end)

   it('starts its head at N(0, 0.01)', function()
      local head = models.deeplab{backbone = 'resnet18', classes = 11}.head
      for i = 1, 4 do
         local w = head:get(i).weight:detach()
         assert.near(0.01, w:norm() / math.sqrt(w:nElement()), 1e-4)
         assert.equal(0, head:get(i).bias:detach():norm())
      end
   end)

   it('fixes scale and shift of normalisation unless told otherwise; running statistics move', function()
      local net = models.deeplab{backbone = 'resnet18', classes = 2, width = 4}
      net(random(1, 3, 33, 33)):sum():backward()
      assert.equal(0, net.backbone.bn1.gradWeight:norm())
      assert.is_true(net.backbone.bn1.running_mean:norm() > 0)
      net = models.deeplab{backbone = 'resnet18', classes = 2, width = 4, freeze_bn = 'all'}
      net(random(1, 3, 33, 33)):sum():backward()
      assert.equal(0, net.backbone.bn1.running_mean:norm())
      net = models.deeplab{backbone = 'resnet18', classes = 2, width = 4, freeze_bn = 'none'}
      net(random(1, 3, 33, 33)):sum():backward()
      assert.is_true(net.backbone.bn1.gradWeight:norm() > 0)
   end)

   it('lists what trains once, in two groups', function()
      local net = models.deeplab{backbone = 'resnet50', classes = 2, width = 2}
      local seen = {}
      for _, group in ipairs {net:backboneParameters(), net:headParameters()} do
         for _, p in ipairs(group) do
            assert.is_nil(seen[p])
            seen[p] = true
         end
      end
      assert.equal(53, #net:backboneParameters()) -- convolutions; scale and shift are frozen
      assert.equal(8, #net:headParameters())
      assert.equal(53 * 3, #models.deeplab{backbone = 'resnet50', classes = 2, width = 2, freeze_bn = 'none'}:backboneParameters())
   end)

   it('needs a number of classes and a backbone that exists', function()
      assert.error_matches(function() models.deeplab{} end, 'the option classes is missing')
      assert.error_matches(function() models.deeplab{classes = 2, backbone = 'vgg19'} end, "no backbone 'vgg19'; use resnet18")
      assert.error_matches(function() models.deeplab{classes = 2, width = 2}(random(3, 33, 33)) end,
         'must be a tensor %(N,3,H,W%), got a tensor of 3x33x33')
   end)
end)

describe('models.discriminator', function()
   it('gives a logit and a feature vector for each map', function()
      local D = models.discriminator{classes = 4}
      local logit, f = D(random(2, 7, 33, 50))
      assert.same({2}, sizes(logit))
      assert.same({2, 512}, sizes(f))
      local map, image = random(2, 4, 33, 50), random(2, 3, 33, 50)
      D:evaluate()
      assert.is_true(hilo.equal((D(map, image)):detach(), (D(hilo.cat({map, image}, 2))):detach()))
      assert.is_true(hilo.equal(D:confidence(map, image):detach(), hilo.sigmoid((D(map, image))):detach()))
      local y = D:forward(hilo.cat({map, image}, 2))
      assert.is_true(hilo.equal(y[1], (D(map, image)):detach()))
   end)

   it('drops whole channels in training, but not after the last convolution unless told to', function()
      local x = random(2, 5, 40, 40)
      local function zeros(options)
         hilo.manualSeed(1)
         local D = models.discriminator(options)
         local _, f = D(x)
         return hilo.eq(f:detach(), 0):to{dtype = 'float'}:sum()
      end
      assert.equal(0, zeros{classes = 2})
      assert.is_true(zeros{classes = 2, dropout_last = true} > 100)
      local D = models.discriminator{classes = 2, channels = 8}
      local a, b = D(x), D(x)
      assert.is_false(hilo.equal(a:detach(), b:detach()))
      D:evaluate()
      a, b = D(x), D(x)
      assert.is_true(hilo.equal(a:detach(), b:detach()))
   end)

   it('learns from both of its results', function()
      local D = models.discriminator{classes = 2, channels = 8}
      local x = random(2, 5, 40, 40)
      x.requires_grad = true
      local logit, f = D(x);
      (logit:sum() + f:sum()):backward()
      assert.is_true(x.grad:norm() > 0)
      for _, p in ipairs(D:namedParameters()) do assert.is_true(p.tensor.grad:norm() > 0, p.name) end
   end)

   it('can be tied to one crop size by a pooling of fixed size', function()
      local D = models.discriminator{classes = 2, channels = 8, pool = {2, 3}}
      assert.same({1}, sizes((D(random(1, 5, 32, 48)))))
      assert.error_matches(function() D(random(1, 5, 64, 48)) end, 'reduces to 2x3 before pooling, got 4x3')
   end)

   it('says what is wrong', function()
      assert.error_matches(function() models.discriminator{classes = 2, dropout = 1} end, 'dropout must be at least 0 and below 1')
      assert.error_matches(function() models.discriminator{classes = 2, pool = 3} end, "pool must be 'global' or")
      assert.error_matches(function() models.discriminator{classes = 2}(random(1, 4, 32, 32)) end, 'expects 5 input planes, got 4')
   end)
end)

describe('models.mobilenet_v2 and models.vgg16', function()
   it("use torchvision's names, and have the number of weights that torchvision has", function()
      local net = models.mobilenet_v2{classes = 1000}
      assert.equal(3504872, count((net:parameters())))
      local names = net:stateDict()
      for _, name in ipairs {'features.0.0.weight', 'features.1.conv.1.weight', 'features.2.conv.0.1.running_var',
         'features.17.conv.3.bias', 'features.18.0.weight', 'classifier.1.bias'} do
         assert.is_not_nil(names[name], name)
      end
      assert.same({384, 1, 3, 3}, sizes(names['features.8.conv.1.0.weight']))
      net = models.vgg16{}
      assert.equal(14714688, count((net:parameters())))
      assert.same({512, 256, 3, 3}, sizes(net:stateDict()['features.17.weight']))
      assert.same({128, 16 * 49}, sizes(models.vgg16{classes = 3, width = 2}:stateDict()['classifier.0.weight']))
   end)

   it('reduce images by their output stride, and give what lies at a quarter of their size', function()
      for stride, side in pairs {[8] = 8, [16] = 4, [32] = 2} do
         for _, name in ipairs {'vgg16', 'mobilenet_v2'} do
            local net = models[name]{width = 4, output_stride = stride}
            local f, low = net:features_of(random(1, 3, 64, 96))
            assert.same({1, net.planes, side, side * 1.5}, sizes(f))
            assert.same({1, net.low_planes, 16, 24}, sizes(low))
         end
      end
   end)

   it('score images, and train their last layer apart', function()
      for name, last in pairs {vgg16 = 'classifier.6.', mobilenet_v2 = 'classifier.1.'} do
         local net = models.classifier{backbone = name, classes = 6, width = 2}
         assert.same({2, 6}, sizes(net(random(2, 3, 50, 70))))
         local state, head = net:stateDict(), net:headParameters()
         assert.same(sizes(state[last .. 'weight']), sizes(head[1]))
         assert.equal(#net:parameters(), #head + #net:backboneParameters())
      end
   end)

   it('compute the same with blocks that are computed again in backward', function()
      local plain = models.mobilenet_v2{width = 4, classes = 3, dropout = 0}
      local saving = models.mobilenet_v2{width = 4, classes = 3, dropout = 0, checkpoint = true}
      saving:loadStateDict(plain:stateDict())
      local x, r = random(2, 3, 65, 65), random(2, 3)
      for _, net in ipairs {plain, saving} do hilo.cmul(net(x), r):sum():backward() end
      local a, b = plain:namedParameters(), saving:namedParameters()
      for i = 1, #a do helper.assert_close(b[i].tensor.grad, a[i].tensor.grad, 1e-4, a[i].name, 1e-3) end
   end)

   it('drop features out in training alone', function()
      local net = models.deeplab{backbone = 'vgg16', classes = 2, width = 2}
      local x = random(1, 3, 40, 40)
      assert.is_false(hilo.equal(net(x):detach(), net(x):detach()))
      net:evaluate()
      assert.is_true(hilo.equal(net(x):detach(), net(x):detach()))
   end)

   it("become DeepLab-v2's wide layers by leaving weights out", function()
      local given = {
         ['classifier.0.weight'] = random(8, 2 * 49), ['classifier.0.bias'] = random(8), ['classifier.3.weight'] = random(8, 8),
         ['classifier.3.bias'] = random(8),
      }
      local fewer = require('hilo.models.vgg').decimated(given)
      assert.same({2, 2, 3, 3}, sizes(fewer['fc6.weight']))
      local all = given['classifier.0.weight']:view(8, 2, 7, 7)
      assert.equal(all[5][2][4][7], fewer['fc6.weight'][2][2][2][3])
      assert.equal(given['classifier.0.bias'][5], fewer['fc6.bias'][2])
      assert.equal(given['classifier.3.weight'][5][1], fewer['fc7.weight'][2][1][1][1])
      assert.is_nil(require('hilo.models.vgg').decimated{})
   end)
end)

describe('models.classifier', function()
   it('scores each class of each image', function()
      local net = models.classifier{backbone = 'resnet18', classes = 6, width = 4}
      assert.same({2, 6}, sizes(net(random(2, 3, 50, 70))))
      assert.equal(2, #net:headParameters())
      assert.equal(60, #net:backboneParameters())
   end)
end)
