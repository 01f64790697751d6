--- why/history.lua: what runs measured of themselves while they trained, side by side.
local options_of = require 'hilo.train.options'
local asked = require 'hilo.report.asked'
local run_data = require 'hilo.report.run_data'

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

-- title, short title, group, key, format
local columns = {
   {'told right by D, of what it trains on', 'D right', 'accuracy', 'train', '%.2f'},
   {'told right by D, validation pictures', 'on val', 'accuracy', 'val', '%.2f'},
   {'confidence of D in label maps', 'D, labels', 'confidence', 'labelled_truth', '%.2f'},
   {'... in predictions for unlabelled pictures', 'D, predicted', 'confidence', 'unlabelled', '%.2f'},
   {'... in these as one-hot maps', 'as one-hot', 'confidence', 'unlabelled_hard', '%.2f'},
   {'share accepted', 'accepted', 'accepted', 'unlabelled', '%.3f'},
   {'right pixels of accepted maps, %', 'right', 'pixel_accuracy', 'unlabelled_accepted', '%.1f'},
   {'... of rejected maps, %', 'of others', 'pixel_accuracy', 'unlabelled_rejected', '%.1f'},
   {'rank correlation of confidence and right pixels', 'rank', 'rank_correlation', 'unlabelled', '%.2f'},
   {'... of the confidence of S itself', 'by S', 'rank_correlation', 'unlabelled_by_S', '%.2f'},
   {'gradient norm, cross entropy', '|ce|', 'gradient_norm', 'ce', '%.3g'},
   {'gradient norm, feature matching', '|fm|', 'gradient_norm', 'fm', '%.2g'},
   {'gradient norm, self-training', '|st|', 'gradient_norm', 'st', '%.2g'},
}

--- Titles of the figures.
---@param short? boolean for columns
---@return string[]
function history.titles(short)
   local list = {}
   for i, column in ipairs(columns) do list[i] = column[short and 2 or 1] end
   return list
end

--- Figures of the second half of training, mean over evaluations and over runs; '-' where no run tells.
---@param runs RunData[]
---@return string[]
function history.figures(runs)
   local list = {}
   for i, column in ipairs(columns) do
      local sum, count = 0, 0
      for _, run in ipairs(runs) do
         local value = history.late(run, column[3], column[4])
         if value then sum, count = sum + value, count + 1 end
      end
      list[i] = count > 0 and column[5]:format(sum / count) or '-'
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
      for i, run in ipairs(runs) do row[i + 1] = text_of_run(run, i) end
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
   local figures = {}
   for i, run in ipairs(runs) do figures[i] = history.figures({run}) end
   for k, title in ipairs(history.titles()) do add(title, function(_, i) return figures[i][k] end) end
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
   local rows = {{'trial'}}
   for _, axis in ipairs(found.axes) do table.insert(rows[1], axis.name) end
   table.insert(rows[1], found.metric)
   for _, title in ipairs(history.titles(true)) do table.insert(rows[1], title) end
   for _, trial in ipairs(ordered) do
      local row, runs = {('%04d'):format(trial.number)}, {}
      for _, axis in ipairs(found.axes) do
         local value = trial.values[axis.name]
         row[#row + 1] = value == nil and '-' or options_of.text_of(value)
      end
      row[#row + 1] = trial.value and ('%.2f'):format(trial.value) or trial.state
      for _, run in ipairs(trial.runs) do
         if run_data.is_run(run.path) then runs[#runs + 1] = run_data.read(run.path) end
      end
      for _, text in ipairs(history.figures(runs)) do row[#row + 1] = text end
      rows[#rows + 1] = row
   end
   return rows
end

return history
