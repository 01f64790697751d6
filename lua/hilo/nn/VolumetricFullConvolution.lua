local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv_transpose = require 'hilo.ops.conv_transpose'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'
local positions = require 'hilo.nn.positions'
local widths = require 'hilo.nn.widths'

--- nn.VolumetricFullConvolution(nIn, nOut, kT, kW, kH[, dT, dW, dH, padT, padW, padH, adjT, adjW, adjH]): the transposed 3-d
--- convolution of volumes (N,nIn,T,H,W) or (nIn,T,H,W), which enlarges by its stride. Of {x, like}, to the size of `like`.
---
---     local y = nn.VolumetricFullConvolution(2, 4, 3, 3, 3, 2, 2, 2):forward(hilo.zeros(1, 2, 4, 4, 4))  -- (1,4,9,9,9)
local VolumetricFullConvolution, parent = class('nn.VolumetricFullConvolution', 'nn.Module')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kT integer frames of the kernel
---@param kW integer
---@param kH integer
---@param dT? integer stride, 1 if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer frames taken off each side, 0 if not given
---@param padW? integer
---@param padH? integer
---@param adjT? integer frames added behind, less than dT; 0 if not given
---@param adjW? integer
---@param adjH? integer
function VolumetricFullConvolution:__init(nInputPlane, nOutputPlane, kT, kW, kH, dT, dW, dH, padT, padW, padH, adjT, adjW, adjH)
   parent.__init(self)
   self.nInputPlane, self.nOutputPlane, self.kT, self.kW, self.kH = nInputPlane, nOutputPlane, kT, kW, kH
   self.dT, self.dW, self.dH = dT or 1, dW or 1, dH or 1
   self.padT, self.padW, self.padH = padT or 0, padW or 0, padH or 0
   self.adjT, self.adjW, self.adjH = adjT or 0, adjW or 0, adjH or 0
   self:check_whole(1, self.most.planes, 'nInputPlane', 'nOutputPlane'):check_sides('kT', 'kW', 'kH', 'dT', 'dW', 'dH')
   self:check_whole(0, self.most.side, 'padT', 'padW', 'padH', 'adjT', 'adjW', 'adjH')
   self:check(self.adjT < self.dT and self.adjW < self.dW and self.adjH < self.dH, 'adjT, adjW and adjH must be less than the strides')
   self:new_parameter('weight', nInputPlane, nOutputPlane, kT, kH, kW)
   self:new_parameter('bias', nOutputPlane)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kT * kH * kW * nIn).
---@param stdv? number
---@return nn.VolumetricFullConvolution self
function VolumetricFullConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kT * self.kW * self.kH * self.nInputPlane)
end

--- Drops the bias.
---@return nn.VolumetricFullConvolution self
function VolumetricFullConvolution:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

-- Slices of x (groups of them in one dimension) added up at positions of a longer dimension.
local add_frames = autograd.op('add_frames', {
   forward = function(ctx, x, index, n)
      ctx.index = index
      local sizes = Tensor.sizes_table(x)
      sizes[3] = n
      local y = x:zeros(sizes)
      core.run('hl_index_put', y, x, index, 2, 1)
      return y
   end,
   backward = function(ctx, dy) return shape.index(dy, 3, ctx.index) end,
})

function VolumetricFullConvolution:updateOutput(input)
   local adjT, adjH, adjW = self.adjT, self.adjH, self.adjW
   if not core.is_tensor(input) then
      local like = tensors(self, input, 2)[2]
      local d = like:dim()
      adjT = (like:size(d - 2) + 2 * self.padT - self.kT) % self.dT
      adjH = (like:size(d - 1) + 2 * self.padH - self.kH) % self.dH
      adjW = (like:size(d) + 2 * self.padW - self.kW) % self.dW
      input = input[1]
   end
   return self:over_volumes(input, function(x)
      local n, c, frames, h, w = unpack(Tensor.sizes_table(x))
      self:check(c == self.nInputPlane, 'expects %d input planes, got %s', self.nInputPlane, Tensor.shape_text(input))
      local planes = self.nOutputPlane * self.kT
      local rows = shape.reshape(shape.permute(x, 1, 3, 2, 4, 5), n * frames, c, h, w)
      local y = conv_transpose.conv_transpose2d(rows, self:parameter('weight'):view(c, planes, self.kH, self.kW), nil,
         {stride = {self.dH, self.dW}, pad = {self.padH, self.padW}, extra = {adjH, adjW}})
      local p, q = y:size(3), y:size(4)
      y = shape.permute(y:view(n, frames, self.nOutputPlane, self.kT, p, q), 1, 3, 2, 4, 5, 6)
      local list = {}
      for t = 0, frames - 1 do
         for k = 0, self.kT - 1 do list[#list + 1] = t * self.dT + k + 1 end
      end
      local long = (frames - 1) * self.dT + self.kT
      y = shape.reshape(y, n, self.nOutputPlane, frames * self.kT, p * q)
      y = widths(add_frames(y, positions(list, x), long), 3, -self.padT, adjT - self.padT)
      y = shape.reshape(y, n, self.nOutputPlane, y:size(3), p, q)
      local b = self:parameter('bias')
      return b and pointwise.add(y, b:view(1, -1, 1, 1, 1)) or y
   end)
end

--- Of {x, like}, `like` only gives a size: its gradient is one zero.
---@private
function VolumetricFullConvolution:form_gradInput(dx)
   return core.is_tensor(dx) and dx or {dx[1], dx[1]:zeros(1)}
end

function VolumetricFullConvolution:__tostring__()
   return ('%s(%d -> %d, %dx%dx%d, %d,%d,%d)'):format(self.__typename, self.nInputPlane, self.nOutputPlane, self.kT, self.kW, self.kH,
      self.dT, self.dW, self.dH)
end

return VolumetricFullConvolution
