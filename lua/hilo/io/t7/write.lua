--- io/t7/write.lua: values as Torch7's files hold them. Tables, objects, tensors and storages that are met again are written once.
local core = require 'hilo.core'
local ffi = require 'ffi'
local Storage = require 'hilo.storage'
local Tensor = require 'hilo.tensor'
local elements = require 'hilo.io.elements'
local modules = require 'hilo.io.t7.modules'

local max_depth = 400
local version = 'V 1'
local piece = 2 ^ 20 -- elements that leave a card, or are made, at once

-- ---- storages ----

local zeros = ffi.new('uint8_t[?]', 8 * piece)

-- A type that Torch7 lacks goes as float.
local function dtype_of(storage)
   return storage.dtype.name == 'bfloat16' and Storage.dtype_of 'float32' or storage.dtype
end

-- How the file has the elements: those of hilo.torch's Half, which are floats here, in two bytes, but as text as floats.
local function in_file(dtype, ascii)
   if not dtype.element or ascii then return dtype end
   return {bytes = dtype.element, narrow = elements.to_half, name = dtype.name}
end

-- What gives a pointer to elements of a storage, wherever that lies; those that nobody has used yet are zeros without memory.
local function elements_of(storage, narrow)
   if storage.promised then return function() return ffi.cast(storage.dtype.pointer, zeros) end end
   local dtype, kept = dtype_of(storage), nil
   return function(first, n)
      kept = Tensor.wrap(storage, first, {n}):to{dtype = dtype.name, device = 'cpu'}
      if not narrow then return kept:data() end
      local out = ffi.new('int16_t[?]', n)
      narrow(out, kept:data(), n)
      return out
   end
end

---@class T7Writer
---@field sink T7Sink
---@field numbers table<any, integer>|false of what was written; false: whatever is met again is written again
---@field count integer
---@field parts table<table, Storage> what storages of hilo.torch took along
---@field path (string|number)[] keys that lead to the value that is written, for messages
---@field given T7Options
local Writer = {}
Writer.__index = Writer

function Writer:fail(format, ...)
   local place = {}
   for i, key in ipairs(self.path) do place[i] = ('[%s]'):format(tostring(key)) end
   core.raise(('t7: value%s: %s'):format(table.concat(place), format:format(...)))
end

-- Whether it is the first time, or what was written is not remembered; the number is written either way.
function Writer:is_new(object)
   local known = self.numbers and self.numbers[object]
   if not known then
      self.count = self.count + 1
      if self.numbers then self.numbers[object] = self.count end
   end
   self.sink:int(known or self.count)
   return not known
end

function Writer:begin(name)
   self.sink:text(version)
   self.sink:text(name)
end

function Writer:storage(storage)
   self.sink:int(4)
   if not self:is_new(storage) then return end
   if storage.freed then self:fail 'the memory of a tensor was given back by free()' end
   local dtype = dtype_of(storage)
   self:begin(('torch.%sStorage'):format(dtype.torch))
   self.sink:one_long(storage.size)
   local kind = in_file(dtype, self.sink.ascii)
   self.sink:elements(storage.size, kind, elements_of(storage, kind.narrow))
end

function Writer:tensor(t)
   self.sink:int(4)
   if not self:is_new(t) then return end
   self:begin(('torch.%sTensor'):format(dtype_of(t._storage).torch))
   local sizes = Tensor.sizes_table(t)
   self.sink:int(#sizes)
   self.sink:longs(sizes)
   self.sink:longs(Tensor.strides_table(t))
   self.sink:one_long(t._offset + 1)
   if t._storage.size == 0 then return self.sink:int(0) end
   self:storage(t._storage)
end

-- A storage of hilo.torch; one that sees a part of its memory takes that along alone.
function Writer:torch_storage(s)
   if s._first == 0 and not s._count then return self:storage(s._memory) end
   self.parts[s] = self.parts[s] or Tensor.wrap(s._memory, s._first, {s:size()}):clone()._storage
   self:storage(self.parts[s])
end

-- What t:size() gives is a LongStorage of its own.
function Writer:sizes(list)
   self.sink:int(4)
   if not self:is_new(list) then return end
   self:begin 'torch.LongStorage'
   self.sink:one_long(#list)
   self.sink:elements(#list, Storage.dtype_of 'int64', function(first, n)
      local values = ffi.new('int64_t[?]', n)
      for i = 0, n - 1 do values[i] = list[first + i + 1] end
      return values
   end)
end

-- Whole numbers from 1 in their order, then numbers, strings and the rest, so that the same value gives the same bytes.
local ranks = {number = 1, string = 2, boolean = 3}

local function before(a, b)
   local x, y = ranks[type(a)] or 4, ranks[type(b)] or 4
   if x ~= y then return x < y end
   return x < 3 and a < b
end

function Writer:pairs(t, depth)
   local keys = {}
   for key in pairs(t) do keys[#keys + 1] = key end
   table.sort(keys, before)
   self.sink:int(#keys)
   for _, key in ipairs(keys) do
      local n = #self.path
      self.path[n + 1] = key
      self:value(key, depth + 1)
      self:value(t[key], depth + 1)
      self.path[n + 1] = nil
   end
end

function Writer:table(t, depth)
   if depth > max_depth then self:fail('it is nested more than %d deep', max_depth) end
   local storage = self.given.storage_of and self.given.storage_of(t)
   if storage then return self:storage(storage) end
   if type(rawget(t, '_memory')) == 'table' then return self:torch_storage(t) end
   if getmetatable(t) == Tensor.Size then return self:sizes(t) end
   local name, fields = modules.dumped(t)
   self.sink:int(name and 4 or 3)
   if not self:is_new(t) then return end
   if name then
      self:begin(name)
      self.sink:int(3)
      self.count = self.count + 1
      self.sink:int(self.count)
   end
   self:pairs(fields or t, depth)
end

function Writer:value(value, depth)
   local kind = type(value)
   if kind == 'nil' then
      self.sink:int(0)
   elseif kind == 'number' then
      self.sink:int(1)
      self.sink:double(value)
   elseif kind == 'string' then
      self.sink:int(2)
      self.sink:text(value)
   elseif kind == 'boolean' then
      self.sink:int(5)
      self.sink:int(value and 1 or 0)
   elseif core.is_tensor(value) then
      self:tensor(value)
   elseif kind == 'table' then
      self:table(value, depth)
   else
      self:fail('it is a %s; numbers, strings, booleans, tensors, modules and tables of them can be written', kind)
   end
end

-- Interpreted: LuaJIT 2.1.0-beta3 compiles this recursion so that it comes back too early.
for _, name in ipairs {'value', 'table', 'pairs'} do jit.off(Writer[name]) end

--- Writes one value.
---@param sink T7Sink
---@param value any
---@param given T7Options
---@param met? {numbers: table|false, count: integer, parts: table} of values written before to the same file; grows
return function(sink, value, given, met)
   met = met or {numbers = {}, count = 0, parts = {}}
   local self = setmetatable({sink = sink, numbers = met.numbers, count = met.count, path = {}, parts = met.parts, given = given},
      Writer)
   self:value(value, 1)
   met.count = self.count
   sink.flush()
end
