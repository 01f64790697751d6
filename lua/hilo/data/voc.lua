--- data/voc.lua: folders in PASCAL VOC's layout, PASCAL-Context's among them.
---
---     JPEGImages/<name>.jpg            every image, labelled or not (.png too)
---     SegmentationClass/<name>.png     label maps, palette or grey, of those that have one
---     ImageSets/Segmentation/*.txt     lists of names; train.txt and val.txt, others by name
---     classes.txt                      a class name a line, that of id 0 first
---
--- PASCAL-Context keeps its own in SegmentationClassContext/ and ImageSets/SegmentationContext/.
local core = require 'hilo.core'
local Set = require 'hilo.data.set'
local class_names = require 'hilo.data.classes'
local folder = require 'hilo.data.folder'

local check = core.check

local layouts = {
   voc = {labels = 'SegmentationClass', lists = 'ImageSets/Segmentation', classes = class_names.voc},
   context = {labels = 'SegmentationClassContext', lists = 'ImageSets/SegmentationContext', classes = class_names.context},
}

local function paths(directory)
   local files, names = folder.images(directory)
   for name, file in pairs(files) do files[name] = directory .. '/' .. file end
   return files, names
end

local function classes_of(root, given, default)
   if type(given) == 'table' and #given > 0 then return given end
   local own = root .. '/classes.txt'
   if type(given) == 'string' and given ~= '' then
      check(folder.is_file(given), 'data: classes must be a file with a class name a line, there is no %s', given)
      return folder.lines(given)
   end
   return folder.is_file(own) and folder.lines(own) or default
end

--- Opens a folder in PASCAL VOC's layout.
---@param options {root: string, layout: 'voc'|'context'|nil, classes: string|string[]|nil} classes: their names, or a file of names;
--- if not given <root>/classes.txt, and where that is missing the 21 names of VOC (60 of Context)
---@return DataSet
return function(options)
   local root, layout = options.root, options.layout or 'voc'
   local kind = layouts[layout]
   local image_folder, label_folder = root .. '/JPEGImages', root .. '/' .. kind.labels
   check(folder.is_folder(image_folder), 'data: %s has no folder JPEGImages', root)
   local images, names = paths(image_folder)
   local labels = folder.is_folder(label_folder) and paths(label_folder) or {}
   return Set.new {
      root = root, layout = layout, classes = classes_of(root, options.classes, kind.classes), image_folder = image_folder,
      label_folder = label_folder, list_folder = root .. '/' .. kind.lists, images = images, labels = labels, names = names,
   }
end
