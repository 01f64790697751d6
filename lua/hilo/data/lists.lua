--- data/lists.lua: files that list images of a set. A line holds
---
---     a                                  a name, or the file's name a.jpg
---     JPEGImages/a.jpg                   a path relative to the set's root; a slash in front changes nothing
---     JPEGImages/a.jpg maps/a.png        an image and its label map, with blanks, a tab or a comma between
---
--- Byte-order marks, CRLF, empty lines and those that begin with '#' are read over. A pickle (split_0.pkl) holds such names, or numbers
--- from 0 of images in the train list, in the order of its lines.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local files = require 'hilo.data.layouts.files'
local folder = require 'hilo.data.folder'
local options_of = require 'hilo.train.options'
local pickle = require 'hilo.io.pickle'

local check = core.check
local lists = {}

-- ---- pickles ----

local function bytes_of(value)
   if type(value) == 'string' then return value end
   return pickle.is(value, pickle.Bytes) and value.bytes or nil
end

-- Little-endian whole numbers of 4 or 8 bytes.
local function whole_numbers(bytes, width, fail)
   if #bytes % width ~= 0 then fail('an array is cut short') end
   local list = {n = #bytes / width}
   for i = 1, list.n do
      local value = 0
      for k = width, 1, -1 do value = value * 256 + bytes:byte((i - 1) * width + k) end
      list[i] = value
   end
   return list
end

-- NumPy's array of whole numbers as a table that is filled when its state comes.
local function array(_, fail)
   local made = {n = 0}
   function made.set_state(state)
      local kind, bytes = state[3], bytes_of(state[5])
      local width = type(kind) == 'table' and kind.width
      if not width or not bytes then fail('an array holds something other than whole numbers') end
      for i, value in ipairs(whole_numbers(bytes, width, fail)) do made[i], made.n = value, i end
   end
   return made
end

local function element_type(args, fail)
   local width = type(args[1]) == 'string' and tonumber(args[1]:match('^[<=]?[iu]([48])$'))
   if not width then fail('an array has the type %s, lists are whole numbers', tostring(args[1])) end
   return {width = width}
end

-- Python 3 writes bytes for old protocols as text of which each character is a byte.
local function encode(args)
   local text = args[1]:gsub('[\194\195][\128-\191]', function(c) return string.char((c:byte(1) - 192) * 64 + c:byte(2) - 128) end)
   return setmetatable({bytes = text}, pickle.Bytes)
end

local function range(args, fail)
   local first, last = args.n > 1 and args[1] or 0, args.n > 1 and args[2] or args[1]
   if type(last) ~= 'number' or type(first) ~= 'number' or last - first > 1e7 then fail('a range has no proper ends') end
   local made = {n = 0}
   for value = first, last - 1, args[3] or 1 do made.n, made[made.n + 1] = made.n + 1, value end
   return made
end

local globals = {['numpy.ndarray'] = {}, ['numpy.dtype'] = element_type, ['_codecs.encode'] = encode, ['builtins.range'] = range,
   ['__builtin__.xrange'] = range, ['__builtin__.range'] = range}
for _, module in ipairs {'numpy.core', 'numpy._core'} do globals[module .. '.multiarray._reconstruct'] = array end

-- The values of a pickled list, in order.
local function read_pickle(path)
   local value = pickle.read(file.read(path), {path = path, globals = globals})
   check(type(value) == 'table' and type(value.n) == 'number', '%s: expected a pickled list or array of names or numbers', path)
   local list = {}
   for i = 1, value.n do
      local item = bytes_of(value[i]) or value[i]
      check(type(item) == 'string' or type(item) == 'number' and item % 1 == 0, '%s: element %d is neither a name nor a whole number',
         path, i - 1)
      list[i] = item
   end
   return list
end

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
   local near = #set.names <= 20000 and options_of.nearest(word:match('[^/]+$') or word, set.names)
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
   for i, item in ipairs(read_pickle(path)) do
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
