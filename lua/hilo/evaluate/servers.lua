--- evaluate/servers.lua: label maps in the layouts that the servers of public sets take.
local ffi = require 'ffi'
local core = require 'hilo.core'
local hilo = require 'hilo'
local class_names = require 'hilo.data.classes'
local folder = require 'hilo.data.folder'

local servers = {}

local function stem_of(name) return name:match('[^/]+$') end

-- PASCAL VOC: one folder of palette PNGs; comp6 is the competition that lets other data than VOC's train.
local function voc(out, model)
   local path = out .. '/results/VOC2012/Segmentation/comp6_test_cls'
   folder.make(path)
   return path, function(name, labels)
      hilo.train.pictures.save_labels(('%s/%s.png'):format(path, stem_of(name)), labels, model.palette)
   end
end

-- Cityscapes: grey PNGs with the ids of *_labelIds.png, whose names begin with those of the pictures.
local function cityscapes(out, model)
   core.check(table.concat(model.classes, ',') == table.concat(class_names.cityscapes, ','),
      "server=cityscapes wants Cityscapes' 19 classes in the order of their trainIds; %s has %d classes, beginning with '%s'",
      model.name, #model.classes, model.classes[1])
   local path = out .. '/results'
   folder.make(path)
   local ids = ffi.new('uint8_t[256]')
   for k, id in ipairs(class_names.cityscapes_ids) do ids[k - 1] = id end
   return path, function(name, labels)
      local mapped = labels:cpu():clone()
      local p = mapped:data()
      for at = 0, mapped:nElement() - 1 do p[at] = ids[p[at]] end
      hilo.io.image.save(('%s/%s_labelIds.png'):format(path, stem_of(name)), mapped)
   end
end

local known = {voc = voc, cityscapes = cityscapes}

--- Where the label maps go, and what writes one: save(name, labels (H,W)).
---@param which 'voc'|'cityscapes'
---@param out string folder
---@param model Model
---@return string path
---@return fun(name: string, labels: Tensor) save
function servers.open(which, out, model)
   hilo.train.choice('server', which, {'voc', 'cityscapes'})
   return known[which](out, model)
end

return servers
