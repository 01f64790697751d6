--- nn/convert.lua: copies of modules, and modules of another type. Tensors that shared memory still share it afterwards.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Storage = require 'hilo.storage'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'

local convert = {}

-- A kept graph belongs to one forward of one module; it is not copied.
local transient = {_graph = true, _call = true, _computed = true}

local function whole(storage) return Tensor.wrap(storage, 0, {storage.size}) end

local function over(storage, t) return Tensor.wrap(storage, t._offset, Tensor.sizes_table(t), Tensor.strides_table(t)) end

local function copy(x, memo)
   if core.is_tensor(x) then
      if memo[x] then return memo[x] end
      local s, y = x._storage
      if s.freed or s.size == 0 then
         y = x:empty({})
      else
         if not memo[s] then
            memo[s] = whole(s):clone()._storage
            memo[s].is_parameter = s.is_parameter
         end
         y = over(memo[s], x)
      end
      memo[x] = y
      if not x._node then y.requires_grad = x.requires_grad end
      if x.grad then y.grad = copy(x.grad, memo) end
      return y
   end
   if type(x) ~= 'table' or class.by_name[rawget(x, '__typename') or false] == x then return x end
   if memo[x] then return memo[x] end
   local y = {}
   memo[x] = y
   for key, value in pairs(x) do
      if not transient[key] then y[key] = copy(value, memo) end
   end
   return setmetatable(y, getmetatable(x))
end

--- A deep copy.
---@param module Module
---@return Module
function convert.copy(module) return autograd.no_grad(copy, module, {}) end

-- The type that a storage of `from` becomes: only floats change their dtype.
local function target_dtype(from, dtype) return dtype and from.is_float and dtype or from end

-- How to convert: dtype (nil: as it is), device (nil: where it is), memo (storage -> what it became). It goes from hand to hand, for
-- what a closure holds, a compiled loop would keep alive as long as the program runs.
local function convert_tensor(t, how)
   local s, memo = t._storage, how.memo
   local dtype = target_dtype(s.dtype, how.dtype).name
   if s.freed or s.size == 0 then return t:set(Tensor.empty({}, {dtype = dtype, device = how.device})) end
   if not memo[s] then
      memo[s] = whole(s):to{dtype = dtype, device = how.device or s.device.name}._storage
      memo[s].is_parameter = s.is_parameter
   end
   if memo[s] ~= s then t:set(over(memo[s], t)) end
end

local function convert_module(module, how)
   if how.dtype then module._type = ('torch.%sTensor'):format(how.dtype.torch) end
end

-- Converts every tensor, module and criterion that x holds.
local function walk(x, seen, how)
   if seen[x] then return end
   if core.is_tensor(x) then
      seen[x] = true
      return convert_tensor(x, how)
   end
   if type(x) ~= 'table' or class.by_name[rawget(x, '__typename') or false] == x then return end
   seen[x] = true
   if class.is_a(x, 'nn.Module') or class.is_a(x, 'nn.Criterion') then
      x._graph = nil
      if x.dontCast then return convert_module(x, how) end -- only what it converts to changes
      -- results belong to the old type
      for _, key in ipairs {'output', 'gradInput'} do
         if type(x[key]) == 'table' then x[key] = Tensor.empty({}) end
      end
      convert_module(x, how)
   end
   for _, value in pairs(x) do
      if type(value) == 'table' then walk(value, seen, how) end
   end
end

--- Converts, in place, every tensor of a module.
---@param module Module
---@param where {dtype: string?, device: string?}
---@param memo? table
function convert.to(module, where, memo)
   core.check(type(where) == 'table' and (where.dtype or where.device), 'to: expects {dtype = ..., device = ...}')
   local dtype = where.dtype and Storage.dtype_of(where.dtype)
   core.check(not dtype or dtype.is_float, 'to: a module is of a float type, got %s', tostring(where.dtype))
   if where.device then
      local device, reason = core.device(where.device)
      if not device then core.raise(('to: device %s is not available: %s'):format(where.device, reason)) end
   end
   autograd.no_grad(walk, module, {}, {dtype = dtype, device = where.device, memo = memo or {}})
end

return convert
