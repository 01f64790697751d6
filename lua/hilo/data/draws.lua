--- data/draws.lua: the random numbers of one sample. They depend on (seed, stream, epoch, index) alone: not on the number of
--- workers, nor on what was drawn for other samples, so a run can be continued from any step.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

---@class Draws
---@field colours Draws what the colours of the sample are drawn from: itself, or another where a loader has a look
local Draws = {}
Draws.__index = Draws

local at_once = 32            -- doubles, two words of four a Philox block each
local many_at_once = 2 ^ 14   -- of a long order
local blocks_per_index = 4096 -- so an index may draw 8192 numbers before it meets the next one's
local blocks_per_look = 256   -- of which 512 are a look's
local order_offset = 2 ^ 50   -- where the numbers that shuffle an epoch start
local most_samples = 2 ^ 26   -- of an epoch: what a table of Lua holds

local rng = ffi.new('hl_rng')
local buffer

local function check_whole(fn, name, x, low, high)
   core.check(type(x) == 'number' and x % 1 == 0 and x >= low and x <= high, 'Draws.%s: %s must be a whole number %d..%.0f, got %s', fn,
      name, low, high, tostring(x))
end

local function check_key(fn, seed, stream, epoch)
   check_whole(fn, 'seed', seed, 0, 2 ^ 32 - 1)
   check_whole(fn, 'stream', stream, 1, 255)
   check_whole(fn, 'epoch', epoch, 0, 2 ^ 53)
end

--- Philox's key: 32 bits of seed, 24 of epoch, 8 of stream. Streams count from 1: key 0..2^32-1 is hilo.generator's.
local function key_of(seed, stream, epoch)
   return ffi.cast('uint64_t', seed) + ffi.cast('uint64_t', epoch % 2 ^ 24) * 2ULL ^ 32 + ffi.cast('uint64_t', stream) * 2ULL ^ 56
end

--- The random numbers of one sample: the same for the same arguments, always.
---
---     local draws = hilo.data.Draws.of(1, 1, 0, 7)            -- sample 7 of the first epoch
---     local flip, scale = draws:chance(0.5), draws:uniform(0.5, 1.5)
---@param seed integer 0..2^32-1
---@param stream integer 1..255: tells the loaders of a run apart
---@param epoch integer from 0
---@param index integer from 0
---@param look? integer 1..15: the same numbers, but for those that `colours` gives
---@return Draws
function Draws.of(seed, stream, epoch, index, look)
   check_key('of', seed, stream, epoch)
   check_whole('of', 'index', index, 0, 2 ^ 38 - 1)
   if look then check_whole('of', 'look', look, 1, 15) end
   local function from(offset)
      return setmetatable({key = key_of(seed, stream, epoch), offset = offset, at = at_once, values = {}}, Draws)
   end
   local draws = from(index * blocks_per_index)
   draws.colours = look and from(draws.offset + look * blocks_per_look) or draws
   return draws
end

-- The next `count` numbers of [0, 1), as many as the tensor holds.
local function draw_into(self, to, count)
   rng.seed, rng.offset = self.key, self.offset
   core.run('hl_uniform', to, 0, 1, rng)
   self.offset = self.offset + count / 2
   return to:data()
end

---@private
function Draws:refill()
   buffer = buffer or Tensor.empty({at_once}, {dtype = 'double'})
   local p = draw_into(self, buffer, at_once)
   for i = 1, at_once do self.values[i] = p[i - 1] end
   self.at = 0
end

--- A number from [low, high).
---@param low? number 0
---@param high? number 1
---@return number
function Draws:uniform(low, high)
   if self.at == at_once then self:refill() end
   self.at = self.at + 1
   low, high = low or 0, high or 1
   return low + (high - low) * self.values[self.at]
end

--- A whole number low..high, both included.
---@param low integer
---@param high integer
---@return integer
function Draws:whole(low, high)
   return math.min(high, math.floor(self:uniform(low, high + 1)))
end

--- True with probability p.
---@param p number
---@return boolean
function Draws:chance(p) return self:uniform() < p end

-- Exchanges order[i] with one before it, for as many i from there downwards as p holds numbers.
local function exchange(order, i, p, count)
   for k = 0, count - 1 do
      local j = math.min(i - k, math.floor(1 + (i - k) * p[k]))
      order[i - k], order[j] = order[j], order[i - k]
   end
end

--- 1..n in random order.
---@param n integer 0..2^26
---@return integer[]
function Draws:permutation(n)
   check_whole('permutation', 'n', n, 0, most_samples)
   local order, i, many = {}, n, nil
   for k = 1, n do order[k] = k end
   while i > 1 do
      if self.at == at_once and i > many_at_once then -- the same numbers with fewer calls
         many = many or Tensor.empty({many_at_once}, {dtype = 'double'})
         exchange(order, i, draw_into(self, many, many_at_once), many_at_once)
         i = i - many_at_once
      else
         local j = self:whole(1, i)
         order[i], order[j] = order[j], order[i]
         i = i - 1
      end
   end
   return order
end

--- The order in which an epoch goes through n samples.
---@param seed integer 0..2^32-1
---@param stream integer 1..255
---@param epoch integer from 0
---@param n integer 0..2^26
---@return integer[]
function Draws.order(seed, stream, epoch, n)
   local draws = Draws.of(seed, stream, epoch, 0)
   draws.offset = order_offset
   return draws:permutation(n)
end

return Draws
