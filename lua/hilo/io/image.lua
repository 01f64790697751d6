--- io/image.lua: image files as tensors. PNG, JPEG, WebP, TIFF and BMP are read, PNG and JPEG are written.
local ffi = require 'ffi'
local core = require 'hilo.core'
local hilo = require 'hilo'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'

local image = {}

local wants = {stored = ffi.C.HL_HOST_STORED, labels = ffi.C.HL_HOST_LABELS, rgb = ffi.C.HL_HOST_RGB,
   colours = ffi.C.HL_HOST_COLOURS}
local formats = {[0] = 'png', 'jpeg', 'webp', 'tiff', 'bmp'}

local function palette_of(info)
   local palette = {}
   for i = 0, info.palette_size - 1 do
      palette[i + 1] = {info.palette[3 * i], info.palette[3 * i + 1], info.palette[3 * i + 2]}
   end
   return palette
end

---@class ImageInfo
---@field format 'png'|'jpeg'|'webp'|'tiff'|'bmp'
---@field width integer as stored
---@field height integer as stored
---@field turned_width integer of the picture once turned as its EXIF orientation asks
---@field turned_height integer
---@field orientation integer EXIF's, 1..8; 1 as stored
---@field channels integer
---@field bits integer of a sample, 1..16
---@field palette integer[][]?

--- What the file's header says, without its pixels.
---@param path string
---@return ImageInfo
function image.info(path)
   file.check_path(path, 'image.info')
   local info = ffi.new('hl_host_image')
   core.call(core.host, 'hl_host_image_info', path, info)
   return {format = formats[info.format], width = info.width, height = info.height, turned_width = info.turned_width,
      turned_height = info.turned_height, orientation = info.orientation, channels = info.channels,
      bits = info.bits, palette = info.is_palette ~= 0 and palette_of(info) or nil}
end

--- Reads a PNG, JPEG, WebP, TIFF or BMP file, told by its first bytes. Of a TIFF's pages the first is read.
---
--- as = 'stored' (the default) gives the file's own channels, (C,H,W) bytes, files of more than 8 bits as ints; a palette file
--- gives its indices, (H,W) bytes, and its colours. as = 'rgb' gives (3,H,W) bytes of any file, turned as its EXIF orientation asks;
--- the others come as stored. as = 'labels' gives (H,W), the numbers that a palette or grey file holds, as bytes, or ints where
--- they have more than 8 bits; as = 'colours' gives (3,H,W) bytes of a label map whose colours are classes. Both refuse files that
--- do not keep exact values, such as JPEG.
---
---     local pixels = hilo.io.image.load('street.jpg', {as = 'rgb'})  -- (3,H,W) bytes
---@param path string
---@param options? {as?: 'stored'|'rgb'|'labels'|'colours'}
---@return Tensor pixels, integer[][]? palette {{r, g, b}, ...}: index 0 comes first
function image.load(path, options)
   local as = options and options.as or 'stored'
   core.check(wants[as], "image.load: as must be 'stored', 'rgb', 'labels' or 'colours', got '%s'", tostring(as))
   local info = image.info(path)
   local colour = as == 'rgb' or as == 'colours'
   local channels = colour and 3 or as == 'labels' and 1 or info.channels
   local dtype = not colour and info.bits > 8 and 'int32' or 'uint8'
   local h, w = info.height, info.width
   if as == 'rgb' then h, w = info.turned_height, info.turned_width end
   local pixels = hilo.empty(channels == 1 and {h, w} or {h, w, channels}, {dtype = dtype})
   core.call(core.host, 'hl_host_image_read', path, core.raw(pixels), wants[as])
   if as == 'labels' or info.palette and as == 'stored' then return pixels, info.palette end
   return pixels:as_strided({channels, h, w}, {1, w * channels, channels}):contiguous()
end

--- Bytes of a picture: floats of 0..1 are scaled, everything else is taken as it is.
local function to_bytes(fn, t)
   if not t._storage.dtype.is_float then return t end
   local double = t:detach():to{dtype = 'float64', device = 'cpu'}:contiguous()
   local bytes, from = hilo.empty(t:size(), {dtype = 'uint8'}), Tensor.host_copy(double)
   local to = bytes:data()
   for i = 0, t:nElement() - 1 do
      local v = from[i]
      core.check(v == v, '%s: the picture has NaN at element %d', fn, i + 1)
      to[i] = math.floor(math.min(math.max(v, 0), 1) * 255 + 0.5)
   end
   return bytes
end

--- (H,W) or (C,H,W) -> (H,W) or (H,W,C) as the files have it.
local function interleave(fn, t)
   core.check(core.is_tensor(t), '%s: expected a tensor, got %s', fn, type(t))
   local n = t:dim()
   core.check(n == 2 or n == 3 and t:size(1) >= 1 and t:size(1) <= 4,
      '%s: expected (H,W), or (C,H,W) with C = 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA; got %s', fn, table.concat(t:size(), 'x'))
   core.check(t:nElement() > 0, '%s: the picture is empty', fn)
   t = to_bytes(fn, t:detach()):to{device = 'cpu'}
   if n == 2 then return t:contiguous() end
   local size, stride = t:size(), t:stride()
   return t:as_strided({size[2], size[3], size[1]}, {stride[2], stride[3], stride[1]}):contiguous()
end

local function palette_bytes(palette)
   core.check(type(palette) == 'table' and #palette >= 1 and #palette <= 256,
      'image.save: a palette is a list of 1 to 256 colours {r, g, b}')
   local bytes = ffi.new('uint8_t[768]')
   for i, colour in ipairs(palette) do
      for c = 1, 3 do
         local v = type(colour) == 'table' and colour[c]
         core.check(type(v) == 'number' and v >= 0 and v <= 255, 'image.save: colour %d of the palette is not {r, g, b} of 0..255', i)
         bytes[3 * (i - 1) + c - 1] = v
      end
   end
   return bytes
end

--- Writes a PNG (grey, grey and alpha, RGB, RGBA, palette) or a JPEG (grey, RGB), as the name ends. The file appears whole or
--- not at all.
---
---     hilo.io.image.save('grey.png', hilo.rand(32, 48))
---     assert(hilo.io.image.info('grey.png').width == 48)
---@param path string .png, .jpg or .jpeg
---@param pixels Tensor (H,W) or (C,H,W): bytes, floats of 0..1, or ints for a PNG of 16 bits
---@param options? {palette?: integer[][], quality?: integer} palette: {{r, g, b}, ...} for (H,W) bytes; quality of a JPEG (90)
function image.save(path, pixels, options)
   file.check_path(path, 'image.save')
   options = options or {}
   local extension = (path:match('%.(%w+)$') or ''):lower()
   core.check(extension == 'png' or extension == 'jpg' or extension == 'jpeg',
      "image.save: the name must end in .png, .jpg or .jpeg, got '%s'", path)
   if extension == 'png' then
      local palette = options.palette and palette_bytes(options.palette)
      core.check(not palette or core.is_tensor(pixels) and pixels:dim() == 2 and pixels:dtype() == 'uint8',
         'image.save: a palette goes with (H,W) bytes')
      local rows = interleave('image.save', pixels)
      core.call(core.host, 'hl_host_png_write', path, core.raw(rows), palette, palette and #options.palette or 0)
   else
      core.check(not options.palette, 'image.save: a JPEG cannot have a palette; use .png')
      local rows = interleave('image.save', pixels)
      core.call(core.host, 'hl_host_jpeg_write', path, core.raw(rows), options.quality or 90)
   end
end

return image
