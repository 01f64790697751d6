--- random.lua: random numbers from Philox, counter based: element i of a draw depends on (seed, offset, i) alone, so a seed gives
--- the same numbers on every device and a saved state continues exactly.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local graph = require 'hilo.graph'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'

local run, check, dense = core.run, core.check, arguments.dense
local new_rng = ffi.typeof('hl_rng')

local M = {}

-- ---- generators ----

---@class Generator
---@field _seed number
---@field _offset number Philox blocks used so far
local Generator = {__typename = 'hilo.Generator'}
Generator.__index = Generator

local function check_counter(fn, name, x)
   check(type(x) == 'number' and x % 1 == 0 and x >= 0 and x <= 2 ^ 53, '%s: %s must be a whole number from 0 to 2^53, got %s',
      fn, name, arguments.describe(x))
   return x
end

--- Starts over from a seed.
---@param seed integer 0 to 2^53
function Generator:manualSeed(seed)
   self._seed, self._offset = check_counter('manualSeed', 'the seed', seed), 0
   return self
end

--- The seed that the numbers come from.
---@return integer
function Generator:initialSeed() return self._seed end

--- What setState continues from; plain numbers, to be kept in checkpoints.
---@return {seed: number, offset: number}
function Generator:state() return {seed = self._seed, offset = self._offset} end

--- Goes on from what state() gave.
---@param state {seed: number, offset: number}
function Generator:setState(state)
   check(type(state) == 'table', 'setState: expects what state() returned, got %s', arguments.describe(state))
   self._seed, self._offset = check_counter('setState', 'seed', state.seed), check_counter('setState', 'offset', state.offset)
   return self
end

-- Where a generator stands in a step that is being recorded: `used` blocks beyond the offset that it will have at each replay.
local function recorded_state(recording, generator)
   local state = recording.generators[generator]
   if not state then
      state = {used = 0, seed = generator._seed}
      recording.generators[generator] = state
      state.now = recording:numbers('long', 1, function()
         check(generator._seed == state.seed, 'graph: the generator was seeded with %d when the step was recorded, now with %d',
            state.seed, generator._seed)
         local offset = generator._offset
         generator._offset = offset + state.used
         return offset
      end)
   end
   return state
end

-- A draw of as many elements as t has: the numbers to give to C; the offset moves past the blocks that any dtype may use (two words
-- of four an element), so that draws of different types keep generators in step.
local function draw(generator, t)
   local blocks, recording = math.ceil(t:nElement() / 2), graph.current()
   if recording then
      recording:need_device('a draw', t)
      local state = recorded_state(recording, generator)
      state.used = state.used + blocks
      return new_rng(generator._seed, state.used - blocks, state.now)
   end
   generator._offset = generator._offset + blocks
   return new_rng(generator._seed, generator._offset - blocks)
end

function Generator:__tostring() return ('hilo.Generator(seed %d, offset %d)'):format(self._seed, self._offset) end

--- A source of random numbers of its own: hilo.Generator(seed).
---
---     local g = hilo.Generator(1)
---     local x = hilo.rand({2, 3}, {generator = g})
---     g:manualSeed(1)
---     assert(hilo.equal(x, hilo.rand({2, 3}, {generator = g})))
---@param seed? integer 0 if not given
---@return Generator
function M.Generator(seed)
   return setmetatable({}, Generator):manualSeed(seed or 0)
end

--- The generator that is used where none is named.
M.generator = M.Generator(0)

--- Seeds the default generator.
---
---     hilo.manualSeed(1)
---     local x = hilo.randn(3)
---@param seed integer 0 to 2^53
function M.manualSeed(seed)
   M.generator:manualSeed(seed)
end

--- Seeds the default generator from the clock.
---@return integer seed
function M.seed()
   local seed = (os.time() * 1000003 + math.floor(core.host.hl_host_time() * 1e9) % 1000003) % 2 ^ 53
   M.generator:manualSeed(seed)
   return seed
end

--- The seed of the default generator.
---@return integer
function M.initialSeed() return M.generator:initialSeed() end

local function is_generator(x) return getmetatable(x) == Generator end

local function generator_of(fn, options)
   local generator = options and options.generator
   check(generator == nil or is_generator(generator), '%s: generator must be a hilo.Generator, got %s', fn,
      arguments.describe(generator))
   return generator or M.generator
end

-- ---- tensors filled in place ----

local known = arguments.names('generator')

-- Fills t by `name`(t, ..., rng); C writes contiguous memory only.
local function fill(t, fn, name, options, ...)
   local generator = generator_of(fn, arguments.options(fn, options, known))
   t:writable(fn)
   local target = t:isContiguous() and t or Tensor.empty(t:size(), {dtype = t:dtype(), device = t:getDevice()})
   local n = select('#', ...)
   local args = {...}
   args[n + 1] = draw(generator, t)
   run(name, target, unpack(args, 1, n + 1))
   if target ~= t then run('hl_copy', t, target) end
   return t
end

-- Leading numbers of a call, then perhaps the options: numbers(fn, names, defaults, ...) -> values, options
local function numbers(fn, names, defaults, ...)
   local values, options = {}, nil
   for i = 1, #names + 1 do
      local v = select(i, ...)
      if type(v) == 'table' and not core.is_tensor(v) then
         options = v
         break
      end
      if i <= #names and v ~= nil then values[i] = arguments.number(fn, names[i], v) end
   end
   for i = 1, #names do if values[i] == nil then values[i] = defaults[i] end end
   return values, options
end

local methods = Tensor.methods

local function need_float(fn, t)
   check(t._storage.dtype.is_float, '%s: expects a float tensor, got %s', fn, t:type())
end

--- Uniform numbers from [low, high): x:uniform(), x:uniform(-1, 1, {generator = g}).
---@param low? number 0
---@param high? number 1
---@param options? {generator?: Generator}
---@param ... any as above
---@return Tensor self
function methods:uniform(...)
   local v, options = numbers('uniform', {'low', 'high'}, {0, 1}, ...)
   need_float('uniform', self)
   return fill(self, 'uniform', 'hl_uniform', options, v[1], v[2])
end

--- Normal numbers.
---@param mean? number 0
---@param std? number 1
---@param options? {generator?: Generator}
---@param ... any as above
---@return Tensor self
function methods:normal(...)
   local v, options = numbers('normal', {'mean', 'std'}, {0, 1}, ...)
   need_float('normal', self)
   check(v[2] >= 0, 'normal: std must be 0 or more, got %s', tostring(v[2]))
   return fill(self, 'normal', 'hl_normal', options, v[1], v[2])
end

--- 1 with probability p, else 0; any dtype.
---@param p? number 0.5
---@param options? {generator?: Generator}
---@param ... any as above
---@return Tensor self
function methods:bernoulli(...)
   local v, options = numbers('bernoulli', {'p'}, {0.5}, ...)
   check(v[1] >= 0 and v[1] <= 1, 'bernoulli: p must be between 0 and 1, got %s', tostring(v[1]))
   return fill(self, 'bernoulli', 'hl_bernoulli', options, v[1])
end

-- The whole numbers that a dtype holds exactly, as Torch7's random() without bounds draws them.
local largest = {float32 = 2 ^ 24, float64 = 2 ^ 53, uint8 = 255, int8 = 127, int16 = 2 ^ 15 - 1, int32 = 2 ^ 31 - 1, int64 = 2 ^ 53,
   bfloat16 = 2 ^ 8}

local function bounds(low, high, default_high)
   if low == nil then return 1, default_high end
   if high == nil then return 1, low end
   return low, high
end

local function check_bounds(low, high)
   check(low % 1 == 0 and high % 1 == 0 and low <= high and math.abs(low) <= 2 ^ 53 and math.abs(high) <= 2 ^ 53,
      'random: expects whole numbers low <= high up to 2^53, got %s and %s', tostring(low), tostring(high))
end

--- Whole numbers low..high, both included; x:random(high) draws from 1..high. Any dtype.
---@param low? integer
---@param high? integer
---@param options? {generator?: Generator}
---@param ... any as above
---@return Tensor self
function methods:random(...)
   local v, options = numbers('random', {'low', 'high'}, {}, ...)
   local low, high = bounds(v[1], v[2], largest[self:dtype()])
   check_bounds(low, high)
   return fill(self, 'random', 'hl_random_int', options, low, high)
end

-- ---- single numbers, as Torch7's torch.uniform and the methods of a generator ----

local one -- scratch of one double

local function number_of(method, generator, ...)
   one = one or Tensor.empty({1}, {dtype = 'double'})
   local args, n = {...}, select('#', ...)
   args[n + 1] = {generator = generator}
   return autograd.no_grad(one[method], one, unpack(args, 1, n + 1)):item()
end

--- A number from [low, high).
---@param low? number 0
---@param high? number 1
---@return number
function Generator:uniform(low, high) return number_of('uniform', self, low or 0, high or 1) end
--- A normal number.
---@param mean? number 0
---@param std? number 1
---@return number
function Generator:normal(mean, std) return number_of('normal', self, mean or 0, std or 1) end
--- 1 with probability p, else 0.
---@param p? number 0.5
---@return number 0 or 1
function Generator:bernoulli(p) return number_of('bernoulli', self, p or 0.5) end
--- A whole number low..high, both included; random(high): from 1 on.
---@param low? integer 1
---@param high? integer 2^32 - 1
---@return integer
function Generator:random(low, high)
   low, high = bounds(low, high, 2 ^ 32)
   return number_of('random', self, low, high)
end

for _, name in ipairs {'uniform', 'normal', 'bernoulli', 'random'} do
   --- One number from the default generator; see Generator.
   ---@param ... number as of Generator's method of that name
   ---@return number
   M[name] = function(...) return Generator[name](M.generator, ...) end
end

-- ---- new tensors ----

local function split_options(options)
   if options == nil then return nil, nil end
   check(type(options) == 'table' and not core.is_tensor(options), 'expected options such as {generator = g}, got %s',
      arguments.describe(options))
   local rest = {dtype = options.dtype, device = options.device}
   for key in pairs(options) do
      check(key == 'generator' or rest[key], "unknown option '%s'; it takes generator, dtype and device", tostring(key))
   end
   return rest, {generator = options.generator}
end

local function filled(fn, method, ...)
   local sizes, options = Tensor.sizes_of(fn, ...)
   local placement, source = split_options(options)
   local t = Tensor.empty(sizes, placement)
   return t[method](t, source)
end

--- Uniform numbers from [0, 1): rand(2, 3), rand({2, 3}, {dtype = 'double', generator = g}).
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?, generator: Generator?}
---@return Tensor
function M.rand(...) return filled('rand', 'uniform', ...) end

--- Normal numbers with mean 0 and deviation 1: randn(2, 3).
---@param ... integer|integer[]|table sizes, then {dtype: string?, device: string?, generator: Generator?}
---@return Tensor
function M.randn(...) return filled('randn', 'normal', ...) end

--- 1..n in random order.
---
---     local order = hilo.randperm(10)  -- 1..10, long
---@param n integer
---@param options? {generator?: Generator}
---@return Tensor positions (n) long
function M.randperm(n, options)
   arguments.whole('randperm', 'n', n, 1)
   local keys = Tensor.empty({n}, {dtype = 'double'})
   keys:uniform(arguments.options('randperm', options, known))
   local index = keys:emptyAs('long', n)
   run('hl_sort', keys:empty(), index, keys, 0, 0)
   return index
end

-- ---- dropout ----

local dropout = autograd.op('dropout', {
   forward = function(ctx, x, p, channels, rng)
      ctx.p, ctx.channels, ctx.rng = p, channels, rng
      local y = x:empty()
      run('hl_dropout', y, dense(x), p, channels, rng)
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:empty()
      run('hl_dropout', dx, dense(dy), ctx.p, ctx.channels, ctx.rng)
      return dx
   end,
})

local dropout_known = arguments.names('channels', 'generator')

--- Sets elements to 0 with probability p and scales the rest by 1 / (1 - p). It always does; modules decide whether they train.
---
---     local y = hilo.dropout(hilo.ones(1000), 0.25)  -- 0 or 1 / 0.75
---@param x Tensor
---@param p number 0 <= p < 1
---@param options? {channels?: boolean, generator?: Generator} channels: one draw for each (n,c) of x (N,C,...)
---@return Tensor y as x
function M.dropout(x, p, options)
   arguments.tensor('dropout', 'x', x)
   options = arguments.options('dropout', options, dropout_known)
   check(arguments.number('dropout', 'p', p) >= 0 and p < 1, 'dropout: p must be 0 or more and less than 1, got %s', tostring(p))
   return dropout(x, p, options.channels and 1 or 0, draw(generator_of('dropout', options), x))
end

return M
