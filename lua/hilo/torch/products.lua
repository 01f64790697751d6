--- torch/products.lua: Torch7's products of matrices and vectors, and sums with them: torch.addmm([res,] [beta,] M, [alpha,] a, b),
--- x:addmm([beta,] [M,] [alpha,] a, b), torch.mm([res,] a, b), res:mm(a, b), torch.ger, torch.dot.
local core = require 'hilo.core'
local hilo = require 'hilo'
local Tensor = require 'hilo.tensor'
local call = require 'hilo.torch.call'

local check, is_tensor, methods = core.check, core.is_tensor, Tensor.methods

-- The tensors among the arguments, the last two of which are multiplied.
local function tensors_of(...)
   local list = {}
   for i = 1, select('#', ...) do
      local x = select(i, ...)
      if is_tensor(x) then list[#list + 1] = x end
   end
   return list
end

-- res = beta * M + alpha * a b.
local function add_sum(torch, name)
   local plain = methods[name]

   -- list: the tensors among what follows; the result may be one of those that are multiplied.
   local function into(res, list, ...)
      local base, a, b = #list > 2 and list[1], list[#list - 1], list[#list]
      if base and not res:isSameSizeAs(base) then res:resize(base:size()) end
      if a._storage ~= res._storage and b._storage ~= res._storage then return plain(res, ...) end
      return res:copy(plain(res:clone(), ...))
   end

   --- ([res,] [beta,] M, [alpha,] a, b): beta * M + alpha * a b, in a new tensor or in res, which is resized.
   ---@param ... Tensor|number
   ---@return Tensor
   torch[name] = function(...)
      local list = tensors_of(...)
      check(#list == 3 or #list == 4, 'torch.%s: expects ([res,] [number,] M, [number,] a, b), got %d tensors', name, #list)
      if #list == 3 then return into(list[1]:empty({}), list, ...) end
      table.remove(list, 1)
      return into((...), list, select(2, ...))
   end
   --- ([beta,] [M,] [alpha,] a, b): this tensor becomes beta * (M or itself) + alpha * a b.
   ---@param ... Tensor|number
   ---@return Tensor self
   methods[name] = function(self, ...)
      local list = tensors_of(...)
      check(#list >= 2, '%s: expects ([number,] [M,] [number,] a, b), got fewer than 2 tensors', name)
      return into(self, list, ...)
   end
end

return function(torch)
   for _, name in ipairs {'addmm', 'addmv', 'addr', 'addbmm', 'baddbmm'} do add_sum(torch, name) end
   for name, product in pairs {mm = hilo.matmul, bmm = hilo.matmul, mv = hilo.mv, ger = hilo.ger} do
      call.define(torch, name, {'TT'}, product)
   end
   call.define(torch, 'dot', {'TT'}, hilo.dot, 0)
end
