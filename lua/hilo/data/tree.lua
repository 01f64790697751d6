--- data/tree.lua: what files lie below a folder.
local stat = require 'posix.sys.stat'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'

local tree = {}

---@class Tree
---@field root string
---@field images string[] paths of image files relative to the root, in order
---@field others string[] those of .csv, .json, .txt and such
---@field folders string[] relative paths of folders

local function identity(path)
   local s = stat.stat(path)
   return s and s.st_dev .. ' ' .. s.st_ino or path
end

local most_deep, most_times, most_folders = 64, 16, 200000

-- Links can lead to one folder by more ways than can be gone: two links in each of 30 folders make 10^9.
local function count_folder(found, path, own, above)
   local times, depth = found.times[own] or 0, 0
   for _ in pairs(above) do depth = depth + 1 end
   found.times[own], found.visited = times + 1, found.visited + 1
   core.check(times < most_times, 'data: links lead to the folder %s in more than %d ways; take out those that are not needed', path,
      most_times)
   core.check(depth < most_deep, 'data: the folder %s lies more than %d folders deep', path, most_deep)
   core.check(found.visited <= most_folders, 'data: there are more than %d folders below %s', most_folders, found.root)
end

-- above: the folders that lead here; a link to one of them would never end.
local function walk(found, below, above)
   local path = below == '' and found.root or found.root .. '/' .. below
   local own = identity(path)
   if above[own] then return end
   count_folder(found, path, own, above)
   above[own] = true
   if below ~= '' then found.folders[#found.folders + 1] = below end
   for _, name in ipairs(folder.list(path)) do
      local relative = below == '' and name or below .. '/' .. name
      if folder.stem(name) then
         found.images[#found.images + 1] = relative
      elseif name:match('%.[%a_]%w*$') and not folder.is_folder(path .. '/' .. name) then
         found.others[#found.others + 1] = relative
      elseif folder.is_folder(path .. '/' .. name) and path .. '/' .. name ~= found.skip then
         walk(found, relative, above)
      end
   end
   above[own] = nil
end

--- Looks through a folder and those inside it, also behind links; hidden names are left out.
---@param root string
---@param skip? string a folder that is left out
---@return Tree
function tree.of(root, skip)
   local found = {root = root, skip = skip, images = {}, others = {}, folders = {}, times = {}, visited = 0}
   walk(found, '', {})
   found.times, found.visited = nil, nil
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

--- Keeps why a layout does not fit, for the message where none does.
---@param found Tree
---@param reason string
function tree.note(found, reason)
   found.reasons = found.reasons or {}
   table.insert(found.reasons, reason)
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
