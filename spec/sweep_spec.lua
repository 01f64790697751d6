-- Sweeps as users run them: from the command line, continued, extended, pruned, resumed.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Display = require 'hilo.sweep.display'
local definition = require 'hilo.sweep.definition'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'
local tiny_sweep = require 'spec.tiny_sweep'

local script, sweep, results = tiny_sweep.script, tiny_sweep.sweep, tiny_sweep.results
local words_of, count = tiny_sweep.words_of, tiny_sweep.count
local runs
before_each(function() runs = tiny_sweep.begin() end)
after_each(tiny_sweep.finish)

-- When each run last ended, by name.
local function endings()
   local when = {}
   for _, trial in ipairs(results().trials) do
      for _, run in ipairs(trial.runs) do
         when[run.name] = tiny.read(run.path .. '/log.jsonl')
      end
   end
   return when
end

describe('hilo sweep', function()
   it('says what each of its own options means', function()
      local code, text = process.capture(words_of 'help')
      assert.equal(0, code, text)
      for key in pairs(hilo.sweep.definition.own) do assert.matches('\n  ' .. key .. '=%S* +%S+ ', text) end
   end)

   it('runs each configuration with each seed once, and prints them best first', function()
      local code, text = sweep('lr=0.05,0.1', 'seed=1..2', 'jobs=2')
      assert.equal(0, code, text)
      local found = results()
      assert.equal(2, #found.trials)
      for _, trial in ipairs(found.trials) do
         assert.equal('complete', trial.state)
         assert.equal(2, trial.n)
         assert.equal(trial.value, (trial.runs[1].value + trial.runs[2].value) / 2)
         assert.is_number(trial.spread)
         for _, run in ipairs(trial.runs) do
            assert.equal(run.value, hilo.train.json.load(run.path .. '/scores.json').mean_iou)
            assert.equal(trial.values.lr, hilo.train.json.load(run.path .. '/options.json').lr)
         end
      end
      local first = require('hilo.sweep.ranking').best(found)
      assert.is_true(first.value >= found.trials[1].value and first.value >= found.trials[2].value)
      assert.matches(('%%n0*%d '):format(first.number):gsub('%%n', '\n'), text)
   end)

   it('runs nothing twice, and goes on where values, seeds or trials are added', function()
      assert.equal(0, (sweep('lr=0.05,0.1', 'seed=1')))
      local before = endings()
      local code, text = sweep('lr=0.05,0.1', 'seed=1')
      assert.equal(0, code, text)
      assert.not_matches('starts', text)
      assert.same(before, endings())
      code, text = sweep('lr=0.05,0.1,0.2', 'seed=1..2')
      assert.equal(0, code, text)
      local after = endings()
      assert.equal(6, count(after))
      for name, log in pairs(before) do assert.equal(log, after[name]) end
      code, text = sweep('lr=0.05,0.1,0.2', 'depth=2,3', 'seed=1..2')
      assert.equal(0, code, text)
      assert.equal(12, count(endings()))
      for i, trial in ipairs(results().trials) do assert.equal(i <= 3 and 2 or 3, trial.values.depth) end
      for name, log in pairs(after) do assert.equal(log, endings()[name]) end
   end)

   it('draws the missing trials where their number grows, and the same ones whether in one go or two', function()
      for _, sampler in ipairs {'random', 'sobol', 'tpe'} do
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=3', 'steps=2', 'name=' .. sampler, 'sampler=' .. sampler)))
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=5', 'steps=2', 'name=' .. sampler, 'sampler=' .. sampler)))
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=5', 'steps=2', 'name=' .. sampler .. '2', 'sampler=' .. sampler)))
         local values = {}
         for which, name in ipairs {sampler, sampler .. '2'} do
            values[which] = {}
            for i, trial in ipairs(hilo.sweep.results.load(runs .. '/sweeps.db', name).trials) do values[which][i] = trial.values.lr end
         end
         assert.equal(5, #values[1])
         assert.same(values[1], values[2])
      end
   end)

   it('refuses to mix what would be two sweeps', function()
      assert.equal(0, (sweep('lr=0.05,0.1')))
      local function refused(pattern, ...)
         local code, text = sweep(...)
         assert.equal(1, code)
         assert.matches(pattern, text)
         assert.not_matches('traceback', text)
      end
      refused('was begun with steps=8; with 9', 'lr=0.05,0.1', 'steps=9')
      refused('was begun with direction=max', 'lr=0.05,0.1', 'direction=min')
      refused('varies lr', 'depth=1,2')
      refused('none of the values of the new axis', 'lr=0.05,0.1', 'depth=5,6')
      assert.equal(0, (sweep('lr=0.05,0.1', 'threads=1'))) -- changes no result
   end)

   it('prints commands as a shell reads them', function()
      local odd = "it's $HOME"
      assert.equal(0, (sweep('kind=' .. odd .. ',plain')))
      local _, text = process.capture(words_of('best', 's', 'runs=' .. runs))
      local pipe = io.popen("printf '%s|' " .. text:match('hilo (.-)\n'))
      assert.matches('|kind=' .. odd:gsub('%$', '%%$') .. '|', pipe:read('*a'))
      pipe:close()
   end)

   it('prints the best configuration and the command that runs it', function()
      assert.equal(0, (sweep('depth=1,3,2', 'metric=iou.two')))
      local code, text = process.capture(words_of('best', 's', 'runs=' .. runs))
      assert.equal(0, code)
      assert.matches('trial 0001: iou.two 3', text)
      assert.matches('hilo .*tiny.lua depth=3', text)
      code, text = process.capture(words_of('best', 'z', 'runs=' .. runs))
      assert.equal(1, code)
      assert.matches("did you mean 's'", text)
   end)

   it('ranks by another score or loss that its runs have reported, and lists all of them', function()
      assert.equal(0, (sweep('depth=1,3', 'lr=0.05', 'log_every=1', 'steps=2')))
      local function said(...)
         local code, text = process.capture(words_of(...))
         assert.equal(0, code, text)
         return text
      end
      local where = 'runs=' .. runs
      assert.matches('trial 0001: iou.two 3.0000 over 1 run, the highest\nhilo .*depth=3', said('best', 's', where, 'metric=iou.two'))
      assert.matches('trial 0000: iou.two 1.0000 over', said('best', 's', where, 'metric=iou.two', 'direction=min'))
      assert.matches('mse %S+ over 1 run, the lowest', said('best', 's', where, 'metric=mse', 'direction=min'))
      local _, text = process.capture(words_of('best', 's', where, 'metric=iou.tow'))
      assert.matches("no run of s that has ended reports 'iou.tow'; there are .*did you mean metric=iou.two", text)
      assert.matches('^trial +depth +seed +state +value +lr +mean_iou +step +seconds +path\n0001 +3 +%d+ +complete +3 ',
         said('table', 's', where, 'metric=iou.two'))
      said('table', 's', where, 'csv=' .. runs .. '/s.csv')
      local csv = tiny.read(runs .. '/s.csv')
      assert.matches('^trial,depth,seed,state,value,best.mean_iou,best.step,iou.one,iou.two,lr,mean_iou,step,seconds,path\r\n', csv)
      assert.matches('\n0001,3,%d+,complete,[%d.]+,[%d.]+,%d,1,3,0.05,', csv)
   end)

   it('is resumed where it is, or not at all', function()
      assert.equal(0, (sweep('lr=0.1,0.2', 'trials=1')))
      local elsewhere = runs .. '/else where'
      hilo.data.folder.make(elsewhere)
      os.rename(runs .. '/sweeps.db', elsewhere .. '/sweeps.db')
      os.rename(runs .. '/s', elsewhere .. '/s')
      local code, text = process.capture(words_of('resume', 's', 'runs=' .. elsewhere))
      assert.equal(1, code)
      assert.matches('repeat that with name=s and the runs= and store=', text)
      assert.is_false(hilo.data.folder.is_file(runs .. '/sweeps.db'))
      code, text = sweep('lr=0.1,0.2', 'runs=' .. elsewhere)
      assert.equal(0, code, text)
      code, text = process.capture(words_of('stop', 's', 'runs=' .. elsewhere))
      assert.equal(0, code)
      assert.matches("hilo sweep resume s 'runs=.*/else where'\n", text)
   end)

   it('takes lists and texts with commas as the options of a Lua sweep', function()
      local path = runs .. '/lists.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {lr = {0.1, 0.2}},
            options = {size = {16, 16}, kind = 'a,b', steps = 2},
         }
      ]]):format(script, runs))
      local code, text = process.capture(words_of(path))
      assert.equal(0, code, text)
      local o = hilo.train.json.load(results().trials[1].runs[1].path .. '/options.json')
      assert.same({{16, 16}, 'a,b'}, {o.size, o.kind})
   end)

   it('prunes configurations, by the mean over their seeds', function()
      local code, text = sweep('depth=9,8,7,6,5,1', 'seed=1..2', 'metric=iou.two', 'pruner=median', 'steps=6', 'eval_every=2',
         'pause=100', 'jobs=2')
      assert.equal(0, code, text)
      local last = results().trials[6]
      assert.equal('pruned', last.state)
      assert.equal(1, last.value)
      assert.matches('trial 0005 is pruned at step [24]:', text)
      assert.equal('complete', results().trials[1].state)
   end)

   it('lets the seeds of a configuration take turns only where it may be pruned', function()
      local code, text = sweep('depth=1,2', 'seed=1..2', 'metric=iou.two', 'pruner=median', 'steps=6', 'eval_every=2', 'pause=100')
      assert.equal(0, code, text)
      assert.not_matches('0000%-s%d stops', text) -- there is no other yet
      assert.matches('0001%-s1 stops at step %d;', text)
      assert.same({'complete', 'complete'}, {results().trials[1].state, results().trials[2].state})
   end)

   it('warns of a pruner that has nothing to compare, since runs report at their end only', function()
      local warning = 'pruner=asha has nothing to compare: runs report %S+ at their end only; eval_every=1 does so on the way\n'
      local _, text = sweep('depth=1,2', 'pruner=asha', 'eval_every=0', 'steps=4', 'pause=300', 'log_every=1')
      assert.matches('pruner=asha ends no trial of a sweep of fewer than 4', text)
      local before, after = text:match('^(.*)' .. warning .. '(.*)$')
      assert.is_truthy(before, text)
      assert.not_matches('0000%-s1 mean_iou', before) -- as soon as the options say so
      assert.not_matches('nothing to compare', after)
      _, text = sweep('depth=1,2', 'name=t', 'pruner=asha', 'eval_every=0', 'steps=4', 'metric=mse', 'log_every=1')
      assert.not_matches('nothing to compare', text)
   end)

   it('can be run from a script', function()
      local found = hilo.sweep {script = script, runs = runs, name = 's', report = false, axes = {depth = {1, 2}},
         options = {steps = 2, tracking = false}, metric = 'iou.two'}
      assert.same({1, 2}, {found.trials[1].value, found.trials[2].value})
      assert.matches('trial', hilo.sweep.results.table(found))
   end)

   it('says what is wrong with the command', function()
      local function wrong(pattern, ...)
         local code, text = process.capture(words_of(...))
         assert.equal(1, code)
         assert.matches(pattern, text)
         assert.not_matches('lua:%d+:', text)
      end
      wrong("did you mean 'status'", 'statsu')
      wrong('there is no script', 'nowhere.lua')
      wrong('there is no store', 'status', 'runs=' .. runs .. '/none')
      wrong("did you mean 'lr'", script, 'ls=1,2')
   end)
end)

describe('the display of a sweep', function()
   it('is a line for each run and one for the whole on a terminal, which make room for lines that stay', function()
      local out = {}
      local file = {write = function(_, ...) for _, text in ipairs {...} do out[#out + 1] = text end end, flush = function() end}
      local d = definition.read(script, {'lr=0.1,0.2', 'name=s', 'jobs=2'})
      local display = Display.new(d, {out = file, width = 100})
      local active = {run = {name = 's/0000-s1', options = {lr = 0.1}}, began = core.host.hl_host_time() - 5, steps = 40,
         reported = {step = 20, points = {{step = 10, value = 41.234}}}, first = 0}
      local coordinator = {
         active_runs = function() return {active} end, total = function() return 2 end,
         study = {
            counts = function() return {COMPLETE = 1, RUNNING = 1, WAITING = 0, PRUNED = 0, FAIL = 0} end,
            trials = function() return {{state = 'complete', value = 44.5, number = 1}} end,
         },
      }
      display:show(coordinator)
      local text = table.concat(out)
      assert.matches('0000%-s1 lr=0.1  20/40 %[=+ +%] 5s left  mean_iou 41.23\n', text)
      assert.matches('s 1/2 %[=+ +%].*best 44.50 %(0001%)\n', text)
      display:note('something')
      assert.matches('\27%[2F\27%[Jsomething\n', table.concat(out))
      for line in text:gmatch('[^\n]+') do assert.is_true(#line < 100) end
   end)
end)
