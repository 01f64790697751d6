--- data/tags.lua: image-level tags: which classes a picture shows, without saying where. A file has one of these forms, with tabs,
--- commas or semicolons between columns:
---
---     1005 <tab> background,skin,hair            a picture and its classes
---     1006,skin,hair                             the same with commas
---
---     image,tags                                 a header that names both columns; several classes in a field are separated by
---     1005.jpg,"skin,hair"                       commas, semicolons, | or blanks
---
---     image,skin,hair,bag                        a column a class: 1 (true, yes) where the picture shows it, 0 (false, no) where
---     1005,1,0,                                  not; empty, ? or -1 where nobody knows
---
--- Pictures are named as in lists. Line ends, a byte-order mark, empty lines and lines that begin with '#' are as they come.
local core = require 'hilo.core'
local csv = require 'hilo.data.layouts.csv'
local folder = require 'hilo.data.folder'
local lists = require 'hilo.data.lists'
local nearest = require 'hilo.nearest'
local sorted_keys = require 'hilo.keys'

local check = core.check
local tags = {}

---@class Tags
---@field path string
---@field names string[] of the pictures, sorted
---@field rows table<string, number[]> name -> one number a class: 1 present, 0 absent, -1 not known
---@field known string[] the classes that the file can tell; in a file of lists those that it names at all
---@field warnings string[]
local Tags = {}
Tags.__index = Tags

local words = {
   image = {'image', 'img', 'image_path', 'image_file', 'image_name', 'image_id', 'filename', 'file_name', 'file', 'path', 'picture',
      'name', 'id'},
   tags = {'tags', 'tag', 'classes', 'class', 'labels', 'label'},
}
for role, list in pairs(words) do
   words[role] = {}
   for _, word in ipairs(list) do words[role][word] = true end
end

local values = {['1'] = 1, ['0'] = 0, ['true'] = 1, ['false'] = 0, yes = 1, no = 0, [''] = -1, ['?'] = -1, ['-1'] = -1,
   ['1.0'] = 1, ['0.0'] = 0, ['-1.0'] = -1, nan = -1}

-- 'T Shirt ' and 't-shirt' are one name where no other class is called so.
local function plain(text) return (text:lower():gsub('[%s_%-]+', ' ')) end

-- ---- one file while it is read ----

---@class TagReader
---@field set DataSet
---@field path string
---@field rows table<string, number[]>
---@field line_of table<string, integer> name -> line
---@field unknown table<string, integer> what is no class -> first line
---@field missing {word: string, line: integer}[] pictures that the set does not have
local Reader = {}
Reader.__index = Reader

local function new_reader(set, path)
   local self = {set = set, path = path, rows = {}, line_of = {}, unknown = {}, missing = {}, classes = {}, alike = {}}
   for c, name in ipairs(set.classes) do
      self.classes[name] = c
      self.alike[plain(name)] = self.alike[plain(name)] and 0 or c
   end
   return setmetatable(self, Reader)
end

-- The number of a class, nil where there is none of that name.
function Reader:class(name)
   local c = self.classes[name] or self.alike[plain(name)]
   return c ~= 0 and c or nil
end

-- Calls f(c) for each class that a field names; what is no class is remembered.
function Reader:each_class(field, line, f)
   for part in field:gmatch('[^,;|]+') do
      part = part:match('^%s*(.-)%s*$')
      if self:class(part) then
         f(self:class(part))
      elseif part ~= '' then
         local found, all = {}, true
         for word in part:gmatch('%S+') do
            found[#found + 1] = self:class(word)
            all = all and self:class(word) ~= nil
         end
         if not all then self.unknown[part] = self.unknown[part] or line end
         for _, c in ipairs(all and found or {}) do f(c) end
      end
   end
end

-- The row of a picture, all classes at `value`; nil where the set has no such picture.
function Reader:row(word, line, value)
   local name = lists.name_of(self.set, word)
   if not name then
      self.missing[#self.missing + 1] = {word = word, line = line}
      return nil
   end
   check(not self.rows[name], "data.tags: line %d of %s names the picture '%s', which line %d has named", line, self.path, name,
      self.line_of[name])
   local row = {}
   for c = 1, #self.set.classes do row[c] = value end
   self.rows[name], self.line_of[name] = row, line
   return row
end

-- Pictures with a list of classes each: all fields from `first` on, or the column `only`.
function Reader:read_lists(rows, numbers, from, image, first, only)
   local named = {}
   for i = from, #rows do
      local fields, line = rows[i], numbers[i]
      local row = self:row(fields[image] or '', line, 0)
      for k = only or first, only or #fields do
         self:each_class(fields[k] or '', line, function(c)
            named[c] = true
            if row then row[c] = 1 end
         end)
      end
   end
   for _, row in pairs(self.rows) do
      for c = 1, #row do if not named[c] then row[c] = -1 end end
   end
   return named
end

-- A column a class.
function Reader:read_columns(rows, numbers, image)
   local class_of, named = {}, {}
   for k, word in ipairs(rows[1]) do
      if k ~= image then
         local c = self:class(word)
         if not c then self.unknown[word] = numbers[1] else class_of[k], named[c] = c, true end
      end
   end
   for i = 2, #rows do
      local fields, line = rows[i], numbers[i]
      local row = self:row(fields[image] or '', line, -1)
      for k, c in pairs(row and class_of or {}) do
         local value = values[(fields[k] or ''):lower()]
         check(value, "data.tags: line %d of %s holds '%s' for the class %s; expected 1 or 0, or nothing where it is not known", line,
            self.path, fields[k], self.set.classes[c])
         row[c] = value
      end
   end
   return named
end

-- The columns of pictures and of tags that a header names; nil where the first row is none.
function Reader:header(row)
   if not row[2] or lists.name_of(self.set, row[1]) then return nil end
   local image, list
   for k, word in ipairs(row) do
      word = word:lower():gsub('[%s%-]', '_')
      if words.image[word] then image = image or k end
      if words.tags[word] and not self:class(word) then list = list or k end
   end
   return image, list
end

-- ---- what is wrong with it ----

function Reader:check_classes()
   local told = {}
   for _, name in ipairs(sorted_keys(self.unknown)) do
      told[#told + 1] = ("'%s' in line %d (did you mean '%s'?)"):format(name, self.unknown[name],
         nearest(name, self.set.classes))
   end
   if #told == 0 then return end
   core.raise(('data.tags: %s names what is no class of %s: %s%s; write them as %s has them, or take them out'):format(self.path,
      self.set.root, table.concat(told, ', ', 1, math.min(5, #told)), #told > 5 and (' and %d more'):format(#told - 5) or '',
      self.set.class_source or 'the set'))
end

-- Says which pictures the set does not have; fails where it has none of them.
function Reader:missing_pictures()
   local first = self.missing[1]
   if not first then return {} end
   local near = #self.set.names <= 20000 and nearest(first.word, self.set.names)
   local text = ("data.tags: %d of %d pictures in %s are not in %s, the first is '%s' in line %d%s"):format(#self.missing,
      #self.missing + #sorted_keys(self.rows), self.path, self.set.root, first.word, first.line,
      near and ("; did you mean '%s'?"):format(near) or '')
   if not next(self.rows) then core.raise(text) end
   return {text .. '; they are left out'}
end

--- Reads a file of tags. Where the set has a background, every picture shows it.
---@param set DataSet
---@param path string a file, or its name in the set's folder
---@return Tags
function tags.read(set, path)
   if not folder.is_file(path) and folder.is_file(set.root .. '/' .. path) then path = set.root .. '/' .. path end
   check(folder.is_file(path), 'data.tags: there is no file %s, neither as it stands nor in %s', path, set.root)
   local rows, numbers = csv.rows(path)
   check(#rows > 0, 'data.tags: %s is empty; its lines hold a picture, a tab, and classes with commas', path)
   local reader = new_reader(set, path)
   local image, list = reader:header(rows[1])
   local named
   if image and not list then
      named = reader:read_columns(rows, numbers, image)
   else
      named = reader:read_lists(rows, numbers, image and 2 or 1, image or 1, 2, list)
   end
   reader:check_classes()
   local self = setmetatable({path = path, rows = reader.rows, names = sorted_keys(reader.rows), known = {},
      warnings = reader:missing_pictures()}, Tags)
   for c, name in ipairs(set.classes) do if named[c] then self.known[#self.known + 1] = name end end
   check(#self.known > 0, 'data.tags: %s names no class; its lines hold a picture, a tab, and classes with commas', path)
   if set.background then for _, row in pairs(self.rows) do row[1] = 1 end end
   return self
end

--- The pictures that may be trained on with their tags: those that neither train with a label map nor measure.
---@param split {labelled: string[], val: string[], [string]: any} as data.split gives it
---@return string[] names sorted
function Tags:outside(split)
   local taken, names = {}, {}
   for _, part in ipairs {split.labelled, split.val} do
      for _, name in ipairs(part) do taken[name] = true end
   end
   for _, name in ipairs(self.names) do if not taken[name] then names[#names + 1] = name end end
   check(#names > 0, 'data.tags: all %d pictures of %s train with their label maps or measure; tags are for others', #self.names,
      self.path)
   return names
end

require('hilo.checked').class('Tags', Tags)

return tags
