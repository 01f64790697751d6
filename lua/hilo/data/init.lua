--- hilo.data: sets of images, parts of them, transforms, loaders.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'

local data = {
   split = require 'hilo.data.split',
   transforms = require 'hilo.data.transforms',
   sweep = require 'hilo.data.sweep',
   classes = require 'hilo.data.classes',
   folder = folder,
   voc = require 'hilo.data.voc',
   cityscapes = require 'hilo.data.cityscapes',
   Draws = require 'hilo.data.draws',
}

--- An endless series of random batches.
data.loader = require('hilo.data.loader').new

--- Threads that loaders share.
data.workers = require('hilo.data.workers').new

local function layout_of(root)
   if folder.is_folder(root .. '/leftImg8bit') then return 'cityscapes' end
   if folder.is_folder(root .. '/SegmentationClassContext') then return 'context' end
   return 'voc'
end

--- Opens a data set in the layout of PASCAL VOC, PASCAL-Context or Cityscapes.
---@param options {root: string, layout: string?, classes: string|string[]|nil} layout 'voc', 'context', 'cityscapes', or 'auto' to see
--- from the folders; classes: see voc.lua
---@return DataSet
function data.open(options)
   local root = options.root:gsub('(.)/+$', '%1')
   core.check(folder.is_folder(root), 'data: there is no folder %s; data.root names the set', root)
   local layout = options.layout or 'auto'
   if layout == 'auto' then layout = layout_of(root) end
   core.check(layout == 'voc' or layout == 'context' or layout == 'cityscapes',
      "data: the layout must be auto, voc, context or cityscapes, got '%s'", layout)
   local fields = {root = root, layout = layout, classes = options.classes}
   if layout == 'cityscapes' then return data.cityscapes(fields) end
   return data.voc(fields)
end

return data
