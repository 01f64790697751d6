-- The experiments as users run them: from the command line, on a tiny set, killed and continued.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'

local core = require 'hilo.core'
local folder = hilo.data.folder

local set, runs
setup(function()
   set, runs = tiny.voc {n = 10, val = 2, unlabelled = 3}, tiny.folder()
end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

-- Small networks and images: what counts here is everything around them.
local small = {
   supervised = 'crop=32 batch=2 data.labelled=all',
   s4gan = 'crop=32 batch=2 unlabelled_batch=2 d_channels=4 gamma=0.4 data.labelled=3',
   mlmt = 'resize=32 batch=2 unlabelled_batch=2 data.labelled=3',
}

local function command(script, name, rest)
   return table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo',
      ('%sexperiments/%s.lua'):format(core.root, script),
      'name=' .. name, 'runs=' .. runs, 'data.root=' .. set, 'model.width=4 threads=2 workers=1', small[script], rest}, ' ')
end

-- Runs a shell command; returns its exit code and what it printed.
local function shell(line)
   local pipe = io.popen(('{ %s ; } 2>&1; echo "exit $?"'):format(line))
   local text = pipe:read('*a')
   pipe:close()
   local code = tonumber(text:match('exit (%d+)\n$'))
   return code, text
end

local function run(script, name, rest)
   local code, text = shell(command(script, name, rest))
   assert.equal(0, code, text)
   return text
end

-- Starts a run in the background and sends it a signal when `ready` says so; returns its exit code and what it printed.
local function signalled(line, signal, ready)
   local out = os.tmpname()
   local pipe = io.popen(("sh -c 'trap - INT; exec %s' >%s 2>&1 & echo $!"):format(line, out))
   local pid = pipe:read('*n')
   pipe:close()
   local limit = core.host.hl_host_time() + 60
   while not ready() and core.host.hl_host_time() < limit do os.execute('sleep 0.02') end
   os.execute(('kill -%s %d 2>/dev/null'):format(signal, pid))
   while os.execute(('kill -0 %d 2>/dev/null'):format(pid)) == 0 and core.host.hl_host_time() < limit do os.execute('sleep 0.02') end
   local text = tiny.read(out)
   os.remove(out)
   return text
end

local function file(name, which) return ('%s/%s/%s'):format(runs, name, which) end

local function assert_same_end(a, b)
   assert.is_true(tiny.read(file(a, 'last.safetensors')) == tiny.read(file(b, 'last.safetensors')), 'the last checkpoints differ')
   assert.same(hilo.train.json.load(file(a, 'scores.json')), hilo.train.json.load(file(b, 'scores.json')))
   local function losses(name)
      local list = hilo.train.Log.read(file(name, 'log.jsonl'))
      for _, entry in ipairs(list) do entry.seconds = nil end
      return list
   end
   assert.same(losses(a), losses(b))
end

describe('experiments', function()
   it('train, evaluate and fuse', function()
      run('supervised', 'sup', 'steps=4 log_every=2 eval_every=2')
      run('s4gan', 'gan', 'steps=4 log_every=2')
      run('mlmt', 'multi', 'steps=4 log_every=2')
      for _, name in ipairs {'sup', 'gan', 'multi'} do
         for _, which in ipairs {'options.json', 'split.json', 'log.jsonl', 'last.safetensors', 'best.safetensors', 'scores.json'} do
            assert.is_true(folder.is_file(file(name, which)), name .. ' ' .. which)
         end
      end
      local log = hilo.train.Log.read(file('sup', 'log.jsonl'))
      assert.same({2, 2, 4, 4}, {log[1].step, log[2].step, log[3].step, log[4].step})
      assert.is_number(log[1].ce)
      assert.is_number(log[2].scores.mean_iou)
      local classes = hilo.train.json.load(file('multi', 'class_scores.json'))
      assert.equal(3, #classes.teacher.img_10)
      local _, text = shell(('luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s segmentation=sup,gan mlmt=multi name=fused')
         :format(core.root, core.root, runs))
      assert.matches('sup +%d+%.%d\n', text)
      assert.matches('gan +%d+%.%d\n', text)
      assert.matches('gan %+ multi +%d+%.%d\n', text)
      local labels, palette = hilo.io.image.load(file('fused', 'labels/img_10.png'))
      assert.same({40, 48}, labels:size():totable())
      assert.same({255, 0, 0}, palette[2])
      assert.same({3, 40, 4 * 48 + 12}, hilo.io.image.load(file('fused', 'pictures/img_10.png')):size():totable())
      assert.near(hilo.train.json.load(file('sup', 'scores.json')).mean_iou,
         hilo.train.json.load(file('fused', 'scores.json')).results[1].mean_iou, 1e-9)
      local fused = hilo.train.json.load(file('fused', 'scores.json'))
      local last = fused.results[3]
      assert.same({last.mean_iou, last.pixel_accuracy, last.iou}, {fused.mean_iou, fused.pixel_accuracy, fused.iou})
      assert.same({'background', 'red', 'green'}, hilo.train.json.load(file('fused', 'evaluation/confusion.json')).classes)
      assert.equal('finished', hilo.train.json.load(file('fused', 'machine.json')).ended)
      assert.equal('gan', hilo.train.json.load(file('fused', 'options.json')).segmentation[2])
   end)

   it('fuse softly', function()
      run('supervised', 'sup-soft', 'steps=2 eval_every=0')
      run('mlmt', 'multi-soft', 'steps=2 eval_every=0')
      local _, text = shell(('luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s name=soft segmentation=sup-soft mlmt=multi-soft '
         .. 'fusion=soft'):format(core.root, core.root, runs))
      assert.matches('sup%-soft %+ multi%-soft +%d+%.%d\n', text)
      assert.equal('soft', hilo.train.json.load(file('soft', 'options.json')).fusion)
   end)

   it('fuse by what a network sees by itself', function()
      run('supervised', 'sup-own', 'steps=2 eval_every=0')
      local function presence(name, more)
         return select(2, shell(('luajit %slua/bin/hilo %sexperiments/presence.lua runs=%s name=%s segmentation=sup-own %s')
            :format(core.root, core.root, runs, name, more))), hilo.train.json.load(file(name, 'class_scores.json'))
      end
      local text, own = presence('own', 'scored=all')
      assert.matches('mean average precision %d+%.%d%d; scores of 10 images', text)
      assert.equal('finished', hilo.train.json.load(file('own', 'machine.json')).ended)
      local of_run = hilo.train.load_run({runs = runs, device = 'cpu', checkpoint = 'last'}, 'sup-own')
      assert.same(of_run.split, hilo.train.load_run({runs = 'runs', device = 'cpu', checkpoint = 'last'}, runs .. '/sup-own').split)
      local name, image = 'img_10', nil
      for batch in hilo.train.evaluate.batches(of_run.set, {name}, of_run.options, hilo.data.workers {threads = 1}) do
         image = batch.images
      end
      local said = hilo.train.evaluate.with(of_run.S, function()
         return hilo.softmax(of_run.S:logits(image)):view(3, -1):max(2):view(-1):totable()
      end)
      for c = 1, 3 do assert.near(said[c], own.teacher[name][c], 1e-6) end

      run('mlmt', 'multi-own', 'steps=2 eval_every=0')
      local _, joined = presence('joined', 'mlmt=multi-own weight=0.25')
      local classifier = hilo.train.json.load(file('multi-own', 'class_scores.json'))
      assert.is_nil(joined.teacher.img_01)
      for c = 1, 3 do assert.near(classifier.teacher[name][c] ^ 0.25 * said[c] ^ 0.75, joined.teacher[name][c], 1e-6) end
      _, text = shell(('luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s name=by-own segmentation=sup-own mlmt=own fusion=soft')
         :format(core.root, core.root, runs))
      assert.matches('sup%-own %+ own +%d+%.%d\n', text)
   end)

   it('fuse with the classes that are there', function()
      run('supervised', 'sup-true', 'steps=2 eval_every=0')
      local _, text = shell(('luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s name=true segmentation=sup-true scores=truth mlmt=')
         :format(core.root, core.root, runs))
      local alone, fused = text:match('sup%-true +(%d+%.%d)\n'), text:match('sup%-true %+ true classes +(%d+%.%d)\n')
      assert.is_true(tonumber(fused) >= tonumber(alone), text)
      local function classes_in(path)
         local ids = hilo.io.image.load(path)
         return hilo.methods.class_targets(ids:view(1, ids:size(1), ids:size(2)), 3)[1]:totable()
      end
      for _, name in ipairs {'img_09', 'img_10'} do
         local there = classes_in(('%s/SegmentationClass/%s.png'):format(set, name))
         for c, found in ipairs(classes_in(file('true', ('labels/%s.png'):format(name)))) do
            assert.is_true(found <= there[c] or c == 1, ('%s shows class %d'):format(name, c))
         end
      end
   end)

   it("run with the original's behaviour", function()
      run('s4gan', 'original', 'steps=2 preset=original eval_every=0')
      local o = hilo.train.json.load(file('original', 'options.json'))
      assert.same({1, 1}, o.scale)
      assert.equal(2, o.model.aspp_branches)
      assert.is_true(o.gate_dropout)
   end)

   it('say what is wrong with the command', function()
      local function fails(script, name, rest, pattern)
         local code, text = shell(command(script, name, rest))
         assert.equal(1, code)
         assert.matches(pattern, text)
         assert.not_matches('stack traceback', text)
      end
      fails('supervised', 'bad', 'steps=2 lamda=3', "there is no option 'lamda'")
      fails('supervised', 'bad', 'steps=2 data.labelled=0.01', 'leaves none')
      fails('supervised', 'bad', 'steps=2 data.labelled=missing', "there is no list 'missing'")
      fails('supervised', 'bad', 'steps=2 device=tpu', 'tpu')
      fails('supervised', 'bad', 'steps=0', 'steps must be')
      fails('supervised', 'bad', 'steps=2 model.bn=freeze', "did you mean 'frozen'")
      fails('supervised', 'bad', 'steps=2 model.weights=/nowhere.pth', 'nowhere.pth')
      fails('s4gan', 'sup', 'steps=2', 'holds a run already')
      fails('s4gan', 'nothing', 'resume=true', 'there is no run to continue')
   end)
end)

describe('a run', function()
   it('that was killed goes on to the same end, to the last bit', function()
      local keeps = {s4gan = 'steps=8 checkpoint_every=3 log_every=2 eval_every=4', mlmt = 'steps=6 checkpoint_every=2 log_every=3'}
      for script, keep in pairs(keeps) do
         local straight, killed = script .. '-straight', script .. '-killed'
         run(script, straight, keep)
         signalled(command(script, killed, keep), 'KILL', function() return folder.is_file(file(killed, 'last.safetensors')) end)
         local text = run(script, killed, 'resume=true')
         assert.matches('continuing .* from step %d', text)
         assert_same_end(straight, killed)
      end
   end)

   it('that gets Ctrl-C saves a checkpoint, says how to go on, and does', function()
      local keep = 'steps=40 checkpoint_every=0 log_every=7 eval_every=0'
      local function moving() -- a line of the log is there
         return folder.is_file(file('stopped', 'log.jsonl')) and #tiny.read(file('stopped', 'log.jsonl')) > 0
      end
      local text = signalled(command('s4gan', 'stopped', keep), 'INT', moving)
      assert.matches('interrupted at step %d+ of 40', text)
      assert.matches('resume=true', text)
      assert.not_matches('traceback', text)
      assert.is_true(folder.is_file(file('stopped', 'last.safetensors')))
      assert.equal('interrupted', hilo.train.json.load(file('stopped', 'machine.json')).ended)
      run('s4gan', 'stopped', 'resume=true')
      run('s4gan', 'unstopped', keep)
      assert_same_end('unstopped', 'stopped')
   end)

   it('killed at any moment leaves a checkpoint that loads', function()
      local draw = 0
      for round = 1, 5 do
         draw = (draw * 29 + 17) % 61
         local name, began = 'round' .. round, nil
         signalled(command('supervised', name, 'steps=500 checkpoint_every=1 log_every=1 eval_every=0'), 'KILL', function()
            began = began or folder.is_file(file(name, 'last.safetensors')) and core.host.hl_host_time() or nil
            return began and core.host.hl_host_time() > began + draw / 200
         end)
         local meta = hilo.io.checkpoint.meta(file(name, 'last.safetensors'))
         assert.is_true(meta.step >= 1 and meta.step <= 500)
         local S = hilo.models.deeplab {backbone = 'resnet18', width = 4, classes = 3, freeze_bn = 'none'}
         hilo.io.checkpoint.load(file(name, 'last.safetensors'), {nets = {S = S}, generator = false}, {subset = true})
         for _, p in ipairs(S:namedParameters()) do assert.is_number(p.tensor:detach():sum()) end
      end
   end)

   it('that meets a full disk keeps its old checkpoint', function()
      run('supervised', 'full', 'steps=2 checkpoint_every=2')
      local before = tiny.read(file('full', 'last.safetensors'))
      -- a limit on the size of files stands for a disk that is full; the signal that goes with it is ignored
      tiny.write(runs .. '/full.lua', ([[
         local hilo = require 'hilo'
         local S = hilo.nn.Linear(400, 400)
         hilo.io.checkpoint.save('%s', {nets = {S = S}, meta = {step = 3}})
      ]]):format(file('full', 'last.safetensors')))
      local limited = "sh -c 'ulimit -f 100; exec luajit %slua/bin/hilo %s/full.lua'"
      local code, text = shell(limited:format(core.root, runs))
      assert.equal(1, code)
      assert.matches('last.safetensors', text)
      assert.is_true(before == tiny.read(file('full', 'last.safetensors')))
      for _, name in ipairs(folder.list(runs .. '/full')) do assert.not_matches('tmp', name) end
   end)

   it('with a bad label map names the file and keeps its checkpoint', function()
      local bad = tiny.voc {n = 6, val = 1}
      hilo.io.image.save(bad .. '/SegmentationClass/img_02.png', hilo.ByteTensor(40, 48):fill(7))
      local line = command('supervised', 'badlabel', 'steps=20 checkpoint_every=1'):gsub('data.root=%S+', 'data.root=' .. bad)
      local code, text = shell(line)
      assert.equal(1, code)
      assert.matches('img_02.png', text)
      tiny.remove(bad)
   end)
end)

describe('on a card, a run', function()
   local function losses(name)
      local list = {}
      for line in tiny.read(file(name, 'log.jsonl')):gmatch('[^\n]+') do
         local entry = hilo.train.json.decode(line)
         if entry.ce then list[#list + 1] = entry end
      end
      return list
   end

   for _, device in ipairs {'emu', 'cuda'} do
      if core.device(device) then
         it('of s4GAN does on ' .. device .. ' what it does on the CPU', function()
            run('s4gan', 'here', 'steps=2 log_every=1 unlabelled_batch=3')
            run('s4gan', 'there', 'steps=2 log_every=1 unlabelled_batch=3 device=' .. device)
            local here, there = losses('here'), losses('there')
            assert.equal(2, #there)
            for t = 1, 2 do
               for _, name in ipairs {'ce', 'fm', 'st', 'd', 'passed'} do
                  assert.near(here[t][name], there[t][name], 2e-3 * math.abs(here[t][name]) + 1e-4)
               end
            end
         end)

         it('ends on ' .. device .. ' as it does with its steps recorded, and as it does when it is continued', function()
            local options = 'steps=6 checkpoint_every=4 log_every=3 device=' .. device
            for _, script in ipairs {'s4gan', 'mlmt'} do
               local plain, recorded, stopped = script .. '_plain', script .. '_recorded', script .. '_stopped'
               run(script, plain, options)
               run(script, recorded, options .. ' graph=true')
               assert_same_end(plain, recorded)
               signalled(command(script, stopped, options .. ' graph=true'), 'KILL', function()
                  return folder.is_file(file(stopped, 'last.safetensors'))
               end)
               run(script, stopped, 'resume=true')
               assert_same_end(plain, stopped)
            end
         end)
      end
   end

   it('needs one to record its steps', function()
      local code, text = shell(command('supervised', 'norecording', 'graph=true steps=2'))
      assert.equal(1, code)
      assert.matches('needs device=cuda', text)
   end)
end)

describe('the launcher', function()
   it('runs scripts with their arguments, and lines of a prompt', function()
      tiny.write(runs .. '/args.lua', 'print(arg[0], arg[1], ...) local hilo = require "hilo" print(hilo.ones(2):sum())')
      local code, text = shell(('luajit %slua/bin/hilo %s/args.lua a=b'):format(core.root, runs))
      assert.equal(0, code)
      assert.matches('args.lua\ta=b\ta=b\n2\n', text)
      tiny.write(runs .. '/typed', 'x = hilo.ones(3)\nx:sum()\nfor i = 1, 2 do\nprint(i * 10)\nend\nerror([[oh]])\n1 + 1\n')
      code, text = shell(('luajit %slua/bin/hilo < %s/typed'):format(core.root, runs))
      assert.equal(1, code)
      assert.matches('3\n', text)
      assert.matches('10\n20\n', text)
      assert.matches('oh', text)
      assert.matches('2\n', text)
      assert.equal(1, (shell(('luajit %slua/bin/hilo %s/nowhere.lua'):format(core.root, runs))))
   end)

   it('lists the options of a script', function()
      local code, text = shell(('luajit %slua/bin/hilo %sexperiments/s4gan.lua help'):format(core.root, core.root))
      assert.equal(0, code)
      assert.matches('lambda_fm=0.1', text)
   end)
end)
