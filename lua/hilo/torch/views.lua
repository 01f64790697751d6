--- torch/views.lua: Torch7's views of tensors: sizes as LongStorages, res:f(source, ...) that makes res the view, numbers where one
--- element is left, parts, pieces along a dimension, windows.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local shape = require 'hilo.ops.shape'
local call = require 'hilo.torch.call'
local storages = require 'hilo.torch.storage'

local check, is_tensor, methods = core.check, core.is_tensor, Tensor.methods

-- Sizes as Lua's numbers where they come as a LongStorage with memory; nils at the end count as not given.
local function plain_sizes(...)
   local first = ...
   if type(first) == 'table' and rawget(first, '_memory') then return storages.numbers(first) end
   return call.given(...)
end

for _, name in ipairs {'view', 'expand', 'permute'} do
   local plain = methods[name]
   --- hilo's; sizes may also be a LongStorage. (source, sizes): this tensor becomes the view.
   methods[name] = function(self, ...)
      if is_tensor((...)) then return self:set(plain((...), plain_sizes(select(2, ...)))) end
      return plain(self, plain_sizes(...))
   end
end
for name, by_sizes in pairs {viewAs = 'view', expandAs = 'expand'} do
   --- As view and expand, to the sizes of the last tensor.
   methods[name] = function(self, a, b)
      if b then return self:set(methods[by_sizes](a, Tensor.sizes_table(b))) end
      return methods[by_sizes](self, Tensor.sizes_table(a))
   end
end

-- Those of which the result never shares memory with the source.
for _, name in ipairs {'reshape', 'repeatTensor'} do
   local plain = methods[name]
   --- hilo's, copied; sizes may also be a LongStorage. (source, sizes): this tensor takes the result.
   methods[name] = function(self, ...)
      if is_tensor((...)) then
         local y = plain((...), plain_sizes(select(2, ...)))
         return self:resize(y:size()):copy(y)
      end
      local y = plain(self, plain_sizes(...))
      return y._storage == self._storage and y:clone() or y
   end
end

--- Slice number `index` of dimension dim; of a vector, the number.
---@param dim integer
---@param index integer
---@return Tensor|number
function methods:select(dim, index)
   if self:dim() == 1 then return self:get(index) end
   return shape.select(self, dim, index)
end

--- Without dimensions of size 1, or without dim; a number where one element is left of a tensor that loses all. (source[, dim]): this
--- tensor becomes the view.
---@param source? Tensor|integer
---@param dim? integer
---@return Tensor|number
function methods:squeeze(source, dim)
   local res = is_tensor(source) and self
   local x = res and source or self
   if not res then dim = source end
   local y = shape.squeeze(x, dim)
   if y:nElement() == 1 and y:dim() == 1 and (not dim or x:dim() == 1) then return y:item() end
   return res and res:set(y) or y
end

-- ---- pieces and windows ----

-- (x, ...) or (list, x, ...): the list is emptied and takes the pieces.
local function into_list(pieces_of)
   return function(...)
      local list = ...
      if is_tensor(list) then return pieces_of(...) end
      check(type(list) == 'table' and is_tensor((select(2, ...))), 'split and chunk: expect ([table,] tensor, number[, dim]), got %s',
         type(list))
      for i = #list, 1, -1 do list[i] = nil end
      for i, piece in ipairs(pieces_of(select(2, ...))) do list[i] = piece end
      return list
   end
end

--- Pieces of `length` slices along dim, the last with what is left: x:split(length[, dim]), torch.split([table,] x, length[, dim]).
---@type fun(...): Tensor[] views
methods.split = into_list(shape.split)

--- n pieces along dim, as equal as pieces of one length can be: x:chunk(n[, dim]), torch.chunk([table,] x, n[, dim]).
---@type fun(...): Tensor[] views
methods.chunk = into_list(function(x, n, dim)
   dim = Tensor.dimension(x, dim or 1, 'chunk')
   check(type(n) == 'number' and n >= 1, 'chunk: expects a number of pieces of 1 or more, got %s', tostring(n))
   return shape.split(x, math.ceil(x:size(dim) / n), dim)
end)

-- {first, last} of one dimension, of which the ends may count from behind.
local function range(x, dim, first, last)
   local n = x:size(dim)
   first, last = first < 0 and n + 1 + first or first, last < 0 and n + 1 + last or last
   check(first >= 1 and last <= n and first <= last, 'sub: %s to %s is out of range 1..%d in dimension %d of %s', tostring(first),
      tostring(last), n, dim, Tensor.shape_text(x))
   return x:narrow(dim, first, last - first + 1)
end

local function add_sub(torch)
   local less, torch_less = methods.sub, torch.sub
   --- (first, last, ...): the part from first to last of each dimension, as a view; ends below 0 count from behind. With a tensor or a
   --- single number, hilo's: subtracted.
   ---@param ... number|Tensor
   ---@return Tensor
   function methods:sub(...)
      if not call.signature(...):match '^nn+$' then return less(self, ...) end
      local ends, part = {...}, self
      check(#ends % 2 == 0 and #ends <= 2 * self:dim(), 'sub: expects first and last of up to %d dimensions, got %d numbers',
         self:dim(), #ends)
      for d = 1, #ends / 2 do part = range(part, d, ends[2 * d - 1], ends[2 * d]) end
      return part
   end
   torch.sub = function(...) return (call.signature(...):match '^Tnn+$' and methods.sub or torch_less)(...) end
end

--- All windows of `size` slices along dim, `step` apart, as a view that autograd does not see; the windows' elements lie in a last
--- dimension.
---
---     assert(torch.range(1, 5):unfold(1, 2, 1):size(1) == 4)
---@param dim integer
---@param size integer
---@param step integer
---@return Tensor view
function methods:unfold(dim, size, step)
   dim = Tensor.dimension(self, dim, 'unfold')
   local sizes, strides = Tensor.sizes_table(self), Tensor.strides_table(self)
   check(type(size) == 'number' and size >= 1 and size <= sizes[dim], 'unfold: a window of %s does not fit dimension %d of %s',
      tostring(size), dim, Tensor.shape_text(self))
   check(type(step) == 'number' and step >= 1, 'unfold: the step must be 1 or more, got %s', tostring(step))
   sizes[#sizes + 1], strides[#strides + 1] = size, strides[dim]
   sizes[dim], strides[dim] = math.floor((sizes[dim] - size) / step) + 1, strides[dim] * step
   return self:as_strided(sizes, strides)
end

---@param torch table what gets the functions
return function(torch) add_sub(torch) end
