--- io/records.lua: a file of records, as TensorFlow's TFRecord format frames them: the length (8 bytes), its checksum, the data, its
--- checksum. A file that ends within a record is whole up to the record before.
local ffi = require 'ffi'

local records = {}

local band, bxor, rshift, ror = bit.band, bit.bxor, bit.rshift, bit.ror

local function make_table()
   local t = ffi.new('int32_t[256]')
   for i = 0, 255 do
      local c = i
      for _ = 1, 8 do c = band(c, 1) == 1 and bxor(rshift(c, 1), 0x82f63b78) or rshift(c, 1) end
      t[i] = c
   end
   return t
end

local castagnoli

--- CRC-32C, that of RFC 3720 (iSCSI); zip and PNG use another polynomial.
---@param text string
---@return number 0 <= crc < 2^32
function records.crc32c(text)
   castagnoli = castagnoli or make_table()
   local t, bytes, c = castagnoli, ffi.cast('const uint8_t *', text), -1
   for i = 0, #text - 1 do c = bxor(t[band(bxor(c, bytes[i]), 255)], rshift(c, 8)) end
   return bit.bnot(c) % 2 ^ 32
end

-- A checksum of data that holds checksums says little, so the format turns and shifts it.
local function masked(text) return (ror(records.crc32c(text), 15) % 2 ^ 32 + 0xa282ead8) % 2 ^ 32 end

local function u32(n)
   return string.char(n % 256, math.floor(n / 2 ^ 8) % 256, math.floor(n / 2 ^ 16) % 256, math.floor(n / 2 ^ 24) % 256)
end

--- The bytes of a file for one record.
---@param data string
---@return string
function records.frame(data)
   local length = u32(#data % 2 ^ 32) .. u32(math.floor(#data / 2 ^ 32))
   return table.concat {length, u32(masked(length)), data, u32(masked(data))}
end

return records
