--- train/histograms.lua: how the numbers of a tensor are spread.
local Tensor = require 'hilo.tensor'

local histograms = {}

local buckets = 64

-- Least, greatest, sum, sum of squares and number of the finite ones among n numbers.
local function extent(values, n)
   local min, max, sum, squares, count = math.huge, -math.huge, 0, 0, 0
   for i = 0, n - 1 do
      local x = values[i]
      if x - x == 0 then
         min, max = math.min(min, x), math.max(max, x)
         sum, squares, count = sum + x, squares + x * x, count + 1
      end
   end
   return min, max, sum, squares, count
end

--- Counts the numbers in 64 buckets of one width between the least and the greatest. Those that are not finite are left out.
---@param t Tensor floats
---@return Histogram? nil where no number is finite
function histograms.of(t)
   local values, n = Tensor.host_copy(t)
   local min, max, sum, squares, count = extent(values, n)
   if count == 0 then return nil end
   local h = {min = min, max = max, count = count, sum = sum, squares = squares, limits = {}, counts = {}}
   local width = (max - min) / buckets
   if not (width > 0 and width < math.huge) then
      h.limits[1], h.counts[1] = max, count
      return h
   end
   for b = 1, buckets do h.limits[b], h.counts[b] = min + b * width, 0 end
   h.limits[buckets] = max
   local counts = h.counts
   for i = 0, n - 1 do
      local x = values[i]
      if x - x == 0 then
         local b = math.min(buckets, math.floor((x - min) / width) + 1)
         counts[b] = counts[b] + 1
      end
   end
   return h
end

return histograms
