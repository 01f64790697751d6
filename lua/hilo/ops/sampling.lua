--- ops/sampling.lua: positions drawn by probabilities: multinomial, with and without replacement, and by alias tables, which draw
--- each in the same time however many there are (Walker 1977; tables as Vose 1991).
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
require 'hilo.ops.random' -- Tensor's uniform

local check = core.check

local M = {}

local function uniform(n, options)
   local x = Tensor.empty({math.max(1, n)}, {dtype = 'double'})
   x:uniform(options)
   return (Tensor.host_copy(x))
end

local known = arguments.names('generator')

-- One row with replacement: the first position whose running sum is above a uniform number of the total.
local function draw_with(weights, n, out, at, samples, u)
   local sums, total, last = {}, 0, 0
   for i = 0, n - 1 do
      total = total + weights[i]
      sums[i] = total
      if weights[i] > 0 then last = i end
   end
   for s = 0, samples - 1 do
      local wanted, low, high = u[at + s] * total, 0, last
      while low < high do
         local middle = math.floor((low + high) / 2)
         if sums[middle] > wanted then high = middle else low = middle + 1 end
      end
      out[at + s] = low + 1
   end
end

local function draw_without(weights, n, out, at, samples, u)
   local left, total = {}, 0
   for i = 0, n - 1 do
      left[i] = weights[i]
      total = total + weights[i]
   end
   for s = 0, samples - 1 do
      local wanted, sum, chosen = u[at + s] * total, 0, nil
      for i = 0, n - 1 do
         if left[i] > 0 then
            chosen, sum = i, sum + left[i]
            if sum > wanted then break end
         end
      end
      out[at + s] = chosen + 1
      total, left[chosen] = total - left[chosen], 0
   end
end

--- Positions drawn with the probabilities p, which need not sum to 1.
---
---     local drawn = hilo.multinomial(hilo.Tensor{0.1, 0, 0.9}, 2)    -- 1 and 3, in either order
---@param p Tensor (C), or (N,C): each row by itself
---@param samples integer from each row
---@param replacement? boolean a position may be drawn several times
---@param options? {generator?: Generator}
---@return Tensor positions (samples) or (N,samples) long, from 1
function M.multinomial(p, samples, replacement, options)
   check(arguments.tensor('multinomial', 'p', p):dim() == 1 or p:dim() == 2, 'multinomial: expects a vector or a matrix, got %s',
      Tensor.shape_text(p))
   arguments.whole('multinomial', 'samples', samples, 1)
   options = arguments.options('multinomial', options, known)
   local rows, n = p:dim() == 2 and p:size(1) or 1, p:size(p:dim())
   local weights = Tensor.host_copy(p:detach():to{dtype = 'double', device = 'cpu'})
   local positions = Tensor.empty(p:dim() == 2 and {rows, samples} or {samples}, {dtype = 'long'})
   local out, u = positions:data(), uniform(rows * samples, options)
   for row = 0, rows - 1 do
      local here, positive = weights + row * n, 0
      for i = 0, n - 1 do
         check(here[i] >= 0 and here[i] < math.huge, 'multinomial: a probability is %s', tostring(here[i]))
         if here[i] > 0 then positive = positive + 1 end
      end
      check(positive >= (replacement and 1 or samples), 'multinomial: %d positions are wanted, %d have a probability above 0', samples,
         positive);
      (replacement and draw_with or draw_without)(here, n, out, row * samples, samples, u)
   end
   return positions:to{device = p:getDevice()}
end

--- The alias table of probabilities, to draw many times by multinomialAlias.
---
---     local drawn = hilo.multinomialAlias(hilo.LongTensor(100), hilo.multinomialAliasSetup(hilo.Tensor{0.1, 0.9}))
---@param p Tensor (C)
---@return Tensor[] table {positions (C) long, probabilities (C) double}
function M.multinomialAliasSetup(p)
   check(arguments.tensor('multinomialAliasSetup', 'p', p):dim() == 1, 'multinomialAliasSetup: expects a vector, got %s',
      Tensor.shape_text(p))
   local n, weights = p:size(1), p:detach():to{dtype = 'double', device = 'cpu'}
   local total = weights:sum()
   check(total > 0 and total < math.huge and weights:min() >= 0, 'multinomialAliasSetup: probabilities must be 0 or more and not all 0')
   local alias, keep = Tensor.empty({n}, {dtype = 'long'}), Tensor.empty({n}, {dtype = 'double'})
   local a, q, w = alias:data(), keep:data(), Tensor.host_copy(weights)
   local small, large = {}, {}
   for i = 0, n - 1 do
      a[i], q[i] = i + 1, w[i] / total * n
      local list = q[i] < 1 and small or large
      list[#list + 1] = i
   end
   while #small > 0 and #large > 0 do
      local s, l = table.remove(small), large[#large]
      a[s] = l + 1
      q[l] = q[l] - (1 - q[s])
      if q[l] < 1 then
         table.remove(large)
         small[#small + 1] = l
      end
   end
   for _, i in ipairs(small) do q[i] = 1 end
   for _, i in ipairs(large) do q[i] = 1 end
   return {alias, keep}
end

-- Two vectors of one length, of one position or more.
local function is_alias_table(tables)
   local alias, keep = tables[1], tables[2]
   return core.is_tensor(alias) and core.is_tensor(keep) and alias:dtype() == 'int64' and keep:dtype():find '^float[36]'
      and alias:dim() == 1 and keep:dim() == 1 and alias:size(1) == keep:size(1) and alias:size(1) > 0
end

--- Fills a LongTensor with positions drawn by an alias table.
---@param out Tensor long
---@param tables Tensor[] what multinomialAliasSetup gave
---@param options? {generator?: Generator}
---@return Tensor out
function M.multinomialAlias(out, tables, options)
   check(arguments.tensor('multinomialAlias', 'out', out):dtype() == 'int64', 'multinomialAlias: expects a LongTensor, got %s',
      out:type())
   check(is_alias_table(tables), 'multinomialAlias: expects what multinomialAliasSetup gave, got %s', arguments.describe(tables))
   options = arguments.options('multinomialAlias', options, known)
   local n, total = tables[1]:size(1), out:nElement()
   local a, q = Tensor.host_copy(tables[1]), Tensor.host_copy(tables[2])
   local drawn = Tensor.empty({total}, {dtype = 'long'})
   local p = drawn:data()
   local piece = 2 ^ 20
   for first = 0, total - 1, piece do
      local many = math.min(piece, total - first)
      local u = uniform(many, options)
      for i = 0, many - 1 do
         local x = u[i] * n
         local column = math.min(n - 1, math.floor(x))
         p[first + i] = x - column < q[column] and column + 1 or a[column]
      end
   end
   return out:copy(drawn)
end

return M
