--- data/layouts/files.lua: pictures that annotation files name. They mean paths from several folders, or only the last part of one.
local folder = require 'hilo.data.folder'

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
      self.last[last] = self.last[last] == nil and path or false -- false: there are several
   end
   return self
end

--- The path from the root of the image that is called so in a file of `directory`, nil where there is none or there are several.
---@param called string
---@param directory string relative to the root, '' for itself
---@return string?
function Finder:find(called, directory)
   local below = directory == '' and '' or directory .. '/'
   for _, prefix in ipairs {below, '', below .. 'images/', 'images/', below .. '../images/', 'JPEGImages/'} do
      local path = files.plain(prefix .. called)
      if path and self.whole[path] then return path end
   end
   local last = called:gsub('\\', '/'):match('[^/]+$')
   return last and self.last[last] or nil
end

--- 'train/a.jpg' -> 'train/a'
function files.name(path) return (folder.stem(path)) end

--- Folder of a path, '' for none.
function files.directory(path) return path:match('^(.*)/[^/]*$') or '' end

return files
