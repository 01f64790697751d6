--- data/layouts/files.lua: pictures that annotation files name. They mean paths from several folders, or only the last part of one.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local tree = require 'hilo.data.tree'

local files = {}

--- A path without '.' and '..' words; nil where it leaves the folder that it is relative to.
---@param path string
---@return string?
function files.plain(path)
   local words = {}
   for word in path:gsub('\\', '/'):gmatch('[^/]+') do
      if word == '..' then
         if #words == 0 then return nil end
         table.remove(words)
      elseif word ~= '.' then
         words[#words + 1] = word
      end
   end
   return #words > 0 and table.concat(words, '/') or nil
end

---@class Finder
local Finder = {}
Finder.__index = Finder

--- Finds image files of a tree by what other files call them.
---@param found Tree
---@return Finder
function files.finder(found)
   local self = setmetatable({whole = {}, last = {}}, Finder)
   for _, path in ipairs(found.images) do
      self.whole[path] = true
      local last = path:match('[^/]+$')
      self.last[last] = self.last[last] or {}
      table.insert(self.last[last], path)
   end
   return self
end

local function is_of(path, part)
   for word in path:gmatch('([^/]+)/') do if tree.part_of(word) == part then return true end end
   return false
end

--- The path from the root of the image that is called so in a file of `directory`.
---@param called string
---@param directory string relative to the root, '' for itself
---@param part string? of several of that name, the one in a folder of this part: 'train' for train2017/
---@return string? path, string? why there is none
function Finder:find(called, directory, part)
   local below = directory == '' and '' or directory .. '/'
   for _, prefix in ipairs {below, '', below .. 'images/', 'images/', below .. '../images/', 'JPEGImages/'} do
      local path = files.plain(prefix .. called)
      if path and self.whole[path] then return path end
   end
   local list, fitting = self.last[called:gsub('\\', '/'):gsub('^.*/', '')] or {}, {}
   for _, path in ipairs(#list > 1 and list or {}) do if is_of(path, part) then fitting[#fitting + 1] = path end end
   if #fitting == 1 then list = fitting end
   if #list == 1 then return list[1] end
   if #list == 0 then return nil, 'there is no such file' end
   return nil, ('there are %d of that name, %s and %s among them; write it with its folder'):format(#list, list[1], list[2])
end

--- The image beside a file, of its name: maps/a.json -> maps/a.jpg; nil where there is none or there are several.
---@param path string
---@return string?
function Finder:beside(path)
   local found
   for image in pairs(self.whole) do
      if folder.stem(image) == path:gsub('%.%w+$', '') then
         if found then return nil end
         found = image
      end
   end
   return found
end

--- 'train/a.jpg' -> 'train/a'
function files.name(path) return (folder.stem(path)) end

--- Folder of a path, '' for none.
function files.directory(path) return path:match('^(.*)/[^/]*$') or '' end

--- Errors unless annotations were made on a picture of the size that its file has.
---@param path string of the picture
---@param h integer
---@param w integer
---@param where string the annotations
function files.check_size(path, h, w, where)
   local height, width = folder.image_size(path)
   core.check(h == height and w == width, '%s: its shapes are for %d x %d pixels, %s has %d x %d%s; annotate the picture as it is, or '
      .. 'put the one that was annotated in its place', where, w, h, path, width, height,
      h == width and w == height and h ~= w and ' (does its EXIF orientation turn it?)' or '')
end

return files
