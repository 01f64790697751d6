--- nn/tables.lua: what the modules that take a table of tensors share.
local core = require 'hilo.core'

--- The table, after checking that it holds tensors, and so many of them where n is given.
local function tensors(module, xs, n)
   module:check(type(xs) == 'table' and not core.is_tensor(xs) and #xs > 0, 'expects a table of tensors, got %s',
      core.is_tensor(xs) and 'a tensor' or type(xs) == 'table' and 'an empty table' or type(xs))
   for i = 1, #xs do
      module:check(core.is_tensor(xs[i]), 'expects a table of tensors, element %d is a %s', i, type(xs[i]))
   end
   module:check(not n or #xs == n, 'expects a table of %s tensors, got %d', n, #xs)
   return xs
end

return tensors
