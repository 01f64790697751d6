--- models/parts.lua: what the networks are built of: convolutions with normalisation, their initial weights, and the memory of
--- what lies between them.
local autograd = require 'hilo.autograd'
local nn = require 'hilo.nn'
local pointwise = require 'hilo.ops.pointwise'
local state = require 'hilo.nn.state'

local parts = {}

--- A convolution without bias that keeps the size at stride 1.
---@param from integer
---@param to integer
---@param kernel integer odd
---@param stride? integer 1
---@param dilation? integer 1
---@param groups? integer 1
---@return SpatialConvolution
function parts.conv(from, to, kernel, stride, dilation, groups)
   stride, dilation = stride or 1, dilation or 1
   local pad, layer = (kernel - 1) / 2 * dilation
   if dilation > 1 then
      layer = nn.SpatialDilatedConvolution(from, to, kernel, kernel, stride, stride, pad, pad, dilation, dilation)
   else
      layer = nn.SpatialConvolution(from, to, kernel, kernel, stride, stride, pad, pad)
   end
   if groups and groups > 1 then layer:inGroups(groups) end
   return layer:noBias()
end

--- relu(bn(layer(x)) + add), in one pass where bn can, and over the convolution's own result where nobody wants it later.
---@param bn Module
---@param layer Module
---@param x Tensor
---@param o? {add: Tensor?, relu: boolean?} relu: true if not given
---@return Tensor
function parts.normalised(bn, layer, x, o)
   local y, add, relu = layer(x), o and o.add, not o or o.relu ~= false
   if bn.fuses then
      return bn(y, {relu = relu, add = add, inplace = y._storage ~= x._storage and not (autograd.is_enabled() or state.tracing)})
   end
   y = bn(y)
   if add then y = pointwise.add(y, add) end
   return relu and pointwise.relu(y) or y
end

--- Gives back the memory of x, made by one of these networks and read to make y, which nobody wants again but a backward, for
--- which it is cheap to compute again.
---@param x Tensor
---@param y Tensor
function parts.release(x, y)
   if autograd.is_enabled() then
      autograd.forget(x)
   elseif not state.tracing and x._storage ~= y._storage then
      x:free()
   end
end

--- Initial weights as torchvision's: convolutions by fan-out (He et al., 2015), scales 1 and shifts 0, and linear layers
--- uniformly within 1 / sqrt(inputs), or normally where a deviation is given.
---@param net Module
---@param generator? Generator
---@param linear_std? number
function parts.initialise(net, generator, linear_std)
   local with = {generator = generator}
   autograd.no_grad(net.apply, net, function(m)
      if nn.isA(m, 'nn.SpatialConvolution') then
         m.weight:normal(0, math.sqrt(2 / (m.nOutputPlane * m.kH * m.kW)), with)
         if m.bias then m.bias:zero() end
      elseif nn.isA(m, 'nn.SpatialBatchNormalization') then
         m.weight:fill(1)
         m.bias:zero()
      elseif nn.isA(m, 'nn.Linear') and linear_std then
         m.weight:normal(0, linear_std, with)
         m.bias:zero()
      elseif nn.isA(m, 'nn.Linear') then
         local s = 1 / math.sqrt(m.inputSize)
         m.weight:uniform(-s, s, with)
         m.bias:uniform(-s, s, with)
      end
   end)
end

--- A layer that says what is in a pixel begins near 0, so that all classes are as likely.
---@param layer SpatialConvolution
---@param generator? Generator
function parts.begin_classifier(layer, generator)
   autograd.no_grad(function()
      layer.weight:normal(0, 0.01, {generator = generator})
      layer.bias:zero()
   end)
   return layer
end

return parts
