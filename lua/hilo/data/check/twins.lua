--- data/check/twins.lua: pictures that are nearly the same: by a perceptual hash, confirmed by their grey at 32 x 32.
local bit = require 'bit'

local band, bxor, rshift, tobit = bit.band, bit.bxor, bit.rshift, bit.tobit

local most_bits = 6         -- of 64 that may differ
local most_difference = 6   -- of 255, the mean over the small pictures
local least_correlation = 0.98
local flat = 3              -- a deviation below which a picture has no shape to compare

local function ones(x)
   x = x - band(rshift(x, 1), 0x55555555)
   x = band(x, 0x33333333) + band(rshift(x, 2), 0x33333333)
   x = band(x + rshift(x, 4), 0x0f0f0f0f)
   return rshift(tobit(x * 0x01010101), 24)
end

local function moments(small)
   local sum, square = 0, 0
   for i = 1, #small do
      local v = small:byte(i)
      sum, square = sum + v, square + v * v
   end
   local mean = sum / #small
   return mean, math.sqrt(math.max(0, square / #small - mean * mean))
end

local function alike(a, b)
   local n, difference, product = #a, 0, 0
   for i = 1, n do
      local x, y = a:byte(i), b:byte(i)
      difference, product = difference + math.abs(x - y), product + x * y
   end
   difference = difference / n
   if difference > most_difference then return false end
   local mean_a, dev_a = moments(a)
   local mean_b, dev_b = moments(b)
   if dev_a < flat or dev_b < flat then return difference < 1 end
   return (product / n - mean_a * mean_b) / (dev_a * dev_b) >= least_correlation
end

--- Pairs of one picture of each list that are nearly the same.
---@param first Look[]
---@param second Look[]
---@return {[1]: Look, [2]: Look}[]
return function(first, second)
   local pairs_found, low, high = {}, {}, {}
   for i, l in ipairs(second) do low[i], high[i] = tobit(l.low), tobit(l.high) end
   for _, a in ipairs(first) do
      local a_low, a_high = tobit(a.low), tobit(a.high)
      for i = 1, #second do
         local bits = ones(bxor(a_low, low[i]))
         if bits <= most_bits and bits + ones(bxor(a_high, high[i])) <= most_bits and a.name ~= second[i].name
            and alike(a.small, second[i].small) then
            pairs_found[#pairs_found + 1] = {a, second[i]}
         end
      end
   end
   return pairs_found
end
