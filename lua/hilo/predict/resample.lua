--- predict/resample.lua: pictures in memory brought to another size as the loader does with files: a triangle filter with half-pixel
--- centres, widened where it shrinks (Pillow's BILINEAR).
local hilo = require 'hilo'

-- (to, from): row i holds the weights of the pixels that make pixel i.
local function weights(from, to)
   local m = hilo.zeros({to, from})
   local p, scale = m:data(), from / to
   local reach = math.max(scale, 1)
   for i = 0, to - 1 do
      local centre, sum = (i + 0.5) * scale, 0
      local first, last = math.max(0, math.floor(centre - reach)), math.min(from - 1, math.ceil(centre + reach))
      for j = first, last do
         local w = math.max(0, 1 - math.abs(j + 0.5 - centre) / reach)
         p[i * from + j], sum = w, sum + w
      end
      for j = first, last do p[i * from + j] = p[i * from + j] / sum end
   end
   return m
end

---@param picture Tensor (3,H,W) float
---@param h integer
---@param w integer
---@return Tensor (3,h,w)
return function(picture, h, w)
   local from_h, from_w = picture:size(2), picture:size(3)
   if from_h == h and from_w == w then return picture end
   local columns = hilo.matmul(picture:contiguous():view(3 * from_h, from_w), weights(from_w, w):t():contiguous()) -- (3H, w)
   local out, rows = hilo.empty(3, h, w), weights(from_h, h)
   for c = 1, 3 do out:select(1, c):copy(hilo.matmul(rows, columns:view(3, from_h, w):select(1, c):contiguous())) end
   return out
end
