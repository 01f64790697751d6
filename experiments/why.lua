-- Why a method does what it does, from finished runs. Two questions:
--
-- What does fusion bring? Each segmentation run is fused with the MLMT run by threshold and softly, and with the true classes of each
-- picture, which is the most that any classifier could bring: in all, by class, and by how many classes a picture shows.
--
-- Does self-training hold the discriminator back? Runs of s4gan.lua with self-training and without it (lambda_st=0) side by side: how
-- much of what D sees it tells right, how sure it is, what is accepted, how right that is; and whether D knows good maps better
-- than S itself does.
--
--    lua/bin/hilo experiments/why.lua supervised=sup s4gan=s4gan,s4gan-nost mlmt=mlmt
--    lua/bin/hilo experiments/why.lua sweep=ablation         # a row a configuration, see ablation-sweep.lua
--    lua/bin/hilo experiments/why.lua others=cutmix,unimatch # what other methods measured of themselves
--
-- Prints tables and writes them with plots to runs/why/. Expect some minutes: each network goes through the validation pictures once.
local hilo = require 'hilo'
local aligned, why = require 'hilo.aligned', require 'hilo.why'
local run_folder = require 'hilo.train.run_folder'
local data, methods, train = hilo.data, hilo.methods, hilo.train

local o = train.options {
   name = 'why',             -- the folder for tables and plots
   supervised = {'supervised'}, s4gan = {'s4gan'}, -- names of runs, or none; none too with others= or sweep= unless they are given
   mlmt = 'mlmt',            -- name of a run, or none
   others = {'none'},        -- runs of other methods, side by side
   sweep = '',               -- the name of a sweep
   checkpoint = 'last',      -- or 'best'
   scores = 'teacher',       -- of the MLMT run; or 'student'
   tau = 0.2, exponent = 1,  -- of fusion by threshold, and of soft fusion
   keep_background = true,   -- class 0 is never switched off where the set has a background
   pictures = -1,            -- validation pictures that fusion is looked at on; -1: all
   crops = 150,              -- of validation and of unlabelled pictures each, on which the gate is looked at; 0: none
   shares = {5, 10, 25, 50, 75, 100}, -- percent of the maps that the gate is to let through
}
train.choice('checkpoint', o.checkpoint, {'last', 'best'})
train.choice('scores', o.scores, {'teacher', 'student'})
if o.others[1] ~= 'none' or o.sweep ~= '' then
   local given = require('hilo.train.options').origin(o).given
   for _, key in ipairs {'supervised', 's4gan'} do if given[key] == nil then o[key] = {'none'} end end
end
local function named(list) return list[1] ~= 'none' and list or {} end
local supervised, s4gan = named(o.supervised), named(o.s4gan)

local out, session = train.output(o, {})
local workers = data.workers {threads = o.workers, cache_mb = o.cache_mb}

local text, pictures = {}, {}
local function say(format, ...)
   text[#text + 1] = format:format(...)
   print(text[#text])
end
local function table_of(rows) say('%s', aligned(rows, {numbers = true})) end
local function drawn(paths) for _, path in ipairs(paths) do pictures[#pictures + 1] = path end end

local results, last = {}, nil

-- ---- what does fusion bring? ----

local classifier = o.mlmt ~= 'none' and #supervised + #s4gan > 0 and train.load_class_scores(o, o.mlmt) or nil
local prior = classifier and methods.class_prior(classifier[o.scores])

local function ways_of(set)
   local background = o.keep_background and set.background
   local function way(name, options)
      options.background, options.prior = background, prior
      return {name = name, fuse = function(logits, picture)
         return methods.fusion(logits, train.scores_of(classifier, o.scores, picture, set), options)
      end}
   end
   local list = classifier and {way('threshold', {how = 'threshold', tau = o.tau}), way('soft', {how = 'soft', exponent = o.exponent})}
      or {}
   list[#list + 1] = {name = 'true classes', fuse = function(logits, _, present)
      return methods.fusion(logits, present, {how = 'threshold', tau = 0.5, background = background})
   end}
   return list
end

local function look_at_fusion(name)
   local of_run = train.load_run(o, name)
   local names = {}
   for i, picture in ipairs(of_run.split.val) do if o.pictures < 0 or i <= o.pictures then names[i] = picture end end
   local progress = train.Progress.new {total = #names, title = name}
   local found = why.fusion.measure(of_run, names, ways_of(of_run.set),
      {workers = workers, device = o.device, told = function(done) progress:update(done) end})
   progress:finish()
   local classes, order, iou = why.fusion.by_class(found)
   local numbers, curves = why.fusion.by_number(found)
   say('\n%s', name)
   table_of(why.fusion.rows(found, 'fused'))
   say('')
   table_of(classes)
   say('')
   table_of(numbers)
   drawn(why.plots.fusion(out, name, found.ways, order, iou, curves))
   for _, way in ipairs(found.ways) do
      local scores = found.counts[way]:scores()
      results[#results + 1] = {method = way == 'alone' and name or name .. ' + ' .. way, mean_iou = scores.mean_iou,
         pixel_accuracy = scores.pixel_accuracy, iou = scores.iou}
      last = found.counts[way]
   end
end

if #supervised + #s4gan > 0 then
   say('What does fusion bring? Percent; tau %g, exponent %g, scores of the %s of %s', o.tau, o.exponent, o.scores, o.mlmt)
end
for _, list in ipairs {supervised, s4gan} do
   for _, name in ipairs(list) do look_at_fusion(name) end
end

-- ---- does self-training hold D back? ----

local function look_at_gate(name)
   local of_run = train.load_run(o, name)
   local path = ('%s/%s.safetensors'):format(of_run.path, o.checkpoint)
   local parts = why.gate.measure(of_run, path, {crops = o.crops, workers = workers})
   for _, part in ipairs {'val', 'unlabelled'} do
      local maps = parts[part]
      if maps then
         say('\n%s, %d crops of %s pictures; %s', name, #maps.says, part, why.gate.text(maps))
         table_of(why.gate.rows(maps, {gamma = of_run.options.gamma, shares = o.shares}))
         drawn {why.plots.gate(out, name, part, why.gate.curves(maps))}
      end
   end
end

local function histories(names)
   local paths = {}
   for i, name in ipairs(names) do paths[i] = run_folder(name, o.runs) end
   return why.history.read(paths)
end

if #s4gan > 0 then
   local runs = histories(s4gan)
   say('\nDoes self-training hold D back? Means over the evaluations of the second half')
   table_of(why.history.rows(runs))
   local verdict = why.history.verdict(runs)
   if verdict then say('%s', verdict) end
   drawn(why.plots.history(out, runs))
   for _, name in ipairs(o.crops > 0 and s4gan or {}) do look_at_gate(name) end
end

local others = named(o.others)
if #others > 0 then
   say('\nWhat other methods learn from. Means over the evaluations of the second half')
   table_of(why.history.rows(histories(others)))
end

if o.sweep ~= '' then
   local found = require('hilo.sweep').results.load(o.runs .. '/sweeps.db', o.sweep)
   say('\n%s: means over the evaluations of the second half, and over seeds', o.sweep)
   table_of(why.history.sweep_rows(found, require('hilo.sweep.ranking').ordered(found)))
end

hilo.io.file.write(out .. '/why.txt', function(write) write(table.concat(text, '\n') .. '\n') end)
if last then train.results(out, session, results, last) elseif session then session:close {ended = 'finished'} end
print(('tables in %s/why.txt; %d plots there'):format(out, #pictures))
