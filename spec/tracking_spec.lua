-- What a run leaves besides its results: events for TensorBoard, facts of the machine, what its evaluations saw.
local hilo = require 'hilo'
local core = require 'hilo.core'
local events = require 'hilo.io.events'
local git = require 'hilo.io.git'
local machine = require 'hilo.train.machine'
local histograms = require 'hilo.train.histograms'
local reader = require 'spec.event_reader'
local event_tags = require 'hilo.train.event_tags'
local tiny = require 'spec.tiny_set'

local folder, json, Log = hilo.data.folder, hilo.train.json, hilo.train.Log

local set, runs
setup(function() set, runs = tiny.voc {n = 10, val = 3}, tiny.folder() end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

local function file(name, which) return ('%s/%s/%s'):format(runs, name, which) end

local function options_of(arguments)
   local list = {'runs=' .. runs, 'threads=1', 'workers=1'}
   for word in arguments:gmatch('%S+') do list[#list + 1] = word end
   return hilo.train.options({name = '', steps = 4, data = {root = set, labelled = 'all', unlabelled = 'none', train = 'train',
      val = 'val', size = 1}, eval = {labels = 'full'}, lr = 1e-2, sizes = {1, 2}}, nil, list)
end

-- f(...) with nothing on the terminal.
local function quietly(f, ...)
   local terminal = io.stderr
   rawset(io, 'stderr', {write = function() end, flush = function() end})
   local ok, message = pcall(f, ...)
   rawset(io, 'stderr', terminal)
   if not ok then error(message, 0) end
end

-- A run of a small network, in this process; `disturb(t)` is called before step t.
local function train(arguments, disturb)
   local o = options_of(arguments)
   local r = hilo.train.run(o)
   local data = hilo.data.open(o.data)
   local split = r:split(data)
   local S = hilo.models.deeplab {backbone = 'resnet18', width = 4, classes = 3, freeze_bn = 'none'}
   local loader = r:loader {set = data, names = split.labelled, labels = true, batch = 2, stream = 1,
      transform = hilo.data.transforms.segmentation {crop = {32, 32}, size = 1, scale = {1, 1}, mirror = true}}
   local optimiser = hilo.optim.SGD({{params = S:backboneParameters(), lr = o.lr}, {params = S:headParameters(), lr = 2 * o.lr}},
      {momentum = 0.9})
   local ok, message = pcall(r.train, r, {
      steps = o.steps, score = 'mean_iou', nets = {S = S}, optims = {S = optimiser},
      schedule = function(t) optimiser:scaleLR(1 / t) end,
      step = function(t)
         if disturb then disturb(t) end
         local L = S:cross_entropy(loader:tensors())
         optimiser:zeroGrad()
         L:backward()
         optimiser:step()
         return {ce = L}
      end,
      evaluate = function() return hilo.train.evaluate.segmentation(S, data, split.val, o, r.workers) end,
   })
   require('hilo.io.lock').give_back(r.path)
   if not ok then error(message, 0) end
end

local function run(...) quietly(train, ...) end

-- All points of a run as TensorBoard keeps them: those that follow a checkpoint are dropped when the run goes on from it.
local function points(name)
   local kept = {}
   for _, file_name in ipairs(events.list(runs .. '/' .. name)) do
      for _, event in ipairs(reader.events(tiny.read(file(name, file_name)))) do
         if event.restart then
            for _, list in pairs(kept) do
               for i = #list, 1, -1 do if list[i].step >= event.step then table.remove(list, i) end end
            end
         end
         for _, value in ipairs(event.values) do
            value.step = event.step
            kept[value.tag] = kept[value.tag] or {}
            table.insert(kept[value.tag], value)
         end
      end
   end
   return kept
end

local function steps_of(list)
   local steps = {}
   for i, point in ipairs(list or {}) do steps[i] = point.step end
   return steps
end

describe('a tracked run', function()
   setup(function() run 'name=whole steps=4 log_every=1 eval_every=2 pictures=2 histograms=2' end)

   it('shows losses, learning rates, speed and scores', function()
      local p = points 'whole'
      local log = Log.read(file('whole', 'log.jsonl'))
      assert.same({1, 2, 3, 4}, steps_of(p['train/ce']))
      assert.near(log[1].ce, p['train/ce'][1].scalar, 1e-6)
      assert.near(1e-2 / 4, p['lr/S/backbone'][4].scalar, 1e-9)
      assert.near(2e-2 / 4, p['lr/S/head'][4].scalar, 1e-9)
      assert.is_true(p['speed/steps_per_second'][2].scalar > 0)
      assert.same({2, 4}, steps_of(p['scores/mean_iou']))
      local scores = json.load(file('whole', 'scores.json'))
      assert.near(scores.mean_iou, p['scores/mean_iou'][2].scalar, 1e-4)
      for class, value in pairs(scores.iou) do assert.near(value, p['iou/' .. class][2].scalar, 1e-4) end
   end)

   it('shows the same pictures at every evaluation, and keeps the last in its folder', function()
      local p = points 'whole'
      assert.same({2, 4}, steps_of(p['evaluation/img_08']))
      assert.same({2, 4}, steps_of(p['evaluation/img_09']))
      assert.is_nil(p['evaluation/img_10'])
      assert.same({'confusion.json', 'img_08.png', 'img_09.png'}, folder.list(file('whole', 'evaluation')))
      assert.is_true(tiny.read(file('whole', 'evaluation/img_09.png')) == p['evaluation/img_09'][2].image)
      assert.same({3, 40, 4 * 48 + 12}, hilo.io.image.load(file('whole', 'evaluation/img_08.png')):size():totable())
   end)

   it('keeps the confusion matrix of its last evaluation', function()
      local counts, scores = json.load(file('whole', 'evaluation/confusion.json')), json.load(file('whole', 'scores.json'))
      assert.same({'background', 'red', 'green'}, counts.classes)
      assert.equal(4, counts.step)
      local right, all = 0, 0
      for i = 1, 3 do
         right = right + counts.matrix[i][i]
         for k = 1, 3 do all = all + counts.matrix[i][k] end
      end
      assert.near(scores.pixel_accuracy, 100 * right / all, 1e-9)
   end)

   it('counts parameters and gradients in histograms where that is asked for', function()
      local p = points 'whole'
      assert.same({4}, steps_of(p['parameters/S/backbone.conv1.weight']))
      assert.same({4}, steps_of(p['gradients/S/backbone.conv1.weight']))
      assert.equal(4 * 3 * 49, p['parameters/S/backbone.conv1.weight'][1].histogram[3][1])
   end)

   it('shows its options beside its scores', function()
      local p = points 'whole'
      for _, tag in ipairs {'experiment', 'session_start_info', 'session_end_info'} do
         assert.same({'hparams'}, {p['_hparams_/' .. tag][1].plugin})
      end
      assert.equal('text', p['run/options'][1].plugin)
   end)

   it('says what it ran on and what it used', function()
      local m = json.load(file('whole', 'machine.json'))
      for _, name in ipairs {'host', 'processor', 'os', 'device', 'version', 'luajit', 'command', 'started', 'finished'} do
         assert.is_string(m[name], name)
      end
      for _, name in ipairs {'processors', 'threads', 'memory', 'seconds', 'steps_per_second', 'peak_memory', 'tracking_seconds'} do
         assert.is_true(m[name] > 0, name)
      end
      assert.matches('^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$', m.started)
      assert.equal('finished', m.ended)
      assert.same({1, 0, 4}, {#m.sessions, m.sessions[1].from_step, m.sessions[1].to_step})
   end)
end)

describe('tracking', function()
   local function results(name)
      local log = Log.read(file(name, 'log.jsonl'))
      for _, entry in ipairs(log) do entry.seconds = nil end
      return {checkpoint = tiny.read(file(name, 'last.safetensors')), log = log, scores = tiny.read(file(name, 'scores.json'))}
   end

   it('changes nothing of what a run computes', function()
      run 'name=with steps=3 log_every=1 eval_every=1 histograms=1'
      run 'name=without steps=3 log_every=1 eval_every=1 tracking=false'
      assert.is_true(results('with').checkpoint == results('without').checkpoint)
      assert.same(results('with').log, results('without').log)
      assert.equal(results('with').scores, results('without').scores)
   end)

   it('that is switched off leaves no files', function()
      run 'name=off steps=1 tracking=false'
      assert.same({}, events.list(runs .. '/off'))
      assert.is_false(folder.is_file(file('off', 'machine.json')))
      assert.is_false(folder.is_folder(file('off', 'evaluation')))
   end)

   it('shows no pictures where none are asked for', function()
      run 'name=blind steps=1 pictures=0'
      assert.same({'confusion.json'}, folder.list(file('blind', 'evaluation')))
   end)

   it('begins anew with its run', function()
      run 'name=again steps=2 log_every=1 pictures=3'
      run 'name=again steps=1 log_every=1 pictures=1 overwrite=true'
      assert.equal(1, #events.list(runs .. '/again'))
      assert.same({1}, steps_of(points('again')['train/ce']))
      assert.same({'confusion.json', 'img_08.png'}, folder.list(file('again', 'evaluation')))
   end)

   it('refuses numbers that make no sense', function()
      assert.error_matches(function() run 'name=bad pictures=-1' end, 'pictures must be a whole number of 0 or more')
      assert.error_matches(function() run 'name=bad histograms=0.5' end, 'histograms must be a whole number')
   end)
end)

describe('a run that goes on', function()
   it('has each point once, in order, and tells of all processes that it took', function()
      assert.error_matches(function()
         run('name=broken steps=6 log_every=1 eval_every=2 checkpoint_every=3', function(t) if t == 6 then error('a fault', 0) end end)
      end, 'a fault')
      local before = json.load(file('broken', 'machine.json'))
      assert.equal('failed', before.ended)
      assert.same({1, 2, 3, 4, 5}, steps_of(points('broken')['train/ce']))
      run 'name=broken resume=true'
      local p = points 'broken'
      assert.same({1, 2, 3, 4, 5, 6}, steps_of(p['train/ce']))
      assert.same({2, 4, 6}, steps_of(p['scores/mean_iou']))
      local m = json.load(file('broken', 'machine.json'))
      assert.equal('a fault', m.sessions[1].error)
      assert.same({'failed', 0, 3}, {m.sessions[1].ended, m.sessions[1].from_step, m.sessions[1].to_step})
      assert.same({'finished', 3, 6}, {m.sessions[2].ended, m.sessions[2].from_step, m.sessions[2].to_step})
      assert.near(m.seconds, m.sessions[1].seconds + m.sessions[2].seconds, 1e-9)
   end)

   it('and was killed has the time that its log tells', function()
      run 'name=killed steps=2 log_every=1 checkpoint_every=1'
      local m = json.load(file('killed', 'machine.json'))
      m.sessions[1].ended, m.sessions[1].seconds, m.sessions[1].to_step = nil, nil, nil
      json.save(file('killed', 'machine.json'), m)
      run 'name=killed resume=true'
      local session = json.load(file('killed', 'machine.json')).sessions[1]
      local log = Log.read(file('killed', 'log.jsonl'))
      assert.same({'killed', 2, log[2].seconds}, {session.ended, session.to_step, session.seconds})
   end)

   it('is read up to the last whole record where the end of one is missing', function()
      run 'name=cut steps=2 log_every=1'
      local path = file('cut', events.list(runs .. '/cut')[1])
      local text = tiny.read(path)
      local whole = #(reader.records(text))
      for _, missing in ipairs {1, 7, 15} do
         tiny.write(path, text:sub(1, #text - missing))
         assert.equal(whole - 1, #(reader.records(tiny.read(path))))
      end
   end)
end)

describe('tags', function()
   it('put numbers a class in groups of their own', function()
      local list = {}
      local scores = {mean_iou = 1, teacher = {f1 = 2, average_precision = {car = 3}}, iou = {sky = 4}}
      for i, entry in ipairs(event_tags.of_scores(scores)) do list[i] = entry.tag .. ' ' .. entry.value end
      assert.same({'iou/sky 4', 'scores/mean_iou 1', 'average_precision/teacher/car 3', 'scores/teacher/f1 2'}, list)
   end)

   it('call groups of parameters after the part of the network that they are of', function()
      local nn, optim = hilo.nn, hilo.optim
      local net = nn.Sequential():add(nn.Linear(2, 3)):add(nn.Linear(3, 1))
      local first, second = net:get(1), net:get(2)
      assert.same({''}, event_tags.of_groups(optim.SGD(net, {lr = 1}), {S = net}))
      assert.same({'0', '1'}, event_tags.of_groups(optim.SGD({{params = first}, {params = second}}, {lr = 1}), {S = net}))
      local mixed = optim.SGD({{params = {first.weight, second.bias}}, {params = {second.weight}}}, {lr = 1})
      assert.same({'0', '1.weight'}, event_tags.of_groups(mixed, {S = net}))
      assert.same({'0', '1'}, event_tags.of_groups(optim.SGD({{params = first}, {params = second}}, {lr = 1}), {}))
   end)
end)

describe('a histogram', function()
   it('counts each finite number once', function()
      local t = hilo.Tensor {-1, 0, 0.5, 3, 0 / 0, math.huge}
      local h = histograms.of(t)
      assert.same({-1, 3, 4, 2.5}, {h.min, h.max, h.count, h.sum})
      local all = 0
      for _, n in ipairs(h.counts) do all = all + n end
      assert.equal(4, all)
      assert.equal(1, h.counts[1])
      assert.equal(1, h.counts[#h.counts])
      assert.equal(3, h.limits[#h.limits])
   end)

   it('of equal numbers is one bucket, of none nothing', function()
      local h = histograms.of(hilo.Tensor(5):fill(2))
      assert.same({{2}, {5}}, {h.limits, h.counts})
      assert.is_nil(histograms.of(hilo.Tensor {0 / 0}))
   end)
end)

describe('pictures for an evaluation', function()
   it('are spread over the sorted list', function()
      local function chosen(names, count)
         local list = {}
         for name in pairs(hilo.train.evaluate.spread(names, count)) do list[#list + 1] = name end
         table.sort(list)
         return table.concat(list, ' ')
      end
      local names = {'f', 'b', 'a', 'c', 'e', 'd'}
      assert.equal('a d', chosen(names, 2))
      assert.equal('a c e', chosen(names, 3))
      assert.equal('a b c d e f', chosen(names, 9))
      assert.equal('', chosen(names, 0))
   end)

   it('are no larger than what is looked at', function()
      local labels = hilo.ByteTensor(30, 40)
      for y = 1, 30 do labels[y]:fill(y) end
      assert.equal(labels, hilo.train.pictures.thinned(labels, 40))
      local small = hilo.train.pictures.thinned(labels, 14)
      assert.same({10, 14}, small:size():totable())
      assert.same({1, 4, 28}, {small:get(1, 14), small:get(2, 1), small:get(10, 1)})
   end)
end)

describe('git', function()
   local path, hash = nil, ('0123456789'):rep(4)
   before_each(function()
      path = tiny.folder()
      folder.make(path .. '/.git/refs/heads')
      folder.make(path .. '/sub/deeper')
   end)
   after_each(function() tiny.remove(path) end)

   it('tells commit and branch of a tree', function()
      tiny.write(path .. '/.git/HEAD', 'ref: refs/heads/main\n')
      assert.same({branch = 'main'}, git.head(path)) -- no commit yet
      tiny.write(path .. '/.git/packed-refs', '# pack-refs with: peeled\n' .. hash .. ' refs/heads/main\n')
      assert.same({branch = 'main', commit = hash}, git.head(path))
      tiny.write(path .. '/.git/refs/heads/main', hash:reverse() .. '\n')
      assert.same({branch = 'main', commit = hash:reverse()}, git.head(path))
      tiny.write(path .. '/.git/HEAD', hash .. '\n')
      assert.same({commit = hash}, git.head(path))
      assert.equal(path, git.top(path .. '/sub/deeper'))
   end)

   it('follows a linked tree to its repository', function()
      folder.make(path .. '/.git/worktrees/sub')
      tiny.write(path .. '/sub/.git', 'gitdir: ../.git/worktrees/sub\n')
      tiny.write(path .. '/.git/worktrees/sub/HEAD', 'ref: refs/heads/side\n')
      tiny.write(path .. '/.git/worktrees/sub/commondir', '../..\n')
      tiny.write(path .. '/.git/refs/heads/side', hash .. '\n')
      assert.same({branch = 'side', commit = hash}, git.head(path .. '/sub'))
      assert.equal(path .. '/sub', git.top(path .. '/sub/deeper'))
   end)

   it('says nothing where there is no tree', function()
      tiny.remove(path .. '/.git')
      assert.is_nil(git.head(path))
      assert.is_nil(git.top(path .. '/sub'))
   end)
end)

describe('the facts of a machine', function()
   it('are found in less than 50 ms', function()
      local best, facts = math.huge, nil
      for _ = 1, 5 do -- other processes may take their turn
         local began = core.host.hl_host_time()
         local status = git.status()
         facts = machine.facts('cpu')
         best = math.min(best, core.host.hl_host_time() - began)
         status:changed(1000)
      end
      assert.is_true(best < 0.05)
      assert.is_true(facts.processors >= 1)
      assert.is_true(facts.memory > 2 ^ 26)
   end)
end)
