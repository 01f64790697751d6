-- One file in the place of a run.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local made, work, picture
setup(function()
   made, work = tiny_runs.make {mlmt = true}, tiny.folder()
   picture = work .. '/new.png'
   hilo.io.image.save(picture, (tiny.picture(21, 38, 46)))
end)
teardown(function()
   made.remove()
   tiny.remove(work)
end)

local function pack(...)
   local words = {...}
   words[#words + 1] = 'runs=' .. made.runs
   return tiny_runs.command('pack', words)
end

local function assert_same(a, b)
   local labels, scores = a:predict(picture)
   local other, theirs = b:predict(picture)
   assert.is_true(labels == nil and other == nil or hilo.equal(labels, other))
   assert.same(scores, theirs)
end

describe('hilo pack', function()
   it('carries a run to another machine: the file alone predicts the same, to the last bit', function()
      local path = work .. '/sup.hilo'
      local status, text = pack('sup', path)
      assert.equal(0, status, text)
      assert.matches('sup, 3 classes, %d+%.%d MB', text)
      local expected = hilo.open('sup', {runs = made.runs})
      os.rename(made.runs, made.runs .. '-away')
      os.rename(made.set, made.set .. '-away')
      local ok, model = pcall(hilo.open, path)
      os.rename(made.runs .. '-away', made.runs)
      os.rename(made.set .. '-away', made.set)
      assert.is_true(ok, tostring(model))
      assert_same(expected, model)
      assert.same({expected.classes, expected.palette, expected.normalise}, {model.classes, model.palette, model.normalise})
      status, text = tiny_runs.command('predict', {path, picture, 'out=' .. work .. '/out'})
      assert.equal(0, status, text)
      assert.is_true(hilo.equal((expected:predict(picture)), (hilo.io.image.load(work .. '/out/labels/new.png'))))
   end)

   it('takes the classifier of a fused run along', function()
      local path = work .. '/fused.hilo'
      local status, text = pack('sup', path, 'mlmt=multi', 'tau=0.4')
      assert.equal(0, status, text)
      assert.matches('fused', text)
      local model = hilo.open(path)
      assert.equal(0.4, model.fusion.tau)
      assert_same(hilo.open('sup', {runs = made.runs, mlmt = 'multi', tau = 0.4}), model)
      assert.equal(0.1, hilo.open(path, {tau = 0.1}).fusion.tau)
   end)

   it('takes the mean scores along that soft fusion needs', function()
      local path = work .. '/soft.hilo'
      local status, text = pack('sup', path, 'mlmt=multi', 'fusion=soft', 'exponent=2')
      assert.equal(0, status, text)
      local model = hilo.open(path)
      assert.same({'soft', 2, 3}, {model.fusion.how, model.fusion.exponent, #model.fusion.prior})
      assert_same(hilo.open('sup', {runs = made.runs, mlmt = 'multi', fusion = 'soft', exponent = 2}), model)
   end)

   it('takes an MLMT run alone', function()
      local path = work .. '/multi.hilo'
      assert.equal(0, (pack('multi', path, 'scores=student')))
      assert_same(hilo.open('multi', {runs = made.runs, scores = 'student'}), hilo.open(path))
   end)

   it('writes the same bytes each time, and says nothing of the machine', function()
      pack('sup', work .. '/one.hilo')
      pack('sup', work .. '/two.hilo')
      local text = tiny.read(work .. '/one.hilo')
      assert.is_true(text == tiny.read(work .. '/two.hilo'))
      assert.is_nil(text:find(made.set, 1, true))
      assert.is_nil(text:find(made.runs, 1, true))
   end)

   it('says of a damaged or foreign file what it is', function()
      local path = work .. '/whole.hilo'
      pack('sup', path)
      local whole = tiny.read(path)
      local function fails(text, pattern)
         tiny.write(work .. '/bad.hilo', text)
         local ok, message = pcall(hilo.open, work .. '/bad.hilo')
         assert.is_false(ok)
         assert.matches(pattern, message)
         assert.matches('bad.hilo', message, 1, true)
      end
      fails(whole:sub(1, #whole / 2), 'damaged')
      fails(whole:sub(1, 4), 'is no file that `hilo pack` wrote')
      fails('hello, world: this is no model', 'is no file that `hilo pack` wrote')
      local at = #whole - 5
      fails(whole:sub(1, at - 1) .. string.char((whole:byte(at) + 1) % 256) .. whole:sub(at + 1), 'its weights are not those')
      local save = hilo.io.safetensors.save
      save(work .. '/other.safetensors', {x = hilo.zeros(2)})
      fails(tiny.read(work .. '/other.safetensors'), 'a safetensors file, but none that `hilo pack` wrote')
      save(work .. '/other.safetensors', {x = hilo.zeros(2)}, {format = 'hilo model', version = '9', model = '{}'})
      fails(tiny.read(work .. '/other.safetensors'), 'another version')
      save(work .. '/other.safetensors', {x = hilo.zeros(2)}, {format = 'hilo model', version = '1', model = '{}'})
      fails(tiny.read(work .. '/other.safetensors'), 'its description of the model is not whole')
      save(work .. '/other.safetensors', {x = hilo.zeros(2)}, {format = 'hilo model', version = '1', model = '{"name": '})
      fails(tiny.read(work .. '/other.safetensors'), 'does not hold JSON')
   end)

   it('says what is wrong with the command', function()
      local function fails(pattern, ...)
         local status, text = pack(...)
         assert.is_nil(status)
         assert.matches(pattern, text)
      end
      fails('which run, and which file', 'sup')
      fails("there is no run 'nothing'", 'nothing', work .. '/x.hilo')
      fails("there is no 'newest'", 'sup', work .. '/x.hilo', 'checkpoint=newest')
      fails('nowhere', 'sup', '/nowhere/x.hilo')
      assert.matches('usage', select(2, tiny_runs.command('pack', {'help'})))
   end)
end)
