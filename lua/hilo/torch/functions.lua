--- torch/functions.lua: Torch7's functions that make tensors, reduce, order and pick, over hilo's: torch.f(x, ...),
--- torch.f(res, x, ...) and, of most, x:f(...).
local core = require 'hilo.core'
local hilo = require 'hilo'
local Tensor = require 'hilo.tensor'
local call = require 'hilo.torch.call'
local storages = require 'hilo.torch.storage'

local is_tensor, methods = core.is_tensor, Tensor.methods

-- Sizes as numbers or as a LongStorage; fractions are cut off, as Torch7 does.
local function sizes_of(...)
   local first = ...
   local sizes = type(first) == 'table' and {unpack(storages.numbers(first))} or {...}
   for d, n in ipairs(sizes) do sizes[d] = type(n) == 'number' and math.floor(n) or n end
   return sizes
end

-- Functions that make tensors: torch.f(...) of the default type, torch.f(res, ...) of res's. by_count: a res of as many elements keeps
-- its sizes.
local function add_maker(torch, name, make, by_count)
   torch[name] = function(first, ...)
      if not is_tensor(first) then return make({dtype = Tensor.default_dtype.name}, first, ...) end
      local y = make({dtype = first:dtype(), device = first:getDevice()}, ...)
      if by_count and first:nElement() == y:nElement() then return first:copy(y) end
      return call.deliver(first, y)
   end
   if methods[name] == nil then methods[name] = torch[name] end
end

local function add_makers(torch)
   add_maker(torch, 'zeros', function(o, ...) return Tensor.zeros(sizes_of(...), o) end)
   add_maker(torch, 'ones', function(o, ...) return Tensor.ones(sizes_of(...), o) end)
   add_maker(torch, 'eye', function(o, n, m) return Tensor.eye(n, m, o) end)
   add_maker(torch, 'range', function(o, first, last, step) return Tensor.range(first, last, step, o) end, true)
   add_maker(torch, 'linspace', function(o, first, last, n)
      core.check(n ~= 1 or first == last, 'linspace: one number does not go from %s to %s', tostring(first), tostring(last))
      return Tensor.linspace(first, last, n, o)
   end, true)
   add_maker(torch, 'logspace', function(o, first, last, n)
      core.check(n ~= 1 or first == last, 'logspace: one number does not go from %s to %s', tostring(first), tostring(last))
      return hilo.pow(10, Tensor.linspace(first, last, n, o))
   end, true)
   add_maker(torch, 'randperm', function(o, ...)
      local generator, n = call.split_generator(...)
      return hilo.randperm(n, {generator = generator}):to(o)
   end)
   for _, name in ipairs {'rand', 'randn'} do
      local make = hilo[name]
      add_maker(torch, name, function(o, ...)
         o.generator = call.split_generator(...)
         return make(sizes_of(select(2, call.split_generator(...))), o)
      end)
   end
end

local function cat(list, ...)
   if is_tensor(list) then return cat({list, (...)}, (select(2, ...))) end
   local dim = ...
   core.check(#list > 0, 'torch.cat: expects tensors, got an empty table')
   local full = {}
   for _, x in ipairs(list) do if x:dim() > 0 then full[#full + 1] = x end end
   if #full == 0 then return list[1]:empty({}) end
   if dim then return hilo.cat(full, dim) end
   return hilo.cat(full)
end

local function sort(x, dim, descending)
   if type(dim) == 'boolean' then dim, descending = nil, dim end
   return hilo.sort(x, dim, descending)
end

-- (x[, k][, dim][, largest[, sorted]]): numbers, then booleans
local function topk(x, ...)
   local numbers, largest = {}, false
   for i = 1, select('#', ...) do
      local value = select(i, ...)
      if type(value) == 'boolean' then
         largest = value
         break
      end
      numbers[i] = value
   end
   return hilo.topk(x, numbers[1] or 1, numbers[2], largest)
end

local function spread(name)
   return function(x, dim, biased)
      if type(dim) == 'boolean' then dim, biased = nil, dim end
      return hilo[name](x, dim, biased)
   end
end

-- name -> {patterns, function, number of results}
local makers = {
   sum = {{'T', 'Tn'}}, prod = {{'T', 'Tn'}}, mean = {{'T', 'Tn'}}, cumsum = {{'T', 'Tn'}}, cumprod = {{'T', 'Tn'}},
   max = {{'T', 'Tn'}, nil, 2}, min = {{'T', 'Tn'}, nil, 2}, sort = {{'T', 'Tn', 'Tb', 'Tnb'}, sort, 2},
   topk = {{'Tn?n?b?b?'}, topk, 2},
   kthvalue = {{'Tn', 'Tnn'}, nil, 2}, median = {{'T', 'Tn'}, nil, 2}, mode = {{'T', 'Tn'}, nil, 2},
   norm = {{'T', 'Tn', 'Tnn'}}, dist = {{'TT', 'TTn'}}, var = {{'T', 'Tn', 'Tb', 'Tnb'}, spread 'var'},
   std = {{'T', 'Tn', 'Tb', 'Tnb'}, spread 'std'}, histc = {{'Tn*'}}, bhistc = {{'Tn*'}}, trace = {{'T'}}, diag = {{'T', 'Tn'}},
   tril = {{'T', 'Tn'}}, triu = {{'T', 'Tn'}}, cross = {{'TT', 'TTn'}}, index = {{'TnT'}}, gather = {{'TnT'}},
   maskedSelect = {{'TT'}}, nonzero = {{'T'}}, cat = {{'TT', 'TTn', 't', 'tn'}, cat}, equal = {{'TT'}},
   conv2 = {{'TT', 'TTs'}}, conv3 = {{'TT', 'TTs'}}, xcorr2 = {{'TT', 'TTs'}}, xcorr3 = {{'TT', 'TTs'}},
}

-- LAPACK's, of which matrices lie by columns: name -> {patterns, number of results}
local by_columns = {
   inverse = {{'T'}}, gesv = {{'TT'}, 2}, gels = {{'TT'}, 2}, trtrs = {{'TTs*'}, 2}, symeig = {{'Ts*'}, 2}, eig = {{'Ts*'}, 2},
   svd = {{'Ts*'}, 3}, qr = {{'T'}, 2}, potrf = {{'Ts*'}}, potrs = {{'TTs*'}}, potri = {{'Ts*'}}, pstrf = {{'Ts*'}, 2},
   geqrf = {{'T'}, 2}, orgqr = {{'TT'}}, ormqr = {{'TTT', 'TTTs', 'TTTss'}},
}

return function(torch)
   add_makers(torch)
   for name, m in pairs(makers) do call.define(torch, name, m[1], m[2] or hilo[name], m[3]) end
   for name, m in pairs(by_columns) do call.define(torch, name, m[1], hilo[name], m[2], call.deliver_columns) end
   local renorm = hilo.renorm
   call.define_in_place(torch, 'renorm', {'Tnnn'}, function(res, ...) return call.deliver(res, renorm(...)) end)
   for name, f in pairs {bitand = 'bitand', bitor = 'bitor', bitxor = 'bitxor', lshift = 'lshift', rshift = 'rshift',
      cbitand = 'bitand', cbitor = 'bitor', cbitxor = 'bitxor', clshift = 'lshift', crshift = 'rshift'} do
      call.define_in_place(torch, name, {'T[Tn]'}, function(res, a, b) return call.deliver(res, hilo[f](a, b)) end)
   end
   torch.any, torch.all = hilo.any, hilo.all
   for name, f in pairs(methods) do if torch[name] == nil then torch[name] = f end end
end
