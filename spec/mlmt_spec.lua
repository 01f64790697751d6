-- The classifier's training as users run it: image-level tags beside label maps, what its scores are means of, and whose are saved.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'

local core = require 'hilo.core'
local shell = require('spec.tiny_runs').shell
local json = hilo.train.json

local set, runs
setup(function()
   set, runs = tiny.voc {n = 10, val = 2, unlabelled = 3}, tiny.folder()
   tiny.write(set .. '/image_tags.tsv', 'img_01\tbackground,green\nimg_02\tred\nimg_03\tgreen\nimg_10\tgreen\nimg_77\tred\n')
end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

local function run(name, rest)
   local code, text = shell(table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo',
      core.root .. 'experiments/mlmt.lua', 'name=' .. name, 'runs=' .. runs, 'data.root=' .. set, 'model.width=4 threads=2 workers=1',
      'resize=32 batch=2 unlabelled_batch=2 data.labelled=3 tracking=false eval_every=0 log_every=1', rest}, ' '))
   return code, text
end

local function file(name, which) return ('%s/%s/%s'):format(runs, name, which) end

-- What was logged, without the times.
local function losses(name)
   local list = {}
   for _, entry in ipairs(hilo.train.Log.read(file(name, 'log.jsonl'))) do
      entry.seconds = nil
      list[#list + 1] = entry
   end
   return list
end

describe('a classifier with image-level tags', function()
   local text
   setup(function()
      local code
      code, text = run('tagged', 'steps=4 checkpoint_every=2 data.tags=image_tags.tsv tagged_batch=3')
      assert.equal(0, code, text)
   end)

   it('says so at its start, in its options and with its scores', function()
      assert.matches('trains with image%-level tags too: 3 images of .*image_tags.tsv, which tells 3 of 3 classes', text)
      assert.matches("warning: data.tags: 1 of 5 pictures .* the first is 'img_77' in line 5", text)
      assert.equal('image_tags.tsv', json.load(file('tagged', 'options.json')).data.tags)
      assert.equal(set .. '/image_tags.tsv', json.load(file('tagged', 'scores.json')).tags)
      assert.equal(3, json.load(file('tagged', 'scores.json')).tagged_images)
      assert.equal(set .. '/image_tags.tsv', json.load(file('tagged', 'class_scores.json')).tags)
   end)

   it('learns from pictures that neither train with label maps nor measure', function()
      local tags = json.load(file('tagged', 'tags.json'))
      assert.same({'img_01', 'img_02', 'img_03'}, tags.names)
      assert.same({img_01 = {1, 0, 1}, img_02 = {1, 1, 0}, img_03 = {1, 0, 1}}, tags.rows)
      for _, entry in ipairs(losses('tagged')) do if not entry.scores then assert.is_number(entry.tags) end end
   end)

   it('does not move where tags weigh nothing, but for what batch normalisation sees', function()
      local code, said = run('weightless', 'steps=2 data.tags=image_tags.tsv tag_weight=0 model.bn=frozen')
      assert.equal(0, code, said)
      assert.equal(0, (run('plain', 'steps=2 model.bn=frozen')))
      assert.same(json.load(file('plain', 'class_scores.json')).teacher, json.load(file('weightless', 'class_scores.json')).teacher)
   end)

   it('goes on with the tags it began with', function()
      assert.equal(0, (run('stopped', 'steps=4 checkpoint_every=2 data.tags=image_tags.tsv tagged_batch=3')))
      for _, kept in ipairs {'last', 'previous'} do os.remove(file('stopped', kept .. '.safetensors')) end -- so that it starts over
      tiny.write(set .. '/image_tags.tsv', 'img_01\tred\n')
      local code, said = run('stopped', 'resume=true')
      assert.equal(0, code, said)
      assert.matches('starts from its beginning', said)
      assert.same(losses('tagged'), losses('stopped'))
      tiny.write(set .. '/image_tags.tsv', 'img_01\tbackground,green\nimg_02\tred\nimg_03\tgreen\nimg_10\tgreen\n')
   end)

   it('is refused where the tags are of no class', function()
      tiny.write(set .. '/bad.tsv', 'img_01\tgren\n')
      local code, said = run('bad', 'steps=1 data.tags=bad.tsv')
      assert.equal(1, code)
      assert.matches("'gren' in line 1 %(did you mean 'green'%?%)", said)
   end)
end)

describe("a classifier's scores", function()
   it('are means over sizes and the mirrored picture, in its file and where pictures are labelled with it', function()
      local code, text = run('views', 'steps=1 eval.scales=1,1.5 eval.mirror=true head_lr=0.1 positive_power=0.5')
      assert.equal(0, code, text)
      local said = json.load(file('views', 'class_scores.json')).teacher.img_10
      local model = hilo.open('views', {runs = runs})
      assert.same({{32, 32}, {48, 48}}, model.sizes)
      local _, scores = model:predict(set .. '/JPEGImages/img_10.png')
      for c, class in ipairs {'background', 'red', 'green'} do assert.near(said[c], scores.classes[class].score, 1e-5) end
      -- and not those of the picture as it is
      model.sizes, model.mirror = {{32, 32}}, false
      local _, plain = model:predict(set .. '/JPEGImages/img_10.png')
      assert.is_true(math.abs(plain.classes.red.score - said[2]) > 1e-6)
   end)

   it('may be those of all pictures that are not labelled', function()
      local code, text = run('all', 'steps=1 scored=all')
      assert.equal(0, code, text)
      local scores = json.load(file('all', 'class_scores.json'))
      local split = json.load(file('all', 'split.json'))
      for _, part in ipairs {'val', 'unlabelled'} do
         for _, name in ipairs(split[part]) do assert.equal(3, #scores.teacher[name]) end
      end
      for _, name in ipairs(split.labelled) do assert.is_nil(scores.student[name]) end
   end)
end)
