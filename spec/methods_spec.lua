-- The losses of the method, by hand-made numbers.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local methods = hilo.methods

local function logits(...)
   local x = hilo.Tensor(...)
   helper.fill_by_formula(x, 'logits', 4)
   x.requires_grad = true
   return x
end

describe('feature matching', function()
   it('is the mean difference of batch means, with a gradient to the fakes alone', function()
      local real, fake = hilo.Tensor {{1, 2}, {3, 6}}, hilo.Tensor {{0, 5}, {2, 5}, {1, 5}}
      real.requires_grad, fake.requires_grad = true, true
      local L = methods.feature_matching(real, fake)
      assert.near((1 + 1) / 2, L:item(), 1e-6)
      L:backward()
      assert.is_nil(real.grad)
      assert.near(-1 / 6, fake.grad[1][1], 1e-6)
      assert.near(1 / 6, fake.grad[1][2], 1e-6)
   end)
end)

describe('self-training', function()
   it('learns from maps that pass, and from nothing else', function()
      local x = logits(3, 4, 5, 6)
      local L, passed = methods.self_training(x, hilo.Tensor {0.7, 0.59, 0.6}, {gamma = 0.6})
      assert.same({1, 0, 1}, passed:view(3):totable())
      local map = hilo.label_map(x:detach())
      local two = hilo.cat({x:detach():narrow(1, 1, 1), x:detach():narrow(1, 3, 1)}, 1)
      local maps = hilo.cat({map:narrow(1, 1, 1), map:narrow(1, 3, 1)}, 1)
      assert.near(hilo.cross_entropy(two, maps):item(), L:item(), 1e-5)
      L:backward()
      assert.equal(0, hilo.abs(x.grad[2]):sum())
      assert.is_true(hilo.abs(x.grad[1]):sum() > 0)
   end)

   it('is 0 where no map passes, and with gamma of 1 or more', function()
      local x = logits(2, 4, 5, 6)
      assert.equal(0, methods.self_training(x, hilo.Tensor {0.1, 0.2}, {gamma = 0.6}):item())
      local L = methods.self_training(x, hilo.Tensor {1, 1}, {gamma = 1})
      assert.equal(0, L:item())
      L:backward()
      assert.equal(0, hilo.abs(x.grad):sum())
   end)

   it('gives padding no labels', function()
      local x, mask = logits(1, 4, 5, 6), hilo.ByteTensor(1, 5, 6):fill(1)
      mask:narrow(2, 4, 2):zero()
      methods.self_training(x, hilo.Tensor {0.9}, {gamma = 0.6, mask = mask}):backward()
      assert.equal(0, hilo.abs(x.grad:narrow(3, 4, 2)):sum())
      assert.is_true(hilo.abs(x.grad:narrow(3, 1, 3)):sum() > 0)
   end)
end)

describe('what the discriminator sees', function()
   local images = helper.by_formula('images', {2, 3, 4, 5}, 6, 1, 'float')

   local function unit_range(x)
      local labels = hilo.ByteTensor(x:size(1), x:size(3), x:size(4)):fill(255)
      return methods.discriminator.real(labels, x, 2):narrow(2, 3, 3)
   end

   it('is each image by its own range', function()
      local y = unit_range(images)
      for i = 1, 2 do
         assert.near(0, y[i]:min(), 1e-6)
         assert.near(1, y[i]:max(), 1e-6)
      end
      local alone = unit_range(images:narrow(1, 2, 1))
      helper.assert_close(y:narrow(1, 2, 1), alone, 1e-6)
      assert.equal(0, unit_range(images:clone():fill(3)):sum())
   end)

   it('has void columns of zeros in real and fake maps', function()
      local labels = hilo.ByteTensor(2, 4, 5):fill(1)
      labels[1][2][3] = 255
      local real = methods.discriminator.real(labels, images, 6)
      assert.same({2, 9, 4, 5}, real:size():totable())
      assert.equal(0, real:narrow(2, 1, 6):select(1, 1):select(2, 2):select(2, 3):sum())
      assert.equal(2 * 4 * 5 - 1, real:narrow(2, 1, 6):sum())
      local mask = hilo.ne(labels, 255)
      local x = helper.by_formula('x', {2, 6, 4, 5}, 3, 0, 'float')
      local fake = methods.discriminator.fake(x, images, mask:unsqueeze(2))
      assert.equal(0, fake:narrow(2, 1, 6):select(1, 1):select(2, 2):select(2, 3):sum())
      assert.near(2 * 4 * 5 - 1, fake:narrow(2, 1, 6):sum(), 1e-3)
      assert.near(2 * 4 * 5, methods.discriminator.fake(x, images):narrow(2, 1, 6):sum(), 1e-3)
   end)

   it('looks the same in both: each is zero where the other has void or padding', function()
      local labels, inside = hilo.ByteTensor(2, 2, 2):fill(1), hilo.ByteTensor(3, 2, 2):fill(1)
      labels[1][1][1], labels[2][1][2] = 255, 255
      inside[2][2][1] = 0
      local real, fake = methods.discriminator.shared_columns(labels, inside)
      assert.same({{0, 1}, {1, 1}}, real[1][1]:totable())
      assert.same({{1, 0}, {0, 1}}, real[2][1]:totable())
      assert.same({{0, 1}, {1, 1}}, fake[1][1]:totable())
      assert.same({{1, 0}, {0, 1}}, fake[2][1]:totable())
      assert.same({{0, 1}, {1, 1}}, fake[3][1]:totable())
   end)

   it('is judged by the mean of two cross entropies', function()
      local function bce(x, t) return math.log(1 + math.exp(x)) - t * x end
      local L = methods.discriminator.loss(hilo.Tensor {2, -1}, hilo.Tensor {0.5})
      assert.near(((bce(2, 1) + bce(-1, 1)) / 2 + bce(0.5, 0)) / 2, L:item(), 1e-6)
   end)

   it('asks for less than certainty of real maps, and for certainty of fakes, where labels are smoothed on one side', function()
      local function bce(x, t) return math.log(1 + math.exp(x)) - t * x end
      local real = hilo.Tensor {2, -1}
      real.requires_grad = true
      local L = methods.discriminator.loss(real, hilo.Tensor {0.5}, {smooth = 0.1})
      assert.near(((bce(2, 0.9) + bce(-1, 0.9)) / 2 + bce(0.5, 0)) / 2, L:item(), 1e-6)
      L:backward()
      assert.near((1 / (1 + math.exp(-2)) - 0.9) / 4, real.grad[1], 1e-6)
      assert.matches('below 0.5, got 0.5', helper.error_of(methods.discriminator.loss, real, real, {smooth = 0.5}))
   end)
end)

describe('the discriminator', function()
   local D, fake
   before_each(function()
      hilo.manualSeed(5)
      D = hilo.models.discriminator {classes = 4, channels = 4}
      fake = helper.by_formula('fake', {2, 7, 32, 32}, 1, 0, 'float')
   end)

   it('held fixed passes gradients on but gets none', function()
      fake.requires_grad = true
      local _, f = methods.fixed(D, fake)
      hilo.mean(f, 1, 2):backward()
      assert.is_true(hilo.abs(fake.grad):sum() > 0)
      for _, p in ipairs((D:parameters())) do
         assert.is_true(p.requires_grad)
         assert.is_true(p.grad == nil or hilo.abs(p.grad):sum() == 0)
      end
   end)

   it('opens the gate without dropout, and trains on with it', function()
      local a, b = methods.confidence(D, fake), methods.confidence(D, fake)
      assert.is_true(hilo.equal(a, b))
      assert.is_true(D.train)
      assert.is_nil(a._node)
      local c, d = methods.confidence(D, fake, {dropout = true}), methods.confidence(D, fake, {dropout = true})
      assert.is_false(hilo.equal(c, d))
   end)
end)

describe('mean teacher', function()
   it('averages weights and statistics, and evaluates', function()
      hilo.manualSeed(3)
      local student = hilo.models.classifier {backbone = 'resnet18', width = 4, classes = 3}
      local teacher = methods.mean_teacher.of(student)
      assert.is_false(teacher.train)
      assert.is_true(student.train)
      hilo.no_grad(student, helper.by_formula('x', {2, 3, 32, 32}, 2, 0, 'float')) -- statistics move
      student.fc.weight:detach():add(1)
      local w, m = teacher.fc.weight:clone(), teacher.bn1.running_mean:clone()
      methods.mean_teacher.update(teacher, student, 1)
      helper.assert_close(teacher.fc.weight, (w + student.fc.weight:detach()) * 0.5, 1e-6)
      helper.assert_close(teacher.bn1.running_mean, (m + student.bn1.running_mean) * 0.5, 1e-6)
   end)

   it('agrees with the student by two distances', function()
      local s, t = logits(2, 3), helper.by_formula('teacher', {2, 3}, 3, 0, 'float')
      local function sigmoid(x) return 1 / (1 + math.exp(-x)) end
      local mse, cosine = 0, 0
      for i = 1, 2 do
         local dot, a, b = 0, 0, 0
         for c = 1, 3 do
            mse = mse + (sigmoid(s[i][c]) - sigmoid(t[i][c])) ^ 2 / 6
            dot, a, b = dot + s[i][c] * t[i][c], a + s[i][c] ^ 2, b + t[i][c] ^ 2
         end
         cosine = cosine + (1 - dot / math.sqrt(a * b)) / 2
      end
      assert.near(mse, methods.consistency.loss(s, t, 'mse'):item(), 1e-6)
      assert.near(cosine, methods.consistency.loss(s, t, 'cosine'):item(), 1e-6)
      t.requires_grad = true
      methods.consistency.loss(s, t, 'mse'):backward()
      assert.is_nil(t.grad)
      assert.matches("'mse' or 'cosine'", helper.error_of(methods.consistency.loss, s, t, 'cos'))
   end)
end)

describe('class targets', function()
   it('are the classes in the map, void not counted', function()
      local labels = hilo.ByteTensor {{{0, 0}, {2, 255}}, {{255, 255}, {255, 255}}}
      assert.same({{1, 0, 1, 0}, {0, 0, 0, 0}}, methods.class_targets(labels, 4):totable())
   end)
end)

describe('fusion', function()
   -- background and class 2 have negative logits, class 1 wins everywhere
   local x = hilo.Tensor(1, 3, 1, 1)
   x[1][1]:fill(-2)
   x[1][2]:fill(-1)
   x[1][3]:fill(-3)
   local function winner(scores, options) return hilo.label_map(methods.fusion(x, scores, options))[1][1][1] end

   it('switches absent classes off', function()
      assert.equal(1, winner({0.9, 0.9, 0.9}))
      assert.equal(0, winner({0.9, 0.1, 0.9}))
      assert.equal(2, winner({0.1, 0.1, 0.9}))
      assert.equal(1, winner({0.1, 0.2, 0.1}, {tau = 0.2}))
   end)

   it('never switches the background off where the set has one', function()
      assert.equal(0, winner({0, 0.1, 0.9}, {background = true}))
   end)

   it('lets an absent class win over negative logits only as the original does', function()
      assert.equal(0, winner({0.9, 0.1, 0.9}, {on = 'probabilities'}))
      assert.equal(1, winner({0.9, 0.1, 0.9}, {on = 'logits'}))
   end)

   it('leaves the map alone where every class is absent', function()
      assert.equal(1, winner({0, 0, 0}))
   end)

   it('takes a threshold for each class', function()
      assert.equal(2, winner({0.3, 0.3, 0.3}, {tau = {0.4, 0.4, 0.1}}))
      assert.matches('one number or one a class, got 2 for 3 classes', helper.error_of(methods.fusion, x, {1, 1, 1}, {tau = {0, 0}}))
   end)

   it('weighs probabilities by what the classifier expects here over what it expects on average', function()
      local p, scores, prior = hilo.softmax(x):view(3):totable(), {0.5, 0.1, 0.8}, {0.9, 0.4, 0.2}
      local fused = methods.fusion(x, scores, {how = 'soft', exponent = 2, prior = prior}):view(3):totable()
      for c = 1, 3 do assert.near(p[c] * (scores[c] / prior[c]) ^ 2, fused[c], 1e-6) end
      local kept = methods.fusion(x, scores, {how = 'soft', prior = prior, background = true}):view(3):totable()
      assert.near(p[1], kept[1], 1e-6)
      assert.near(p[2] * scores[2] / prior[2], kept[2], 1e-6)
   end)

   it('changes nothing softly where the scores are those that are always given', function()
      local same = methods.fusion(x, {1, 0.6, 0.3}, {how = 'soft', exponent = 3, prior = {1, 0.6, 0.3}})
      assert.is_true(hilo.abs(same - hilo.softmax(x)):max() < 1e-6)
   end)

   it('takes the mean score of each class as its prior', function()
      assert.same({0.5, 0.25}, methods.class_prior {a = {0.75, 0.25}, b = {0.25, 0.25}})
      assert.matches('at least one picture', helper.error_of(methods.class_prior, {}))
      assert.matches('b has scores of 1 classes, others of 2', helper.error_of(methods.class_prior, {a = {1, 1}, b = {1}}))
   end)

   it('says what soft fusion lacks', function()
      assert.matches('needs the prior of 3 classes, got nil', helper.error_of(methods.fusion, x, {1, 1, 1}, {how = 'soft'}))
      assert.matches("'threshold' or 'soft', got 'hard'", helper.error_of(methods.fusion, x, {1, 1, 1}, {how = 'hard'}))
   end)

   it('needs a score for each class', function()
      assert.matches('3 classes are segmented and 2 classified', helper.error_of(methods.fusion, x, {1, 1}))
   end)
end)

describe("the original's behaviour", function()
   it('lists parameters of the backbone as often as its modules nest', function()
      local S = hilo.models.deeplab {backbone = 'resnet18', width = 4, classes = 3, freeze_bn = 'affine'}
      local once = S:backboneParameters()
      local list = methods.original.repeated_parameters(S)
      local times = {}
      for _, p in ipairs(list) do times[p] = (times[p] or 0) + 1 end
      assert.equal(#once, (function()
         local n = 0
         for _ in pairs(times) do n = n + 1 end
         return n
      end)())
      assert.equal(1, times[S.backbone.conv1.weight])
      for _, p in ipairs(S.backbone:namedParameters()) do
         if p.tensor.requires_grad and p.name:find('downsample') then assert.equal(4, times[p.tensor]) end
         if p.name == 'layer3.1.conv1.weight' or p.name == 'layer3.0.conv1.weight' then assert.equal(3, times[p.tensor]) end
      end
   end)
end)
