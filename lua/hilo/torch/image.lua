--- torch/image.lua: Torch7's package image over hilo's files and tensors: files, sizes, places, colours, kernels, marks, and pictures
--- in the terminal. Images are (C,H,W) or (H,W), floats from 0 to 1 or bytes.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local is_tensor = core.is_tensor

-- Torch7's image brings the package dok, whose functions scripts then use.
if rawget(_G, 'dok') == nil then rawset(_G, 'dok', require 'hilo.torch.dok') end

---@class hilo.torch.image
local image = {}
local inner = {need_image = true, planes = true, result_first = true, sample_or = true}
for _, part in ipairs {'image_files', 'image_geometry', 'image_polar', 'image_colours', 'image_kernels', 'image_drawing'} do
   for name, f in pairs(require('hilo.torch.' .. part)) do
      if not inner[name] then image[name] = f end
   end
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

local function with_planes(x) return x:dim() == 2 and x:unsqueeze(1) or x end

-- A pack of images as a list of (C,H,W).
local function list_of(x)
   if not is_tensor(x) then
      local list = {}
      for i, one in ipairs(x) do list[i] = with_planes(one) end
      return list
   end
   if x:dim() == 2 then return {with_planes(x)} end
   if x:dim() == 3 and (x:size(1) == 1 or x:size(1) == 3) then return {x} end
   local list = {}
   for i = 1, x:size(1) do
      local one = x:select(1, i)
      if one:dim() == 3 and one:size(1) ~= 1 and one:size(1) ~= 3 then
         for k = 1, one:size(1) do list[#list + 1] = one:narrow(1, k, 1) end
      else
         list[#list + 1] = with_planes(one)
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

-- ---- colours ----

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
      local t = 4 * i / n
      local function peak(at) return math.max(0, math.min(1, 1.5 - math.abs(t - at))) end
      rows[i] = {peak(3), peak(2), peak(1)}
   end
   return Tensor.new(nil, rows)
end

--- Whole levels from 1 to their largest, L, in the colours of jetColormap(L).
---@param x Tensor (1,H,W), (H,W) or (W)
---@return Tensor (3,H,W), of bytes where x is
function image.y2jet(x)
   if x:dim() == 1 then x = x:view(1, -1) end
   local levels = (x:dim() == 3 and x:select(1, 1) or x):to{dtype = 'double'}
   local most = math.max(1, math.floor(levels:max()))
   local index = hilo.floor(hilo.clamp(levels, 1, most)):long():contiguous()
   local y = image.jetColormap(most):index(1, index:view(-1)):view(levels:size(1), levels:size(2), 3):permute(3, 1, 2):contiguous()
   return x:dtype() == 'uint8' and hilo.floor(y * 255 + 0.5):byte() or y
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
