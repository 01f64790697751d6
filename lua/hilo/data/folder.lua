--- data/folder.lua: what the readers of data sets need of the file system.
local ffi = require 'ffi'
local core = require 'hilo.core'
local file = require 'hilo.io.file'

local host = core.host
local folder = {}

local names, bytes = ffi.new('char *[1]'), ffi.new('int64_t[1]')

--- Names in a folder, sorted by their bytes; hidden ones are left out.
---
---     print(table.concat(hilo.data.folder.list 'photos', ' '))
---@param path string
---@param options? {hidden?: boolean} hidden: those too
---@return string[]
function folder.list(path, options)
   local hidden = options ~= nil and options.hidden
   core.call(host, 'hl_host_list_folder', path, names, bytes)
   local text = ffi.string(names[0], bytes[0])
   host.hl_host_release(names[0])
   local list = {}
   for name in text:gmatch('%Z+') do
      if hidden or name:sub(1, 1) ~= '.' then list[#list + 1] = name end
   end
   return list
end

--- Whether there is a file of that path.
---@param path string
---@return boolean
function folder.is_file(path) return host.hl_host_path_kind(path) == 1 end
--- Whether there is a folder of that path.
---@param path string
---@return boolean
function folder.is_folder(path) return host.hl_host_path_kind(path) == 2 end

--- Creates a folder and those above it, where missing.
---@param path string
function folder.make(path) core.call(host, 'hl_host_make_folder', path) end

--- The lines of a text file without blanks around them. Empty lines, those that begin with '#' and a byte-order mark are left out.
---
---     assert(#hilo.data.folder.lines 'photos/classes.txt' > 1)
---@param path string
---@return string[] lines, integer[] numbers of the lines in the file, from 1
function folder.lines(path)
   local list, numbers, number = {}, {}, 0
   local text = file.read(path):gsub('^\239\187\191', ''):gsub('\r\n?', '\n')
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do
      number = number + 1
      line = line:match('^%s*(.-)%s*$')
      if line ~= '' and line:sub(1, 1) ~= '#' then list[#list + 1], numbers[#numbers + 1] = line, number end
   end
   return list, numbers
end

local image_endings, is_image = {'jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff', 'bmp'}, {}
for _, ending in ipairs(image_endings) do is_image[ending] = true end

--- The endings of image files, for messages.
folder.image_endings = '.' .. table.concat(image_endings, ', .')

--- The name of an image file without its ending, nil where the ending is not an image's.
---@param name string
---@return string? stem, string? ending in small letters
function folder.stem(name)
   local stem, ending = name:match('^(.+)%.(%w+)$')
   if stem and is_image[ending:lower()] then return stem, ending:lower() end
   return nil
end

--- Images in a folder: name without ending -> file name, and the names in order.
---@param path string
---@return table<string, string> files, string[] names
function folder.images(path)
   local files, list = {}, {}
   for _, name in ipairs(folder.list(path)) do
      local stem = folder.stem(name)
      if stem then
         core.check(not files[stem], '%s holds two images of one name: %s and %s', path, files[stem], name)
         files[stem] = name
         list[#list + 1] = stem
      end
   end
   return files, list
end

local info = ffi.new('hl_host_image')

--- Width and height of a picture in pixels, from its header, once turned as its EXIF orientation asks: what loaders and
--- image.load(path, {as = 'rgb'}) give. image.info tells the stored size too.
---@param path string
---@return integer height, integer width
function folder.image_size(path)
   core.call(host, 'hl_host_image_info', path, info)
   return info.turned_height, info.turned_width
end

--- The colours of a palette PNG, nil for other images.
---@param path string
---@return integer[]? rgb three numbers a colour
function folder.image_palette(path)
   core.call(host, 'hl_host_image_info', path, info)
   if info.is_palette == 0 then return nil end
   local rgb = {}
   for i = 1, 3 * info.palette_size do rgb[i] = info.palette[i - 1] end
   return rgb
end

return folder
