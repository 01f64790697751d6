--- report/run_page.lua: the report of one run.
local asked = require 'hilo.report.asked'
local classes = require 'hilo.report.classes'
local comparisons = require 'hilo.report.comparisons'
local confusion = require 'hilo.report.confusion'
local curves = require 'hilo.report.curves'
local diagnostics = require 'hilo.report.diagnostics'
local fusion = require 'hilo.report.fusion'
local h = require 'hilo.report.html'
local machine = require 'hilo.report.machine'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local scores_of = require 'hilo.report.scores'

local run_page = {}

local function progress(run)
   if not run.steps then return run.step > 0 and ('%d'):format(run.step) or nil end
   return run.step >= run.steps and ('%d'):format(run.step) or ('%d of %d'):format(run.step, run.steps)
end

local function text_of(score) return scores_of.format(score.measure, {score.value})(score.value) end

local function headline(run)
   local facts = {{'state', parts.state(run.state)}}
   for _, score in ipairs(run.scores and scores_of.scalars(run.scores) or {}) do
      if score.group == '' then facts[#facts + 1] = {numbers.measure(score.measure), text_of(score)} end
   end
   if run.best then
      local step = type(run.best.step) == 'number' and (', step %d'):format(run.best.step) or ''
      facts[#facts + 1] = {'best ' .. numbers.measure(run.metric), text_of {measure = run.metric, value = run.best.value} .. step}
   end
   local seconds = machine.seconds(run)
   facts[#facts + 1] = {'steps', progress(run)}
   facts[#facts + 1] = {'time', seconds and numbers.duration(seconds)}
   facts[#facts + 1] = {'speed', machine.speed(run)}
   return parts.facts(facts, 'large')
end

local function when_evaluated(run)
   local every = run.options.eval_every
   if type(every) == 'number' and every > 0 and run.steps then
      return ('after step %d'):format(math.min(run.steps, (math.floor(run.step / every) + 1) * every))
   end
   return 'at the end'
end

-- What there is to say of the state of a run: its error, or how far it is.
local function remarks(run)
   local list = {}
   if run.state == 'failed' then
      list[1] = parts.note({h.strong {'The run failed.'}, run.error and h.pre {run.error} or ' It left no message.'}, 'failed')
   end
   if run.state == 'stopped' then
      list[#list + 1] = parts.note {h.strong {'The run has not come to its end.'}, ' No process works on it; the same command with ',
         h.code {'resume=true'}, ' continues it.'}
   end
   if not run.scores then
      local coming = run.state == 'running' and (' yet. The first comes %s.'):format(when_evaluated(run)) or '.'
      list[#list + 1] = parts.note('There is no evaluation' .. coming)
   end
   for _, note in ipairs(run.notes) do list[#list + 1] = parts.note(note, 'failed') end
   return list
end

-- What a script that compares methods left: a row a method.
local function methods(run)
   local runs, names, rows = {}, {}, {}
   for i, result in ipairs(run.results) do
      names[i] = numbers.option(result.method or i)
      runs[i] = {scores = result, options = {}}
      rows[i] = {names[i]}
      for _, measure in ipairs {'mean_iou', 'pixel_accuracy'} do
         local value = result[measure]
         rows[i][#rows[i] + 1] = type(value) == 'number' and text_of {measure = measure, value = value} or parts.none
      end
   end
   local columns = {{title = 'method'}, {title = 'mean IoU', class = 'n'}, {title = 'pixel accuracy', class = 'n'}}
   return h.join {
      parts.table {caption = 'Methods, percent', columns = columns, rows = rows, sortable = true}, classes.scores(runs, names),
   }
end

local function groups(run)
   local rows = {}
   for _, score in ipairs(run.scores and scores_of.scalars(run.scores) or {}) do
      if score.group ~= '' then rows[#rows + 1] = {score.group, numbers.measure(score.measure), text_of(score)} end
   end
   local columns = {{title = 'network'}, {title = 'score'}, {title = 'value', class = 'n'}}
   return #rows > 0 and parts.table {caption = 'Scores of each network', columns = columns, rows = rows}
end

--- The parts of a run's report that have something to show.
---@param run RunData
---@param prefix? string of their ids
---@return Section[]
function run_page.sections(run, prefix)
   local list = {}
   local function add(id, title, content) if content then list[#list + 1] = {id = (prefix or '') .. id, title = title, content} end end
   add('summary', 'Summary', h.join {headline(run), remarks(run)})
   if run.results then add('methods', 'Methods', methods(run)) end
   if next(run.options) then add('asked', 'What was asked', asked.of_run(run)) end
   add('fusion', 'What fusion does', fusion.of(run))
   add('curves', 'Curves', curves.figures({run}))
   add('diagnostics', 'What self-training does', diagnostics.of(run))
   if not run.results then
      local networks, by_class = groups(run), classes.scores({run})
      add('classes', 'Scores', (networks or by_class) and h.join {networks, by_class})
   end
   add('confusion', 'Confusion matrix', run.confusion and confusion.of(run.confusion))
   add('pictures', 'Pictures', comparisons.of_run(run))
   if next(run.machine) or run.seconds then add('machine', 'Speed and machine', machine.of(run)) end
   return list
end

return run_page
