--- Whole networks and whole training steps against PyTorch, by the values that spec/golden/make_networks.py wrote.
local hilo = require 'hilo'
local golden_file = require 'spec.golden_file'
local helper = require 'spec.helper'

local methods, models, optim = hilo.methods, hilo.models, hilo.optim
local gradients, statistics = golden_file.gradients, golden_file.statistics
local copy_state, moved = golden_file.copy_state, golden_file.moved

-- About 97 places of the output.
local function corner(y)
   local flat, places = y:detach():contiguous():view(-1), {}
   local stride = math.max(1, math.floor(flat:nElement() / 97))
   for i = 1, flat:nElement(), stride do places[#places + 1] = flat[i] end
   return hilo.DoubleTensor(places)
end

describe('a network computes what PyTorch computes', function()
   local golden = golden_file.open 'networks'
   local images = {2, 3, 65, 57}
   local cases = {
      {key = 'deeplab', make = function() return models.deeplab {backbone = 'resnet18', classes = 5} end, prefix = 'S.',
         input = 'x', sizes = images, scale = 3, training = true},
      {key = 'deeplab evaluating', make = function() return models.deeplab {backbone = 'resnet18', classes = 5} end, prefix = 'S.',
         input = 'x', sizes = images, scale = 3},
      {key = 'deeplab50', prefix = 'S.', input = 'x', sizes = images, scale = 3, training = true, make = function()
         return models.deeplab {backbone = 'resnet50', classes = 5, output_stride = 16, width = 16}
      end},
      {key = 'classifier', make = function() return models.classifier {backbone = 'resnet18', classes = 5} end, prefix = 'M.',
         input = 'x', sizes = {3, 3, 65, 57}, scale = 3, training = true},
      {key = 'discriminator', make = function() return models.discriminator {classes = 5, dropout = 0} end, prefix = 'D.',
         input = 'maps', sizes = {2, 8, 66, 48}, scale = 1, training = true},
   }

   local function run(c, dtype)
      local net = helper.fill_network(c.make(), c.prefix):to{dtype = dtype}
      if c.training then net:training() else net:evaluate() end
      local x = helper.by_formula(c.input, c.sizes, c.scale, 0, dtype)
      x.requires_grad = true
      local y = net(x) -- the discriminator's logit is the first of its results
      return net, x, y
   end

   for _, c in ipairs(cases) do
      it(('forward and backward: %s, float64'):format(c.key), function()
         local net, x, y = run(c, 'double')
         golden.close(c.key .. '/y', corner(y), 1e-9)
         golden.digests(c.key .. '/y digest', {y = y}, 1e-9)
         y:backward(helper.by_formula(c.key .. ' dy', y:size():totable()))
         golden.digests(c.key .. '/dx', {dx = x.grad}, 1e-8)
         golden.digests(c.key .. '/gradients', gradients(net), 1e-8)
         if golden.has(c.key .. '/statistics') then golden.digests(c.key .. '/statistics', statistics(net), 1e-9) end
      end)
      -- Winograd's rounding is some ten times that of plain sums: enough to carry a value across the kink of a ReLU, which on
      -- maps of a few pixels moves a gradient by a percent. So the tighter check is without it; float64 is checked above.
      for winograd, tolerance in pairs {[0] = 2e-2, [1] = 5e-2} do
         it(('forward and backward: %s, float32%s'):format(c.key, winograd == 1 and ' by Winograd' or ''), function()
            hilo.setwinograd(winograd == 1)
            finally(function() hilo.setwinograd(true) end)
            local net, x, y = run(c, 'float')
            golden.close(c.key .. '/y', corner(y), 1e-3)
            y:backward(helper.by_formula(c.key .. ' dy', y:size():totable(), 1, 0, 'float'))
            golden.digests(c.key .. '/dx', {dx = x.grad}, tolerance)
            golden.digests(c.key .. '/gradients', gradients(net), tolerance)
         end)
      end
   end
end)

describe('two training steps end where PyTorch ends:', function()
   local golden = golden_file.open 'steps'
   local classes, steps = 5, 10

   it('s4GAN', function()
      local S = helper.fill_network(models.deeplab {backbone = 'resnet18', width = 32, classes = classes}, 'S.'):double()
      local D = helper.fill_network(models.discriminator {classes = classes, dropout = 0}, 'D.'):double()
      S:training()
      D:training()
      local before_S, before_D = copy_state(S), copy_state(D)
      local opt_S = optim.SGD({{params = S:backboneParameters(), lr = 2.5e-3}, {params = S:headParameters(), lr = 2.5e-2}},
         {momentum = 0.9, weight_decay = 5e-4})
      local opt_D = optim.Adam(D, {lr = 1e-3, betas = {0.9, 0.99}})
      local inside = hilo.ones({3, 64, 64}, {dtype = 'byte'})
      inside[{2, {41, 64}, {}}] = 0
      inside[{3, {}, {1, 24}}] = 0
      for t = 1, 2 do
         local x_l, x_u = helper.by_formula('x_l' .. t, {2, 3, 64, 64}, 3), helper.by_formula('x_u' .. t, {3, 3, 64, 64}, 3)
         local y_l = helper.labels_by_formula('y_l' .. t, {2, 64, 64}, classes)
         opt_S:scaleLR(optim.poly(1, t - 1, steps, 0.9))
         opt_D:scaleLR(optim.poly(1, t - 1, steps, 0.9))

         local logits_l, logits_u = S(x_l), S(x_u)
         local real = methods.discriminator.real(y_l, x_l, classes):double()
         local fake = methods.discriminator.fake(logits_u, x_u, inside:unsqueeze(2))
         local d_real, f_real = D(real)
         local _, f_fake = methods.fixed(D, fake)
         local gate = methods.confidence(D, fake)
         local L_ce = hilo.cross_entropy(logits_l, y_l)
         local L_fm = methods.feature_matching(f_real, f_fake)
         local L_st = methods.self_training(logits_u, gate, {gamma = golden.number('s4gan/gamma' .. t), mask = inside})
         opt_S:zeroGrad();
         (L_ce + L_fm * 0.1 + L_st):backward()
         local L_D = methods.discriminator.loss(d_real, (D(fake:detach())))
         opt_D:zeroGrad()
         L_D:backward()

         local tol = t == 1 and 1e-9 or 1e-7 -- Adam's first step divides small gradients by their own size
         golden.close('s4gan/gate' .. t, gate, tol)
         golden.close('s4gan/losses' .. t, hilo.DoubleTensor{L_ce:item(), L_fm:item(), L_st:item(), L_D:item()}, tol)
         golden.digests('s4gan/S gradients' .. t, gradients(S), 100 * tol)
         golden.digests('s4gan/D gradients' .. t, gradients(D), 100 * tol)
         opt_S:step()
         opt_D:step()
      end
      golden.digests('s4gan/S moved', moved(S, before_S), 1e-6, 1e-9)
      golden.digests('s4gan/D moved', moved(D, before_D), 1e-6)
   end)

   it('MLMT', function()
      local student = helper.fill_network(models.classifier {backbone = 'resnet18', width = 32, classes = classes}, 'M.'):double()
      student:training()
      local teacher = methods.mean_teacher.of(student)
      local before = copy_state(student)
      local opt = optim.SGD(student, {lr = 3e-2, momentum = 0.9, nesterov = true, weight_decay = 1e-5})
      for t, distance in ipairs {'mse', 'cosine'} do
         opt:setLR {optim.cosine(3e-2, 1e-4, t - 1, steps)}
         local x_l = helper.by_formula('x_l' .. t, {4, 3, 64, 64}, 3)
         local x_s, x_t = helper.by_formula('x_s' .. t, {5, 3, 64, 64}, 3), helper.by_formula('x_t' .. t, {5, 3, 64, 64}, 3)
         local y_l = helper.labels_by_formula('y_l' .. t, {4, 64, 64}, classes)
         y_l[1]:maskedFill(y_l[1]:eq(2), 255) -- so that the images differ in what they hold
         y_l[2]:maskedFill(y_l[2]:gt(2), 0)
         local target = methods.class_targets(y_l, classes)
         golden.close('mlmt/target' .. t, target, 0)
         local L_bce = hilo.bce_with_logits(student(x_l), target:double())
         local said = hilo.no_grad(teacher, x_t)
         local L_cons = methods.consistency.loss(student(x_s), said, distance)
         local w = optim.ramp(2 + t, steps)
         opt:zeroGrad();
         (L_bce + L_cons * w):backward()
         golden.close('mlmt/losses' .. t, hilo.DoubleTensor{L_bce:item(), L_cons:item(), w}, 1e-9)
         golden.digests('mlmt/gradients' .. t, gradients(student), 1e-7)
         opt:step()
         methods.mean_teacher.update(teacher, student, t, 0.999)
      end
      golden.digests('mlmt/student moved', moved(student, before), 1e-6)
      golden.digests('mlmt/teacher moved', moved(teacher, before), 1e-6)
   end)
end)
