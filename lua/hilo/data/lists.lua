--- data/lists.lua: files that list images of a set. A line holds
---
---     a                                  a name, or the file's name a.jpg
---     JPEGImages/a.jpg                   a path relative to the set's root; a slash in front changes nothing
---     JPEGImages/a.jpg maps/a.png        an image and its label map, with blanks, a tab or a comma between
---
--- Byte-order marks, CRLF, empty lines and those that begin with '#' are read over. A pickle (split_0.pkl) holds such names, or numbers
--- from 0 of images in the train list, in the order of its lines.
local core = require 'hilo.core'
local files = require 'hilo.data.layouts.files'
local folder = require 'hilo.data.folder'
local nearest = require 'hilo.nearest'
local pickled_list = require 'hilo.data.pickled_list'

local check = core.check
local lists = {}

-- ---- lines ----

-- Relative path of image -> name.
local function by_path(set)
   if not set.name_of_path then
      set.name_of_path = {}
      for name, path in pairs(set.images) do
         if path:sub(1, #set.root + 1) == set.root .. '/' then set.name_of_path[path:sub(#set.root + 2)] = name end
      end
   end
   return set.name_of_path
end

-- A path as a line writes it -> relative to the root; nil where it leaves the root.
local function relative(set, text)
   if text:sub(1, #set.root + 1) == set.root .. '/' then text = text:sub(#set.root + 2) end
   return files.plain(text)
end

--- The name of the picture that a word means: a name, a file's name or a path.
---@param set DataSet
---@param word string
---@return string? nil where it means none
function lists.name_of(set, word)
   local own = set:listed_name(word)
   if own then return own end
   if set.images[word] then return word end
   local stem = folder.stem(word) or word:match('^(.+)%.%a+$')
   if stem and set.images[stem] then return stem end
   local path = relative(set, word)
   return path and (by_path(set)[path] or set.images[path] and path)
end

local function cut(line)
   local first, second = line:match('^([^\t]+)\t+%s*(.-)$')
   if not first then first, second = line:match('^([^,]-)%s*,%s*([^,]+)$') end
   if not first then first, second = line:match('^(%S+)%s+(.+)$') end
   return first, second
end

local function use_label(set, name, called, where)
   if set.drawn then return end
   local path = relative(set, called)
   check(path, "data: %s names the label map '%s', which is outside of %s; lists name what is in the set's folder", where, called,
      set.root)
   path = set.root .. '/' .. path
   check(folder.is_file(path), "data: %s names the label map '%s', but there is no file %s", where, called, path)
   set.labels[name] = path
end

local function fail_for(set, word, where)
   if not relative(set, word) then
      core.raise(("data: %s names '%s', which is outside of %s; paths in lists are relative to the set's folder"):format(where, word,
         set.root))
   end
   -- of the part after the last '/'; '[^/]+$' would take the square of a long line's length
   local near = #word <= 1000 and #set.names <= 20000 and nearest(word:match('^.*/(.+)$') or word, set.names)
   core.raise(("data: %s names '%s', but there is no such image in %s%s"):format(where, word, set.image_folder,
      near and ("; did you mean '%s'?"):format(near) or ''))
end

local function read_line(set, line, where)
   local name = lists.name_of(set, line)
   if name then return name end
   local first, second = cut(line)
   name = first and lists.name_of(set, first)
   if not name then fail_for(set, first or line, where) end
   use_label(set, name, second, where)
   return name
end

local function from_pickle(set, path, numbers)
   local names, counted = {}, nil
   for i, item in ipairs(pickled_list(path)) do
      if type(item) == 'number' then
         counted = counted or set:listed(numbers)
         check(item >= 0 and item < #counted, "data: %s: element %d is %d, and the list %s of %s has %d images (0..%d)", path, i - 1,
            item, numbers, set.root, #counted, #counted - 1)
         names[i] = counted[item + 1]
      else
         names[i] = read_line(set, item, ('element %d of %s'):format(i - 1, path))
      end
   end
   return names
end

--- Whether a file of that name is read as a pickle.
---@param path string
---@return boolean
function lists.is_pickle(path) return path:match('%.pkl$') ~= nil or path:match('%.pickle$') ~= nil end

-- Each name once. That one comes again is noted, or an error where nothing takes notes.
local function once(names, path, found)
   local list, seen = {}, {}
   for _, name in ipairs(names) do
      check(found or not seen[name], "data: %s names '%s' twice", path, name)
      if seen[name] then
         found:add('twice', 'warning', 'pictures that a list names twice', 'each counts once; take the others out',
            ('%s in %s'):format(name, path))
      else
         list[#list + 1], seen[name] = name, true
      end
   end
   return list
end

--- The names in a file, in its order, each once; each must be an image of the set.
---@param set DataSet
---@param path string
---@param options? {numbers: string?, found: Findings?} numbers: the list that numbers in a pickle count, 'train'; found: takes
--- names that come twice, which are an error without it
---@return string[]
function lists.read(set, path, options)
   local names = {}
   if lists.is_pickle(path) then
      names = from_pickle(set, path, options and options.numbers or 'train')
   else
      local lines, numbers = folder.lines(path)
      for i, line in ipairs(lines) do names[i] = read_line(set, line, ('line %d of %s'):format(numbers[i], path)) end
   end
   names = once(names, path, options and options.found)
   check(#names > 0, 'data: the list %s is empty', path)
   return names
end

return lists
