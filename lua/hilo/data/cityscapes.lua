--- data/cityscapes.lua: Cityscapes as it is handed out.
---
---     leftImg8bit/<part>/<city>/<city>_<n>_<n>_leftImg8bit.png
---     gtFine/<part>/<city>/<city>_<n>_<n>_gtFine_labelIds.png      or _labelTrainIds.png
---
--- A name is <part>/<city>/<city>_<n>_<n>; 'train' and 'val' are the parts. Lists may lie in lists/*.txt.
local core = require 'hilo.core'
local Set = require 'hilo.data.set'
local class_names = require 'hilo.data.classes'
local folder = require 'hilo.data.folder'

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

local Cityscapes = setmetatable({}, {__index = Set})
Cityscapes.__index = Cityscapes

--- Lists name the image's file, with or without leftImg8bit/ in front, or only its stem.
function Cityscapes:listed_name(line)
   return (line:match('^%S+'):gsub('^/?leftImg8bit/', ''):gsub('_leftImg8bit%.png$', ''))
end

--- 'train' and 'val' are folders here; other lists are files.
function Cityscapes:list(which)
   if self:list_path(which) then return Set.list(self, which) end
   local names = {}
   for _, name in ipairs(self.names) do if name:sub(1, #which + 1) == which .. '/' then names[#names + 1] = name end end
   core.check(#names > 0, "data: %s has no part '%s', and there is no list of that name", self.image_folder, which)
   return names
end

--- Opens Cityscapes.
---@param options {root: string}
---@return DataSet
return function(options)
   local root = options.root
   local images, names = find(root .. '/leftImg8bit', 'leftImg8bit')
   local labels = find(root .. '/gtFine', 'gtFine_labelIds')
   local remap = Set.remap_of(class_names.cityscapes_ids)
   if next(labels) == nil then
      labels, remap = find(root .. '/gtFine', 'gtFine_labelTrainIds'), nil
   end
   return setmetatable(Set.new {
      root = root, layout = 'cityscapes', classes = class_names.cityscapes, image_folder = root .. '/leftImg8bit',
      label_folder = root .. '/gtFine', list_folder = root .. '/lists', images = images, labels = labels, names = names,
      remap = remap,
   }, Cityscapes)
end
