--- data/check/thumbnail.lua: a small picture for the page.
local hilo = require 'hilo'
local h = require 'hilo.report.html'
local images = require 'hilo.report.images'

local side = 200 -- of the longer one, in pixels

-- The nearest pixels of a picture.
local function shrink(rgb, shade)
   local h_in, w_in = rgb:size(2), rgb:size(3)
   local scale = math.min(1, side / math.max(h_in, w_in))
   local rows, columns = math.max(1, math.floor(h_in * scale)), math.max(1, math.floor(w_in * scale))
   local out = hilo.ByteTensor(3, rows, columns)
   local from, to = rgb:data(), out:data()
   for y = 0, rows - 1 do
      for x = 0, columns - 1 do
         local at = math.floor((y + 0.5) * h_in / rows) * w_in + math.floor((x + 0.5) * w_in / columns)
         for c = 0, 2 do
            local v = from[c * h_in * w_in + at]
            to[(c * rows + y) * columns + x] = math.floor(shade and shade(v, at, c) or v)
         end
      end
   end
   return out
end

--- A figure of a picture.
---@param rgb Tensor (3,H,W), bytes
---@param alt string
---@param caption string
---@param shade? fun(value: integer, at: integer, channel: integer): number what becomes of a value at a pixel, channels from 0
---@return Html
return function(rgb, alt, caption, shade)
   local path = os.tmpname()
   hilo.io.image.save(path .. '.jpg', shrink(rgb, shade), {quality = 80})
   local figure = h.figure {h.img {src = images.data_uri(path .. '.jpg'), alt = alt}, h.figcaption {caption}}
   os.remove(path)
   os.remove(path .. '.jpg')
   return figure
end
