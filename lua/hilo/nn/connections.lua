--- nn/connections.lua: tables of connections between planes, as nn.SpatialConvolutionMap takes them: rows {input, output}, from 1.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local pointwise = require 'hilo.ops.pointwise'
local random = require 'hilo.ops.random'
local shape = require 'hilo.ops.shape'
local positions = require 'hilo.nn.positions'

local connections = {}

local most = 2 ^ 24

local function need(name, ok) core.check(ok, 'nn.tables.%s: expects planes of 1 or more, with up to %d connections', name, most) end

local function is_count(n) return n >= 1 and n <= most end

-- A table of n connections to be filled: the tensor, its numbers, where the first is.
local function rows_of(n)
   local t = Tensor.empty {n, 2}
   return t, t:data(), 0
end

--- Every input with every output.
---@param nin integer
---@param nout integer
---@return Tensor (nin*nout,2)
function connections.full(nin, nout)
   need('full', is_count(nin) and is_count(nout) and nin * nout <= most)
   local table_of, p, at = rows_of(nin * nout)
   for o = 1, nout do
      for i = 1, nin do
         p[at], p[at + 1] = i, o
         at = at + 2
      end
   end
   return table_of
end

--- Each input with the output of its number.
---@param nfeat integer
---@return Tensor (nfeat,2)
function connections.oneToOne(nfeat)
   need('oneToOne', is_count(nfeat))
   local table_of, p = rows_of(nfeat)
   for i = 1, nfeat do p[2 * i - 2], p[2 * i - 1] = i, i end
   return table_of
end

--- Each output with nto inputs drawn without repetition; an input comes again when all others have come.
---@param nin integer
---@param nout integer
---@param nto integer no more than nin
---@return Tensor (nto*nout,2)
function connections.random(nin, nout, nto)
   need('random', is_count(nin) and is_count(nout) and is_count(nto) and nout * nto <= most)
   core.check(nto <= nin, 'nn.tables.random: %d inputs cannot be drawn from %d', nto, nin)
   local table_of, p, row = rows_of(nto * nout)
   local order, at = {}, 1
   for o = 1, nout do
      if at + nto - 1 > #order then order, at = random.randperm(nin):totable(), 1 end
      for k = 0, nto - 1 do
         p[row], p[row + 1] = order[at + k], o
         row = row + 2
      end
      at = at + nto
   end
   return table_of
end

--- One kernel for each pair of planes, zero where they are not connected.
---@param weight Tensor (K,kH,kW) of the connections
---@param pairs_of Tensor (K,2)
---@param first integer column of pairs_of for the first dimension of the result: 1 or 2
---@param sizes integer[] planes in the first and second dimension
---@return Tensor (sizes[1], sizes[2], kH, kW)
function connections.dense(weight, pairs_of, first, sizes)
   local fits = weight:dim() == 3 and pairs_of:dim() == 2 and pairs_of:size(1) == weight:size(1) and pairs_of:size(2) == 2
   core.check(fits, 'nn.tables.dense: expects weights (K,kH,kW) and pairs (K,2), got %s and %s', Tensor.shape_text(weight),
      Tensor.shape_text(pairs_of))
   core.check(first == 1 or first == 2, 'nn.tables.dense: first must be 1 or 2, got %s', tostring(first))
   local many = (sizes[1] or 0) * (sizes[2] or 0)
   core.check(many >= 1 and many <= most, 'nn.tables.dense: sizes must be two of 1 or more, up to %d pairs', most)
   local k, h, w = unpack(Tensor.sizes_table(weight))
   local with_zero = shape.cat({shape.reshape(weight, k, h * w), weight:zeros(1, h * w)}, 1)
   local rounds = {} -- a pair may be connected more than once: then their kernels add up
   for i, row in ipairs(pairs_of:totable()) do
      local a, b = row[first], row[3 - first]
      core.check(a % 1 == 0 and b % 1 == 0 and a >= 1 and b >= 1 and a <= sizes[1] and b <= sizes[2],
         'nn.tables.dense: pair %d is %s, %s, and there are %d and %d planes', i, tostring(a), tostring(b), sizes[1], sizes[2])
      local at = (a - 1) * sizes[2] + b
      local r = 1
      while rounds[r] and rounds[r][at] do r = r + 1 end
      rounds[r] = rounds[r] or {}
      rounds[r][at] = i
   end
   local total
   for _, taken in ipairs(rounds) do
      local index = {}
      for at = 1, sizes[1] * sizes[2] do index[at] = taken[at] or k + 1 end
      local part = shape.index(with_zero, 1, positions(index, weight))
      total = total and pointwise.add(total, part) or part
   end
   return total:view(sizes[1], sizes[2], h, w)
end

return connections
