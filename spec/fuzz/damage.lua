--- damage.lua: what happens to the bytes of a file: bits turned, numbers made huge, parts cut out, doubled, exchanged.
local bit = require 'bit'
local core = require 'hilo.core'

local damage = {}

local function replaced(bytes, at, piece) return bytes:sub(1, at - 1) .. piece .. bytes:sub(at + #piece) end

local words = {'\0\0\0\0', '\255\255\255\255', '\127\255\255\255', '\255\255\255\127', '\0\0\0\128', '\128\0\0\0', '\1\0\0\0',
   '\0\0\0\1', '\0\0\255\255', '\0\0\1\0', '\255\255', '\0\0', '\0', '\255', '\127', '\128',
   '\0\0\0\0\0\0\0\128', '\255\255\255\255\255\255\255\127'}

local binary = {
   function(draw, b) -- a bit
      local at = draw:whole(1, #b)
      return replaced(b, at, string.char(bit.bxor(b:byte(at), 2 ^ draw:whole(0, 7))))
   end,
   function(draw, b) return replaced(b, draw:whole(1, #b), string.char(draw:whole(0, 255))) end,
   function(draw, b)
      local word = draw:of(words)
      return replaced(b, draw:whole(1, math.max(1, #b - #word + 1)), word)
   end,
   function(draw, b) -- in the header
      local word = draw:of(words)
      return replaced(b, draw:whole(1, math.max(1, math.min(#b, 128) - #word + 1)), word)
   end,
   function(draw, b) return b:sub(1, draw:whole(0, #b)) end,
   function(draw, b)
      local at = draw:whole(1, #b)
      return b:sub(1, at - 1) .. b:sub(at + draw:whole(1, 64))
   end,
   function(draw, b)
      local at, n = draw:whole(1, #b), draw:whole(1, 64)
      return b:sub(1, at) .. b:sub(at, at + n) .. b:sub(at + 1)
   end,
   function(draw, b)
      local from, to = draw:whole(1, #b), draw:whole(1, #b)
      return replaced(b, to, b:sub(from, from + draw:whole(0, 32))):sub(1, #b)
   end,
}

local numbers = {'0', '-1', '1e400', '1000000000000', '9007199254740993', '-9223372036854775808', '0.5', 'nan', 'null', '1e-400',
   '65000'}
local pieces = {'\0', '\n', '\r\n', '"', '{', '}', '[', ']', ',', ':', '\\', '\\u0000', '\\ud800', '../', '/', '#',
   '\255\254', '\239\187\191',
   'null', 'true', '""', '[]', '{}', ('['):rep(3000), ('{"a":'):rep(3000), ('x'):rep(70000), ';', '\t', ' ', '%s%n'}

local text = {
   function(draw, b) -- a number
      local places = {}
      for from, to in b:gmatch '()%-?%d+%.?%d*()' do places[#places + 1] = {from, to} end
      if #places == 0 then return b end
      local place = draw:of(places)
      return b:sub(1, place[1] - 1) .. draw:of(numbers) .. b:sub(place[2])
   end,
   function(draw, b)
      local at = draw:whole(0, #b)
      return b:sub(1, at) .. draw:of(pieces) .. b:sub(at + 1)
   end,
   function(draw, b)
      local at = draw:whole(1, #b)
      return b:sub(1, at - 1) .. draw:of(pieces) .. b:sub(at + draw:whole(1, 8))
   end,
   function(draw, b) -- a value of JSON becomes another
      local places = {}
      for from, to in b:gmatch '():%s*["%d%[%{][^,%]%}]*()' do places[#places + 1] = {from, to} end
      if #places == 0 then return b end
      local place = draw:of(places)
      return b:sub(1, place[1]) .. draw:of(pieces) .. b:sub(place[2])
   end,
   binary[1], binary[5], binary[6], binary[7],
}

local function u32(n) return string.char(bit.band(bit.rshift(n, 24), 255), bit.band(bit.rshift(n, 16), 255),
   bit.band(bit.rshift(n, 8), 255), bit.band(n, 255)) end

-- A PNG whose chunks' sums are right again, so that readers look at what they hold.
local function with_sums(b)
   local parts, at = {b:sub(1, 8)}, 9
   while at + 11 <= #b do
      local n = 0
      for i = at, at + 3 do n = n * 256 + b:byte(i) end
      if at + 11 + n > #b then break end
      local chunk = b:sub(at + 4, at + 7 + n)
      parts[#parts + 1] = b:sub(at, at + 3) .. chunk .. u32(core.host.hl_host_crc32(0, chunk, #chunk))
      at = at + 12 + n
   end
   return table.concat(parts) .. b:sub(at)
end

--- Damaged bytes.
---@param draw FuzzNumbers
---@param bytes string
---@param kind 'binary'|'text'
---@return string
function damage.of(draw, bytes, kind)
   local ways, png = kind == 'text' and text or binary, bytes:sub(1, 8) == '\137PNG\r\n\26\n'
   for _ = 1, draw:chance(0.6) and 1 or draw:whole(2, 6) do
      if #bytes > 0 then bytes = draw:of(ways)(draw, bytes) end
   end
   if png and draw:chance(0.7) then bytes = with_sums(bytes) end
   return bytes
end

return damage
