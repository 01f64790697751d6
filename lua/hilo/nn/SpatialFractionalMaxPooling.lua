local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local random = require 'hilo.ops.random'
local shape = require 'hilo.ops.shape'
local positions = require 'hilo.nn.positions'

--- nn.SpatialFractionalMaxPooling(kW, kH, W, H): the largest value of windows at distances drawn so that W x H of them cover each
--- plane; with W and H below 1, that part of the input's size (Graham, 2014).
---
---     local y = nn.SpatialFractionalMaxPooling(2, 2, 0.7, 0.7):forward(hilo.randn(1, 3, 10, 10))  -- (1,3,7,7)
local SpatialFractionalMaxPooling, parent = class('nn.SpatialFractionalMaxPooling', 'nn.Module')

---@param poolSizeW integer
---@param poolSizeH integer
---@param arg1 number width of the output, or its part of the input's
---@param arg2 number height
function SpatialFractionalMaxPooling:__init(poolSizeW, poolSizeH, arg1, arg2)
   parent.__init(self)
   self:regions({poolSizeH, poolSizeW}, {arg2, arg1})
   self.newRandomPool = false
end

--- Sets the sides of the windows and of the output, one for each dimension.
---@private
function SpatialFractionalMaxPooling:regions(windows, out)
   self.windows, self.out = windows, out
   for d, side in ipairs(windows) do
      local n = out[d]
      self:check(type(side) == 'number' and side % 1 == 0 and side >= 2 and side <= self.most.side,
         'sides of windows must be whole numbers from 2 to %d, got %s', self.most.side, tostring(side))
      self:check(type(n) == 'number' and n > 0 and (n < 1 or n % 1 == 0 and n <= self.most.side),
         'the output must be a part of the input below 1, or whole numbers up to %d, got %s', self.most.side, tostring(n))
   end
end

--- Keeps the windows of the last forward for all that follow, or draws new ones again.
---@param val? boolean true if not given
---@return nn.SpatialFractionalMaxPooling self
function SpatialFractionalMaxPooling:fixPoolingRegions(val)
   self.newRandomPool = val ~= false
   return self
end

-- Where n windows of size k begin along a dimension of `size`, from 0: whole numbers near (i + sample) * alpha.
local function starts(sample, size, n, k)
   local alpha, list = (size - k) / (n - 1), {}
   for i = 0, n - 2 do list[i + 1] = math.floor((i + sample) * alpha) - math.floor(sample * alpha) end
   list[n] = size - k
   return list
end

-- Positions of the windows' first elements in each plane: (planes * windows), from 1. samples: (planes, dimensions)
local function origins(samples, sizes, out, windows)
   local list = {}
   for _, sample in ipairs(samples) do
      local places = {0}
      for d, size in ipairs(sizes) do
         local next_places, begins = {}, starts(sample[d], size, out[d], windows[d])
         for _, place in ipairs(places) do
            for _, s in ipairs(begins) do next_places[#next_places + 1] = place * size + s end
         end
         places = next_places
      end
      for _, place in ipairs(places) do list[#list + 1] = place + 1 end
   end
   return list
end

-- Offsets of a window's elements from its first.
local function offsets(sizes, windows)
   local list = {0}
   for d, size in ipairs(sizes) do
      local longer = {}
      for _, place in ipairs(list) do
         for k = 0, windows[d] - 1 do longer[#longer + 1] = place * size + k end
      end
      list = longer
   end
   return list
end

---@param input Tensor
function SpatialFractionalMaxPooling:updateOutput(input)
   local nDim = #self.windows
   self:check_dims(input, ('a batch of %d dimensions, or one sample of %d'):format(nDim + 2, nDim + 1), nDim + 1, nDim + 2)
   local all, batched = Tensor.sizes_table(input), input:dim() == nDim + 2
   local planes, sizes, out, elements, places = batched and all[1] * all[2] or all[1], {}, {}, 1, 1
   for d = 1, nDim do
      sizes[d] = all[#all - nDim + d]
      out[d] = self.out[d] < 1 and math.floor(sizes[d] * self.out[d]) or self.out[d]
      self:check(out[d] >= 1 and sizes[d] >= out[d] + self.windows[d] - 1, 'windows of %d do not give %d of %d', self.windows[d],
         out[d], sizes[d])
      elements, places = elements * sizes[d], places * out[d]
      all[#all - nDim + d] = out[d]
   end
   if not self.samples or #self.samples ~= planes or not self.newRandomPool then
      self.samples = random.rand(planes, nDim):totable()
   end
   local x = shape.reshape(input, planes, elements)
   local first, y = positions(origins(self.samples, sizes, out, self.windows), x):view(planes, places), nil
   for _, offset in ipairs(offsets(sizes, self.windows)) do
      local taken = shape.gather(x, 2, first + offset)
      y = y and pointwise.cmax(y, taken) or taken
   end
   return y:view(all)
end

return SpatialFractionalMaxPooling
