--- models/pyramid.lua: the heads of DeepLab-v2 (Chen et al., 2018): dilated convolutions side by side, summed.
local autograd = require 'hilo.autograd'
local conv = require 'hilo.ops.conv'
local nn = require 'hilo.nn'
local parts = require 'hilo.models.parts'
local pointwise = require 'hilo.ops.pointwise'

local dilations = {6, 12, 18, 24}

-- ---- of residual networks: a 3x3 convolution to classes each ----

--- nn.AtrousPyramid(from, classes, branches[, generator]): 3x3 convolutions side by side with dilations 6, 12, 18, 24, summed: the head
--- of DeepLab-v2 on a ResNet. (N,from,H,W) -> (N,classes,H,W).
local Pyramid, parent = nn.class('nn.AtrousPyramid', 'nn.Container')

---@param from integer planes of the input
---@param classes integer
---@param branches integer 1..4
---@param generator? Generator that the weights are drawn from
function Pyramid:__init(from, classes, branches, generator)
   parent.__init(self)
   for i = 1, branches do
      local d = dilations[i]
      self:add(parts.begin_classifier(nn.SpatialDilatedConvolution(from, classes, 3, 3, 1, 1, d, d, d, d), generator))
   end
end

function Pyramid:updateOutput(x)
   local weights, biases, options = {}, {}, {}
   for i, m in ipairs(self.modules) do
      weights[i], biases[i] = m:parameter('weight'), m:parameter('bias')
      options[i] = {pad = {m.padH, m.padW}, dilation = {m.dilationH, m.dilationW}}
   end
   return conv.conv2d_sum(x, weights, biases, options)
end

function Pyramid:__tostring__() return self:branches_text() end

-- ---- of VGG-16: what its two wide linear layers became, and a 1x1 convolution to classes, each ----

--- nn.LargeFOV(from, classes, d, options): one branch of the head of DeepLab-v2 on VGG-16: a 3x3 convolution with dilation d and two
--- of 1x1, with dropout between. (N,from,H,W) -> (N,classes,H,W).
local Branch = nn.class('nn.LargeFOV', 'nn.Container')

---@param from integer planes of the input
---@param classes integer
---@param d integer dilation
---@param o {width: integer, dropout: number, generator: Generator?, [string]: any} the inner planes are 16 * width
function Branch:__init(from, classes, d, o)
   parent.__init(self)
   local wide = 16 * o.width
   self:add(nn.SpatialDilatedConvolution(from, wide, 3, 3, 1, 1, d, d, d, d), 'fc6')
   self:add(nn.SpatialConvolution(wide, wide, 1, 1), 'fc7')
   self:add(nn.SpatialConvolution(wide, classes, 1, 1), 'fc8')
   self:add(nn.Dropout(o.dropout), 'dropout')
   parts.initialise(self, o.generator)
   parts.begin_classifier(self.fc8, o.generator)
end

function Branch:updateOutput(x)
   for _, layer in ipairs {self.fc6, self.fc7} do x = self.dropout(pointwise.relu(layer(x))) end
   return self.fc8(x)
end

--- nn.LargeFOVPyramid(from, classes, branches, options): branches of nn.LargeFOV, summed. (N,from,H,W) -> (N,classes,H,W).
local Branches = nn.class('nn.LargeFOVPyramid', 'nn.Container')

---@param from integer planes of the input
---@param classes integer
---@param branches integer 1..4: 1 has the dilation 12, more have 6, 12, 18, 24
---@param o {width: integer, dropout: number, generator: Generator?, [string]: any}
function Branches:__init(from, classes, branches, o)
   parent.__init(self)
   for i = 1, branches do self:add(Branch(from, classes, branches == 1 and 12 or dilations[i], o)) end
end

function Branches:updateOutput(x)
   local sum
   for _, branch in ipairs(self.modules) do
      local y = branch(x)
      sum = sum and pointwise.add(sum, y) or y
   end
   return sum
end

--- Weights for fc6 and fc7 of every branch: what models.vgg.decimated gives.
---@param weights table<string, Tensor>
function Branches:begin_with(weights)
   autograd.no_grad(function()
      for _, branch in ipairs(self.modules) do
         for name, t in pairs(weights) do
            local layer, what = name:match '^(.-)%.(.*)$'
            branch[layer][what]:copy(t)
         end
      end
   end)
end

function Branches:__tostring__() return self:branches_text() end

local pyramid = {}

--- The head of DeepLab-v2 for a backbone. Of VGG-16 (section 4.1.2 of the paper) one branch is LargeFOV, with a dilation of 12, and
--- four are ASPP-L; of the others each branch is a single convolution. Dilations 6, 12, 18, 24.
---@param backbone ResNet|VGG|MobileNet
---@param o {classes: integer, branches: integer, width: integer, dropout: number?, generator: Generator?, [string]: any}
---@return Module (N,planes,H,W) -> (N,classes,H,W)
function pyramid.of(backbone, o)
   if backbone.kind == 'vgg16' then
      return Branches(backbone.planes, o.classes, o.branches, {width = o.width, dropout = o.dropout or 0.5, generator = o.generator})
   end
   return Pyramid(backbone.planes, o.classes, o.branches, o.generator)
end

return pyramid
