--- report/comparisons.lua: image, truth, prediction and errors side by side, with the colours of the classes.
local folder = require 'hilo.data.folder'
local classes = require 'hilo.report.classes'
local h = require 'hilo.report.html'
local images = require 'hilo.report.images'
local parts = require 'hilo.report.parts'

local comparisons = {}

local panels = {'image', 'truth', 'prediction', 'errors'}
local gap = 4 -- pixels between them, see train/pictures.lua

local function swatch(r, g, b, name)
   return h.li {h.span {class = 'swatch', style = ('background:rgb(%d,%d,%d)'):format(r, g, b)}, name}
end

-- The colours of the classes, and those that the panel of errors adds.
local function legend(run)
   local names, rgb = classes.of(run)
   local items = {}
   local function add(id, name) items[#items + 1] = swatch(rgb[3 * id + 1] or 0, rgb[3 * id + 2] or 0, rgb[3 * id + 3] or 0, name) end
   for i, name in ipairs(names or {}) do add(i - 1, name) end
   if names and rgb[3 * 256] then add(255, 'void') end
   return h.join {
      #items > 0 and h.ul {class = 'legend', ['aria-label'] = 'Colours of the classes', items},
      h.p {class = 'soft', 'Errors: right pixels are white, wrong ones have the colour of the truth, void is grey there.'},
   }
end

-- Names above the panels, between which the picture has gaps.
local function heads(width)
   local cells = {}
   for i, name in ipairs(panels) do cells[i] = h.span {name} end
   return h.div {class = 'heads', style = ('column-gap:%.3f%%'):format(100 * gap / width), ['aria-hidden'] = 'true', cells}
end

local function picture(entry, whose)
   local height, width = folder.image_size(entry.path)
   local text = ('%s%s: image, truth, prediction and errors side by side'):format(whose and whose .. ', ' or '', entry.name)
   return h.div {class = 'panels', heads(width), h.img {src = images.data_uri(entry.path), alt = text, width = width, height = height}}
end

-- A file that is being written, or is none: its place tells so, and the page stays whole.
local function figure(entry, whose, caption)
   local ok, image = pcall(picture, entry, whose)
   if not ok then return h.p {class = 'note failed', tostring(image)} end
   local label = (whose and whose .. ', ' or '') .. entry.name
   return h.figure {h.figcaption {caption}, parts.scroll(label, image)}
end

--- The pictures of one run.
---@param run RunData
---@return Html?
function comparisons.of_run(run)
   if #run.pictures == 0 then return nil end
   local list = {}
   for i, entry in ipairs(run.pictures) do list[i] = figure(entry, nil, entry.name) end
   return h.join {legend(run), list}
end

--- The pictures of several runs, image by image.
---@param runs RunData[]
---@param names string[]
---@return Html?
function comparisons.of_runs(runs, names)
   local order, at = {}, {}
   for i, run in ipairs(runs) do
      for _, entry in ipairs(run.pictures) do
         if not at[entry.name] then at[entry.name], order[#order + 1] = {}, entry.name end
         table.insert(at[entry.name], figure(entry, names[i], names[i]))
      end
   end
   if #order == 0 then return nil end
   table.sort(order)
   local list = {}
   for i, name in ipairs(order) do list[i] = {h.h3 {name}, at[name]} end
   return h.join {legend(runs[1]), list}
end

return comparisons
