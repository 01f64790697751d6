--- prompt/show/colours.lua: label maps and maps of scores in colour.
local canvas = require 'hilo.prompt.show.canvas'

local colours = {}

--- PASCAL VOC's colours.
---@return integer[] palette three for each id: red, green, blue
function colours.palette() return require('hilo.data.classes').palette(256) end

--- A label map in its colours. Ids beyond the palette are white.
---@param labels Tensor (H,W) byte
---@param palette? integer[]
---@return Tensor (3,H,W) byte
function colours.labels(labels, palette)
   palette = palette or colours.palette()
   local h, w = labels:size(1), labels:size(2)
   local out, source = canvas.new(h, w), labels:contiguous()
   local y, x, n = out:data(), source:data(), h * w
   for i = 0, n - 1 do
      local k = 3 * x[i]
      for c = 0, 2 do y[c * n + i] = palette[k + c + 1] or 255 end
   end
   return out
end

--- Smallest and largest of the finite numbers.
---@param x Tensor float
---@return number low 0 where none is finite
---@return number high
---@return integer finite how many are
---@return integer nan how many are NaN
function colours.range(x)
   local values, low, high = x:contiguous():data(), math.huge, -math.huge
   local finite, nan = 0, 0
   for i = 0, x:nElement() - 1 do
      local v = values[i]
      if v - v == 0 then
         finite = finite + 1
         if v < low then low = v end
         if v > high then high = v end
      elseif v ~= v then
         nan = nan + 1
      end
   end
   if finite == 0 then low, high = 0, 0 end
   return low, high, finite, nan
end

-- Dark violet, blue, green, yellow: brightness grows evenly.
local anchors = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}

--- A map of scores: low is dark, high bright, NaN red, infinities the ends.
---@param x Tensor (H,W) float
---@param low number
---@param high number
---@return Tensor (3,H,W) byte
function colours.scores(x, low, high)
   local h, w = x:size(1), x:size(2)
   local source, out = x:contiguous(), canvas.new(h, w)
   local values, y, n = source:data(), out:data(), h * w
   local steps = #anchors - 1
   for i = 0, n - 1 do
      local v = values[i]
      local r, g, b = 255, 0, 0
      if v == v then
         local at = high > low and math.max(0, math.min(1, (v - low) / (high - low))) * steps or 0
         local k = math.min(steps - 1, math.floor(at))
         local f, from, to = at - k, anchors[k + 1], anchors[k + 2]
         r, g, b = from[1] + f * (to[1] - from[1]), from[2] + f * (to[2] - from[2]), from[3] + f * (to[3] - from[3])
      end
      y[i], y[n + i], y[2 * n + i] = r, g, b
   end
   return out
end

return colours
