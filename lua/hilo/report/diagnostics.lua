--- report/diagnostics.lua: what a run measured besides scores: how sure D is of what, which maps are learnt from and how good they
--- are, how hard the losses pull. Curves over the steps, and the last values as a table.
local curves = require 'hilo.report.curves'
local figures = require 'hilo.report.figures'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local sorted_keys = require 'hilo.keys'
local event_tags = require 'hilo.train.event_tags'

local diagnostics = {}

-- group, title, what it says; see train/diagnose/init.lua. Groups of other names follow these.
local known = {
   {'confidence', 'confidence of D', 'How much D takes maps for real ones, mean over crops that stay the same. Label maps of '
      .. 'validation pictures are real, but D has never seen them.'},
   {'accuracy', 'accuracy of D', 'Share of label maps and predicted maps that D tells right; 0.5 is chance.'},
   {'accepted', 'share accepted', 'Of predicted maps, or pixels: what self-training learns from.'},
   {'certainty', 'certainty', 'Mean of the probability, or of the confidence of D, by which pixels are accepted.'},
   {'agreement', 'agreement', 'Share of pixels of which the network that learns says already what it is taught.'},
   {'pixel_accuracy', 'pixel accuracy of maps', 'Percent right, of what is accepted and of what is rejected.'},
   {'mean_iou', 'mean IoU of maps', 'Percent, of what is accepted and of what is rejected.'},
   {'rank_correlation', 'does D know good maps?', 'Rank correlation of its confidence and the share of right pixels: 1 where '
      .. 'better maps always get more, 0 where it knows nothing.'},
   {'gradient_norm', 'gradient norms', 'Of each term of the loss of S, as it is weighted there.'},
   {'gradient_cosine', 'angles of gradients', 'Cosine with the gradient of the cross entropy; below 0 the terms work against each '
      .. 'other.'},
}

local names = {labelled_truth = 'label maps, labelled', val_truth = 'label maps, validation', labelled = 'predicted, labelled',
   val = 'predicted, validation', unlabelled = 'predicted, unlabelled', val_hard = 'predicted, validation, as one-hot',
   unlabelled_hard = 'predicted, unlabelled, as one-hot', train = 'what D trains on', ce = 'cross entropy',
   fm = 'feature matching', st = 'self-training', real = 'sure of label maps', fake = 'sure of predicted maps',
   cps = 'cross supervision', guided = 'guided labels', semi = 'self-training', adv = 'adversarial, labelled',
   adv_u = 'adversarial, unlabelled', s1 = 'first strong view', s2 = 'second strong view', fp = 'features missing'}

local parts_of_set = {labelled = 'labelled', val = 'validation', unlabelled = 'unlabelled'}

local function name_of(group, key)
   if group == 'accuracy' and key == 'val' then return 'on validation pictures' end
   local by_S = key:match('^(%a+)_by_S$')
   if by_S and parts_of_set[by_S] then return parts_of_set[by_S] .. ', by S itself' end
   local part, side = key:match('^(%a+)_(accepted)$')
   if not part then part, side = key:match('^(%a+)_(rejected)$') end
   return side and parts_of_set[part] and parts_of_set[part] .. ', ' .. side or names[key] or numbers.measure(key)
end

local function add_point(panels, group, key, step, value)
   panels[group] = panels[group] or {}
   panels[group][key] = panels[group][key] or {name = key, run = 1, xs = {}, ys = {}}
   local series = panels[group][key]
   series.xs[#series.xs + 1], series.ys[#series.ys + 1] = step, value
end

-- {group = {key = series}} of the evaluations, and of the lines of the log
local function collected(run)
   local at_evaluations, in_log = {}, {}
   for _, entry in ipairs(run.evaluations) do
      for group, values in pairs(type(entry.diagnostics) == 'table' and entry.diagnostics or {}) do
         for key, value in pairs(type(values) == 'table' and values or {}) do
            if type(value) == 'number' then add_point(at_evaluations, group, key, entry.step, value) end
         end
      end
   end
   for _, entry in ipairs(run.log) do
      for name, value in pairs(entry) do
         if event_tags.is_of_group(name) and type(value) == 'number' then
            local group, key = name:match('^(.-)/(.+)$')
            add_point(in_log, group, key, entry.step, value)
         end
      end
   end
   return at_evaluations, in_log
end

local function panel_of(group, title, series, kind)
   local panel = {title = title, kind = kind, ylog = group == 'gradient_norm' or nil, series = {}}
   for _, key in ipairs(sorted_keys(series)) do
      local one = series[key]
      panel.series[#panel.series + 1] = {name = name_of(group, key), xs = one.xs, ys = one.ys}
   end
   return panel
end

local function ordered(groups)
   local list, seen = {}, {}
   for _, about in ipairs(known) do
      seen[about[1]] = true
      if groups[about[1]] then list[#list + 1] = about end
   end
   for _, group in ipairs(sorted_keys(groups)) do
      if not seen[group] then list[#list + 1] = {group, numbers.measure(group)} end
   end
   return list
end

local function last_values(groups)
   local rows = {}
   for _, about in ipairs(ordered(groups)) do
      for _, key in ipairs(sorted_keys(groups[about[1]])) do
         local series = groups[about[1]][key]
         rows[#rows + 1] = {about[2], name_of(about[1], key), numbers.short(series.ys[#series.ys]),
            ('%d'):format(series.xs[#series.xs])}
      end
   end
   return parts.folded('All values', parts.table {caption = 'At the last evaluation that has the value', rows = rows,
      columns = {{title = 'figure'}, {title = 'of'}, {title = 'value', class = 'n'}, {title = 'step', class = 'n'}}})
end

--- What self-training does; nil where the run measured nothing.
---@param run RunData
---@return Html?
function diagnostics.of(run)
   local groups, in_log = collected(run)
   local list = {}
   for _, group in ipairs(sorted_keys(in_log)) do
      list[#list + 1] = curves.figure(panel_of(group, group .. ' while it trains', in_log[group], 'loss'))
   end
   for _, about in ipairs(ordered(groups)) do
      list[#list + 1] = curves.figure(panel_of(about[1], about[2], groups[about[1]], 'score'), about[3])
   end
   if #list == 0 then return nil end
   return h.join {figures.grid(list), next(groups) and last_values(groups)}
end

return diagnostics
