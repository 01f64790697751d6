--- data/check/page.lua: what was found in a set as a page: findings, numbers, pictures of every class.
local confusion = require 'hilo.report.confusion'
local figures = require 'hilo.report.figures'
local file = require 'hilo.io.file'
local h = require 'hilo.report.html'
local image = require 'hilo.io.image'
local numbers = require 'hilo.report.numbers'
local page = require 'hilo.report.page'
local parts = require 'hilo.report.parts'
local samples = require 'hilo.data.check.samples'
local text = require 'hilo.data.check.text'
local thumbnail = require 'hilo.data.check.thumbnail'

local function summary(checked)
   local f = checked.facts
   local function rgb(values) return ('%.3f, %.3f, %.3f'):format(values[1], values[2], values[3]) end
   local verdict = checked.errors > 0 and 'failed' or checked.warnings > 0 and 'running' or 'finished'
   return h.join {
      parts.facts({{'verdict', h.span {class = 'state ' .. verdict, text.verdict(checked)}},
         {'pictures', numbers.option(f.counts.pictures)}, {'label maps', numbers.option(f.counts.labels)},
         {'classes', numbers.option(#f.classes)}}, 'large'),
      parts.facts {{'labelled', f.counts.labelled}, {'unlabelled', f.counts.unlabelled}, {'validation', f.counts.val},
         {'classes a picture', ('%.1f'):format(f.classes_a_picture)}, {'void pixels', ('%.1f %%'):format(100 * f.void)},
         {'mean of red, green, blue', rgb(f.mean)}, {'deviation', rgb(f.deviation)}},
   }
end

local words = {error = 'failed', warning = 'running', note = 'soft'}

-- Pairs of pictures beside one another.
local function shown_pairs(pairs_of)
   local list = {}
   for _, pair in ipairs(pairs_of or {}) do
      for _, path in ipairs(pair) do
         local ok, rgb = pcall(image.load, path, {as = 'rgb'})
         if ok then list[#list + 1] = thumbnail(rgb, path, path) end
      end
   end
   return #list > 0 and figures.grid(list, 'samples')
end

local function findings(checked)
   local list = {}
   for i, f in ipairs(checked.findings) do
      local files = {}
      for k, name in ipairs(f.files) do files[k] = h.li {h.code {name}} end
      list[i] = h.join {
         h.h3 {h.span {class = 'state ' .. words[f.level], f.level}, ': ', f.title},
         h.p {numbers.count(f.count, 'case'), ': ', f.mend},
         shown_pairs(f.pairs),
         parts.folded(f.count > #f.files and ('The first %d'):format(#f.files) or 'Which', h.ul(files)),
      }
   end
   return #list > 0 and h.join(list) or h.p {'Nothing is wrong, nothing is odd.'}
end

local function classes(facts)
   local rows, names, pixels, pictures = {}, {}, {}, {}
   for i, c in ipairs(facts.classes) do
      names[i], pixels[i], pictures[i] = c.name, 100 * c.share, c.pictures
      rows[i] = {c.name, {cell = {['data-v'] = c.share, ('%.2f'):format(100 * c.share)}}, c.pictures, c.train, c.val}
   end
   local high = 90 + 18 * #names
   return h.join {
      parts.table {caption = 'Pixels in percent of those that are not void, and pictures that show a class',
         sortable = true, rows = rows, columns = {{title = 'class'}, {title = 'pixels', class = 'n'}, {title = 'pictures', class = 'n'},
            {title = 'labelled', class = 'n'}, {title = 'validation', class = 'n'}}},
      figures.grid {
         figures.draw('bar', nil, names, pixels, {title = 'Pixels', xlabel = 'percent', horizontal = true, size = {400, high}}),
         figures.draw('bar', nil, names, pictures, {title = 'Pictures that show a class', xlabel = 'pictures', horizontal = true,
            size = {400, high}}),
      },
   }
end

local function together(facts)
   local names, shown = {}, {}
   for i, c in ipairs(facts.classes) do names[i], shown[i] = c.name, c.pictures end
   local counts, labels = {}, {}
   for i, n in ipairs(facts.shows) do counts[i], labels[i] = n, i - 1 end
   while #counts > 1 and counts[#counts] == 0 do counts[#counts], labels[#labels] = nil, nil end
   return h.join {
      figures.draw('bar', nil, labels, counts, {title = 'How many classes a picture shows', xlabel = 'classes', ylabel = 'pictures',
         size = figures.half}),
      confusion.together(names, shown, facts.together),
   }
end

local function sizes(facts)
   local rows, most = {}, 12
   for i = 1, math.min(most, #facts.sizes) do rows[i] = {facts.sizes[i].size, facts.sizes[i].count} end
   local rest = 0
   for i = most + 1, #facts.sizes do rest = rest + facts.sizes[i].count end
   if rest > 0 then rows[most + 1] = {numbers.count(#facts.sizes - most, 'other size'), rest} end
   return parts.table {caption = 'Sizes of the pictures', columns = {{title = 'width x height'}, {title = 'pictures', class = 'n'}},
      rows = rows}
end

local function pictures(set, checked, labels)
   local list = {}
   for i, c in ipairs(checked.facts.classes) do
      local found = samples(set, labels, i - 1)
      list[i] = h.join {h.h3 {c.name}, #found > 0 and figures.grid(found, 'samples') or h.p {'No picture shows it.'}}
   end
   return h.join(list)
end

--- Writes the page.
---@param path string
---@param set DataSet
---@param checked Checked
---@param labels table<string, Look> with `order`
---@return string[] problems plots that could not be drawn
return function(path, set, checked, labels)
   local sections = figures.session(function()
      return {
         {id = 'summary', title = 'Summary', summary(checked)},
         {id = 'findings', title = 'Findings', findings(checked)},
         {id = 'classes', title = 'Classes', classes(checked.facts)},
         {id = 'together', title = 'Classes together', together(checked.facts)},
         {id = 'sizes', title = 'Sizes', sizes(checked.facts)},
         {id = 'pictures', title = 'Pictures of every class', pictures(set, checked, labels)},
      }
   end)
   local content = page.render {title = 'Data set ' .. set.root, lead = h.p {set.told}, sections = sections,
      foot = 'Written by hilo data check.'}
   file.write(path, function(write) write(content) end)
   return figures.failures()
end
