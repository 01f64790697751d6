--- evaluate/trimap.lua: label maps of which only the neighbourhood of boundaries counts (Kohli et al., 2009).
local ffi = require 'ffi'
local hilo = require 'hilo'

local trimap = {}

local function is_edge(l, at, x, y, h, w)
   local own = l[at]
   return x > 0 and l[at - 1] ~= own or x + 1 < w and l[at + 1] ~= own or y > 0 and l[at - w] ~= own or y + 1 < h and l[at + w] ~= own
end

-- Steps to the nearest pixel that touches another label, itself counting 1; a step may go along a diagonal.
local function distances(l, h, w)
   local far = h + w
   local d = ffi.new('int32_t[?]', h * w)
   for y = 0, h - 1 do
      for x = 0, w - 1 do
         local at = y * w + x
         d[at] = is_edge(l, at, x, y, h, w) and 1 or far
      end
   end
   for y = 0, h - 1 do
      for x = 0, w - 1 do
         local at = y * w + x
         local least = d[at]
         if x > 0 then least = math.min(least, d[at - 1] + 1) end
         if y > 0 then
            least = math.min(least, d[at - w] + 1)
            if x > 0 then least = math.min(least, d[at - w - 1] + 1) end
            if x + 1 < w then least = math.min(least, d[at - w + 1] + 1) end
         end
         d[at] = least
      end
   end
   for y = h - 1, 0, -1 do
      for x = w - 1, 0, -1 do
         local at = y * w + x
         local least = d[at]
         if x + 1 < w then least = math.min(least, d[at + 1] + 1) end
         if y + 1 < h then
            least = math.min(least, d[at + w] + 1)
            if x > 0 then least = math.min(least, d[at + w - 1] + 1) end
            if x + 1 < w then least = math.min(least, d[at + w + 1] + 1) end
         end
         d[at] = least
      end
   end
   return d
end

--- A label map in which pixels further than k from a boundary are void, for each k. A boundary runs between two labels, void being
--- one; the pixels on both sides of it are 1 from it.
---@param labels Tensor (H,W) byte
---@param widths integer[] k, pixels
---@param void integer
---@return Tensor[] (H,W) byte each
function trimap.bands(labels, widths, void)
   local h, w = labels:size(1), labels:size(2)
   local dense = labels:cpu():contiguous()
   local l, list = dense:data(), {}
   local d = distances(l, h, w)
   for i, k in ipairs(widths) do
      local band = hilo.ByteTensor(h, w)
      local b = band:data()
      for at = 0, h * w - 1 do b[at] = d[at] <= k and l[at] or void end
      list[i] = band
   end
   return list
end

return trimap
