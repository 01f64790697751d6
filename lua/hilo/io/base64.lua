--- io/base64.lua: bytes as text of 64 letters (RFC 4648), four for three bytes.
local bit = require 'bit'

local base64 = {}

local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

-- Two characters for each of the 4096 values of 12 bits.
local pairs_of = {}
for i = 0, 4095 do
   local high, low = bit.rshift(i, 6) + 1, bit.band(i, 63) + 1
   pairs_of[i] = alphabet:sub(high, high) .. alphabet:sub(low, low)
end

--- Bytes as text.
---@param data string
---@return string
function base64.encode(data)
   local parts = {}
   for at = 1, #data - 2, 3 do
      local a, b, c = data:byte(at, at + 2)
      local bits = a * 65536 + b * 256 + c
      parts[#parts + 1] = pairs_of[bit.rshift(bits, 12)]
      parts[#parts + 1] = pairs_of[bit.band(bits, 4095)]
   end
   local rest = #data % 3
   if rest > 0 then
      local a, b = data:byte(#data - rest + 1, #data)
      local bits = a * 65536 + (b or 0) * 256
      parts[#parts + 1] = pairs_of[bit.rshift(bits, 12)]
      parts[#parts + 1] = rest == 2 and pairs_of[bit.band(bits, 4095)]:sub(1, 1) .. '=' or '=='
   end
   return table.concat(parts)
end

local value_of = {}
for i = 1, #alphabet do value_of[alphabet:byte(i)] = i - 1 end

--- Text as bytes; line ends are read over.
---@param text string
---@return string? nil where the text is no base64
function base64.decode(text)
   text = text:gsub('%s', '')
   local body = text:gsub('=+$', '')
   if #text % 4 ~= 0 or #text - #body > 2 then return nil end
   local parts, bits, held = {}, 0, 0
   for i = 1, #body do
      local value = value_of[body:byte(i)]
      if not value then return nil end
      bits, held = bits % 2 ^ held * 64 + value, held + 6
      if held >= 8 then
         held = held - 8
         parts[#parts + 1] = string.char(math.floor(bits / 2 ^ held))
      end
   end
   return table.concat(parts)
end

return base64
