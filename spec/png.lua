--- png.lua: PNG files of every colour type and depth for the specs, some of which hilo itself does not write. The pixels are not
--- compressed.
local ffi = require 'ffi'
local core = require 'hilo.core'

local function big(n)
   return string.char(math.floor(n / 2 ^ 24) % 256, math.floor(n / 2 ^ 16) % 256, math.floor(n / 256) % 256, n % 256)
end

local function chunk(kind, body)
   local text = kind .. body
   return big(#body) .. text .. big(tonumber(core.host.hl_host_crc32(0, ffi.cast('const void *', text), #text)))
end

local function adler(text)
   local a, b = 1, 0
   for i = 1, #text do
      a = (a + text:byte(i)) % 65521
      b = (b + a) % 65521
   end
   return big(b * 65536 + a)
end

-- A stream of zlib's of one stored block.
local function stored(text)
   assert(#text < 65536)
   local low, high = #text % 256, math.floor(#text / 256)
   return '\120\1\1' .. string.char(low, high, 255 - low, 255 - high) .. text .. adler(text)
end

local channels = {[0] = 1, [2] = 3, [3] = 1, [4] = 2, [6] = 4}

--- The bytes of a PNG.
---@param kind integer colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
---@param bits integer of a sample
---@param rows integer[][] samples of each row, interleaved
---@param palette? integer[][] {r, g, b}
---@return string
return function(kind, bits, rows, palette)
   local lines = {}
   for y, row in ipairs(rows) do
      local bytes, held, value = {'\0'}, 0, 0
      for _, sample in ipairs(row) do
         if bits == 16 then
            bytes[#bytes + 1] = string.char(math.floor(sample / 256), sample % 256)
         else
            value, held = value * 2 ^ bits + sample, held + bits
            if held == 8 then
               bytes[#bytes + 1] = string.char(value)
               value, held = 0, 0
            end
         end
      end
      if held > 0 then bytes[#bytes + 1] = string.char(value * 2 ^ (8 - held)) end
      lines[y] = table.concat(bytes)
   end
   local colours = {}
   for i, c in ipairs(palette or {}) do colours[i] = string.char(c[1], c[2], c[3]) end
   return '\137PNG\r\n\26\n' .. chunk('IHDR', big(#rows[1] / channels[kind]) .. big(#rows) .. string.char(bits, kind, 0, 0, 0))
      .. (palette and chunk('PLTE', table.concat(colours)) or '') .. chunk('IDAT', stored(table.concat(lines))) .. chunk('IEND', '')
end
