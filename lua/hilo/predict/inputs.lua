--- predict/inputs.lua: the pictures that a user names: files, folders with all that is in them, text files with a path a line.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local open_set = require 'hilo.data.open'
local tree = require 'hilo.data.tree'

local check = core.check

local list_endings = {txt = true, lst = true, list = true}

local function ending_of(path) return (path:match('%.(%w+)$') or ''):lower() end

local inputs = {}

---@class InputPicture: Picture
---@field stem string what its results are called: the path below the folder that was named, without ending; each once
---@field numbered boolean whether a number was added to that, for another picture has the name

local function add(list, path, below)
   local stem = below:gsub('%.%w+$', '')
   local base, number = stem, 1
   while list.taken[stem] or (list.earlier[stem] or path) ~= path do
      number = number + 1
      stem = ('%s-%d'):format(base, number)
   end
   list.taken[stem] = true
   list[#list + 1] = {path = path, stem = stem, numbered = number > 1}
end

local function name_of(path) return path:match('[^/]+$') end

-- A path in a list counts from the working folder, or from the list's own.
local function add_list(list, path)
   local own = path:match('^(.*)/[^/]*$') or '.'
   local lines, numbers = folder.lines(path)
   for i, line in ipairs(lines) do
      local found
      for _, candidate in ipairs {line, own .. '/' .. line} do found = found or folder.is_file(candidate) and candidate end
      check(found, "%s: line %d names '%s', which is neither a file here nor in %s", path, numbers[i], line, own)
      add(list, found, name_of(found))
   end
end

-- The label maps of a folder that is a data set, which are no pictures to label.
local function label_maps(path)
   local ok, set = pcall(open_set, {root = path})
   local maps = {}
   for _, map in pairs(ok and set.labels or {}) do maps[map] = true end
   return maps
end

-- Pictures of kinds that are not read: those that phones, cameras, browsers and painting programs write.
local unread = {}
for ending in ('heic heif avif gif jp2 j2k jxl ppm pgm pnm tga psd exr hdr dng cr2 cr3 nef arw orf raf rw2'):gmatch '%w+' do
   unread[ending] = true
end

--- Files, folders and lists -> pictures in that order, those of a folder sorted by their names, without a data set's label maps.
---@param words string[]
---@param o? {skip: string?, earlier: table<string, string>?} skip: a folder that is left out, for results go there; earlier: whose
--- the results there are, stem -> path
---@return InputPicture[] pictures
---@return integer left_out label maps
---@return string[] unknown pictures in folders, of kinds that are not read
function inputs.pictures(words, o)
   local list, left_out, unknown = {taken = {}, earlier = o and o.earlier or {}}, 0, {}
   for _, word in ipairs(words) do
      local path = word:gsub('(.)/+$', '%1')
      if folder.is_folder(path) then
         local maps = label_maps(path)
         local found = tree.of(path, o and o.skip)
         for _, below in ipairs(found.images) do
            if maps[path .. '/' .. below] then left_out = left_out + 1 else add(list, path .. '/' .. below, below) end
         end
         for _, below in ipairs(found.others) do
            if unread[ending_of(below)] then unknown[#unknown + 1] = path .. '/' .. below end
         end
      else
         check(folder.is_file(path), "there is no picture, folder or list '%s'", path)
         if list_endings[ending_of(path)] then add_list(list, path) else add(list, path, name_of(path)) end
      end
   end
   check(#list > 0, 'there are no pictures in %s (files ending in %s)', table.concat(words, ', '), folder.image_endings)
   list.taken, list.earlier = nil, nil
   return list, left_out, unknown
end

return inputs
