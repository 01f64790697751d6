--- report/fusion.lua: what fusion changed in the label maps, by class.
local classes = require 'hilo.report.classes'
local figures = require 'hilo.report.figures'
local h = require 'hilo.report.html'
local parts = require 'hilo.report.parts'
local sorted_keys = require 'hilo.keys'

local fusion = {}

local function share(count, of) return 100 * count / math.max(1, of) end

local function percent_cell(count, of)
   local value = share(count, of)
   return {cell = {['data-v'] = value, title = ('%.0f pixels'):format(count), ('%.2f'):format(value)}}
end

-- The set's order, then what it does not know.
local function class_names(run, found)
   local list, seen = {}, {}
   for _, name in ipairs((classes.of(run)) or {}) do
      if type(found[name]) == 'table' then list[#list + 1], seen[name] = name, true end
   end
   for _, name in ipairs(sorted_keys(found)) do if not seen[name] then list[#list + 1] = name end end
   return list
end

local function row_of(name, row)
   return {name, {cell = {['data-v'] = row.pixels, ('%.0f'):format(row.pixels)}}, percent_cell(row.changed, row.pixels),
      percent_cell(row.gained, row.pixels), percent_cell(row.lost, row.pixels), ('%d'):format(row.present),
      ('%d'):format(row.removed_present), ('%d'):format(row.removed_absent)}
end

local columns = {{title = 'class'}, {title = 'pixels', class = 'n'}, {title = 'changed', class = 'n'}, {title = 'gained', class = 'n'},
   {title = 'lost', class = 'n'}, {title = 'pictures with it', class = 'n'}, {title = 'removed although there', class = 'n'},
   {title = 'removed where absent', class = 'n'}}

local function bars(names, found)
   local gained, lost = {}, {}
   for i, name in ipairs(names) do
      gained[i], lost[i] = share(found[name].gained, found[name].pixels), -share(found[name].lost, found[name].pixels)
   end
   return figures.draw('bar', nil, names, {{'became right', gained}, {'became wrong', lost}}, {title = 'What fusion changed',
      xlabel = 'percent of the pixels of the class', horizontal = true, size = {460, 110 + 30 * #names}, legend = 'below'})
end

--- The figures of train.FusionCounts in a run's scores; nil where there are none.
---@param run RunData
---@return Html?
function fusion.of(run)
   local told = run.scores and run.scores.fusion
   if type(told) ~= 'table' or type(told.classes) ~= 'table' or type(told.pixels) ~= 'number' then return nil end
   local names, rows = class_names(run, told.classes), {}
   for i, name in ipairs(names) do rows[i] = row_of(name, told.classes[name]) end
   local function percent(count) return ('%.2f %%'):format(share(count, told.pixels)) end
   return h.join {
      parts.facts {{'pixels changed', percent(told.changed)}, {'became right', percent(told.gained)},
         {'became wrong', percent(told.lost)},
         {'classes removed from pictures', ('%d'):format(told.removed_present + told.removed_absent)},
         {'of them there', ('%d'):format(told.removed_present)}},
      h.div {class = 'pair', bars(names, told.classes), parts.table {caption = 'Percent of the pixels of each class; pictures',
         columns = columns, rows = rows, sortable = true}},
   }
end

return fusion
