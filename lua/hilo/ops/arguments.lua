--- arguments.lua: checks of what the functions in ops/ are called with. C reports sizes and dtypes; here is what it cannot see.
local ffi = require 'ffi'
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'
local Tensor = require 'hilo.tensor'

local check, is_tensor, C = core.check, core.is_tensor, ffi.C

local arguments = {}

local function describe(x)
   if is_tensor(x) then return 'a tensor' end
   if type(x) == 'number' or type(x) == 'boolean' then return tostring(x) end
   if type(x) == 'string' then return ("'%s'"):format(x) end
   return x == nil and 'nil' or 'a ' .. type(x)
end
arguments.describe = describe

--- Errors unless x is a tensor.
function arguments.tensor(fn, name, x)
   return check(is_tensor(x) and x, '%s: %s must be a tensor, got %s', fn, name, describe(x))
end

--- Errors unless x is a tensor or nil.
function arguments.optional_tensor(fn, name, x)
   check(x == nil or is_tensor(x), '%s: %s must be a tensor or nil, got %s', fn, name, describe(x))
   return x
end

function arguments.number(fn, name, x)
   return check(type(x) == 'number' and x, '%s: %s must be a number, got %s', fn, name, describe(x))
end

--- Errors unless x is a whole number from `low` on that C's int can hold.
function arguments.whole(fn, name, x, low)
   check(type(x) == 'number' and x % 1 == 0 and x >= low and x < 2 ^ 31, '%s: %s must be a whole number of %d or more, got %s',
      fn, name, low, describe(x))
   return x
end

--- A number for both directions, or {vertical, horizontal}.
---@return integer h, integer w
function arguments.pair(fn, name, x, low)
   if type(x) == 'table' and not is_tensor(x) then
      check(#x == 2, '%s: %s must be a number or {height, width}, got a table of %d', fn, name, #x)
      return arguments.whole(fn, name, x[1], low), arguments.whole(fn, name, x[2], low)
   end
   return arguments.whole(fn, name, x, low), x
end

--- The table of options, {} where there is none; `known` lists the names that exist.
---@param known table<string, boolean>
function arguments.options(fn, options, known)
   if options == nil then return {} end
   check(type(options) == 'table' and not is_tensor(options), '%s: options must be a table, got %s', fn, describe(options))
   for name in pairs(options) do
      if not known[name] then
         core.raise(("%s: there is no option '%s'; it takes %s"):format(fn, tostring(name), table.concat(sorted_keys(known), ', ')))
      end
   end
   return options
end

--- C's number for the options mode ('bilinear' where missing, or 'nearest') and align_corners.
function arguments.resize_mode(fn, options)
   local mode = options.mode or 'bilinear'
   check(mode == 'bilinear' or mode == 'nearest', "%s: mode must be 'bilinear' or 'nearest', got %s", fn, describe(mode))
   check(mode == 'bilinear' or not options.align_corners, '%s: align_corners goes with bilinear, not with nearest', fn)
   return mode == 'nearest' and C.HL_NEAREST or options.align_corners and C.HL_BILINEAR_ALIGNED or C.HL_BILINEAR
end

--- A set of option names.
function arguments.names(...)
   local set = {}
   for i = 1, select('#', ...) do set[select(i, ...)] = true end
   return set
end

--- Size of x in dimension d, 1 where x has none: enough to size an output before C checks and reports.
function arguments.size(x, d)
   return d <= x:dim() and x:size(d) or 1
end

--- x laid out as C wants it: contiguous, or on a card also with the channels of (N,C,H,W) innermost.
function arguments.dense(x)
   if x == nil or x:isContiguous() or x:getDevice() ~= 'cpu' and x:isChannelsLast() then return x end
   local y = x:empty()
   core.run('hl_copy', y, x)
   return y
end

--- dtype of the parameters, statistics and losses that go with x: float32 for bfloat16, else x's own.
function arguments.param_dtype(x)
   return x:dtype() == 'bfloat16' and 'float32' or x:dtype()
end

--- A dimension counted from 1 or, negative, from the last.
function arguments.dimension(fn, x, dim)
   return Tensor.dimension(x, dim, fn)
end

return arguments
