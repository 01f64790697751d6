-- Evaluates segmentation runs, and the last of them fused with an MLMT run: classes that the classifier does not see in an image
-- are switched off in its label map, or weigh the less the less it expects them (fusion=soft). Writes label maps as palette PNGs and
-- pictures of image, truth, prediction and errors.
--
--    lua/bin/hilo experiments/fuse.lua segmentation=supervised,s4gan mlmt=mlmt
--
-- Prints a line for each, for example:   s4gan + mlmt   62.3
local hilo = require 'hilo'
local choose = require 'hilo.choose'
local data, methods, train = hilo.data, hilo.methods, hilo.train

local o = train.options({
   name = 'fused',           -- the folder for pictures and scores
   preset = 'default',       -- or 'original'
   segmentation = {'s4gan'}, -- names of runs; the last one is fused
   mlmt = 'mlmt',            -- name of a run; '': no fusion
   checkpoint = 'last',      -- or 'best'
   fusion = 'threshold',     -- classes that score less than tau are switched off; 'soft': weighed by (score / mean score)^exponent
   tau = 0.2,                -- the threshold, 0 to 1
   exponent = 1,             -- of soft fusion
   chosen = '',              -- the name of a run of tau.lua: tau or exponent as it chose; name:way for another way in its tau.json
   scores = 'teacher',       -- or 'student'; 'truth': the classes of the label map, to see what a perfect classifier would bring
   on = 'probabilities',     -- what is zeroed; the original: 'logits'
   keep_background = true,   -- class 0 is never switched off where the set has a background
   pictures = -1,            -- how many images to write out; -1: all
}, {preset = train.presets.fuse})
local perfect = o.scores == 'truth'
train.choice('fusion', o.fusion, perfect and {'threshold'} or {'threshold', 'soft'})
train.choice('scores', o.scores, {'teacher', 'student', 'truth'})
train.choice('checkpoint', o.checkpoint, {'last', 'best'})

local out, session = train.output(o, {'labels', 'pictures'})
local workers = data.workers {threads = o.workers, cache_mb = o.cache_mb}

os.remove(out .. '/fusion.json') -- of an earlier fusion into this folder

-- what was chosen, for pictures in general and for those that took part in the choice; fusion.json: for pictures in general
local chosen
local function choose_fusion(set)
   if o.chosen == '' then return end
   chosen = choose.file.load(o, o.chosen, o.fusion == 'soft' and 'soft' or 'tau', set.classes)
   train.json.save(out .. '/fusion.json', chosen.options)
end

-- the scores of the MLMT run, by image name
local classifier = o.mlmt ~= '' and not perfect and train.load_class_scores(o, o.mlmt) or nil
local prior = classifier and methods.class_prior(classifier[o.scores])

local results, last, effect = {}, nil, nil
local function report(method, counts)
   local scores = counts:scores()
   last = counts
   results[#results + 1] = {method = method, mean_iou = scores.mean_iou, pixel_accuracy = scores.pixel_accuracy, iou = scores.iou}
   print(('%-24s %.1f'):format(method, scores.mean_iou))
end

for number, name in ipairs(o.segmentation) do
   local of_run = train.load_run(o, name)
   local set, split, S = of_run.set, of_run.split, of_run.S
   local fuse = (classifier or perfect) and number == #o.segmentation
   if fuse then choose_fusion(set) end
   local alone, fused = train.metrics.confusion(set.classes, o.device), train.metrics.confusion(set.classes, o.device)
   local changes = fuse and train.FusionCounts.new(set.classes, o.device, set.void)
   local written = 0

   train.evaluate.with(S, function()
      for batch in train.evaluate.batches(set, split.val, of_run.options, workers) do
         local image, truth, id = batch.images, batch.labels, batch.names[1]
         local logits = train.evaluate.logits(S, image, truth:size(2), truth:size(3)) -- (1,C,H,W)
         local found = hilo.label_map(logits)                                         -- (1,H,W)
         alone:add(truth, found, set.void)
         if fuse then
            local scores = perfect and methods.class_targets(truth, #set.classes)[1]:totable()
               or train.scores_of(classifier, o.scores, id, set)
            local before = found
            local how = chosen and choose.file.options_for(chosen, id)
               or {how = o.fusion, tau = o.tau, exponent = o.exponent, prior = prior}
            how.on, how.background = o.on, o.keep_background and set.background
            found = hilo.label_map(methods.fusion(logits, scores, how))
            fused:add(truth, found, set.void)
            changes:add(truth, before, found)
         end
         if number == #o.segmentation and (o.pictures < 0 or written < o.pictures) then
            written = written + 1
            local flat = id:gsub('/', '-')
            train.pictures.save_labels(('%s/labels/%s.png'):format(out, flat), found[1], set:palette())
            train.pictures.save_comparison(('%s/pictures/%s.png'):format(out, flat), image[1], truth[1], found[1],
               set:palette(), set.void)
         end
      end
   end)
   report(name, alone)
   if fuse then
      report(name .. ' + ' .. (perfect and 'true classes' or o.mlmt .. (classifier.tags and ' (image-level tags)' or '')), fused)
      effect = changes:figures()
      print(train.FusionCounts.text(effect))
   end
end

train.results(out, session, results, last, {fusion = effect})
print(('label maps in %s/labels, pictures (image, truth, prediction, errors) in %s/pictures'):format(out, out))
