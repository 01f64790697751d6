-- Chooses how to fuse a segmentation run with an MLMT run, on the validation pictures: tau, for all classes or by class, and the
-- exponent of soft fusion. Each choice is tested on pictures that it was not made on. Nothing is trained.
--
--    lua/bin/hilo experiments/tau.lua segmentation=s4gan mlmt=mlmt
--    lua/bin/hilo experiments/fuse.lua segmentation=s4gan mlmt=mlmt chosen=tau             # one tau, as it was chosen
--    lua/bin/hilo experiments/fuse.lua segmentation=s4gan mlmt=mlmt fusion=soft chosen=tau # the exponent
--    lua/bin/hilo experiments/fuse.lua segmentation=s4gan mlmt=mlmt chosen=tau:by_class    # another way in runs/tau/tau.json
--
-- fuse.lua takes for each validation picture what was chosen on the others, so that its score is not that of a fit.
-- Expect a table of mean IoU, of classes that are switched off although they are there, and the curves as tau.svg and exponent.svg.
local hilo = require 'hilo'
local choose = require 'hilo.choose'
local text = require 'hilo.choose.text'
local data, methods, train = hilo.data, hilo.methods, hilo.train

local o = train.options {
   name = 'tau',             -- the folder for what is chosen
   segmentation = 's4gan', mlmt = 'mlmt', -- names of runs
   checkpoint = 'last',      -- or 'best'
   scores = 'teacher',       -- or 'student'
   on = 'probabilities',     -- what is zeroed; the original: 'logits', which has no soft fusion
   keep_background = true,   -- class 0 is never switched off where the set has a background
   folds = 2,                -- parts of the validation pictures; each is fused by what was chosen on the others
   taus = {0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5}, -- thresholds that are tried
   factors = {0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1}, -- of tau = factor * mean score of the class
   exponents = {0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4}, -- of soft fusion that are tried
   rounds = 3,               -- of the search for a tau for each class; 0: none
   calibration = 'none',     -- of the scores, in two more ways: 'platt' or 'temperature'
   calibrate_by = 'class',   -- or 'all': one pair of numbers for all classes
}
train.choice('checkpoint', o.checkpoint, {'last', 'best'})
train.choice('scores', o.scores, {'teacher', 'student'})
train.choice('on', o.on, {'probabilities', 'logits'})
train.choice('calibration', o.calibration, {'none', 'temperature', 'platt'})
train.choice('calibrate_by', o.calibrate_by, {'class', 'all'})

local out, session = train.output(o, {})
local of_run, classifier = train.load_run(o, o.segmentation), train.load_class_scores(o, o.mlmt)
local set, names, scores = of_run.set, of_run.split.val, classifier[o.scores]
for _, name in ipairs(names) do train.scores_of(classifier, o.scores, name, set) end

local progress = train.Progress.new {total = #names, title = o.segmentation}
local trials = choose.Trials.of_run(of_run, names, {workers = data.workers {threads = o.workers, cache_mb = o.cache_mb},
   device = o.device, on = o.on, told = function(done) progress:update(done) end})
progress:finish()

-- what there is to choose: key, family, values, whether scores are calibrated
local background = o.keep_background and set.background
local calibrated = o.calibration ~= 'none' and {how = o.calibration, by = o.calibrate_by} or nil
local function number(family, values, calibration)
   return choose.number(trials, scores, choose.families[family], {values = values, folds = o.folds, background = background,
      calibration = calibration})
end
local ways, choices = {}, {}
local function add(key, choice) ways[#ways + 1], choices[key] = key, choice end

add('tau', number('tau', o.taus))
add('relative', number('relative', o.factors))
if o.rounds > 0 then
   add('by_class', choose.by_class(trials, scores, {values = o.taus, folds = o.folds, background = background, rounds = o.rounds}))
end
-- one pair for all classes would move tau and nothing else
if calibrated and o.calibrate_by == 'class' then add('tau_calibrated', number('tau', o.taus, calibrated)) end
if o.on == 'probabilities' then
   if calibrated then add('soft_calibrated', number('soft', o.exponents, calibrated)) end
   add('soft', number('soft', o.exponents))
end

-- how well scores are calibrated, as they are and across folds
local function quality(by_name)
   return methods.calibration.quality(train.evaluate.rows(by_name, names), train.evaluate.rows(trials.targets, names))
end
local measured = {}
for _, name in ipairs(names) do measured[name] = scores[name] end
local reliability = {{'as they are', quality(measured)}}
for _, how in ipairs {'temperature', 'platt'} do
   for _, by in ipairs {'all', 'class'} do
      local across = methods.calibration.crossed(measured, trials.targets, {how = how, by = by, folds = o.folds})
      reliability[#reliability + 1] = {how .. (by == 'class' and ', by class' or ', one for all classes'), quality(across)}
   end
end

-- how well classes are told apart, by the classifier and by S alone
local function precision(by_name)
   return train.metrics.multi_label(train.evaluate.rows(by_name, names), train.evaluate.rows(trials.targets, names),
      set.classes).mean_average_precision
end
local told = {classifier = precision(scores), segmentation = precision(trials.largest)}

local alone = trials:measure(names, scores, {function() return nil end})[1]
print(text.tables(o, set.classes, alone, ways, choices, reliability, told, names))
text.plots(out, alone, choices, reliability, o)

local results = {}
local function result(method, counts)
   local s = counts:scores()
   results[#results + 1] = {method = method, mean_iou = s.mean_iou, pixel_accuracy = s.pixel_accuracy, iou = s.iou}
end
result(o.segmentation, alone.counts)
for _, key in ipairs(ways) do
   result(('%s + %s: %s'):format(o.segmentation, o.mlmt, choices[key].title), choices[key].crossed.counts)
end
choose.file.save(out, set.classes, choices, text.about(o, classifier, alone, choices, reliability, told))
train.results(out, session, results, choices[ways[#ways]].crossed.counts)
print(('what was chosen is in %s/tau.json: chosen=%s in fuse.lua'):format(out, o.name))
