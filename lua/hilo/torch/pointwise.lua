--- torch/pointwise.lua: Torch7's functions of single elements. They count elements: tensors of other sizes but as many elements go
--- together, and the result has the first one's sizes.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local pointwise = require 'hilo.ops.pointwise'
local call = require 'hilo.torch.call'

local is_tensor, methods = core.is_tensor, Tensor.methods

-- res with the sizes of x
local function fit(res, x)
   if res ~= x and not res:isSameSizeAs(x) then res:resize(x:size()) end
   return res
end

local number_functions = {frac = function(x) return x - (x < 0 and math.ceil(x) or math.floor(x)) end,
   trunc = function(x) return x < 0 and math.ceil(x) or math.floor(x) end, round = function(x) return math.floor(x + 0.5) end,
   rsqrt = function(x) return 1 / math.sqrt(x) end, neg = function(x) return -x end, cinv = function(x) return 1 / x end,
   sigmoid = function(x) return 1 / (1 + math.exp(-x)) end, log1p = function(x) return math.log(1 + x) end,
   sign = function(x) return x > 0 and 1 or x < 0 and -1 or 0 end}

local function add_unary(torch, name)
   local plain, of_number = methods[name], number_functions[name] or math[name]
   methods[name] = function(self, source)
      if source then fit(self, source) end
      return plain(self, source)
   end
   local tensors = methods[name]
   torch[name] = function(res, x)
      if type(res) == 'number' then return of_number(res) end
      core.check(is_tensor(res), 'torch.%s: expects a tensor, got %s', name, type(res))
      if x then return tensors(res, x) end
      return tensors(res:empty(), res)
   end
end

local function add_binary(torch, name, patterns)
   local plain = methods[name]
   local function into(res, a, b, c)
      if is_tensor(a) then fit(res, a) end
      return plain(res, a, b, c)
   end
   torch[name] = function(...)
      local signature, first, second = call.signature(...), ...
      for _, pattern in ipairs(patterns) do
         if signature == pattern then
            if is_tensor(first) then return into(first:empty(), ...) end
            -- numbers first: torch.pow(2, x)
            return second:clone():copy(pointwise[name](first, second))
         end
      end
      core.check(is_tensor(first), 'torch.%s: expects tensors and numbers, got %s', name, signature)
      if type(second) == 'number' and is_tensor((select(3, ...))) and name == 'pow' then
         local exponent = select(3, ...)
         return call.deliver(first, pointwise.pow(second, exponent))
      end
      return into(...)
   end
   methods[name] = function(self, a, b, c)
      if b ~= nil and is_tensor(a) then fit(self, a) end
      if name == 'pow' and type(a) == 'number' and is_tensor(b) then return call.deliver(self, pointwise.pow(a, b)) end
      return plain(self, a, b, c)
   end
end

local function by_count(a, b)
   if is_tensor(a) and is_tensor(b) and not a:isSameSizeAs(b) and a:nElement() == b:nElement() then
      return a, b:reshape(a:size())
   end
   return a, b
end

-- Operators of tensors with as many elements go by position, whatever their sizes.
local function count_operator(key)
   local plain = Tensor[key]
   Tensor[key] = function(a, b) return plain(by_count(a, b)) end
end

return function(torch)
   for _, name in ipairs {'abs', 'sqrt', 'rsqrt', 'cinv', 'exp', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh',
      'cosh', 'tanh', 'sigmoid', 'floor', 'ceil', 'round', 'trunc', 'frac', 'sign', 'neg'} do
      add_unary(torch, name)
   end
   for _, name in ipairs {'add', 'sub', 'csub'} do add_binary(torch, name, {'Tn', 'TT', 'TnT'}) end
   for _, name in ipairs {'mul', 'div', 'cmul', 'cdiv', 'pow', 'cpow', 'cmax', 'cmin', 'remainder', 'fmod', 'cremainder', 'cfmod',
      'mod', 'cmod', 'atan2'} do
      if name == 'mod' then methods.mod = methods.remainder end
      if name == 'cmod' then methods.cmod = methods.cremainder end
      add_binary(torch, name, {'Tn', 'TT', 'nT'})
   end
   local clamp = methods.clamp
   call.define_in_place(torch, 'clamp', {'Tnn'}, function(res, x, low, high)
      return clamp(res == x and x or call.deliver(res, x), low, high)
   end)
   for _, name in ipairs {'addcmul', 'addcdiv'} do
      local plain = methods[name]
      call.define_in_place(torch, name, {'TTT', 'TnTT'}, function(res, x, ...)
         fit(res, x)
         local args = {...}
         for i = 1, #args do
            if is_tensor(args[i]) and not args[i]:isSameSizeAs(x) and args[i]:nElement() == x:nElement() then
               args[i] = args[i]:reshape(x:size())
            end
         end
         return plain(res, x, unpack(args))
      end)
   end
   for _, name in ipairs {'eq', 'ne', 'lt', 'le', 'gt', 'ge'} do
      call.define(torch, name, {'T[Tn]', 'nT'}, function(a, b) return pointwise[name](by_count(a, b)) end)
   end
   call.define(torch, 'lerp', {'TTn', 'nnn'}, function(a, b, weight)
      if type(a) == 'number' then return a + weight * (b - a) end
      return pointwise.add(a, pointwise.affine(pointwise.sub(by_count(b, a)), weight))
   end)
   for _, key in ipairs {'__add', '__sub', '__div', '__mod'} do count_operator(key) end
end
