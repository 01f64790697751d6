-- What a method does to its networks, measured in a run: right by direct computation, and without a trace in the training.
local hilo = require 'hilo'
local core = require 'hilo.core'
local events = require 'hilo.io.events'
local gradients = require 'hilo.train.gradients'
local helper = require 'spec.helper'
local Quality = require 'hilo.train.quality'
local reader = require 'spec.event_reader'
local sorted_keys = require 'hilo.keys'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'
local undisturbed = require 'hilo.train.undisturbed'

local methods, metrics, train = hilo.methods, hilo.train.metrics, hilo.train

local set, runs
setup(function() set, runs = tiny.voc {n = 12, val = 4}, tiny.folder() end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

describe('the discriminator as it trains', function()
   it('is told by its mean confidence and what it tells right', function()
      local found = methods.diagnostics.discriminator(hilo.Tensor {2, -1}, hilo.Tensor {0.5, -3, -1})
      local function sigmoid(x) return 1 / (1 + math.exp(-x)) end
      assert.near((sigmoid(2) + sigmoid(-1)) / 2, found.real:item(), 1e-6)
      assert.near((sigmoid(0.5) + sigmoid(-3) + sigmoid(-1)) / 3, found.fake:item(), 1e-6)
      assert.near((1 / 2 + 2 / 3) / 2, found.accuracy:item(), 1e-6)
   end)

   it('is told outside of any graph', function()
      local x = hilo.Tensor {1, 2}
      x.requires_grad = true
      for _, t in pairs(methods.diagnostics.discriminator(x * 2, x)) do assert.is_falsy(t.requires_grad) end
   end)
end)

describe('the quality of label maps', function()
   it('is that of those that are learnt from, and apart from it that of the others', function()
      local truth, found = hilo.ByteTensor {{{0, 0, 1, 255}}, {{1, 1, 0, 0}}}, hilo.ByteTensor {{{0, 1, 1, 1}}, {{1, 0, 1, 1}}}
      local quality = Quality.new({'a', 'b'}):add(truth, found, hilo.ByteTensor(2, 1, 1):copy(hilo.Tensor {1, 0}:view(2, 1, 1)))
      local figures = quality:figures()
      assert.near(100 * 2 / 3, figures.accepted.pixel_accuracy, 1e-9)
      assert.near(100 * (1 / 2 + 1 / 2) / 2, figures.accepted.mean_iou, 1e-9)
      assert.near(100 / 4, figures.rejected.pixel_accuracy, 1e-9)
      assert.is_nil(Quality.new({'a', 'b'}):add(truth, found, hilo.ByteTensor(2, 1, 1):zero()):figures().accepted)
   end)

   it('counts pixel by pixel where a method chooses so', function()
      local truth, found = hilo.ByteTensor {{{0, 0, 1, 1}}}, hilo.ByteTensor {{{0, 1, 1, 0}}}
      local figures = Quality.new({'a', 'b'}):add(truth, found, hilo.ByteTensor {{{1, 0, 1, 1}}}):figures()
      assert.near(100 * 2 / 3, figures.accepted.pixel_accuracy, 1e-9)
      assert.equal(0, figures.rejected.pixel_accuracy)
   end)
end)

describe('rank correlation', function()
   it('is 1 where one list rises with the other, and shares ranks among equals', function()
      assert.near(1, metrics.rank_correlation({1, 5, 9}, {-3, 0, 0.1}), 1e-12)
      assert.near(-1, metrics.rank_correlation({1, 5, 9}, {3, 2, 1}), 1e-12)
      -- scipy.stats.spearmanr([1, 2, 2, 4, 0, 7], [3, 1, 4, 4, 2, 2])
      assert.near(0.1343433226559697, metrics.rank_correlation({1, 2, 2, 4, 0, 7}, {3, 1, 4, 4, 2, 2}), 1e-12)
      assert.is_nil(metrics.rank_correlation({1, 1}, {1, 2}))
   end)
end)

describe('gradient norms', function()
   local function network()
      hilo.manualSeed(3)
      return hilo.models.deeplab {backbone = 'resnet18', width = 4, classes = 3, freeze_bn = 'affine'}
   end
   local x = helper.by_formula('x', {2, 3, 32, 32}, 2, 0, 'float')
   local labels = hilo.ByteTensor(2, 32, 32):zero()
   labels:narrow(2, 1, 16):fill(2)

   local function alone(loss)
      local S = network()
      loss(S(x)):backward()
      local grads = {}
      for _, p in ipairs(S:namedParameters()) do if p.tensor.requires_grad then grads[#grads + 1] = p.tensor.grad:clone() end end
      return grads
   end
   local function dot(a, b)
      local sum = 0
      for i = 1, #a do sum = sum + helper.dot(a[i], b[i]) end
      return sum
   end
   local function ce(logits) return hilo.cross_entropy(logits, labels) end
   local function square(logits) return hilo.mean(hilo.cmul(logits, logits), 1, 2, 3, 4):view(1) end

   it('are weighed as the loss is, by numbers or by tensors', function()
      local S = network()
      local logits = S(x)
      local norms = gradients.of(S, {ce = ce(logits), square = square(logits)},
         {first = 'ce', weights = {ce = hilo.Tensor {2}, square = -0.5}})
      local a, b = alone(ce), alone(square)
      assert.near(1, norms.ce / (2 * math.sqrt(dot(a, a))), 1e-4)
      assert.near(1, norms.square / (0.5 * math.sqrt(dot(b, b))), 1e-4)
   end)

   for _, again in ipairs {false, true} do
      it('and angles are those of each loss by itself' .. (again and ', with stages that are computed again too' or ''), function()
         local S = network()
         if again then S.backbone.recomputes = true end
         local logits = S(x)
         local norms, cosines = gradients.of(S, {ce = ce(logits), square = square(logits)}, {first = 'ce', weights = {square = 0.5}})
         local a, b = alone(ce), alone(square)
         assert.near(1, norms.ce / math.sqrt(dot(a, a)), 1e-4)
         assert.near(1, norms.square / (0.5 * math.sqrt(dot(b, b))), 1e-4)
         assert.near(dot(a, b) / math.sqrt(dot(a, a) * dot(b, b)), cosines.square, 1e-4)
         assert.is_nil(cosines.ce)
      end)
   end
end)

describe('measuring undisturbed', function()
   local S, x
   before_each(function()
      hilo.manualSeed(3)
      S, x = hilo.models.deeplab {backbone = 'resnet18', width = 4, classes = 3, freeze_bn = 'none'}, hilo.randn(2, 3, 32, 32)
      hilo.mean(S(x), 1, 2, 3, 4):view(1):backward()
   end)

   -- Bytes that must stay: buffers and gradients.
   local function trace()
      local list = {}
      for _, b in ipairs(S:namedBuffers()) do list[#list + 1] = b.tensor:clone() end
      for _, p in ipairs(S:namedParameters()) do list[#list + 1] = p.tensor.grad:clone() end
      return list
   end

   local function assert_untouched(f)
      local before, state = trace(), hilo.generator:state()
      f()
      for i, t in ipairs(trace()) do assert.is_true(hilo.equal(before[i], t)) end
      assert.same(state, hilo.generator:state())
      assert.is_true(S.train and S.backbone.bn1.train)
   end

   it('leaves running statistics, gradients, modes and random numbers as they were', function()
      assert_untouched(function()
         local returned = undisturbed({S}, function()
            hilo.randn(3)
            assert.equal(0, hilo.abs(S.head.modules[1].weight.grad):sum())
            hilo.mean(S(x), 1, 2, 3, 4):view(1):backward()
            assert.is_true(hilo.abs(S.head.modules[1].bias.grad):sum() > 0)
            S:evaluate()
            return 'told'
         end)
         assert.equal('told', returned)
      end)
   end)

   it('does so after an error too', function()
      assert_untouched(function()
         assert.error_matches(function()
            undisturbed({S}, function()
               S(x)
               S:evaluate()
               hilo.randn(3)
               error('a fault', 0)
            end)
         end, 'a fault')
      end)
   end)
end)

-- ---- whole runs ----

local small = 'crop=32 batch=2 unlabelled_batch=3 model.width=4 data.labelled=3 threads=1 workers=1 log_every=2 eval_every=2 '
   .. 'diagnostics=6'
local own = {s4gan = 'steps=4 d_channels=4 gamma=0.5', cutmix = 'steps=2 threshold=0.35', unimatch = 'steps=2 threshold=0.35',
   advsemiseg = 'steps=2 threshold=0.48 d_channels=4', mean_teacher = 'steps=2', cps = 'steps=2',
   guided = 'steps=2 threshold=0.35 data.tags=image_tags.tsv'}

local function run(script, name, rest)
   local code, text = tiny_runs.shell(table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo',
      ('%sexperiments/%s.lua'):format(core.root, script), 'name=' .. name, 'runs=' .. runs, 'data.root=' .. set, small,
      own[script], rest or ''}, ' '))
   assert(code == 0, text)
   return text
end

local function file(name, which) return ('%s/%s/%s'):format(runs, name, which) end

local function figures_of(name)
   local list = {}
   for _, entry in ipairs(train.Log.read(file(name, 'log.jsonl'))) do
      if entry.scores then list[#list + 1] = entry.diagnostics or false end
   end
   return list
end

describe('a run of s4GAN', function()
   local said
   setup(function() said = run('s4gan', 'with') end)

   it('tells what its discriminator does in every line of its log', function()
      local log = train.Log.read(file('with', 'log.jsonl'))
      for _, key in ipairs {'D/real', 'D/fake', 'D/accuracy'} do assert.is_true(log[1][key] >= 0 and log[1][key] <= 1, key) end
      assert.not_matches('D/real', said)
   end)

   it('tells at each evaluation how sure D is, what is accepted and how good it is, and how hard the losses pull', function()
      local figures = figures_of('with')
      assert.equal(2, #figures)
      for _, of in ipairs(figures) do
         for _, part in ipairs {'labelled', 'labelled_truth', 'val', 'val_truth', 'unlabelled'} do
            assert.is_true(of.confidence[part] > 0 and of.confidence[part] < 1, part)
         end
         for _, part in ipairs {'val', 'unlabelled'} do
            local share = of.accepted[part]
            assert.is_true(share >= 0 and share <= 1)
            assert.equal(share > 0, of.pixel_accuracy[part .. '_accepted'] ~= nil)
            assert.equal(share < 1, of.mean_iou[part .. '_rejected'] ~= nil)
         end
         assert.is_true(of.gradient_norm.ce > 0 and of.gradient_norm.fm > 0)
         assert.is_true(math.abs(of.gradient_cosine.fm) <= 1)
      end
      assert.matches('step 2: mean iou [%d.]+; D is 0.%d+ sure of label maps', said)
   end)

   it('shows both in TensorBoard, in groups of their own', function()
      local points = {}
      for _, name in ipairs(events.list(runs .. '/with')) do
         for _, event in ipairs(reader.events(tiny.read(file('with', name)))) do
            for _, value in ipairs(event.values) do points[value.tag] = value.scalar end
         end
      end
      local figures, log = figures_of('with')[2], train.Log.read(file('with', 'log.jsonl'))
      assert.near(figures.confidence.val_truth, points['confidence/val_truth'], 1e-6)
      assert.near(figures.gradient_norm.fm, points['gradient_norm/fm'], 1e-6)
      assert.near(log[#log - 1]['D/fake'], points['D/fake'], 1e-6)
      assert.is_nil(points['train/D/fake'])
   end)

   it('tells what measuring took', function()
      local machine = train.json.load(file('with', 'machine.json'))
      assert.is_true(machine.diagnostics_seconds > 0 and machine.diagnostics_seconds < machine.seconds)
   end)

   it('learns the same, to the last bit, without being measured', function()
      run('s4gan', 'without', 'diagnostics=0')
      assert.is_true(tiny.read(file('with', 'best.safetensors')) == tiny.read(file('without', 'best.safetensors')))
      assert.is_true(tiny.read(file('with', 'last.safetensors')) == tiny.read(file('without', 'last.safetensors')))
      assert.same({false, false}, figures_of('without'))
   end)
end)

describe('what is told of s4GAN', function()
   it('is what a direct computation gives', function()
      run('s4gan', 'known')
      local options = train.json.load(file('known', 'options.json'))
      options.runs, options.name = runs, 'known'
      local data = hilo.data.open(options.data)
      local split = train.json.load(file('known', 'split.json'))
      local S, D = train.networks.segmentation(options, data), train.networks.discriminator(options, data)
      hilo.io.checkpoint.load(file('known', 'last.safetensors'), {nets = {S = S, D = D}, generator = false}, {subset = true})
      local transform = hilo.data.transforms.segmentation {crop = options.crop, size = 1, scale = options.scale, mirror = true}
      local workers = hilo.data.workers {threads = 1}
      local probe = train.probe {run = {options = options, workers = workers}, set = data, split = split, transform = transform}
      local says, right, truth, hard, n, accepted, hits, pixels = 0, {}, 0, 0, 0, 0, 0, 0
      local list = {}
      for _, parts in probe:batches() do
         local l, v = parts.labelled, parts.val
         local logits = hilo.no_grad(S, v.images) -- S trains: batch statistics
         local _, shown = methods.discriminator.shared_columns(l.labels, v.inside)
         local real_shown = methods.discriminator.shared_columns(v.labels, parts.unlabelled.inside)
         local sure = methods.confidence(D, methods.discriminator.fake(logits, v.images, shown))
         local of_truth = methods.confidence(D, methods.discriminator.real(v.labels, v.images, 3, real_shown))
         local found = hilo.label_map(logits)
         local one_hot = hilo.where(shown, hilo.one_hot(found, 3), hilo.zeros(3, 3, 32, 32))
         local images = methods.discriminator.real(v.labels, v.images, 3):narrow(2, 4, 3) -- scaled as D sees them
         local of_hard = methods.confidence(D, hilo.cat({one_hot, images}, 2))
         for i = 1, v.images:size(1) do
            says, truth, hard, n = says + sure[i], truth + of_truth[i], hard + of_hard[i], n + 1
            local known, good = 0, 0
            for y = 1, 32 do
               for k = 1, 32 do
                  if v.labels[i][y][k] ~= 255 then
                     known = known + 1
                     if v.labels[i][y][k] == found[i][y][k] then good = good + 1 end
                  end
               end
            end
            list[n], right[n] = sure[i], good / math.max(1, known)
            if sure[i] >= 0.5 then accepted, hits, pixels = accepted + 1, hits + good, pixels + known end
         end
      end
      local figures = figures_of('known')[2]
      assert.equal(6, n)
      assert.near(says / n, figures.confidence.val, 1e-5)
      assert.near(truth / n, figures.confidence.val_truth, 1e-5)
      assert.near(hard / n, figures.confidence.val_hard, 1e-5)
      assert.near(accepted / n, figures.accepted.val, 1e-9)
      if pixels > 0 then assert.near(100 * hits / pixels, figures.pixel_accuracy.val_accepted, 1e-6) end
      local rank = metrics.rank_correlation(list, right)
      if rank then assert.near(rank, figures.rank_correlation.val, 1e-6) else assert.is_nil(figures.rank_correlation) end
      local seen = train.diagnose.maps(probe, {S = S, D = D, options = options}).val
      for i = 1, n do
         assert.near(list[i], seen.says[i], 1e-6)
         assert.near(right[i], seen.right[i], 1e-6)
         assert.is_true(seen.sure[i] > 1 / 3 and seen.sure[i] <= 1)
      end
   end)
end)

describe('a run of', function()
   local terms = {cutmix = {'consistency'}, unimatch = {'s1', 's2', 'fp'}, advsemiseg = {'adv', 'adv_u', 'semi'},
      mean_teacher = {'consistency'}, cps = {'cps'}, guided = {'guided'}}
   setup(function() tiny.write(set .. '/image_tags.tsv', 'img_05\tbackground,green\nimg_06\tred\nimg_07\tgreen\n') end)

   for _, script in ipairs(sorted_keys(terms)) do
      it(script .. ' tells how good its pseudo-labels are and how hard its losses pull, and learns the same without', function()
         run(script, script)
         run(script, script .. '-without', 'diagnostics=0')
         assert.is_true(tiny.read(file(script, 'last.safetensors')) == tiny.read(file(script .. '-without', 'last.safetensors')))
         local figures = figures_of(script)[1]
         assert.is_true(figures.accepted.val >= 0 and figures.accepted.unlabelled <= 1)
         assert.is_true(figures.certainty.val > 0 and figures.certainty.unlabelled < 1)
         assert.is_table(figures.pixel_accuracy)
         local teaches_another = script ~= 'unimatch' and script ~= 'advsemiseg'
         assert.equal(teaches_another, figures.agreement ~= nil)
         if script == 'mean_teacher' or script == 'cps' then assert.near(1, figures.accepted.val, 1e-6) end
         assert.is_true(figures.gradient_norm.ce > 0)
         for _, term in ipairs(terms[script]) do
            assert.is_true(figures.gradient_norm[term] >= 0 and math.abs(figures.gradient_cosine[term]) <= 1.00001, term)
         end
         assert.equal(#terms[script] + 1, #sorted_keys(figures.gradient_norm))
      end)
   end
end)

describe('the batches of the last step', function()
   local function names_of(loaders)
      local list = {}
      for i, loader in ipairs(loaders) do list[i] = table.concat(loader:next().names, ' ') end
      return table.concat(list, ', ')
   end

   it('come once more where they are asked for, and then those that would have come', function()
      local seen, repeated = {}, {}
      for _, measures in ipairs {true, false} do
         local o = train.options({batch = 2}, nil, {'runs=' .. runs, 'name=again-' .. tostring(measures), 'eval_every=2',
            'tracking=false', 'threads=1', 'workers=1', 'log_every=100'})
         local r, data = train.run(o), hilo.data.open {root = set}
         r.say = function() end
         assert.matches('has made no step', helper.error_of(r.again, r, function() end))
         local transform, loaders = hilo.data.transforms.segmentation {crop = {16, 16}}, {}
         for stream = 1, 2 do
            loaders[stream] = r:loader {set = data, names = data.names, batch = 2, transform = transform, stream = stream}
         end
         local drawn = {}
         r:train {steps = 6, score = 'mean_iou', nets = {}, optims = {}, evaluate = function() return {mean_iou = 1} end,
            step = function(t) drawn[t] = names_of(loaders) end,
            diagnose = measures and function()
               repeated[#repeated + 1] = r:again(function() return names_of(loaders) end)
               assert.error_matches(function() r:again(function() error('a fault', 0) end) end, 'a fault')
               return {}
            end or nil}
         seen[measures and 1 or 2] = drawn
      end
      assert.same(seen[2], seen[1])
      assert.same({seen[1][2], seen[1][4], seen[1][6]}, repeated)
      assert.not_equal(seen[1][1], seen[1][2])
   end)
end)

describe('pseudo-labels of other methods', function()
   local probe
   before_each(function()
      local options = {device = 'cpu', batch = 2, unlabelled_batch = 3, diagnostics = 6, seed = 1}
      local data = hilo.data.open {root = set}
      probe = train.probe {run = {options = options, workers = hilo.data.workers {threads = 1}}, set = data,
         split = hilo.data.split(data, {labelled = '3', seed = 1}),
         transform = hilo.data.transforms.segmentation {crop = {32, 32}}}
   end)

   it('are the pixels whose probability reaches a threshold', function()
      local function logits(x) -- class 1 where it is bright; of probabilities above 0.9 where the brightness is off by more than 1.1
         return hilo.cat({x:narrow(2, 1, 1) * -2, x:narrow(2, 1, 1) * 0 - 50, x:narrow(2, 1, 1) * 0}, 2)
      end
      local figures = train.diagnose.pseudo_labels(probe, {nets = {}, logits = logits, threshold = 0.9})
      local taken, inside, limit = 0, 0, math.log(9) / 2
      for _, parts in probe:batches() do
         local v = parts.val
         for i = 1, 3 do
            for y = 1, 32 do
               for k = 1, 32 do
                  inside = inside + v.inside[i][y][k]
                  if v.inside[i][y][k] == 1 and math.abs(v.images[i][1][y][k]) >= limit then taken = taken + 1 end
               end
            end
         end
      end
      assert.is_true(taken > 0 and taken < inside)
      assert.near(taken / inside, figures.accepted.val, 1e-3)
   end)

   it('are measured by a function that says what is learnt from', function()
      local right, pixels, inside = 0, 0, 0
      local figures, text = train.diagnose.pseudo_labels(probe, {nets = {}, label = function(x, seen)
         local map = hilo.ByteTensor(x:size(1), 32, 32):zero() -- all background; learnt from in the upper half
         local taken = map:clone()
         taken:narrow(2, 1, 16):fill(1)
         return map, hilo.cmul(taken, seen), taken:float() * 0.5 + 0.25 -- 0.75 sure there, and 0.25 below
      end})
      for _, parts in probe:batches() do
         local v = parts.val
         for i = 1, 3 do
            for y = 1, 32 do
               for k = 1, 32 do
                  inside = inside + v.inside[i][y][k]
                  if y <= 16 and v.labels[i][y][k] ~= 255 then
                     pixels = pixels + 1
                     if v.labels[i][y][k] == 0 then right = right + 1 end
                  end
               end
            end
         end
      end
      assert.near(100 * right / pixels, figures.pixel_accuracy.val_accepted, 1e-9)
      assert.near(0.5, figures.accepted.val, 0.02)
      assert.near(0.75, figures.certainty.val_accepted, 1e-6)
      assert.near(0.25, figures.certainty.val_rejected, 1e-6)
      assert.near(0.25 + figures.accepted.val / 2, figures.certainty.val, 1e-6)
      assert.is_nil(figures.agreement)
      assert.is_number(figures.mean_iou.unlabelled_rejected)
      assert.matches('accepted: %d+ %% of the pixels, of which %d+ %% are right, of the others %d+ %%', text)
   end)

   it('are compared with what the network says that learns them', function()
      local level = 1.5
      local function says(bright) -- class 1 where it is brighter, 0 elsewhere
         return function(x)
            local y = x:narrow(2, 1, 1) - bright
            return hilo.cat({y * 0, y, y * 0 - 50}, 2)
         end
      end
      local figures = train.diagnose.pseudo_labels(probe, {nets = {}, logits = says(0), learner = says(level)})
      local same, inside = 0, 0
      for _, parts in probe:batches() do
         local v = parts.val
         for i = 1, 3 do
            for y = 1, 32 do
               for k = 1, 32 do
                  local bright = v.images[i][1][y][k]
                  inside = inside + v.inside[i][y][k]
                  if (bright > 0) == (bright > level) then same = same + v.inside[i][y][k] end
               end
            end
         end
      end
      assert.is_true(same > 0 and same < inside)
      assert.near(same / inside, figures.agreement.val, 1e-6)
      assert.near(1, figures.accepted.val, 1e-9)
   end)
end)

describe('what fusion does to label maps', function()
   local FusionCounts = train.FusionCounts
   local classes = {'a', 'b', 'c'}

   local function map(seed)
      local draw, t = helper.numbers(seed), hilo.ByteTensor(2, 6, 7)
      local p = t:data()
      for i = 0, 83 do p[i] = math.floor(3 * draw()) end
      return t
   end

   it('is counted by the class of the truth, pixel by pixel', function()
      local truth, alone, fused = map(1), map(2), map(3)
      truth[1][2][3], truth[2][6][7] = 255, 255
      local expected = {}
      for c = 1, 3 do expected[c] = {pixels = 0, changed = 0, gained = 0, lost = 0} end
      local t, a, f = truth:data(), alone:data(), fused:data()
      for i = 0, 83 do
         local row = expected[t[i] + 1]
         if row then
            row.pixels = row.pixels + 1
            if a[i] ~= f[i] then row.changed = row.changed + 1 end
            if a[i] ~= t[i] and f[i] == t[i] then row.gained = row.gained + 1 end
            if a[i] == t[i] and f[i] ~= t[i] then row.lost = row.lost + 1 end
         end
      end
      local counts = FusionCounts.new(classes)
      for i = 1, 2 do counts:add(truth:narrow(1, i, 1), alone:narrow(1, i, 1), fused:narrow(1, i, 1)) end
      local figures, sum = counts:figures(), 0
      for c, name in ipairs(classes) do
         for field, value in pairs(expected[c]) do assert.equal(value, figures.classes[name][field], name .. ' ' .. field) end
         sum = sum + expected[c].gained
      end
      assert.equal(sum, figures.gained)
      assert.equal(82, figures.pixels)
   end)

   it('tells classes that it removed, by whether they are there', function()
      local truth, alone = hilo.ByteTensor {{{0, 1}}, {{0, 0}}}, hilo.ByteTensor {{{1, 2}}, {{0, 1}}}
      local fused = hilo.ByteTensor {{{0, 0}}, {{0, 0}}} -- b and c leave the first picture, b the second
      local figures = FusionCounts.new(classes):add(truth, alone, fused):figures()
      assert.same({1, 1, 1}, {figures.classes.b.present, figures.classes.b.removed_present, figures.classes.b.removed_absent})
      assert.same({0, 0, 1}, {figures.classes.c.present, figures.classes.c.removed_present, figures.classes.c.removed_absent})
      assert.same({2, 0, 0}, {figures.classes.a.present, figures.classes.a.removed_present, figures.classes.a.removed_absent})
      local text = FusionCounts.text(figures)
      assert.matches('changed 75.00 %% of the pixels: 50.00 %% became right, 0.00 %% wrong; removed 3 classes', text)
      assert.matches('\n   a +2 +2 +0  0, 0', text)
   end)

   it('is told by fuse.lua and kept beside its scores', function()
      local made = tiny_runs.make {mlmt = true}
      local code, text = tiny_runs.shell(('luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s segmentation=sup mlmt=multi tau=0.5 '
         .. 'keep_background=false'):format(core.root, core.root, made.runs))
      assert.equal(0, code, text)
      assert.matches('fusion changed [%d.]+ %% of the pixels: [%d.]+ %% became right', text)
      local scores = train.json.load(made.runs .. '/fused/scores.json')
      local alone, fused = scores.results[1].pixel_accuracy, scores.results[2].pixel_accuracy
      assert.near(fused - alone, 100 * (scores.fusion.gained - scores.fusion.lost) / scores.fusion.pixels, 1e-9)
      made.remove()
   end)
end)
