--- data/voc.lua: folders in PASCAL VOC's layout, PASCAL-Context's among them.
---
---     JPEGImages/<name>.jpg            every image, labelled or not (.png too)
---     SegmentationClass/<name>.png     label maps, palette or grey, of those that have one
---     SegmentationClassAug/<name>.png  those of SBD, for images that SegmentationClass has none of
---     ImageSets/Segmentation/*.txt     lists of names; train.txt and val.txt, others by name
---     classes.txt                      a class name a line, that of id 0 first
---
--- PASCAL-Context keeps its own in SegmentationClassContext/ and ImageSets/SegmentationContext/.
local core = require 'hilo.core'
local known = require 'hilo.data.known'
local folder = require 'hilo.data.folder'

local context = {labels = {'SegmentationClassContext'}, lists = 'ImageSets/SegmentationContext'}
local layouts = {
   voc = {labels = {'SegmentationClass', 'SegmentationClassAug'}, lists = 'ImageSets/Segmentation'},
   context = context, context59 = context,
}

local function paths(directory)
   local files, names = folder.images(directory)
   for name, file in pairs(files) do files[name] = directory .. '/' .. file end
   return files, names
end

--- What a folder in PASCAL VOC's layout holds.
---@param root string
---@param layout 'voc'|'context'|'context59'
---@return table fields of the set
return function(root, layout)
   local kind, labels, read = layouts[layout], {}, {}
   local image_folder = root .. '/JPEGImages'
   core.check(folder.is_folder(image_folder), 'data: %s has no folder JPEGImages', root)
   local images, names = paths(image_folder)
   for _, name in ipairs(kind.labels) do
      if folder.is_folder(root .. '/' .. name) then
         for image, path in pairs(paths(root .. '/' .. name)) do labels[image] = labels[image] or path end
         read[#read + 1] = name
      end
   end
   local lists = root .. '/' .. kind.lists
   local usual = root .. '/ImageSets/Segmentation'
   if not folder.is_folder(lists) and folder.is_folder(usual) then lists = usual end
   return {
      layout = layout, image_folder = image_folder, label_folder = root .. '/' .. kind.labels[1], list_folder = lists, images = images,
      labels = labels, names = names, default_classes = known[layout].classes, map = known[layout].map,
      where = 'pictures in JPEGImages, ' .. (#read > 0 and 'label maps in ' .. table.concat(read, ' and ') or 'no label maps'),
   }
end
