--- torch/mapped.lua: memory that is a file: torch.FloatStorage('file', true, 100). What is written into it is in the file, and other
--- processes that map the file see it. A file that is only looked at is read instead: it may become shorter meanwhile.
local ffi = require 'ffi'
local core = require 'hilo.core'
local disk = require 'hilo.io.file'
local Memory = require 'hilo.storage'

local check, host = core.check, core.host
local address = ffi.new('void *[1]')

local function size_of(path)
   local file, why = io.open(path, 'rb')
   if not file then return nil, why end
   file:close()
   return disk.size(path)
end

-- A file of at least that many bytes; what is added is zeros.
local function lengthen(what, path, bytes)
   local file, why = io.open(path, 'r+b')
   if not file then file, why = io.open(path, 'w+b') end
   check(file, '%s: %s', what, tostring(why))
   if file:seek 'end' < bytes then
      file:seek('set', bytes - 1)
      file:write '\0'
   end
   local ok
   ok, why = file:close()
   check(ok, '%s: %s: %s', what, path, tostring(why))
end

local function mapped(what, path, bytes)
   check(host.hl_host_map(path, bytes, address) == 0, '%s: %s', what, ffi.string(host.hl_error()))
   return ffi.gc(address[0], host.hl_host_unmap)
end

--- The memory of a file's elements.
---@param what string for messages
---@param path string
---@param dtype DType
---@param is_shared? boolean changes go to the file, which is made or lengthened where it is too short; if not, they stay here
---@param n? integer elements; all that the file has if not given
---@return Storage
return function(what, path, dtype, is_shared, n)
   disk.check_path(path, what)
   check(n == nil or type(n) == 'number' and n >= 1 and n % 1 == 0, '%s: the size must be a whole number of 1 or more, got %s', what,
      tostring(n))
   local there, why = size_of(path)
   check(there or is_shared and n, '%s: %s', what, tostring(why))
   n = n or math.floor(there / dtype.bytes)
   local bytes = n * dtype.bytes
   check(n >= 1, '%s: %s is empty', what, path)
   check(is_shared or bytes <= there, '%s: %s has %.0f bytes, %.0f elements of %d bytes are wanted', what, path, there or 0, n,
      dtype.bytes)
   if not is_shared then
      local memory = Memory.new(assert(core.device 'cpu'), dtype, n)
      disk.read_into(path, memory.ptr, 0, bytes)
      return memory
   end
   if bytes > (there or 0) then lengthen(what, path, bytes) end
   return Memory.elsewhere(assert(core.device 'cpu'), dtype, n, mapped(what, path, bytes))
end
