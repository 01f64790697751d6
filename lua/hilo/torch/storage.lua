--- torch/storage.lua: Torch7's storages: the memory that tensors are views of, as a row of numbers from 1 on.
---
--- Sizes (t:size(), torch.LongStorage{2, 3}) are plain Lua arrays of class torch.LongStorage, so that #, ipairs and hilo's functions
--- take them. Where memory is shared (t:storage(), a view of a storage, a storage that a tensor is made of) a storage is an object
--- over hilo's; s:size() counts it, and #s where length.lua sees to that.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Memory = require 'hilo.storage'
local Tensor = require 'hilo.tensor'
local mapped = require 'hilo.torch.mapped'

local check, Size = core.check, Tensor.Size

---@class hilo.torch.storage
local M = {}

---@class torch.Storage
---@field _memory Storage
---@field _first integer elements before the first one
---@field _count integer? elements; all of the memory where nil
local methods = {}
M.methods = methods

local metatables = {} -- dtype -> metatable of storages

-- ---- memory that grows ----

--- Memory of at least n elements in the place of the old; what it held stays.
---@param memory Storage
---@param n integer
function M.grow(memory, n)
   check(not memory.is_elsewhere, 'resize: the storage is a file of %.0f elements, which stays as long as it is', memory.size)
   local kept = math.min(n, memory.size)
   if not memory.ptr and not memory.freed then memory:recall() end
   check(not memory.freed, 'resize: the memory was given back by free()')
   local fresh = Memory.new(memory.device, memory.dtype, n)
   if kept > 0 then
      core.run('hl_copy', Tensor.wrap(fresh, 0, {kept}), Tensor.wrap(memory, 0, {kept}))
   end
   core.release(memory.device, memory.ptr)
   memory.ptr, memory.size, memory.moves, memory.remake = fresh.ptr, n, true, nil
   fresh.ptr = nil
end

-- ---- storages ----

local function length(s) return s._count or s._memory.size - s._first end

local function vector(s)
   local n = length(s)
   if n == 0 then return Tensor.wrap(s._memory, s._first, {}) end
   return Tensor.wrap(s._memory, s._first, {n})
end

local function is_storage(x) return type(x) == 'table' and (getmetatable(x) == Size or rawget(x, '_memory') ~= nil
   and metatables[rawget(x, '_memory').dtype] == getmetatable(x)) end
M.is_storage = is_storage

--- The storage object over hilo's memory.
---@param memory Storage
---@param first? integer
---@param n? integer
---@return torch.Storage
function M.over(memory, first, n)
   if not first and memory.torch_storage then return memory.torch_storage end
   local s = setmetatable({_memory = memory, _first = first or 0, _count = n}, metatables[memory.dtype])
   if not first then memory.torch_storage = s end
   return s
end

--- hilo's memory, and the first element, of a storage; a plain LongStorage becomes an object with memory.
---@param s torch.Storage
---@return Storage memory
---@return integer first
---@return integer n
function M.memory_of(s)
   if getmetatable(s) == Size then
      local n = #s
      local memory = Memory.new(assert(core.device 'cpu'), Memory.dtype_of 'long', n)
      local values = {unpack(s)}
      for i = 1, n do s[i] = nil end
      rawset(s, '_memory', memory)
      rawset(s, '_first', 0)
      memory.torch_storage = setmetatable(s, metatables[memory.dtype])
      for i, v in ipairs(values) do s[i] = v end
   end
   return s._memory, s._first, length(s)
end

--- The numbers of a storage, of sizes given as a table or as a LongStorage.
---@param s table
---@return integer[]
function M.numbers(s)
   if rawget(s, '_memory') then return s:totable() end
   return s
end

--- Number of elements.
---@return integer
function methods:size() return length(self) end
--- The numbers as a Lua table.
---@return number[]
function methods:totable() return length(self) > 0 and vector(self):totable() or {} end
--- Every element becomes `value`.
---@param value number
---@return torch.Storage self
function methods:fill(value)
   if length(self) > 0 then vector(self):fill(value) end
   return self
end
--- The elements of another storage, converted.
---@param other torch.Storage of as many elements
---@return torch.Storage self
function methods:copy(other)
   local n = other:size()
   check(n == length(self), 'copy: expects %d elements, got %d', length(self), n)
   if n > 0 then vector(self):copy(getmetatable(other) == Size and Tensor.new({dtype = 'long'}, {unpack(other)}) or vector(other)) end
   return self
end
--- Another number of elements; those that stay keep their values.
---@param n integer
---@return torch.Storage self
function methods:resize(n)
   check(self._first == 0 and not self._count, 'resize: this storage is a view of another')
   if n ~= self._memory.size then M.grow(self._memory, n) end
   return self
end
--- Bytes of an element.
---@return integer
function methods:elementSize() return self._memory.dtype.element or self._memory.dtype.bytes end
--- C pointer to the first element.
---@return ffi.cdata*
function methods:data() return vector(self):data() end
--- The address of the first element, to compare with.
---@return integer
function methods:cdata() return tonumber(ffi.cast('intptr_t', ffi.cast('char *', self._memory.ptr))) end
--- 'torch.FloatStorage'; with a name, a storage of that type with the same numbers.
---@param name? string
---@return string|torch.Storage
function methods:type(name)
   if not name then return getmetatable(self).__typename end
   return M.new(name:match '^torch%.(%w+)Storage$' or name, self:size()):copy(self)
end
--- Its bytes as a string; with one, the storage takes them.
---@param text? string
---@return string|torch.Storage
function methods:string(text)
   local bytes = self._memory.dtype.bytes
   check(not text or #text % bytes == 0, 'string: %d bytes are no whole number of elements of %d', text and #text, bytes)
   if text then self:resize(#text / bytes) end
   local n = self:size()
   if text and n > 0 then ffi.copy(self:data(), text, #text) end
   if text then return self end
   return n > 0 and ffi.string(self:data(), n * bytes) or ''
end
--- Torch7 counts references by hand; Lua's collector does here.
---@return torch.Storage self
function methods:retain() return self end
--- As retain.
function methods:free() end

local function metatable_of(dtype)
   local meta = {__typename = ('torch.%sStorage'):format(dtype.torch)}
   function meta.__index(s, key)
      if type(key) == 'number' then
         check(key >= 1 and key <= length(s), 'index %s is out of range 1..%d', tostring(key), length(s))
         return vector(s):get(key)
      end
      return methods[key]
   end
   function meta.__newindex(s, key, value)
      if type(key) == 'number' then
         check(key >= 1 and key <= length(s), 'index %s is out of range 1..%d', tostring(key), length(s))
         vector(s):put(value, key)
      else
         rawset(s, key, value)
      end
   end
   meta.__len = length
   function meta.__tostring(s)
      return table.concat(s:totable(), '\n') .. ('\n[%s of size %d]\n'):format(meta.__typename, length(s))
   end
   return meta
end

-- ---- what plain sizes do as a LongStorage ----

local plain = Size.__index
Size.__typename = 'torch.LongStorage'
function plain:fill(value)
   for i = 1, #self do self[i] = value end
   return self
end
function plain:copy(other)
   check(other:size() == #self, 'copy: expects %d elements, got %d', #self, other:size())
   for i = 1, #self do self[i] = other[i] end
   return self
end
function plain:resize(n)
   for i = #self, n + 1, -1 do self[i] = nil end
   for i = #self + 1, n do self[i] = 0 end
   return self
end
function plain:elementSize() return 8 end
function plain:type(name) return name and M.new(name:match '^torch%.(%w+)Storage$', #self):copy(self) or 'torch.LongStorage' end
for _, name in ipairs {'data', 'cdata', 'string'} do
   plain[name] = function(self, ...)
      M.memory_of(self)
      return self[name](self, ...)
   end
end
plain.retain, plain.free = methods.retain, methods.free

-- ---- constructors ----

--- A storage: new('Float'), new('Float', 5), new('Float', {1, 2}), new('Float', storage, first, n) (a view),
--- new('Float', path[, shared[, n]]) (the elements of a file).
---@param kind string 'Float', 'Long', ...
---@param x? integer|number[]|torch.Storage|string
---@param first? integer|boolean from 1; of a file whether changes go to it
---@param n? integer
---@return torch.Storage
function M.new(kind, x, first, n)
   local dtype = Memory.dtype_of(kind:lower())
   if type(x) == 'string' then
      check(not dtype.element, 'torch.%sStorage: holds its numbers in another form than a file', kind)
      return M.over(mapped(('torch.%sStorage'):format(kind), x, dtype, first, n))
   end
   if is_storage(x) and (first or rawget(x, '_memory')) then
      local memory, before, count = M.memory_of(x)
      check(memory.dtype == dtype, 'torch.%sStorage: cannot view a %s', kind, x:type())
      first = first or 1
      n = n or count - first + 1
      check(first >= 1 and n >= 0 and first + n - 1 <= count, 'torch.%sStorage: elements %s to %s are not in a storage of %d', kind,
         tostring(first), tostring(first + n - 1), count)
      return M.over(memory, before + first - 1, n)
   end
   local values = type(x) == 'table' and x or nil
   local count = values and #values or x or 0
   check(type(count) == 'number' and count >= 0 and count % 1 == 0, 'torch.%sStorage: expects a size, a table or a storage, got %s',
      kind, tostring(x))
   if dtype.torch == 'Long' then
      local s = setmetatable({}, Size)
      for i = 1, count do s[i] = values and values[i] or 0 end
      return s
   end
   local s = M.over(Memory.new(assert(core.device 'cpu'), dtype, count))
   if count > 0 then
      if values then vector(s):copy(Tensor.new({dtype = dtype.name}, values)) else s:fill(0) end
   end
   return s
end

--- Makes the storages of a type known.
---@private
function M.add_type(dtype) metatables[dtype] = metatable_of(dtype) end

--- Storages of a type as the global torch has them: torch.FloatStorage(5).
---@param kind string
---@return table
function M.constructor(kind)
   return setmetatable({__typename = ('torch.%sStorage'):format(kind)}, {
      __call = function(_, ...) return M.new(kind, ...) end,
      __index = methods,
   })
end

return M
