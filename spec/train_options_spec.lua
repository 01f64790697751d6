-- Options of scripts: the table at the top, overridden from the command line.
local core = require 'hilo.core'
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local train = hilo.train
local error_of = helper.error_of

local defaults = {
   name = 'spec', recipe = 'plain', preset = 'default',
   lr = 2.5e-4, batch = 8, mirror = true, crop = {321, 321}, runs_of = {'a', 'b'},
   data = {root = 'here', labelled = '1/8'}, model = {bn = 'train', deep = {er = 1}},
}
local variants = {
   recipe = {plain = {}, city = {crop = {256, 512}, batch = 4, data = {root = 'city'}}},
   preset = {default = {}, original = {mirror = false}},
}

local function read(...) return train.options(defaults, variants, {...}) end

describe('options', function()
   it('are the defaults where nothing is said', function()
      local o = read()
      assert.same({321, 321}, o.crop)
      assert.equal('1/8', o.data.labelled)
      assert.equal('cpu', o.device)
      assert.equal(1, o.seed)
   end)

   it('are overridden by key=value, their types kept', function()
      local o = read('lr=1e-3', 'mirror=false', 'crop=128x96', 'data.root=a=b c', 'model.deep.er=-2', '--batch=2', 'runs_of=x,y,z',
         'seed=7')
      assert.equal(1e-3, o.lr)
      assert.equal(false, o.mirror)
      assert.same({128, 96}, o.crop)
      assert.equal('a=b c', o.data.root)
      assert.equal(-2, o.model.deep.er)
      assert.equal(2, o.batch)
      assert.same({'x', 'y', 'z'}, o.runs_of)
      assert.equal(7, o.seed)
      assert.same({321, 321}, defaults.crop)
   end)

   it('take recipe, then preset, then the command line', function()
      local o = read('recipe=city', 'preset=original', 'batch=3')
      assert.same({256, 512}, o.crop)
      assert.equal(3, o.batch)
      assert.equal('city', o.data.root)
      assert.equal('1/8', o.data.labelled)
      assert.is_false(o.mirror)
   end)

   it('hand on to the runs that a script starts what the command line says to any run', function()
      assert.same({device = 'emu', threads = 1, eval_every = 0},
         train.handed_on(read('device=emu', 'threads=1', 'eval_every=0', 'seed=3', 'name=x', 'runs=y', 'lr=1')))
      assert.same({}, train.handed_on(read()))
   end)

   it('suggest the nearest name for an unknown one', function()
      assert.matches("no option 'mirrror'; did you mean 'mirror'", error_of(read, 'mirrror=false'))
      assert.matches("did you mean 'data.labelled'", error_of(read, 'labeled=3'))
      assert.matches("did you mean 'model.bn'", error_of(read, 'model.nb=3'))
      assert.matches("did you mean 'city'", error_of(read, 'recipe=citi'))
      assert.matches("did you mean 'original'", error_of(read, 'preset=orignal'))
   end)

   it('refuse values of another type', function()
      assert.matches('option lr expects a number', error_of(read, 'lr=fast'))
      assert.matches('option mirror expects true or false', error_of(read, 'mirror=yes'))
      assert.matches('option crop expects numbers', error_of(read, 'crop=a,b'))
      assert.matches('option lr expects a number', error_of(read, 'lr=nan'))
      assert.matches('is not an option; write key=value', error_of(read, 'mirror'))
      assert.matches('cannot be', error_of(read, 'name=../up'))
   end)

   it('survive random words', function()
      local draw = helper.numbers(11)
      for _ = 1, 80 do
         local bytes = {}
         for k = 1, 1 + math.floor(draw() * 20) do bytes[k] = string.char(1 + math.floor(draw() * 255)) end
         assert.is_string(error_of(read, table.concat(bytes)))
      end
   end)

   it('that all trainings of a segmentation network have are those a script names, and have a meaning', function()
      local own = train.segmentation_options {name = 'mine', unlabelled_batch = 4, batch = 2, lambda = 0.5, crop = {33, 65}}
      local o = train.options(own, {recipe = train.recipes.supervised}, {'lr=1', 'eval.labels=input'})
      assert.same({4, 2, 0.5, 1, 'input', 'rest', {33, 65}},
         {o.unlabelled_batch, o.batch, o.lambda, o.lr, o.eval.labels, o.data.unlabelled, o.crop})
      assert.is_nil(train.segmentation_options {name = 'mine'}.unlabelled_batch)
      local meanings = require('hilo.options.values').meanings_of(own)
      for key, value in pairs(own) do
         if type(value) ~= 'table' or value[1] then
            assert.equal(key == 'name' or key == 'lambda', meanings[key] == nil, key)
         end
      end
      assert.truthy(meanings['eval.labels'] and meanings['data.size'] and meanings['model.width'])
      assert.matches('batch is a number', error_of(train.segmentation_options, {batch = 'two'}))
   end)

   it('of every experiment say what they mean, and those of a script of one\'s own by its comments', function()
      local function described(path)
         local pipe = io.popen(('luajit %slua/bin/hilo %s describe'):format(core.root, path))
         local text = pipe:read('*a')
         pipe:close()
         return train.json.decode(text:match 'hilo options: ([^\n]*)', path)
      end
      for _, name in ipairs(hilo.data.folder.list(core.root .. 'experiments')) do
         if name:find '%.lua$' and not name:find 'sweep' then
            local found = described(core.root .. 'experiments/' .. name)
            for key in pairs(found.defaults) do assert.is_string(found.meanings[key], name .. ': ' .. key) end
         end
      end
      local own = os.tmpname()
      tiny.write(own, [[
local o = require 'hilo'.train.options {
   name = 'own',
   margin = 0.5, scale = {1, 2}, -- of the loss, and
                                 -- of its gradient
   note = 'a -- b',              -- free text
   silent = 1,
   data = {
      root = 'x',                -- where pictures are
   },
   noise = {mean = 0, std = 1},  -- that is added
}
print(o.margin)                  -- margin = 3, of no option
]])
      local about = described(own).meanings
      os.remove(own)
      local of_loss = 'of the loss, and of its gradient'
      assert.same({of_loss, of_loss, 'free text', 'where pictures are', 'that is added'},
         {about.margin, about.scale, about.note, about['data.root'], about['noise.std']})
      assert.is_nil(about.silent)
      assert.matches('folder', about.runs)
   end)

   it('of a continued run are those it was started with', function()
      local runs = tiny.folder()
      local o = read('runs=' .. runs, 'lr=0.5', 'crop=7', 'workers=1')
      hilo.data.folder.make(runs .. '/spec')
      train.json.save(runs .. '/spec/options.json', o)
      local again = read('runs=' .. runs, 'resume=true', 'workers=3')
      assert.equal(0.5, again.lr)
      assert.same({7}, again.crop)
      assert.equal(3, again.workers)
      assert.is_true(again.resume)
      assert.equal(0.5, read('runs=' .. runs, 'resume=true', 'lr=0.5').lr)
      assert.matches('was started with lr=0.5 and cannot go on with 0.25', error_of(read, 'runs=' .. runs, 'resume=true', 'lr=0.25'))
      assert.matches('there is no run to continue', error_of(read, 'runs=' .. runs, 'resume=true', 'name=other'))
      tiny.remove(runs)
   end)
end)

describe('groups of options', function()
   local options = hilo.data.options

   it('are the defaults, changed by what a script gives', function()
      local group = options {labelled = '30', unlabelled = 'rest'}
      assert.equal('30', group.labelled)
      assert.equal('rest', group.unlabelled)
      assert.equal('auto', group.layout)
      assert.equal('void', group.crowd)
      assert.equal('none', options().unlabelled)
   end)

   it('have what only some scripts can follow where a script names it', function()
      assert.is_nil(options().size)
      assert.equal(0.5, options({size = 0.5}).size)
   end)

   it('of a network leave out what a classifier has not', function()
      local segmentation, classifier = train.networks.options.segmentation {width = 4}, train.networks.options.classifier {width = 4}
      assert.equal(8, segmentation.output_stride)
      assert.is_nil(classifier.output_stride)
      classifier.output_stride, classifier.aspp_branches, classifier.stride_on, classifier.head = 8, 4, '3x3', 'deeplab2'
      classifier.stem = '7x7'
      assert.same(segmentation, classifier)
   end)

   it('refuse what they do not know and values of another type', function()
      assert.matches("data: there is no option 'labeled'; did you mean 'labelled'", error_of(options, {labeled = '1/8'}))
      assert.matches('data.labelled is text, got 30', error_of(options, {labelled = 30}))
   end)

   it('are explained by `help`', function()
      local out = io.popen("LUA_PATH='" .. package.path .. "' luajit experiments/mlmt.lua help 2>&1")
      local text = out:read '*a'
      out:close()
      assert.matches('data%.labelled=1/8 +pictures that train with labels', text)
      assert.not_matches('data%.size', text)
   end)
end)

describe('augmentations', function()
   it('are a weak and a strong one of the same crops, of which the strong one alone changes colours', function()
      local weak, strong = train.augmentations(train.options(train.segmentation_options {name = 'spec', grey = 1, blur = {1, 2},
         crop = {16, 24}, data = hilo.data.options {size = 0.5}}, nil, {}))
      local plain = hilo.data.transforms.segmentation {crop = {16, 24}, size = 0.5, scale = {0.75, 1.5}, mirror = true}
      local function sample(transform) return transform(hilo.data.Draws.of(1, 1, 0, 0), 40, 48) end
      local a, b = sample(weak), sample(strong)
      assert.same(sample(plain), a)
      for key, value in pairs(a) do assert.equal(value, b[key], key) end
      assert.equal(0, b.saturation)
      assert.is_true(b.blur >= 1)
   end)
end)

describe('JSON files', function()
   it('hold what was saved, to the last bit', function()
      local path = os.tmpname()
      local value = {list = {1, 2.5, 0.1 + 0.2, 1e300, -0.0}, text = 'a"b\\c\n\t\1é', flag = true, nested = {deep = {'x'}}, empty = {}}
      train.json.save(path, value)
      assert.same(value, train.json.load(path))
      tiny.write(path, tiny.read(path):sub(1, 40))
      assert.matches('does not hold JSON', error_of(train.json.load, path))
      os.remove(path)
   end)

   it('hold lists and maps of names, and no tables that would come back otherwise', function()
      for keys, value in pairs {['1, 2, a'] = {1, 2, a = 3}, ['2'] = {nil, 2}, ['0, 1'] = {[0] = 1, 2}, ['7'] = {[7] = 1}} do
         assert.matches('this one has the keys ' .. keys .. '$', error_of(train.json.encode, {deep = {value}}))
      end
   end)
end)
