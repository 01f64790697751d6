--- tensor.lua: the tensor class: creation, sizes, views, element access, conversion. Indices count from 1.
--- Arithmetic lives in tensor/inplace.lua (methods that change a tensor) and ops/ (functions that make a new one).
local ffi = require 'ffi'
local core = require 'hilo.core'
local Storage = require 'hilo.storage'

local check, raise = core.check, core.raise
local dtype_of = Storage.dtype_of

---@class Tensor
---@field requires_grad boolean? its gradient is wanted
---@field grad Tensor? the gradient, once backward() has run
---@field _c ffi.cdata* hl_tensor: what C sees
---@field _storage Storage
---@field _offset integer position of the first element in the storage, from 0
---@field _node table? autograd node that made it
local Tensor = {}
local methods = {}
Tensor.methods = methods
core.set_tensor_class(Tensor)

local is_tensor = core.is_tensor
Tensor.is_tensor = is_tensor

local new_c = ffi.typeof('hl_tensor')
local max_dim = tonumber(ffi.C.HL_MAX_DIM)

Tensor.default_dtype = dtype_of('float32')

-- ---- making views of storages ----

local function contiguous_strides(sizes)
   local strides, n = {}, 1
   for d = #sizes, 1, -1 do
      strides[d] = n
      n = n * sizes[d]
   end
   return strides
end

-- Of (N,C,H,W) with the channels innermost.
local function channels_last_strides(sizes)
   local _, c, h, w = unpack(sizes)
   return {h * w * c, 1, w * c, c}
end

local function has_strides(c, strides)
   for d = 1, c.ndim do
      if c.size[d - 1] ~= 1 and c.stride[d - 1] ~= strides[d] then return false end
   end
   return true
end

--- A tensor over `storage`; sizes and strides in elements, offset from 0.
---@return Tensor
local function wrap(storage, offset, sizes, strides)
   local c = new_c()
   c.data = ffi.cast('char *', storage.ptr) + offset * storage.dtype.bytes
   c.dtype, c.device, c.ndim = storage.dtype.id, storage.device.id, #sizes
   strides = strides or contiguous_strides(sizes)
   for d = 1, #sizes do c.size[d - 1], c.stride[d - 1] = sizes[d], strides[d] end
   return setmetatable({_c = c, _storage = storage, _offset = offset}, Tensor)
end
Tensor.wrap = wrap

local function count(sizes)
   local n = #sizes > 0 and 1 or 0
   for d = 1, #sizes do n = n * sizes[d] end
   return n
end

local function check_sizes(sizes, what)
   check(#sizes <= max_dim, '%s: a tensor has at most %d dimensions, got %d', what, max_dim, #sizes)
   for d = 1, #sizes do
      local n = sizes[d]
      check(type(n) == 'number' and n >= 0 and n % 1 == 0 and n < 2 ^ 40, '%s: size %d must be a whole number of 0 or more, got %s',
         what, d, tostring(n))
   end
   check(count(sizes) < 2 ^ 42, '%s: %s elements are more than fit into memory', what, tostring(count(sizes)))
   return sizes
end

--- Sizes given as numbers, as one table, or as what t:size() returns; the rest of the arguments after them.
local function sizes_of(what, ...)
   local first = ...
   if type(first) == 'table' and not is_tensor(first) and (#first > 0 or next(first) == nil) then
      local sizes = {}
      for d = 1, #first do sizes[d] = first[d] end
      return check_sizes(sizes, what), select(2, ...)
   end
   local sizes, n = {}, select('#', ...)
   for i = 1, n do
      local v = select(i, ...)
      if type(v) ~= 'number' then return check_sizes(sizes, what), v end
      sizes[i] = v
   end
   return check_sizes(sizes, what)
end
Tensor.sizes_of = sizes_of

--- Where a new tensor lives and what it holds: {dtype = 'double', device = 'cuda'}.
local function placement(options)
   if options == nil then return assert(core.device('cpu')), Tensor.default_dtype end
   check(type(options) == 'table' and not is_tensor(options), 'expected options such as {dtype = "double"}, got %s',
      type(options))
   for key in pairs(options) do
      check(key == 'dtype' or key == 'device', "unknown option '%s'; a tensor takes dtype and device", tostring(key))
   end
   local device, reason = core.device(options.device or 'cpu')
   if not device then raise(reason) end
   return device, options.dtype and dtype_of(options.dtype) or Tensor.default_dtype
end

local function allocate(device, dtype, sizes, zero)
   return wrap(Storage.new(device, dtype, count(sizes), zero), 0, sizes)
end

-- Whether images, or parts of images, have their channels innermost.
local function channels_innermost(c)
   return c.ndim == 4 and c.stride[1] == 1 and c.size[1] > 1 and (c.size[2] > 1 or c.size[3] > 1)
end

-- For a result that goes with `like`: on a device other than the CPU images with the channels innermost stay so.
local function allocate_like(like, dtype, sizes, zero)
   local s, c, strides = like._storage, like._c, nil
   if #sizes == 4 and s.device.name ~= 'cpu' and channels_innermost(c) and not like:isContiguous() then
      strides = channels_last_strides(sizes)
   end
   return wrap(Storage.new(s.device, dtype, count(sizes), zero), 0, sizes, strides)
end

--- Uninitialised tensor: Tensor.empty(2, 3), Tensor.empty({2, 3}, {dtype = 'double'}).
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?}
---@return Tensor
function Tensor.empty(...)
   local sizes, options = sizes_of('empty', ...)
   local device, dtype = placement(options)
   return allocate(device, dtype, sizes)
end

--- Tensor of zeros: zeros(2, 3), zeros({2, 3}, {dtype = 'byte', device = 'cuda'}).
---
---     local labels = hilo.zeros({2, 32, 32}, {dtype = 'byte'})
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?}
---@return Tensor
function Tensor.zeros(...)
   local sizes, options = sizes_of('zeros', ...)
   local device, dtype = placement(options)
   return allocate(device, dtype, sizes, true)
end

--- Zeros that take memory from their first use on: for gradients, which networks that only evaluate never need.
function Tensor.promised_zeros(...)
   local sizes, options = sizes_of('zeros', ...)
   local device, dtype = placement(options)
   return wrap(Storage.promise_zeros(device, dtype, count(sizes)), 0, sizes)
end

--- Tensor filled with a value: full(0.5, 2, 3), full(255, {2, 3}, {dtype = 'byte'}).
---
---     local void = hilo.full(255, {4, 4}, {dtype = 'byte'})
---@param value number
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?}
---@return Tensor
function Tensor.full(value, ...)
   local sizes, options = sizes_of('full', ...)
   local device, dtype = placement(options)
   local t = allocate(device, dtype, sizes)
   core.run('hl_fill', t, value)
   return t
end

--- Tensor of ones: ones(2, 3), ones({2, 3}, {dtype = 'long'}).
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?}
---@return Tensor
function Tensor.ones(...) return Tensor.full(1, ...) end

--- first, first + step, ... up to last.
---
---     assert(hilo.range(1, 10, 3):size(1) == 4)
---@param first number
---@param last number
---@param step? number
---@param options? table
---@return Tensor
function Tensor.range(first, last, step, options)
   step = step or 1
   check(type(first) == 'number' and type(last) == 'number' and type(step) == 'number' and step ~= 0,
      'range: expects numbers first, last and a step that is not 0')
   local n = math.floor((last - first) / step + 1e-9) + 1
   check(n >= 1, 'range: from %g to %g by %g is empty', first, last, step)
   local device, dtype = placement(options)
   local t = allocate(device, dtype, check_sizes({n}, 'range'))
   core.run('hl_range', t, first, step)
   return t
end

--- n numbers from first to last, evenly spaced.
---
---     assert(hilo.linspace(0, 1, 5)[2] == 0.25)
---@param first number
---@param last number
---@param n? integer 100
---@param options? {dtype?: string, device?: string}
---@return Tensor (n)
function Tensor.linspace(first, last, n, options)
   n = n or 100
   local device, dtype = placement(options)
   local t = allocate(device, dtype, check_sizes({n}, 'linspace'))
   core.run('hl_range', t, first, n > 1 and (last - first) / (n - 1) or 0)
   return t
end

--- Ones on the diagonal, zeros elsewhere.
---
---     local unit = hilo.eye(3)
---@param n integer rows
---@param m? integer columns, n if not given
---@param options? {dtype?: string, device?: string}
---@return Tensor (n,m)
function Tensor.eye(n, m, options)
   m = m or n
   local t = Tensor.zeros({n, m}, options)
   core.run('hl_fill', wrap(t._storage, 0, {math.min(n, m)}, {m + 1}), 1)
   return t
end

--- Nested Lua tables of numbers -> tensor; every row must have the same length.
local function from_table(values, options)
   local sizes, level = {}, values
   while type(level) == 'table' do
      sizes[#sizes + 1] = #level
      level = level[1]
   end
   local device, dtype = placement(options)
   local flat, n = ffi.new(dtype.ctype .. '[?]', math.max(1, count(sizes))), 0
   local function fill(row, depth)
      if depth > #sizes then
         check(type(row) == 'number' or type(row) == 'boolean', 'a tensor is made of numbers, got %s', type(row))
         flat[n] = type(row) == 'boolean' and (row and 1 or 0) or row
         n = n + 1
         return
      end
      check(type(row) == 'table' and #row == sizes[depth], 'a tensor needs rows of equal length: %d expected at depth %d, got %s',
         sizes[depth], depth, type(row) == 'table' and #row or type(row))
      check(table.maxn(row) == #row, 'a tensor is made of numbers, got nil at place %d', #row + 1)
      for i = 1, #row do fill(row[i], depth + 1) end
   end
   fill(values, 1)
   if count(sizes) == 0 then sizes = {} end
   local t = allocate(device, dtype, check_sizes(sizes, 'Tensor'))
   core.call(device.lib, 'hl_upload', t._storage.ptr, flat, n * dtype.bytes)
   return t
end

--- Torch7's constructors: Tensor(), Tensor(2, 3), Tensor{{1, 2}, {3, 4}}, Tensor(other) (a view of other's elements).
function Tensor.new(options, ...)
   local first = ...
   if first == nil then return Tensor.empty({}, options) end
   if is_tensor(first) then
      local _, dtype = placement(options)
      check(first._storage.dtype == dtype, 'Tensor: cannot view a %s as torch.%sTensor; convert it with :%s()', first:type(),
         dtype.torch, dtype.torch:lower())
      return first:view(first:size())
   end
   if type(first) == 'table' then
      if getmetatable(first) == Tensor.Size then return Tensor.empty(first, options) end
      return from_table(first, options)
   end
   local sizes = {...}
   return Tensor.empty(check_sizes(sizes, 'Tensor'), options)
end

--- A constructor table as Torch7's torch.FloatTensor: call it, or compare with it.
---@param dtype? string the default type where missing
function Tensor.factory(dtype)
   return setmetatable({empty = Tensor.empty, is_tensor = is_tensor}, {
      __call = function(_, ...) return Tensor.new({dtype = dtype or Tensor.default_dtype.name}, ...) end,
   })
end

--- Torch7's setdefaulttensortype('torch.DoubleTensor').
---@param name string 'torch.FloatTensor' or 'torch.DoubleTensor'
function Tensor.set_default_type(name)
   local dtype = dtype_of(name)
   check(dtype.is_float, 'setdefaulttensortype: the default must be a float type, got %s', name)
   Tensor.default_dtype = dtype
end
--- The type of tensors that are made without one.
---@return string 'torch.FloatTensor' unless it was set
function Tensor.get_default_type() return ('torch.%sTensor'):format(Tensor.default_dtype.torch) end

-- ---- sizes ----

--- What t:size() returns: an array of numbers that prints as Torch7's LongStorage and compares with ==.
Tensor.Size = {}
Tensor.Size.__index = {
   totable = function(self) return {unpack(self)} end,
   size = function(self) return #self end,
}
function Tensor.Size.__eq(a, b)
   if #a ~= #b then return false end
   for i = 1, #a do if a[i] ~= b[i] then return false end end
   return true
end
function Tensor.Size.__tostring(self)
   return table.concat(self, '\n') .. ('\n[torch.LongStorage of size %d]\n'):format(#self)
end

local function sizes_table(t)
   local sizes, c = {}, t._c
   for d = 1, c.ndim do sizes[d] = tonumber(c.size[d - 1]) end
   return sizes
end

local function strides_table(t)
   local strides, c = {}, t._c
   for d = 1, c.ndim do strides[d] = tonumber(c.stride[d - 1]) end
   return strides
end
Tensor.sizes_table, Tensor.strides_table = sizes_table, strides_table

--- "2x3x4", for messages.
local function shape_text(t) return t._c.ndim == 0 and 'empty' or table.concat(sizes_table(t), 'x') end
Tensor.shape_text = shape_text

--- Dimension number from 1; negative counts from the last.
local function dimension(t, dim, what)
   local n = t._c.ndim
   if type(dim) == 'number' and dim < 0 then dim = n + 1 + dim end
   check(type(dim) == 'number' and dim % 1 == 0 and dim >= 1 and dim <= n,
      '%s: dimension %s is out of range; the tensor is %s, so 1 to %d', what, tostring(dim), shape_text(t), n)
   return dim
end
Tensor.dimension = dimension

--- Number of dimensions; 0 of an empty tensor.
---@return integer
function methods:dim() return tonumber(self._c.ndim) end
methods.nDimension = methods.dim

--- All sizes, or that of one dimension.
---@overload fun(self: Tensor): integer[]
---@param dim integer from 1; negative counts from the last
---@return integer size
function methods:size(dim)
   if dim then return tonumber(self._c.size[dimension(self, dim, 'size') - 1]) end
   return setmetatable(sizes_table(self), Tensor.Size)
end

--- All strides (elements), or that of one dimension.
---@overload fun(self: Tensor): integer[]
---@param dim integer from 1; negative counts from the last
---@return integer stride in elements
function methods:stride(dim)
   if dim then return tonumber(self._c.stride[dimension(self, dim, 'stride') - 1]) end
   return setmetatable(strides_table(self), Tensor.Size)
end

--- Number of elements.
---@return integer
function methods:nElement()
   local n, c = self._c.ndim > 0 and 1 or 0, self._c
   for d = 0, c.ndim - 1 do n = n * tonumber(c.size[d]) end
   return n
end
methods.numel = methods.nElement

--- Position of the first element in the storage, from 1.
---@return integer
function methods:storageOffset() return self._offset + 1 end
--- Whether the elements lie in row-major order without gaps.
---@return boolean
function methods:isContiguous()
   local expected, c = 1, self._c
   for d = c.ndim - 1, 0, -1 do
      if c.size[d] ~= 1 and c.stride[d] ~= expected then return false end
      expected = expected * tonumber(c.size[d])
   end
   return true
end

--- Whether this is (N,C,H,W), dense in memory with the channels innermost.
---@return boolean
function methods:isChannelsLast()
   return self._c.ndim == 4 and has_strides(self._c, channels_last_strides(sizes_table(self)))
end

--- Whether both have the same sizes.
---@param other Tensor
---@return boolean
function methods:isSameSizeAs(other)
   local a, b = self._c, other._c
   if a.ndim ~= b.ndim then return false end
   for d = 0, a.ndim - 1 do if a.size[d] ~= b.size[d] then return false end end
   return true
end

--- Whether both see the same memory, in whole or in part of one storage.
---@param other Tensor
---@return boolean
function methods:isSetTo(other)
   return self._storage == other._storage and self._offset == other._offset and self:isSameSizeAs(other)
      and self:stride() == other:stride()
end

--- 'torch.FloatTensor'; with a name, this tensor converted to that type (itself where it already is).
---@param name? string 'torch.ByteTensor', 'byte', ...
---@return string|Tensor
function methods:type(name)
   if not name then return ('torch.%sTensor'):format(self._storage.dtype.torch) end
   return self:to{dtype = name}
end
--- Name of the type of the elements.
---@return string 'float32', 'float64', 'uint8', 'int32', 'int64' or 'bfloat16'
function methods:dtype() return self._storage.dtype.name end
--- Name of the device that holds the elements.
---@return string 'cpu', 'cuda' or 'emu'
function methods:getDevice() return self._storage.device.name end

-- ---- memory ----

--- A new uninitialised tensor of the same dtype and device, of the given sizes or its own. On a card, of an image with the
--- channels innermost comes another such.
---@param ... integer|integer[] sizes
---@return Tensor
function methods:empty(...)
   local sizes = select('#', ...) > 0 and sizes_of('empty', ...) or sizes_table(self)
   return allocate_like(self, self._storage.dtype, sizes)
end

--- As empty, of another dtype.
---@param dtype string 'byte', 'float', ...
---@param ... integer|integer[] sizes
---@return Tensor
function methods:emptyAs(dtype, ...)
   local sizes = select('#', ...) > 0 and sizes_of('empty', ...) or sizes_table(self)
   return allocate_like(self, dtype_of(dtype), sizes)
end

--- As empty, filled with zeros.
---@param ... integer|integer[] sizes
---@return Tensor
function methods:zeros(...)
   local sizes = select('#', ...) > 0 and sizes_of('zeros', ...) or sizes_table(self)
   return allocate_like(self, self._storage.dtype, sizes, true)
end

--- Torch7's t:new(): a constructor for the same type.
---@param ... any as of hilo.Tensor
---@return Tensor
function methods:new(...)
   return Tensor.new({dtype = self._storage.dtype.name, device = self._storage.device.name}, ...)
end

--- Gives the memory back now. This tensor and all views of it can no longer be used.
function methods:free() self._storage:free() end

--- As as_strided, of sizes and strides that are known to fit.
---@private
function methods:_strided(sizes, strides, offset)
   core.raw(self)
   return wrap(self._storage, self._offset + (offset or 0), sizes, strides)
end

-- The least and the largest place in the storage that such a view has; it has elements.
local function reach(sizes, strides, first)
   local low, high = first, first
   for d = 1, #sizes do
      local span = (sizes[d] - 1) * strides[d]
      low, high = low + math.min(0, span), high + math.max(0, span)
   end
   return low, high
end

local function is_whole(x) return type(x) == 'number' and x % 1 == 0 end

--- A view of the same memory over other sizes and strides; autograd does not see it.
---
---     local diagonal = hilo.eye(3):as_strided({3}, {4})
---     assert(diagonal:sum() == 3)
---@param sizes integer[]
---@param strides? integer[] in elements; dense if not given
---@param offset? integer elements from this tensor's first one
---@return Tensor view an error where it would reach beyond the memory that this tensor is a view of
function methods:as_strided(sizes, strides, offset)
   check(type(sizes) == 'table', 'as_strided: sizes must be a table, got %s', type(sizes))
   check_sizes(sizes, 'as_strided')
   strides, offset = strides or contiguous_strides(sizes), offset or 0
   check(type(strides) == 'table' and #strides == #sizes, 'as_strided: expects a stride for each of %d sizes, got %s', #sizes,
      type(strides) == 'table' and #strides or type(strides))
   for d = 1, #strides do
      check(is_whole(strides[d]), 'as_strided: stride %d must be a whole number, got %s', d, tostring(strides[d]))
   end
   check(is_whole(offset), 'as_strided: the offset must be a whole number, got %s', tostring(offset))
   if count(sizes) > 0 then
      local low, high = reach(sizes, strides, self._offset + offset)
      check(low >= 0 and high < self._storage.size,
         'as_strided: the view would reach from element %s to %s of memory that has %s (from 0)', tostring(low), tostring(high),
         tostring(self._storage.size))
   end
   return self:_strided(sizes, strides, offset)
end

--- The same memory outside any graph.
---
---     local x = hilo.randn(3)
---     x.requires_grad = true
---     assert(not (x * 2):detach().requires_grad)
---@return Tensor
function methods:detach()
   return self:_strided(sizes_table(self), strides_table(self))
end

--- Notes an in-place change, for autograd's check of saved tensors.
function methods:bump() self._storage.version = self._storage.version + 1 end

-- ---- conversion ----

-- LuaJIT tells its values apart by the bits of NaNs with the sign set, and takes a number read from memory as it is: such a NaN
-- from a file, or in memory that was never written, would become nil, a string, anything. So each is replaced by the plain NaN
-- before Lua looks. Infinities are below all of them.
local function plain_nans(values, n, dtype)
   if dtype.name == 'float32' then
      local bits = ffi.cast('uint32_t *', values)
      for i = 0, n - 1 do
         if bits[i] > 0xff800000 then bits[i] = 0xffc00000 end
      end
   elseif dtype.name == 'float64' then
      local words = ffi.cast('uint32_t *', values) -- low, high, low, high, ...
      for i = 1, 2 * n - 1, 2 do
         if words[i] > 0xfff00000 then words[i], words[i - 1] = 0xfff80000, 0 end
      end
   end
   return values
end
Tensor.plain_nans = plain_nans

-- What was read from memory as an array that Lua's numbers come from: floats of bfloat16's bits.
local function readable(values, n, dtype)
   if dtype.name ~= 'bfloat16' then return plain_nans(values, n, dtype) end
   local floats = ffi.new('float[?]', math.max(1, n))
   local bits = ffi.cast('uint32_t *', floats)
   for i = 0, n - 1 do bits[i] = values[i] * 2 ^ 16 end
   return plain_nans(floats, n, dtype_of 'float32')
end

--- Lua number of a tensor with one element.
---@return number
function methods:item()
   check(self:nElement() == 1, 'item: the tensor must have one element, it is %s', shape_text(self))
   local value = ffi.new(self._storage.dtype.ctype .. '[1]')
   core.call(self._storage.device.lib, 'hl_download', value, core.raw(self).data, self._storage.dtype.bytes)
   return tonumber(readable(value, 1, self._storage.dtype)[0])
end

--- Elements in row-major order on the host, as a C array (of floats for bfloat16) to keep while it is used, and their number.
local function host_copy(t)
   local dense = t:isContiguous() and t or t:detach():contiguous()
   local n, dtype = t:nElement(), t._storage.dtype
   local buffer = ffi.new(dtype.ctype .. '[?]', math.max(1, n))
   core.call(t._storage.device.lib, 'hl_download', buffer, core.raw(dense).data, n * dtype.bytes)
   return readable(buffer, n, dtype), n
end
Tensor.host_copy = host_copy

--- Nested Lua tables of numbers.
---
---     assert(hilo.eye(2):totable()[2][2] == 1)
---@return table
function methods:totable()
   if self._c.ndim == 0 then return {} end
   local buffer, at, sizes = host_copy(self), 0, sizes_table(self)
   local function rows(depth)
      local row = {}
      for i = 1, sizes[depth] do
         if depth == #sizes then
            row[i] = tonumber(buffer[at])
            at = at + 1
         else
            row[i] = rows(depth + 1)
         end
      end
      return row
   end
   return rows(1)
end

--- C pointer to the first element of a contiguous CPU tensor. Keep the tensor alive while it is used.
---@return ffi.cdata*
function methods:data()
   check(self._storage.device.name == 'cpu', 'data: the tensor is on %s; move it with :cpu() first', self:getDevice())
   check(self:isContiguous(), 'data: the tensor (%s) is not contiguous; call :contiguous() first', shape_text(self))
   local pointer = ffi.cast(self._storage.dtype.pointer, core.raw(self).data)
   self._storage:pin()
   return pointer
end

-- ---- element access ----

local function refuse_index(t, dim, index, n)
   local why = is_whole(index) and ('is out of range 1..%d'):format(n) or 'is not a whole number,'
   raise(('index %s %s in dimension %d of a %s tensor'):format(tostring(index), why, dim, shape_text(t)))
end

local function element_offset(t, dim, index)
   local n = tonumber(t._c.size[dim - 1])
   local i = index
   if type(i) == 'number' and i < 0 then i = n + 1 + i end
   if type(i) ~= 'number' or i % 1 ~= 0 or i < 1 or i > n then refuse_index(t, dim, index, n) end
   return (i - 1) * tonumber(t._c.stride[dim - 1])
end
Tensor.element_offset = element_offset

local scratch = {}
for _, dtype in ipairs(Storage.dtypes) do scratch[dtype.id] = ffi.new(dtype.ctype .. '[1]') end

local function element_address(t, ...)
   local c = core.raw(t)
   check(select('#', ...) == c.ndim, 'a %s tensor takes %d indices, got %d', shape_text(t), c.ndim, select('#', ...))
   local offset = 0
   for d = 1, c.ndim do offset = offset + element_offset(t, d, (select(d, ...))) end
   return ffi.cast('char *', c.data) + offset * t._storage.dtype.bytes
end

--- One element as a number: t:get(2, 3).
---@param ... integer an index for each dimension, from 1
---@return number
function methods:get(...)
   local value, address = scratch[self._storage.dtype.id], element_address(self, ...)
   core.call(self._storage.device.lib, 'hl_download', value, address, self._storage.dtype.bytes)
   return tonumber(readable(value, 1, self._storage.dtype)[0])
end

--- Sets one element: t:put(value, 2, 3).
---@param value number
---@param ... integer an index for each dimension, from 1
---@return Tensor self
function methods:put(value, ...)
   check(type(value) == 'number', 'an element must be set to a number, got %s', type(value))
   self:writable('an element assignment')
   local address = element_address(self, ...)
   core.run('hl_fill', wrap(self._storage, (address - ffi.cast('char *', self._storage.ptr)) / self._storage.dtype.bytes, {1}),
      value)
   return self
end

return Tensor
