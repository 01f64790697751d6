--- train/pictures.lua: label maps as palette PNGs, and what was found next to what is there.
local hilo = require 'hilo'
local samples = require 'hilo.data.samples'

local pictures = {}

--- A label map as a palette PNG, one index a pixel.
---
---     hilo.train.pictures.save_labels('map.png', hilo.zeros({8, 8}, {dtype = 'byte'}), hilo.data.classes.palette(3))
---@param path string
---@param labels Tensor (H,W) byte
---@param palette integer[] rgb, three numbers a colour
function pictures.save_labels(path, labels, palette)
   local colours = {}
   for i = 0, 255 do colours[i + 1] = {palette[3 * i + 1] or 0, palette[3 * i + 2] or 0, palette[3 * i + 3] or 0} end
   hilo.io.image.save(path, labels:cpu(), {palette = colours})
end

local gap = 4 -- white pixels between the panels

-- Writes one pixel of panel number `panel` (from 0).
local function painter(out, h, w, panel)
   local width = 4 * w + 3 * gap
   local plane, left = h * width, panel * (w + gap)
   return function(y, x, r, g, b)
      local at = y * width + left + x
      out[at], out[at + plane], out[at + 2 * plane] = r, g, b
   end
end

local function paint_image(put, image, h, w)
   local p, mean, std = image:cpu():contiguous():data(), samples.mean, samples.std
   local function channel(c, at) return math.min(255, math.max(0, (p[c * h * w + at] * std[c + 1] + mean[c + 1]) * 255 + 0.5)) end
   for y = 0, h - 1 do
      for x = 0, w - 1 do
         local at = y * w + x
         put(y, x, channel(0, at), channel(1, at), channel(2, at))
      end
   end
end

local function paint_labels(put, labels, palette, h, w)
   local p = labels:data()
   for y = 0, h - 1 do
      for x = 0, w - 1 do
         local k = 3 * p[y * w + x]
         put(y, x, palette[k + 1], palette[k + 2], palette[k + 3])
      end
   end
end

-- Right pixels are white, wrong ones have the colour of the truth, void is grey.
local function paint_errors(put, truth, found, palette, h, w, void)
   local t, f = truth:data(), found:data()
   for y = 0, h - 1 do
      for x = 0, w - 1 do
         local at = y * w + x
         local k = 3 * t[at]
         if t[at] == void then
            put(y, x, 128, 128, 128)
         elseif t[at] == f[at] then
            put(y, x, 255, 255, 255)
         else
            put(y, x, palette[k + 1], palette[k + 2], palette[k + 3])
         end
      end
   end
end

--- Image, truth, prediction and errors side by side. In the last, right pixels are white, void ones grey, wrong ones have the
--- truth's colour.
---@param image Tensor (3,H',W') normalised; brought to the size of the label maps
---@param truth Tensor (H,W) byte
---@param found Tensor (H,W) byte
---@param palette integer[]
---@param void integer
---@return Tensor (3,H,4W+12) byte
function pictures.comparison(image, truth, found, palette, void)
   local h, w = truth:size(1), truth:size(2)
   if image:size(2) ~= h or image:size(3) ~= w then
      image = hilo.resize(image:view(1, 3, image:size(2), image:size(3)), h, w):view(3, h, w)
   end
   truth, found = truth:cpu():contiguous(), found:cpu():contiguous()
   local canvas = hilo.ByteTensor(3, h, 4 * w + 3 * gap):fill(255)
   local out = canvas:data()
   paint_image(painter(out, h, w, 0), image, h, w)
   paint_labels(painter(out, h, w, 1), truth, palette, h, w)
   paint_labels(painter(out, h, w, 2), found, palette, h, w)
   paint_errors(painter(out, h, w, 3), truth, found, palette, h, w, void)
   return canvas
end

--- Writes such a comparison.
---@param path string .png or .jpg
---@param ... any what comparison takes
function pictures.save_comparison(path, ...) hilo.io.image.save(path, pictures.comparison(...)) end

--- A label map of which every k-th row and column is left, k the least with which no side is longer than `limit`.
---@param labels Tensor (H,W)
---@param limit integer pixels
---@return Tensor
function pictures.thinned(labels, limit)
   local h, w = labels:size(1), labels:size(2)
   local k = math.ceil(math.max(h, w) / limit)
   if k == 1 then return labels end
   return labels:contiguous():as_strided({math.ceil(h / k), math.ceil(w / k)}, {k * w, k}):contiguous()
end

return pictures
