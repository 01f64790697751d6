--- core.lua: loads the C libraries, calls them, and turns their failures into Lua errors at the caller's line.
local ffi = require 'ffi'

assert(ffi.abi('gc64'), 'hilo needs a LuaJIT built with 64-bit object references (GC64), as Debian and Ubuntu ship it')

-- A training with all its readers, logs and evaluations compiles some 2000 traces. With LuaJIT's own limits, 1000 traces and 512 KB,
-- it threw all of them away and began anew every few hundred steps, which took more time than the steps of a small network.
jit.opt.start('maxtrace=8000', 'maxmcode=16384')

local core = {}

-- <root>/lua/hilo/core.lua -> <root>; an installed tree keeps the same shape.
local here = debug.getinfo(1, 'S').source:match('^@(.*)lua/hilo/core%.lua$')
assert(here, 'hilo: cannot tell where hilo is installed')
core.root = here == '' and './' or here
core.lib_dir = os.getenv('HILO_LIB') or core.root .. 'build'

local function read_header(name)
   local file = assert(io.open(core.root .. 'core/' .. name))
   local text = file:read('*a')
   file:close()
   return (('\n' .. text):gsub('\n#[^\n]*', '\n'))
end

ffi.cdef(read_header('hilo.h'))
ffi.cdef(read_header('host.h'))
ffi.cdef 'int setenv(const char *name, const char *value, int overwrite); int unsetenv(const char *name);'

local function is_file(path)
   local file = io.open(path)
   if file then file:close() end
   return file ~= nil
end

local function load_library(name)
   local path = ('%s/lib%s.so'):format(core.lib_dir, name)
   local ok, lib = pcall(ffi.load, path)
   if ok then return lib end
   return nil, lib
end

local host, why = load_library('hilo_host')
if not host then error('hilo: the C libraries are not built (' .. why .. '); run `make` first', 0) end
core.host = host

--- Raises `message` as an error at the nearest line outside hilo's own Lua files.
---@param message string
function core.raise(message)
   local level = 2
   while true do
      local info = debug.getinfo(level, 'S')
      if not info then level = 2 end
      if not info or info.what ~= 'C' and not info.source:find('lua/hilo/', 1, true) then error(message, level) end
      level = level + 1
   end
end

--- Raises a formatted error unless `condition` holds.
function core.check(condition, format, ...)
   if not condition then core.raise(format:format(...)) end
   return condition
end

local function raise_c_error(lib)
   local text = ffi.string(lib.hl_error())
   if text == 'interrupted' then host.hl_host_interrupt_clear() end
   core.raise(text)
end

-- ---- devices: one library each ----

---@class Device
---@field name string 'cpu', 'cuda' or 'emu'
---@field id integer hl_device
---@field file string of its library: 'hilo_cpu_avx2'
---@field lib ffi.namespace*

local devices = {} -- anchors the libraries for the life of the process
core.devices = devices
local failures = {}

local device_ids = {cpu = 0, cuda = 1, emu = 2}

--- The file of the CPU's library that this processor takes, or HILO_CPU names: 'hilo_cpu_avx2'.
---@private
---@return string
function core.cpu_library()
   -- OpenBLAS falls back to its oldest kernels on processors newer than itself; tell it what this one can do.
   local level = tonumber(host.hl_host_cpu_level())
   local core_type = ({[2] = 'HASWELL', [3] = 'SKYLAKEX', [4] = 'SKYLAKEX'})[level]
   if core_type then ffi.C.setenv('OPENBLAS_CORETYPE', core_type, 0) end
   local forced = os.getenv('HILO_CPU') -- 'baseline', 'avx2', 'avx512', 'avx512bf16' or 'amx', for tests and comparisons
   local names = {baseline = 'hilo_cpu', avx2 = 'hilo_cpu_avx2', avx512 = 'hilo_cpu_avx512',
      avx512bf16 = 'hilo_cpu_avx512bf16', amx = 'hilo_cpu_avx512bf16'} -- the same library, which asks for tiles itself
   if forced then return names[forced] or core.raise('HILO_CPU must be baseline, avx2, avx512, avx512bf16 or amx, got ' .. forced) end
   return ({[2] = names.avx2, [3] = names.avx512, [4] = names.avx512bf16})[level] or names.baseline
end

-- The threads of OpenBLAS are libgomp's, which by themselves look for work for some ms after each product before they sleep, and
-- take that time from other processes. Those of core/cpu/team.c look for 20 us; so do these. What this process starts is not told.
local function load_cpu_library(file)
   if host.hl_host_blas_room() ~= 0 then return nil, ffi.string(host.hl_error()) end
   local told = os.getenv 'OMP_WAIT_POLICY' or os.getenv 'GOMP_SPINCOUNT'
   if not told then ffi.C.setenv('GOMP_SPINCOUNT', '500', 0) end
   local lib, reason = load_library(file)
   if not told then ffi.C.unsetenv('GOMP_SPINCOUNT') end
   return lib, reason
end

--- The device of that name, loading its library the first time.
---@param name string 'cpu', 'cuda' or 'emu'
---@return Device? device, string? reason why it is not available
function core.device(name)
   local device = devices[name]
   if device then return device end
   if failures[name] then return nil, failures[name] end
   if not device_ids[name] then return nil, ("there is no device '%s' (cpu, cuda and emu exist)"):format(tostring(name)) end
   local file = name == 'cpu' and core.cpu_library() or 'hilo_' .. name
   local lib, reason = (name == 'cpu' and load_cpu_library or load_library)(file)
   if not lib and not is_file(('%s/lib%s.so'):format(core.lib_dir, file)) then
      reason = ('%s/lib%s.so is not there; build it with `make %s`'):format(core.lib_dir, file, name == 'cpu' and 'all' or name)
   end
   if lib then
      local abi = lib.hl_init(host.hl_host_interrupt_flag())
      if abi == ffi.C.HL_ABI then
         device = {name = name, id = device_ids[name], file = file, lib = lib}
         devices[name] = device
         -- libgomp sees what the process is bound to, not the quota of its control group
         if name == 'cpu' and not os.getenv 'OMP_NUM_THREADS' then lib.hl_set_threads(require 'hilo.processors'()) end
         return device
      end
      reason = abi == -1 and ffi.string(lib.hl_error())
         or ('its library speaks ABI %d, this Lua code %d; rebuild with `make`'):format(abi, ffi.C.HL_ABI)
   end
   failures[name] = reason
   return nil, reason
end

-- ---- calls ----

local Tensor -- the metatable of tensors, set by tensor.lua
function core.set_tensor_class(class) Tensor = class end

--- Whether x is a tensor.
---@param x any
---@return boolean
local function is_tensor(x) return getmetatable(x) == Tensor end
core.is_tensor = is_tensor

--- The C view of a tensor, after making sure that its memory is there: what was forgotten is computed again, what was
--- promised is allocated.
local function raw(t)
   local storage = t._storage
   if not storage.ptr then
      if storage.freed then core.raise('this tensor was freed; it cannot be used any more') end
      storage:recall()
   end
   if storage.moves then t._c.data = ffi.cast('char *', storage.ptr) + t._offset * storage.dtype.bytes end
   return t._c
end
core.raw = raw

local watcher

--- From now on calls f(name, ...) after each core.run(name, ...); nil: no more.
---@param f fun(name: string, ...: any)?
function core.watch(f) watcher = f end

local function raise_devices(name, a, b)
   core.raise(('%s: all tensors must be on one device, got %s and %s; move one with :%s() or :%s()'):format(name:sub(4), a.name, b.name,
      a.name, b.name))
end

-- core.run for n arguments, written out, for LuaJIT does not compile `unpack`: a hundred times as fast where tensors are small.
local function make_call(n)
   local names, lines = {}, {}
   for i = 1, n do
      names[i] = 'a' .. i
      lines[i] = ([[
         local c# = a#
         if is_tensor(a#) then
            local d = a#._storage.device
            if device and d ~= device then raise_devices(name, device, d) end
            device, c# = d, raw(a#)
         end]]):gsub('#', tostring(i))
   end
   local list = table.concat(names, ', ')
   return load(([[
      local is_tensor, raw, raise_devices, raise_c_error = ...
      return function(name, %s)
         local device
         %s
         local lib = device.lib
         if lib[name](%s) ~= 0 then raise_c_error(lib) end
      end]]):format(list, table.concat(lines, '\n'), (list:gsub('a', 'c'))), '=(lua/hilo/core)', 't')(is_tensor, raw, raise_devices,
      raise_c_error)
end

local calls = setmetatable({}, {__index = function(calls, n)
   calls[n] = make_call(n)
   return calls[n]
end})

--- Calls `name` of the library that holds the tensors among the arguments; a failure is an error at the caller's line.
--- Tensors are passed as their C views, everything else as it is.
---@param name string an hl_* function
function core.run(name, ...)
   calls[select('#', ...)](name, ...)
   if watcher then watcher(name, ...) end
end

--- Calls a function of libhilo_host or of a given device's library that takes no tensors.
function core.call(lib, name, ...)
   if lib[name](...) ~= 0 then raise_c_error(lib) end
end

--- Array of C views for functions that take whole lists: returns `hl_tensor *[n]`. Keep the tensors alive during the call.
---@param list table<integer, Tensor?>
---@param n? integer how many, #list if not given; where an entry is nil, so is its view
---@param first? integer the first entry, 1 if not given; step: from one entry to the next, 1 if not given
---@param step? integer
function core.list(list, n, first, step)
   n, first, step = n or #list, first or 1, step or 1
   local views = ffi.new('hl_tensor *[?]', math.max(1, n))
   for i = 0, n - 1 do
      local t = list[first + i * step]
      if t then views[i] = raw(t) end
   end
   return views
end

-- ---- memory ----
-- LuaJIT's collector sees a few hundred bytes where a tensor holds megabytes. So count for it: collect when the live bytes
-- of a device have grown by a quarter since the last collection, and after a backward, whose graph has just died. In between a
-- steady training step may use as much as the one before it without another look.

local info = ffi.new('hl_memory')
local slack, growth = 64 * 2^20, 1.25
local limit = {}   -- device name -> live bytes beyond which to collect
local highest = {} -- device name -> most live bytes since the last backward
local resting = {} -- device name -> fewest live bytes after a backward since one last grew beyond them

--- Bytes in use on a device.
---@param device Device
---@return {live: number, cached: number, peak: number, allocations: number} counts bytes; how often the system was asked
function core.memory(device)
   core.call(device.lib, 'hl_memory_info', info)
   return {live = tonumber(info.live), cached = tonumber(info.cached), peak = tonumber(info.peak),
      allocations = tonumber(info.allocations)}
end

local function live_bytes(device)
   device.lib.hl_memory_info(info)
   return tonumber(info.live)
end

--- Frees what no variable can reach any more, tensor memory included.
function core.collect()
   collectgarbage()
   for name, device in pairs(devices) do limit[name] = live_bytes(device) * growth + slack end
end

--- Frees the graph that a backward has just used up, where it is large.
---@param device Device
function core.collect_graph(device)
   local name, live = device.name, live_bytes(device)
   if live > (resting[name] or 0) * 1.1 + slack then
      core.collect()
      live = live_bytes(device)
      resting[name] = live
   end
   resting[name] = math.min(resting[name] or live, live)
   limit[name] = math.max(live * growth + slack, (highest[name] or 0) * 1.05)
   highest[name] = 0
end

--- As collect, where memory is short: compiled code keeps what it was compiled for, such as a network that nothing else refers to.
---@param device Device
function core.collect_all(device)
   if live_bytes(device) > slack then jit.flush() end
   core.collect()
end

local function make_room(device, bytes)
   local name, needed = device.name, live_bytes(device) + bytes
   if needed > (limit[name] or slack) then
      core.collect()
      needed = live_bytes(device) + bytes
   end
   highest[name] = math.max(highest[name] or 0, needed)
end

local pointer = ffi.new('void *[1]')

local function take(lib, bytes, zero, apart)
   if apart then return lib.hl_alloc_apart(pointer, bytes) end
   return lib.hl_alloc(pointer, bytes, zero and 1 or 0)
end

--- Memory of that many bytes, released when the returned cdata is collected. zero: filled with zeros; apart: no part of a recording.
function core.allocate(device, bytes, zero, apart)
   make_room(device, bytes)
   local lib, guard = device.lib, core.guard -- of memory_limit.lua, where there is a limit
   if guard then guard.before(device, bytes) end
   if take(lib, bytes, zero, apart) ~= 0 then
      core.collect_all(device)
      lib.hl_empty_cache()
      if take(lib, bytes, zero, apart) ~= 0 then raise_c_error(lib) end
   end
   local handle = ffi.gc(pointer[0], lib.hl_free)
   if guard then guard.after(device) end
   return handle
end

function core.release(device, handle)
   ffi.gc(handle, nil)
   device.lib.hl_free(handle)
end

return core
