--- data/layouts/coco.lua: annotation files in COCO's format: {images, annotations, categories}; outlines and run lengths, packed or
--- not. Class 0 is the background, then come the categories in the order of their ids. Where objects overlap the smaller is on top;
--- a crowd (iscrowd) is void, or with crowd=object an object as others. Of COCO's own files those called instances_* are read.
---
---     annotations/instances_train2017.json  train2017/*.jpg        train/_annotations.coco.json  train/*.jpg
---
--- Pictures that no file names have no label map. Parts come from the files' names or folders.
local core = require 'hilo.core'
local drawn = require 'hilo.data.layouts.drawn'
local file = require 'hilo.io.file'
local files = require 'hilo.data.layouts.files'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local raster = require 'hilo.data.raster'
local tree = require 'hilo.data.tree'

local check = core.check
local coco = {}

-- Whether a file's beginning or end looks like COCO's, without reading hundreds of megabytes.
local function looks_like(path)
   local size = file.size(path)
   local text = size < 2 ^ 20 and file.read(path) or file.read(path, 0, 2 ^ 16) .. file.read(path, size - 2 ^ 16, 2 ^ 16)
   if size < 2 ^ 20 then
      return text:find('"images"', 1, true) and text:find('"annotations"', 1, true) and text:find('"categories"', 1, true)
   end
   return text:find('"annotations"', 1, true) or text:find('"segmentation"', 1, true) or text:find('"categories"', 1, true)
end

local function part_of(path)
   local base = path:match('([^/]+)%.json$')
   for word in base:gmatch('%a+') do
      local part = tree.part_of(word)
      if part then return part end
   end
   local above = files.directory(path):match('[^/]+$')
   return above and tree.part_of(above)
end

local function is_id(value) return type(value) == 'number' and value == value or type(value) == 'string' end

-- Classes of all files: names in the order of their ids, and id -> class.
local function categories(set, data, where)
   local list = {}
   for i, category in ipairs(data.categories) do
      check(type(category) == 'table' and is_id(category.id) and is_id(category.name), '%s: category %d has no id or no name', where, i)
      list[i] = category
   end
   table.sort(list, function(a, b)
      if type(a.id) ~= type(b.id) then return type(a.id) == 'number' end
      return a.id < b.id
   end)
   local class_of = {}
   for _, category in ipairs(list) do
      local name = tostring(category.name)
      if name:lower() == 'background' or name == '_background_' then
         class_of[category.id] = 0
      else
         if not set.class_of[name] then
            set.class_of[name] = #set.classes
            set.classes[#set.classes + 1] = name
         end
         class_of[category.id] = set.class_of[name]
      end
   end
   check(#set.classes <= 255, '%s: there are more than 254 categories', where)
   return class_of
end

-- Marks what an annotation covers; false where it has no outline.
local function fill(mask, h, w, segmentation, where)
   if type(segmentation) ~= 'table' or next(segmentation) == nil then return false end
   if segmentation.counts then
      local size = segmentation.size
      check(type(size) == 'table' and size[1] == h and size[2] == w, '%s: its run lengths are for %sx%s pixels, the picture has %dx%d',
         where, tostring(size and size[2]), tostring(size and size[1]), w, h)
      local counts = segmentation.counts
      check(type(counts) == 'string' or type(counts) == 'table', '%s: its run lengths are neither a list nor a text', where)
      raster.runs(mask, h, w, type(counts) == 'string' and raster.unpack(counts, where) or counts, where)
   else
      for _, points in ipairs(segmentation) do
         check(type(points) == 'table' and #points % 2 == 0, '%s: an outline is not a list of x, y, x, y, ...', where)
         for i = 1, #points do check(type(points[i]) == 'number', '%s: number %d of an outline is no number', where, i) end
         raster.polygon(mask, h, w, points)
      end
   end
   return true
end

-- The label map of a picture and how many of its annotations have no outline.
local function draw_one(image, annotations, class_of, crowd, where)
   local h, w = image.height, image.width
   local labels, mask, paint = drawn.canvas(h, w, ("%s, picture '%s'"):format(where, image.file_name))
   local without = 0
   for _, a in ipairs(annotations) do
      a.called = ('%s, annotation %s'):format(where, tostring(a.id or a.order))
      check(class_of[a.category_id], '%s: there is no category %s%s', a.called, tostring(a.category_id),
         a.segments_info and "; it is in COCO's panoptic format, hilo reads that of instances: outlines with a category_id" or '')
      if type(a.area) ~= 'number' and fill(mask, h, w, a.segmentation, a.called) then a.area = raster.area(mask, h, w) end
      if type(a.area) ~= 'number' then a.area = 0 end
   end
   table.sort(annotations, function(a, b)
      if a.area ~= b.area then return a.area > b.area end
      return a.order < b.order
   end)
   for _, a in ipairs(annotations) do
      if fill(mask, h, w, a.segmentation, a.called) then
         local is_crowd = a.iscrowd == 1 or a.iscrowd == true
         paint(is_crowd and crowd == 'void' and 255 or class_of[a.category_id])
      else
         without = without + 1
      end
   end
   return labels, without
end

-- Tells of outlines that are not there; label maps of nothing but background teach nothing.
local function tell_without(set, path, root, without, all)
   if without == 0 then return end
   check(without < all, "data: the annotations of %s/%s have boxes alone; label maps need their outlines ('segmentation')", root, path)
   table.insert(set.warnings, ('%d of %d annotations of %s have boxes alone and are not drawn'):format(without, all, path))
end

local function read_file(set, found, finder, path, crowd, save)
   local where = found.root .. '/' .. path
   local data = json.load(where)
   for _, key in ipairs {'images', 'annotations', 'categories'} do
      check(type(data[key]) == 'table', "%s: it is not in COCO's format: there is no list '%s'", where, key)
   end
   local class_of, of_image = categories(set, data, where), {}
   check(#data.images > 0, '%s: it lists no pictures', where)
   for i, image in ipairs(data.images) do
      check(type(image) == 'table' and is_id(image.id) and type(image.file_name) == 'string',
         '%s: picture %d has no id or no file_name', where, i)
   end
   for order, annotation in ipairs(data.annotations) do
      check(type(annotation) == 'table' and is_id(annotation.image_id), '%s: annotation %d has no image_id', where, order)
      annotation.order = order
      local list = of_image[annotation.image_id] or {}
      of_image[annotation.image_id] = list
      list[#list + 1] = annotation
   end
   local part, missing, first, boxes, all = part_of(path), 0, nil, 0, 0
   for _, image in ipairs(data.images) do
      local called = tostring(image.file_name)
      local relative, why = finder:find(called, files.directory(path), part)
      if not relative then
         missing, first = missing + 1, first or ("'%s': %s"):format(called, why)
         set.missing = set.missing or first
      else
         local name = files.name(relative)
         check(not set.labels_of[name], "data: two annotation files of %s name the picture '%s'; leave one in the folder, or name it: "
            .. 'data.layout=coco data.suffix=<the end of its name>', found.root, relative)
         set.labels_of[name] = true
         if type(image.height) ~= 'number' or type(image.width) ~= 'number' then
            image.height, image.width = folder.image_size(found.root .. '/' .. relative)
         end
         local list = of_image[image.id] or {}
         local labels, without = draw_one(image, list, class_of, crowd, where)
         boxes, all = boxes + without, all + #list
         files.check_size(found.root .. '/' .. relative, image.height, image.width, ("%s, picture '%s'"):format(where, called))
         save(name, labels)
         if part then
            set.parts[part] = set.parts[part] or {}
            table.insert(set.parts[part], name)
         end
      end
   end
   if missing > 0 then
      table.insert(set.warnings, ('%d of %d pictures that %s names are not found below %s, the first is %s'):format(missing,
         #data.images, path, found.root, first))
   end
   tell_without(set, path, found.root, boxes, all)
end

-- Of COCO's own annotation files those of instances; keypoints and captions are of the same pictures.
local function of_instances(paths)
   local instances = {}
   for _, path in ipairs(paths) do
      if path:match('[^/]+$'):match('^instances') then instances[#instances + 1] = path end
   end
   return #instances > 0 and instances or paths
end

--- What COCO's files below a folder say, nil where there are none.
---@param found Tree
---@param options {crowd: 'void'|'object'|nil, suffix: string?} suffix: the end of the annotation files' names, without .json
---@return table? fields of the set
function coco.read(found, options)
   local paths = {}
   for _, path in ipairs(tree.with(found, 'json')) do
      local wanted = (options.suffix or '') == '' or path:sub(1, -6):sub(-#options.suffix) == options.suffix
      if wanted and looks_like(found.root .. '/' .. path) then paths[#paths + 1] = path end
   end
   if #paths == 0 or #found.images == 0 then return nil end
   local crowd = options.crowd or 'void'
   paths = of_instances(paths)
   local fields = drawn.set(found.root, 'coco ' .. crowd, paths, found.images, function(save)
      local set = {classes = {'background'}, class_of = {}, labels_of = {}, parts = {}, warnings = {}, images = {}}
      local finder = files.finder(found)
      for _, path in ipairs(paths) do read_file(set, found, finder, path, crowd, save) end
      check(#set.classes > 1, '%s/%s: it names no categories; label maps need them', found.root, paths[1])
      check(next(set.labels_of), 'data: none of the pictures that %s names is found below %s; the first is %s', paths[1], found.root,
         tostring(set.missing))
      for _, path in ipairs(found.images) do set.images[files.name(path)] = path end
      return {classes = set.classes, parts = set.parts, warnings = set.warnings, images = set.images}
   end)
   fields.names = {}
   for name in pairs(fields.images) do fields.names[#fields.names + 1] = name end
   fields.layout, fields.image_folder, fields.list_folder = 'coco', found.root, found.root
   fields.own_classes = 'the categories of ' .. paths[1]
   fields.where = ('outlines of %s drawn into %s'):format(table.concat(paths, ', '), fields.label_folder)
   return fields
end

return coco
