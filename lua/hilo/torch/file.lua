--- torch/file.lua: torch.MemoryFile, torch.DiskFile and torch.PipeFile: objects, numbers and strings one after the other, in memory, on
--- the disk or to and from a command, binary or ascii. What several writeObject share is shared again after as many readObject. A file
--- that is written appears when it is closed.
---
---     local f = torch.MemoryFile():binary()
---     f:writeObject {1, 'two'}
---     f:seek(1)
---     assert(f:readObject()[2] == 'two')
local ffi = require 'ffi'
local core = require 'hilo.core'
local disk = require 'hilo.io.file'
local class = require 'hilo.nn.class'
local bytes = require 'hilo.io.t7.bytes'
local t7 = require 'hilo.io.t7'
local write_value = require 'hilo.io.t7.write'
local storages = require 'hilo.torch.storage'

local check = core.check

---@class torch.File
---@field text string what is in the file
---@field at integer bytes before the place that is read or written next
---@field mode 'r'|'w'|'rw'
---@field format 'ascii'|'binary'
---@field is_quiet boolean? what is not there to read is no error
---@field failed boolean? something was not there
local File = class 'torch.File'

local function begin(self, text, mode, what)
   mode = mode or 'rw'
   check(mode == 'r' or mode == 'w' or mode == 'rw', "%s: the mode must be 'r', 'w' or 'rw', got '%s'", what, tostring(mode))
   self.text, self.at, self.mode, self.format = mode == 'w' and '' or text, 0, mode, 'ascii'
   self.read_before, self.written_before = {objects = {}, storages = {}}, {numbers = {}, count = 0, parts = {}}
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
function File:isReadable() return self.text ~= nil and self.mode ~= 'w' end
--- Whether it is open for writing.
---@return boolean
function File:isWritable() return self.text ~= nil and self.mode ~= 'r' end
--- Torch7 could do without a buffer; files are whole in memory here, so that this does nothing.
---@return torch.File self
function File:noBuffer() return self end

--- Place of the next byte, from 1.
---@return integer
function File:position() return self.at + 1 end
--- Goes to a place, counted from 1.
---@param place integer
---@return torch.File self
function File:seek(place)
   check(place >= 1 and place <= #self.text + 1, 'seek: place %s is not in a file of %d bytes', tostring(place), #self.text)
   self.at = place - 1
   return self
end
--- Goes behind the last byte.
---@return torch.File self
function File:seekEnd() return self:seek(#self.text + 1) end

local function readable(self, what)
   check(self.text and self.mode ~= 'w', '%s: the file %s', what, self.text and 'is open for writing' or 'is closed')
end

-- What cannot be read is an error, or only noted.
local function fail(self, format, ...)
   self.failed = true
   if not self.is_quiet then core.raise(format:format(...)) end
end

local function put(self, what, text)
   check(self.text and self.mode ~= 'r', '%s: the file %s', what, self.text and 'is open for reading' or 'is closed')
   self.text = self.text:sub(1, self.at) .. text .. self.text:sub(self.at + #text + 1)
   self.at = self.at + #text
   self.changed = true
end

-- ---- objects ----

--- The next object.
---@return any
function File:readObject()
   readable(self, 'readObject')
   local source = bytes.source {text = self.text, name = self.path or 'a file in memory', format = self.format}
   source.at = self.at
   local value = t7._next(source, self.read_before)
   self.at = source.base + source.at
   return value
end

--- Writes an object: a number, a string, a tensor, a module, tables of them.
---@param value any
---@return torch.File self
function File:writeObject(value)
   local parts = {}
   local function take(data, n) parts[#parts + 1] = type(data) == 'string' and data or ffi.string(data, n) end
   write_value(bytes.sink(take, self.format == 'ascii'), value, {}, self.written_before)
   put(self, 'writeObject', table.concat(parts))
   return self
end

-- ---- numbers ----

local ctypes = {Byte = 'uint8_t', Char = 'int8_t', Short = 'int16_t', Int = 'int32_t', Long = 'int64_t', Float = 'float',
   Double = 'double'}

local function read_numbers(self, kind, n)
   readable(self, 'read' .. kind)
   local values = {}
   if self.format == 'ascii' then
      for i = 1, n do
         local word, after = self.text:match('^%s*(%S+)()', self.at + 1)
         values[i] = tonumber(word)
         if not values[i] then return fail(self, 'read%s: number %d of %d is not there', kind, i, n) end
         self.at = after - 1
      end
      self.at = self.at + (self.text:sub(self.at + 1, self.at + 1) == '\n' and 1 or 0)
   else
      local ctype = ctypes[kind] .. '[?]'
      local size = n * ffi.sizeof(ctypes[kind])
      if self.at + size > #self.text then
         return fail(self, 'read%s: %d bytes are wanted, %d are left', kind, size, #self.text - self.at)
      end
      local out = ffi.new(ctype, math.max(1, n))
      ffi.copy(out, self.text:sub(self.at + 1, self.at + size), size)
      for i = 1, n do values[i] = tonumber(out[i - 1]) end
      self.at = self.at + size
   end
   return values
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
      local values = type(x) == 'number' and {x} or storages.numbers(x)
      if self.format == 'ascii' then
         for i, value in ipairs(values) do values[i] = ('%.17g'):format(value) end
         put(self, 'write' .. kind, table.concat(values, ' ') .. '\n')
      else
         put(self, 'write' .. kind, ffi.string(ffi.new(ctypes[kind] .. '[?]', #values, values), #values * ffi.sizeof(ctypes[kind])))
      end
      return #values
   end
end
for kind in pairs(ctypes) do add_numbers(kind) end

--- The rest of the file, or of the line.
---@param format '*a'|'*l'
---@return string?
function File:readString(format)
   readable(self, 'readString')
   check(format == '*a' or format == '*l', "readString: expects '*a' or '*l', got %s", tostring(format))
   if self.at == #self.text then return fail(self, 'readString: the file is at its end') end
   local text = self.text:sub(self.at + 1):match(format == '*l' and '^[^\n]*' or '^.*')
   self.at = math.min(#self.text, self.at + #text + (format == '*l' and 1 or 0))
   return text
end

--- Writes a string as it is.
---@param text string
---@return integer bytes
function File:writeString(text)
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
   local text = storage and storage:string():gsub('%z$', '') or ''
   begin(self, text, mode, 'torch.MemoryFile')
end

--- Its bytes, and a 0 behind them.
---@return torch.Storage char
function MemoryFile:storage()
   local storage = storages.new('Char', 0)
   storage:string(self.text .. '\0')
   return storage
end

--- No more is read or written.
function MemoryFile:close() self.text = nil end

---@class torch.DiskFile: torch.File
local DiskFile = class('torch.DiskFile', 'torch.File')

--- A file on the disk.
---@param path string
---@param mode? 'r'|'w'|'rw' 'r' if not given
---@param quiet? boolean no error where the file cannot be opened: hasError() tells
function DiskFile:__init(path, mode, quiet)
   mode = mode or 'r'
   local file, why
   if mode ~= 'w' then file, why = io.open(path, 'rb') end
   check(file or mode == 'w' or quiet, 'torch.DiskFile: %s', tostring(why))
   begin(self, file and file:read '*a' or '', mode, 'torch.DiskFile')
   if file then file:close() end
   self.path, self.is_quiet, self.failed = path, quiet or false, not file and mode ~= 'w'
end

--- What was written goes to the disk.
function DiskFile:synchronize()
   if self.changed then disk.write(self.path, function(write) write(self.text) end) end
   self.changed = false
end

--- What was written goes to the disk; no more is read or written.
function DiskFile:close()
   self:synchronize()
   self.text = nil
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
   check(mode == 'r' or mode == 'w', "torch.PipeFile: the mode must be 'r' or 'w', got '%s'", tostring(mode))
   local pipe, why = io.popen(command, mode)
   check(pipe, 'torch.PipeFile: %s', tostring(why))
   begin(self, mode == 'r' and pipe:read '*a' or '', mode, 'torch.PipeFile')
   self.sent, self.pipe = 0, pipe
end

--- What was written goes to the command.
function PipeFile:synchronize()
   if self.mode ~= 'w' then return end
   self.pipe:write(self.text:sub(self.sent + 1))
   self.pipe:flush()
   self.sent = #self.text
end

--- What was written goes to the command, which is waited for.
function PipeFile:close()
   self:synchronize()
   self.pipe:close()
   self.text = nil
end

return {MemoryFile = MemoryFile, DiskFile = DiskFile, PipeFile = PipeFile}
