--- torch/nn_utils.lua: nn.utils of Torch7: nested tables of tensors, changed in place, and views.
local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local Tensor = require 'hilo.tensor'

local is_tensor = core.is_tensor

local utils = {}

local function is_table(x) return type(x) == 'table' and not is_tensor(x) end

local function is_of_nn(x) return class.is_a(x, 'nn.Module') or class.is_a(x, 'nn.Criterion') end

--- Everything in x converted to a type: tables and modules in place; tensors that share memory share it afterwards.
---@param x any a tensor, a module, or tables of such
---@param type_name string 'torch.FloatTensor', ...
---@param tensorCache? table the same for several calls that belong together
---@return any converted
function utils.recursiveType(x, type_name, tensorCache)
   tensorCache = tensorCache or {}
   if is_of_nn(x) then return x:type(type_name, tensorCache) end
   if is_table(x) then
      for key, value in pairs(x) do x[key] = utils.recursiveType(value, type_name, tensorCache) end
      return x
   end
   if not is_tensor(x) or x:type() == type_name then return x end
   local storage, key = x._storage, type_name .. tostring(x._storage.serial)
   if storage.freed or storage.size == 0 then return Tensor.empty({}):type(type_name) end
   tensorCache[key] = tensorCache[key] or Tensor.wrap(storage, 0, {storage.size}):type(type_name)
   return Tensor.wrap(tensorCache[key]._storage, x._offset, Tensor.sizes_table(x), Tensor.strides_table(x))
end

-- f(a, b) for each pair of tensors of two tables; `a` is made to have b's structure.
local function together(a, b, f)
   if is_tensor(b) then
      a = is_tensor(a) and a or b:empty({})
      return f(a, b) or a, b
   end
   core.check(is_table(b), 'nn.utils: expects nested tables of tensors, got %s', type(b))
   a = is_table(a) and a or {is_tensor(a) and a or nil}
   for key, value in pairs(b) do a[key] = together(a[key], value, f) end
   return a, b
end

--- t1 with the structure and the sizes of t2.
---@param t1 any
---@param t2 any
---@return any t1
---@return any t2
function utils.recursiveResizeAs(t1, t2)
   local a, b = together(t1, t2, function(x, y) x:resize(y:size()) end)
   if is_table(b) then
      for key in pairs(a) do if b[key] == nil then a[key] = nil end end
   end
   return a, b
end

--- t1 with the structure, sizes and elements of t2.
---@param t1 any
---@param t2 any
---@return any t1
---@return any t2
function utils.recursiveCopy(t1, t2) return together(t1, t2, function(x, y) x:resize(y:size()):copy(y) end) end

--- Every element of every tensor becomes val.
---@param t any
---@param val number
---@return any t
function utils.recursiveFill(t, val)
   return (together(t, t, function(x) x:fill(val) end))
end

--- t1 + val * t2, in place; val may be left out.
---@param t1 any
---@param val any
---@param t2? any
---@return any t1
---@return any t2
function utils.recursiveAdd(t1, val, t2)
   if t2 == nil then val, t2 = 1, val end
   return together(t1, t2, function(x, y) x:add(val, y) end)
end

--- A view with a dimension of size 1 more; with three arguments the first becomes it.
---@param ... Tensor|integer [view,] tensor, dimension (1)
---@return Tensor view
function utils.addSingletonDimension(...)
   local view, t, dim = ...
   if select('#', ...) < 3 then view, t, dim = nil, ... end
   core.check(is_tensor(t) and (view == nil or is_tensor(view)), 'addSingletonDimension: expects tensors')
   dim = dim or 1
   core.check(type(dim) == 'number' and dim > 0 and dim <= t:dim() + 1, 'addSingletonDimension: invalid dimension: %s of %s',
      tostring(dim), Tensor.shape_text(t))
   local result = t:unsqueeze(dim)
   return view and view:set(result) or result
end

--- A view of input, or of a copy of it where it is not contiguous.
---@param output? Tensor which becomes it
---@param input Tensor
---@param ... integer sizes
---@return Tensor
function utils.contiguousView(output, input, ...)
   local view = input:contiguous():view(...)
   return output and output:set(view) or view
end

--- Empties fields: tensors lose their elements, tables become {}, the rest nil.
---@param self table
---@param ... string|string[] names
---@return table self
function utils.clear(self, ...)
   local names = is_table((...)) and (...) or {...}
   for _, name in ipairs(names) do
      local value = self[name]
      if is_tensor(value) then
         value:set(value:empty({}))
      elseif is_table(value) then
         self[name] = {}
      else
         self[name] = nil
      end
   end
   return self
end

return utils
