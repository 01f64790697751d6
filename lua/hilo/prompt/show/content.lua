--- prompt/show/content.lua: what is to be shown as one picture, with lines that explain it.
local core = require 'hilo.core'
local hilo = require 'hilo'
local canvas = require 'hilo.prompt.show.canvas'
local colours = require 'hilo.prompt.show.colours'

local check = core.check
local content = {}

local most = 64 -- pictures in one
local wanted = 'a tensor, a module with filters, a batch, a list of pictures or the path of one'

-- Bytes of an image: as they are, of 0..1, or stretched.
local function image_bytes(x)
   x = x:detach():cpu()
   if x:dtype() == 'uint8' then return x end
   local f = x:float()
   local low, high = f:min(), f:max()
   if low >= 0 and high <= 1 then low, high = 0, 1 end
   return ((f - low) * (255 / math.max(high - low, 1e-12)) + 0.5):byte()
end

local function image(x)
   x = image_bytes(x)
   return x:size(1) == 3 and x or x:expand(3, x:size(2), x:size(3)):contiguous()
end

local function listed(x, make)
   local list = {}
   for i = 1, math.min(most, x:size(1)) do list[i] = make(x[i]) end
   return list
end

local function count(maps)
   local counts, n = {}, 0
   for _, x in ipairs(maps) do
      local p = x:contiguous():data()
      for i = 0, x:nElement() - 1 do counts[p[i]] = (counts[p[i]] or 0) + 1 end
      n = n + x:nElement()
   end
   return counts, n
end

-- The legend of label maps: what is there, and its share of the pixels; of further maps what is there alone.
local function legend(maps, options, further)
   local counts, n = count(maps)
   for id in pairs(count(further or {})) do counts[id] = counts[id] or 0 end
   local lines, palette = {}, options.palette or colours.palette()
   for id = 0, 255 do
      if counts[id] then
         local name = options.classes and options.classes[id + 1] or id == 255 and 'void' or ''
         lines[#lines + 1] = {rgb = {palette[3 * id + 1] or 255, palette[3 * id + 2] or 255, palette[3 * id + 3] or 255},
            text = ('%3d %s %.1f %%'):format(id, name, 100 * counts[id] / n)}
      end
   end
   return lines
end

local function labels(x, options)
   x = x:detach():cpu():byte()
   local function painted(one) return colours.labels(one, options.palette) end
   local picture = x:dim() == 2 and painted(x) or canvas.tiled(listed(x, painted), options.aspect)
   return picture, legend({x}, options)
end

local function scores(x, options)
   x = x:detach():cpu():float()
   local low, high, finite, nan = colours.range(x)
   local infinite = x:nElement() - finite - nan
   local told = {finite > 0 and ('%.4g (dark) to %.4g (bright)'):format(low, high) or 'no finite numbers'}
   if nan > 0 then told[#told + 1] = ('NaN (red) %.4g %%'):format(100 * nan / x:nElement()) end
   if infinite > 0 then told[#told + 1] = ('infinite %.4g %%'):format(100 * infinite / x:nElement()) end
   local function painted(one) return colours.scores(one, low, high) end
   local picture = x:dim() == 2 and painted(x) or canvas.tiled(listed(x, painted), options.aspect)
   return picture, {{text = table.concat(told, ', ')}}
end

local function filters(x, options)
   local function one(f) return canvas.enlarged(image(f:size(1) == 3 and f or f:narrow(1, 1, 1)), 4) end
   local text = ('%d filters of %dx%dx%d%s'):format(x:size(1), x:size(2), x:size(3), x:size(4),
      x:size(2) == 3 and '' or ', the first channel of each')
   return canvas.tiled(listed(x, one), options.aspect), {{text = text}}
end

local function tensor(x, options)
   local d = x:dim()
   local as = options.as
   if d == 4 then
      local c = x:size(2)
      if c == 3 and math.min(x:size(3), x:size(4)) > 11 then
         return canvas.tiled(listed(image_bytes(x), image), options.aspect), {}
      end
      if c == 1 and x:size(3) > 11 then return tensor(x:select(2, 1), options) end
      if math.max(x:size(3), x:size(4)) <= 11 then return filters(x:detach():cpu(), options) end
      return tensor(x[1], {as = as or 'scores', aspect = options.aspect})
   end
   check(d == 2 or d == 3, 'show: expects (H,W), (C,H,W) or (N,C,H,W), got %s', require('hilo.tensor').shape_text(x))
   if not as and d == 3 and (x:size(1) == 3 or x:size(1) == 1 and x:dtype() ~= 'uint8') then as = 'image' end
   as = as or (x:dtype() == 'uint8' or x:dtype():find('^int')) and 'labels' or 'scores'
   if as == 'image' then return image(d == 2 and x:view(1, x:size(1), x:size(2)) or x), {} end
   if as == 'labels' then return labels(x, options) end
   return scores(x, options)
end

-- Images, each beside its label map where there are some.
local function batch(x, options)
   local maps = rawget(x, 'labels')
   if not core.is_tensor(maps) then return tensor(x.images, {as = options.as, aspect = options.aspect}), {} end
   local images, pairs_of = image_bytes(x.images), {}
   maps = maps:detach():cpu():byte()
   for i = 1, math.min(most, images:size(1)) do
      pairs_of[i] = canvas.in_rows({image(images[i]), colours.labels(maps[i], options.palette)}, 2)
   end
   return canvas.tiled(pairs_of, options.aspect), legend({maps}, options)
end

-- A batch, or what run:worst gives.
local function several(x, options)
   if core.is_tensor(rawget(x, 'images')) then return batch(x, options) end
   local list, lines = {}, {}
   local truths, found = {}, {}
   for i = 1, math.min(most, #x) do
      local one = x[i]
      local picture = type(one) == 'table' and not core.is_tensor(one) and one.picture or one
      check(core.is_tensor(picture), 'show: entry %d of the list is no picture', i)
      list[i] = tensor(picture, options)
      if type(one) == 'table' and not core.is_tensor(one) then
         truths[i], found[i] = one.truth, one.labels
         if one.mean_iou then lines[i] = {text = ('%d  %s  mean IoU %.1f'):format(i, one.name, one.mean_iou)} end
      end
   end
   if #truths > 0 and x.classes then
      table.insert(lines, 1, {text = 'image, label map, prediction, errors; the label maps:'})
      for i, line in ipairs(legend(truths, x, found)) do table.insert(lines, 1 + i, line) end
   end
   check(#list > 0, 'show: expects %s', wanted)
   return canvas.tiled(list, options.aspect), lines
end

--- What show is given, as a picture.
---@param x any
---@param options table of show, and aspect: how wide the room for it is as a multiple of its height
---@return Tensor (3,H,W) byte
---@return LegendLine[] lines below it
function content.of(x, options)
   if type(x) == 'string' then
      local pixels, palette = hilo.io.image.load(x)
      if palette then
         local flat = {}
         for i, c in ipairs(palette) do flat[3 * i - 2], flat[3 * i - 1], flat[3 * i] = c[1], c[2], c[3] end
         return labels(pixels, {palette = options.palette or flat, classes = options.classes})
      end
      return image(hilo.io.image.load(x, {as = 'rgb'})), {}
   end
   if core.is_tensor(x) then return tensor(x, options) end
   check(type(x) == 'table', 'show: expects %s; got %s', wanted, type(x))
   if core.is_tensor(x.weight) and x.weight:dim() == 4 then return filters(x.weight:detach():cpu(), options) end
   if core.is_tensor(rawget(x, 'picture')) then return several({x}, options) end
   return several(x, options)
end

return content
