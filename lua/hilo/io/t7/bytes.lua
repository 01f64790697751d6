--- io/t7/bytes.lua: the numbers and characters of Torch7's files, binary and ascii, read from a file or a string and written as one.
--- Binary is little-endian without gaps. In ascii numbers are text with a line end behind each number or list of numbers, and
--- characters stand as they are with a line end behind them.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'

assert(ffi.abi('le'), 'hilo.io.t7 reads and writes numbers as a little-endian machine keeps them')

ffi.cdef 'long long strtoll(const char *text, char **end, int base);'

local bytes = {}

local window = 2 ^ 16 -- bytes of a file that are read at once
local longest_number = 64 -- characters
local piece = 2 ^ 16 -- elements that become text at once

local line_end, blank = 10, 32

-- ---- reading ----

---@class T7Source
---@field name string for messages
---@field path string? nil where a string is read
---@field size number bytes
---@field base number bytes before the buffer
---@field at number of the next byte in the buffer, from 0
---@field filled number bytes in the buffer
---@field ascii boolean
---@field long integer bytes of a long: 8, or 4 in files of 32-bit machines
local Source = {}
Source.__index = Source

--- Errors with the place in the file.
function Source:fail(format, ...)
   core.raise(('%s: byte %.0f: %s'):format(self.name, self.base + self.at, format:format(...)))
end

--- Bytes that are not read yet.
function Source:left() return self.size - self.base - self.at end

-- n <= window bytes lie in the buffer from self.at on.
local function need(self, n)
   if self.filled - self.at >= n then return end
   if self:left() < n then self:fail('it is cut short') end
   self.base, self.at = self.base + self.at, 0
   self.filled = math.min(window, self.size - self.base)
   file.read_into(self.path, self.buffer, self.base, self.filled)
end

--- n bytes to memory.
function Source:copy_to(pointer, n)
   if n > self:left() then self:fail('it is cut short: %.0f bytes should follow, there are %.0f', n, self:left()) end
   local near = math.min(n, self.filled - self.at)
   ffi.copy(pointer, self.buffer + self.at, near)
   self.at = self.at + near
   if n > near then
      file.read_into(self.path, ffi.cast('uint8_t *', pointer) + near, self.base + self.at, n - near)
      self.base, self.at, self.filled = self.base + self.at + n - near, 0, 0
   end
end

local function end_line(self)
   if self:left() == 0 then return end
   need(self, 1)
   if self.buffer[self.at] == line_end then self.at = self.at + 1 end
end

-- The next word of an ascii file.
local function word(self)
   repeat
      need(self, 1)
      local c = self.buffer[self.at]
      if c <= blank then self.at = self.at + 1 end
   until c > blank
   need(self, math.min(longest_number, self:left()))
   local n = 0
   while n < longest_number and self.at + n < self.filled and self.buffer[self.at + n] > blank do n = n + 1 end
   local text = ffi.string(self.buffer + self.at, n)
   self.at = self.at + n
   return text
end

local function as_number(self, text)
   return tonumber(text) or self:fail("'%s' is no number", (text:gsub('[^\32-\126]', '?')))
end

local ctypes = {int = 'int32_t', long4 = 'int32_t', long8 = 'int64_t', double = 'double'}
local pointers, widths = {}, {}
for kind, ctype in pairs(ctypes) do pointers[kind], widths[kind] = ffi.typeof('const ' .. ctype .. ' *'), ffi.sizeof(ctype) end

local float64 = {name = 'float64'}
local one_double = ffi.new('double[1]')

local function binary(self, kind)
   local width = widths[kind]
   need(self, width)
   local from = self.buffer + self.at
   self.at = self.at + width
   if kind == 'double' then
      ffi.copy(one_double, from, 8)
      return tonumber(Tensor.plain_nans(one_double, 1, float64)[0])
   end
   return tonumber(ffi.cast(pointers[kind], from)[0])
end

local function number(self, kind)
   if not self.ascii then return binary(self, kind) end
   local value = as_number(self, word(self))
   end_line(self)
   return value
end

local function whole(self, value)
   if value ~= value or value % 1 ~= 0 or value >= 2 ^ 53 or value <= -2 ^ 53 then self:fail('%g is no whole number', value) end
   return value
end

---@return number of 32 bits
function Source:int() return whole(self, number(self, 'int')) end
---@return number of 64 bits, where it is one that Lua can hold
function Source:one_long() return whole(self, number(self, 'long' .. self.long)) end
---@return number
function Source:double() return number(self, 'double') end

--- A list of n whole numbers of 64 bits.
---@param n integer
---@return integer[]
function Source:longs(n)
   local list = {}
   for i = 1, n do list[i] = whole(self, self.ascii and as_number(self, word(self)) or binary(self, 'long' .. self.long)) end
   if self.ascii and n > 0 then end_line(self) end
   return list
end

--- A string of as many characters as the number before it says.
---@return string
function Source:text()
   local n = self:int()
   if n < 0 or n > self:left() then self:fail('a string of %.0f characters, where %.0f bytes are left', n, self:left()) end
   local text
   if n <= window then
      need(self, n)
      text = ffi.string(self.buffer + self.at, n)
      self.at = self.at + n
   else
      local memory = ffi.new('uint8_t[?]', n)
      self:copy_to(memory, n)
      text = ffi.string(memory, n)
   end
   if self.ascii and n > 0 then end_line(self) end
   return text
end

--- Whether n elements may follow: a number takes two bytes of text at least.
---@param n number
---@param kind ElementType
---@return boolean
function Source:can_hold(n, kind) return n * (self.ascii and kind.bytes > 1 and 2 or kind.bytes) - 1 <= self:left() end

local in_text = {I16 = 'int16_t', I32 = 'int32_t', I64 = 'int64_t', F32 = 'float', F64 = 'double'}

-- Fills memory of such a type with n numbers that stand as text.
local function read_words(self, name, to, n)
   local out = ffi.cast(ffi.typeof(in_text[name] .. ' *'), to)
   local high = 2 ^ (8 * ffi.sizeof(in_text[name]) - 1)
   for i = 0, n - 1 do
      local text = word(self)
      local value = as_number(self, text)
      if name:sub(1, 1) == 'I' and (value % 1 ~= 0 or value < -high or value > high) then
         self:fail('%s is no element of its storage', text)
      end
      out[i] = name == 'I64' and ffi.C.strtoll(text, nil, 10) or value
   end
end

--- What brings the elements of a storage, in their order: read(pointer, first, bytes). In ascii, those of one byte are characters.
---@param name string of the elements' type in io/elements.lua
---@param kind ElementType
---@return fun(to: ffi.cdata*, first: number, bytes: number)
function Source:elements(name, kind)
   if not self.ascii or kind.bytes == 1 then return function(to, _, n) self:copy_to(to, n) end end
   return function(to, _, n) read_words(self, name, to, n / kind.bytes) end
end

--- What follows the elements of a storage.
function Source:after_elements(n) if self.ascii and n > 0 then end_line(self) end end

-- Binary files begin with a type, 0 to 8, in four bytes; ascii ones with its digit and a line end.
local function looks_ascii(text) return text:match '^%s*%d+%s' ~= nil end

local formats = {binary = {false, 8}, ascii = {true, 8}, b32 = {false, 4}, b64 = {false, 8}}

--- Opens a file, or a string, for reading.
---@param given {path: string?, text: string?, name: string?, format: 'binary'|'ascii'|'b32'|'b64'|nil} the format is seen if not given
---@return T7Source
function bytes.source(given)
   local path, text = given.path, given.text
   core.check(given.format == nil or formats[given.format], "t7: there is no format '%s'; use binary, ascii, b32 or b64",
      tostring(given.format))
   local self = setmetatable({name = given.name or path, path = path, base = 0, at = 0}, Source)
   if path then
      file.check_path(path, 't7.read')
      self.size, self.filled, self.buffer = file.size(path), 0, ffi.new('uint8_t[?]', window)
   else
      self.size, self.filled, self.kept, self.buffer = #text, #text, text, ffi.cast('const uint8_t *', text)
   end
   if self.size == 0 then self:fail('it is empty') end
   local head = text and text:sub(1, 16) or file.read(path, 0, math.min(16, self.size))
   local format = formats[given.format or looks_ascii(head) and 'ascii' or 'binary']
   self.ascii, self.long = format[1], format[2]
   return self
end

-- ---- writing ----

---@class T7Sink
---@field put fun(data: string|ffi.cdata*, n: number?)
---@field flush fun()
---@field ascii boolean
---@field long integer bytes of a long: 8, or 4 as in files of 32-bit machines
local Sink = {}
Sink.__index = Sink

local most_parts = 4096 -- short strings that are put together before they are written

--- What is written goes to put(data, bytes) in its order, the last of it at flush().
---@param put fun(data: string|ffi.cdata*, n: number?)
---@param ascii boolean
---@param long? integer 8
---@return T7Sink
function bytes.sink(put, ascii, long)
   local self = setmetatable({ascii = ascii, long = long or 8}, Sink)
   local parts, n = {}, 0
   function self.flush()
      if n > 0 then put(table.concat(parts, '', 1, n)) end
      n = 0
   end
   function self.put(data, size)
      if size then
         self.flush()
         return put(data, size)
      end
      n = n + 1
      parts[n] = data
      if n == most_parts then self.flush() end
   end
   return self
end

local cells = {int = ffi.new('int32_t[1]'), long = ffi.new('int64_t[1]'), double = one_double}

local function put_number(self, kind, value, format)
   if self.ascii then return self.put(format:format(value) .. '\n') end
   local cell = cells[kind]
   cell[0] = value
   self.put(ffi.string(cell, ffi.sizeof(cell)))
end

function Sink:int(value) put_number(self, 'int', value, '%d') end
function Sink:one_long(value)
   core.check(self.long == 8 or value >= -2 ^ 31 and value < 2 ^ 31, 't7: %.0f is no long of 4 bytes', value)
   put_number(self, self.long == 4 and 'int' or 'long', value, '%.0f')
end
function Sink:double(value) put_number(self, 'double', value, '%.17g') end

function Sink:longs(list)
   if not self.ascii then
      for _, value in ipairs(list) do self:one_long(value) end
   elseif #list > 0 then
      self.put(table.concat(list, ' ') .. '\n')
   end
end

function Sink:text(text)
   self:int(#text)
   self.put(text)
   if self.ascii and #text > 0 then self.put '\n' end
end

local as_float = {float32 = '%.9g', float64 = '%.17g'}

-- Text of n elements at `data`.
local function words_of(data, n, dtype)
   local format, words = as_float[dtype.name], {}
   if format then
      local copy = ffi.new(dtype.ctype .. '[?]', n)
      ffi.copy(copy, data, n * dtype.bytes)
      data = Tensor.plain_nans(copy, n, dtype)
   end
   for i = 0, n - 1 do words[i + 1] = format and format:format(data[i]) or tostring(data[i]):gsub('L+$', '') end
   return table.concat(words, ' ')
end

--- The elements of a storage, of which get(first, count) gives a pointer to some.
---@param n number elements
---@param dtype DType
---@param get fun(first: number, count: number): ffi.cdata*
function Sink:elements(n, dtype, get)
   for first = 0, n - 1, piece do
      local count = math.min(piece, n - first)
      local data = get(first, count)
      if not self.ascii and self.long == 4 and dtype.name == 'int64' then
         for i = 0, count - 1 do self:one_long(tonumber(data[i])) end
      elseif not self.ascii or dtype.bytes == 1 then
         self.put(data, count * dtype.bytes)
      else
         self.put(words_of(data, count, dtype) .. (first + count < n and ' ' or ''))
      end
   end
   if self.ascii and n > 0 then self.put '\n' end
end

return bytes
