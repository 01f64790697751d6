local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local conv = require 'hilo.ops.conv'

local connections = require 'hilo.nn.connections'

--- nn.SpatialConvolutionMap(table, kW, kH[, dW, dH]): a convolution in which only the planes that the table names are connected: rows
--- {input, output}, from 1; nn.tables.full, nn.tables.oneToOne and nn.tables.random make such.
---
---     local m = nn.SpatialConvolutionMap(nn.tables.random(4, 6, 2), 3, 3)
---     local y = m:forward(hilo.zeros(1, 4, 5, 5))  -- (1,6,3,3)
local SpatialConvolutionMap, parent = class('nn.SpatialConvolutionMap', 'nn.Module')

---@param conMatrix Tensor (K,2)
---@param kW integer width of the kernel
---@param kH integer
---@param dW? integer stride, 1 if not given
---@param dH? integer
function SpatialConvolutionMap:__init(conMatrix, kW, kH, dW, dH)
   parent.__init(self)
   self:check(core.is_tensor(conMatrix) and conMatrix:dim() == 2 and conMatrix:size(2) == 2, 'expects a table (K,2) of connections')
   self.connTable, self.kW, self.kH, self.dW, self.dH = conMatrix, kW, kH, dW or 1, dH or 1
   self:check_sides('kW', 'kH', 'dW', 'dH')
   self.nInputPlane, self.nOutputPlane = conMatrix:select(2, 1):max(), conMatrix:select(2, 2):max()
   self:new_parameter('weight', conMatrix:size(1), kH, kW)
   self:new_parameter('bias', self.nOutputPlane)
   self:reset()
end

--- Draws each kernel from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(inputs of its output).
---@param stdv? number
---@return nn.SpatialConvolutionMap self
function SpatialConvolutionMap:reset(stdv)
   local fan, outputs = {}, self.connTable:select(2, 2):totable()
   for _, o in ipairs(outputs) do fan[o] = (fan[o] or 0) + 1 end
   local function bound(o) return stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.kW * self.kH * (fan[o] or 1)) end
   autograd.no_grad(function()
      for k, o in ipairs(outputs) do self.weight:detach():select(1, k):uniform(-bound(o), bound(o)) end
      for o = 1, self.nOutputPlane do self.bias:detach():narrow(1, o, 1):uniform(-bound(o), bound(o)) end
   end)
   return self
end

---@param input Tensor
function SpatialConvolutionMap:updateOutput(input)
   return self:over_images(input, function(x)
      local w = connections.dense(self:parameter('weight'), self.connTable, 2, {self.nOutputPlane, self.nInputPlane})
      return conv.conv2d(x, w, self:parameter('bias'), {stride = {self.dH, self.dW}})
   end)
end

return SpatialConvolutionMap
