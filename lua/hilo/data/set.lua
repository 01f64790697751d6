--- data/set.lua: what all data sets have in common. A set knows the names of its images and, by name, the files.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local known = require 'hilo.data.known'
local sorted_keys = require 'hilo.keys'
local lists = require 'hilo.data.lists'
local nearest = require 'hilo.nearest'
local palettes = require 'hilo.data.classes'

local check = core.check

---@class DataSet
---@field root string
---@field layout string 'voc', 'context', 'context59', 'cityscapes', 'ade20k', 'folders', 'csv', 'coco' or 'labelme'
---@field classes string[] names; label maps hold 0 for the first
---@field background boolean class 0 is what is left when no object is there
---@field void integer the id of pixels that count for nothing
---@field remap ffi.cdata*? int16_t[remap_size]: id in the files -> class or void, -1 for none
---@field remap_size integer?
---@field colour_table ColourTable? of colour-coded label maps
---@field list_folder string where the lists of names lie
---@field images table<string, string> name -> path of the image
---@field labels table<string, string> name -> path of the label map, for those that have one
---@field names string[] of all images, sorted
---@field parts table<string, string[]> names by part, where folders or tables tell: train, val, ...
---@field told string one line: the layout and what was found
---@field warnings string[] what is odd about it
---@field alone string[]? label maps that fit no picture, below the root; told_alone: the warning of it
local Set = {}
Set.__index = Set

--- A set of fields that a layout gave, with its names sorted.
---@param fields table
---@return DataSet
function Set.new(fields)
   fields.void = 255
   fields.parts, fields.warnings = fields.parts or {}, fields.warnings or {}
   fields.background = fields.classes[1]:lower() == 'background'
   check(#fields.classes >= 2 and #fields.classes <= 255, 'data: a set has 2 to 255 classes, %s has %d', fields.root, #fields.classes)
   check(#fields.names > 0, 'data: there are no images (%s) in %s', folder.image_endings, fields.image_folder)
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

--- The class that a value of a label map stands for: an id, or 0xRRGGBB where label maps are colour-coded.
---@param value integer
---@return integer? class or void, nil where it is neither
function Set:class_of(value)
   local class = value
   if self.colour_table then
      class = self.colour_table.class_of[value] or self.colour_table.other
   elseif self.remap then
      class = value < self.remap_size and self.remap[value] or -1
   end
   return (class >= 0 and class < #self.classes or class == self.void) and class or nil
end

--- The file that a list is in: a path, or the name of one of the set's own lists ('train_1_8_s1').
---@param which string
---@return string? path
function Set:list_path(which)
   local own = ('%s/%s.txt'):format(self.list_folder, which)
   for _, path in ipairs {own, self.list_folder .. '/' .. which, which, self.root .. '/' .. which} do
      if folder.is_file(path) then return path end
   end
   return nil
end

--- Whether there is a list or a part of that name.
---@param which string
---@return boolean
function Set:has(which) return self.parts[which] ~= nil or self:list_path(which) ~= nil end

--- How many images a list or a part names, without looking for them; nil where there is none.
---@param which string
---@return integer?
function Set:count(which)
   local path = self:list_path(which)
   if path then return #folder.lines(path) end
   return self.parts[which] and #self.parts[which] or nil
end

-- The names of lists and parts that there are.
local function what_there_is(self)
   local names = {}
   for part in pairs(self.parts) do names[#names + 1] = part end
   for _, name in ipairs(folder.is_folder(self.list_folder) and folder.list(self.list_folder) or {}) do
      local stem = name:match('^(.+)%.txt$')
      if stem and stem ~= 'classes' then names[#names + 1] = stem end
   end
   table.sort(names)
   return names
end

--- The names in a list or part, in its order; each is an image of the set.
---@param which string a path, or the name of one of the set's lists or parts
---@param options? {numbers: string?, found: Findings?} of lists.read
---@return string[]
function Set:listed(which, options)
   local path = self:list_path(which)
   if path then return lists.read(self, path, options) end
   local part = self.parts[which]
   if not part then
      local names = what_there_is(self)
      local near = nearest(which, names)
      core.raise(("data: there is no list '%s', neither a file of that name nor %s/%s.txt%s"):format(which, self.list_folder, which,
         near and ("; did you mean '%s'? (%s)"):format(near, table.concat(names, ', ', 1, math.min(12, #names))) or ''))
   end
   local names = {}
   for i, name in ipairs(part) do names[i] = name end
   return names
end

--- The same, sorted.
---@param which string
---@return string[]
function Set:list(which)
   local names = self:listed(which)
   table.sort(names)
   return names
end

--- The name that a word in a list means where a layout writes names in ways of its own; nil for the usual ones.
---@return string?
function Set:listed_name() return nil end

-- The colours of the first label map that can be read, nil where that has none.
local function own_palette(self)
   for _, name in ipairs(sorted_keys(self.labels)) do
      local ok, rgb = pcall(folder.image_palette, self.labels[name])
      if ok then return rgb end
   end
   return nil
end

--- Colours for label maps: those of the set's own table of colours or palette PNGs, of the public set that it is, or PASCAL VOC's.
---@return integer[] rgb 768 numbers
function Set:palette()
   if not self.colours then
      self.colours = palettes.palette(256)
      local own = not self.remap and not self.colour_table and own_palette(self)
      for i, value in ipairs(own or {}) do self.colours[i] = value end
      local public = not own and known.of(self)
      local list = #self.table_of_colours > 0 and self.table_of_colours or public and public.colours or {}
      for i = #list, 1, -1 do -- the first colour of a class is its own
         local c = list[i]
         local class = c[4] == 'void' and self.void or c[4]
         for k = 1, 3 do self.colours[3 * class + k] = c[k] end
      end
   end
   return self.colours
end

return require('hilo.checked').class('DataSet', Set)
