local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local norm = require 'hilo.ops.norm'
local state = require 'hilo.nn.state'.state

--- nn.BatchNormalization(n[, eps, momentum, affine]): normalises each of n features over the batch (N,n); in evaluation by the
--- running statistics.
---@class BatchNormalization: Module
---@field running_mean Tensor (n)
---@field running_var Tensor (n)
---@field frozen_statistics boolean? the running statistics are used in training too; see Module:freezeBatchNorm
local BatchNormalization, parent = class('nn.BatchNormalization', 'nn.Module')

BatchNormalization.nDim = 2
BatchNormalization.buffer_names = {'running_mean', 'running_var'}
--- A residual sum and a ReLU that follow can be had in the same pass: bn(x, {add = y, relu = true}).
BatchNormalization.fuses = true

---@param nOutput integer features
---@param eps? number 1e-5
---@param momentum? number 0.1
---@param affine? boolean learns a scale and a shift; true if not given
function BatchNormalization:__init(nOutput, eps, momentum, affine)
   parent.__init(self)
   core.check(type(nOutput) == 'number' and nOutput % 1 == 0 and nOutput >= 1,
      '%s: expects a number of features of 1 or more, got %s', self.__typename, tostring(nOutput))
   core.check(affine == nil or type(affine) == 'boolean', '%s: affine must be true or false, got %s', self.__typename,
      tostring(affine))
   self.nOutput, self.eps, self.momentum, self.affine = nOutput, eps or 1e-5, momentum or 0.1, affine ~= false
   self.running_mean, self.running_var = Tensor.zeros(nOutput), Tensor.ones(nOutput)
   if self.affine then
      self:new_parameter('weight', nOutput)
      self:new_parameter('bias', nOutput)
      self:reset()
   end
end

function BatchNormalization:reset()
   if self.weight then self.weight:uniform(0, 1) end
   if self.bias then self.bias:zero() end
   self.running_mean:zero()
   self.running_var:fill(1)
   return self
end

--- The normalised input; with `fused` also the sum and the ReLU that follow, in one pass.
---@param x Tensor
---@param fused? {add?: Tensor, relu?: boolean, inplace?: boolean} y = max(0, normalised + add)
function BatchNormalization:updateOutput(x, fused)
   if core.is_tensor(x) and x:dim() == self.nDim - 1 and not fused then -- one sample
      local sizes = Tensor.sizes_table(x)
      return self:updateOutput(x:reshape(1, unpack(sizes))):view(sizes)
   end
   self:check_dims(x, ('a batch of %d dimensions'):format(self.nDim), self.nDim)
   self:check(x:size(2) == self.nOutput, 'expects %d features, got %d (%s)', self.nOutput, x:size(2), Tensor.shape_text(x))
   return norm.batch_norm(x, self:parameter('weight'), self:parameter('bias'), self.running_mean, self.running_var, {
      training = self.train and not self.frozen_statistics,
      momentum = state.replaying and 0 or self.momentum,
      eps = self.eps,
      relu = fused and fused.relu,
      add = fused and fused.add,
      inplace = fused and fused.inplace,
   })
end

function BatchNormalization:__tostring__() return ('%s (%dD) (%d)'):format(self.__typename, self.nDim, self.nOutput) end

return BatchNormalization
