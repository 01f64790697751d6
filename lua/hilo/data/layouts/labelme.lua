--- data/layouts/labelme.lua: one JSON file a picture, as labelme writes it: {shapes = {{label, points, shape_type}}, imagePath}.
--- Class 0 is the background, then come the labels in order of their names, or as classes.txt has them. Later shapes are on top;
--- `__ignore__` is void. Lines and points have no inside and are left out.
local core = require 'hilo.core'
local drawn = require 'hilo.data.layouts.drawn'
local file = require 'hilo.io.file'
local files = require 'hilo.data.layouts.files'
local folder = require 'hilo.data.folder'
local json = require 'hilo.train.json'
local options_of = require 'hilo.train.options'
local raster = require 'hilo.data.raster'
local tree = require 'hilo.data.tree'

local check = core.check
local labelme = {}

local function looks_like(path) return file.read(path):find('"shapes"', 1, true) ~= nil end

local void_names = {__ignore__ = true, void = true, ignore = true}

local function class_table(given, pages)
   local classes, seen = {}, {}
   if given then
      classes = given
   else
      for _, page in ipairs(pages) do
         for _, shape in ipairs(page.data.shapes) do
            local label = tostring(shape.label)
            if not seen[label] and not void_names[label] and label ~= '_background_' and label:lower() ~= 'background' then
               seen[label] = true
               classes[#classes + 1] = label
            end
         end
      end
      table.sort(classes)
      table.insert(classes, 1, 'background')
   end
   local class_of = {}
   for i, name in ipairs(classes) do class_of[name] = i - 1 end
   for name in pairs(void_names) do class_of[name] = class_of[name] or 255 end
   class_of._background_ = class_of._background_ or class_of.background or 0
   return classes, class_of
end

-- Marks the inside of a shape; false where it has none.
local function fill(mask, h, w, shape, where)
   local points, kind = shape.points, type(shape.shape_type) == 'string' and shape.shape_type or 'polygon'
   check(type(points) == 'table', '%s: a shape has no points', where)
   local function at(i)
      local p = points[i]
      check(type(p) == 'table' and type(p[1]) == 'number' and type(p[2]) == 'number', '%s: a point is not x, y', where)
      return p[1], p[2]
   end
   if kind == 'polygon' then
      local flat = {}
      for i = 1, #points do flat[2 * i - 1], flat[2 * i] = at(i) end
      raster.polygon(mask, h, w, flat)
   elseif kind == 'rectangle' then
      local x1, y1 = at(1)
      local x2, y2 = at(2)
      raster.polygon(mask, h, w, {x1, y1, x2, y1, x2, y2, x1, y2})
   elseif kind == 'circle' then
      local x1, y1 = at(1)
      local x2, y2 = at(2)
      raster.circle(mask, h, w, x1, y1, math.sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2))
   else
      return false
   end
   return true
end

local function draw_page(set, page, class_of)
   local data = page.data
   local h, w = data.imageHeight, data.imageWidth
   if type(h) ~= 'number' then h, w = folder.image_size(page.image) end
   local labels, mask, paint = drawn.canvas(h, w, page.where)
   for i, shape in ipairs(data.shapes) do
      local label = tostring(shape.label)
      local where = ('%s, shape %d'):format(page.where, i)
      if not class_of[label] then
         core.raise(("%s: its label '%s' is no class; did you mean '%s'? Add it to the classes if it is one"):format(where, label,
            tostring(options_of.nearest(label, set.classes))))
      end
      if fill(mask, h, w, shape, where) then paint(class_of[label]) else set.left_out = set.left_out + 1 end
   end
   return labels
end

--- What labelme's files below a folder say, nil where there are none.
---@param found Tree
---@param options {classes: string[]?} classes: names in the order of their ids
---@return table? fields of the set
function labelme.read(found, options)
   local paths = {}
   for _, path in ipairs(tree.with(found, 'json')) do
      if looks_like(found.root .. '/' .. path) then paths[#paths + 1] = path end
   end
   if #paths == 0 or #found.images == 0 then return nil end
   local kind = 'labelme ' .. (options.classes and table.concat(options.classes, ',') or '')
   local fields = drawn.set(found.root, ('%s %d'):format(kind, #found.images), paths, function(save)
      local set, pages, finder = {left_out = 0, images = {}, warnings = {}}, {}, files.finder(found)
      for _, path in ipairs(paths) do
         local where = found.root .. '/' .. path
         local data = json.load(where)
         check(type(data.shapes) == 'table', "%s: it is not in labelme's format: there is no list 'shapes'", where)
         local image = finder:find(tostring(data.imagePath), files.directory(path))
         check(image, "data: %s is of the picture '%s', and there is no such file below %s", where, tostring(data.imagePath),
            found.root)
         pages[#pages + 1] = {where = where, data = data, name = files.name(image), image = found.root .. '/' .. image}
      end
      local class_of
      set.classes, class_of = class_table(options.classes, pages)
      for _, page in ipairs(pages) do save(page.name, draw_page(set, page, class_of)) end
      for _, path in ipairs(found.images) do set.images[files.name(path)] = path end
      if set.left_out > 0 then
         set.warnings[1] = ('%d shapes of %s are lines, points or masks, which are not drawn'):format(set.left_out, found.root)
      end
      return {classes = set.classes, images = set.images, warnings = set.warnings}
   end)
   fields.names = {}
   for name in pairs(fields.images) do fields.names[#fields.names + 1] = name end
   fields.layout, fields.image_folder, fields.list_folder = 'labelme', found.root, found.root
   fields.parts = tree.parts(fields.names)
   fields.own_classes = options.classes and 'classes.txt' or "the shapes' labels"
   fields.where = ('shapes of %d JSON files drawn into %s'):format(#paths, fields.label_folder)
   return fields
end

return labelme
