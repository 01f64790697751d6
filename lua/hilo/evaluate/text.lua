--- evaluate/text.lua: an evaluation as lines of text.
local metrics = require 'hilo.train.metrics'

-- Rows in percent of the truth's pixels, columns numbered as the rows.
local function confusion(matrix, classes)
   local head = {(' '):rep(20)}
   for c = 1, #classes do head[#head + 1] = ('%6d'):format(c - 1) end
   local lines = {'confusion, percent of the pixels of a class that were taken for each:', table.concat(head)}
   for c, name in ipairs(classes) do
      local sum = 0
      for _, n in ipairs(matrix[c]) do sum = sum + n end
      local row = {('%3d %-16s'):format(c - 1, name:sub(1, 16))}
      for _, n in ipairs(matrix[c]) do row[#row + 1] = sum > 0 and ('%6.1f'):format(100 * n / sum) or '     -' end
      lines[#lines + 1] = table.concat(row)
   end
   return lines
end

---@param found Evaluation
---@param classes string[]
---@param options {confusion: boolean}
---@return string
return function(found, classes, options)
   local lines = {}
   local function add(format, ...) lines[#lines + 1] = format:format(...) end
   if found.measured < found.predicted then
      add('%d of %d pictures have no label map, and count for nothing', found.predicted - found.measured, found.predicted)
   end
   if found.mean_iou and found.measured > 0 then lines[#lines + 1] = metrics.text(found, classes) end
   for _, band in ipairs(found.trimap or {}) do
      add('within %d pixel%s of a boundary: mean IoU %.1f   pixel accuracy %.1f', band.width, band.width == 1 and '' or 's',
         band.mean_iou, band.pixel_accuracy)
   end
   local told = found.classification
   if told then add('classes of pictures: mean average precision %.1f   F1 %.1f', told.mean_average_precision, told.f1) end
   if options.confusion and found.confusion then
      for _, line in ipairs(confusion(found.confusion, classes)) do lines[#lines + 1] = line end
   end
   return table.concat(lines, '\n')
end
