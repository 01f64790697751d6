--- tensor/index.lua: t[i], t[{1, {2, 3}, {}}], t[mask] and assignments to them, as in Torch7.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local check, is_tensor = core.check, core.is_tensor
local methods = Tensor.methods

-- t[{1, {2, 3}, {}}]: a number selects, {first, last} narrows, {} keeps a dimension.
local function slice(t, spec)
   check(#spec <= t:dim(), 'a tensor of %s takes at most %d indices, got %d', Tensor.shape_text(t), t:dim(), #spec)
   local whole, dim = t, 1
   for position, s in ipairs(spec) do
      if type(s) == 'number' then
         Tensor.element_offset(whole, position, s)
         if t:dim() == 1 then return t:narrow(1, s > 0 and s or t:size(1) + 1 + s, 1), true end
         t = t:select(dim, s)
      else
         check(type(s) == 'table' and #s <= 2, 'index %d must be a number, {} or {first, last}', position)
         local n = t:size(dim)
         local first, last = s[1], s[2] or s[1]
         if first then
            if first < 0 then first = n + 1 + first end
            if last < 0 then last = n + 1 + last end
            check(first >= 1 and last <= n and first <= last, 'slice {%s, %s} is out of range 1..%d in dimension %d', tostring(s[1]),
               tostring(s[2] or s[1]), n, position)
            t = t:narrow(dim, first, last - first + 1)
         end
         dim = dim + 1
      end
   end
   return t, false
end

local function row(t, i)
   Tensor.element_offset(t, 1, i)
   return t:select(1, i)
end

Tensor.__index = function(t, key)
   local method = methods[key]
   if method ~= nil then return method end
   if type(key) == 'number' then
      check(t:dim() > 0, 'cannot index an empty tensor')
      if t:dim() > 1 then return row(t, key) end
      return t:get(key)
   elseif type(key) == 'table' then
      if is_tensor(key) then return t:maskedSelect(key) end
      local part, single = slice(t, key)
      return single and part:item() or part
   end
   return nil
end

local function assign(part, value)
   if type(value) == 'number' then return part:fill(value) end
   check(is_tensor(value), 'elements are set to a number or a tensor, got %s', type(value))
   return part:copy(value)
end

Tensor.__newindex = function(t, key, value)
   if type(key) == 'number' then
      if t:dim() == 1 and type(value) == 'number' then return t:put(value, key) end
      check(t:dim() > 0, 'cannot index an empty tensor')
      t:writable('an assignment')
      assign(t:dim() == 1 and t:detach():narrow(1, key, 1) or row(t:detach(), key), value)
   elseif type(key) == 'table' then
      t:writable('an assignment')
      if not is_tensor(key) then
         assign((slice(t:detach(), key)), value)
      elseif type(value) == 'number' then
         t:detach():maskedFill(key, value)
      else
         t:detach():maskedCopy(key, value)
      end
   else
      rawset(t, key, value)
   end
end

Tensor.__len = function(t) return t:dim() == 0 and 0 or t:size(1) end
