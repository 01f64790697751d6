--- torch/random.lua: Torch7's random numbers. A generator may come first in each function: torch.uniform(gen, 0, 1),
--- torch.randn(gen, 3), x:normal(gen). Numbers come from hilo's generator, so that a seed gives other numbers than in Torch7.
---
---     local state = torch.getRNGState()
---     local x = torch.rand(3)
---     torch.setRNGState(state)
---     assert(x:equal(torch.rand(3)))
local core = require 'hilo.core'
local ffi = require 'ffi'
local hilo = require 'hilo'
local Tensor = require 'hilo.tensor'
local call = require 'hilo.torch.call'
local random = require 'hilo.ops.random'

local check, is_tensor, methods = core.check, core.is_tensor, Tensor.methods
local is_generator, split_generator = call.is_generator, call.split_generator

-- ---- seeds and states ----

local function add_seeds(torch)
   torch.Generator = hilo.Generator

   --- Starts a generator over from a seed.
   ---@param ... Generator|integer ([gen,] seed)
   function torch.manualSeed(...)
      local generator, seed = split_generator(...)
      check(type(seed) == 'number', 'torch.manualSeed: expects ([generator,] number), got %s', type(seed))
      generator:manualSeed(math.floor(seed) % 2 ^ 53)
   end

   --- Seeds a generator from the clock.
   ---@param generator? Generator
   ---@return integer seed
   function torch.seed(generator)
      if not generator then return hilo.seed() end
      local kept = random.generator:state()
      local seed = hilo.seed()
      random.generator:setState(kept)
      generator:manualSeed(seed)
      return seed
   end

   --- The seed of a generator.
   ---@param ... Generator ([gen])
   ---@return integer
   function torch.initialSeed(...) return (split_generator(...)):initialSeed() end

   --- What setRNGState continues from.
   ---@param ... Generator ([gen])
   ---@return Tensor state byte
   function torch.getRNGState(...)
      local state = (split_generator(...)):state()
      local bytes = Tensor.empty({16}, {dtype = 'byte'})
      local numbers = ffi.cast('double *', bytes:data())
      numbers[0], numbers[1] = state.seed, state.offset
      return bytes
   end

   --- Goes on from what getRNGState gave.
   ---@param ... Generator|Tensor ([gen,] state)
   ---@return Tensor state
   function torch.setRNGState(...)
      local generator, state = split_generator(...)
      check(is_tensor(state) and state:type() == 'torch.ByteTensor' and state:nElement() == 16,
         'torch.setRNGState: expects what torch.getRNGState gave, got %s',
         is_tensor(state) and state:type() .. ' of ' .. Tensor.shape_text(state) or type(state))
      local bytes = state:contiguous()
      local numbers = ffi.cast('double *', bytes:data())
      generator:setState{seed = tonumber(numbers[0]), offset = tonumber(numbers[1])}
      return state
   end
end

-- ---- distributions ----

-- x := f(double tensor of x's sizes), converted
local function through_double(x, f)
   if x._storage.dtype.name == 'float64' then return f(x) end
   return x:copy(f(Tensor.empty(Tensor.sizes_table(x), {dtype = 'double', device = x:getDevice()})))
end

local function need_positive(name, what, x)
   check(type(x) == 'number' and x > 0, '%s: expects a %s above 0, got %s', name, what, tostring(x))
end

-- name -> function(x, options, ...) that fills x; numbers are drawn as tensors of one element
local fill = {}
for _, name in ipairs {'uniform', 'normal', 'random'} do
   local plain = methods[name]
   fill[name] = function(x, options, ...)
      local a, b = ...
      if b ~= nil then return plain(x, a, b, options) end
      if a ~= nil then return plain(x, a, options) end
      return plain(x, options)
   end
end

local plain_bernoulli = methods.bernoulli

--- 1 with probability p, which may be a tensor with a probability for each element.
function fill.bernoulli(x, options, p)
   if not is_tensor(p) then return plain_bernoulli(x, p or 0.5, options) end
   check(p:nElement() == x:nElement(), 'bernoulli: expects as many probabilities as %s has elements, got %s', Tensor.shape_text(x),
      Tensor.shape_text(p))
   check(p:nElement() == 0 or p:min() >= 0 and p:max() <= 1, 'bernoulli: probabilities must be between 0 and 1')
   local u = Tensor.empty(Tensor.sizes_table(p), {dtype = 'double', device = p:getDevice()}):uniform(0, 1, options)
   return x:copy(hilo.lt(u, p:double()))
end

--- lambda * exp(-lambda * x), for x of 0 or more.
function fill.exponential(x, options, lambda)
   lambda = lambda or 1
   need_positive('exponential', 'lambda', lambda)
   return through_double(x, function(y) return fill.uniform(y, options):neg():log1p():mul(-1 / lambda) end)
end

--- sigma / (pi * (sigma^2 + (x - median)^2)).
function fill.cauchy(x, options, median, sigma)
   median, sigma = median or 0, sigma or 1
   need_positive('cauchy', 'sigma', sigma)
   return through_double(x, function(y) return fill.uniform(y, options):add(-0.5):mul(math.pi):tan():mul(sigma):add(median) end)
end

--- exp of normal numbers; mean and deviation are those of the normal numbers.
function fill.logNormal(x, options, mean, std)
   mean, std = mean or 1, std or 2
   need_positive('logNormal', 'deviation', std)
   return through_double(x, function(y) return fill.normal(y, options, mean, std):exp() end)
end

--- The whole number k from 1 on with probability (1 - p) * p^(k - 1).
function fill.geometric(x, options, p)
   check(type(p) == 'number' and p > 0 and p < 1, 'geometric: expects a p between 0 and 1, got %s', tostring(p))
   return through_double(x, function(y) return fill.uniform(y, options):neg():log1p():mul(1 / math.log(p)):floor():add(1) end)
end

local float_only = {uniform = true, normal = true, exponential = true, cauchy = true, logNormal = true}
local one = Tensor.empty({1}, {dtype = 'double'})

-- ([gen,] ...) or (..., {generator = gen}) -> {generator = gen} or nil, ...
local function split_options(...)
   if is_generator((...)) then return {generator = (...)}, select(2, ...) end
   local args, n = {...}, select('#', ...)
   local last = args[n]
   if type(last) == 'table' and not is_tensor(last) then return last, unpack(args, 1, n - 1) end
   return nil, ...
end

local function add_distribution(torch, name)
   --- Fills this tensor: x:f([gen,] ...).
   ---@param self Tensor
   ---@param ... any
   ---@return Tensor self
   methods[name] = function(self, ...)
      check(not float_only[name] or self._storage.dtype.is_float, '%s: expects a float tensor, got %s', name, self:type())
      self:writable(name)
      if self:nElement() == 0 then return self end
      return fill[name](self, split_options(...))
   end
   --- A number: torch.f([gen,] ...); of a tensor, its method.
   torch[name] = function(...)
      if is_tensor((...)) then return methods[name](...) end
      local generator = split_generator(...)
      if name == 'random' then return generator:random(select(2, split_generator(...))) end
      return fill[name](one, {generator = generator}, select(2, split_generator(...))):item()
   end
end

return function(torch)
   add_seeds(torch)
   for name in pairs(fill) do add_distribution(torch, name) end

   local multinomial, alias = hilo.multinomial, hilo.multinomialAlias
   -- ([gen,] p, samples, replacement)
   call.define(torch, 'multinomial', {'Tn', 'Tnb', 'gTn', 'gTnb'}, function(...)
      local generator, p, samples, replacement = split_generator(...)
      return multinomial(p, samples, replacement, {generator = generator})
   end)
   torch.multinomialAlias = alias
   --- The alias table of probabilities, for torch.multinomialAlias.
   ---@param p Tensor (C)
   ---@param state? Tensor[] a table of an earlier call, which takes the new one
   ---@return Tensor[] state
   function torch.multinomialAliasSetup(p, state)
      local made = hilo.multinomialAliasSetup(p)
      if not state then return made end
      state[1], state[2] = made[1], made[2]
      return state
   end
end
