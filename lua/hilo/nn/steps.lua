--- nn/steps.lua: what modules do with the gradients of their parameters: setting them to zero, and steps down them.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local lists = require 'hilo.optim.lists'

local steps = {}

-- Calls f(parameter, gradient) once for each pair, however often it is listed.
local function each_pair(self, f)
   local ps, gs = self:parameters()
   local seen = {}
   for i, p in ipairs(gs and ps or {}) do
      local key = gs[i] and ('%d:%d:%d:%d'):format(p._storage.serial, p._offset, gs[i]._storage.serial, gs[i]._offset)
      if key and not seen[key] then
         seen[key] = true
         f(p, gs[i])
      end
   end
end

--- Gradients of all parameters become 0.
---@return Module self
function steps:zeroGradParameters()
   autograd.no_grad(each_pair, self, function(_, g) g:zero() end)
   return self
end

-- Whether C can step down all such pairs at once.
local function is_plain(p, g)
   local dtype = p._storage.dtype
   return (dtype.ctype == 'float' or dtype.ctype == 'double') and g._storage.dtype == dtype
      and g._storage.device == p._storage.device and p:isContiguous() and g:isContiguous() and g:isSameSizeAs(p)
end

local function place_of(row) return lists.place(row.p) end

local function step_down(rows, lr)
   for _, part in ipairs(lists.split(rows, place_of)) do
      core.call(part[1].p._storage.device.lib, 'hl_sgd', #part, lists.column(part, 'p'), lists.column(part, 'g'), nil,
         ffi.new('hl_sgd_options', {lr = lr}))
      for _, row in ipairs(part) do row.p:bump() end
   end
end

--- One step down the gradient.
---
---     local net, x = nn.Linear(2, 1), hilo.randn(4, 2)
---     net:zeroGradParameters()
---     net:backward(x, net:forward(x))
---     net:updateParameters(0.1)
---@param learningRate number
---@return Module self
function steps:updateParameters(learningRate)
   core.check(type(learningRate) == 'number', 'updateParameters: expects a learning rate, got %s', type(learningRate))
   local plain = {}
   autograd.no_grad(each_pair, self, function(p, g)
      if p.requires_grad == false then return end
      if is_plain(p, g) then plain[#plain + 1] = {p = p, g = g} else p:add(-learningRate, g) end
   end)
   step_down(plain, learningRate)
   return self
end

--- accGradParameters and a step down what it adds, in one: the gradients themselves stay as they are.
---
---     local net, x = nn.Linear(2, 1), hilo.randn(4, 2)
---     net:accUpdateGradParameters(x, net:forward(x), 0.1)
---@param input any as of the last forward
---@param gradOutput any as the output
---@param lr number learning rate
function steps:accUpdateGradParameters(input, gradOutput, lr)
   core.check(type(lr) == 'number', 'accUpdateGradParameters: expects a learning rate, got %s', type(lr))
   local kept = {}
   autograd.no_grad(each_pair, self, function(_, g)
      kept[#kept + 1] = g:clone()
      g:zero()
   end)
   self:accGradParameters(input, gradOutput, 1)
   self:updateParameters(lr)
   local i = 0
   autograd.no_grad(each_pair, self, function(_, g)
      i = i + 1
      g:copy(kept[i])
   end)
end

--- As accUpdateGradParameters, for modules that share parameters but not gradients; in hilo both do the same.
---@param input any as of the last forward
---@param gradOutput any as the output
---@param lr number learning rate
function steps:sharedAccUpdateGradParameters(input, gradOutput, lr) self:accUpdateGradParameters(input, gradOutput, lr) end

--- backward and a step down the gradient it brings, in one: the gradients of the parameters stay as they are.
---@param input any what forward was called with
---@param gradOutput any gradient of the output, in its shape
---@param lr number learning rate
---@return any gradInput shaped as the input
function steps:backwardUpdate(input, gradOutput, lr)
   self:updateGradInput(input, gradOutput)
   self:accUpdateGradParameters(input, gradOutput, lr)
   return self.gradInput
end

return steps
