--- report/confusion.lua: matrices of classes as tables: of the pixels of each true class, the percentage taken for each class; which
--- classes pictures show together.
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'

local confusion = {}

local function share_text(share)
   if share == 0 then return '0' end
   if share < 0.0005 then return '<0.1' end
   return ('%.1f'):format(100 * share)
end

-- A cell that is the darker the larger the share, 0..1.
local function cell(share, text, title, class)
   return h.td {class = class, style = ('--s:%.3f'):format(share), title = title, text}
end

-- The table; --n: on paper the letters are as small as so many columns need.
local function frame(title, caption, corner, names, last, rows)
   local heads = {h.th {class = 'corner', scope = 'col', corner}}
   for k, name in ipairs(names) do heads[k + 1] = h.th {scope = 'col', name} end
   heads[#heads + 1] = h.th {scope = 'col', last}
   return parts.scroll(title, h.table {class = 'confusion', style = '--n:' .. #names, h.caption {caption}, h.thead {h.tr(heads)},
      h.tbody(rows)})
end

local function row_of(name, counts, i, total)
   local cells = {h.th {scope = 'row', name}}
   for k, count in ipairs(counts) do
      local share = total > 0 and count / total or 0
      cells[k + 1] = cell(share, total > 0 and share_text(share) or parts.none, ('%.0f'):format(count), k == i and 'right' or nil)
   end
   cells[#cells + 1] = h.td {style = '--s:0', numbers.short(total)}
   return h.tr(cells)
end

--- The matrix of a run.
---@param counts {classes: string[], matrix: number[][], step: integer?}
---@return Html
function confusion.of(counts)
   local rows = {}
   for i, row in ipairs(counts.matrix) do
      local total = 0
      for _, count in ipairs(row) do total = total + count end
      rows[i] = row_of(counts.classes[i], row, i, total)
   end
   local caption = 'Percent of the pixels of each true class'
   if type(counts.step) == 'number' then caption = ('%s, at step %d'):format(caption, counts.step) end
   return frame('Confusion matrix', caption, 'truth \226\134\147  taken for \226\134\146', counts.classes, 'pixels', rows)
end

--- Of the pictures that show a class, the percentage that show another too.
---@param names string[] of the classes
---@param pictures integer[] that show each
---@param together integer[][] that show two of them
---@return Html
function confusion.together(names, pictures, together)
   local rows = {}
   for i, name in ipairs(names) do
      local cells, total = {h.th {scope = 'row', name}}, pictures[i]
      for j, n in ipairs(together[i]) do
         local share = total > 0 and j ~= i and n / total or 0
         cells[j + 1] = cell(share, j ~= i and total > 0 and ('%.0f'):format(100 * share) or parts.none, numbers.count(n, 'picture'))
      end
      cells[#cells + 1] = h.td {style = '--s:0', total}
      rows[i] = h.tr(cells)
   end
   return frame('Classes that are seen together', 'Percent of the pictures that show the class of the row',
      'shows \226\134\147  also \226\134\146', names, 'pictures', rows)
end

return confusion
