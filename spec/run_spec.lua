-- run_spec.lua: what a training keeps where it is replaced, fails or is stopped.
local core = require 'hilo.core'
local hilo = require 'hilo'
local helper = require 'spec.helper'
local interrupts = require 'hilo.interrupts'
local lock = require 'hilo.io.lock'
local tiny = require 'spec.tiny_set'

local nn, optim, train = hilo.nn, hilo.optim, hilo.train
local is_file = hilo.data.folder.is_file

local runs
before_each(function() runs = tiny.folder() end)
after_each(function()
   lock.give_back(runs .. '/a')
   tiny.remove(runs)
end)

local function started(...)
   lock.give_back(runs .. '/a')
   local run = train.run(train.options({}, nil, {'name=a', 'runs=' .. runs, 'log_every=2', 'eval_every=2', 'threads=1', ...}))
   run.say = function(self, text) self.said = (self.said or '') .. text .. '\n' end
   return run
end

-- Of four steps; `more` adds to it or takes the place of what it has.
local function job_of(more)
   local net = nn.Linear(2, 1)
   local sgd = optim.SGD(net, {lr = 0.01})
   local job = {steps = 4, score = 'accuracy', nets = {S = net}, optims = {S = sgd},
      step = function()
         local loss = hilo.mean(hilo.square(net(hilo.randn(3, 2))))
         sgd:zeroGrad()
         loss:backward()
         sgd:step()
         return {ce = loss:detach()}
      end,
      evaluate = function() return {accuracy = 1} end}
   for key, value in pairs(more or {}) do job[key] = value end
   return job
end

local function path_of(name) return ('%s/a/%s'):format(runs, name) end
local function step_of(name) return hilo.io.checkpoint.meta(path_of(name)).step end
local function error_of(run, job) return helper.error_of(run.train, run, job) end

describe('a run that replaces another', function()
   it('leaves it whole until it begins', function()
      started():train(job_of())
      local run = started 'overwrite=true'
      run:record('split.json', {labelled = {'new'}})
      for _, name in ipairs {'last.safetensors', 'best.safetensors', 'scores.json', 'log.jsonl', 'machine.json', 'options.json'} do
         assert.is_true(is_file(path_of(name)), name)
      end
      assert.is_false(is_file(path_of 'split.json'))
      assert.is_false(train.json.load(path_of 'options.json').overwrite)
   end)

   it('begins in a folder that holds nothing of it', function()
      started():train(job_of())
      local run = started 'overwrite=true'
      run:record('split.json', {labelled = {'new'}})
      local step = job_of().step
      run:train(job_of {step = function(t)
         if t == 1 then
            for _, name in ipairs {'last.safetensors', 'best.safetensors', 'scores.json'} do
               assert.is_false(is_file(path_of(name)), name)
            end
            assert.same({labelled = {'new'}}, train.json.load(path_of 'split.json'))
            assert.is_true(train.json.load(path_of 'options.json').overwrite)
         end
         return step(t)
      end})
      assert.equal(4, #train.Log.read(path_of 'log.jsonl'))
   end)
end)

describe('a run whose evaluation fails', function()
   it('keeps the steps before it, and goes on from there', function()
      local text = error_of(started(), job_of {evaluate = function() error('damaged JPEG', 0) end})
      assert.matches('^damaged JPEG\nthe training is saved up to step 2: .* name=a resume=true goes on$', text)
      assert.equal(2, step_of 'last.safetensors')
      local run, evaluated = started 'resume=true', 0
      run:train(job_of {evaluate = function()
         evaluated = evaluated + 1
         return {accuracy = 1}
      end})
      assert.equal(2, evaluated)
      assert.equal(4, step_of 'last.safetensors')
   end)

   it('says which score is missing, and what may be one', function()
      local run = started()
      assert.matches("evaluate gave no number 'acuracy', by which the best network is told; it gave accuracy, loss\nthe training is",
         error_of(run, job_of {score = 'acuracy', evaluate = function() return {accuracy = 1, loss = 2} end}))
      run = started 'overwrite=true'
      assert.matches('evaluate must return a table of scores by name, got a tensor',
         error_of(run, job_of {evaluate = function() return hilo.ones(1) end}))
   end)

   it('is not taken for one that got Ctrl-C, whatever the error says', function()
      local text = error_of(started(), job_of {evaluate = function() error('data/interrupted/a.jpg: damaged JPEG', 0) end})
      assert.matches('^data/interrupted/a.jpg: damaged JPEG', text)
      for text_of, is in pairs {interrupted = true, ['x.lua:3: interrupted'] = true, ['x.lua:3: interrupted\nstack traceback:'] = true,
         ['the disk was interrupted'] = false, ['a/interrupted: damaged'] = false, ['interrupted.lua:1: no'] = false} do
         assert.equal(is, interrupts.is(text_of), text_of)
      end
   end)
end)

describe('a script that is wrong', function()
   it('hears which part of run:train is not known', function()
      assert.matches("there is no option 'shedule'; did you mean 'schedule'?", error_of(started(), job_of {shedule = print}), 1, true)
   end)

   it('is warned of a network that hides a module', function()
      local run, job = started(), job_of()
      job.nets.S.hidden = {nn.PReLU()}
      run:train(job)
      assert.matches("warning: S: nn.Linear holds nn.PReLU in its field 'hidden' alone", run.said, 1, true)
   end)

   it('hears what its step must return', function()
      for wrong, told in pairs {[{ce = 'low'}] = "its 'ce' is 'low'", [hilo.ones(1)] = 'what it returned is a tensor of 1',
         [{D = {real = hilo.ones(2, 2)}}] = "its 'D/real' is a tensor of 2x2", [{net = nn.ReLU()}] = "its 'net' is a table"} do
         assert.matches('the step must return what is logged by name, {loss = L}, numbers or tensors of one element; ' .. told,
            error_of(started 'overwrite=true', job_of {step = function() return wrong end}), 1, true)
      end
   end)
end)

describe('the best network', function()
   it('is one with a score, where the first had none', function()
      local scores = {0 / 0, 3}
      started():train(job_of {evaluate = function() return {accuracy = table.remove(scores, 1)} end})
      assert.equal(4, step_of 'best.safetensors')
   end)
end)

describe('results of a script that does not train', function()
   local function output()
      lock.give_back(runs .. '/a')
      return train.output(train.options({}, nil, {'name=a', 'runs=' .. runs, 'tracking=false'}), {'labels'})
   end

   it('take the place of a training that left nothing but its log, and of nothing else', function()
      hilo.data.folder.make(runs .. '/a')
      for _, name in ipairs {'log.jsonl', 'split.json', 'classes.json'} do tiny.write(path_of(name), '{}') end
      tiny.write(path_of 'last.safetensors', 'x')
      assert.matches('/a holds a training run; take another name= for the results', helper.error_of(output))
      assert.is_true(is_file(path_of 'log.jsonl'))
      os.remove(path_of 'last.safetensors')
      assert.equal(runs .. '/a', (output()))
      for _, name in ipairs {'log.jsonl', 'split.json', 'classes.json'} do assert.is_false(is_file(path_of(name)), name) end
      assert.is_true(is_file(path_of 'options.json'))
      tiny.write(path_of 'scores.json', '{}')
      output()
   end)

   it('do not lie in the folder of a sweep', function()
      hilo.data.folder.make(runs .. '/a/0000-s1')
      tiny.write(runs .. '/a/0000-s1/options.json', '{}')
      assert.matches('/a holds other runs, as the folder of a sweep does; take another name= for the results', helper.error_of(output))
   end)
end)

describe('what a script keeps', function()
   -- A running mean of its own; stopped after step `last`, where that is given.
   local function averaging(last)
      local keep = {mean = hilo.zeros(1), seen = {}}
      local job = job_of {keep = keep}
      local step = job.step
      job.step = function(t)
         local losses = step(t)
         keep.mean = hilo.add(hilo.mul(keep.mean, 0.9), losses.ce)
         keep.seen[t] = true
         return losses
      end
      job.evaluate = function()
         if keep.seen[last] then error('stop', 0) end
         return {accuracy = 1}
      end
      return job, keep
   end

   it('goes on with the run', function()
      local run = started() -- seeds what the networks begin with
      local job, straight = averaging()
      run:train(job)
      error_of(started 'overwrite=true', (averaging(2)))
      local again, resumed = averaging()
      started('resume=true'):train(again)
      assert.equal(straight.mean:item(), resumed.mean:item())
      assert.same({true, true, true, true}, resumed.seen)
   end)
end)

describe('looks', function()
   it('are the same crops, and all but the first have colours of their own', function()
      local root = tiny.voc {n = 6, val = 2}
      finally(function() tiny.remove(root) end)
      local run, set = started('workers=1'), hilo.data.open {root = root}
      local o = {crop = {32, 32}, scale = {0.5, 1.5}, data = {}, jitter = {brightness = 0.5}}
      local weak, strong = train.augmentations(o)
      local plain, same, first, second = run:looks({set = set, names = set.names, batch = 4, stream = 2}, {weak, weak, strong, strong})
      local batches = {plain:next(), same:next(), first:next(), second:next()}
      for _, batch in ipairs(batches) do
         assert.same(batches[1].names, batch.names)
         assert.is_true(hilo.equal(batches[1].mask, batch.mask))
      end
      local images = {}
      for i, batch in ipairs(batches) do images[i] = batch.images end
      assert.is_true(hilo.equal(images[1], images[2]))
      assert.is_false(hilo.equal(images[1], images[3]))
      assert.is_false(hilo.equal(images[3], images[4]))
      assert.equal(4, #run.loaders)
   end)
end)

describe('what is made of the trained networks', function()
   it('is there before the run counts as ended, and is made again where that failed', function()
      local text = error_of(started(), job_of {finish = function() error('no room', 0) end})
      assert.matches('^no room', text)
      assert.is_false(is_file(path_of 'scores.json'))
      local made = 0
      local job = job_of {steps = 4, finish = function()
         made = made + 1
         assert.is_false(is_file(path_of 'scores.json'))
      end, step = function() error 'all steps are made' end}
      started('resume=true'):train(job)
      assert.equal(1, made)
      assert.is_true(is_file(path_of 'scores.json'))
   end)
end)

if core.device('emu') then
   describe('Ctrl-C', function()
      before_each(function() interrupts.at_prompt = true end)
      after_each(function() interrupts.at_prompt = false end)

      it('saves no step whose losses nobody has looked at yet and which are not finite', function()
         local signal = require 'posix.signal'
         local run = started('device=emu', 'log_every=100', 'eval_every=0', 'checkpoint_every=2')
         local job = job_of {steps = 100}
         job.nets.S:to {device = 'emu'}
         job.step = function(t)
            if t == 3 then signal.raise(signal.SIGINT) end
            return {ce = hilo.full(t == 3 and 0 / 0 or 1, {1}, {device = 'emu'})}
         end
         assert.equal('interrupted', error_of(run, job))
         assert.matches('interrupted at step 3 of 100; ce is nan, so it is not saved; the checkpoint of step 2 is kept', run.said)
         assert.equal(2, step_of 'last.safetensors')
      end)
   end)
end
