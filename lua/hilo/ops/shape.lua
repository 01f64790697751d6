--- ops/shape.lua: views and rearrangements. Views share the memory of their argument. All are differentiable.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'

local run, check, op = core.run, core.check, autograd.op
local sizes_table, strides_table, dimension = Tensor.sizes_table, Tensor.strides_table, Tensor.dimension

local M = {}

local at_once = autograd.most_tensors
local most_pieces = 2 ^ 18 -- of one tensor

local function need_tensor(name, x)
   check(core.is_tensor(x), '%s: expects a tensor, got %s', name, type(x))
   return x
end

--- The same elements in row-major order: x itself where they already are.
---@param x Tensor
---@return Tensor
local copy_contiguous = op('contiguous', {
   forward = function(_, x)
      local y = Tensor.empty(sizes_table(x), {dtype = x:dtype(), device = x:getDevice()})
      run('hl_copy', y, x)
      return y
   end,
   backward = function(_, dy) return dy end,
})
--- The same elements dense in row-major order: x itself where they already are.
---@param x Tensor
---@return Tensor
function M.contiguous(x) return need_tensor('contiguous', x):isContiguous() and x or copy_contiguous(x) end

--- The same images with the channels innermost in memory, where cards convolve fastest; ops on a card keep that layout: x itself
--- where it has it.
---
---     local x = hilo.channelsLast(hilo.zeros(2, 3, 4, 4))
---@param x Tensor (N,C,H,W)
---@return Tensor
function M.channelsLast(x)
   check(need_tensor('channelsLast', x):dim() == 4, 'channelsLast: expects (N,C,H,W), got %s', Tensor.shape_text(x))
   return M.to(x, {layout = 'channels_last'})
end

local copy = op('clone', {
   forward = function(_, x)
      local y = x:empty()
      run('hl_copy', y, x)
      return y
   end,
   backward = function(_, dy) return dy end,
})

--- A copy with memory of its own.
---@param x Tensor
---@return Tensor
function M.clone(x) return copy(need_tensor('clone', x)) end

local function element_count(sizes)
   local n = #sizes > 0 and 1 or 0
   for d = 1, #sizes do n = n * sizes[d] end
   return n
end

-- Fills in one size of -1 and checks the number of elements.
local function fit_sizes(x, sizes)
   local total, known, free = x:nElement(), 1, nil
   for d, n in ipairs(sizes) do
      if n == -1 then
         check(not free, 'view: only one size may be -1')
         free = d
      else
         check(type(n) == 'number' and n >= 0 and n % 1 == 0, 'view: size %d must be a whole number, got %s', d, tostring(n))
         known = known * n
      end
   end
   if free then
      check(known > 0 and total % known == 0, 'view: %d elements (%s) do not divide into %s', total, Tensor.shape_text(x),
         table.concat(sizes, 'x'))
      sizes[free] = total / known
   end
   check(element_count(sizes) == total, 'view: a tensor of %s has %d elements, %s needs %d', Tensor.shape_text(x), total,
      table.concat(sizes, 'x'), element_count(sizes))
   return sizes
end

local view = op('view', {
   forward = function(ctx, x, sizes)
      ctx.sizes = sizes_table(x)
      return x:_strided(sizes)
   end,
   backward = function(ctx, dy) return M.contiguous(dy):_strided(ctx.sizes) end,
})

--- The same memory with other sizes; one of them may be -1. x must be contiguous.
---
---     local y = hilo.zeros(2, 6):view(3, -1)  -- (3,4)
---@param x Tensor
---@param ... integer|integer[] sizes
---@return Tensor
function M.view(x, ...)
   need_tensor('view', x)
   local sizes = type((...)) == 'table' and {unpack((...))} or {...}
   sizes = fit_sizes(x, sizes)
   check(#sizes <= 8, 'view: a tensor has at most 8 dimensions, got %d', #sizes)
   check(x:isContiguous(), 'view: the tensor (%s) is not contiguous; call :contiguous() first, or use reshape', Tensor.shape_text(x))
   return view(x, sizes)
end

--- As view; copies where x is not contiguous.
---@param x Tensor
---@param ... integer|integer[] sizes
---@return Tensor
function M.reshape(x, ...) return M.view(M.contiguous(need_tensor('reshape', x)), ...) end

--- `length` slices of dimension dim from number `first` on.
---
---     local rows = hilo.narrow(hilo.eye(4), 1, 2, 2)  -- rows 2 and 3
---@param x Tensor
---@param dim integer from 1
---@param first integer from 1
---@param length integer
---@return Tensor view
M.narrow = op('narrow', {
   forward = function(ctx, x, dim, first, length)
      dim = dimension(need_tensor('narrow', x), dim, 'narrow')
      local sizes, strides = sizes_table(x), strides_table(x)
      check(type(first) == 'number' and type(length) == 'number' and first % 1 == 0 and length % 1 == 0 and first >= 1
         and length >= 0 and first + length - 1 <= sizes[dim], 'narrow: %s slices from %s on do not fit dimension %d of %s',
         tostring(length), tostring(first), dim, Tensor.shape_text(x))
      ctx.sizes, ctx.dim, ctx.first, ctx.length = {unpack(sizes)}, dim, first, length
      sizes[dim] = length
      return x:_strided(sizes, strides, (first - 1) * strides[dim])
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.sizes)
      run('hl_copy', M.narrow(dx, ctx.dim, ctx.first, ctx.length), dy)
      return dx
   end,
})

--- Slice number `index` of dimension dim, which goes away.
---@param x Tensor
---@param dim integer
---@param index integer
---@return Tensor view
function M.select(x, dim, index)
   dim = dimension(need_tensor('select', x), dim, 'select')
   Tensor.element_offset(x, dim, index)
   if index < 0 then index = x:size(dim) + 1 + index end
   return M.squeeze(M.narrow(x, dim, index, 1), dim)
end

-- Slabs of `length` slices along dim, the last of what is left; bare: of one slice each, without that dimension.
local slabs = op('slabs', {
   forward = function(ctx, x, dim, length, bare)
      local sizes, strides, ys = sizes_table(x), strides_table(x), {}
      ctx.sizes, ctx.dim, ctx.length, ctx.bare = {unpack(sizes)}, dim, length, bare
      local n, stride = sizes[dim], strides[dim]
      if bare and #sizes > 1 then
         table.remove(sizes, dim)
         table.remove(strides, dim)
      end
      for first = 0, n - 1, length do
         if not bare or #ctx.sizes == 1 then sizes[dim] = math.min(length, n - first) end
         ys[#ys + 1] = x:_strided(sizes, strides, first * stride)
      end
      return unpack(ys)
   end,
   backward = function(ctx, ...)
      local n, count, dys, like = ctx.sizes[ctx.dim], select('#', ...), {...}, nil
      for i = 1, count do like = like or dys[i] end
      local dx = like:empty(ctx.sizes)
      for i = 1, count do
         local first = (i - 1) * ctx.length
         local part = M.narrow(dx, ctx.dim, first + 1, math.min(ctx.length, n - first))
         if ctx.bare then part = M.squeeze(part, ctx.dim) end
         if dys[i] then run('hl_copy', part, dys[i]) else part:zero() end
      end
      return dx
   end,
})

-- Slabs as a list; where there are many, of slabs of slabs.
local function pieces(x, dim, length, bare)
   local many = length * at_once
   if x:size(dim) <= many then return {slabs(x, dim, length, bare)} end
   local list = {}
   for _, slab in ipairs(pieces(x, dim, many)) do
      for _, piece in ipairs {slabs(slab, dim, length, bare)} do list[#list + 1] = piece end
   end
   return list
end

local function check_pieces(x, dim, n, who)
   check(n <= most_pieces, '%s: dimension %d of %s gives %.0f pieces, more than a table of tensors holds, %d; narrow it first, or '
      .. 'work on the whole tensor', who, dim, Tensor.shape_text(x), n, most_pieces)
end

--- The slices of x along dim, without that dimension.
---@private
---@param x Tensor
---@param dim integer from 1
---@param who string whose error it is where there are too many
---@return Tensor[] views
function M.slices(x, dim, who)
   check_pieces(x, dim, x:size(dim), who)
   return pieces(x, dim, 1, true)
end

local permute = op('permute', {
   forward = function(ctx, x, order)
      local sizes, strides, new_sizes, new_strides = sizes_table(x), strides_table(x), {}, {}
      ctx.inverse = {}
      for d, from in ipairs(order) do
         new_sizes[d], new_strides[d] = sizes[from], strides[from]
         ctx.inverse[from] = d
      end
      return x:_strided(new_sizes, new_strides)
   end,
   backward = function(ctx, dy) return M.permute(dy, ctx.inverse) end,
})

--- Dimensions in another order: permute(x, 1, 3, 4, 2).
---
---     local channels_last = hilo.randn(2, 3, 4, 5):permute(1, 3, 4, 2)  -- (2,4,5,3)
---@param x Tensor
---@param ... integer|integer[] dimensions, from 1
---@return Tensor view
function M.permute(x, ...)
   need_tensor('permute', x)
   local order = type((...)) == 'table' and (...) or {...}
   local seen = {}
   check(#order == x:dim(), 'permute: %d dimensions must be named, got %d', x:dim(), #order)
   for _, d in ipairs(order) do
      dimension(x, d, 'permute')
      check(not seen[d], 'permute: dimension %d is named twice', d)
      seen[d] = true
   end
   return permute(x, order)
end

--- Dimensions a and b exchanged.
---
---     local y = hilo.transpose(hilo.zeros(2, 3, 4), 1, 3)  -- (4,3,2)
---@param x Tensor
---@param a integer
---@param b integer
---@return Tensor view
function M.transpose(x, a, b)
   need_tensor('transpose', x)
   a, b = dimension(x, a, 'transpose'), dimension(x, b, 'transpose')
   local order = {}
   for d = 1, x:dim() do order[d] = d end
   order[a], order[b] = b, a
   return permute(x, order)
end

--- Transpose of a matrix.
---@param x Tensor (M,N)
---@return Tensor (N,M) a view
function M.t(x)
   check(need_tensor('t', x):dim() == 2, 't: expects a matrix, got %s', Tensor.shape_text(x))
   return M.transpose(x, 1, 2)
end

--- Dimensions of size 1 removed: all, or dim alone.
---
---     local y = hilo.squeeze(hilo.zeros(1, 3, 1))  -- (3)
---@param x Tensor
---@param dim? integer
---@return Tensor view
function M.squeeze(x, dim)
   need_tensor('squeeze', x)
   local sizes, strides, kept, kept_strides = sizes_table(x), strides_table(x), {}, {}
   dim = dim and dimension(x, dim, 'squeeze')
   for d = 1, #sizes do
      if sizes[d] ~= 1 or dim and d ~= dim then
         kept[#kept + 1] = sizes[d]
         kept_strides[#kept] = strides[d]
      end
   end
   if #sizes > 0 and #kept == 0 then kept, kept_strides = {1}, {1} end
   return M.restride(x, kept, kept_strides)
end

--- A dimension of size 1 before dimension dim.
---@param x Tensor
---@param dim integer 1 to the number of dimensions + 1
---@return Tensor view
function M.unsqueeze(x, dim)
   need_tensor('unsqueeze', x)
   check(type(dim) == 'number' and dim >= 1 and dim <= x:dim() + 1, 'unsqueeze: dimension %s is out of range 1..%d', tostring(dim),
      x:dim() + 1)
   local sizes, strides = sizes_table(x), strides_table(x)
   table.insert(sizes, dim, 1)
   table.insert(strides, dim, (sizes[dim + 1] or 1) * (strides[dim] or 1))
   return M.restride(x, sizes, strides)
end

--- The same elements in the same order under other sizes and strides, a view.
---@param x Tensor
---@param sizes integer[]
---@param strides integer[] in elements
---@return Tensor
M.restride = op('restride', {
   forward = function(ctx, x, sizes, strides)
      ctx.sizes = sizes_table(x)
      return x:as_strided(sizes, strides)
   end,
   backward = function(ctx, dy) return M.contiguous(dy):as_strided(ctx.sizes) end,
})

local expand = op('expand', {
   forward = function(ctx, x, sizes)
      local strides, lead = strides_table(x), #sizes - x:dim()
      local new_strides, from = {}, sizes_table(x)
      ctx.from = from
      for d = 1, #sizes do
         local stretched = d <= lead or from[d - lead] == 1 and sizes[d] ~= 1
         new_strides[d] = stretched and 0 or strides[d - lead]
      end
      return x:_strided(sizes, new_strides)
   end,
   backward = function(ctx, dy)
      local lead, mask, reduced = dy:dim() - #ctx.from, 0, sizes_table(dy)
      for d = 1, dy:dim() do
         if d <= lead or ctx.from[d - lead] == 1 then mask, reduced[d] = mask + 2 ^ (d - 1), 1 end
      end
      local dx = dy:empty(reduced)
      run('hl_reduce', dx, dy, 0, mask)
      return dx:_strided(ctx.from)
   end,
})

--- x stretched to the given sizes without copying; -1 keeps a size.
---
---     local y = hilo.expand(hilo.Tensor{{1}, {2}}, 2, 3)  -- (2,3)
---@param x Tensor
---@param ... integer|integer[] sizes
---@return Tensor view
function M.expand(x, ...)
   need_tensor('expand', x)
   local sizes = type((...)) == 'table' and {unpack((...))} or {...}
   local from, lead = sizes_table(x), #sizes - x:dim()
   for d = 1, #sizes do check(type(sizes[d]) == 'number', 'expand: size %d must be a whole number, got a %s', d, type(sizes[d])) end
   check(lead >= 0, 'expand: %s has more dimensions than %s', Tensor.shape_text(x), table.concat(sizes, 'x'))
   for d = 1, #sizes do
      local n = from[d - lead]
      if sizes[d] == -1 and n then sizes[d] = n end
      check(sizes[d] >= 0 and (not n or n == 1 or n == sizes[d]), 'expand: %s does not stretch to %s', Tensor.shape_text(x),
         table.concat(sizes, 'x'))
   end
   return expand(x, sizes)
end
--- expand to the sizes of another tensor.
---@param x Tensor
---@param other Tensor
---@return Tensor view
function M.expandAs(x, other) return M.expand(x, sizes_table(other)) end

--- x repeated: repeatTensor(x, 2, 3) is twice along the first and three times along the second dimension.
---
---     local y = hilo.repeatTensor(hilo.Tensor{1, 2}, 3, 2)  -- (3,4)
---@param x Tensor
---@param ... integer|integer[] factors
---@return Tensor
function M.repeatTensor(x, ...)
   local times = type((...)) == 'table' and (...) or {...}
   check(#times >= need_tensor('repeatTensor', x):dim(), 'repeatTensor: %s needs at least %d factors, got %d', Tensor.shape_text(x),
      x:dim(), #times)
   local from, lead = sizes_table(x), #times - x:dim()
   local split, stretched, joined = {}, {}, {}
   local function part(size, n) split[#split + 1], stretched[#stretched + 1] = size, n end
   for d, n in ipairs(times) do
      local size = from[d - lead] or 1
      if n ~= 1 or size == 1 then part(1, n) end
      if size ~= 1 then part(size, size) end
      joined[d] = n * size
   end
   check(#split <= 8, 'repeatTensor: at most 4 dimensions can be repeated, got %d', #times)
   return M.reshape(M.expand(M.reshape(x, split), stretched), joined)
end

local cat = op('cat', {
   forward = function(ctx, dim, ...)
      local list, total = {...}, 0
      local first = list[1]
      for i, x in ipairs(list) do
         local fits = core.is_tensor(x) and x:dim() == first:dim()
         for d = 1, fits and x:dim() or 0 do fits = fits and (d == dim or x:size(d) == first:size(d)) end
         check(fits, 'cat: tensor %d (%s) does not fit the first (%s) outside dimension %d', i,
            core.is_tensor(x) and Tensor.shape_text(x) or type(x), Tensor.shape_text(first), dim)
         total = total + x:size(dim)
      end
      local sizes = sizes_table(first)
      sizes[dim] = total
      local y, at = first:empty(sizes), 1
      ctx.dim, ctx.lengths = dim, {}
      for i, x in ipairs(list) do
         local n = x:size(dim)
         run('hl_copy', M.narrow(y, dim, at, n), x)
         ctx.lengths[i] = n
         at = at + n
      end
      return y
   end,
   backward = function(ctx, dy)
      local grads, at = {}, 1
      for i, n in ipairs(ctx.lengths) do
         grads[i] = ctx.needs[i + 1] and M.narrow(dy, ctx.dim, at, n) or nil
         at = at + n
      end
      return nil, unpack(grads, 1, #ctx.lengths)
   end,
})

-- Fewer tensors: as many as an op takes joined to one.
local function joined(list, dim)
   local fewer = {}
   for i = 1, #list, at_once do fewer[#fewer + 1] = cat(dim, unpack(list, i, math.min(i + at_once - 1, #list))) end
   return fewer
end

--- Tensors joined along dim (the last where missing): cat({a, b}, 2), cat(a, b, 2).
---
---     local y = hilo.cat({hilo.zeros(2, 3), hilo.ones(1, 3)}, 1)  -- (3,3)
---@param list Tensor[]|Tensor
---@param ... integer|Tensor|nil dim, or the second tensor and dim
---@return Tensor
function M.cat(list, ...)
   if core.is_tensor(list) then return M.cat({list, (...)}, (select(2, ...))) end
   local dim = ...
   check(type(list) == 'table' and core.is_tensor(list[1]), 'cat: expects a table of tensors')
   dim = dimension(list[1], dim or list[1]:dim(), 'cat')
   while #list > at_once do list = joined(list, dim) end
   return cat(dim, unpack(list))
end

--- Tensors of one size joined along a new first dimension.
---
---     local batch = hilo.stack {hilo.zeros(3, 8, 8), hilo.ones(3, 8, 8)}  -- (2,3,8,8)
---@param list Tensor[]
---@return Tensor
function M.stack(list)
   local rows = {}
   for i, x in ipairs(list) do rows[i] = M.unsqueeze(x, 1) end
   return M.cat(rows, 1)
end

--- Pieces of at most `length` slices along dim.
---
---     assert(#hilo.split(hilo.zeros(5, 2), 2, 1) == 3)
---@param x Tensor
---@param length integer
---@param dim? integer 1 if not given
---@return Tensor[] views
function M.split(x, length, dim)
   dim = dimension(need_tensor('split', x), dim or 1, 'split')
   check(type(length) == 'number' and length >= 1 and length % 1 == 0, 'split: expects a length of 1 or more, got %s', tostring(length))
   check_pieces(x, dim, math.ceil(x:size(dim) / length), 'split')
   return pieces(x, dim, length)
end

--- Slices of x along dim at the positions in index (LongTensor, from 1).
---
---     local y = hilo.index(hilo.eye(3), 1, hilo.LongTensor{3, 1})  -- rows 3 and 1
---@param x Tensor
---@param dim integer
---@param index Tensor (n)
---@return Tensor y n wide along dim
M.index = op('index', {
   forward = function(ctx, x, dim, index)
      dim = dimension(need_tensor('index', x), dim, 'index')
      check(core.is_tensor(index), 'index: expects a LongTensor of positions, got %s', type(index))
      local sizes = sizes_table(x)
      ctx.sizes, ctx.dim, ctx.index = {unpack(sizes)}, dim, index
      sizes[dim] = index:nElement()
      local y = x:empty(sizes)
      run('hl_index_select', y, x, index, dim - 1)
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.sizes)
      run('hl_index_put', dx, dy, ctx.index, ctx.dim - 1, 1)
      return dx
   end,
})

--- y[i][j] = x[index[i][j]][j] for dim 1, x[i][index[i][j]] for dim 2, and so on; index is a LongTensor counting from 1.
---
---     local y = hilo.gather(hilo.Tensor{{1, 2}, {3, 4}}, 2, hilo.LongTensor{{2}, {1}})  -- 2 and 3
---@param x Tensor
---@param dim integer from 1
---@param index Tensor long, of x's sizes but along dim
---@return Tensor y of index's sizes
M.gather = op('gather', {
   forward = function(ctx, x, dim, index)
      dim = dimension(need_tensor('gather', x), dim, 'gather')
      check(core.is_tensor(index), 'gather: expects a LongTensor of positions, got %s', type(index))
      ctx.sizes, ctx.dim, ctx.index = sizes_table(x), dim, index
      local y = x:empty(sizes_table(index))
      run('hl_gather', y, x, index, dim - 1)
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.sizes)
      run('hl_scatter', dx, dy, ctx.index, ctx.dim - 1, 1)
      return dx
   end,
})

--- Elements of x where mask (ByteTensor of x's sizes) is not 0, as a vector.
---
---     local x = hilo.Tensor{-1, 2, 3}
---     assert(hilo.maskedSelect(x, x:gt(0)):sum() == 5)
---@param x Tensor
---@param mask Tensor byte, of x's sizes
---@return Tensor y (n)
M.maskedSelect = op('maskedSelect', {
   forward = function(ctx, x, mask)
      need_tensor('maskedSelect', x)
      check(core.is_tensor(mask) and mask:isSameSizeAs(x) and mask:dtype() == 'uint8',
         'maskedSelect: expects a ByteTensor mask of %s, got %s; hilo.index(x, dim, positions) takes what is at positions',
         Tensor.shape_text(x), core.is_tensor(mask) and ('a %s of %s'):format(mask:type(), Tensor.shape_text(mask)) or type(mask))
      local n = mask:ne(0):sum()
      local y = n > 0 and x:empty(n) or x:empty({})
      if n > 0 then run('hl_masked_select', y, x, mask) end
      ctx.mask, ctx.sizes, ctx.n = mask, sizes_table(x), n
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.sizes)
      if ctx.n > 0 then run('hl_masked_put', dx, dy, ctx.mask) end
      return dx
   end,
})

-- An uninitialised tensor of x's sizes on its device. layout: 'contiguous', 'channels_last', or nil: as x where a result that
-- goes with x would be.
local function laid_out(x, dtype, layout)
   local sizes = sizes_table(x)
   if not layout then return x:emptyAs(dtype) end
   local y = Tensor.empty(sizes, {dtype = dtype, device = x._storage.device.name})
   if layout == 'contiguous' then return y end
   local _, c, h, w = unpack(sizes)
   return y:as_strided(sizes, {h * w * c, 1, w * c, c})
end

--- Converted to another dtype, device or layout: x:to{dtype = 'double'}, x:to{device = 'cuda'}; x itself where nothing changes.
local convert = op('to', {
   forward = function(ctx, x, dtype, device, layout)
      local from = x._storage
      ctx.dtype, ctx.device = from.dtype.name, from.device.name
      ctx.layout = x:isContiguous() and 'contiguous' or x:isChannelsLast() and 'channels_last' or nil
      -- a card converts what crosses: the CPU has no bfloat16
      local here = x
      if device == ctx.device or ctx.device ~= 'cpu' then
         here = laid_out(x, dtype, layout or device ~= ctx.device and 'contiguous' or nil)
         run('hl_copy', here, x)
      elseif not x:isContiguous() and not x:isChannelsLast() then
         here = x:detach():contiguous()
      end
      if device == ctx.device then return here end
      local sizes, type_here = sizes_table(x), here._storage.dtype
      check(device == 'cpu' or ctx.device == 'cpu', 'to: tensors move between a device and the CPU, not from %s to %s', ctx.device,
         device)
      local there = Tensor.empty(sizes, {dtype = type_here.name, device = device}):as_strided(sizes, strides_table(here))
      local card = device == 'cpu' and here or there
      core.call(card._storage.device.lib, device == 'cpu' and 'hl_download' or 'hl_upload', core.raw(there).data, core.raw(here).data,
         here:nElement() * type_here.bytes)
      return M.to(there, {dtype = dtype, layout = layout})
   end,
   backward = function(ctx, dy) return M.to(dy, {dtype = ctx.dtype, device = ctx.device, layout = ctx.layout}) end,
})

local function has_layout(x, layout)
   if layout == 'contiguous' then return x:isContiguous() end
   return layout == nil or x:isChannelsLast()
end

--- Converted, in one pass: x itself where nothing changes.
---
---     local bytes = hilo.to(hilo.Tensor{1.7}, {dtype = 'byte'})  -- 1
---@param x Tensor
---@param options {dtype: string?, device: string?, layout: 'contiguous'|'channels_last'|nil} x's own if not given; channels_last:
--- as hilo.channelsLast, of (N,C,H,W)
---@return Tensor
function M.to(x, options)
   local dtype = require('hilo.storage').dtype_of(options.dtype or need_tensor('to', x)._storage.dtype.name).name
   local device, layout = options.device or x._storage.device.name, options.layout
   check(layout == nil or layout == 'contiguous' or layout == 'channels_last',
      "to: layout must be 'contiguous' or 'channels_last', got %s", tostring(layout))
   check(layout ~= 'channels_last' or x:dim() == 4, 'to: channels_last is for (N,C,H,W), got %s', Tensor.shape_text(x))
   if dtype == x._storage.dtype.name and device == x._storage.device.name and has_layout(x, layout) then return x end
   local known, reason = core.device(device)
   check(known, 'to: device %s is not available: %s', tostring(device), tostring(reason))
   return convert(x, dtype, device, layout)
end

return M
