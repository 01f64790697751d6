--- tensor/inplace.lua: Torch7's methods that change a tensor and return it, and methods for the pure functions of ops/.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local product = require 'hilo.ops.product'

local C, run, check = ffi.C, core.run, core.check
local is_tensor = core.is_tensor
--- Methods that are made in loops below. They change the tensor and return it; only the conversions make another one.
---@class InPlaceMethods
---@field add fun(self: Tensor, a: Tensor|number, b?: Tensor|number, c?: Tensor): Tensor (value), (tensor), (value, tensor): self +
--- value * tensor; (tensor, tensor), (tensor, value, tensor): self becomes a + value * b
---@field sub fun(self: Tensor, a: Tensor|number, b?: Tensor|number, c?: Tensor): Tensor as add, but less: (value), (tensor), (value,
--- tensor), (tensor, value, tensor)
---@field addmm fun(self: Tensor, ...): Tensor ([beta,] [M (M,N),] [alpha,] a (M,K), b (K,N)): self = beta * (M or self) + alpha * a b
---@field baddbmm fun(self: Tensor, ...): Tensor ([beta,] [M (B,M,N),] [alpha,] a (B,M,K), b (B,K,N)): as addmm, of each of B matrices
---@field addbmm fun(self: Tensor, ...): Tensor ([beta,] [M (M,N),] [alpha,] a (B,M,K), b (B,K,N)): as addmm, of the sum of B products
---@field addmv fun(self: Tensor, ...): Tensor ([beta,] [v (M),] [alpha,] a (M,K), x (K)): self = beta * (v or self) + alpha * a x
---@field addr fun(self: Tensor, ...): Tensor ([beta,] [M (M,N),] [alpha,] x (M), y (N)): self = beta * (M or self) + alpha * x y'
---@field byte fun(self: Tensor): Tensor as whole numbers 0..255, cut off towards 0
---@field char fun(self: Tensor): Tensor as whole numbers -128..127, cut off towards 0
---@field short fun(self: Tensor): Tensor as whole numbers of 16 bits, cut off towards 0
---@field int fun(self: Tensor): Tensor as whole numbers of 32 bits, cut off towards 0
---@field long fun(self: Tensor): Tensor as whole numbers of 64 bits, cut off towards 0
---@field float fun(self: Tensor): Tensor as float32; itself where it is that
---@field double fun(self: Tensor): Tensor as float64; itself where it is that
---@field bfloat16 fun(self: Tensor): Tensor as bfloat16, 8 bits of mantissa, rounded to the nearest; itself where it is that
---@field cpu fun(self: Tensor): Tensor on the CPU; itself where it is there
---@field cuda fun(self: Tensor): Tensor on the card; itself where it is there; an error that says why where there is none
---@field emu fun(self: Tensor): Tensor on the emulation of a card, which tests use
local methods = Tensor.methods

--- Fails where an in-place change would break a gradient; notes the change otherwise. Parameters of modules may be changed, as in
--- Torch7: they are read when they are used.
---@param what string name of the method
---@param ... any what the new elements come from
---@return Tensor self
function methods:writable(what, ...)
   if autograd.is_enabled() then
      if self.requires_grad and not self._storage.is_parameter then
         core.raise(('%s changes a tensor in place that a gradient is computed for; use the pure function (hilo.*), work on '
            .. 't:detach(), or wrap it in hilo.no_grad'):format(what))
      end
      for i = 1, self._storage.dtype.is_float and select('#', ...) or 0 do
         local source = select(i, ...)
         if is_tensor(source) and source.requires_grad and source ~= self then
            core.raise(('%s takes a tensor that a gradient is computed for into one that is changed in place, where the gradient '
               .. 'would end; use the pure function (hilo.*), give it source:detach(), or wrap it in hilo.no_grad'):format(what))
         end
      end
   end
   self:bump()
   return self
end

local function need_tensor(name, x)
   check(is_tensor(x), '%s: expects a tensor, got %s', name, type(x))
   return x
end

local function need_number(name, x)
   check(type(x) == 'number', '%s: expects a number, got %s', name, is_tensor(x) and 'a tensor of ' .. Tensor.shape_text(x) or type(x))
   return x
end

local function same_count(name, a, b)
   check(a:nElement() == b:nElement(), '%s: expects as many elements as %s, got %s', name, Tensor.shape_text(a), Tensor.shape_text(b))
end

-- ---- sources that see the memory that is written ----

local function last_element(t)
   local c, last = t._c, t._offset
   for d = 0, c.ndim - 1 do last = last + (tonumber(c.size[d]) - 1) * tonumber(c.stride[d]) end
   return last
end

-- x as it is now, whatever is written into y: a copy where both see the same part of a storage.
local function apart(y, x)
   local meet = x._storage == y._storage and x._offset <= last_element(y) and y._offset <= last_element(x)
   return meet and x:detach():clone() or x
end

-- The same for an op that reads each element where it writes one: x may be y itself.
local function in_step(y, x)
   return (x == y or x._storage ~= y._storage or x:isSetTo(y)) and x or apart(y, x)
end

-- ---- filling and copying ----

--- Every element becomes `value`.
---@param value number
---@return Tensor self
function methods:fill(value)
   self:writable('fill')
   if self:nElement() > 0 then run('hl_fill', self, need_number('fill', value)) end
   return self
end
--- Every element becomes 0.
---@return Tensor self
function methods:zero() return self:fill(0) end

--- Elements of source in row-major order, converted; source has as many elements, or stretches to these sizes. Parameters of
--- modules are copied as they are now, without a gradient; other tensors that a gradient is computed for are an error.
---@param source Tensor
---@return Tensor self
function methods:copy(source)
   self:writable('copy', not need_tensor('copy', source)._storage.is_parameter and source)
   source = source:detach()
   if source._storage.device ~= self._storage.device then source = source:to{device = self:getDevice()} end
   if not self:isSameSizeAs(source) and self:nElement() == source:nElement() then
      source = source:contiguous():view(self:size())
   end
   if self:nElement() > 0 then run('hl_copy', self, in_step(self, source)) end
   return self
end

-- ---- arithmetic ----

for name, code in pairs {neg = C.HL_NEG, abs = C.HL_ABS, sqrt = C.HL_SQRT, rsqrt = C.HL_RSQRT, cinv = C.HL_RECIPROCAL,
   exp = C.HL_EXP, log = C.HL_LOG, log1p = C.HL_LOG1P, sin = C.HL_SIN, cos = C.HL_COS, tan = C.HL_TAN, asin = C.HL_ASIN,
   acos = C.HL_ACOS, atan = C.HL_ATAN, sinh = C.HL_SINH, cosh = C.HL_COSH, tanh = C.HL_TANH, sigmoid = C.HL_SIGMOID,
   floor = C.HL_FLOOR, ceil = C.HL_CEIL, round = C.HL_ROUND, trunc = C.HL_TRUNC, frac = C.HL_FRAC, sign = C.HL_SIGN} do
   --- In place; with a source, this tensor becomes f(source).
   ---@param source? Tensor of as many elements
   ---@return Tensor self
   methods[name] = function(self, source)
      self:writable(name, source)
      if source then same_count(name, self, need_tensor(name, source)) end
      run('hl_unary', self, source and in_step(self, source:reshape(self:size()):detach()) or self, code, 0, 0)
      return self
   end
end

--- Elements limited to low..high.
---@param low number
---@param high number
---@return Tensor self
function methods:clamp(low, high)
   self:writable('clamp')
   run('hl_unary', self, self, C.HL_CLAMP, need_number('clamp', low), need_number('clamp', high))
   return self
end

-- self = a op alpha * b, where b is a tensor that stretches to self's sizes (or has as many elements) or a number
local function binary(self, name, code, a, b, alpha)
   self:writable(name, a, b)
   if type(b) == 'number' then
      run('hl_binary_scalar', self, in_step(self, a), b, code, alpha or 1, 0)
   else
      need_tensor(name, b)
      if not a:isSameSizeAs(b) and a:nElement() == b:nElement() then b = b:reshape(a:size()) end
      run('hl_binary', self, in_step(self, a), in_step(self, b), code, alpha or 1)
   end
   return self
end

-- Torch7's argument forms: (value), (tensor), (value, tensor), (tensor, tensor), (tensor, value, tensor).
local function additive(name, code)
   methods[name] = function(self, a, b, c)
      if c ~= nil then return binary(self, name, code, need_tensor(name, a), need_tensor(name, c), need_number(name, b)) end
      if b == nil then return binary(self, name, code, self, a) end
      if is_tensor(a) then return binary(self, name, code, a, b) end
      return binary(self, name, code, self, need_tensor(name, b), need_number(name, a))
   end
end
additive('add', C.HL_ADD)
additive('sub', C.HL_SUB)
methods.csub = methods.sub

for name, code in pairs {mul = C.HL_MUL, div = C.HL_DIV, cmul = C.HL_MUL, cdiv = C.HL_DIV, pow = C.HL_POWER, cpow = C.HL_POWER,
   cmax = C.HL_MAX, cmin = C.HL_MIN, remainder = C.HL_MOD, fmod = C.HL_FMOD, atan2 = C.HL_ATAN2} do
   --- (b): self = self op b. (a, b): self = a op b. b is a tensor or a number.
   ---@param a Tensor|number
   ---@param b? Tensor|number
   ---@return Tensor self
   methods[name] = function(self, a, b)
      if b == nil then return binary(self, name, code, self, a) end
      return binary(self, name, code, need_tensor(name, a), b)
   end
end
methods.cremainder, methods.cfmod = methods.remainder, methods.fmod

local function add_product(name, divide)
   --- ([x], [value], a, b): self = (x or self) + value * a * b (addcmul) or value * a / b (addcdiv).
   ---@param ... Tensor|number
   ---@return Tensor self
   methods[name] = function(self, ...)
      local args, x, value = {...}, self, 1
      if #args == 4 or #args == 3 and is_tensor(args[1]) then x = table.remove(args, 1) end
      if type(args[1]) == 'number' then value = table.remove(args, 1) end
      self:writable(name, x, unpack(args))
      local a, b = need_tensor(name, args[1]), need_tensor(name, args[2])
      run('hl_addcmul', self, in_step(self, need_tensor(name, x)), in_step(self, a), in_step(self, b), value, divide)
      return self
   end
end
add_product('addcmul', 0)
add_product('addcdiv', 1)

-- ---- matrix products added in place: ([beta,] [M,] [alpha,] a, b): self = beta * (M or self) + alpha * (a b) ----

local function add_matmul(name, prepare)
   methods[name] = function(self, ...)
      local args, beta, alpha, base = {...}, 1, 1, nil
      local b, a = apart(self, need_tensor(name, table.remove(args))), apart(self, need_tensor(name, table.remove(args)))
      if type(args[#args]) == 'number' then alpha = table.remove(args) end
      if is_tensor(args[#args]) then base = table.remove(args) end
      if type(args[#args]) == 'number' then beta = table.remove(args) end
      check(#args == 0, '%s: expects ([beta,] [M,] [alpha,] a, b)', name)
      if base then self:copy(base) end
      self:writable(name, a, b)
      local c
      c, a, b = prepare(self, a, b)
      product(c, a, b, alpha, beta)
      return self
   end
end
local function column(v) return v:unsqueeze(2) end
-- The sum of products is one product of the matrices side by side.
local function side_by_side(c, a, b)
   check(a:dim() == 3 and b:dim() == 3 and a:size(1) == b:size(1), 'addbmm: expects a (B,M,K) and b (B,K,N), got %s and %s',
      Tensor.shape_text(a), Tensor.shape_text(b))
   local n, m, k = unpack(Tensor.sizes_table(a))
   return c, a:detach():transpose(1, 2):contiguous():view(m, n * k), b:detach():contiguous():view(n * b:size(2), b:size(3))
end
add_matmul('addbmm', side_by_side)
add_matmul('addmm', function(c, a, b) return c, a, b end)
add_matmul('baddbmm', function(c, a, b) return c, a, b end)
add_matmul('addmv', function(c, a, v) return column(c), a, column(v) end)
add_matmul('addr', function(c, a, b) return c, column(a), b:unsqueeze(1) end)

for name, add in pairs {mm = 'addmm', bmm = 'baddbmm', mv = 'addmv'} do
   --- self = a b
   ---@param a Tensor (M,K) or (B,M,K), of bmm
   ---@param b Tensor (K,N) or (B,K,N) or (K), of bmm and of mv
   ---@return Tensor self (M,N), of bmm (B,M,N), of mv (M)
   methods[name] = function(self, a, b)
      a, b = apart(self, need_tensor(name, a)), apart(self, need_tensor(name, b))
      return methods[add](self:zero(), a, b)
   end
end

-- ---- at positions ----

local function need_index(name, self, index)
   check(is_tensor(index), '%s: expects a LongTensor of positions, got %s', name, type(index))
   return apart(self, index)
end

local function need_mask(name, mask)
   check(is_tensor(mask) and mask:dtype() == 'uint8', '%s: expects a ByteTensor mask', name)
   return mask
end

local function index_put(self, name, dim, index, source, add)
   dim = Tensor.dimension(self, dim, name)
   self:writable(name, source)
   run('hl_index_put', self, apart(self, source), need_index(name, self, index), dim - 1, add)
   return self
end

--- Slices index[1], index[2], ... along dim become those of source.
---@param dim integer from 1
---@param index Tensor (K) long, positions from 1
---@param source Tensor of self's sizes, but K along dim
---@return Tensor self
function methods:indexCopy(dim, index, source) return index_put(self, 'indexCopy', dim, index, need_tensor('indexCopy', source), 0) end
--- Adds the slices of source to slices index[1], index[2], ... along dim.
---
---     local x = hilo.zeros(3):indexAdd(1, hilo.LongTensor{1, 1, 3}, hilo.ones(3))
---     assert(x[1] == 2)
---@param dim integer from 1
---@param index Tensor (K) long, positions from 1; one may come several times
---@param source Tensor of self's sizes, but K along dim
---@return Tensor self
function methods:indexAdd(dim, index, source) return index_put(self, 'indexAdd', dim, index, need_tensor('indexAdd', source), 1) end
--- Slices index[1], index[2], ... along dim become `value`.
---@param dim integer from 1
---@param index Tensor (K) long, positions from 1
---@param value number
---@return Tensor self
function methods:indexFill(dim, index, value)
   local sizes = Tensor.sizes_table(self)
   sizes[Tensor.dimension(self, dim, 'indexFill')] = need_index('indexFill', self, index):nElement()
   return index_put(self, 'indexFill', dim, index, self:empty(sizes):fill(value), 0)
end

--- self[index[i][j]][j] = source[i][j] along dim 1, and so on; source may be a number.
---@param dim integer from 1
---@param index Tensor long, positions from 1
---@param source Tensor|number of index's sizes
---@return Tensor self
function methods:scatter(dim, index, source)
   dim = Tensor.dimension(self, dim, 'scatter')
   if type(source) == 'number' then source = self:empty(need_index('scatter', self, index):size()):fill(source) end
   self:writable('scatter', source)
   run('hl_scatter', self, apart(self, need_tensor('scatter', source)), need_index('scatter', self, index), dim - 1, 0)
   return self
end
--- As scatter, but adds: self[index[i][j]][j] grows by source[i][j] along dim 1.
---@param dim integer from 1
---@param index Tensor long, positions from 1
---@param source Tensor of index's sizes
---@return Tensor self
function methods:scatterAdd(dim, index, source)
   dim = Tensor.dimension(self, dim, 'scatterAdd')
   self:writable('scatterAdd', source)
   run('hl_scatter', self, apart(self, need_tensor('scatterAdd', source)), need_index('scatterAdd', self, index), dim - 1, 1)
   return self
end

--- Elements where the mask is not 0 become `value`.
---
---     local x = hilo.Tensor{1, -1}; x:maskedFill(x:lt(0), 0)
---@param mask Tensor byte, stretches to self's sizes
---@param value number
---@return Tensor self
function methods:maskedFill(mask, value)
   self:writable('maskedFill')
   run('hl_where', self, in_step(self, need_mask('maskedFill', mask)), self:empty(1):fill(value), self)
   return self
end
--- Elements where the mask is not 0 become those of source, in row-major order.
---@param mask Tensor byte, of self's sizes
---@param source Tensor with at least as many elements as the mask selects
---@return Tensor self
function methods:maskedCopy(mask, source)
   self:writable('maskedCopy', source)
   mask = apart(self, need_mask('maskedCopy', mask))
   local n = mask:ne(0):sum()
   source = need_tensor('maskedCopy', source):reshape(source:nElement())
   check(n <= source:nElement(), 'maskedCopy: the mask selects %d elements, the source has %d', n, source:nElement())
   if n > 0 then run('hl_masked_put', self, apart(self, source:narrow(1, 1, n)), mask) end
   return self
end

-- ---- element by element in Lua ----

--- Every element x becomes f(x); keeps x where f returns nothing.
---
---     local x = hilo.range(1, 3):apply(function(v) return v * v end)  -- 1, 4, 9
---@param f fun(x: number): number?
---@return Tensor self
function methods:apply(f)
   self:writable('apply')
   local values = self:getDevice() == 'cpu' and self:detach():contiguous() or self:detach():to{device = 'cpu'}:contiguous()
   local p = Tensor.plain_nans(values:data(), values:nElement(), values._storage.dtype)
   for i = 0, values:nElement() - 1 do
      local y = f(tonumber(p[i]))
      if y ~= nil then p[i] = need_number('apply', y) end
   end
   if values._storage ~= self._storage then autograd.no_grad(methods.copy, self, values) end
   return self
end

--- Every element x becomes f(x, y) with y from `other`.
---@param other Tensor of as many elements
---@param f fun(x: number, y: number): number?
---@return Tensor self
function methods:map(other, f)
   self:writable('map', other)
   local ys, i = Tensor.host_copy(need_tensor('map', other)), -1
   same_count('map', self, other)
   return self:apply(function(x)
      i = i + 1
      return f(x, tonumber(ys[i]))
   end)
end

--- Every element x becomes f(x, y, z) with y and z from two others.
---
---     local x = hilo.zeros(2):map2(hilo.Tensor{1, 2}, hilo.Tensor{3, 4}, function(_, y, z) return y * z end)  -- 3, 8
---@param a Tensor of as many elements
---@param b Tensor of as many elements
---@param f fun(x: number, y: number, z: number): number?
---@return Tensor self
function methods:map2(a, b, f)
   self:writable('map2', a, b)
   local zs, i = Tensor.host_copy(need_tensor('map2', b)), -1
   same_count('map2', self, b)
   return self:map(need_tensor('map2', a), function(x, y)
      i = i + 1
      return f(x, y, tonumber(zs[i]))
   end)
end

-- ---- sizes in place ----

--- Other sizes; keeps the memory where the element count stays, else takes new memory (contents are then undefined).
---@param ... integer|integer[] sizes
---@return Tensor self
function methods:resize(...)
   local sizes = Tensor.sizes_of('resize', ...)
   self:writable('resize')
   local n = #sizes > 0 and 1 or 0
   for d = 1, #sizes do n = n * sizes[d] end
   local fits = self:isContiguous() and self._offset + n <= self._storage.size
   local fresh = fits and Tensor.wrap(self._storage, self._offset, sizes) or self:empty(sizes)
   return self:set(fresh)
end
--- resize to the sizes of another tensor.
---@param other Tensor
---@return Tensor self
function methods:resizeAs(other) return self:resize(Tensor.sizes_table(need_tensor('resizeAs', other))) end

--- This tensor becomes a view of what `source` sees.
---@param source Tensor
---@return Tensor self
function methods:set(source)
   core.raw(need_tensor('set', source))
   check(not (self.requires_grad and self._node), 'set: the tensor is part of a graph')
   self._c, self._storage, self._offset = source:detach()._c, source._storage, source._offset
   return self
end

-- ---- pure functions as methods ----

for _, family in ipairs {'pointwise', 'reduce', 'shape', 'matmul'} do
   for name, f in pairs(require('hilo.ops.' .. family)) do
      if methods[name] == nil then methods[name] = f end
   end
end
methods.backward = autograd.backward
--- view with the sizes of another tensor of as many elements.
---@type fun(self: Tensor, other: Tensor): Tensor
methods.viewAs = function(self, other) return self:view(Tensor.sizes_table(other)) end
--- The tensor with the type and on the device of another; itself where it is so.
---@type fun(self: Tensor, other: Tensor): Tensor
methods.typeAs = function(self, other) return self:to{dtype = other:dtype(), device = other:getDevice()} end

for _, dtype in ipairs(require('hilo.storage').dtypes) do
   methods[dtype.torch:lower()] = function(self) return self:to{dtype = dtype.name} end
end
for _, device in ipairs {'cpu', 'cuda', 'emu'} do
   methods[device] = function(self) return self:to{device = device} end
end

-- ---- operators ----

local pointwise, matmul = require 'hilo.ops.pointwise', require 'hilo.ops.matmul'
Tensor.__add = function(a, b) return pointwise.add(a, b) end
Tensor.__sub = function(a, b) return pointwise.sub(a, b) end
Tensor.__div = function(a, b) return pointwise.cdiv(a, b) end
Tensor.__pow = function(a, b) return pointwise.pow(a, b) end
Tensor.__mod = function(a, b) return pointwise.mod(a, b) end
Tensor.__unm = function(a) return pointwise.neg(a) end

--- Torch7's product: a number scales; vector * vector is the inner product, matrix * vector and matrix * matrix are products.
Tensor.__mul = function(a, b)
   if type(a) == 'number' then return pointwise.affine(b, a) end
   if type(b) == 'number' then return pointwise.affine(a, b) end
   check(is_tensor(a) and is_tensor(b), 'cannot multiply a tensor with a %s', type(is_tensor(a) and b or a))
   local na, nb = a:dim(), b:dim()
   if na == 1 and nb == 1 then return matmul.dot(a, b) end
   if na == 2 and nb == 1 then return matmul.mv(a, b) end
   if na == 2 and nb == 2 then return matmul.matmul(a, b) end
   core.raise(('a * b is the matrix product (got %s and %s); use hilo.cmul(a, b) for the elementwise one'):format(
      Tensor.shape_text(a), Tensor.shape_text(b)))
end
