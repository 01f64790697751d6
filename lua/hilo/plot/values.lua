--- plot/values.lua: numbers to draw, from Lua lists and tensors.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local values = {}

local nan = 0 / 0

--- A number as it is drawn: NaN beyond 1e300, where the ends of padded axes would overflow; 0 within 1e-300.
---@param v number
---@return number
function values.number(v)
   if not (v > -1e300 and v < 1e300) then return nan end
   return math.abs(v) < 1e-300 and 0 or v
end

local function is_plain(v) return type(v) == 'table' and not Tensor.is_tensor(v) end

--- Whether v is a list of numbers or a tensor.
---@param v any
---@return boolean
function values.is_list(v)
   if Tensor.is_tensor(v) then return true end
   return is_plain(v) and (type(v[1]) == 'number' or next(v) == nil)
end

local function copy(v, what)
   local out = {}
   for i = 1, #v do
      local x = v[i]
      core.check(type(x) == 'number', '%s: expected numbers, entry %d is a %s', what, i, type(x))
      out[i] = values.number(x)
   end
   return out
end

--- A new list of numbers as they are drawn.
---@param v number[]|Tensor one-dimensional
---@param what string for errors
---@return number[]
function values.list(v, what)
   if Tensor.is_tensor(v) then
      core.check(v:dim() <= 1, '%s: expected a tensor of one dimension, got %d; take a row or :view(-1)', what, v:dim())
      return v:nElement() == 0 and {} or copy(v:totable(), what)
   end
   core.check(is_plain(v), '%s: expected a list of numbers or a tensor, got a %s', what, type(v))
   return copy(v, what)
end

--- Rows of numbers of the same length.
---@param m number[][]|Tensor two-dimensional
---@param what string
---@return number[][] rows, integer columns
function values.matrix(m, what)
   if Tensor.is_tensor(m) then
      core.check(m:dim() == 2, '%s: expected a tensor of two dimensions, got %d', what, m:dim())
      m = m:totable()
   end
   core.check(is_plain(m) and #m > 0, '%s: expected rows of numbers, got %s', what, is_plain(m) and 'no row' or 'a ' .. type(m))
   local rows = {}
   for i = 1, #m do
      rows[i] = values.list(m[i], ('%s: row %d'):format(what, i))
      core.check(#rows[i] == #rows[1] and #rows[i] > 0, '%s: row %d holds %d numbers, row 1 %d', what, i, #rows[i], #rows[1])
   end
   return rows, #rows[1]
end

--- Smallest and largest of several lists; nil where there is no number.
---@param lists number[][]
---@return number? low, number? high
function values.range(lists)
   local low, high
   for _, list in ipairs(lists) do
      for _, v in ipairs(list) do
         if v == v then low, high = math.min(low or v, v), math.max(high or v, v) end
      end
   end
   return low, high
end

return values
