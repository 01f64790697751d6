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

--- Every input with every output.
---@param nin integer
---@param nout integer
---@return Tensor (nin*nout,2)
function connections.full(nin, nout)
   need('full', is_count(nin) and is_count(nout) and nin * nout <= most)
   local rows = {}
   for o = 1, nout do
      for i = 1, nin do rows[#rows + 1] = {i, o} end
   end
   return Tensor.new(nil, rows)
end

--- Each input with the output of its number.
---@param nfeat integer
---@return Tensor (nfeat,2)
function connections.oneToOne(nfeat)
   need('oneToOne', is_count(nfeat))
   local rows = {}
   for i = 1, nfeat do rows[i] = {i, i} end
   return Tensor.new(nil, rows)
end

--- Each output with nto inputs drawn without repetition; an input comes again when all others have come.
---@param nin integer
---@param nout integer
---@param nto integer no more than nin
---@return Tensor (nto*nout,2)
function connections.random(nin, nout, nto)
   need('random', is_count(nin) and is_count(nout) and is_count(nto) and nout * nto <= most)
   core.check(nto <= nin, 'nn.tables.random: %d inputs cannot be drawn from %d', nto, nin)
   local rows, order, at = {}, {}, 1
   for o = 1, nout do
      if at + nto - 1 > #order then order, at = random.randperm(nin):totable(), 1 end
      for k = 0, nto - 1 do rows[#rows + 1] = {order[at + k], o} end
      at = at + nto
   end
   return Tensor.new(nil, rows)
end

--- One kernel for each pair of planes, zero where they are not connected.
---@param weight Tensor (K,kH,kW) of the connections
---@param pairs_of Tensor (K,2)
---@param first integer column of pairs_of for the first dimension of the result: 1 or 2
---@param sizes integer[] planes in the first and second dimension
---@return Tensor (sizes[1], sizes[2], kH, kW)
function connections.dense(weight, pairs_of, first, sizes)
   local k, h, w = unpack(Tensor.sizes_table(weight))
   local with_zero = shape.cat({shape.reshape(weight, k, h * w), weight:zeros(1, h * w)}, 1)
   local rounds = {} -- a pair may be connected more than once: then their kernels add up
   for i, row in ipairs(pairs_of:totable()) do
      local at = (row[first] - 1) * sizes[2] + row[3 - first]
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
