--- prompt/ops.lua: which ops work calls: every function of a device's library, with the tensors that it is given.
local ffi = require 'ffi'
local core = require 'hilo.core'

local ops = {}

local is_tensor = ffi.typeof 'hl_tensor'

local function elements(t)
   local n = 1
   for d = 0, t.ndim - 1 do n = n * tonumber(t.size[d]) end
   return n
end

local bytes_of = {[0] = 4, 8, 1, 4, 8, 2} -- hl_dtype

--- Bytes of the tensors among what an op is given: what it reads and writes at least.
---@param ... any
---@return integer
function ops.bytes(...)
   local bytes = 0
   for i = 1, select('#', ...) do
      local x = select(i, ...)
      if ffi.istype(is_tensor, x) then bytes = bytes + elements(x) * bytes_of[tonumber(x.dtype)] end
   end
   return bytes
end

local function in_group(w) return elements(w) / tonumber(w.size[0]) end -- products that one element of the output sums

local counts = {
   hl_conv2d = function(y, _, w) return 2 * elements(y) * in_group(w) end,
   hl_conv2d_sum = function(y, _, n, w)
      local flops = 0
      for i = 0, n - 1 do flops = flops + 2 * elements(y) * in_group(w[i]) end
      return flops
   end,
   hl_matmul = function(c, a) return 2 * elements(c) * tonumber(a.size[a.ndim - 1]) end,
}

--- Floating point operations of an op: products and sums of convolutions and matrix products, forwards; others are not counted.
---@param name string
---@param ... any what the op is given
---@return integer
function ops.flops(name, ...) return counts[name] and counts[name](...) or 0 end

local function ended(libs, ok, ...)
   setmetatable(core.devices, nil)
   for device, lib in pairs(libs) do device.lib = lib end
   if not ok then error((...), 0) end
   return ...
end

--- Runs f(...) and returns what it returns; each op goes through note(name, call, ...), which makes the call and returns what that
--- returns. Devices that f is the first to use are watched too.
---@param note fun(name: string, call: function, ...): any
---@param f function
---@param ... any
function ops.watch(note, f, ...)
   local libs = {}
   local function watch(device)
      local lib = device.lib
      libs[device] = lib
      device.lib = setmetatable({}, {__index = function(_, name)
         local call = lib[name]
         if not name:find('^hl_') then return call end
         return function(...) return note(name, call, ...) end
      end})
   end
   for _, device in pairs(core.devices) do watch(device) end
   setmetatable(core.devices, {__newindex = function(devices, name, device)
      rawset(devices, name, device)
      watch(device)
   end})
   return ended(libs, pcall(f, ...))
end

return ops
