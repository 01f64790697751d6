--- report/images.lua: pictures inside the page.
local bit = require 'bit'
local file = require 'hilo.io.file'

local images = {}

local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

-- Two characters for each of the 4096 values of 12 bits.
local pairs_of = {}
for i = 0, 4095 do
   local high, low = bit.rshift(i, 6) + 1, bit.band(i, 63) + 1
   pairs_of[i] = alphabet:sub(high, high) .. alphabet:sub(low, low)
end

--- Bytes in base64 (RFC 4648).
---@param data string
---@return string
function images.base64(data)
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

local kinds = {png = 'image/png', jpg = 'image/jpeg', jpeg = 'image/jpeg'}

--- An image file as a data URI.
---@param path string
---@return string
function images.data_uri(path)
   local kind = kinds[(path:match('%.(%w+)$') or ''):lower()] or 'application/octet-stream'
   return ('data:%s;base64,%s'):format(kind, images.base64(file.read(path)))
end

return images
