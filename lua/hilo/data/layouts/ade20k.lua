--- data/layouts/ade20k.lua: ADE20K as in the scene parsing benchmark: images/{training,validation}, annotations/{training,validation}.
local known = require 'hilo.data.known'
local folders = require 'hilo.data.layouts.folders'

--- What the folder holds, nil where it is in another layout.
---@param found Tree
---@param options table
---@return table? fields of the set
return function(found, options)
   local set = folders.read(found, options)
   if not set then return nil end
   set.layout, set.default_classes, set.map = 'ade20k', known.ade20k.classes, known.ade20k.map
   return set
end
