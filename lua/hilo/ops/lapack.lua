--- ops/lapack.lua: calls of LAPACK, which OpenBLAS brings, by its own interface: matrices by columns, every argument by address.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local need_tensor = require('hilo.ops.arguments').tensor

local check = core.check

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

--- A copy by columns: memory for LAPACK, which lives as long as the matrix, and the matrix as a view of it.
---@param x Tensor (M,N)
---@param rows? integer of the memory where a result is longer, M if not given
---@return ffi.cdata* memory
---@return Tensor (rows,N)
---@return integer rows
function M.columns(x, rows)
   local m, n = x:size(1), x:size(2)
   local lead = math.max(rows or m, m)
   local memory = x:empty(n, lead):fill(0)
   memory:narrow(2, 1, m):copy(x:t())
   return memory:data(), memory:t(), lead
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
   return x
end

local function call(f, name, arguments)
   local info = ffi.new 'int[1]'
   local list = {unpack(arguments)}
   list[#list + 1] = info
   for _ = 1, routines[name][2] do list[#list + 1] = 1 end
   f(unpack(list))
   return info[0]
end

--- Calls a routine for matrices of x's type.
---@param name string without the letter of the type: 'gesv'
---@param x Tensor float32 or float64
---@param ... string|number|ffi.cdata*|table characters, whole numbers, addresses, M.work; without info
---@return integer info 0, or what the routine tells of the matrix
function M.call(name, x, ...)
   if not declared[name] then declare(name) end
   local ctype = x._storage.dtype.ctype
   local f = assert(core.device 'cpu').lib[(ctype == 'double' and 'd' or 's') .. name .. '_']
   local arguments, at = {}, nil
   for i = 1, select('#', ...) do
      local argument = select(i, ...)
      if argument == M.work then
         at = #arguments + 1
         arguments[at], arguments[at + 1] = ffi.new(ctype .. '[1]'), by_address(-1)
      else
         arguments[#arguments + 1] = by_address(argument)
      end
   end
   if at then
      call(f, name, arguments)
      local size = math.max(1, tonumber(arguments[at][0]))
      arguments[at], arguments[at + 1] = ffi.new(ctype .. '[?]', size), by_address(size)
   end
   local info = call(f, name, arguments)
   check(info >= 0, '%s: LAPACK refuses argument %d', name, -info)
   return info
end

return M
