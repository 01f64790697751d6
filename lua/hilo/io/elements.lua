--- io/elements.lua: how files spell the elements of tensors, and their conversion to the types that tensors have here.
local bit = require 'bit'
local ffi = require 'ffi'

local elements = {}

---@class ElementType
---@field bytes integer of one element in the file
---@field dtype string what it becomes
---@field convert? fun(to: ffi.cdata*, from: ffi.cdata*, n: number) nil where the bytes are the tensor's own

-- half -> the bits of the float of the same value
local half_bits

local function make_half_bits()
   local bits = ffi.new('uint32_t[65536]')
   for h = 0, 0x7fff do
      local exponent, fraction = bit.rshift(h, 10), bit.band(h, 0x3ff)
      local f
      if exponent == 31 then
         f = bit.bor(0x7f800000, bit.lshift(fraction, 13))
      elseif exponent > 0 then
         f = bit.bor(bit.lshift(exponent + 112, 23), bit.lshift(fraction, 13))
      elseif fraction == 0 then
         f = 0
      else -- subnormal: shift up until the leading bit drops out of the fraction
         local shift = 0
         while fraction < 0x400 do
            fraction = fraction * 2
            shift = shift + 1
         end
         f = bit.bor(bit.lshift(113 - shift, 23), bit.lshift(bit.band(fraction, 0x3ff), 13))
      end
      bits[h] = f
      bits[h + 0x8000] = f + 0x80000000
   end
   return bits
end

local uint32_p, uint16_p = ffi.typeof('uint32_t *'), ffi.typeof('const uint16_t *')

local function from_half(to, from, n)
   half_bits = half_bits or make_half_bits()
   local y, x, bits = ffi.cast(uint32_p, to), ffi.cast(uint16_p, from), half_bits
   for i = 0, n - 1 do y[i] = bits[x[i]] end
end

local function from_bfloat16(to, from, n)
   local y, x = ffi.cast(uint32_p, to), ffi.cast(uint16_p, from)
   for i = 0, n - 1 do y[i] = bit.lshift(x[i], 16) end
end

-- The half nearest to a float of the given bits; of two as near the even one.
local function nearest_half(f)
   local sign = bit.band(bit.rshift(f, 16), 0x8000)
   local exponent, fraction = bit.band(bit.rshift(f, 23), 0xff) - 112, bit.band(f, 0x7fffff)
   if exponent == 143 then return bit.bor(sign, 0x7c00, fraction > 0 and 0x200 or 0) end -- infinite, or not a number
   if exponent < -10 then return sign end
   local shift = 13
   if exponent <= 0 then -- subnormal
      fraction, shift, exponent = bit.bor(fraction, 0x800000), 14 - exponent, 0
   end
   local h = bit.bor(bit.lshift(exponent, 10), bit.rshift(fraction, shift))
   local rest, half = bit.band(fraction, bit.lshift(1, shift) - 1), bit.lshift(1, shift - 1)
   if rest > half or rest == half and h % 2 == 1 then h = h + 1 end -- may carry into the exponent, up to infinity
   return bit.bor(sign, math.min(h, 0x7c00))
end

--- Writes the halves nearest to n floats.
---@param to ffi.cdata* memory of 2 * n bytes
---@param from ffi.cdata* floats
---@param n number
function elements.to_half(to, from, n)
   local y, x = ffi.cast('uint16_t *', to), ffi.cast('const int32_t *', from)
   for i = 0, n - 1 do y[i] = nearest_half(x[i]) end
end

---@type table<string, ElementType> by the name that safetensors files use
elements.types = {
   F32 = {bytes = 4, dtype = 'float32'},
   F64 = {bytes = 8, dtype = 'float64'},
   F16 = {bytes = 2, dtype = 'float32', convert = from_half},
   BF16 = {bytes = 2, dtype = 'float32', convert = from_bfloat16},
   U8 = {bytes = 1, dtype = 'uint8'},
   BOOL = {bytes = 1, dtype = 'uint8'},
   I8 = {bytes = 1, dtype = 'int8'},
   I16 = {bytes = 2, dtype = 'int16'},
   I32 = {bytes = 4, dtype = 'int32'},
   I64 = {bytes = 8, dtype = 'int64'},
}

--- The names that tensors are written under.
elements.name_of = {float32 = 'F32', float64 = 'F64', uint8 = 'U8', int8 = 'I8', int16 = 'I16', int32 = 'I32', int64 = 'I64'}

local piece = 2 ^ 20 -- elements converted at once, so that a large tensor does not need its memory twice

--- Fills `tensor` (contiguous, on the CPU) with n elements of `kind`; read(pointer, first, bytes) brings raw bytes.
---@param kind ElementType
function elements.fill(tensor, kind, n, read)
   if n == 0 then return end
   local data = ffi.cast('uint8_t *', tensor:data())
   if not kind.convert then return read(data, 0, n * kind.bytes) end
   local buffer = ffi.new('uint8_t[?]', math.min(n, piece) * kind.bytes)
   local step = tensor._storage.dtype.bytes
   for first = 0, n - 1, piece do
      local m = math.min(piece, n - first)
      read(buffer, first * kind.bytes, m * kind.bytes)
      kind.convert(data + first * step, buffer, m)
   end
end

return elements
