--- report/confusion.lua: the confusion matrix as a table: of the pixels of each true class, the percentage taken for each class.
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'

local confusion = {}

local function share_text(share)
   if share == 0 then return '0' end
   if share < 0.0005 then return '<0.1' end
   return ('%.1f'):format(100 * share)
end

local function row_of(name, counts, i, total)
   local cells = {h.th {scope = 'row', name}}
   for k, count in ipairs(counts) do
      local share = total > 0 and count / total or 0
      cells[k + 1] = h.td {class = k == i and 'right' or nil, style = ('--s:%.3f'):format(share), title = ('%.0f'):format(count),
         total > 0 and share_text(share) or parts.none}
   end
   cells[#cells + 1] = h.td {style = '--s:0', numbers.short(total)}
   return h.tr(cells)
end

--- The matrix of a run.
---@param counts {classes: string[], matrix: number[][], step: integer?}
---@return Html
function confusion.of(counts)
   local heads, rows = {h.th {class = 'corner', scope = 'col', 'truth \226\134\147  taken for \226\134\146'}}, {}
   for k, name in ipairs(counts.classes) do heads[k + 1] = h.th {scope = 'col', name} end
   heads[#heads + 1] = h.th {scope = 'col', 'pixels'}
   for i, row in ipairs(counts.matrix) do
      local total = 0
      for _, count in ipairs(row) do total = total + count end
      rows[i] = row_of(counts.classes[i], row, i, total)
   end
   local caption = 'Percent of the pixels of each true class'
   if type(counts.step) == 'number' then caption = ('%s, at step %d'):format(caption, counts.step) end
   -- --n: on paper the letters are as small as so many columns need
   return parts.scroll('Confusion matrix', h.table {class = 'confusion', style = '--n:' .. #counts.classes, h.caption {caption},
      h.thead {h.tr(heads)}, h.tbody(rows)})
end

return confusion
