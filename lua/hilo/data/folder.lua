--- data/folder.lua: what the readers of data sets need of the file system.
local ffi = require 'ffi'
local core = require 'hilo.core'

local host = core.host
local folder = {}

for name, f in pairs(require 'hilo.io.folder') do folder[name] = f end

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
