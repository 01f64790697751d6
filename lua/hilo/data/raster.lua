--- data/raster.lua: outlines and run lengths of annotation files -> label maps.
local ffi = require 'ffi'
local core = require 'hilo.core'

local raster = {}

--- Fills polygons into a mask: a pixel counts where its centre lies inside by the even-odd rule.
---@param mask ffi.cdata* uint8_t[h*w], set to 1 inside
---@param h integer
---@param w integer
---@param points number[] x1, y1, x2, y2, ...
function raster.polygon(mask, h, w, points)
   for i = 1, #points do -- an infinite one would make a loop's bound NaN, which compiled code takes for a number
      core.check(points[i] - points[i] == 0, 'an outline has the number %s', tostring(points[i]))
   end
   local n = math.floor(#points / 2)
   if n < 3 then return end
   local low, high = math.huge, -math.huge
   for i = 1, n do
      local y = points[2 * i]
      low, high = math.min(low, y), math.max(high, y)
   end
   for row = math.max(0, math.ceil(low - 0.5)), math.min(h - 1, math.floor(high - 0.5)) do
      local y, crossings = row + 0.5, {}
      local x1, y1 = points[2 * n - 1], points[2 * n]
      for i = 1, n do
         local x2, y2 = points[2 * i - 1], points[2 * i]
         if (y1 <= y) ~= (y2 <= y) then crossings[#crossings + 1] = x1 + (y - y1) / (y2 - y1) * (x2 - x1) end
         x1, y1 = x2, y2
      end
      table.sort(crossings)
      for i = 1, #crossings - 1, 2 do
         for x = math.max(0, math.ceil(crossings[i] - 0.5)), math.min(w - 1, math.ceil(crossings[i + 1] - 0.5) - 1) do
            mask[row * w + x] = 1
         end
      end
   end
end

--- Fills run lengths into a mask: zeros and ones in turn, column by column, as COCO has them.
---@param counts integer[]
function raster.runs(mask, h, w, counts, where)
   local at = 0
   for i, count in ipairs(counts) do
      core.check(type(count) == 'number' and count >= 0 and at + count <= h * w,
         '%s: its run lengths do not fit its size, %dx%d', where, w, h)
      if i % 2 == 0 then
         for k = at, at + count - 1 do mask[(k % h) * w + math.floor(k / h)] = 1 end
      end
      at = at + count
   end
   core.check(at == h * w, '%s: its run lengths cover %d of %d pixels', where, at, h * w)
end

--- Run lengths out of COCO's text: 5 bits a character from 48 on, the lowest first; from the fourth on, the difference to the one
--- before the last. Source: the format that pycocotools' masks have.
---@param text string
---@return integer[]
function raster.unpack(text, where)
   local counts, at = {}, 1
   while at <= #text do
      local value, shift, more = 0, 0, true
      while more do
         local byte = text:byte(at)
         core.check(byte and byte >= 48 and byte < 48 + 64 and shift <= 45, '%s: its compressed run lengths are damaged', where)
         byte = byte - 48
         value = value + (byte % 32) * 2 ^ shift
         more = byte >= 32
         shift, at = shift + 5, at + 1
         if not more and byte % 32 >= 16 then value = value - 2 ^ shift end
      end
      if #counts > 2 then value = value + counts[#counts - 1] end
      counts[#counts + 1] = value
   end
   return counts
end

--- A mask of a circle: pixel centres at most r away.
function raster.circle(mask, h, w, x, y, r)
   for row = math.max(0, math.floor(y - r)), math.min(h - 1, math.ceil(y + r)) do
      for column = math.max(0, math.floor(x - r)), math.min(w - 1, math.ceil(x + r)) do
         local dx, dy = column + 0.5 - x, row + 0.5 - y
         if dx * dx + dy * dy <= r * r then mask[row * w + column] = 1 end
      end
   end
end

--- Marks what a smaller picture marks, its top left corner at (x, y).
---@param pixels Tensor (rows, columns), other than 0 inside
function raster.stamp(mask, h, w, pixels, x, y)
   local rows, columns, p = pixels:size(1), pixels:size(2), pixels:data()
   for row = math.max(0, -y), math.min(rows, h - y) - 1 do
      for column = math.max(0, -x), math.min(columns, w - x) - 1 do
         if p[row * columns + column] ~= 0 then mask[(y + row) * w + x + column] = 1 end
      end
   end
end

--- A mask without anything in it.
function raster.mask(h, w)
   local mask = ffi.new('uint8_t[?]', h * w)
   return mask
end

--- Counts the pixels of a mask and empties it.
---@return integer
function raster.area(mask, h, w)
   local sum = 0
   for i = 0, h * w - 1 do sum = sum + mask[i] end
   ffi.fill(mask, h * w)
   return sum
end

--- Writes a class where the mask is 1 and empties the mask.
---@param labels ffi.cdata* uint8_t[h*w]
function raster.paint(labels, mask, h, w, class)
   for i = 0, h * w - 1 do
      if mask[i] ~= 0 then labels[i] = class end
   end
   ffi.fill(mask, h * w)
end

return raster
