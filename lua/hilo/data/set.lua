--- data/set.lua: what all data sets have in common. A set knows the names of its images and, by name, the files.
local ffi = require 'ffi'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local palettes = require 'hilo.data.classes'

local check = core.check

---@class DataSet
---@field root string
---@field layout string 'voc', 'context' or 'cityscapes'
---@field classes string[] names; label maps hold 0 for the first
---@field background boolean class 0 is what is left when no object is there
---@field void integer the id of pixels that count for nothing
---@field remap ffi.cdata*? uint8_t[256]: id in the files -> class or void
---@field list_folder string where the lists of names lie
---@field images table<string, string> name -> path of the image
---@field labels table<string, string> name -> path of the label map, for those that have one
---@field names string[] of all images, sorted
local Set = {}
Set.__index = Set

---@param fields table
---@return DataSet
function Set.new(fields)
   fields.void = 255
   fields.background = fields.classes[1]:lower() == 'background'
   check(#fields.classes >= 2 and #fields.classes <= 255, 'data: a set has 2 to 255 classes, %s has %d', fields.root, #fields.classes)
   check(#fields.names > 0, 'data: there are no images (.jpg, .jpeg, .png) in %s', fields.image_folder)
   table.sort(fields.names)
   return setmetatable(fields, Set)
end

--- Path of an image.
---@param name string
---@return string
function Set:image(name)
   return check(self.images[name], "data: there is no image '%s' in %s", name, self.image_folder)
end

--- Path of a label map, or nil where the image has none.
---@param name string
---@return string?
function Set:label(name) return self.labels[name] end

--- The file that a list is in: a path, or the name of one of the set's own lists ('train_1_8_s1').
---@param which string
---@return string? path
function Set:list_path(which)
   local own = ('%s/%s.txt'):format(self.list_folder, which)
   if folder.is_file(own) then return own end
   if folder.is_file(which) then return which end
   return nil
end

--- The names in a list, sorted; each must be an image of the set.
---@param which string a path or the name of one of the set's lists
---@return string[]
function Set:list(which)
   local path = check(self:list_path(which), "data: there is no list '%s', neither a file of that name nor %s/%s.txt", which,
      self.list_folder, which)
   local seen, names = {}, {}
   for number, line in ipairs(folder.lines(path)) do
      local name = self:listed_name(line)
      check(self.images[name], "data: line %d of %s names '%s', but there is no such image in %s", number, path, name,
         self.image_folder)
      check(not seen[name], "data: %s names '%s' twice", path, name)
      seen[name] = true
      names[#names + 1] = name
   end
   check(#names > 0, 'data: the list %s is empty', path)
   table.sort(names)
   return names
end

--- The name in a line of a list; Cityscapes' lists are written in several ways.
function Set:listed_name(line)
   local stem = line:match('^(.+)%.%a+$')
   return self.images[line] and line or stem and self.images[stem] and stem or line
end

--- Colours for label maps: those of the set's own palette PNGs, or PASCAL VOC's.
---@return integer[] rgb 768 numbers
function Set:palette()
   if not self.colours then
      self.colours = palettes.palette(256)
      local _, first = next(self.labels)
      for i, value in ipairs(first and not self.remap and folder.image_palette(first) or {}) do self.colours[i] = value end
   end
   return self.colours
end

--- A table for remap: ids[k] becomes class k - 1, every other id void.
---@param ids integer[]
function Set.remap_of(ids)
   local remap = ffi.new('uint8_t[256]')
   ffi.fill(remap, 256, 255)
   for k, id in ipairs(ids) do remap[id] = k - 1 end
   return remap
end

return Set
