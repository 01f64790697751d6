--- data/cityscapes.lua: Cityscapes as it is handed out.
---
---     leftImg8bit/<part>/<city>/<city>_<n>_<n>_leftImg8bit.png
---     gtFine/<part>/<city>/<city>_<n>_<n>_gtFine_labelIds.png      or _labelTrainIds.png, or _color.png
---
--- A name is <part>/<city>/<city>_<n>_<n>; 'train' and 'val' are the parts. Lists may lie in lists/*.txt.
local folder = require 'hilo.data.folder'
local known = require 'hilo.data.known'
local tree = require 'hilo.data.tree'

-- Calls visit(part .. '/' .. city, path) for every city below `root`.
local function each_city(root, visit)
   if not folder.is_folder(root) then return end
   for _, part in ipairs(folder.list(root)) do
      local path = root .. '/' .. part
      for _, city in ipairs(folder.is_folder(path) and folder.list(path) or {}) do
         if folder.is_folder(path .. '/' .. city) then visit(part .. '/' .. city, path .. '/' .. city) end
      end
   end
end

local function find(root, ending)
   local found, names = {}, {}
   each_city(root, function(city, path)
      for _, file in ipairs(folder.list(path)) do
         local stem = file:match('^(.+)_' .. ending .. '%.png$')
         if stem then
            local name = city .. '/' .. stem
            found[name] = path .. '/' .. file
            names[#names + 1] = name
         end
      end
   end)
   return found, names
end

-- Lists name the image's file, with or without leftImg8bit/ in front, or only its stem.
local function listed_name(set, line)
   local name = (line:match('^%S+') or ''):gsub('^/?leftImg8bit/', ''):gsub('_leftImg8bit%.png$', '')
   return set.images[name] and name or nil
end

--- What Cityscapes' folder holds.
---@param root string
---@return table fields of the set
return function(root)
   local images, names = find(root .. '/leftImg8bit', 'leftImg8bit')
   local labels, map = find(root .. '/gtFine', 'gtFine_labelIds'), known.cityscapes.map
   for _, ending in ipairs {'gtFine_labelTrainIds', 'gtFine_color'} do
      if next(labels) == nil then labels, map = find(root .. '/gtFine', ending), '' end
   end
   local warnings = {}
   if next(labels) == nil and #names > 0 then
      warnings[1] = ('there are no label maps, *_gtFine_labelIds.png, below %s/gtFine: unpack gtFine_trainvaltest.zip into %s'):format(
         root, root)
   end
   return {
      layout = 'cityscapes', warnings = warnings, default_classes = known.cityscapes.classes, image_folder = root .. '/leftImg8bit',
      label_folder = root .. '/gtFine', list_folder = root .. '/lists', images = images, labels = labels, names = names, map = map,
      listed_name = listed_name, parts = tree.parts(names), where = 'pictures in leftImg8bit, label maps in gtFine',
   }
end
