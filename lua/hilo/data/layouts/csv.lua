--- data/layouts/csv.lua: a table with a header that names pictures and their label maps.
---
---     image,label,split
---     pictures/a.jpg,maps/a.png,train
---     pictures/b.jpg,,train             without a label map
---
--- Paths are relative to the table's folder, or to the set's. train.csv, val.csv make parts of those names.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local files = require 'hilo.data.layouts.files'
local tree = require 'hilo.data.tree'

local check = core.check
local csv = {}

-- The fields of a line; "a,b" is one, "" inside it a quote.
local function fields_of(line, separator)
   local list, at = {}, 1
   while true do
      local text, after
      if line:sub(at, at) == '"' then
         local stop = at + 1
         while true do
            stop = line:find('"', stop, true)
            if not stop then return list end
            if line:sub(stop + 1, stop + 1) ~= '"' then break end
            stop = stop + 2
         end
         text, after = line:sub(at + 1, stop - 1):gsub('""', '"'), line:find(separator, stop + 1, true)
      else
         after = line:find(separator, at, true)
         text = line:sub(at, (after or #line + 1) - 1)
      end
      list[#list + 1] = text:match('^%s*(.-)%s*$')
      if not after then return list end
      at = after + 1
   end
end

--- Rows of a table of text, with commas, semicolons or tabs between.
---@param path string
---@return string[][] rows, integer[] numbers of their lines
function csv.rows(path)
   local text = file.read(path):gsub('^\239\187\191', ''):gsub('\r\n?', '\n')
   local first = ''
   for line in text:gmatch('[^\n]+') do
      if line:match('%S') and line:sub(1, 1) ~= '#' then first = line break end
   end
   local separator = first:find('\t', 1, true) and '\t' or first:find(',', 1, true) and ',' or first:find(';', 1, true) and ';' or ','
   local rows, numbers, number = {}, {}, 0
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do
      number = number + 1
      if line:match('%S') and line:sub(1, 1) ~= '#' then
         rows[#rows + 1], numbers[#numbers + 1] = fields_of(line, separator), number
      end
   end
   return rows, numbers
end

local words = {
   image = {'image', 'img', 'image_path', 'img_path', 'image_file', 'image_name', 'filename', 'file_name', 'picture', 'path', 'file'},
   label = {'label', 'mask', 'label_path', 'mask_path', 'label_file', 'mask_file', 'annotation', 'segmentation', 'gt', 'target',
      'labels', 'masks'},
   part = {'split', 'part', 'subset', 'set', 'fold'},
}

-- Columns of a header: {image = 1, label = 2, part = 3}; nil where it has no pictures or no label maps.
local function columns(header)
   local at, found = {}, {}
   for i, word in ipairs(header) do at[word:lower():gsub('[%s%-]', '_')] = i end
   for role, list in pairs(words) do
      for _, word in ipairs(list) do found[role] = found[role] or at[word] end
   end
   return found.image and found.label and found or nil
end

local function read_table(set, found, finder, path)
   local rows, numbers = csv.rows(found.root .. '/' .. path)
   local at = rows[1] and columns(rows[1])
   if not at then
      tree.note(found, ('%s has the columns %s, and needs one of pictures (image, filename, path, ...) and one of label '
         .. 'maps (label, mask, annotation, ...) in its first line'):format(path, table.concat(rows[1] or {}, ', ')))
      return false
   end
   if #rows == 1 then tree.note(found, path .. ' has no line below its header') end
   local directory, whole = files.directory(path), tree.part_of(path:match('([^/]+)%.%w+$'))
   for i = 2, #rows do
      local row, line = rows[i], numbers[i]
      local image, why = finder:find(row[at.image] or '', directory, whole)
      check(image, "data: line %d of %s/%s names the picture '%s', and in %s %s", line, found.root, path, row[at.image] or '',
         found.root, tostring(why))
      local name, called = files.name(image), row[at.label] or ''
      check(not set.images[name], "data: line %d of %s/%s names '%s' again", line, found.root, path, row[at.image])
      set.images[name] = found.root .. '/' .. image
      set.names[#set.names + 1] = name
      if called ~= '' then
         local label, reason = finder:find(called, directory, whole)
         check(label, "data: line %d of %s/%s names the label map '%s', and in %s %s; leave the field empty for a picture without one",
            line, found.root, path, called, found.root, tostring(reason))
         set.labels[name] = found.root .. '/' .. label
      end
      local part = at.part and row[at.part] ~= '' and row[at.part] or whole
      if part then
         set.parts[part] = set.parts[part] or {}
         table.insert(set.parts[part], name)
      end
   end
   return true
end

--- What the tables below a folder say, nil where none has columns of pictures and label maps.
---@param found Tree
---@return table? fields of the set
function csv.read(found)
   local set = {layout = 'csv', images = {}, labels = {}, names = {}, parts = {}, image_folder = found.root, label_folder = found.root,
      list_folder = found.root}
   local finder, read = files.finder(found), {}
   for _, ending in ipairs {'csv', 'tsv'} do
      for _, path in ipairs(tree.with(found, ending)) do
         if read_table(set, found, finder, path) then read[#read + 1] = path end
      end
   end
   if #set.names == 0 then return nil end
   tree.also_called(set.parts)
   set.where = 'pictures and label maps as ' .. table.concat(read, ', ') .. (#read == 1 and ' names them' or ' name them')
   return set
end

return csv
