--- torch/image.lua: Torch7's package image over hilo's files and tensors: load, save, scale, crop, warp, rotate, mirrors, colour
--- spaces, kernels, and pictures in the terminal. Images are (C,H,W) or (H,W), floats from 0 to 1 or bytes.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local check, is_tensor = core.check, core.is_tensor

---@class hilo.torch.image
local image = {}
for _, part in ipairs {'image_geometry', 'image_colours', 'image_kernels'} do
   for name, f in pairs(require('hilo.torch.' .. part)) do
      if name ~= 'planes' and name ~= 'result_first' then image[name] = f end
   end
end

-- ---- files ----

-- (C,H,W) with as many planes as asked for.
local function with_depth(x, depth)
   if not depth or depth == x:size(1) then return x end
   if depth == 1 then return x:size(1) >= 3 and image.rgb2y(x:narrow(1, 1, 3)) or x:narrow(1, 1, 1):clone() end
   check(depth == 3, 'image.load: the depth must be 1 or 3, got %s', tostring(depth))
   return x:size(1) >= 3 and x:narrow(1, 1, 3):clone() or x:narrow(1, 1, 1):expand(3, x:size(2), x:size(3)):clone()
end

--- Reads a PNG, JPEG, WebP, TIFF or BMP file.
---@param filename string
---@param depth? integer 1 (grey) or 3 (colour); as stored if not given
---@param tensortype? 'float'|'double'|'byte' float if not given: values from 0 to 1; bytes from 0 to 255
---@return Tensor (C,H,W)
function image.load(filename, depth, tensortype)
   tensortype = tensortype or 'float'
   check(tensortype == 'float' or tensortype == 'double' or tensortype == 'byte',
      "image.load: the type must be 'float', 'double' or 'byte', got '%s'", tostring(tensortype))
   local info = hilo.io.image.info(filename)
   local pixels = hilo.io.image.load(filename, {as = (depth == 3 or info.palette) and 'rgb' or 'stored'})
   if pixels:dim() == 2 then pixels = pixels:view(1, pixels:size(1), pixels:size(2)) end
   local top = pixels:dtype() == 'uint8' and 255 or 65535
   local x = with_depth(pixels:to{dtype = 'double'}:div(top), depth)
   if tensortype == 'byte' then return x:mul(255):round():byte() end
   return x:to{dtype = tensortype}
end

--- Writes a PNG or a JPEG, as the name ends; values are limited to 0..1, bytes written as they are.
---@param filename string
---@param tensor Tensor (C,H,W) or (H,W)
function image.save(filename, tensor)
   check(is_tensor(tensor), 'image.save: expects a tensor, got %s', type(tensor))
   local pixels = tensor:detach()
   if pixels:dtype() ~= 'uint8' then pixels = hilo.round(hilo.clamp(pixels:to{dtype = 'double'}, 0, 1) * 255):byte() end
   hilo.io.image.save(filename, pixels:contiguous())
end

--- Channels, height and width of a file.
---@param filename string
---@return integer[]
function image.getSize(filename)
   local info = hilo.io.image.info(filename)
   return setmetatable({info.palette and 3 or info.channels, info.height, info.width}, Tensor.Size)
end

-- ---- display ----

--- Values moved and scaled from min..max to 0..1.
---@param args {tensor: Tensor, min: number?, max: number?, symm: boolean?, inplace: boolean?, saturate: boolean?, tensorOut: Tensor?}
--- min and max are the tensor's if not given; symm: the same on both sides of 0; saturate: limits to 0..1
---@return Tensor
function image.minmax(args)
   local x = args.tensor
   local out = args.tensorOut or args.inplace and x or x:clone()
   if args.tensorOut then out:resize(x:size()):copy(x) end
   local low, high = args.min, args.max
   local most = args.symm and math.max(math.abs(x:min()), math.abs(x:max()))
   low, high = low or most and -most or x:min(), high or most or x:max()
   out:add(-low)
   if high ~= low then out:div(high - low) end
   if args.saturate and (args.min or args.max) then out:clamp(0, 1) end
   return out
end

local display_names = {'input', 'padding', 'nrow', 'scaleeach', 'min', 'max', 'symmetric', 'saturate'}

local function display_options(...)
   local first = ...
   if type(first) == 'table' and not is_tensor(first) and (first.input or first.image) then
      first.input = first.input or first.image
      return first
   end
   local o = {}
   for i, name in ipairs(display_names) do o[name] = (select(i, ...)) end
   return o
end

-- A pack of images as a list of (C,H,W).
local function list_of(x)
   if not is_tensor(x) then
      local list = {}
      for i, one in ipairs(x) do list[i] = one:dim() == 2 and one:view(1, one:size(1), one:size(2)) or one end
      return list
   end
   if x:dim() == 2 then return {x:view(1, x:size(1), x:size(2))} end
   if x:dim() == 3 and (x:size(1) == 1 or x:size(1) == 3) then return {x} end
   local list = {}
   for i = 1, x:size(1) do
      local one = x:select(1, i)
      if one:dim() == 3 and one:size(1) ~= 1 and one:size(1) ~= 3 then
         for k = 1, one:size(1) do list[#list + 1] = one:narrow(1, k, 1) end
      else
         list[#list + 1] = one:dim() == 2 and one:view(1, one:size(1), one:size(2)) or one
      end
   end
   return list
end

--- One image of a pack of images side by side, values scaled to 0..1: toDisplayTensor(input, padding (0), nrow (6), scaleeach, min,
--- max, symmetric, saturate), or by name in a table.
---@param ... any input: (H,W), (K,H,W), (N,K,H,W) or a list
---@return Tensor
function image.toDisplayTensor(...)
   local o = display_options(...)
   local list = list_of(o.input)
   local function scaled(x)
      return image.minmax{tensor = x:to{dtype = 'double'}, min = o.min, max = o.max, symm = o.symmetric,
         saturate = o.saturate ~= false}
   end
   local c, h, w, gap = 1, 0, 0, o.padding or 0
   for i, x in ipairs(list) do
      if o.scaleeach then list[i] = scaled(x) end
      c, h, w = math.max(c, x:size(1)), math.max(h, x:size(2)), math.max(w, x:size(3))
   end
   if #list == 1 then return o.scaleeach and list[1] or scaled(list[1]) end
   local columns = math.min(o.nrow or 6, #list)
   local rows = math.ceil(#list / columns)
   local least, most = math.huge, -math.huge
   for _, x in ipairs(list) do least, most = math.min(least, x:min()), math.max(most, x:max()) end
   local grid = Tensor.full(most, {c, rows * (h + gap) - gap, columns * (w + gap) - gap}, {dtype = 'double'})
   for i, x in ipairs(list) do
      local row, column = math.floor((i - 1) / columns), (i - 1) % columns
      grid:narrow(2, row * (h + gap) + 1, x:size(2)):narrow(3, column * (w + gap) + 1, x:size(3))
         :copy(x:to{dtype = 'double'}:expand(c, x:size(2), x:size(3)))
   end
   return o.scaleeach and grid or scaled(grid)
end

--- Shows images in the terminal, or where it shows none writes a PNG and prints its name. Arguments as of toDisplayTensor; in a table
--- also zoom (times as large) and legend (a line of text below).
---@param ... any
---@return string? path of the PNG that was written
function image.display(...)
   local o = display_options(...)
   local x = image.toDisplayTensor(o)
   if o.zoom and o.zoom ~= 1 then x = image.scale(x, x:size(x:dim()) * o.zoom, x:size(x:dim() - 1) * o.zoom, 'simple') end
   local path = require('hilo.prompt.show.canvas').file()
   image.save(path, x)
   if o.legend then print(o.legend) end
   if require('hilo.prompt.show.terminal').way() == 'file' then
      print(path)
      return path
   end
   io.write(require('hilo.prompt.show').png(hilo.io.file.read(path)), '\n')
   os.remove(path)
end

-- ---- colours and marks ----

--- n colours around the circle of hues.
---@param n integer
---@return Tensor (n,3) from 0 to 1
function image.colormap(n)
   local hsv = {{}, {}, {}}
   for i = 1, n do hsv[1][i], hsv[2][i], hsv[3][i] = {(i - 1) / n}, {1}, {1} end
   return image.hsv2rgb(Tensor.new({dtype = 'double'}, hsv)):view(3, n):t():clone():to{dtype = Tensor.default_dtype.name}
end

--- n colours from blue over green to red.
---@param n integer
---@return Tensor (n,3) from 0 to 1
function image.jetColormap(n)
   local rows = {}
   for i = 1, n do
      local t = n > 1 and 4 * (i - 1) / (n - 1) or 2
      local function peak(at) return math.max(0, math.min(1, 1.5 - math.abs(t - at))) end
      rows[i] = {peak(3), peak(2), peak(1)}
   end
   return Tensor.new(nil, rows)
end

--- A grey image in the colours of jetColormap.
---@param x Tensor (1,H,W) or (H,W), from 0 to 1
---@return Tensor (3,H,W)
function image.y2jet(x)
   local p = x:dim() == 3 and x:select(1, 1) or x
   local map = image.jetColormap(256)
   local index = hilo.floor(hilo.clamp(p:to{dtype = 'double'}, 0, 1) * 255 + 1.5):long():contiguous()
   return map:index(1, index:view(-1)):view(p:size(1), p:size(2), 3):permute(3, 1, 2):contiguous()
end

--- A frame from (x1, y1) to (x2, y2), pixels counted from 1, on a copy.
---@param src Tensor (3,H,W)
---@param x1 integer
---@param y1 integer
---@param x2 integer
---@param y2 integer
---@param opts? {color: integer[], lineWidth: integer, inplace: boolean} color {255, 0, 0}, lineWidth 1
---@return Tensor
function image.drawRect(src, x1, y1, x2, y2, opts)
   opts = opts or {}
   local x, width, colour = opts.inplace and src or src:clone(), opts.lineWidth or 1, opts.color or {255, 0, 0}
   local top = x:dtype() == 'uint8' and 1 or 255
   local function bar(left, upper, right, lower)
      left, upper = math.max(1, left), math.max(1, upper)
      right, lower = math.min(x:size(3), right), math.min(x:size(2), lower)
      if right < left or lower < upper then return end
      for c = 1, x:size(1) do
         x:select(1, c):narrow(1, upper, lower - upper + 1):narrow(2, left, right - left + 1):fill((colour[c] or colour[1]) / top)
      end
   end
   bar(x1, y1, x2, y1 + width - 1)
   bar(x1, y2 - width + 1, x2, y2)
   bar(x1, y1, x1 + width - 1, y2)
   bar(x2 - width + 1, y1, x2, y2)
   return x
end

--- Local contrast normalisation: less the mean around each pixel, divided by the deviation there.
---@param im Tensor (C,H,W)
---@param ker? Tensor (k) or (kH,kW); a bell of 9 pixels if not given
---@return Tensor
function image.lcn(im, ker)
   local nn = require 'hilo.nn'
   return nn.SpatialContrastiveNormalization(im:size(1), ker or image.gaussian1D(9)):to{dtype = im:dtype()}:forward(im)
end

return image
