--- optim/lists.lua: parameters as users name them -> lists of tensors for the C calls that update whole lists.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local lists = {}

local function describe(x) return core.is_tensor(x) and Tensor.shape_text(x) or type(x) end

--- A module, a tensor, or a list of tensors and modules -> list of tensors.
---@param fn string for messages
---@return Tensor[]
function lists.parameters(fn, params)
   core.check(type(params) == 'table', '%s: expected a module or a list of tensors, got %s', fn, type(params))
   if core.is_tensor(params) then return {params} end
   if type(params.parameters) == 'function' then return (params:parameters()) or {} end
   local list = {}
   for i, item in ipairs(params) do
      core.check(type(item) == 'table' and (core.is_tensor(item) or type(item.parameters) == 'function'),
         '%s: item %d of the parameters must be a tensor or a module, got %s', fn, i, type(item))
      for _, t in ipairs(lists.parameters(fn, item)) do list[#list + 1] = t end
   end
   for key in pairs(params) do
      core.check(type(key) == 'number', "%s: a list of parameters cannot have the key '%s'", fn, tostring(key))
   end
   return list
end

--- What tells apart the memory of two tensors.
function lists.same_memory_key()
   local ids, count = {}, 0
   return function(t)
      if not ids[t._storage] then
         count = count + 1
         ids[t._storage] = count
      end
      return ('%d:%d'):format(ids[t._storage], t._offset)
   end
end

--- Each tensor once, also where two see the same memory.
---@param list Tensor[]
---@return Tensor[]
function lists.unique(list)
   local key_of, seen, once = lists.same_memory_key(), {}, {}
   for _, t in ipairs(list) do
      local key = key_of(t)
      if not seen[key] then
         seen[key] = true
         once[#once + 1] = t
      end
   end
   return once
end

--- The gradient of a parameter as C takes it, or nil where there is none or it is not wanted.
---@return Tensor?
function lists.gradient(fn, p)
   local g = p.grad
   if not g or p.requires_grad == false then return nil end
   core.check(g:isSameSizeAs(p) and g._storage.dtype == p._storage.dtype,
      '%s: a parameter of %s %s has a gradient of %s %s', fn, describe(p), p:dtype(), describe(g), g:dtype())
   return g:contiguous()
end

--- Splits rows by key(row): each part has one device and one type, as a C call needs. Parts come in order of first appearance.
---@generic T
---@param rows T[]
---@param key fun(row: T): string
---@return T[][]
function lists.split(rows, key)
   local parts, by_key = {}, {}
   for _, row in ipairs(rows) do
      local k = key(row)
      local part = by_key[k]
      if not part then
         part = {}
         by_key[k] = part
         parts[#parts + 1] = part
      end
      part[#part + 1] = row
   end
   return parts
end

--- Device and type of a tensor as a key.
function lists.place(t) return t._storage.device.name .. ' ' .. t._storage.dtype.name end

--- Field `name` of every row as a C list.
function lists.column(rows, name)
   local column = {}
   for i, row in ipairs(rows) do column[i] = row[name] end
   return core.list(column)
end

return lists
