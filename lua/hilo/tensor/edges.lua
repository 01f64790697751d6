--- tensor/edges.lua: a large tensor in short: what its numbers are like, and those at its edges.
local edges = {}

local shown = 3 -- rows and columns at each edge
local at_once = 2 ^ 22

---@class TensorFigures
---@field min number of the numbers that are no NaN, as are max, mean and deviation
---@field max number
---@field mean number
---@field deviation number with n - 1 in the denominator
---@field nans integer
---@field infinite integer

local function add(f, values, n)
   local sum, square, count, low, high, nans, infinite = f.sum, f.square, f.count, f.min, f.max, f.nans, f.infinite
   for i = 0, n - 1 do
      local v = tonumber(values[i])
      if v ~= v then
         nans = nans + 1
      else
         if v < low then low = v end
         if v > high then high = v end
         if v - v ~= 0 then
            infinite = infinite + 1
         else
            count = count + 1
            local d = v - f.shift -- near the mean, so that the squares cancel little
            sum, square = sum + d, square + d * d
         end
      end
   end
   f.sum, f.square, f.count, f.min, f.max, f.nans, f.infinite = sum, square, count, low, high, nans, infinite
end

--- What the numbers of a tensor are like.
---@param t Tensor of at least one element
---@param host_copy fun(t: Tensor): ffi.cdata*, integer
---@return TensorFigures
function edges.figures(t, host_copy)
   local flat = t:detach():contiguous():view(t:nElement())
   local n = flat:size(1)
   local f = {sum = 0, square = 0, count = 0, min = math.huge, max = -math.huge, nans = 0, infinite = 0}
   for first = 1, n, at_once do
      local values, got = host_copy(flat:narrow(1, first, math.min(at_once, n - first + 1)))
      if not f.shift then
         local v = tonumber(values[0])
         f.shift = v - v == 0 and v or 0
      end
      add(f, values, got)
   end
   local mean = f.sum / f.count
   return {min = f.min, max = f.max, mean = f.shift + mean, nans = f.nans, infinite = f.infinite,
      deviation = math.sqrt(math.max(0, f.square - f.count * mean * mean) / math.max(1, f.count - 1))}
end

--- The figures in one line.
---@param f TensorFigures
---@return string
function edges.line(f)
   local parts = {}
   if f.min <= f.max then
      parts[1] = ('min %.5g, max %.5g'):format(f.min, f.max)
      if f.mean == f.mean then parts[2] = ('mean %.5g, deviation %.5g'):format(f.mean, f.deviation) end
   end
   if f.nans > 0 then parts[#parts + 1] = ('%d NaN'):format(f.nans) end
   if f.infinite > 0 then parts[#parts + 1] = ('%d infinite'):format(f.infinite) end
   return table.concat(parts, ', ')
end

-- Which indices of n are shown, false for those left out.
local function picked(n, each)
   local list = {}
   for i = 1, n do
      if i <= each or i > n - each then
         list[#list + 1] = i
      elseif i == each + 1 then
         list[#list + 1] = false
      end
      if i == each + 1 and n > 2 * each + 1 then break end
   end
   for i = math.max(each + 2, n - each + 1), n do
      if n > 2 * each + 1 then list[#list + 1] = i end
   end
   return list
end

local function blocks(t, dims, at, f)
   if #at == dims then return f(at) end
   for _, i in ipairs(picked(t:size(#at + 1), 1)) do
      if i == false then
         f(nil)
      else
         at[#at + 1] = i
         blocks(t, dims, at, f)
         at[#at] = nil
      end
   end
end

--- The elements at the edges: for each block of rows and columns its place and its rows, where false stands for what is left out.
---@param t Tensor
---@param across? integer columns at each edge, 3
---@return {at: integer[]?, rows: (number|false)[][]|false[]}[] at is nil where blocks are left out
---@return number[] values all that are shown
function edges.elements(t, across)
   across = across or shown
   local all, values = {}, {}
   local dims = t:dim()
   local rows = dims > 1 and picked(t:size(dims - 1), shown) or {1}
   local columns = picked(t:size(dims), dims > 1 and across or 2 * across)
   blocks(t, math.max(0, dims - 2), {}, function(at)
      if not at then
         all[#all + 1] = {}
         return
      end
      local part = t
      for _, i in ipairs(at) do part = part:select(1, i) end
      local block = {at = {unpack(at)}, rows = {}}
      for r, row in ipairs(rows) do
         block.rows[r] = row and {}
         for c, column in ipairs(row and columns or {}) do
            local value = column and (dims > 1 and part:get(row, column) or part:get(column))
            block.rows[r][c] = value
            if value then values[#values + 1] = value end
         end
      end
      all[#all + 1] = block
   end)
   return all, values
end

return edges
