--- report_fixture.lua: folders of runs and the table of a sweep as they come from training, for the specs of reports.
local hilo = require 'hilo'
local events = require 'hilo.io.events'
local json = require 'hilo.io.json'
local pictures = require 'hilo.train.pictures'
local tiny = require 'spec.tiny_set'

local fixture = {}

local folder = hilo.data.folder

fixture.classes = {'background', 'car', 'house', 'sheep'}

local defaults = {name = 'supervised', runs = 'runs', resume = false, overwrite = false, seed = 1, steps = 500, eval_every = 200,
   lr = 0.05, batch = 8, mirror = true, preset = 'default', recipe = 'scenes', device = 'cpu', ['data.root'] = 'data/scenes',
   ['data.labelled'] = '1/8', crop = {96, 96}}

-- {['data.root'] = 'x'} -> {data = {root = 'x'}}
local function nested(flat)
   local out = {}
   for key, value in pairs(flat) do
      local group, rest = key:match('^([^.]+)%.(.+)$')
      if group then
         out[group] = out[group] or {}
         out[group][rest] = value
      else
         out[key] = value
      end
   end
   return out
end

-- A confusion matrix whose diagonal holds the share `right` of each row.
local function confusion(classes, right)
   local matrix = {}
   for i = 1, #classes do
      matrix[i] = {}
      for k = 1, #classes do
         matrix[i][k] = math.floor(1000 * i * (k == i and right or (1 - right) / math.max(1, #classes - 1)) + 0.5)
      end
   end
   return matrix
end

local function comparison(path, number)
   local rgb, labels = tiny.picture(number, 40, 48)
   local found = labels:clone()
   found:narrow(1, 5, 10):fill(1)
   pictures.save_comparison(path, rgb:float():div(255):add(-0.45):div(0.225), labels, found, hilo.data.classes.palette(256), 255)
end

--- What a run's evaluation returns.
function fixture.scores(value, classes)
   local iou = {}
   for i, name in ipairs(classes or fixture.classes) do iou[name] = value + 10 / i - 5 end
   return {mean_iou = value, pixel_accuracy = value + 20, iou = iou}
end

---@class RunFixture
---@field name string
---@field given table? options of the command line, by flat keys
---@field steps integer? 60
---@field value number? mean IoU at its end, 40
---@field reached integer? the last step in the log
---@field evaluated boolean? false: no evaluation yet
---@field finished boolean?
---@field classes string[]?
---@field pictures integer? 1
---@field machine table? machine.json

--- Writes the folder of a run.
---@param runs string the folder of all
---@param o RunFixture
---@return string path
function fixture.run(runs, o)
   local path, classes = runs .. '/' .. o.name, o.classes or fixture.classes
   folder.make(path .. '/evaluation')
   local given, all = o.given or {}, {}
   for key, value in pairs(defaults) do all[key] = value end
   for key, value in pairs(given) do all[key] = value end
   local steps, value = o.steps or 60, o.value or 40
   all.name, all.runs, all.steps = o.name, runs, steps
   json.save(path .. '/options.json', nested(all))
   json.save(path .. '/defaults.json', {script = 'experiments/supervised.lua', defaults = defaults, given = given})
   local lines, reached = {}, o.reached or steps
   local writer = events.open(path)
   for step = 5, reached, 5 do
      lines[#lines + 1] = json.encode({step = step, seconds = step * 0.25, ce = 1.5 * math.exp(-step / 40)}, {one_line = true})
      writer:add(step, {events.scalar('train/ce', 1), events.scalar('lr/S', 0.05 * (1 - step / steps))})
      if o.evaluated ~= false and step % 20 == 0 then
         lines[#lines + 1] = json.encode({step = step, scores = fixture.scores(value - (steps - step) / 4, classes)}, {one_line = true})
      end
   end
   tiny.write(path .. '/log.jsonl', table.concat(lines, '\n') .. '\n')
   writer:close()
   if o.machine then json.save(path .. '/machine.json', o.machine) end
   if o.evaluated ~= false then
      json.save(path .. '/evaluation/confusion.json', {classes = classes, matrix = confusion(classes, 0.7), step = reached})
      for i = 1, o.pictures or 1 do comparison(('%s/evaluation/img_%02d.png'):format(path, i), i) end
   end
   if o.finished ~= false then
      local scores = fixture.scores(value, classes)
      scores.step, scores.best = steps, {step = steps, mean_iou = value}
      json.save(path .. '/scores.json', scores)
   end
   return path
end

-- ---- sweeps ----

fixture.axes = {
   {name = 'lr', kind = 'float', low = 1e-4, high = 1e-1, log = true},
   {name = 'batch', kind = 'int', low = 2, high = 8, log = false, step = 1},
   {name = 'power', kind = 'float', low = 0.5, high = 1, log = false},
   {name = 'preset', kind = 'choice', choices = {'default', 'original'}},
   {name = 'mirror', kind = 'choice', choices = {true, false}},
}

local function draw(number, k) return (number * 0.618034 * (k * 2 + 1) + k * 0.37) % 1 end

local function values_of(number)
   return {lr = 10 ^ (-4 + 3 * draw(number, 1)), batch = 2 + math.floor(7 * draw(number, 2)), power = 0.5 + 0.5 * draw(number, 3),
      preset = draw(number, 4) < 0.5 and 'default' or 'original', mirror = draw(number, 5) < 0.5}
end

local function quality(v)
   local off = math.log10(v.lr) + 2.2
   return 44 - 6 * off * off + 2 * math.sin(v.batch) + (v.preset == 'original' and 1.5 or 0) + (v.mirror and 0.6 or 0)
end

local function curve_of(value, last)
   local curve = {}
   for step = 20, last, 20 do curve[#curve + 1] = {step = step, value = value - (60 - step) / 4} end
   return curve
end

local function run_of(sweep, runs, number, seed, value, state)
   local name = ('%s/%04d-s%d'):format(sweep, number, seed)
   local last = state == 'complete' and 60 or state == 'running' and 40 or state == 'pruned' and 20 or 0
   return {name = name, path = runs .. '/' .. name, seed = seed, state = state, value = state == 'complete' and value or nil,
      seconds = last > 0 and last * 0.25 or nil, curve = curve_of(value, last)}
end

local function state_of(number, count)
   if number == count - 1 then return 'running' end
   if number % 9 == 4 then return 'pruned' end
   return number % 17 == 6 and 'failed' or 'complete'
end

--- The table of a sweep, with some trials pruned, one failed, one running.
---@param runs string the folder of all
---@param o? {name: string?, trials: integer?, seeds: integer?, folders: boolean?, error: string?} folders: those of finished runs are
--- written too
---@return table
function fixture.sweep(runs, o)
   o = o or {}
   local count, seeds, name = o.trials or 10, o.seeds or 2, o.name or 'mysweep'
   local trials = {}
   for number = 0, count - 1 do
      local values, state = values_of(number), state_of(number, count)
      local trial = {number = number, state = state, values = values, n = 0, runs = {}, seconds = 0}
      local sum, squares = 0, 0
      for seed = 1, seeds do
         local value = quality(values) + 1.5 * (draw(number, 5 + seed) - 0.5)
         local run_state = state == 'running' and seed == 1 and 'complete' or state
         local run = run_of(name, runs, number, seed, value, run_state)
         if run_state == 'failed' then run.error = o.error or 'ce became nan at step 5 or shortly before; a smaller lr may help' end
         if run_state == 'complete' then
            trial.n, sum, squares = trial.n + 1, sum + value, squares + value * value
            if o.folders then fixture.run(runs, {name = run.name, given = values, value = value}) end
         end
         trial.seconds = trial.seconds + (run.seconds or 0)
         trial.runs[seed] = run
      end
      trial.value = trial.n > 0 and sum / trial.n or nil
      trial.spread = trial.n > 1 and math.sqrt(math.max(0, squares - sum * sum / trial.n) / (trial.n - 1)) or nil
      trial.curve = trial.runs[1].curve
      trial.error = trial.runs[1].error
      if state == 'pruned' then trial.value = trial.curve[#trial.curve].value end
      trials[number + 1] = trial
   end
   return {name = name, script = 'experiments/supervised.lua', created = '2026-03-01 10:20:30', metric = 'mean_iou', direction = 'max',
      at = 'best', sampler = 'tpe', pruner = 'median', store = runs .. '/sweeps.db', runs = runs, axes = fixture.axes,
      fixed = {steps = 60, ['data.root'] = 'data/scenes'}, defaults = defaults, trials = trials}
end

return fixture
