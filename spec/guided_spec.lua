-- Guided self-training: what is known about a picture's classes goes into its pseudo-labels; the script as users run it.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny_runs = require 'spec.tiny_runs'
local tiny = require 'spec.tiny_set'

local core = require 'hilo.core'
local guidance, pseudo = hilo.methods.guidance, hilo.methods.pseudo_labels
local json = hilo.train.json

describe('guidance', function()
   -- two pictures of one pixel, in which S takes class 1 for the likeliest and class 2 next
   local logits = hilo.Tensor {{0, 3, 2}, {0, 3, 2}}:view(2, 3, 1, 1)
   local function labels(rows, threshold)
      return pseudo.of(guidance.apply(logits, hilo.Tensor(rows)), {threshold = threshold}):view(2):totable()
   end

   it('by tags rules out classes that are absent, and no others', function()
      local rows = {guidance.of_tags {1, 0, 1}, guidance.of_tags {1, -1, 0}}
      assert.same({2, 1}, labels(rows))
      -- the probability is that among the classes that are left: e^2 / (1 + e^2) is 0.88, and e^3 / (1 + e^3) is 0.95
      assert.same({255, 1}, labels(rows, 0.9))
   end)

   it('by tags lifts classes that are present over the background', function()
      assert.same({0, 2, -30, 0}, guidance.of_tags({1, 1, 0, -1}, {bias = 2, background = true}))
      assert.same({2, 2, -30, 0}, guidance.of_tags({1, 1, 0, -1}, {bias = 2}))
      assert.same({0, 0, -30, 0}, guidance.of_tags {1, 1, 0, -1})
   end)

   it('by tags gives rare classes more than those that all pictures show', function()
      local prior = hilo.methods.class_prior {a = {1, 1, 0, 0}, b = {1, 0, 1, -1}, c = {1, 0, 0, 0}, d = {1, 0, 1, -1}}
      assert.same({1, 0.25, 0.5, 0}, prior)
      local row = guidance.of_tags({1, 1, 0, -1}, {prior = prior, exponent = 2})
      assert.same({0, -30, 0}, {row[1], row[3], row[4]})
      assert.near(2 * math.log(4), row[2], 1e-12)
      assert.same({0}, guidance.of_tags({1}, {prior = {0}}))
      assert.near(1.5 + math.log(4), guidance.of_tags({1, 1}, {prior = prior, bias = 1.5, background = true})[2], 1e-12)
   end)

   it('by scores weighs as soft fusion does', function()
      local options = {how = 'soft', exponent = 2, prior = {1, 0.5, 0.25}, background = true}
      local scores = {{0.5, 0.2, 0.6}, {0.5, 0.5, 0.3}}
      local rows = {guidance.of_scores(scores[1], options), guidance.of_scores(scores[2], options)}
      for i = 1, 2 do
         local fused = hilo.methods.fusion(logits:narrow(1, i, 1), scores[i], options)
         local guided = hilo.softmax(guidance.apply(logits, hilo.Tensor(rows)):narrow(1, i, 1))
         helper.assert_close(guided, hilo.cdiv(fused, hilo.sum(fused, 2)), 1e-5)
      end
      assert.same({2, 1}, labels(rows))
   end)

   it('by scores below tau rules out, and by none leaves all', function()
      assert.same({0, -30, 0}, guidance.of_scores({1, 0.1, 0.9}, {tau = 0.2}))
      assert.same({0, 0, 0}, guidance.of_scores({0.1, 0.1, 0.1}, {tau = 0.2}))
   end)
end)

describe('guided.lua', function()
   local made
   local function run(script, name, rest, stopper)
      local line = 'env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %s %sexperiments/%s.lua name=%s runs=%s data.root=%s '
         .. 'model.width=4 threads=2 workers=1 tracking=false eval_every=0 log_every=1 batch=2 unlabelled_batch=2 data.labelled=3 %s'
      return tiny_runs.shell(line:format(core.root, stopper or '', core.root, script, name, made.runs, made.set, rest))
   end
   local function file(name, which) return ('%s/%s/%s'):format(made.runs, name, which) end
   local function losses(name)
      local list = hilo.train.Log.read(file(name, 'log.jsonl'))
      for _, entry in ipairs(list) do entry.seconds = nil end
      return list
   end
   setup(function()
      made = tiny_runs.make {set = {n = 10, val = 2, unlabelled = 3}}
      tiny.write(made.set .. '/image_tags.tsv', 'img_01\tbackground,green\nimg_02\tred\nimg_03\tgreen\n')
   end)
   teardown(function() made.remove() end)

   it('learns from pictures with tags, says so, and begins where another run ended', function()
      local code, text = run('guided', 'guided', 'crop=33 steps=4 data.tags=image_tags.tsv start=sup threshold=0')
      assert.equal(0, code, text)
      assert.matches('trains with image%-level tags too: 3 images', text)
      assert.equal(made.set .. '/image_tags.tsv', json.load(file('guided', 'scores.json')).tags)
      for _, entry in ipairs(losses('guided')) do
         if not entry.scores then
            assert.is_true(entry.guided > 0)
            assert.near(1, entry.sure, 1e-6)
         end
      end
      -- the first loss is that of a trained network
      local _, afresh = run('guided', 'afresh', 'crop=33 steps=1 data.tags=image_tags.tsv threshold=0')
      assert.is_true(losses('guided')[1].ce < losses('afresh')[1].ce, afresh)
   end)

   it('learns from pictures that an MLMT run scored', function()
      local code, text = run('mlmt', 'classes', 'resize=32 steps=2 scored=all')
      assert.equal(0, code, text)
      code, text = run('guided', 'scored', 'crop=33 steps=2 mlmt=classes')
      assert.equal(0, code, text)
      assert.is_nil(json.load(file('scored', 'scores.json')).tags)
   end)

   it('that was stopped goes on to the same end, to the last bit', function()
      local code, text = run('guided', 'stopped', 'crop=33 steps=4 checkpoint_every=2 data.tags=image_tags.tsv start=sup threshold=0',
         tiny_runs.stopper(made.runs))
      assert.equal(9, code, text)
      assert.equal(0, (run('guided', 'stopped', 'resume=true')))
      assert.is_true(tiny.read(file('stopped', 'last.safetensors')) == tiny.read(file('guided', 'last.safetensors')))
      assert.same(losses('guided'), losses('stopped'))
   end)

   it('says what is missing', function()
      local function fails(rest, pattern)
         local code, text = run('guided', 'bad', 'crop=33 steps=1 overwrite=true ' .. rest)
         assert.equal(1, code)
         assert.matches(pattern, text)
      end
      fails('', 'nothing is known about any picture; name a file of tags by data.tags= or an MLMT run by mlmt=')
      fails('data.tags=image_tags.tsv start=nobody', "there is no run 'nobody'")
      assert.equal(0, (run('mlmt', 'val_only', 'resize=32 steps=1')))
      fails('mlmt=val_only', "no scores of its teacher for the image 'img_")
   end)
end)
