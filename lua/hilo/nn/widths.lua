--- nn/widths.lua: dimensions made longer and shorter.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local shape = require 'hilo.ops.shape'

--- x with `before` and `after` slices of `value` along dim; negative counts take slices away.
---@param x Tensor
---@param dim integer
---@param before integer
---@param after integer
---@param value? number 0 if not given
---@return Tensor
local function widths(x, dim, before, after, value)
   local first, last = 1 + math.max(0, -before), x:size(dim) - math.max(0, -after)
   core.check(last >= first, 'cannot take %d and %d slices off dimension %d of %s', math.max(0, -before), math.max(0, -after), dim,
      Tensor.shape_text(x))
   if before < 0 or after < 0 then x = shape.narrow(x, dim, first, last - first + 1) end
   if before <= 0 and after <= 0 then return x end
   local sizes, parts = Tensor.sizes_table(x), {}
   local function add(n)
      if n <= 0 then return end
      sizes[dim] = n
      parts[#parts + 1] = x:empty(sizes):fill(value or 0)
   end
   add(before)
   parts[#parts + 1] = x
   add(after)
   return shape.cat(parts, dim)
end

return widths
