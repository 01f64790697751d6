--- ops/bits.lua: bits of whole numbers, element by element.
local bit = require 'bit'
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'

local check = core.check

--- Each takes a tensor of whole numbers and a number or such a tensor of as many elements, and makes a tensor of the first one's type.
---@class BitOps
---@field bitand fun(a: Tensor, b: Tensor|number): Tensor bits that both have
---@field bitor fun(a: Tensor, b: Tensor|number): Tensor bits that one of them has
---@field bitxor fun(a: Tensor, b: Tensor|number): Tensor bits that one of them has and the other has not
---@field lshift fun(a: Tensor, b: Tensor|number): Tensor a * 2^b
---@field rshift fun(a: Tensor, b: Tensor|number): Tensor floor(a / 2^b)
local M = {}

local int64 = ffi.typeof 'int64_t'

local functions = {bitand = bit.band, bitor = bit.bor, bitxor = bit.bxor, lshift = function(a, b) return bit.lshift(a, tonumber(b)) end,
   rshift = function(a, b) return bit.arshift(a, tonumber(b)) end}

local function whole(name, what, x)
   check(not arguments.tensor(name, what, x)._storage.dtype.is_float, '%s: %s must hold whole numbers, got %s', name, what, x:type())
end

for name, f in pairs(functions) do
   M[name] = function(a, b)
      whole(name, 'a', a)
      local values, n = Tensor.host_copy(a)
      local y = Tensor.empty(Tensor.sizes_table(a), {dtype = a:dtype()})
      local out = n > 0 and y:data()
      if type(b) == 'number' then
         check(b % 1 == 0, '%s: b must be a whole number, got %s', name, tostring(b))
         local number = int64(b)
         for i = 0, n - 1 do out[i] = f(int64(values[i]), number) end
      else
         whole(name, 'b', b)
         local others, m = Tensor.host_copy(b)
         check(m == n, '%s: expects as many elements as %s, got %s', name, Tensor.shape_text(a), Tensor.shape_text(b))
         for i = 0, n - 1 do out[i] = f(int64(values[i]), int64(others[i])) end
      end
      return y:to{device = a:getDevice()}
   end
end

return M
