--- data/check/twins.lua: pictures that are nearly the same: by a perceptual hash, confirmed by their grey at 32 x 32.
local bit = require 'bit'
local ffi = require 'ffi'

local band, bor, bxor, lshift, rshift, tobit = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift, bit.tobit

local most_bits = 6         -- of 64 that may differ
local most_difference = 6   -- of 255, the mean over the small pictures
local least_correlation = 0.98
local flat = 3              -- a deviation below which a picture has no shape to compare
local cells = 1024          -- of a small picture

local function ones(x)
   x = x - band(rshift(x, 1), 0x55555555)
   x = band(x, 0x33333333) + band(rshift(x, 2), 0x33333333)
   x = band(x + rshift(x, 4), 0x0f0f0f0f)
   return rshift(tobit(x * 0x01010101), 24)
end

-- The looks as columns, which compiled loops read.
local function columns(looks)
   local n = #looks
   local c = {n = n, looks = looks, low = ffi.new('int32_t[?]', n), high = ffi.new('int32_t[?]', n), mean = ffi.new('double[?]', n),
      deviation = ffi.new('double[?]', n), small = ffi.new('uint8_t[?]', n * cells)}
   for i, l in ipairs(looks) do
      local at = c.small + (i - 1) * cells
      ffi.copy(at, l.small, cells)
      local sum, square = 0, 0
      for k = 0, cells - 1 do sum, square = sum + at[k], square + at[k] * at[k] end
      local mean = sum / cells
      c.low[i - 1], c.high[i - 1] = tobit(l.low), tobit(l.high)
      c.mean[i - 1], c.deviation[i - 1] = mean, math.sqrt(math.max(0, square / cells - mean * mean))
   end
   return c
end

local function alike(a, i, b, j)
   if math.abs(a.mean[i] - b.mean[j]) > most_difference then return false end
   local x, y, difference, product = a.small + i * cells, b.small + j * cells, 0, 0
   for k = 0, cells - 1 do
      difference, product = difference + math.abs(x[k] - y[k]), product + x[k] * y[k]
   end
   difference = difference / cells
   if difference > most_difference then return false end
   if a.deviation[i] < flat or b.deviation[j] < flat then return difference < 1 end
   return (product / cells - a.mean[i] * b.mean[j]) / (a.deviation[i] * b.deviation[j]) >= least_correlation
end

-- The first of b, from place `from`, whose hash is near enough; b.n for none.
local function near(b, from, low, high)
   for j = from, b.n - 1 do
      local bits = ones(bxor(low, b.low[j]))
      if bits <= most_bits and bits + ones(bxor(high, b.high[j])) <= most_bits then return j end
   end
   return b.n
end

-- Where hashes differ in at most six bits, one of seven parts of them is the same. For each part: the places in b by its value, in
-- order, those of value v at starts[v] to starts[v + 1] - 1.
local parts = most_bits + 1

local function part(low, high, p) -- nine bits, p from 0
   local at = 9 * p
   if at + 9 <= 32 then return band(rshift(low, at), 511) end
   if at >= 32 then return band(rshift(high, at - 32), 511) end
   return band(bor(rshift(low, at), lshift(high, 32 - at)), 511)
end

-- The last part has a tenth bit, which need not be the same.
local function index_of(b)
   local index = {}
   for p = 0, parts - 1 do
      local starts, places = ffi.new('int32_t[514]'), ffi.new('int32_t[?]', b.n)
      for j = 0, b.n - 1 do
         local v = part(b.low[j], b.high[j], p) + 2
         starts[v] = starts[v] + 1
      end
      for v = 2, 513 do starts[v] = starts[v] + starts[v - 1] end
      for j = 0, b.n - 1 do
         local v = part(b.low[j], b.high[j], p) + 1
         places[starts[v]] = j
         starts[v] = starts[v] + 1
      end
      index[p + 1] = {starts = starts, places = places}
   end
   return index
end

-- The places of b whose hash is near enough, in order; nil where the index leaves too many to look at.
local function candidates(index, b, low, high)
   local total, found, seen = 0, {}, {}
   for p = 1, parts do
      local v, starts = part(low, high, p - 1), index[p].starts
      total = total + starts[v + 1] - starts[v]
   end
   if total > b.n / 4 then return nil end
   for p = 1, parts do
      local v, starts, places = part(low, high, p - 1), index[p].starts, index[p].places
      for k = starts[v], starts[v + 1] - 1 do
         local j = places[k]
         if ones(bxor(low, b.low[j])) + ones(bxor(high, b.high[j])) <= most_bits and not seen[j] then
            seen[j] = true
            found[#found + 1] = j
         end
      end
   end
   table.sort(found)
   return found
end

local function is_twin(a, i, b, j) return a.looks[i + 1].name ~= b.looks[j + 1].name and alike(a, i, b, j) end

local function first_twin(index, a, i, b)
   local list = candidates(index, b, a.low[i], a.high[i])
   if list then
      for _, j in ipairs(list) do if is_twin(a, i, b, j) then return j end end
      return b.n
   end
   local j = near(b, 0, a.low[i], a.high[i])
   while j < b.n and not is_twin(a, i, b, j) do j = near(b, j + 1, a.low[i], a.high[i]) end
   return j
end

--- For each picture of the first list the first of the second, of another name, that is nearly the same.
---@param first Look[]
---@param second Look[]
---@return {[1]: Look, [2]: Look}[]
return function(first, second)
   local list, a, b = {}, columns(first), columns(second)
   local index = index_of(b)
   for i = 0, a.n - 1 do
      local j = first_twin(index, a, i, b)
      if j < b.n then list[#list + 1] = {first[i + 1], second[j + 1]} end
   end
   return list
end
