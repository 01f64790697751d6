--- data/layouts/labelme.lua: one JSON file a picture, as labelme writes it: {shapes = {{label, points, shape_type}}, imagePath}.
--- Class 0 is the background, then come the labels in order of their names, or as classes.txt has them. Later shapes are on top;
--- `__ignore__` is void. Lines and points have no inside: they are left out, and a label of theirs alone is no class.
local hilo = require 'hilo'
local base64 = require 'hilo.io.base64'
local core = require 'hilo.core'
local drawn = require 'hilo.data.layouts.drawn'
local file = require 'hilo.io.file'
local files = require 'hilo.data.layouts.files'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local nearest = require 'hilo.nearest'
local raster = require 'hilo.data.raster'
local sorted_keys = require 'hilo.keys'
local tree = require 'hilo.data.tree'

local check = core.check
local labelme = {}

local function looks_like(path) return file.read(path):find('"shapes"', 1, true) ~= nil end

local void_names = {__ignore__ = true, void = true, ignore = true}

local inside = {polygon = true, rectangle = true, circle = true, mask = true}

local function kind_of(shape) return type(shape.shape_type) == 'string' and shape.shape_type or 'polygon' end

-- Labels of shapes with an inside, and those of others alone, in order.
local function labels_of(pages)
   local drawn_ones, others = {}, {}
   for _, page in ipairs(pages) do
      for _, shape in ipairs(page.data.shapes) do
         (inside[kind_of(shape)] and drawn_ones or others)[tostring(shape.label)] = true
      end
   end
   for label in pairs(drawn_ones) do others[label] = nil end
   return sorted_keys(drawn_ones), sorted_keys(others)
end

local function class_table(set, given, pages)
   local classes, others = {}, {}
   if given then
      classes = given
   else
      local used
      used, others = labels_of(pages)
      classes[1] = 'background'
      for _, label in ipairs(used) do
         if not void_names[label] and label ~= '_background_' and label:lower() ~= 'background' then classes[#classes + 1] = label end
      end
      check(#classes > 1, "data: no shape of %s has an inside (polygon, rectangle, circle or mask) and a label of its own; draw the "
         .. "classes as polygons", pages[1].root)
   end
   if #others > 0 then
      table.insert(set.warnings, ('%s mark%s lines or points alone and %s no class'):format(table.concat(others, ', '),
         #others == 1 and 's' or '', #others == 1 and 'is' or 'are'))
   end
   local class_of = {}
   for i, name in ipairs(classes) do class_of[name] = i - 1 end
   for name in pairs(void_names) do class_of[name] = class_of[name] or 255 end
   class_of._background_ = class_of._background_ or class_of.background or 0
   return classes, class_of
end

-- The mask that a shape holds as a PNG in base64.
local function picture_in(text, where)
   local bytes = type(text) == 'string' and base64.decode(text)
   check(bytes, '%s: it is a mask and holds none', where)
   local path = os.tmpname()
   file.write(path, function(write) write(bytes) end)
   local ok, pixels = pcall(hilo.io.image.load, path, {as = 'labels'})
   os.remove(path)
   check(ok, '%s: its mask cannot be read', where)
   return pixels
end

-- Marks the inside of a shape that has one.
local function fill(mask, h, w, shape, where)
   local points, kind = shape.points, kind_of(shape)
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
      local x1, y1 = at(1)
      raster.stamp(mask, h, w, picture_in(shape.mask, where), math.floor(x1), math.floor(y1))
   end
end

local function draw_page(set, page, class_of)
   local data = page.data
   local h, w = data.imageHeight, data.imageWidth
   if type(h) ~= 'number' or type(w) ~= 'number' then h, w = folder.image_size(page.image) end
   files.check_size(page.image, h, w, page.where)
   local labels, mask, paint = drawn.canvas(h, w, page.where)
   for i, shape in ipairs(data.shapes) do
      local label = tostring(shape.label)
      local where = ('%s, shape %d'):format(page.where, i)
      if not inside[kind_of(shape)] then
         set.left_out = set.left_out + 1
      else
         if not class_of[label] then
            core.raise(("%s: its label '%s' is no class; did you mean '%s'? Add it to the classes if it is one"):format(where, label,
               tostring(nearest(label, set.classes))))
         end
         fill(mask, h, w, shape, where)
         paint(class_of[label])
      end
   end
   return labels
end

-- The files' contents with their pictures, where there are.
local function read_pages(set, found, paths)
   local pages, finder, missing, first = {}, files.finder(found), 0, nil
   for _, path in ipairs(paths) do
      local where = found.root .. '/' .. path
      local data = json.load(where)
      check(type(data.shapes) == 'table', "%s: it is not in labelme's format: there is no list 'shapes'", where)
      for i, shape in ipairs(data.shapes) do
         check(type(shape) == 'table' and (type(shape.label) == 'string' or type(shape.label) == 'number'), '%s: shape %d has no label',
            where, i)
      end
      local called, directory = tostring(data.imagePath), files.directory(path)
      local image, why = finder:find(called, directory)
      image = image or finder:beside(path)
      if image then
         pages[#pages + 1] = {root = found.root, where = where, data = data, name = files.name(image),
            image = found.root .. '/' .. image}
      else
         missing, first = missing + 1, first or ("%s is of '%s': %s"):format(path, called, why)
      end
   end
   check(#pages > 0, 'data: none of the pictures that the JSON files of %s are of is found below it; the first: %s', found.root,
      tostring(first))
   if missing > 0 then
      table.insert(set.warnings, ('the pictures of %d of %d JSON files are not found below %s; the first: %s'):format(missing, #paths,
         found.root, first))
   end
   return pages
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
   local fields = drawn.set(found.root, kind, paths, found.images, function(save)
      local set = {left_out = 0, images = {}, warnings = {}}
      local pages = read_pages(set, found, paths)
      local class_of
      set.classes, class_of = class_table(set, options.classes, pages)
      for _, page in ipairs(pages) do save(page.name, draw_page(set, page, class_of)) end
      for _, path in ipairs(found.images) do set.images[files.name(path)] = path end
      if set.left_out > 0 then
         table.insert(set.warnings, ('%d shapes of %s are lines or points, which have no inside and are not drawn'):format(set.left_out,
            found.root))
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
