-- Which classes pictures show, as a segmentation run sees it by itself: the largest probability of each class in the picture. The
-- scores are saved as an MLMT run's are, and used like them: fuse.lua, tau.lua and guided.lua take the run's name as mlmt=. With mlmt=
-- here they are joined with the scores of a classifier, by their weighted geometric mean. Nothing is trained.
--
--    lua/bin/hilo experiments/presence.lua segmentation=supervised
--    lua/bin/hilo experiments/fuse.lua segmentation=supervised mlmt=presence fusion=soft exponent=2
--
-- A class that many pixels of a picture show weakly, and none surely, gives way to those that it shows somewhere. Expect a line with
-- the mean average precision of the scores on the validation pictures.
local core = require 'hilo.core'
local hilo = require 'hilo'
local data, methods, train = hilo.data, hilo.methods, hilo.train

local o = train.options {
   name = 'presence',        -- the folder for the scores
   segmentation = 's4gan',   -- the name of a run
   checkpoint = 'last',      -- or 'best'
   mlmt = '',                -- the name of an MLMT run that they are joined with; '': none
   scores = 'teacher',       -- or 'student', of that run
   weight = 0.5,             -- of its scores: score^weight * presence^(1 - weight)
   scored = 'val',           -- whose scores are saved; 'all': those of all images that the set has
}
train.choice('checkpoint', o.checkpoint, {'last', 'best'})
train.choice('scores', o.scores, {'teacher', 'student'})
train.choice('scored', o.scored, {'val', 'all'})
core.check(o.weight >= 0 and o.weight <= 1, 'weight must lie in 0..1, got %g', o.weight)

local out, session = train.output(o, {})
local of_run = train.load_run(o, o.segmentation)
local set, split = of_run.set, of_run.split
local classifier = o.mlmt ~= '' and train.load_class_scores(o, o.mlmt) or nil
local workers = data.workers {threads = o.workers, cache_mb = o.cache_mb}

local names = o.scored == 'all' and set.names or split.val
if classifier then for _, name in ipairs(names) do train.scores_of(classifier, o.scores, name, set) end end

local progress = train.Progress.new {total = #names, title = o.segmentation}
local found = train.evaluate.presence(of_run, names, {workers = workers, told = function(done) progress:update(done) end})
progress:finish()
if classifier then
   for name, row in pairs(found) do
      for c, score in ipairs(train.scores_of(classifier, o.scores, name, set)) do
         row[c] = score ^ o.weight * row[c] ^ (1 - o.weight)
      end
   end
end

local targets = train.evaluate.targets(set, split.val, {workers = workers, device = o.device})
local quality = train.metrics.multi_label(train.evaluate.rows(found, split.val), train.evaluate.rows(targets, split.val), set.classes)
quality.calibration_error = 100 * methods.calibration.quality(train.evaluate.rows(found, split.val),
   train.evaluate.rows(targets, split.val)).error -- percent
train.json.save(out .. '/class_scores.json', {classes = set.classes, teacher = found, tags = classifier and classifier.tags})
train.json.save(out .. '/scores.json', quality)
if session then session:close {ended = 'finished'} end
print(('mean average precision %.2f; scores of %d images in %s/class_scores.json'):format(quality.mean_average_precision, #names, out))
