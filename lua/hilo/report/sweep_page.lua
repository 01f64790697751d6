--- report/sweep_page.lua: the report of a sweep.
local classes = require 'hilo.report.classes'
local comparisons = require 'hilo.report.comparisons'
local confusion = require 'hilo.report.confusion'
local curves = require 'hilo.report.curves'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local run_data = require 'hilo.report.run_data'
local sweep_plots = require 'hilo.report.sweep_plots'
local sweep_table = require 'hilo.report.sweep_table'
local sweep_trials = require 'hilo.report.sweep_trials'
local ranking = require 'hilo.sweep.ranking'

local sweep_page = {}

local states = {'complete', 'running', 'waiting', 'pruned', 'failed'}

local function count_states(results)
   local counts, texts, runs = {}, {}, 0
   for _, trial in ipairs(results.trials) do
      counts[trial.state] = (counts[trial.state] or 0) + 1
      runs = runs + #trial.runs
   end
   for _, state in ipairs(states) do
      if counts[state] then texts[#texts + 1] = h.join {#texts > 0 and ', ', ('%d '):format(counts[state]), parts.state(state)} end
   end
   return h.join(texts), runs
end

local function seconds_of(results)
   local sum
   for _, list in ipairs {results.trials, results.stages or {}} do
      for _, one in ipairs(list) do if one.seconds then sum = (sum or 0) + one.seconds end end
   end
   return sum
end

local function best_text(results, best)
   local format = sweep_table.format(results)
   return h.join {h.a {href = '#' .. sweep_table.anchor(best), format(best.value)},
      ' ' .. sweep_table.spread(results)(best), (best.n or 0) > 0 and (', n = %d'):format(best.n)}
end

local function summary(results)
   local counts, runs = count_states(results)
   local best, seconds = ranking.best(results), seconds_of(results)
   local metric = numbers.measure(results.metric)
   local command = best and sweep_trials.command(results, best)
   return h.join {
      parts.facts({{'best ' .. metric, best and best_text(results, best)}, {'trials', #results.trials}, {'runs', runs > 0 and runs},
         {'time of all runs', (seconds or 0) > 0 and numbers.duration(seconds)}}, 'large'),
      parts.facts {{'states of the trials', counts}},
      command and {h.p {'The best configuration by itself:'}, h.pre {command}}, not best and h.p {'No trial is complete yet.'},
   }
end

local function shown(text) return text and text ~= '' and h.code {text} end

local function asked(results)
   local metric = ('%s, the %s the better'):format(numbers.measure(results.metric), results.direction == 'min' and 'lower' or 'higher')
   local at = ({best = 'best evaluation of a run', last = 'last evaluation of a run'})[results.at] or results.at
   local ours = (results.script or '') ~= ''
   local begun = results.created and results.created:gsub('%.%d+$', '')
   local seeds = results.seeds and #results.seeds > 0 and numbers.option(results.seeds):gsub(',', ', ')
   return h.join {
      parts.facts {{'script', shown(results.script)}, {'metric', metric}, {'taken at', ours and at}, {'sampler', results.sampler},
         {'pruner', ours and results.pruner}, {'seeds', seeds}, {'begun', begun}, {'store', shown(results.store)}},
      sweep_table.axes(results), sweep_table.fixed(results),
   }
end

-- The runs of the best trial whose folders are still there, and their names.
local function best_runs(results)
   local best, runs, names = ranking.best(results), {}, {}
   for _, run in ipairs(best and best.runs or {}) do
      if run.path and run_data.is_run(run.path) then
         runs[#runs + 1] = run_data.read(run.path, run.error)
         names[#runs] = run.seed and 'seed ' .. numbers.option(run.seed) or run.name
      end
   end
   return best, runs, names
end

local function best_section(results)
   local best, runs, names = best_runs(results)
   if #runs == 0 then return nil end
   if #runs == 1 then names = {''} end
   local matrices = {}
   for i, run in ipairs(runs) do
      if run.confusion then
         local title = 'Confusion matrix' .. (names[i] ~= '' and ', ' .. names[i] or '')
         matrices[#matrices + 1] = parts.folded(title, confusion.of(run.confusion), {open = #matrices == 0})
      end
   end
   return h.join {
      h.p {'The runs of trial ', h.a {href = '#' .. sweep_table.anchor(best), sweep_table.name(best)}, '.'},
      classes.scores(runs, names, {bold = false}), curves.figures(runs, names), matrices,
      #runs == 1 and comparisons.of_run(runs[1]) or comparisons.of_runs(runs, names),
   }
end

--- The parts of a sweep's report.
---@param results table what hilo.sweep.results gives
---@param page_folder string where the page will be
---@return Section[]
function sweep_page.sections(results, page_folder)
   local list = {}
   local function add(id, title, content) if content then list[#list + 1] = {id = id, title = title, content} end end
   add('summary', 'Summary', summary(results))
   add('asked', 'What was asked', asked(results))
   add('configurations', 'Configurations', sweep_table.of(results))
   add('importance', 'Importance of the options', sweep_plots.importance(results))
   add('slices', 'Each option by itself', sweep_plots.slices(results))
   add('parallel', 'All options at once', sweep_plots.parallel(results))
   local history, trial_curves = sweep_plots.history(results), sweep_plots.curves(results)
   add('history', 'History and curves', (history or trial_curves) and h.div {class = 'figures two', history, trial_curves})
   add('best', 'The best configuration', best_section(results))
   add('stages', 'Shared runs', sweep_trials.stages(results, page_folder))
   add('trials', 'Trials', #results.trials > 0 and sweep_trials.of(results, page_folder) or h.p {'There is none yet.'})
   return list
end

return sweep_page
