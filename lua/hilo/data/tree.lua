--- data/tree.lua: what files lie below a folder.
local folder = require 'hilo.data.folder'

local tree = {}

local deepest = 8 -- folders below the root

---@class Tree
---@field root string
---@field images string[] paths of image files relative to the root, in order
---@field others string[] those of .csv, .json, .txt and such
---@field folders string[] relative paths of folders

local function walk(found, below, depth)
   local path = below == '' and found.root or found.root .. '/' .. below
   for _, name in ipairs(folder.list(path)) do
      local relative = below == '' and name or below .. '/' .. name
      if folder.stem(name) then
         found.images[#found.images + 1] = relative
      elseif name:match('%.[%a_]%w*$') and not folder.is_folder(path .. '/' .. name) then
         found.others[#found.others + 1] = relative
      elseif depth < deepest and folder.is_folder(path .. '/' .. name) then
         found.folders[#found.folders + 1] = relative
         walk(found, relative, depth + 1)
      end
   end
end

--- Looks through a folder and those inside it; hidden names are left out.
---@param root string
---@return Tree
function tree.of(root)
   local found = {root = root, images = {}, others = {}, folders = {}}
   walk(found, '', 0)
   return found
end

--- Files with an ending, of a tree's others.
---@param found Tree
---@param ending string 'json'
---@return string[] relative paths
function tree.with(found, ending)
   local list = {}
   for _, path in ipairs(found.others) do
      if path:lower():sub(-#ending - 1) == '.' .. ending then list[#list + 1] = path end
   end
   return list
end

--- Parts of a set by the first folder in its names: {train = {...}, val = {...}}. 'training' is train too; 'validation' and 'valid'
--- are val too.
---@param names string[]
---@return table<string, string[]>
function tree.parts(names)
   local parts = {}
   for _, name in ipairs(names) do
      local part = name:match('^([^/]+)/')
      if part then
         parts[part] = parts[part] or {}
         table.insert(parts[part], name)
      end
   end
   return tree.also_called(parts)
end

local same = {training = 'train', validation = 'val', valid = 'val', dev = 'val', testing = 'test'}

--- Gives parts their usual names beside those that they have.
function tree.also_called(parts)
   for other, usual in pairs(same) do
      for part, names in pairs(parts) do
         if part:lower() == other and not parts[usual] then
            parts[usual] = names
            break
         end
      end
   end
   return parts
end

--- The usual name of a part, nil for a word that names none: 'train2017' -> 'train', 'valid' -> 'val'.
---@param word string
---@return string?
function tree.part_of(word)
   local plain = word:lower():gsub('[%d_%-]+$', '')
   plain = same[plain] or plain
   return (plain == 'train' or plain == 'val' or plain == 'test' or plain == 'trainval') and plain or nil
end

return tree
