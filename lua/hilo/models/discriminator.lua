--- models/discriminator.lua: tells real label maps from predicted ones (s4GAN).
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'
local random = require 'hilo.ops.random'
local shape = require 'hilo.ops.shape'
local Tensor = require 'hilo.tensor'
local nn = require 'hilo.nn'
local options_of = require 'hilo.models.options'
local precision = require 'hilo.models.precision'

---@class Discriminator: Container
local Discriminator, parent = nn.class('nn.Discriminator', 'nn.Container')

local layers = 4
local all_given = 'nn.Discriminator: expects all options of models.discriminator, which gives those that are left out; %s is %s'

--- As models.discriminator makes it, with all options given.
---@param o {classes: integer, channels: integer, [string]: any} options of models.discriminator
function Discriminator:__init(o)
   core.check(type(o.dropout) == 'number', all_given, 'dropout', tostring(o.dropout))
   core.check(type(o.slope) == 'number', all_given, 'slope', tostring(o.slope))
   core.check(o.pool == 'global' or type(o.pool) == 'table', all_given, 'pool', tostring(o.pool))
   parent.__init(self)
   self.dropout, self.dropout_last, self.slope, self.window, self.precision = o.dropout, o.dropout_last, o.slope, o.pool, o.precision
   local from, to = o.classes + 3, o.channels
   for i = 1, layers do
      self:add(nn.SpatialConvolution(from, to, 4, 4, 2, 2, 1, 1), 'conv' .. i)
      from, to = to, 2 * to
   end
   self.planes = from
   self:add(nn.Linear(from, 1), 'fc')
   autograd.no_grad(self.apply, self, function(m)
      if not m.weight then return end
      local s = 1 / math.sqrt(m.weight:nElement() / m.weight:size(1))
      m.weight:uniform(-s, s, {generator = o.generator})
      m.bias:uniform(-s, s, {generator = o.generator})
   end)
end

local function pooled(self, x)
   if self.window == 'global' then return pool.global_avg_pool(x) end
   local h, w = self.window[1], self.window[2]
   self:check(x:size(3) == h and x:size(4) == w, 'was made for crops that it reduces to %dx%d before pooling, got %dx%d', h, w,
      x:size(3), x:size(4))
   return pool.avg_pool(x, {kernel = {h, w}}):view(x:size(1), x:size(2))
end

--- The logit of the confidence that the map is real, and the features f before the last layer.
---@param x Tensor|Tensor[] (N,classes+3,H,W), the map and its image side by side, or {map, image}
---@return Tensor[] {logit (N), f (N,512)}
function Discriminator:updateOutput(x)
   if not core.is_tensor(x) then
      self:check(type(x) == 'table' and #x == 2, 'expects map and image side by side (N,C,H,W), or {map, image}, got %s', type(x))
      x = shape.cat(x, 2)
   end
   self:check(x:dim() == 4, 'expects map and image side by side (N,C,H,W), got %s', Tensor.shape_text(x))
   x = precision.enter(self, x)
   for i = 1, layers do
      x = pointwise.leaky_relu(self['conv' .. i](x), self.slope)
      if self.train and self.dropout > 0 and (i < layers or self.dropout_last) then
         x = random.dropout(x, self.dropout, {channels = true})
      end
   end
   local f = pooled(self, precision.leave(self, x))
   return {self.fc(f):view(f:size(1)), f}
end

--- D(x) or D(map, image).
---@param x Tensor
---@param image? Tensor
---@return Tensor logit (N)
---@return Tensor f (N,512)
function Discriminator:call(x, image)
   local y = parent.call(self, image and {x, image} or x)
   return y[1], y[2]
end

--- The confidence in (0,1) that the map is a real label.
---@param x Tensor
---@param image? Tensor
---@return Tensor (N)
function Discriminator:confidence(x, image)
   return pointwise.sigmoid((self(x, image)))
end

local known = {
   classes = {'whole', required = true},
   channels = {'whole', default = 64},
   dropout = {'number', default = 0.5},
   dropout_last = {'boolean', default = false},
   slope = {'number', default = 0.2},
   pool = {'any', default = 'global'},
   precision = precision.rule,
   generator = {'any'},
}

--- The discriminator of s4GAN: four 4x4 convolutions with stride 2, LeakyReLU and channel dropout, average pooling, a linear
--- layer. Options:
---   classes       required; the input has 3 channels more
---   channels      of the first convolution, 64; doubled by each of the others
---   dropout       0.5
---   dropout_last  drops after the last convolution too; false
---   pool          'global' (default), or {height, width}: an average of fixed size, as in the authors' code
---   precision     'float32' (default), or 'bf16': the convolutions compute in bfloat16; what is pooled, and all that is
---                 learnt, is float32
---
---     local D = hilo.models.discriminator {classes = 5, channels = 8}
---     local map = hilo.softmax_pair(hilo.randn(1, 5, 64, 64), hilo.randn(1, 3, 64, 64))
---     local score, features = D(map)
---@param options table
---@return Discriminator
local function discriminator(options)
   local o = options_of.read('models.discriminator', options, known)
   core.check(o.dropout >= 0 and o.dropout < 1, 'models.discriminator: dropout must be at least 0 and below 1, got %g', o.dropout)
   core.check(o.pool == 'global' or type(o.pool) == 'table' and #o.pool == 2,
      "models.discriminator: pool must be 'global' or {height, width}")
   return Discriminator(o)
end

return discriminator
