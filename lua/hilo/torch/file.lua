--- torch/file.lua: torch.MemoryFile, torch.DiskFile and torch.PipeFile: objects, numbers and strings one after the other, in memory, on
--- the disk or to and from a command, binary or ascii. What several writeObject share is shared again after as many readObject.
---
---     local f = torch.MemoryFile():binary()
---     f:writeObject {1, 'two'}
---     f:seek(1)
---     assert(f:readObject()[2] == 'two')
local ffi = require 'ffi'
local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local bytes = require 'hilo.io.t7.bytes'
local t7 = require 'hilo.io.t7'
local write_value = require 'hilo.io.t7.write'
local medium = require 'hilo.torch.medium'
local storages = require 'hilo.torch.storage'

local check = core.check

---@class torch.File
---@field medium hilo.torch.medium? where its bytes are; nil once it is closed, or where it could not be opened
---@field at integer bytes before the place that is read or written next
---@field mode 'r'|'w'|'rw'
---@field format 'ascii'|'binary'
---@field is_quiet boolean? what is not there to read is no error
---@field failed boolean? something was not there
---@field spaced boolean numbers in ascii have blanks and line ends between them
---@field turned boolean? binary numbers begin with their highest byte
---@field long integer? bytes of a long, 8 where nil
---@field path string? of a file on the disk
local File = class 'torch.File'

local function check_mode(mode, what)
   mode = mode or 'rw'
   check(mode == 'r' or mode == 'w' or mode == 'rw', "%s: the mode must be 'r', 'w' or 'rw', got '%s'", what, tostring(mode))
   return mode
end

local function begin(self, where, mode)
   self.medium, self.at, self.mode, self.format, self.spaced = where, 0, mode, 'ascii', true
   self.read_before, self.written_before = {objects = {}, storages = {}}, {numbers = {}, count = 0, parts = {}}
   self.is_quiet, self.failed = false, false
end

--- Numbers as they lie in memory, and objects as torch.save writes them in 'binary'.
---@return torch.File self
function File:binary()
   self.format = 'binary'
   return self
end
--- Numbers as words; a file is ascii at first.
---@return torch.File self
function File:ascii()
   self.format = 'ascii'
   return self
end

--- From now on what is not there to read gives nil, and hasError() tells.
---@return torch.File self
function File:quiet()
   self.is_quiet = true
   return self
end
--- From now on, as at first, it is an error.
---@return torch.File self
function File:pedantic()
   self.is_quiet = false
   return self
end
--- Whether the file could not be opened, or something was not there to read since clearError.
---@return boolean
function File:hasError() return self.failed or false end
--- Nothing was amiss so far.
---@return torch.File self
function File:clearError()
   self.failed = false
   return self
end
--- Whether it is open for reading.
---@return boolean
function File:isReadable() return self.medium ~= nil and self.mode ~= 'w' end
--- Whether it is open for writing.
---@return boolean
function File:isWritable() return self.medium ~= nil and self.mode ~= 'r' end
--- Whether what is not there to read is no error.
---@return boolean
function File:isQuiet() return self.is_quiet end
--- Whether numbers lie as in memory.
---@return boolean
function File:isBinary() return self.format == 'binary' end
--- Whether numbers in ascii have blanks and line ends between them.
---@return boolean
function File:isAutoSpacing() return self.spaced end
--- Numbers in ascii have blanks between them and a line end behind the last, as at first.
---@return torch.File self
function File:autoSpacing()
   self.spaced = true
   return self
end
--- Numbers in ascii follow each other with nothing between them.
---@return torch.File self
function File:noAutoSpacing()
   self.spaced = false
   return self
end
--- What is written goes to the disk at once, or to the command.
---@return torch.File self
function File:noBuffer()
   if self.medium and self.medium.file then self.medium.file:setvbuf 'no' end
   return self
end
--- Bytes of a long in binary: 8, or 4 in files of 32-bit machines; 0: 8.
---@param n 0|4|8
---@return torch.File self
function File:longSize(n)
   check(n == 0 or n == 4 or n == 8, 'longSize: expects 0, 4 or 8, got %s', tostring(n))
   self.long = n == 4 and 4 or nil
   return self
end
--- Binary numbers begin with their lowest byte, as at first.
---@return torch.File self
function File:littleEndianEncoding()
   self.turned = false
   return self
end
--- Binary numbers begin with their highest byte. Objects cannot be read and written so.
---@return torch.File self
function File:bigEndianEncoding()
   self.turned = true
   return self
end
File.nativeEndianEncoding = File.littleEndianEncoding
--- Whether the processor keeps the lowest byte of a number first: the only kind that hilo runs on.
---@return boolean
function File:isLittleEndianCPU() return true end
--- Whether the processor keeps the highest byte of a number first.
---@return boolean
function File:isBigEndianCPU() return false end
--- With false, what writeObject meets again it writes again, so that nothing is shared after reading; less has to be remembered.
---@param remembered boolean
---@return torch.File self
function File:referenced(remembered)
   self.written_before.numbers = remembered and {} or false
   return self
end
--- Whether what is met again is written once.
---@return boolean
function File:isReferenced() return self.written_before.numbers ~= false end

--- Place of the next byte, from 1.
---@return integer
function File:position() return self.at + 1 end
local function readable(self, what)
   check(self.medium and self.mode ~= 'w', '%s: the file %s', what, self.medium and 'is open for writing' or 'is closed')
end

-- What cannot be done is an error, or only noted.
local function fail(self, format, ...)
   self.failed = true
   if not self.is_quiet then core.raise(format:format(...)) end
end

local function put(self, what, text)
   check(self.medium and self.mode ~= 'r', '%s: the file %s', what, self.medium and 'is open for reading' or 'is closed')
   self.medium:write(self.at, text)
   self.at = self.at + #text
end

--- Goes to a place, counted from 1.
---@param place integer
---@return torch.File self
function File:seek(place)
   check(type(place) == 'number' and place % 1 == 0, 'seek: expects a whole number, got %s', tostring(place))
   check(self.medium, 'seek: the file is closed')
   local size = self.medium:size()
   if place < 1 or place > size + 1 then
      fail(self, 'seek: place %.0f is not in a file of %.0f bytes', place, size)
   else
      self.at = place - 1
   end
   return self
end
--- Goes behind the last byte.
---@return torch.File self
function File:seekEnd()
   check(self.medium, 'seekEnd: the file is closed')
   self.at = self.medium:size()
   return self
end

--- What was written goes to the disk, or to the command.
---@return torch.File self
function File:synchronize()
   if self.medium and self.mode ~= 'r' then self.medium:flush() end
   return self
end

--- What was written goes to the disk, or to the command, which is waited for; no more is read or written.
function File:close()
   if self.medium then self.medium:close() end
   self.medium = nil
end

-- ---- objects ----

local function as_t7(self, what)
   check(not self.turned, '%s: objects begin with the lowest byte of each number; call littleEndianEncoding()', what)
   if self.format == 'ascii' then return 'ascii' end
   return self.long == 4 and 'b32' or 'binary'
end

--- The next object.
---@return any
function File:readObject()
   readable(self, 'readObject')
   local format = as_t7(self, 'readObject')
   if self.at == self.medium:size() then return fail(self, 'readObject: the file is at its end') end
   local source
   if self.path then
      if self.mode ~= 'r' then self.medium:flush() end
      source = bytes.source {path = self.path, name = self.path, format = format}
      source.base = self.at
   else
      source = bytes.source {text = self.medium:whole(), name = 'a file in memory', format = format}
      source.at = self.at
   end
   local value = t7._next(source, self.read_before)
   self.at = source.base + source.at
   return value
end

--- Writes an object: a number, a string, a tensor, a module, tables of them.
---@param value any
---@return torch.File self
function File:writeObject(value)
   local format, parts = as_t7(self, 'writeObject'), {}
   local function take(data, n) parts[#parts + 1] = type(data) == 'string' and data or ffi.string(data, n) end
   write_value(bytes.sink(take, format == 'ascii', self.long), value, {}, self.written_before)
   put(self, 'writeObject', table.concat(parts))
   return self
end

-- ---- numbers ----

local ctypes = {Byte = 'uint8_t', Char = 'int8_t', Short = 'int16_t', Int = 'int32_t', Long = 'int64_t', Float = 'float',
   Double = 'double'}
local is_character = {Byte = true, Char = true} -- these are characters in ascii too
local formats = setmetatable({Float = '%.9g', Double = '%.17g'}, {__index = function() return '%.0f' end})

local function ctype_of(self, kind) return kind == 'Long' and self.long == 4 and 'int32_t' or ctypes[kind] end

-- The bytes of each number in the opposite order.
local function turned(text, width)
   if width == 1 then return text end
   return (text:gsub(('.'):rep(width), string.reverse))
end

local function as_in_memory(self, kind, n)
   local ctype = ctype_of(self, kind)
   local width = ffi.sizeof(ctype)
   local text = self.medium:read(self.at, n * width)
   if #text < n * width then return fail(self, 'read%s: %.0f bytes are wanted, %d are left', kind, n * width, #text) end
   self.at = self.at + #text
   local out = ffi.new(ctype .. '[?]', math.max(1, n))
   ffi.copy(out, self.turned and turned(text, width) or text, #text)
   local values = {}
   for i = 1, n do values[i] = tonumber(out[i - 1]) end
   return values
end

local longest_word, longest_window = 64, 2 ^ 14

-- Where the next n words end, and the words; as many as there are.
local function words(self, n)
   local list, at, text, place = {}, self.at, '', 1
   local window = math.min(longest_window, (n + 1) * longest_word)
   while #list < n do
      -- a word that ends with the text may go on behind it
      if #text - place < longest_word and at + #text < self.medium:size() then
         at = at + place - 1
         text, place = self.medium:read(at, window), 1
      end
      local word, after = text:match('^%s*(%S+)()', place)
      if not word and at + #text < self.medium:size() then
         place = #text + 1
      elseif not word then
         break
      else
         list[#list + 1], place = word, after
      end
   end
   return list, at + place - 1
end

local function as_words(self, kind, n)
   local list, ends = words(self, n)
   local values = {}
   for i = 1, n do
      values[i] = tonumber(list[i])
      if not values[i] then return fail(self, 'read%s: number %d of %d is not there', kind, i, n) end
   end
   self.at = ends
   return values
end

local function read_numbers(self, kind, n)
   readable(self, 'read' .. kind)
   check(type(n) == 'number' and n >= 0 and n % 1 == 0, 'read%s: expects a count or a storage, got %s', kind, tostring(n))
   if self.format == 'binary' then return as_in_memory(self, kind, n) end
   local values = (is_character[kind] and as_in_memory or as_words)(self, kind, n)
   if values and n > 0 and self.spaced and self.medium:read(self.at, 1) == '\n' then self.at = self.at + 1 end
   return values
end

local function written(self, kind, values)
   if self.format == 'binary' or is_character[kind] then
      local ctype = ctype_of(self, kind)
      local width = ffi.sizeof(ctype)
      local text = ffi.string(ffi.new(ctype .. '[?]', math.max(1, #values), values), #values * width)
      return self.format == 'binary' and self.turned and turned(text, width) or text
   end
   local list = {}
   for i, value in ipairs(values) do list[i] = formats[kind]:format(value) end
   return table.concat(list, self.spaced and ' ' or '')
end

local function add_numbers(kind)
   --- A number; with a count, a storage of so many; with a storage, so many as it has, into it.
   ---@param n? integer|torch.Storage
   ---@return number|torch.Storage|nil
   File['read' .. kind] = function(self, n)
      local values = read_numbers(self, kind, type(n) == 'table' and n:size() or n or 1)
      if not values then return nil end
      if n == nil then return values[1] end
      if type(n) == 'number' then return storages.new(kind, values) end
      for i, value in ipairs(values) do n[i] = value end
      return n:size()
   end
   --- Writes a number, or all of a storage.
   ---@param x number|torch.Storage
   ---@return integer count
   File['write' .. kind] = function(self, x)
      check(type(x) == 'number' or storages.is_storage(x), 'write%s: expects a number or a storage, got %s', kind, type(x))
      local values = type(x) == 'number' and {x} or storages.numbers(x)
      local ends = self.format == 'ascii' and self.spaced and #values > 0
      put(self, 'write' .. kind, written(self, kind, values) .. (ends and '\n' or ''))
      return #values
   end
end
for kind in pairs(ctypes) do add_numbers(kind) end

--- True or false, as writeBool wrote it.
---@return boolean
function File:readBool() return self:readInt() == 1 end
--- Writes true or false, as an Int of 1 or 0.
---@param value boolean
---@return integer count
function File:writeBool(value) return self:writeInt(value and 1 or 0) end

--- The rest of the file, or of the line.
---@param format '*a'|'*l'
---@return string?
function File:readString(format)
   readable(self, 'readString')
   check(format == '*a' or format == '*l', "readString: expects '*a' or '*l', got %s", tostring(format))
   local size = self.medium:size()
   if self.at >= size then return fail(self, 'readString: the file is at its end') end
   if format == '*a' then
      local text = self.medium:read(self.at, size - self.at)
      self.at = size
      return text
   end
   local parts, window = {}, 256
   while self.at < size do
      local text = self.medium:read(self.at, window)
      local ends = text:find('\n', 1, true)
      parts[#parts + 1] = ends and text:sub(1, ends - 1) or text
      self.at = self.at + (ends or #text)
      if ends then break end
      window = math.min(longest_window, 2 * window)
   end
   return table.concat(parts)
end

--- Writes a string as it is.
---@param text string
---@return integer bytes
function File:writeString(text)
   check(type(text) == 'string', 'writeString: expects a string, got %s', type(text))
   put(self, 'writeString', text)
   return #text
end

-- ---- files in memory and on the disk ----

---@class torch.MemoryFile: torch.File
local MemoryFile = class('torch.MemoryFile', 'torch.File')

--- An empty file, or one of the bytes of a CharStorage.
---@param storage? torch.Storage|string
---@param mode? 'r'|'w'|'rw'
function MemoryFile:__init(storage, mode)
   if type(storage) == 'string' then storage, mode = nil, storage end
   mode = check_mode(mode, 'torch.MemoryFile')
   local text = storage and mode ~= 'w' and storage:string():gsub('%z$', '') or ''
   begin(self, medium.memory(text), mode)
end

--- Its bytes, and a 0 behind them.
---@return torch.Storage char
function MemoryFile:storage()
   check(self.medium, 'storage: the file is closed')
   local storage = storages.new('Char', 0)
   storage:string(self.medium:whole() .. '\0')
   return storage
end

---@class torch.DiskFile: torch.File
local DiskFile = class('torch.DiskFile', 'torch.File')

-- 'rw' makes the file where there is none.
local function open(path, mode)
   if mode ~= 'rw' then return io.open(path, mode .. 'b') end
   local file = io.open(path, 'r+b')
   if file then return file end
   local made, why = io.open(path, 'wb')
   if not made then return nil, why end
   made:close()
   return io.open(path, 'r+b')
end

-- What has no size, such as a pipe, is read to its end.
local function medium_of(file, path, mode)
   if mode ~= 'w' then
      local _, why = file:read(0) -- a folder opens, but cannot be read
      if why then return nil, ('%s: %s'):format(path, why) end
   end
   local size = file:seek 'end'
   if size then
      file:seek('set', 0)
      return medium.handle(file, path, size)
   end
   if mode == 'w' then return medium.handle(file, path, 0) end
   local text = file:read '*a'
   file:close()
   return medium.memory(text)
end

--- A file on the disk.
---@param path string
---@param mode? 'r'|'w'|'rw' 'r' if not given; 'rw' makes it where there is none
---@param quiet? boolean no error where the file cannot be opened: hasError() tells
function DiskFile:__init(path, mode, quiet)
   check(type(path) == 'string', 'torch.DiskFile: expects a path, got %s', type(path))
   mode = check_mode(mode or 'r', 'torch.DiskFile')
   local file, why = open(path, mode)
   local where
   if file then where, why = medium_of(file, path, mode) end
   check(where or quiet, 'torch.DiskFile: %s', tostring(why))
   begin(self, where, mode)
   self.path, self.is_quiet, self.failed = where and where.file and path, quiet or false, not where
end

---@class torch.PipeFile: torch.DiskFile
local PipeFile = class('torch.PipeFile', 'torch.DiskFile')

--- What a command of the shell prints, read to its end at once, or what it gets as its input.
---
---     assert(torch.PipeFile('echo 1 2'):readInt() == 1)
---@param command string
---@param mode? 'r'|'w' 'r' if not given
function PipeFile:__init(command, mode)
   mode = mode or 'r'
   check(type(command) == 'string', 'torch.PipeFile: expects a command, got %s', type(command))
   check(mode == 'r' or mode == 'w', "torch.PipeFile: the mode must be 'r' or 'w', got '%s'", tostring(mode))
   local pipe, why = io.popen(command, mode)
   check(pipe, 'torch.PipeFile: %s', tostring(why))
   if mode == 'w' then return begin(self, medium.handle(pipe, command, 0), mode) end
   begin(self, medium.memory(pipe:read '*a'), mode)
   pipe:close()
end

return {MemoryFile = MemoryFile, DiskFile = DiskFile, PipeFile = PipeFile}
