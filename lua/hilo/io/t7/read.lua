--- io/t7/read.lua: values out of Torch7's files. Every value is a type, 0 to 8, and what belongs to it; tables and objects have a
--- number, under which they are met again. After torch7's doc/serialization.md and doc/file.md.
local ffi = require 'ffi'
local hilo = require 'hilo'
local Storage = require 'hilo.storage'
local Tensor = require 'hilo.tensor'
local elements = require 'hilo.io.elements'

local max_depth = 400
local max_dim = tonumber(ffi.C.HL_MAX_DIM)

-- Names of the elements in io/elements.lua; those of a card are the CPU's.
local element_names = {Float = 'F32', Double = 'F64', Half = 'F16', Byte = 'U8', Char = 'I8', Short = 'I16', Int = 'I32', Long = 'I64'}
local element_of = {Cuda = 'F32'}
for name, element in pairs(element_names) do element_of[name], element_of['Cuda' .. name] = element, element end

-- The type of elements and the kind of object of a class of torch itself.
local function of_torch(class_name)
   local kind, what = class_name:match '^torch%.(%a+)(Tensor)$'
   if not kind then kind, what = class_name:match '^torch%.(%a+)(Storage)$' end
   return kind and element_of[kind], what
end


-- Longs of 32-bit machines.
local short_longs = {bytes = 4, dtype = 'int64', convert = function(to, from, n)
   local y, x = ffi.cast('int64_t *', to), ffi.cast('const int32_t *', from)
   for i = 0, n - 1 do y[i] = x[i] end
end}

-- Half is a type of hilo.torch, where that is loaded, and float32 otherwise.
local function dtype_for(name, kind)
   for _, dtype in ipairs(Storage.dtypes) do if name == 'F16' and dtype.torch == 'Half' then return dtype.name end end
   return kind.dtype
end

---@class T7Reader
---@field source T7Source
---@field objects table<number, any> by their numbers
---@field found {object: table, name: string}[] objects of classes
---@field storage fun(storage: Storage): any what a storage is for the caller
local Reader = {}
Reader.__index = Reader

function Reader:read_storage(name, index)
   local source = self.source
   local n = source:one_long()
   local dtype = dtype_for(name, elements.types[name])
   if source.ascii and name == 'F16' then name = 'F32' end
   local kind = name == 'I64' and source.long == 4 and short_longs or elements.types[name]
   if n < 0 or not source:can_hold(n, kind) then
      source:fail('a storage of %.0f elements, where %.0f bytes are left', n, source:left())
   end
   local t = hilo.empty({n}, {dtype = dtype})
   elements.fill(t, kind, n, source:elements(name, kind))
   if n > 0 then source:after_elements(n) end
   self.storages[index] = t._storage
   return self.storage(t._storage)
end

-- The elements that a tensor reaches lie in its storage.
local function check_view(source, sizes, strides, offset, available)
   local last, n = offset, #sizes > 0 and 1 or 0
   for d = 1, #sizes do
      if sizes[d] < 0 or sizes[d] >= 2 ^ 40 or strides[d] < 0 then
         source:fail('a tensor of size %.0f, stride %.0f', sizes[d], strides[d])
      end
      n = n * sizes[d]
      last = last + (sizes[d] - 1) * strides[d]
   end
   if n >= 2 ^ 42 then source:fail('a tensor of %.0f elements', n) end
   if offset < 0 or n > 0 and last >= available then
      source:fail('a tensor of %s that reaches element %.0f of %.0f', table.concat(sizes, 'x'), last + 1, available)
   end
end

function Reader:read_tensor(name, index, depth)
   local source = self.source
   local n = source:int()
   if n < 0 or n > max_dim then source:fail('a tensor of %.0f dimensions; at most %d are possible here', n, max_dim) end
   local sizes, strides = source:longs(n), source:longs(n)
   local offset = source:one_long() - 1
   local memory = self:read_storage_of_tensor(depth)
   check_view(source, sizes, strides, offset, memory and memory.size or 0)
   if not memory then
      memory, offset = hilo.empty({}, {dtype = dtype_for(name, elements.types[name])})._storage, 0
   end
   self.objects[index] = Tensor.wrap(memory, offset, sizes, strides)
   return self.objects[index]
end

-- Nil, or a storage, which may have been met before.
function Reader:read_storage_of_tensor(depth)
   local source = self.source
   local kind = source:int()
   if kind == 0 then return nil end
   if kind ~= 4 then source:fail('a tensor without a storage') end
   local index = source:int()
   if not self.storages[index] then
      if self.objects[index] ~= nil then source:fail('a tensor whose storage is something else') end
      self:read_object(index, depth + 1)
   end
   return self.storages[index] or source:fail('a tensor whose storage is something else')
end

-- n elements of some values each may follow: a value takes four bytes, or two of text.
function Reader:check_count(n, values)
   local source = self.source
   if n < 0 or n * values * (source.ascii and 2 or 4) > source:left() then
      source:fail('a table of %.0f elements, where %.0f bytes are left', n, source:left())
   end
end

-- Torch7's package tds has tables of its own outside of Lua's memory; here they are tables.
local of_tds = {['tds.Vec'] = 'list', ['tds.vec'] = 'list', ['tds.Hash'] = 'map', ['tds.hash'] = 'map'}

function Reader:read_tds(index, depth, is_map)
   local t, n = {}, self.source:int()
   self.objects[index] = t
   self:check_count(n, 1)
   for i = 1, n do
      local key = is_map and self:read(depth + 1) or i
      if key == nil or key ~= key then self.source:fail 'a table has a key that is nil or not a number' end
      t[key] = self:read(depth + 1)
   end
   return t
end

local function class_text(source, name)
   if #name > 200 or name:find '[^%w_.]' or name == '' then source:fail('an object of a class without a proper name') end
   return name
end

-- Files before versions were written begin an object with the name of its class.
function Reader:read_object(index, depth)
   local source = self.source
   local name = source:text()
   if name:match '^V %d+$' then name = source:text() end
   class_text(source, name)
   local element, what = of_torch(name)
   if what == 'Storage' and element then
      self.objects[index] = self:read_storage(element, index)
      return self.objects[index]
   elseif element then
      return self:read_tensor(element, index, depth)
   end
   if of_tds[name] then return self:read_tds(index, depth, of_tds[name] == 'map') end
   local object = {}
   self.objects[index] = object
   self.found[#self.found + 1] = {object = object, name = name}
   if source:left() < 4 or source:int() ~= 3 then
      source:fail("an object of class '%s', which is written in a way of its own", name)
   end
   return self:read_table(source:int(), depth, object)
end

-- The pairs of a table; those of an object become fields of it.
function Reader:read_table(index, depth, object)
   local source = self.source
   if object and self.objects[index] ~= nil then source:fail 'an object that shares its fields with another' end
   local t, n = object or {}, source:int()
   if self.objects[index] == nil then self.objects[index] = t end
   self:check_count(n, 2)
   for _ = 1, n do
      local key = self:read(depth + 1)
      if key == nil or key ~= key then source:fail 'a table has a key that is nil or not a number' end
      t[key] = self:read(depth + 1)
   end
   return t
end

local by_type = {}
by_type[0] = function() return nil end
by_type[1] = function(self) return self.source:double() end
by_type[2] = function(self) return self.source:text() end
by_type[5] = function(self) return self.source:int() ~= 0 end
by_type[3] = function(self, depth)
   local index = self.source:int()
   if self.objects[index] ~= nil then return self.objects[index] end
   return self:read_table(index, depth)
end
by_type[4] = function(self, depth)
   local index = self.source:int()
   if self.objects[index] ~= nil then return self.objects[index] end
   return self:read_object(index, depth)
end
for kind = 6, 8 do
   by_type[kind] = function(self)
      self.source:fail('a function; functions are code, which a file of values must not bring. Save again without what holds it')
   end
end

--- The next value.
---@param depth integer of the tables that it is in
function Reader:read(depth)
   local source = self.source
   if depth > max_depth then source:fail('tables that are nested more than %d deep', max_depth) end
   local kind = source:int()
   local read = by_type[kind]
   if not read then source:fail('a value of type %.0f; there are 0 to 8', kind) end
   return read(self, depth)
end

-- Interpreted, as the recursion of write.lua.
for _, f in pairs(by_type) do jit.off(f) end
for _, name in ipairs {'read', 'read_table', 'read_object', 'read_tensor', 'read_tds'} do jit.off(Reader[name]) end

--- Reads one value.
---@param source T7Source
---@param storage fun(storage: Storage): any what a storage that stands for itself is for the caller
---@param met? {objects: table, storages: table} of values read before from the same file; grows
---@return any value
---@return {object: table, name: string}[] found objects of classes that are not torch's own, with their fields
return function(source, storage, met)
   local self = setmetatable({source = source, objects = met and met.objects or {}, storages = met and met.storages or {}, found = {},
      storage = storage}, Reader)
   return self:read(1), self.found
end
