--- prompt/finalizers.lua: finalizers run wherever memory is asked for, and so do their errors come up there: in other work, in the
--- prompt itself, and in compiled code, which LuaJIT 2.1 does not survive. At the prompt they are noted, and told after the entry.
local ffi = require 'ffi'

local finalizers = {}

local failed, first = 0, nil

local function note(ok, message)
   if ok then return end
   failed, first = failed + 1, first or message
end

local safe = setmetatable({}, {__mode = 'v'}) -- function -> the same, its errors noted

local function protected(f)
   if type(f) ~= 'function' then return f end
   if not safe[f] then
      local function call(x) note(pcall(f, x)) end
      safe[f] = call
   end
   return safe[f]
end

-- Of the metatables of proxies.
local noting = {__newindex = function(meta, key, value) rawset(meta, key, key == '__gc' and protected(value) or value) end}

--- From now on errors of the finalizers that are set by ffi.gc, ffi.metatype and newproxy are noted.
function finalizers.install()
   local gc, metatype, proxy = ffi.gc, ffi.metatype, newproxy
   function ffi.gc(x, f) return gc(x, protected(f)) end
   function ffi.metatype(ctype, meta)
      if type(meta) == 'table' then meta.__gc = protected(meta.__gc) end
      return metatype(ctype, meta)
   end
   function _G.newproxy(...) -- luacheck: ignore 122
      local x = proxy(...)
      if (...) == true then setmetatable(getmetatable(x), noting) end
      return x
   end
end

--- How many have failed since this was asked last.
---@return integer n
---@return any message of the first
function finalizers.failed()
   local n, message = failed, first
   failed, first = 0, nil
   return n, message
end

return finalizers
