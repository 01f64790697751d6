--- io/protobuf.lua: fields of protocol buffers as strings, for messages that are written and never read here. A message is the
--- concatenation of its fields, in any order. After protobuf.dev/programming-guides/encoding.
local ffi = require 'ffi'
local utf8 = require 'hilo.io.utf8'

assert(ffi.abi('le'), 'hilo.io.protobuf writes numbers as a little-endian machine keeps them')

local protobuf = {}

--- A whole number of seven bits a byte, the low ones first.
---@param n number 0 <= n < 2^53
---@return string
function protobuf.varint(n)
   if n < 128 then return string.char(n) end
   local bytes = {}
   while n >= 128 do
      bytes[#bytes + 1] = string.char(n % 128 + 128)
      n = math.floor(n / 128)
   end
   return table.concat(bytes) .. string.char(n)
end

local varint = protobuf.varint

-- What comes before a field's value: its number and how the value is laid out.
local function key(number, wire) return varint(number * 8 + wire) end

--- int32, int64, bool (0 or 1) and enum.
---@param number integer of the field, as in all functions below
---@param n number whole, 0 or more
function protobuf.int(number, n) return key(number, 0) .. varint(n) end

--- int64 of either sign: two's complement of 64 bits.
---@param n number whole
function protobuf.signed(number, n)
   if n >= 0 then return protobuf.int(number, n) end
   local u, bytes = ffi.cast('uint64_t', ffi.cast('int64_t', n)), {}
   while u >= 128 do
      bytes[#bytes + 1] = string.char(tonumber(u % 128) + 128)
      u = u / 128
   end
   return key(number, 0) .. table.concat(bytes) .. string.char(tonumber(u))
end

local one_double, one_float = ffi.new('double[1]'), ffi.new('float[1]')

function protobuf.double(number, x)
   one_double[0] = x
   return key(number, 1) .. ffi.string(one_double, 8)
end

function protobuf.float(number, x)
   one_float[0] = x
   return key(number, 5) .. ffi.string(one_float, 4)
end

--- What comes before bytes, or a message inside the message, that follow.
---@param bytes number how many
function protobuf.before(number, bytes) return key(number, 2) .. varint(bytes) end

--- bytes, and messages inside the message.
---@param text string
function protobuf.bytes(number, text) return protobuf.before(number, #text) .. text end

--- string: readers refuse a message in which one is not UTF-8.
---@param text string
function protobuf.text(number, text) return protobuf.bytes(number, utf8.valid(text)) end

--- repeated double, packed.
---@param list number[]
function protobuf.doubles(number, list)
   local values = ffi.new('double[?]', math.max(1, #list), list)
   return protobuf.bytes(number, ffi.string(values, 8 * #list))
end

return protobuf
