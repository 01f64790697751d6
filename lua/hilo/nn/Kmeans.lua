local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local random = require 'hilo.ops.random'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'
local matmul = require 'hilo.ops.matmul'

--- nn.Kmeans(k, dim[, scale]): for each vector (N,dim) which of k centres, the rows of the weight, lies nearest; .loss is the sum of
--- squared distances to them. A step of rate 1 down gradWeight, which backward makes whatever gradOutput is, moves each centre to the
--- mean of its vectors.
---
---     local km, x = nn.Kmeans(2, 1), hilo.Tensor{{0}, {0.2}, {5}}
---     km:initKmeansPlus(x)
---     for _ = 1, 10 do
---        km:zeroGradParameters()
---        km:backward(x, (km:forward(x)))
---        km:updateParameters(1)
---     end
---     assert(km.loss < 0.03)
local Kmeans, parent = class('nn.Kmeans', 'nn.Module')

---@param k integer centres
---@param dim integer
---@param scale? number of the gradient; 1 if not given
function Kmeans:__init(k, dim, scale)
   parent.__init(self)
   self.k, self.dim, self.scale, self.loss = k, dim, scale, 0
   self:check_whole(1, self.most.planes, 'k', 'dim')
   self:new_parameter('weight', k, dim)
   self.clusterSampleCount = Tensor.zeros(k)
   self:reset()
end

--- Draws the centres from [-stdv, stdv].
---@param stdv? number 1 if not given
---@return nn.Kmeans self
function Kmeans:reset(stdv)
   self.weight:uniform(-(stdv or 1), stdv or 1)
   return self
end

local function samples(self, x)
   self:check(core.is_tensor(x) and x:dim() == 2 and x:size(2) == self.dim and x:size(1) > 0, 'expects vectors (N,%d), got %s',
      self.dim, core.is_tensor(x) and Tensor.shape_text(x) or type(x))
   return x:detach()
end

local function place(self, i, vector) self.weight:detach():select(1, i):copy(vector) end

--- Puts the centres on k of the vectors, drawn at random.
---@param input Tensor (N,dim) N of k or more
function Kmeans:initRandom(input)
   local x = samples(self, input)
   self:check(x:size(1) >= self.k, 'needs at least %d vectors for as many centres, got %d', self.k, x:size(1))
   for i, n in ipairs(random.randperm(x:size(1)):totable()) do
      if i > self.k then break end
      place(self, i, x[n])
   end
end

-- (N,1): squared distances from row number i of the weight
local function from_centre(self, x, i)
   return reduce.sum(pointwise.square(pointwise.sub(x, self.weight:detach():narrow(1, i, 1))), 2)
end

-- A number from 1 to n, as often as its weight says, all alike where all are 0.
local function draw(weights, n)
   local total, u = weights:sum(), random.rand(1):item()
   if total <= 0 then return math.min(n, 1 + math.floor(u * n)) end
   local left = u * total
   for i, w in ipairs(weights:view(n):totable()) do
      left = left - w
      if left < 0 then return i end
   end
   return n
end

--- Puts the centres on vectors drawn by their squared distance from those that are centres already (Arthur and Vassilvitskii, 2007).
---@param input Tensor (N,dim) N of k or more
function Kmeans:initKmeansPlus(input)
   local x = samples(self, input)
   local n = x:size(1)
   self:check(n >= self.k, 'needs at least %d vectors for as many centres, got %d', self.k, n)
   local nearest = x:zeros(n, 1)
   for i = 1, self.k do
      place(self, i, x[draw(nearest, n)])
      local distance = from_centre(self, x, i)
      nearest = i == 1 and distance or pointwise.cmin(nearest, distance)
   end
end

-- |x - w|^2 less |x|^2, which is the same for all centres; the loss is summed from the differences themselves.
function Kmeans:updateOutput(input)
   local x, w = samples(self, input), self.weight:detach()
   local length = reduce.sum(pointwise.square(w), 2):view(1, self.k)
   local _, index = reduce.min(pointwise.add(pointwise.affine(matmul.matmul(x, w:t()), -2), length), 2)
   self.nearest = index:view(-1)
   self.loss = pointwise.square(pointwise.sub(x, shape.index(w, 1, self.nearest))):sum()
   self.output = self.nearest:to{dtype = x:dtype()}
   return self.output
end

function Kmeans:updateGradInput(input)
   self.gradInput = input:zeros()
   return self.gradInput
end

function Kmeans:accGradParameters(input, _, scale)
   local x, w, index = samples(self, input), self.weight:detach(), self.nearest
   self:check(index and index:nElement() == x:size(1), 'needs a forward of the same vectors before')
   local count = w:zeros(self.k):indexAdd(1, index, x:empty(x:size(1)):fill(1))
   local sum = w:zeros():indexAdd(1, index, x)
   self.clusterSampleCount = count
   local mean = pointwise.cdiv(sum, pointwise.clamp(count, 1, math.huge):view(self.k, 1))
   local move = pointwise.cmul(pointwise.sub(w, mean), pointwise.gt(count, 0):to{dtype = w:dtype()}:view(self.k, 1))
   self.gradWeight:add((self.scale or 1) * (scale or 1), move)
end

function Kmeans:__tostring__() return ('%s(%d centres of %d)'):format(self.__typename, self.k, self.dim) end

return Kmeans
