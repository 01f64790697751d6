--- nn/tree.lua: values that modules take and give: a tensor, or a table of such values, nested at will.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'

local is_tensor = core.is_tensor

local tree = {}

local deepest = 1000

local function check_depth(depth)
   core.check(depth <= deepest, 'a table of tensors holds itself, or more than %d tables in each other', deepest)
end

--- The same tree with f(tensor) in place of each tensor.
function tree.map(x, f, depth)
   if is_tensor(x) then return f(x) end
   if type(x) ~= 'table' then return x end
   depth = depth or 1
   check_depth(depth)
   local y = {}
   for k, v in pairs(x) do y[k] = tree.map(v, f, depth + 1) end
   return y
end

--- The tensors of a tree as a list, in the order of the keys.
---@return Tensor[]
function tree.list(x, list, depth)
   list, depth = list or {}, depth or 1
   if is_tensor(x) then
      list[#list + 1] = x
   elseif type(x) == 'table' then
      check_depth(depth)
      for _, k in ipairs(sorted_keys(x)) do tree.list(x[k], list, depth + 1) end
   end
   return list
end

--- A tree shaped as x with the tensors of `list`, which is in tree.list's order.
function tree.rebuild(x, list, at)
   at = at or {0}
   if is_tensor(x) then
      at[1] = at[1] + 1
      return list[at[1]]
   elseif type(x) == 'table' then
      local y = {}
      for _, k in ipairs(sorted_keys(x)) do y[k] = tree.rebuild(x[k], list, at) end
      return y
   end
   return x
end

--- Whether both hold the same tensors: the same memory, seen in the same way.
function tree.same(a, b)
   if rawequal(a, b) then return true end
   if is_tensor(a) then return is_tensor(b) and a:isSetTo(b) end
   if is_tensor(b) or type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
   for k, v in pairs(a) do if not tree.same(v, b[k]) then return false end end
   for k in pairs(b) do if a[k] == nil then return false end end
   return true
end

--- The same values outside any graph.
function tree.detach(x)
   return tree.map(x, function(t) return t:detach() end)
end

return tree
