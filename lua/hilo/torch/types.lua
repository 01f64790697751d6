--- torch/types.lua: Torch7's tensor types: torch.FloatTensor and the others, what a tensor of a type is made of (sizes, tables,
--- tensors, storages), t:storage(), t:set(...), t:resize(...) that keeps or grows the memory.
---
--- Half holds its numbers in float32: nothing rounds to 11 bits.
local core = require 'hilo.core'
local ffi = require 'ffi'
local Memory = require 'hilo.storage'
local Tensor = require 'hilo.tensor'
local call = require 'hilo.torch.call'
local class = require 'hilo.torch.class'
local storages = require 'hilo.torch.storage'

local check, is_tensor, C = core.check, core.is_tensor, ffi.C
local methods = Tensor.methods

---@class hilo.torch.types
local M = {}

-- A type that hilo does not compute with, over one that it does; element: bytes that Torch7 has for it.
Memory.add_dtype {id = C.HL_F32, name = 'half', bytes = 4, ctype = 'float', torch = 'Half', element = 2, is_float = true}

-- ---- making ----

local function whole_count(sizes)
   local n = #sizes > 0 and 1 or 0
   for d = 1, #sizes do n = n * sizes[d] end
   return n
end

-- Torch7 knows no dimension of size 0: such a tensor is the empty one. Fractions of sizes are cut off.
local function torch_sizes(sizes)
   for d = 1, #sizes do
      if sizes[d] == 0 then return {} end
      if type(sizes[d]) == 'number' then sizes[d] = math.floor(sizes[d]) end
   end
   return sizes
end

local function span(sizes, strides)
   local last = 1
   for d = 1, #sizes do last = last + (sizes[d] - 1) * strides[d] end
   return last
end

local function dense(sizes)
   local strides, n = {}, 1
   for d = #sizes, 1, -1 do strides[d], n = n, n * sizes[d] end
   return strides
end

-- A view of memory that grows where it is too small.
local function over(memory, first, sizes, strides)
   sizes = torch_sizes(sizes)
   if not strides or #strides ~= #sizes then strides = dense(sizes) end
   for d = 1, #sizes do if strides[d] < 0 then strides[d] = d == #sizes and 1 or sizes[d + 1] * strides[d + 1] end end
   local needed = #sizes > 0 and first + span(sizes, strides) or 0
   if needed > memory.size then storages.grow(memory, needed) end
   return Tensor.wrap(memory, first, sizes, strides)
end

-- (storage), (storage, offset), (storage, offset, sizes[, strides]) or (storage, offset, size, stride, size, stride, ...)
local function over_storage(storage, offset, sizes, strides, ...)
   local memory, before, n = storages.memory_of(storage)
   offset = offset or 1
   check(type(offset) == 'number' and offset >= 1, 'torch.Tensor: the offset in a storage counts from 1, got %s', tostring(offset))
   if type(sizes) == 'number' then
      local list, numbers = {sizes, strides, ...}, {{}, {}}
      for i = 1, #list, 2 do
         numbers[1][#numbers[1] + 1] = list[i]
         numbers[2][#numbers[1]] = list[i + 1] or -1
      end
      sizes, strides = numbers[1], numbers[2]
   elseif sizes then
      sizes, strides = {unpack(storages.numbers(sizes))}, strides and {unpack(storages.numbers(strides))}
   else
      sizes = n - offset + 1 > 0 and {n - offset + 1} or {}
   end
   return over(memory, before + offset - 1, sizes, strides)
end

local function same_type(x, dtype, what)
   check(x._storage.dtype == dtype, '%s: expects a torch.%sTensor, got %s; convert it with :%s()', what, dtype.torch, x:type(),
      dtype.torch:lower())
   return x
end

--- A tensor as Torch7's constructors make it: (), (sizes...), (LongStorage[, strides]), (table), (tensor): a view of all it sees,
--- (storage[, offset[, sizes[, strides]]]): a view of the storage.
---@param placement {dtype: string, device: string?}
---@param ... any
---@return Tensor
function M.new(placement, ...)
   local first, second = ...
   local dtype = Memory.dtype_of(placement.dtype)
   if is_tensor(first) then
      same_type(first, dtype, 'torch.Tensor')
      return first:_strided(Tensor.sizes_table(first), Tensor.strides_table(first))
   end
   if type(first) == 'table' then
      if storages.is_storage(first) then
         local is_sizes = first:type() == 'torch.LongStorage' and (dtype.torch ~= 'Long' or type(second) == 'table')
         if not is_sizes then return over_storage(...) end
         local sizes = torch_sizes(storages.numbers(first))
         if type(second) == 'table' and #sizes > 0 then
            local strides = storages.numbers(second)
            return Tensor.empty({span(sizes, strides)}, placement):as_strided({unpack(sizes)}, {unpack(strides)})
         end
         return Tensor.empty({unpack(sizes)}, placement)
      end
      return Tensor.new(placement, ...)
   end
   if first == nil then return Tensor.empty({}, placement) end
   return Tensor.empty(torch_sizes {...}, placement)
end

-- ---- the types ----

local kinds = {} -- 'torch.FloatTensor' -> the type
local any_own = false -- whether a script added something to one type
M.kinds = kinds

-- What a script adds to one type, for tensors of that type alone, is kept with the dtype.
local function add_kind(dtype)
   local name = ('torch.%sTensor'):format(dtype.torch)
   kinds[name] = setmetatable({__typename = name}, {
      __call = function(_, ...) return M.new({dtype = dtype.name}, ...) end,
      __index = function(_, key)
         local own = dtype.own and dtype.own[key]
         if own ~= nil then return own end
         return methods[key]
      end,
      __newindex = function(_, key, value)
         dtype.own, any_own = dtype.own or {}, true
         dtype.own[key] = value
      end,
      __tostring = function() return name end,
   })
   storages.add_type(dtype)
   methods[dtype.torch:lower()] = function(self) return self:to{dtype = dtype.name} end
end
for _, dtype in ipairs(Memory.dtypes) do add_kind(dtype) end

-- t.new(...), without a colon, makes a tensor of t's type; t:new() is a view of all that t sees.
local function constructor_of(t)
   local s = t._storage
   local placement = {dtype = s.dtype.name, device = s.device.name}
   return function(first, ...)
      if first == t and select('#', ...) > 0 then return M.new(placement, ...) end
      return M.new(placement, first, ...)
   end
end

methods.new = nil
local plain_index = Tensor.__index
Tensor.__index = function(t, key)
   local method = methods[key]
   if method ~= nil and not any_own then return method end
   if type(key) == 'string' then
      if key == 'new' then return constructor_of(t) end
      local dtype = rawget(t, '_storage').dtype
      local own = dtype.own and dtype.own[key]
      if own ~= nil then return own end
      if key == '__typename' then return t:type() end
   elseif type(key) == 'table' and storages.is_storage(key) then
      return t:get(unpack(storages.numbers(key)))
   end
   return plain_index(t, key)
end

local plain_newindex = Tensor.__newindex
Tensor.__newindex = function(t, key, value)
   if type(key) == 'table' and storages.is_storage(key) then return t:put(value, unpack(storages.numbers(key))) end
   return plain_newindex(t, key, value)
end

-- #t, where files are loaded so that it asks (length.lua).
Tensor.__len = function(t) return t:size() end

class.set_typename(function(x)
   if is_tensor(x) then return x:type() end
   if type(x) ~= 'table' then return nil end
   if storages.is_storage(x) then return x:type() end
   if call.is_generator(x) then return 'torch.Generator' end
   return kinds[rawget(x, '__typename')] == x and x.__typename or nil
end)

-- ---- methods ----

--- The memory that this tensor is a view of.
---@return torch.Storage
function methods:storage() return storages.over(self._storage) end

--- Bytes of an element.
---@return integer
function methods:elementSize() return self._storage.dtype.element or self._storage.dtype.bytes end

local function become(self, view)
   self._c, self._storage, self._offset = view._c, view._storage, view._offset
   return self
end

--- This tensor becomes a view of what `source` sees, of a storage, or empty: (tensor), (storage[, offset[, sizes[, strides]]]), ().
---@param source? Tensor|torch.Storage
---@param ... any
---@return Tensor self
function methods:set(source, ...)
   check(not (self.requires_grad and self._node), 'set: the tensor is part of a graph')
   if source == nil then return become(self, self:empty({})) end
   if is_tensor(source) then
      core.raw(source)
      return become(self, source:detach())
   end
   return become(self, over_storage(source, ...))
end

--- Other sizes over the same memory, which grows where it is too small and keeps what it holds.
---@param ... integer|integer[] sizes, or a LongStorage of sizes and one of strides
---@return Tensor self
function methods:resize(...)
   local first, second = ...
   local sizes, strides
   if type(first) == 'table' and storages.is_storage(first) then
      sizes, strides = torch_sizes {unpack(storages.numbers(first))}, second and {unpack(storages.numbers(second))}
   else
      sizes = {...}
      if type(first) == 'table' and not is_tensor(first) then sizes = {unpack(first)} end
      sizes = Tensor.sizes_of('resize', torch_sizes(sizes))
   end
   self:writable 'resize'
   if not strides and #sizes == self:dim() and self:isContiguous() and whole_count(sizes) == self:nElement() then
      local same = true
      for d = 1, #sizes do same = same and sizes[d] == self:size(d) end
      if same then return self end
   end
   core.raw(self)
   return become(self, over(self._storage, self._offset, sizes, strides))
end

--- Whether the sizes are those.
---@param sizes integer[]
---@return boolean
function methods:isSize(sizes)
   if sizes:size() ~= self:dim() then return false end
   for d = 1, self:dim() do if self:size(d) ~= sizes[d] then return false end end
   return true
end

local is_set_to = methods.isSetTo
--- Whether both see the same memory in the same way; empty tensors never do.
---@param other Tensor
---@return boolean
function methods:isSetTo(other) return self:dim() > 0 and is_set_to(self, other) end

--- Converted to the default type.
---@return Tensor
function methods:real() return self:to{dtype = Tensor.default_dtype.name} end

--- Torch7 counts references by hand; Lua's collector does here.
---@return Tensor self
function methods:retain() return self end
--- As retain: does nothing.
function methods:free() end

--- Whether x is a tensor.
---@type fun(x: any): boolean
methods.isTensor = is_tensor

return M
