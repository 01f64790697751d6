--- torch/image_files.lua: pictures in files, and as bytes in the form of files.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'
local ppm = require 'hilo.torch.ppm'
local colours = require 'hilo.torch.image_colours'
local need_image = require 'hilo.torch.image_geometry'.need_image

local check, is_tensor = core.check, core.is_tensor

local M = {}

-- (C,H,W) with as many planes as asked for.
local function with_depth(x, depth)
   if not depth or depth == x:size(1) then return x end
   if depth == 1 then return x:size(1) >= 3 and colours.rgb2y(x:narrow(1, 1, 3)) or x:narrow(1, 1, 1):clone() end
   check(depth == 3, 'image.load: the depth must be 1 or 3, got %s', tostring(depth))
   return x:size(1) >= 3 and x:narrow(1, 1, 3):clone() or x:narrow(1, 1, 1):expand(3, x:size(2), x:size(3)):clone()
end

-- Pixels as (C,H,W), the value of white, and what is added to bytes before their fractions are cut off: Torch7 does not round PPM.
local function pixels_of(filename)
   local planes, top = ppm.load(filename)
   if planes then return planes, top, 0 end
   local info = hilo.io.image.info(filename)
   local pixels = hilo.io.image.load(filename, {as = info.palette and 'rgb' or 'stored'})
   if pixels:dim() == 2 then pixels = pixels:view(1, pixels:size(1), pixels:size(2)) end
   return pixels, pixels:dtype() == 'uint8' and 255 or 65535, 0.5
end

--- Reads a PNG, JPEG, WebP, TIFF, BMP, PGM or PPM file.
---@param filename string
---@param depth? integer 1 (grey) or 3 (colour); as stored if not given
---@param tensortype? 'float'|'double'|'byte' the default type if not given: values from 0 to 1; bytes from 0 to 255, of 16 bits the
--- upper 8
---@return Tensor (C,H,W)
function M.load(filename, depth, tensortype)
   tensortype = tensortype or Tensor.default_dtype.name == 'float64' and 'double' or 'float'
   check(tensortype == 'float' or tensortype == 'double' or tensortype == 'byte',
      "image.load: the type must be 'float', 'double' or 'byte', got '%s'", tostring(tensortype))
   local pixels, top, rounding = pixels_of(filename)
   if tensortype == 'byte' and top == 65535 then pixels, top = hilo.floor(pixels:double():div(256)), 255 end
   local x = with_depth(pixels:to{dtype = 'double'}:div(top), depth)
   if tensortype == 'byte' then return x:mul(255):add(rounding):floor():byte() end
   return x:to{dtype = tensortype}
end

-- load of files of one format
local function of_format(format)
   return function(filename, depth, tensortype)
      local found = ppm.is(filename) and 'ppm' or hilo.io.image.info(filename).format
      check(found == format, 'image: %s is no %s but %s', filename, format, found)
      return M.load(filename, depth, tensortype)
   end
end

--- load of a JPEG file; an error for others.
---@type fun(filename: string, depth?: integer, tensortype?: string): Tensor
M.loadJPG = of_format 'jpeg'
--- load of a PNG file; an error for others.
---@type fun(filename: string, depth?: integer, tensortype?: string): Tensor
M.loadPNG = of_format 'png'
--- load of a PGM or PPM file; an error for others.
---@type fun(filename: string, depth?: integer, tensortype?: string): Tensor
M.loadPPM = of_format 'ppm'

-- Bytes that are kept as they are, of values that are limited to 0..1.
local function as_bytes(name, tensor)
   need_image(name, tensor)
   local pixels = tensor:detach()
   if pixels:dtype() ~= 'uint8' then pixels = hilo.round(hilo.clamp(pixels:to{dtype = 'double'}, 0, 1) * 255):byte() end
   return pixels:contiguous()
end

--- Writes a PNG, a JPEG, a PGM or a PPM, as the name ends; values are limited to 0..1, bytes written as they are.
---@param filename string
---@param tensor Tensor (C,H,W) or (H,W)
function M.save(filename, tensor)
   local pixels = as_bytes('save', tensor)
   if filename:lower():match '%.p[gp]m$' then return ppm.save(filename, pixels) end
   hilo.io.image.save(filename, pixels)
end

-- A temporary file with this ending while f works on it.
local function with_file(ending, f)
   local name = os.tmpname()
   local path = name .. ending
   local results = {pcall(f, path)}
   os.remove(name)
   os.remove(path)
   if not results[1] then error(results[2], 0) end
   return results[2]
end

-- The bytes of a file of an image whose name ends so; quality is a JPEG's.
local function encoded(ending, name, tensor, quality)
   local pixels = as_bytes(name, tensor)
   return with_file(ending, function(path)
      hilo.io.image.save(path, pixels, {quality = quality or 75})
      return file.read(path)
   end)
end

local function saving(ending, name)
   return function(filename, tensor, quality)
      local text = encoded(ending, name, tensor, quality)
      file.write(filename, function(write) write(text) end)
   end
end

--- save as a JPEG, however the name ends.
---@type fun(filename: string, tensor: Tensor, quality?: integer)
M.saveJPG = saving('.jpg', 'saveJPG')
--- save as a PNG, however the name ends.
---@type fun(filename: string, tensor: Tensor)
M.savePNG = saving('.png', 'savePNG')

--- save as a PPM (3,H,W), however the name ends.
---@param filename string
---@param tensor Tensor (3,H,W)
function M.savePPM(filename, tensor) ppm.save(filename, as_bytes('savePPM', tensor)) end

--- save as a PGM, however the name ends; of a colour picture, its brightness.
---@param filename string
---@param tensor Tensor (C,H,W) or (H,W)
function M.savePGM(filename, tensor)
   if is_tensor(tensor) and tensor:dim() == 3 and tensor:size(1) == 3 then
      tensor = colours.rgb2y(tensor:dtype() == 'uint8' and tensor:double():div(255) or tensor)
   end
   ppm.save(filename, as_bytes('savePGM', tensor))
end

-- ---- bytes in the form of files ----

local function compressing(ending, name)
   return function(tensor, quality)
      local text = encoded(ending, name, tensor, quality)
      local bytes = Tensor.empty({#text}, {dtype = 'byte'})
      ffi.copy(bytes:data(), text, #text)
      return bytes
   end
end

--- The bytes of a JPEG of an image.
---@type fun(tensor: Tensor, quality?: integer): Tensor
M.compressJPG = compressing('.jpg', 'compressJPG')
--- The bytes of a PNG of an image.
---@type fun(tensor: Tensor): Tensor
M.compressPNG = compressing('.png', 'compressPNG')

--- The image of bytes that are a file of any format that load reads.
---@param bytes Tensor (n) of bytes
---@param depth? integer as of load
---@param tensortype? string as of load
---@return Tensor (C,H,W)
function M.decompress(bytes, depth, tensortype)
   check(is_tensor(bytes) and bytes:dtype() == 'uint8' and bytes:nElement() > 0, 'image.decompress: expects a tensor of bytes, got %s',
      is_tensor(bytes) and bytes:dtype() or type(bytes))
   local text = ffi.string(bytes:contiguous():data(), bytes:nElement())
   return with_file('.image', function(path)
      file.write(path, function(write) write(text) end)
      return M.load(path, depth, tensortype)
   end)
end
M.decompressJPG, M.decompressPNG = M.decompress, M.decompress

--- Channels, height and width of a file.
---@param filename string
---@return integer[]
function M.getSize(filename)
   local sizes = ppm.sizes(filename)
   if not sizes then
      local info = hilo.io.image.info(filename)
      sizes = {info.palette and 3 or info.channels, info.height, info.width}
   end
   return setmetatable(sizes, Tensor.Size)
end
M.getJPGsize, M.getPNGsize, M.getPPMsize = M.getSize, M.getSize, M.getSize

return M
