--- The losses and the training steps of the methods that s4GAN is compared with, by the values that spec/golden/make_rivals.py wrote.
local hilo = require 'hilo'
local golden_file = require 'spec.golden_file'
local helper = require 'spec.helper'

local Draws, methods, models, optim = hilo.data.Draws, hilo.methods, hilo.models, hilo.optim
local gradients, copy_state, moved = golden_file.gradients, golden_file.copy_state, golden_file.moved
local golden = golden_file.open 'rivals'
local pseudo = methods.pseudo_labels
local C = 5

-- 1 but below 5/8 of the second picture and left of 3/8 of the last.
local function inside_of(n, h, w)
   local inside = hilo.ones({n, h, w}, {dtype = 'byte'})
   inside[2]:narrow(1, h * 5 / 8 + 1, h * 3 / 8):zero()
   inside[n]:narrow(2, 1, w * 3 / 8):zero()
   return inside
end

local function flipped(x)
   local rows = {}
   for i = x:size(1), 1, -1 do rows[#rows + 1] = x:narrow(1, i, 1) end
   return hilo.cat(rows, 1)
end

describe('a loss is what PyTorch computes from its equation:', function()
   local map = {2, C, 16, 24}
   local inside = inside_of(2, 16, 24)

   local function leaf(name, sizes)
      local x = helper.by_formula(name, sizes, 6)
      x.requires_grad = true
      return x
   end

   local function assert_loss(key, value, inputs)
      golden.close(key, value:detach(), 1e-12)
      value:backward()
      local found = {}
      for name, x in pairs(inputs) do found[name] = x.grad end
      golden.digests(key .. '/gradients', found, 1e-11)
   end

   it("the discriminator's, of every pixel that is valid", function()
      local valid = hilo.ne(helper.labels_by_formula('valid', {2, 16, 24}, C), 255)
      for target = 0, 1 do
         local scores = leaf('scores', {2, 16, 24})
         assert_loss('pixel_bce ' .. target, methods.pixel_bce(scores, target, valid), {scores = scores})
      end
   end)

   it('pseudo-labels, where their own probability or another confidence is high', function()
      local logits = leaf('logits', map)
      local labels = pseudo.of(logits, {threshold = 0.5, mask = inside})
      golden.close('pseudo_labels', labels, 0)
      assert.is_nil(labels._node)
      golden.close('pseudo_labels by another',
         pseudo.of(logits, {threshold = 0.2, mask = inside, confidence = helper.by_formula('confidence', {2, 16, 24}, 1, 0.5)}), 0)
   end)

   it('cross entropy with them over all pixels', function()
      local labels, small = pseudo.of(helper.by_formula('said', map, 6), {threshold = 0.5, mask = inside}), leaf('small', {2, C, 4, 6})
      golden.close('share', pseudo.share(labels, inside):view(1), 1e-6)
      -- the share is a float32
      local L = pseudo.cross_entropy(small, labels, inside)
      golden.close('cross entropy over all', L:detach(), 1e-6)
      L:backward()
      golden.digests('cross entropy over all/gradients', {small = small.grad}, 1e-6)
   end)

   it('cross entropy with the labels of hard pixels, by a threshold or by their number', function()
      local y = helper.labels_by_formula('y', {2, 16, 24}, C)
      for _, case in ipairs {{0.7, 0}, {0.2, 0}, {0.2, 400}, {0.2, 600}, {0.2, 2000}} do
         local threshold, least = unpack(case)
         local key, small = ('ohem %g %d'):format(threshold, least), leaf('small', {2, C, 4, 6})
         local hard = methods.ohem(small, y, {threshold = threshold, least = least / 2})
         golden.close(key .. '/pixels', hilo.sum(hilo.ne(hard, 255):double(), 1, 2, 3):view(1), 0)
         assert_loss(key, hilo.resize_cross_entropy(small, hard, {align_corners = true}), {small = small})
      end
   end)

   it('consistency of maps', function()
      local logits, teacher = leaf('logits', map), leaf('teacher', map)
      assert_loss('map_consistency', methods.map_consistency(logits, teacher, inside), {logits = logits})
      assert.is_nil(teacher.grad)
   end)

   it('cross pseudo supervision, by what the two say or by other logits', function()
      local first, second = leaf('first', map), leaf('second', map)
      assert_loss('cross_pseudo', methods.cross_pseudo(first, second, inside), {first = first, second = second})
      first, second = leaf('first', map), leaf('second', map)
      local said = {first = helper.by_formula('said by first', map, 6), second = helper.by_formula('said by second', map, 6)}
      assert_loss('cross_pseudo of others', methods.cross_pseudo(first, second, inside, said), {first = first, second = second})
   end)

   it('all of them 0, with gradients of 0, where no pixel counts', function()
      local none, logits, scores = hilo.zeros({2, 16, 24}, {dtype = 'byte'}), leaf('logits', map), leaf('scores', {2, 16, 24})
      local L = methods.pixel_bce(scores, 1, none) + methods.map_consistency(logits, helper.by_formula('teacher', map), none)
         + methods.cross_pseudo(logits, logits, none) + pseudo.cross_entropy(logits, pseudo.of(logits, {mask = none}), none)
      assert.equal(0, L:item())
      L:backward()
      assert.equal(0, helper.magnitude(logits.grad))
      assert.equal(0, helper.magnitude(scores.grad))
   end)
end)

describe('CutMix', function()
   local function boxes(shape, options)
      local o = {batch = 6, crop = {60, 80}, shape = shape, seed = 3, stream = 1}
      for key, value in pairs(options or {}) do o[key] = value end
      return methods.cutmix.boxes(o)
   end
   local function drawn(b, step)
      b:draw(step)
      return b.mask:clone()
   end

   it('cuts boxes of half the area, anywhere inside, of any shape', function()
      local shape = methods.cutmix.any_shape()
      local flat, tall = false, false
      for index = 0, 99 do
         local top, left, h, w = unpack(shape(Draws.of(1, 241, 0, index), 60, 80)[1])
         assert.is_true(top >= 0 and left >= 0 and top + h <= 60 and left + w <= 80)
         assert.near(0.5, h * w / (60 * 80), 0.02)
         flat, tall = flat or h < 35, tall or h > 55
      end
      assert.is_true(flat and tall)
   end)

   it('shows the first picture again where two boxes lie on each other', function()
      local b = boxes(function() return {{0, 0, 30, 40}, {10, 20, 30, 40}} end)
      b:draw(1)
      assert.equal(6 * 2 * (30 * 40 - 20 * 20), b.mask:double():sum())
      assert.equal(0, b.mask[1][15][25])
      assert.same({1, 1}, {b.mask[1][1][1], b.mask[6][40][60]})
   end)

   it('cuts a box by chance, not too flat nor too slim', function()
      local shape, n = methods.cutmix.by_chance(), 0
      for index = 0, 199 do
         for _, box in ipairs(shape(Draws.of(1, 241, 0, index), 60, 60)) do
            local top, left, h, w = unpack(box)
            n = n + 1
            assert.is_true(top >= 0 and left >= 0 and top + h <= 60 and left + w <= 60)
            -- the sides are rounded down
            assert.is_true((h + 1) * (w + 1) > 0.02 * 3600 and h * w <= 0.4 * 3600)
            assert.is_true((h + 1) / w >= 0.3 and h / (w + 1) <= 1 / 0.3)
         end
      end
      assert.is_true(n > 65 and n < 135) -- 100 expected, five deviations to each side
   end)

   it('draws boxes that depend on seed, stream and step alone', function()
      local shape = methods.cutmix.any_shape()
      local b = boxes(shape)
      local one, two = drawn(b, 1), drawn(b, 2)
      assert.is_true(hilo.equal(one, drawn(boxes(shape), 1)))
      assert.is_true(hilo.equal(two, drawn(boxes(shape), 2)))
      assert.is_false(hilo.equal(one, two))
      assert.is_false(hilo.equal(one, drawn(boxes(shape, {stream = 2}), 1)))
      assert.is_false(hilo.equal(one, drawn(boxes(shape, {seed = 4}), 1)))
      assert.is_false(hilo.equal(one[1], one[2]))
   end)

   it('mixes pictures and label maps alike', function()
      local b = boxes(methods.cutmix.any_shape())
      b:draw(1)
      local x = methods.cutmix.mix(b, hilo.zeros(6, 3, 60, 80), hilo.ones(6, 3, 60, 80))
      local labels = methods.cutmix.mix(b, hilo.ByteTensor(6, 60, 80):fill(7), hilo.ByteTensor(6, 60, 80):fill(255))
      assert.equal(b.mask:double():sum() * 3, x:sum())
      assert.is_true(hilo.equal(labels, hilo.where(b.mask, labels:clone():fill(255), labels:clone():fill(7))))
   end)

   it('says which areas make no sense', function()
      assert.matches('area must be', helper.error_of(methods.cutmix.any_shape, {area = {0, 0.5}}))
      assert.matches('may not fit', helper.error_of(methods.cutmix.by_chance, {area = {0.1, 0.9}}))
   end)
end)

describe('missing features', function()
   it('are whole channels, and the others grow', function()
      hilo.manualSeed(4)
      local S = models.deeplab {backbone = 'resnet18', width = 4, classes = 3, aspp_branches = 1, freeze_bn = 'all'}
      local x = helper.by_formula('x', {3, 3, 48, 48}, 2, 0, 'float')
      local features = S:features(x):detach()
      local before = hilo.generator:state()
      local logits, dropped = methods.feature_perturbation(S, x, 2, 0.5)
      helper.assert_close(logits, S:logits(x), 1e-6)
      hilo.generator:setState(before)
      local kept = hilo.dropout(features:narrow(1, 2, 2):clone():fill(1), 0.5, {channels = true})
      local share = hilo.gt(kept, 0):double():mean()
      assert.is_true(share > 0.2 and share < 0.8)
      helper.assert_close(dropped, S:classify(hilo.cmul(features:narrow(1, 2, 2), kept)), 1e-5)
      assert.is_true(helper.difference(dropped, logits:narrow(1, 2, 2)) > 0.1)
   end)

   it('are missing from each of the features that a decoder sees', function()
      hilo.manualSeed(4)
      local S = models.deeplab {backbone = 'resnet18', head = 'deeplab3plus', width = 8, classes = 3, output_stride = 16}
      local x = helper.by_formula('x', {3, 3, 64, 64}, 2, 0, 'float')
      S:evaluate() -- the head drops out as well where it trains
      local logits, dropped = methods.feature_perturbation(S, x, 2, 0.5)
      assert.same({3, 3, 16, 16}, logits:size():totable())
      assert.same({2, 3, 16, 16}, dropped:size():totable())
      assert.is_true(helper.difference(dropped, logits:narrow(1, 2, 2)) > 0.01)
      local same, undropped = methods.feature_perturbation(S, x, 2, 0)
      helper.assert_close(undropped, same:narrow(1, 2, 2), 1e-5)
   end)
end)

describe('the discriminator of pixels', function()
   it('needs maps that can be halved five times', function()
      local D = models.pixel_discriminator {classes = 3, channels = 2}
      assert.same({1, 32, 40}, D(hilo.rand(1, 3, 32, 40)):size():totable())
      assert.matches('sides must be 32 or more, got 31x40', helper.error_of(D, hilo.rand(1, 3, 31, 40)))
   end)
end)

describe('two training steps end where PyTorch ends:', function()
   local function network(prefix)
      return helper.fill_network(models.deeplab {backbone = 'resnet18', width = 16, classes = C}, prefix or 'S.'):double():training()
   end
   local function sgd(S)
      return optim.SGD({{params = S:backboneParameters(), lr = 2.5e-3}, {params = S:headParameters(), lr = 2.5e-2}},
         {momentum = 0.9, weight_decay = 5e-4})
   end
   local function pictures(name, t, n) return helper.by_formula(name .. t, {n, 3, 64, 64}, 3) end
   local function labelled(t) return pictures('x_l', t, 2), helper.labels_by_formula('y_l' .. t, {2, 64, 64}, C) end
   local inside, other_inside = inside_of(3, 64, 64), flipped(inside_of(3, 64, 64))

   local function boxes_of(t, number)
      local mask = hilo.zeros({3, 64, 64}, {dtype = 'byte'})
      for i = 0, 2 do mask[i + 1]:narrow(1, 5 * number + 3 * i + t + 1, 30):narrow(2, 8 * i + 2 * number + 1, 25):fill(1) end
      return {mask = mask}
   end

   local function assert_losses(name, t, list, tol)
      local values = {}
      for i, L in ipairs(list) do values[i] = hilo.isTensor(L) and L:item() or L end
      golden.close(('%s/losses%d'):format(name, t), hilo.DoubleTensor(values), tol)
   end

   it('AdvSemiSeg', function()
      local S = network()
      local D = helper.fill_network(models.pixel_discriminator {classes = C, channels = 16}, 'D.'):double()
      local before_S, before_D = copy_state(S), copy_state(D)
      local opt_S, opt_D = sgd(S), optim.Adam(D, {lr = 1e-3, betas = {0.9, 0.99}})
      for t = 1, 2 do
         local x_l, y_l = labelled(t)
         local valid, logits_l, logits_u = hilo.ne(y_l, 255), S(x_l), S(pictures('x_u', t, 3))
         local map_l = hilo.softmax(logits_l)
         local judged_u = methods.fixed(D, hilo.softmax(logits_u))
         local L_ce = hilo.cross_entropy(logits_l, y_l)
         local L_adv, L_adv_u = methods.pixel_bce(methods.fixed(D, map_l), 1, valid), methods.pixel_bce(judged_u, 1, inside)
         local L_semi = hilo.cross_entropy(logits_u, pseudo.of(logits_u, {confidence = hilo.sigmoid(judged_u:detach()), mask = inside,
            threshold = golden.number('advsemiseg/threshold' .. t)}))
         opt_S:zeroGrad();
         (L_ce + L_adv * 0.01 + L_adv_u * 0.001 + L_semi * 0.1):backward()
         local L_D = (methods.pixel_bce(D(map_l:detach()), 0, valid)
            + methods.pixel_bce(D(hilo.one_hot(y_l, C):double()), 1, valid)) * 0.5
         opt_D:zeroGrad()
         L_D:backward()
         local tol = t == 1 and 1e-9 or 1e-7 -- Adam's first step divides small gradients by their own size
         assert_losses('advsemiseg', t, {L_ce, L_adv, L_adv_u, L_semi, L_D}, tol)
         golden.digests('advsemiseg/S gradients' .. t, gradients(S), 100 * tol)
         golden.digests('advsemiseg/D gradients' .. t, gradients(D), 100 * tol)
         opt_S:step()
         opt_D:step()
      end
      golden.digests('advsemiseg/S moved', moved(S, before_S), 1e-6, 1e-9)
      golden.digests('advsemiseg/D moved', moved(D, before_D), 1e-6)
   end)

   -- step(t, student, teacher) -> the loss and what to compare; tol: 1e-9, more where a share in float32 is part of it
   local function with_teacher(name, tol, step)
      local student = network()
      local teacher = methods.mean_teacher.of(student)
      local before, opt = copy_state(student), sgd(student)
      for t = 1, 2 do
         local L, list = step(t, student, teacher)
         opt:zeroGrad()
         L:backward()
         assert_losses(name, t, list, tol)
         golden.digests(('%s/gradients%d'):format(name, t), gradients(student), 100 * tol)
         opt:step()
         methods.mean_teacher.update(teacher, student, t, 0.99)
      end
      golden.digests(name .. '/student moved', moved(student, before), 1000 * tol, 1e-9)
      golden.digests(name .. '/teacher moved', moved(teacher, before), 1000 * tol, 1e-9)
   end

   it('mean teacher', function()
      with_teacher('mean_teacher', 1e-9, function(t, student, teacher)
         local x_l, y_l = labelled(t)
         local L_ce = student:cross_entropy(x_l, y_l)
         local said = hilo.no_grad(teacher, pictures('x_t', t, 3))
         local L_cons = methods.map_consistency(student(pictures('x_s', t, 3)), said, inside) * (1 / C)
         local w = 100 * optim.sigmoid_ramp(t + 2, 10)
         return L_ce + L_cons * w, {L_ce, L_cons, w}
      end)
   end)

   it('CutMix-Seg', function()
      with_teacher('cutmix', 1e-7, function(t, student, teacher)
         local x_l, y_l = labelled(t)
         local boxes = boxes_of(t, 1)
         local function mixed(a, b) return methods.cutmix.mix(boxes, a, b) end
         local shown = mixed(inside, other_inside)
         local L_ce = student:cross_entropy(x_l, y_l)
         local said = hilo.no_grad(function() return mixed(teacher(pictures('a_t', t, 3)), teacher(pictures('b_t', t, 3))) end)
         local labels = pseudo.of(said, {threshold = golden.number('cutmix/threshold' .. t), mask = shown})
         local sure = pseudo.share(labels, shown)
         local L_cons = methods.map_consistency(student(mixed(pictures('a_s', t, 3), pictures('b_s', t, 3))), said, shown)
         return L_ce + hilo.cmul(L_cons, sure:double()), {L_ce, L_cons, sure}
      end)
   end)

   it('CPS, plain and on mixed pictures', function()
      local nets = {network 'S.', network 'T.'}
      local before, opts = {}, {}
      for i, S in ipairs(nets) do before[i], opts[i] = copy_state(S), sgd(S) end
      for t = 1, 2 do
         local x_l, y_l = labelled(t)
         local l1, l2 = nets[1](x_l), nets[2](x_l)
         local a = pictures('a', t, 3)
         local L_cps
         if t == 1 then
            L_cps = methods.cross_pseudo(hilo.cat({l1, nets[1](a)}, 1), hilo.cat({l2, nets[2](a)}, 1),
               hilo.cat({inside_of(2, 64, 64), inside}, 1)) * 1.5
         else
            local b, boxes = pictures('b', t, 3), boxes_of(t, 1)
            local function mixed(p, q) return methods.cutmix.mix(boxes, p, q) end
            local function said(S) return hilo.no_grad(function() return mixed(S(a), S(b)) end) end
            local labels, x = {first = said(nets[1]), second = said(nets[2])}, mixed(a, b)
            L_cps = methods.cross_pseudo(nets[1](x), nets[2](x), mixed(inside, other_inside), labels)
         end
         local L_1, L_2 = hilo.cross_entropy(l1, y_l), hilo.cross_entropy(l2, y_l)
         for _, opt in ipairs(opts) do opt:zeroGrad() end
         (L_1 + L_2 + L_cps):backward()
         local tol = t == 1 and 1e-9 or 1e-8
         assert_losses('cps', t, {L_1, L_2, L_cps}, tol)
         for i, S in ipairs(nets) do
            golden.digests(('cps/S%d gradients%d'):format(i, t), gradients(S), 100 * tol)
            opts[i]:step()
         end
      end
      for i, S in ipairs(nets) do golden.digests(('cps/S%d moved'):format(i), moved(S, before[i]), 1e-6, 1e-9) end
   end)

   it('UniMatch', function()
      local S = network()
      local before, opt = copy_state(S), sgd(S)
      for t = 1, 2 do
         local x_l, y_l = labelled(t)
         local threshold, mix = golden.number('unimatch/threshold' .. t), methods.cutmix.mix
         local boxes = {boxes_of(t, 1), boxes_of(t, 2)}
         local function labels(logits, mask)
            return pseudo.of(hilo.resize(logits:detach(), 64, 64, {align_corners = true}), {threshold = threshold, mask = mask})
         end
         local strong = {}
         for k = 1, 2 do strong[k] = mix(boxes[k], pictures('s' .. k - 1, t, 3), pictures('m' .. k - 1, t, 3)) end
         local y_m = labels(hilo.train.evaluate.with(S, S.logits, S, pictures('x_m', t, 3)), other_inside)
         assert.is_true(S.train)
         local logits, dropped = methods.feature_perturbation(S, hilo.cat({x_l, pictures('x_w', t, 3)}, 1), 3, 0)
         local y_w = labels(logits:narrow(1, 3, 3), inside)
         local strong_logits = S:logits(hilo.cat(strong, 1))
         local L_x, L_s = hilo.resize_cross_entropy(logits:narrow(1, 1, 2), y_l, {align_corners = true}), {}
         for k = 1, 2 do
            L_s[k] = pseudo.cross_entropy(strong_logits:narrow(1, 3 * k - 2, 3), mix(boxes[k], y_w, y_m),
               mix(boxes[k], inside, other_inside))
         end
         local L_fp = pseudo.cross_entropy(dropped, y_w, inside)
         opt:zeroGrad();
         ((L_x + (L_s[1] + L_s[2]) * 0.25 + L_fp * 0.5) * 0.5):backward()
         assert_losses('unimatch', t, {L_x, L_s[1], L_s[2], L_fp}, 1e-7) -- the shares are float32
         golden.digests('unimatch/gradients' .. t, gradients(S), 1e-5)
         opt:step()
      end
      golden.digests('unimatch/moved', moved(S, before), 1e-4, 1e-9)
   end)
end)
