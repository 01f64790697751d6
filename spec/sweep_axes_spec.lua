-- What a sweep can be asked for: the grammar of axes, and what is wrong with those that cannot be.
local axes = require 'hilo.sweep.axes'
local definition = require 'hilo.sweep.definition'
local distributions = require 'hilo.sweep.distributions'
local plan = require 'hilo.sweep.plan'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local function fails(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.matches(pattern, message)
end

describe('an axis', function()
   it('is a list, a range, a logarithmic range, whole numbers or a choice', function()
      assert.same({name = 'lr', kind = 'choice', choices = {0.01, 0.001}}, (axes.parse('lr', '1e-2,1e-3', 0.1)))
      assert.same({name = 'g', kind = 'float', low = 0.5, high = 0.9, log = false}, (axes.parse('g', '0.5..0.9', 0.6)))
      assert.same({name = 'lr', kind = 'float', low = 1e-4, high = 1e-2, log = true}, (axes.parse('lr', 'log:1e-4..1e-2', 0.1)))
      assert.same({name = 'b', kind = 'int', low = 2, high = 8, log = false, step = 1}, (axes.parse('b', 'int:2..8', 4)))
      assert.same({name = 'b', kind = 'int', low = 1, high = 64, log = true, step = 1}, (axes.parse('b', 'int:log:1..64', 4)))
      assert.same({name = 'b', kind = 'int', low = 2, high = 8, log = false, step = 3}, (axes.parse('b', 'int:2..9:3', 4)))
      assert.same({name = 'p', kind = 'choice', choices = {'a', 'b'}}, (axes.parse('p', 'a,b', 'a')))
      assert.same({name = 'm', kind = 'choice', choices = {true, false}}, (axes.parse('m', 'true,false', true)))
      assert.same({name = 'c', kind = 'choice', choices = {'96x96', '128x128'}}, (axes.parse('c', '96x96,128x128', {96, 96})))
      assert.equal(-0.5, axes.parse('g', '-0.5..0.5', 0).low)
   end)

   it('is none where there is one value', function()
      assert.same({nil, 3}, {axes.parse('lr', '3', 0.1)})
      assert.same({96, 64}, (select(2, axes.parse('crop', '96,64', {96, 96}))))
      assert.equal('../data', (select(2, axes.parse('data.root', '../data', ''))))
   end)

   it('is written as it was read', function()
      for text, default in pairs {['log:0.0001..0.01'] = 1, ['int:2..8'] = 1, ['0.5..0.9:0.1'] = 1, ['0.1..0.3:0.1'] = 1,
         ['log:int:1..64'] = 1, ['a,b'] = ''} do
         assert.equal(text, axes.describe((axes.parse('x', text, default))))
      end
   end)

   it('becomes what Optuna writes, and back', function()
      for text, default in pairs {['log:0.0001..0.01'] = 1, ['int:2..8'] = 1, ['0.5..0.9'] = 1, ['a,b'] = '', ['1,2.5'] = 1} do
         local axis = axes.parse('x', text, default)
         local again = distributions.decode('x', distributions.encode(axis))
         assert.equal(axes.describe(axis), axes.describe(again))
      end
      local axis = axes.parse('x', 'a,b,c', '')
      assert.equal(2, distributions.number(axis, 'c'))
      assert.equal('b', distributions.value(axis, 1))
      axis = axes.parse('m', 'true,false', true)
      assert.is_false(distributions.value(axis, distributions.number(axis, false)))
   end)

   it('that cannot be is told before anything starts', function()
      fails('the range is empty', axes.parse, 'lr', '3..1', 0.1)
      fails('the range is empty', axes.parse, 'lr', '1..1', 0.1)
      fails('numbers above 0', axes.parse, 'lr', 'log:0..1', 0.1)
      fails('whole ends', axes.parse, 'b', 'int:1.5..3', 1)
      fails('expected numbers', axes.parse, 'lr', 'a..b', 0.1)
      fails('twice', axes.parse, 'lr', '1,2,1', 0.1)
      fails('a value is missing', axes.parse, 'lr', '1,,2', 0.1)
      fails('expects a number', axes.parse, 'lr', '1,x', 0.1)
      fails('expects true or false', axes.parse, 'm', 'true,maybe', true)
      fails('longer than the range', axes.parse, 'lr', '0..1:2', 0.1)
      fails('expected a range', axes.parse, 'lr', 'log:1,2', 0.1)
      fails('whole numbers', axes.seeds, '1,b')
      fails('empty', axes.seeds, '3..1')
   end)

   it('of seeds is a list of whole numbers', function()
      assert.same({1, 2, 3}, axes.seeds '1..3')
      assert.same({5, 1}, axes.seeds '5,1')
   end)
end)

describe('a sweep', function()
   local script = 'spec/sweep/tiny.lua'

   it('takes axes, fixed options and settings of its own from a command', function()
      local d = definition.read(script, {'lr=0.1,0.2', 'depth=3', 'seed=1..2', 'jobs=2', 'name=x', 'slurm.time=10'})
      assert.equal(1, #d.axes)
      assert.equal(3, d.main.fixed.depth)
      assert.same({1, 2}, d.seeds)
      assert.equal(2, d.settings.jobs)
      assert.equal('grid', d.settings.sampler)
      assert.equal('10', d.slurm.time)
      assert.equal('tpe', definition.read(script, {'lr=0.1..0.2', 'trials=3'}).settings.sampler)
   end)

   it('names the nearest option where one is not there, and what is wrong with a value', function()
      fails("did you mean 'depth'", definition.read, script, {'dept=1,2'})
      fails("did you mean 'trials'", definition.read, script, {'trails=3'})
      fails("did you mean 'slow'", definition.read, script, {'preset=slw,default'})
      fails("did you mean 'tpe'", definition.read, script, {'sampler=tpee'})
      fails('expects a number', definition.read, script, {'jobs=two'})
      fails('expects a number', definition.read, script, {'lr=fast'})
      fails('needs the number of configurations', definition.read, script, {'lr=0.1..0.2'})
      fails('the folder of the runs needs a name', definition.read, script, {'runs='})
      for _, name in ipairs {'.', '/a', 'a/', 'a//b', 'a/./b', '../a', "it's"} do
         fails('becomes a folder', definition.read, script, {'name=' .. name})
      end
      assert.equal('a/b.c', definition.read(script, {'name=a/b.c'}).settings.name)
      fails('give it a step', definition.read, script, {'lr=0.1..0.2', 'sampler=grid'})
      fails('set by the sweep itself', definition.read, script, {'overwrite=true'})
      fails('it cannot be', definition.read, script, {'name=../x'})
      fails('there is no script', definition.read, 'spec/nowhere.lua', {})
      fails('is not an option', definition.read, script, {'lr'})
   end)

   it('reads the same from a table, with values that are computed', function()
      local d = definition.of_table {
         script = script, name = 'x', axes = {depth = {1, 2}, ratio = {low = 1, high = 3, int = true}}, seed = {4, 5}, jobs = 2,
         options = function(values, seed) return {lr = values.ratio * 0.1, kind = 'k' .. seed} end,
      }
      assert.equal(2, #d.axes)
      assert.same({4, 5}, d.seeds)
      local runs = plan(d, 7, {depth = 2, ratio = 3}, 4)
      assert.equal(1, #runs)
      assert.equal('x/0007-s4', runs[1].name)
      assert.same({depth = 2, lr = 3 * 0.1, kind = 'k4'}, runs[1].options)
      local one = definition.of_table {script = script, axes = {row = {'first'}}, options = function() return {lr = 1} end}
      assert.same({{name = 'row', kind = 'choice', choices = {'first'}}}, one.axes) -- others may follow
      fails('expected a range', definition.of_table, {script = script, axes = {lr = 'log:3'}})
      fails("unknown key 'step'", definition.of_table, {script = script, step = 3})
      fails("did you mean 'sampler'", definition.of_table, {script = script, samplr = 'tpe'})
      fails('must return a table', plan, definition.of_table {script = script, options = function() end}, 0, {}, 1)
      fails('the script expects', plan, definition.of_table {script = script, options = function() return {lr = 'x'} end}, 0, {}, 1)
   end)

   it('takes no computed value for an option that is an axis, but that of the axis', function()
      local function planned(depth)
         return plan(definition.of_table {script = script, axes = {kind = {'plain', 'x'}, depth = {1, 3}},
            options = function(values) return values.kind == 'plain' and {depth = depth or values.depth} or {} end}, 0,
            {kind = 'plain', depth = 3}, 1)[1].options
      end
      fails('returned depth=2, but depth is an axis, which has 3 here', planned, 2)
      assert.same({kind = 'plain', depth = 3}, planned())
   end)

   it('takes words for the axes that options are computed from', function()
      local function axes_with(...)
         local given = {script = script, axes = {change = {'none', 'lr=1'}, ratio = {low = 1, high = 3, step = 1}},
            options = function() return {} end}
         local found = {}
         for _, axis in ipairs(definition.of_table(given, {...}).axes) do found[axis.name] = axes.describe(axis) end
         return found
      end
      assert.same({change = 'lr=2,lr=3', ratio = '1..3:1'}, axes_with('change=lr=2,lr=3'))
      assert.same({change = 'none', ratio = '2..4:1'}, axes_with('change=none', 'ratio=2..4:1'))
      assert.same({change = 'none,lr=1', ratio = '1,2'}, axes_with('ratio=1,2'))
      fails("did you mean 'change'", axes_with, 'chnge=none')
      fails('expects a number', axes_with, 'ratio=much')
   end)

   it('comes from a Lua file that returns such a table', function()
      local path = os.tmpname()
      tiny.write(path, ("return {script = '%s', axes = {depth = {1, 2}}, name = 'y'}"):format(script))
      assert.equal('y', definition.read(path, {}).settings.name)
      assert.equal(3, definition.read(path, {'jobs=3'}).settings.jobs)
      tiny.write(path, 'return 3')
      fails('neither names options', definition.read, path, {})
      os.remove(path)
   end)

   it('plans the runs of stages before those that need them, and shares them between trials that agree', function()
      local d = definition.of_table {
         script = script, name = 'x', axes = {lr = {1, 2}, ['first.depth'] = {1, 2}},
         options = {after = '{second}', kind = '{first.path}'},
         needs = {
            first = {script = script, options = {steps = 3}},
            second = {script = script, options = {after = '{first}', lr = 5}},
         },
      }
      local a, b = plan(d, 0, {lr = 1, ['first.depth'] = 1}, 1), plan(d, 1, {lr = 2, ['first.depth'] = 1}, 1)
      local other = plan(d, 2, {lr = 1, ['first.depth'] = 2}, 1)
      assert.same({'first', 'second', nil}, {a[1].stage, a[2].stage, a[3].stage})
      assert.equal(a[1].name, a[2].options.after)
      assert.equal(a[2].name, a[3].options.after)
      assert.equal('runs/' .. a[1].name, a[3].options.kind)
      assert.same({a[1].name}, a[2].needs)
      assert.same({a[1].name, b[2].name}, a[3].needs)
      assert.same({steps = 3, depth = 1}, a[1].options)
      assert.equal(a[1].name, b[1].name)
      assert.not_equal(a[1].name, other[1].name)
      assert.not_equal(a[2].name, other[2].name)
      assert.not_equal(a[1].name, plan(d, 0, {lr = 1, ['first.depth'] = 1}, 2)[1].name)
   end)

   it('has stages that are called as options are, but not as groups of options', function()
      local needs = {after = {script = script, options = {depth = 3}}}
      local d = definition.of_table {script = script, options = {after = '{after}'}, needs = needs, axes = {['after.depth'] = {1, 2}}}
      assert.equal(2, #plan(d, 0, {['after.depth'] = 1}, 1))
      fails('group of options', definition.of_table, {script = 'experiments/s4gan.lua', needs = {data = {script = script}}})
   end)

   it('says which stage is not there, and which needs itself', function()
      local function stages(options, needs)
         return plan(definition.of_table {script = script, options = options, needs = needs}, 0, {}, 1)
      end
      fails("'{third}' names no stage", stages, {after = '{third}'}, {first = {script = script}})
      fails('needs itself', stages, {after = '{first}'}, {first = {script = script, options = {after = '{first}'}}})
   end)

   it('of ablations changes options in groups too', function()
      local path = 'experiments/ablation-sweep.lua'
      local runs = plan(definition.read(path, {'change=none,data.size=0.5', 'recipe=scenes'}), 1, {change = 'data.size=0.5'}, 1)
      assert.equal(0.5, runs[1].options['data.size'])
      fails("change: expected none or an option and its number, as gamma=0.7; got 'data.size=x'", plan,
         definition.read(path, {'change=none'}), 1, {change = 'data.size=x'}, 1)
   end)

   it('in a Lua file is run by hilo sweep, which hilo alone says', function()
      for _, name in ipairs {'experiments/ablation-sweep.lua', 'experiments/fused-sweep.lua'} do
         local code, text = process.capture {'luajit', 'lua/bin/hilo', name, 'help'}
         assert.equal(1, code)
         assert.matches('run it with: hilo sweep ' .. name:gsub('%-', '%%-'), text)
      end
   end)
end)
