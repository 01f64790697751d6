-- why.lua and what it is made of: evidence from finished runs.
local hilo = require 'hilo'
local aligned = require 'hilo.aligned'
local core = require 'hilo.core'
local fixture = require 'spec.report_fixture'
local FusionCounts = require 'hilo.train.fusion_counts'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'
local why = require 'hilo.why'

local metrics = hilo.train.metrics

describe('aligned words', function()
   it('begin or end below one another', function()
      local rows = {{'name', '1.5'}, {'a', '10.25'}, {'± b', '3'}}
      assert.equal('name   1.5\na      10.25\n± b    3', aligned(rows))
      assert.equal('name     1.5\na      10.25\n± b        3', aligned(rows, {numbers = true}))
   end)
end)

describe('evidence of fusion', function()
   local classes = {'a', 'b'}
   local function counts(matrix)
      local c = metrics.confusion(classes)
      c.matrix:copy(hilo.LongTensor(matrix))
      return c
   end
   local found = {classes = classes, ways = {'alone', 'fused'}, changes = {fused = FusionCounts.new(classes)},
      counts = {alone = counts {{6, 2}, {2, 2}}, fused = counts {{6, 2}, {0, 4}}},
      by_number = {
         [1] = {pictures = 3, counts = {alone = counts {{4, 0}, {0, 0}}, fused = counts {{4, 0}, {0, 0}}}},
         [2] = {pictures = 1, counts = {alone = counts {{1, 1}, {1, 1}}, fused = counts {{1, 1}, {0, 2}}}},
         [4] = {pictures = 4, counts = {alone = counts {{1, 1}, {1, 1}}, fused = counts {{1, 1}, {0, 2}}}},
      }}

   it('lists classes, those first to which it brings most', function()
      local rows, order = why.fusion.by_class(found)
      assert.same({'b', 'a'}, order)
      assert.same({'IoU', 'alone', 'fused'}, rows[1])
      assert.same({'b', '33.3', '66.7'}, rows[2])
      assert.same({'a', '60.0', '75.0'}, rows[3])
   end)

   it('puts pictures with about as many classes together', function()
      local all = why.fusion.by_number(found, 5 / 8)
      assert.same({'1 to 4', '8'}, {unpack(all[2], 1, 2)})
      assert.is_nil(all[3]) -- the rest would be less than a group
      local rows, curves = why.fusion.by_number(found, 1 / 2)
      assert.same({'1 to 2', '4', '52.4', '75.0'}, {rows[2][1], rows[2][2], rows[2][3], (rows[2][4])})
      assert.same({'4', '4'}, {rows[3][1], rows[3][2]})
      assert.same({5 / 4, 4}, curves.x)
      assert.near(100 / 3, curves.y.alone[2], 1e-9)
   end)
end)

describe('evidence of the gate', function()
   local maps = {says = {0.9, 0.2, 0.7, 0.4}, hard = {1, 0.5, 1, 0.5}, sure = {0.6, 0.9, 0.7, 0.8}, right = {0.5, 0.9, 0.3, 0.7}}

   it('tells how right what passes is, next to what S would choose', function()
      local rows = why.gate.rows(maps, {gamma = 0.6, shares = {25, 100}})
      assert.same({'0.600', '50.0', '40.0', '80.0', '80.0'}, rows[2])
      assert.same({'0.900', '25.0', '50.0', '63.3', '90.0'}, rows[3])
      assert.same({'0.200', '100.0', '60.0', '-', '60.0'}, rows[4])
      assert.same({'1.000', '0.0', '-', '60.0', '-'}, why.gate.rows(maps, {gamma = 1, shares = {}})[2])
   end)

   it('for every share, and in one number', function()
      local curves = why.gate.curves(maps)
      assert.same({25, 50, 75, 100}, curves.share)
      assert.near(40, curves.D[2], 1e-9)
      assert.near(190 / 3, curves.S[3], 1e-9)
      assert.matches('%-0.80 of D\'s confidence, 0.80 of S\'s own', why.gate.text(maps))
      assert.matches('0.55 in the maps, 0.75 in the same', why.gate.text(maps))
   end)
end)

describe('evidence of runs', function()
   local runs
   before_each(function() runs = tiny.folder() end)
   after_each(function() tiny.remove(runs) end)

   -- A run whose evaluations at 20, 40 and 60 steps say so.
   local function run(name, given, right, real, fake)
      local path, lines = fixture.run(runs, {name = name, given = given}), {}
      for i, step in ipairs {20, 40, 60} do
         lines[i] = ('{"step":%d,"scores":{"mean_iou":%d},"diagnostics":{"accuracy":{"train":%g},"confidence":{"labelled_truth":%g,'
            .. '"unlabelled":%g}}}\n'):format(step, step, right[i], real, fake)
      end
      tiny.write(path .. '/log.jsonl', table.concat(lines))
      return path
   end

   it('is the mean over the second half of training, a column a run', function()
      local list = why.history.read {run('with', {lambda_st = 1, gamma = 0.5}, {1, 0.5, 0.7}, 0.75, 0.5),
         run('without', {lambda_st = 0, gamma = 0.5}, {0, 0.8, 1}, 1, 0.25)}
      local rows = why.history.rows(list)
      local function row(name) for _, r in ipairs(rows) do if r[1] == name then return {r[2], r[3]} end end end
      assert.same({'with', 'without'}, {rows[1][2], rows[1][3]})
      assert.same({'1', '0'}, row('lambda_st'))
      assert.is_nil(row('gamma'))
      assert.same({'0.60', '0.90'}, row('told right by D, of what it trains on'))
      assert.is_nil(row('share accepted')) -- no run tells
      assert.equal('with self-training D tells 60.0 % right and is 0.25 surer of label maps than of predictions; without it 90.0 %, '
         .. 'and 0.75', why.history.verdict(list))
      assert.is_nil(why.history.verdict({list[1]}))
      assert.is_false(why.history.trains_itself {options = {lambda_st = 1, gamma = 1}})
   end)

   it('has the gradient norms of all terms that some run has, that of the cross entropy first', function()
      local function terms(name, norms)
         local path = fixture.run(runs, {name = name, given = {}})
         tiny.write(path .. '/log.jsonl', ('{"step":60,"scores":{"mean_iou":1},"diagnostics":{"gradient_norm":%s}}\n'):format(norms))
         return path
      end
      local list = why.history.read {terms('a', '{"adv":0.5,"ce":2}'), terms('b', '{"ce":3,"semi":0.25}')}
      local rows = why.history.rows(list)
      local n = #rows
      assert.same({'gradient norm, cross entropy', '2', '3'}, rows[n - 2])
      assert.same({'gradient norm, adv', '0.5', '-'}, rows[n - 1])
      assert.same({'gradient norm, semi', '-', '0.25'}, rows[n])
   end)

   it('is a row a configuration of a sweep, mean over its seeds', function()
      local a, b = run('s/0000-s1', {}, {0, 0.5, 0.5}, 1, 0), run('s/0000-s2', {}, {0, 1, 1}, 1, 0)
      local trial = {number = 0, state = 'complete', value = 40, values = {gamma = 0.5123456789}, runs = {{path = a}, {path = b}}}
      local rows = why.history.sweep_rows({axes = {{name = 'gamma'}}, metric = 'mean_iou'}, {trial})
      assert.same({'trial', 'gamma', 'mean_iou', 'D right'}, {unpack(rows[1], 1, 4)})
      assert.same({'0000', '0.51235', '40.00', '0.75'}, {unpack(rows[2], 1, 4)})
   end)
end)

it('the sweep of ablations changes one option of s4GAN in each configuration', function()
   local definition, plan = require 'hilo.sweep.definition', require 'hilo.sweep.plan'
   local d = definition.read(core.root .. 'experiments/ablation-sweep.lua', {'recipe=ccp'})
   assert.equal(1, #d.axes)
   local changed = {}
   for i, change in ipairs(d.axes[1].choices) do
      local runs = plan(d, i, {change = change}, 1)
      assert.equal(1, #runs)
      local given = runs[1].options
      assert.equal('ccp', given.recipe)
      given.recipe = nil
      local key, value = next(given)
      if change ~= 'none' then
         local option, number = change:match '^(.+)=(.+)$'
         assert.same({option, tonumber(number)}, {key, value})
         assert.is_nil(next(given, key))
         assert.not_equal(d.main.defaults[key], value)
         changed[key] = true
      else
         assert.is_nil(key)
      end
   end
   for _, key in ipairs {'gamma', 'st_start', 'd_channels', 'd_lr', 'd_dropout', 'd_smooth', 'lambda_st', 'lambda_fm'} do
      assert.is_true(changed[key], key)
   end
end)

describe('why.lua', function()
   it('answers from finished runs, in tables and plots', function()
      local made = tiny_runs.make {mlmt = true, set = {n = 10, val = 4}}
      local function script(name, rest)
         local code, text = tiny_runs.shell(('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/%s.lua runs=%s threads=1 '
            .. 'workers=1 %s'):format(core.root, core.root, name, made.runs, rest))
         assert.equal(0, code, text)
         return text
      end
      local small = ' crop=32 batch=2 unlabelled_batch=2 d_channels=4 model.width=4 data.labelled=3 steps=4 eval_every=2 diagnostics=4 '
         .. 'data.root=' .. made.set
      script('s4gan', 'name=with gamma=0.4' .. small)
      script('s4gan', 'name=without lambda_st=0' .. small)
      local text = script('why', ('supervised=sup s4gan=with,%s/without mlmt=multi crops=4'):format(made.runs))
      for _, pattern in ipairs {'What does fusion bring', 'sup\nfused', 'true classes', 'classes in a picture +pictures',
         'Does self%-training hold D back', 'lambda_st +1 +0', 'with self%-training D tells [%d.]+ %% right',
         'with, 4 crops of val pictures; rank', 'without, 4 crops of unlabelled pictures'} do assert.matches(pattern, text) end
      local out = made.runs .. '/why/'
      for _, name in ipairs {'why.txt', 'fusion-classes-with.svg', 'fusion-number-sup.svg', 'd-accuracy.svg', 'd-confidence.svg',
         'gate-with-val.svg', ('gate-%s-without-unlabelled.svg'):format((made.runs:gsub('/', '-')))} do
         assert.is_true(hilo.data.folder.is_file(out .. name), name)
      end
      script('cutmix', 'name=cut threshold=0.4' .. small:gsub('d_channels=4', ''))
      script('advsemiseg', 'name=adv threshold=0.4' .. small)
      text = script('why', ('name=others others=cut,%s/adv'):format(made.runs))
      for _, pattern in ipairs {'cut +adv\n', 'gradient norm, consistency +[%d.e-]+ +%-\n', 'the learner says so already +[%d.]+ +%-',
         'share accepted +[%d.]+ +[%d.]+'} do assert.matches(pattern, text) end
      -- alone is what the run itself measured
      local scores = hilo.train.json.load(out .. 'scores.json')
      assert.equal('sup', scores.results[1].method)
      assert.near(hilo.train.json.load(made.runs .. '/sup/scores.json').mean_iou, scores.results[1].mean_iou, 1e-9)
      assert.equal('with + true classes', scores.results[8].method)
      made.remove()
   end)

   it('needs no more than is named', function()
      local runs = tiny.folder()
      local _, text = tiny_runs.shell(('luajit %slua/bin/hilo %sexperiments/why.lua runs=%s supervised=none s4gan=none mlmt=none')
         :format(core.root, core.root, runs))
      assert.matches('0 plots', text)
      tiny.remove(runs)
   end)
end)
