--- ops/lapack.lua: calls of LAPACK, which OpenBLAS brings, by its own interface: matrices by columns, every argument by address.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local need_tensor = require('hilo.ops.arguments').tensor

local check = core.check

ffi.cdef 'int hl_blas_room(void);' -- the CPU's library alone has it

---@class hilo.lapack
local M = {}

-- Number of arguments of each routine, and how many of them are characters: their lengths follow all others.
local routines = {gesv = {8, 0}, gels = {11, 1}, syev = {9, 2}, geev = {14, 2}, gesvd = {14, 2}, geqrf = {8, 0}, orgqr = {9, 0},
   ormqr = {13, 2}, potrf = {5, 1}, potrs = {8, 1}, potri = {5, 1}, pstrf = {9, 1}, trtrs = {10, 3}, getrf = {6, 0}, getri = {7, 0}}

--- x without its graph, after checking that LAPACK can take it.
---@param name string of the function, for messages
---@param what string of the argument
---@param x any
---@return Tensor
function M.tensor(name, what, x)
   need_tensor(name, what, x)
   local ctype = x._storage.dtype.ctype
   check(ctype == 'float' or ctype == 'double', '%s: %s must be float or double, got %s', name, what, x:type())
   check(x:getDevice() == 'cpu', '%s: %s must be on the CPU, got %s; call :cpu() first', name, what, x:getDevice())
   return x:detach()
end

--- The same of a matrix.
---@param name string
---@param what string
---@param x any
---@return Tensor (M,N)
function M.matrix(name, what, x)
   check(M.tensor(name, what, x):dim() == 2 and x:nElement() > 0, '%s: %s must be a matrix, got %s', name, what, Tensor.shape_text(x))
   return x:detach()
end

--- A copy by columns: memory for LAPACK, and the matrix as a view of it.
---@param x Tensor (M,N)
---@param rows? integer of the memory where a result is longer, M if not given
---@return Tensor memory (N,rows)
---@return Tensor (rows,N)
---@return integer rows
function M.columns(x, rows)
   local m, n = x:size(1), x:size(2)
   local lead = math.max(rows or m, m)
   local memory = x:empty(n, lead):fill(0)
   memory:narrow(2, 1, m):copy(x:t())
   return memory, memory:t(), lead
end

local declared = {}

local function declare(name)
   local n, characters = unpack(routines[name])
   local arguments = ('void *, '):rep(n - 1) .. 'void *' .. (', size_t'):rep(characters)
   ffi.cdef(('void s%s_(%s); void d%s_(%s);'):format(name, arguments, name, arguments))
   declared[name] = true
end

--- Stands for the two arguments work and lwork: memory as large as the routine asks for.
M.work = {}

local function by_address(x)
   if type(x) == 'string' then return ffi.new('char[1]', x:byte()) end
   if type(x) == 'number' then return ffi.new('int[1]', x) end
   return core.is_tensor(x) and x:data() or x
end

local function call(f, name, arguments)
   local info = ffi.new 'int[1]'
   local list = {unpack(arguments)}
   list[#list + 1] = info
   for _ = 1, routines[name][2] do list[#list + 1] = 1 end
   f(unpack(list))
   return info[0]
end

-- From so many numbers in a matrix on, a call may take longer than Ctrl-C should be waited for.
local long = 800 ^ 2
local slow = {gesvd = 250 ^ 2, geev = 250 ^ 2, syev = 300 ^ 2}

local function is_long(name, ...)
   for i = 1, select('#', ...) do
      local x = select(i, ...)
      if core.is_tensor(x) and x:nElement() > (slow[name] or long) then return true end
   end
   return false
end

local function bytes_of(x) return core.is_tensor(x) and x:nElement() * x._storage.dtype.bytes or ffi.sizeof(x) end

-- As call, where Ctrl-C ends it. What `given` has in the place of an address tells how much may be written there.
local function call_apart(f, name, arguments, given)
   local lib = core.device('cpu').lib
   local apart, info = ffi.new 'hl_host_call', ffi.new 'int[1]'
   apart['function'], apart.set_threads, apart.threads = f, lib.hl_set_threads, lib.hl_threads()
   local n = routines[name][1]
   for i = 1, n do
      local last = i == n
      apart.arguments[i - 1] = last and info or arguments[i]
      apart.bytes[i - 1] = last and ffi.sizeof(info) or given[i] and bytes_of(given[i]) or 0
   end
   for i = n, n + routines[name][2] - 1 do apart.arguments[i] = ffi.cast('void *', 1) end
   core.call(core.host, 'hl_host_call_apart', apart)
   return info[0]
end

--- Calls a routine for matrices of x's type. A long one can be stopped by Ctrl-C.
---@param name string without the letter of the type: 'gesv'
---@param x Tensor float32 or float64
---@param ... string|number|Tensor|ffi.cdata*|table characters, whole numbers, tensors without gaps, arrays, M.work; without info
---@return integer info 0, or what the routine tells of the matrix
function M.call(name, x, ...)
   if not declared[name] then declare(name) end
   local ctype = x._storage.dtype.ctype
   local lib = core.device('cpu').lib
   local f = lib[(ctype == 'double' and 'd' or 's') .. name .. '_']
   core.call(lib, 'hl_blas_room')
   local arguments, given, at = {}, {}, nil
   for i = 1, select('#', ...) do
      local argument = select(i, ...)
      local n = #arguments + 1
      if argument == M.work then
         at = n
         arguments[n], arguments[n + 1] = ffi.new(ctype .. '[1]'), by_address(-1)
      else
         arguments[n] = by_address(argument)
         given[n] = type(argument) ~= 'string' and type(argument) ~= 'number' and argument or nil
      end
   end
   if at then
      call(f, name, arguments)
      local size = math.max(1, tonumber(arguments[at][0]))
      arguments[at], arguments[at + 1] = ffi.new(ctype .. '[?]', size), by_address(size)
   end
   local info
   if is_long(name, ...) then info = call_apart(f, name, arguments, given) else info = call(f, name, arguments) end
   check(info >= 0, '%s: LAPACK refuses argument %d', name, -info)
   return info
end

return M
