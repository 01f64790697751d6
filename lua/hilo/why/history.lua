--- why/history.lua: what runs measured of themselves while they trained, side by side.
local options_of = require 'hilo.options.values'
local asked = require 'hilo.report.asked'
local run_data = require 'hilo.report.run_data'
local sorted_keys = require 'hilo.keys'

local history = {}

--- Reads runs.
---@param paths string[]
---@return RunData[]
function history.read(paths)
   local runs = {}
   for i, path in ipairs(paths) do runs[i] = run_data.read(path) end
   return runs
end

local function figure(entry, group, key)
   local of_group = type(entry.diagnostics) == 'table' and entry.diagnostics[group]
   local value = type(of_group) == 'table' and of_group[key]
   return type(value) == 'number' and value or nil
end

--- A figure of a run over its evaluations.
---@param run RunData
---@param group string
---@param key string
---@return number[] steps
---@return number[] values
function history.curve(run, group, key)
   local steps, values = {}, {}
   for _, entry in ipairs(run.evaluations) do
      local value = figure(entry, group, key)
      if value then steps[#steps + 1], values[#values + 1] = entry.step, value end
   end
   return steps, values
end

--- The mean of a figure over the evaluations in the second half of a run, nil where there is none.
---@param run RunData
---@param group string
---@param key string
---@return number?
function history.late(run, group, key)
   local steps, values = history.curve(run, group, key)
   local sum, count = 0, 0
   for i, step in ipairs(steps) do
      if step > run.step / 2 then sum, count = sum + values[i], count + 1 end
   end
   return count > 0 and sum / count or nil
end

---@class HistoryFigure
---@field title string
---@field short string for a column
---@field group string
---@field key string
---@field format string

local function list_of(rows)
   local list = {}
   for i, row in ipairs(rows) do list[i] = {title = row[1], short = row[2], group = row[3], key = row[4], format = row[5]} end
   return list
end

local known = list_of {
   {'told right by D, of what it trains on', 'D right', 'accuracy', 'train', '%.2f'},
   {'told right by D, validation pictures', 'on val', 'accuracy', 'val', '%.2f'},
   {'confidence of D in label maps', 'D, labels', 'confidence', 'labelled_truth', '%.2f'},
   {'... in predictions for unlabelled pictures', 'D, predicted', 'confidence', 'unlabelled', '%.2f'},
   {'... in these as one-hot maps', 'as one-hot', 'confidence', 'unlabelled_hard', '%.2f'},
   {'share accepted', 'accepted', 'accepted', 'unlabelled', '%.3f'},
   {'certainty of what is accepted', 'certain', 'certainty', 'unlabelled_accepted', '%.2f'},
   {'... of what is rejected', 'certain, rejected', 'certainty', 'unlabelled_rejected', '%.2f'},
   {'the learner says so already', 'agreed', 'agreement', 'unlabelled', '%.2f'},
   {'right pixels of what is accepted, %', 'right', 'pixel_accuracy', 'unlabelled_accepted', '%.1f'},
   {'... of what is rejected, %', 'right, rejected', 'pixel_accuracy', 'unlabelled_rejected', '%.1f'},
   {'right pixels of what is accepted, validation, %', 'right, val', 'pixel_accuracy', 'val_accepted', '%.1f'},
   {'... of what is rejected, validation, %', 'right, val rejected', 'pixel_accuracy', 'val_rejected', '%.1f'},
   {'rank correlation of confidence and right pixels', 'rank', 'rank_correlation', 'unlabelled', '%.2f'},
   {'... of the confidence of S itself', 'by S', 'rank_correlation', 'unlabelled_by_S', '%.2f'},
}

local names = {ce = 'cross entropy', fm = 'feature matching', st = 'self-training'}

-- The gradient norms of the terms that some run has, that of the cross entropy first.
local function norms_of(runs)
   local found = {}
   for _, run in ipairs(runs) do
      for _, entry in ipairs(run.evaluations) do
         local norms = type(entry.diagnostics) == 'table' and entry.diagnostics.gradient_norm
         for key in pairs(type(norms) == 'table' and norms or {}) do found[key] = true end
      end
   end
   local list = {}
   for _, key in ipairs(sorted_keys(found)) do
      local row = {'gradient norm, ' .. (names[key] or key), ('|%s|'):format(key), 'gradient_norm', key, '%.2g'}
      table.insert(list, key == 'ce' and 1 or #list + 1, row)
   end
   return list_of(list)
end

local untold = '-'

-- A figure of the second half of training, mean over evaluations and over runs.
local function text_of(about, runs)
   local sum, count = 0, 0
   for _, run in ipairs(runs) do
      local value = history.late(run, about.group, about.key)
      if value then sum, count = sum + value, count + 1 end
   end
   return count > 0 and about.format:format(sum / count) or untold
end

--- The figures that some of the runs tell.
---@param runs RunData[]
---@return HistoryFigure[]
function history.told(runs)
   local list = {}
   for _, figures in ipairs {known, norms_of(runs)} do
      for _, about in ipairs(figures) do
         if text_of(about, runs) ~= untold then list[#list + 1] = about end
      end
   end
   return list
end

--- A column a run: options in which the runs differ, the score, the figures.
---@param runs RunData[]
---@return string[][]
function history.rows(runs)
   local rows = {{''}}
   local function add(title, text_of_run)
      local row = {title}
      for i, run in ipairs(runs) do row[i + 1] = text_of_run(run) end
      rows[#rows + 1] = row
   end
   for i, run in ipairs(runs) do rows[1][i + 1] = run.name end
   for _, key in ipairs(#runs > 1 and asked.differing(runs) or {}) do
      add(key, function(run) return options_of.text_of(run.options[key]) end)
   end
   add('mean IoU', function(run)
      local score = run.scores and run.scores.mean_iou
      return score and ('%.1f'):format(score) or '-'
   end)
   for _, about in ipairs(history.told(runs)) do add(about.title, function(run) return text_of(about, {run}) end) end
   return rows
end

--- Whether a run of s4GAN learns from its own maps.
---@param run RunData
---@return boolean
function history.trains_itself(run)
   local o = run.options
   return (o.lambda_st or 0) > 0 and (o.gamma or 1) < 1 and (o.st_start or 1) <= (run.steps or math.huge)
end

--- Compares D in runs with self-training and without it: one line, nil where one kind is missing or tells nothing.
---@param runs RunData[]
---@return string?
function history.verdict(runs)
   local sums = {[true] = {0, 0, 0}, [false] = {0, 0, 0}}
   for _, run in ipairs(runs) do
      local right = history.late(run, 'accuracy', 'train')
      local real, fake = history.late(run, 'confidence', 'labelled_truth'), history.late(run, 'confidence', 'unlabelled')
      if right and real and fake then
         local sum = sums[history.trains_itself(run)]
         sum[1], sum[2], sum[3] = sum[1] + 1, sum[2] + right, sum[3] + real - fake
      end
   end
   local with, without = sums[true], sums[false]
   if with[1] == 0 or without[1] == 0 then return nil end
   return ('with self-training D tells %.1f %% right and is %.2f surer of label maps than of predictions; without it %.1f %%, and %.2f')
      :format(100 * with[2] / with[1], with[3] / with[1], 100 * without[2] / without[1], without[3] / without[1])
end

--- A row a configuration of a sweep, best first: its options, the metric, the figures.
---@param found SweepResults
---@param ordered TrialResult[]
---@return string[][]
function history.sweep_rows(found, ordered)
   local all, runs_of = {}, {}
   for _, trial in ipairs(ordered) do
      local paths = {}
      for _, run in ipairs(trial.runs) do if run_data.is_run(run.path) then paths[#paths + 1] = run.path end end
      runs_of[trial] = history.read(paths)
      for _, run in ipairs(runs_of[trial]) do all[#all + 1] = run end
   end
   local figures, rows = history.told(all), {{'trial'}}
   for _, axis in ipairs(found.axes) do table.insert(rows[1], axis.name) end
   table.insert(rows[1], found.metric)
   for _, about in ipairs(figures) do table.insert(rows[1], about.short) end
   for _, trial in ipairs(ordered) do
      local row = {('%04d'):format(trial.number)}
      for _, axis in ipairs(found.axes) do
         local value = trial.values[axis.name]
         row[#row + 1] = value == nil and '-' or type(value) == 'number' and ('%.5g'):format(value) or options_of.text_of(value)
      end
      row[#row + 1] = trial.value and ('%.2f'):format(trial.value) or trial.state
      for _, about in ipairs(figures) do row[#row + 1] = text_of(about, runs_of[trial]) end
      rows[#rows + 1] = row
   end
   return rows
end

return history
