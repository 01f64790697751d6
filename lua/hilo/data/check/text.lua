--- data/check/text.lua: what was found in a set, for a terminal.
local numbers = require 'hilo.report.numbers'
local plot_text = require 'hilo.plot.text'
local utf8 = require 'hilo.io.utf8'

local most_files = 3

local function finding(f, out)
   out('')
   out(('%s: %s: %d'):format(f.level, f.title, f.count))
   for i = 1, math.min(most_files, #f.files) do out('      ' .. f.files[i]) end
   if f.count > most_files then out(('      and %d more'):format(f.count - most_files)) end
   out('   -> ' .. f.mend)
end

local function kinds(list, key)
   local parts = {}
   for i = 1, math.min(4, #list) do parts[i] = ('%d %s'):format(list[i].count, list[i][key]) end
   if #list > 4 then parts[5] = ('%d other %ss'):format(#list - 4, key) end
   return table.concat(parts, ', ')
end

local function padded(name, width) return name .. (' '):rep(width - plot_text.length(name)) end

local function classes(facts, out)
   local width, names = 5, {}
   for i, c in ipairs(facts.classes) do
      names[i] = plot_text.line(utf8.visible(c.name), 40)
      width = math.max(width, plot_text.length(names[i]))
   end
   local row = '   %s %8s %9s %7s %7s'
   out(row:format(padded('class', width), 'pixels', 'pictures', 'train', 'val'))
   for i, c in ipairs(facts.classes) do
      out(row:format(padded(names[i], width), ('%.2f %%'):format(100 * c.share), ('%d'):format(c.pictures), ('%d'):format(c.train),
         ('%d'):format(c.val)))
   end
end

local function rgb(values) return ('%.3f %.3f %.3f'):format(values[1], values[2], values[3]) end

--- Errors and warnings in a few words.
---@param checked Checked
---@return string
local function verdict(checked)
   if checked.errors + checked.warnings == 0 then return 'nothing is wrong' end
   return ('%s, %s'):format(numbers.count(checked.errors, 'error'), numbers.count(checked.warnings, 'warning'))
end

local text = {verdict = verdict}

--- Calls out(line) for each line.
---@param checked Checked
---@param out fun(line: string)
function text.write(checked, out)
   local f = checked.facts
   out(('%s: layout %s, %d pictures, %d label maps, %d classes'):format(utf8.visible(checked.root), checked.layout, f.counts.pictures,
      f.counts.labels, #f.classes))
   for _, one in ipairs(checked.findings) do finding(one, out) end
   out('')
   out(('parts: %d labelled, %d unlabelled, %d validation pictures'):format(f.counts.labelled, f.counts.unlabelled, f.counts.val))
   out(('formats: %s; sizes: %s'):format(kinds(f.formats, 'format'), kinds(f.sizes, 'size')))
   out(('red, green, blue: mean %s, deviation %s'):format(rgb(f.mean), rgb(f.deviation)))
   out(('a picture shows %.1f classes on average; %.1f %% of the pixels are void'):format(f.classes_a_picture, 100 * f.void))
   classes(f, out)
   out('')
   out(('%s: %s'):format(utf8.visible(checked.root), verdict(checked)))
end

return text
