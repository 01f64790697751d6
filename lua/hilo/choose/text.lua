--- choose/text.lua: what was chosen, and what it is worth, as tables and curves.
local plot = require 'hilo.plot'

local text = {}

local function number(x) return (('%.3f'):format(x):gsub('%.?0+$', '')) end

-- Rows of words in columns: the first to the left, the others to the right.
local function columns(rows)
   local width, lines = {}, {}
   for _, row in ipairs(rows) do
      for k, word in ipairs(row) do width[k] = math.max(width[k] or 0, #word) end
   end
   for i, row in ipairs(rows) do
      local parts = {}
      for k, word in ipairs(row) do parts[k] = (('%%%s%ds'):format(k == 1 and '-' or '', width[k])):format(word) end
      lines[i] = '   ' .. table.concat(parts, '   '):gsub('%s+$', '')
   end
   return table.concat(lines, '\n')
end

local function mean_iou(sum) return sum.counts:scores().mean_iou end

-- The curve of a threshold: what each value switches off.
local function threshold_table(choice)
   local rows = {{choice.parameter, 'mean IoU', 'present, off', 'right in S', 'absent, off', 'drawn by S'}}
   for _, point in ipairs(choice.curve) do
      local s = point.sum
      rows[#rows + 1] = {number(point.value), ('%.2f'):format(point.mean_iou), tostring(s.present_off), tostring(s.right_off),
         tostring(s.absent_off), tostring(s.drawn_off)}
   end
   return columns(rows)
end

local function exponent_table(choice)
   local rows = {{choice.parameter, 'mean IoU'}}
   for _, point in ipairs(choice.curve) do rows[#rows + 1] = {number(point.value), ('%.2f'):format(point.mean_iou)} end
   return columns(rows)
end

local function values_of_folds(choice)
   local list = {}
   for k, part in ipairs(choice.folds) do list[k] = number(part.value) end
   return table.concat(list, ', ')
end

local function summary(alone, ways, choices)
   local rows = {{'chosen on', 'these pictures', 'value', 'other folds', 'values'}}
   local without = ('%.2f'):format(mean_iou(alone))
   rows[2] = {'no fusion', without, '', without, ''}
   for _, key in ipairs(ways) do
      local choice = choices[key]
      rows[#rows + 1] = {choice.title, ('%.2f'):format(choice.fitted), ('%s %s'):format(choice.parameter, number(choice.value)),
         ('%.2f'):format(mean_iou(choice.crossed)), values_of_folds(choice)}
   end
   return columns(rows)
end

-- What each class's tau switches off.
local function class_table(choice, classes)
   local rows = {{'class', 'tau'}}
   for c, class in ipairs(classes) do rows[#rows + 1] = {class, number(choice.options.tau[c])} end
   return columns(rows)
end

local function reliability_table(reliability)
   local rows = {{'scores', 'calibration error %', 'log loss'}}
   for _, entry in ipairs(reliability) do
      rows[#rows + 1] = {entry[1], ('%.2f'):format(100 * entry[2].error), ('%.4f'):format(entry[2].log_loss)}
   end
   return columns(rows)
end

--- All tables.
---@param o {segmentation: string, mlmt: string, scores: string, folds: integer}
---@param classes string[]
---@param alone FusionSum without fusion
---@param ways string[] keys of choices, in order
---@param choices table<string, Choice>
---@param reliability {[1]: string, [2]: CalibrationQuality}[]
---@param told {classifier: number, segmentation: number} mean average precision of the scores, and of S's largest probabilities
---@param names string[] the pictures
---@return string
function text.tables(o, classes, alone, ways, choices, reliability, told, names)
   local parts = {
      ('%s with the scores of %s (%s), %d pictures'):format(o.segmentation, o.mlmt, o.scores, #names),
      ('%d times a picture shows a class; %d times it does not, and %d of these times S draws it'):format(alone.present, alone.absent,
         alone.drawn),
      ('mean average precision of classes: %.1f by the classifier, %.1f by the largest probability that S gives a class'):format(
         told.classifier, told.segmentation),
      '\none tau: classes switched off that are there (and of which S draws some pixels right), and that are not there (and S draws)',
      threshold_table(choices.tau),
   }
   if choices.soft then
      parts[#parts + 1] = '\nsoft fusion'
      parts[#parts + 1] = exponent_table(choices.soft)
   end
   if choices.by_class then
      parts[#parts + 1] = '\na tau for each class'
      parts[#parts + 1] = class_table(choices.by_class, classes)
   end
   parts[#parts + 1] = '\nthe scores as probabilities; calibrated ones by the other folds'
   parts[#parts + 1] = reliability_table(reliability)
   parts[#parts + 1] = ('\nmean IoU; "other folds" is what to expect of new pictures: each of %d folds is fused by what was chosen on '
      .. 'the others'):format(o.folds)
   parts[#parts + 1] = summary(alone, ways, choices)
   return table.concat(parts, '\n')
end

-- ---- curves ----

local function series(name, choice)
   local x, y = {}, {}
   for i, point in ipairs(choice.curve) do x[i], y[i] = point.value, point.mean_iou end
   return {name, x, y, '+-'}
end

local function level(name, choice, value)
   local x = choice.curve
   return {name, {x[1].value, x[#x].value}, {value, value}}
end

local function draw(path, lines, options)
   for _, ending in ipairs {'svg', 'png'} do
      options.to = ('%s.%s'):format(path, ending)
      plot(lines, options)
   end
   options.to = 'terminal'
   plot(lines, options)
end

--- Draws mean IoU over tau and over the exponent, and how often classes are there over what the scores say, into a folder and at the
--- terminal.
---@param out string
---@param alone FusionSum
---@param choices table<string, Choice>
---@param reliability {[1]: string, [2]: CalibrationQuality}[]
---@param o {segmentation: string, mlmt: string}
function text.plots(out, alone, choices, reliability, o)
   local without, title = mean_iou(alone), ('%s + %s'):format(o.segmentation, o.mlmt)
   plot.session(function()
      local tau = {series('one tau', choices.tau), level('no fusion', choices.tau, without)}
      if choices.by_class then
         tau[#tau + 1] = level('tau by class, other folds', choices.tau, mean_iou(choices.by_class.crossed))
      end
      draw(out .. '/tau', tau, {title = title, xlabel = 'tau', ylabel = 'mean IoU', legend = 'below'})
      if choices.soft then
         local exponent = {series('soft', choices.soft), level('no fusion', choices.soft, without)}
         if choices.soft_calibrated then table.insert(exponent, 2, series('soft, calibrated', choices.soft_calibrated)) end
         draw(out .. '/exponent', exponent, {title = title, xlabel = 'exponent', ylabel = 'mean IoU', legend = 'below'})
      end
      local lines = {{'as it should be', {0, 1}, {0, 1}}}
      for k, entry in ipairs(reliability) do
         if k == 1 or k == #reliability then
            local x, y = {}, {}
            for i, bin in ipairs(entry[2].reliability) do x[i], y[i] = bin.score, bin.share end
            lines[#lines + 1] = {entry[1], x, y, '+-'}
         end
      end
      draw(out .. '/reliability', lines,
         {title = o.mlmt, xlabel = 'score', ylabel = 'share of pictures with the class', legend = 'below'})
   end)
end

local function figures(sum)
   local found = {mean_iou = mean_iou(sum)}
   for key, value in pairs(sum) do if type(value) == 'number' then found[key] = value end end
   return found
end

--- What tau.json says besides what was chosen: which runs, the curves, how well the scores are calibrated.
---@param o table
---@param classifier {tags: string?}
---@param alone FusionSum
---@param choices table<string, Choice>
---@param reliability {[1]: string, [2]: CalibrationQuality}[]
---@param told {classifier: number, segmentation: number}
---@return table
function text.about(o, classifier, alone, choices, reliability, told)
   local about = {segmentation = o.segmentation, mlmt = o.mlmt, scores = o.scores, tags = classifier.tags, alone = figures(alone),
      mean_average_precision = told, curves = {}, calibration = {}}
   for key, choice in pairs(choices) do
      local curve = {}
      for i, point in ipairs(choice.curve or {}) do
         curve[i] = figures(point.sum)
         curve[i].value = point.value
      end
      if #curve > 0 then about.curves[key] = curve end
   end
   for i, entry in ipairs(reliability) do
      about.calibration[i] = {scores = entry[1], error = entry[2].error, log_loss = entry[2].log_loss,
         reliability = entry[2].reliability}
   end
   return about
end

return text
