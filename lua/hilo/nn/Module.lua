--- nn.Module: what every module can do. A module of hilo only writes updateOutput, with ops; gradients follow from them.
---
---    net(x)                     composes: the result is part of the graph, and loss:backward() reaches the parameters
---    net:forward(x)             Torch7's: a plain result, kept in .output here and in every child, ready for
---    net:backward(x, dy)        which may be called several times and adds to the parameters' gradients
---
--- A module written in Torch7's way, with an updateGradInput (and accGradParameters) of its own, works in both.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local context = require 'hilo.nn.state'
local convert = require 'hilo.nn.convert'
local flatten = require 'hilo.nn.flatten'
local graph = require 'hilo.nn.graph'
local inputs = require 'hilo.nn.inputs'
local names = require 'hilo.nn.names'
local steps = require 'hilo.nn.steps'
local tree = require 'hilo.nn.tree'

local check = core.check
local state, with = context.state, context.with

---@class Module
---@field output any result of the last forward()
---@field gradInput any result of the last backward()
---@field weight Tensor?
---@field bias Tensor?
---@field gradWeight Tensor? the same tensor as weight.grad
---@field gradBias Tensor?
---@field train boolean
---@field modules Module[]? children
local Module = class('nn.Module')
graph.Module = Module

function Module:__init()
   self.output, self.gradInput = Tensor.empty({}), Tensor.empty({})
   self._type = Tensor.get_default_type()
   self.train = true
end

Module.check = inputs.check
Module.check_whole, Module.check_sides = inputs.check_whole, inputs.check_sides
Module.most = inputs.most
Module.check_dims = inputs.check_dims
Module.over_images = inputs.over_images
Module.over_volumes = inputs.over_volumes
Module.over_sequences = inputs.over_sequences
Module.sample_dimension = inputs.sample_dimension
Module.pair_of_vectors = inputs.pair_of_vectors
Module.spread = inputs.spread

-- ---- running ----

--- Computes the result of ops on `input`. To be overridden.
---@return any output
function Module:updateOutput()
   core.raise(('%s has no updateOutput: write function %s:updateOutput(input), which returns the output; net(x) and '
      .. 'net:forward(x) call it'):format(self.__typename, self.__typename:match '[^.]+$'))
end

local function returned(self, input, output)
   check(output ~= nil or input == nil, '%s: its updateOutput returned nothing; it must return the output', self.__typename)
   return output
end

-- A module that brings derivatives of its own is one node for autograd.
local function is_opaque(self)
   return not (rawequal(self.updateGradInput, Module.updateGradInput) and rawequal(self.backward, Module.backward)
      and rawequal(self.accGradParameters, Module.accGradParameters))
end

--- net(x): the result as part of the graph that x and the parameters belong to.
---@param input any a tensor or nested tables of tensors
---@param ... any handed on to updateOutput
---@return any
function Module:call(input, ...)
   local output
   if is_opaque(self) then
      output = graph.call_opaque(self, input)
   else
      output = returned(self, input, self:updateOutput(input, ...))
   end
   if state.tracing then self.output = tree.detach(output) end
   return output
end

local traced = {tracing = true}

local function record(self, input)
   return graph.record(function(leaves)
      -- not self(leaves): a class that extends one of ours and overrides only accGradParameters still has its graph
      return returned(self, leaves, (with(traced, self.updateOutput, self, leaves)))
   end, input)
end

--- Torch7's forward: the plain result, kept in .output. The graph is kept for backward().
---@param input any a tensor or nested tables of tensors
---@return any output as the module's: a tensor or nested tables of tensors
function Module:forward(input)
   check(self and self.updateOutput, 'nn.Module:forward: must be called on a module; write a colon: net:forward(input)')
   if is_opaque(self) then
      if graph.is_part_of_one(input) and autograd.is_enabled() then return with(traced, self.call, self, input) end
      self.output = autograd.no_grad(with, {recording = graph.is_recording()}, self.updateOutput, self, input)
      return self.output
   end
   self._graph = nil
   if not graph.is_recording() then return with(traced, self.call, self, input) end
   local g = record(self, input)
   self._graph, self.output = g, tree.detach(g.output)
   if graph.is_part_of_one(input) and autograd.is_enabled() then return graph.connect(self, g) end
   return self.output
end

-- The graph of forward(input); computed again where forward was not called on it.
local function graph_of(self, input)
   local g = self._graph
   if g and tree.same(g.source, input) then return g end
   self._graph = with({replaying = true}, record, self, input)
   return self._graph
end

--- Whether backward leaves such an input alone: its gradient is 0, and so are those of the parameters.
---@private
---@param input any
---@return boolean
function Module:computes_nothing(input) return false end -- luacheck: no unused args

local function zero_gradInput(self, input)
   self.gradInput = input:zeros()
   return self.gradInput
end

--- Torch7's backward: adds the gradients of the parameters, times scale, to gradWeight and gradBias.
---@param input any what forward was called with
---@param gradOutput any gradient of the output, in its shape
---@param scale? number 1
---@return any gradInput shaped as the input
function Module:backward(input, gradOutput, scale)
   scale = scale or 1
   if self:computes_nothing(input) then return zero_gradInput(self, input) end
   if is_opaque(self) then
      autograd.no_grad(with, {recording = true}, function()
         self:updateGradInput(input, gradOutput)
         self:accGradParameters(input, gradOutput, scale)
      end)
      return self.gradInput
   end
   local dx = graph.differentiate(graph_of(self, input), gradOutput, {who = self, inputs = true, parameters = true, scale = scale})
   self.gradInput = self:form_gradInput(dx, input, gradOutput)
   return self.gradInput
end

--- The gradient of the input in the form in which backward and updateGradInput give it; some of Torch7's modules have one of their own.
---@private
function Module:form_gradInput(dx) return dx end

--- The gradient of the input alone.
---@param input any as of the last forward
---@param gradOutput any as the output
---@return Tensor gradInput as input
function Module:updateGradInput(input, gradOutput)
   if self:computes_nothing(input) then return zero_gradInput(self, input) end
   local dx = graph.differentiate(graph_of(self, input), gradOutput, {who = self, inputs = true})
   self.gradInput = self:form_gradInput(dx, input, gradOutput)
   return self.gradInput
end

--- The gradients of the parameters alone, times scale, added to gradWeight and gradBias.
---@param input any as of the last forward
---@param gradOutput any as the output
---@param scale? number 1
function Module:accGradParameters(input, gradOutput, scale)
   if self:computes_nothing(input) then return end
   graph.differentiate(graph_of(self, input), gradOutput, {who = self, parameters = true, scale = scale})
end

--- Drops results and the kept graph.
---@return Module self
function Module:clearState()
   for _, m in ipairs(self:listModules()) do
      m._graph, m.output, m.gradInput = nil, Tensor.empty({}), Tensor.empty({})
   end
   return self
end

-- ---- parameters ----

-- 'gradWeight' of 'weight'
local gradient_names = setmetatable({}, {__index = function(known, name)
   known[name] = 'grad' .. name:sub(1, 1):upper() .. name:sub(2)
   return known[name]
end})

-- p wants a gradient unless frozen, and that gradient is g.
local function link(p, g)
   -- a parameter that was replaced by one of other sizes keeps the memory of its gradient
   if p.grad ~= g then p.grad = (not g or g:isSameSizeAs(p)) and g or g:view(Tensor.sizes_table(p)) end
   if p.requires_grad == nil then p.requires_grad = true end
   p._storage.is_parameter = true
   return p
end

--- self.weight, self.bias or another parameter, ready to be used in an op; nil where the module has none.
---@param name string 'weight', 'bias', ...
---@return Tensor?
function Module:parameter(name)
   local computed = rawget(self, '_computed')
   if computed and computed[name] then return computed[name] end
   local p = self[name]
   check(p == nil or p == false or core.is_tensor(p), "%s: '%s' is no parameter but a %s", self.__typename, name, type(p))
   return p and link(p, self[gradient_names[name]])
end

--- self(...) with `value` in place of a parameter: one that is computed from others.
---@param name string 'weight', 'bias', ...
---@param value Tensor
---@param ... any what the module is called with
---@return any output
function Module:with_computed(name, value, ...)
   self._computed = {[name] = value}
   local ok, output = pcall(self.call, self, ...)
   self._computed = nil
   if not ok then error(output, 0) end
   return output
end

--- Makes self.weight, self.bias or another parameter of the given sizes, and its gradient (gradWeight, ...), which is zero.
---@param name string 'weight', 'bias', ...
---@param ... integer|integer[] sizes
---@return Tensor
function Module:new_parameter(name, ...)
   self[name] = Tensor.empty(...)
   self[gradient_names[name]] = Tensor.promised_zeros(...)
   return self:parameter(name)
end

--- Draws weight and bias, those that there are, from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(summed).
---@private
---@param stdv number?
---@param summed number inputs of which an output is made
---@return Module self
function Module:draw_uniform(stdv, summed)
   local s = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(summed)
   if self.weight then self.weight:uniform(-s, s) end
   if self.bias then self.bias:uniform(-s, s) end
   return self
end

--- Parameters and their gradients as two lists; nil where there are none.
---@return Tensor[]? parameters
---@return Tensor[]? gradParameters
function Module:parameters()
   if not self.modules then
      local w, b = self:parameter('weight'), self:parameter('bias')
      if not w and not b then return nil end
      return {w or b, w and b}, {w and self.gradWeight or self.gradBias, w and self.gradBias}
   end
   local ps, gs = {}, {}
   for _, child in ipairs(self.modules) do
      local p, g = child:parameters()
      for i = 1, p and #p or 0 do
         ps[#ps + 1] = link(p[i], g[i])
         gs[#gs + 1] = g[i]
      end
   end
   return ps, gs
end

--- All parameters as one vector and all gradients as another; the modules' own tensors become views of them. Calling it again
--- gives the same memory.
---@return Tensor parameters
---@return Tensor gradParameters
function Module:getParameters()
   local ps, gs = self:parameters()
   local flat, flat_grad = flatten(ps or {}), flatten(gs or {})
   check(flat:nElement() == flat_grad:nElement(),
      'getParameters: parameters that share memory must share their gradients too; use share(m, "weight", "bias", "gradWeight", '
         .. '"gradBias")')
   return flat, flat_grad
end

Module.zeroGradParameters = steps.zeroGradParameters
Module.updateParameters = steps.updateParameters
Module.accUpdateGradParameters = steps.accUpdateGradParameters
Module.sharedAccUpdateGradParameters = steps.sharedAccUpdateGradParameters
Module.backwardUpdate = steps.backwardUpdate

--- Lets the named tensors ('weight', 'bias', 'gradWeight', ...) be the other module's.
---
---     local a, b = nn.Linear(2, 2), nn.Linear(2, 2)
---     a:share(b, 'weight')
---     assert(a.weight:isSetTo(b.weight))
---@param other Module of the same structure
---@param ... string
---@return Module self
function Module:share(other, ...)
   for i = 1, select('#', ...) do
      local name = select(i, ...)
      if core.is_tensor(self[name]) and core.is_tensor(other[name]) then self[name]:set(other[name]) end
   end
   for i, child in ipairs(self.modules or {}) do
      check(other.modules and other.modules[i], 'share: %s has no module %d to share with', tostring(other), i)
      child:share(other.modules[i], ...)
   end
   return self
end

--- The parameters stay as they are: no gradients, no updates. Running statistics of batch normalisation still move.
---
---     local net = nn.Linear(2, 3):freeze()                      -- its parameters stay as they are
---@return Module self
function Module:freeze()
   for _, p in ipairs((self:parameters()) or {}) do p.requires_grad = false end
   return self
end

--- The parameters are learnt again after freeze.
---@return Module self
function Module:unfreeze()
   for _, p in ipairs((self:parameters()) or {}) do p.requires_grad = true end
   return self
end

--- Freezes what is named of every batch normalisation inside.
---@param what? {affine?: boolean, statistics?: boolean} affine (default true): scale and shift stay as they are; statistics
--- (default false): the running statistics are used in training too, and stay as they are
---@return Module self
function Module:freezeBatchNorm(what)
   what = what or {}
   return self:apply(function(m)
      if not class.is_a(m, 'nn.BatchNormalization') then return end
      if what.affine ~= false then m:freeze() end
      m.frozen_statistics = what.statistics and true or nil
   end)
end

-- ---- the tree of modules ----

--- This module and all inside it behave as in training: dropout drops, batch normalisation uses the batch's statistics.
---@return Module self
function Module:training()
   self.train = true
   for _, child in ipairs(self.modules or {}) do child:training() end
   return self
end

--- This module and all inside it behave as in use: dropout does nothing, batch normalisation uses the running statistics.
---@return Module self
function Module:evaluate()
   self.train = false
   for _, child in ipairs(self.modules or {}) do child:evaluate() end
   return self
end

--- Draws new initial parameters.
---@param ... any handed on to the modules inside
---@return Module self
function Module:reset(...)
   for _, child in ipairs(self.modules or {}) do child:reset(...) end
   return self
end

--- Calls f on this module, then on all inside it.
---@param f fun(m: Module)
---@return Module self
function Module:apply(f)
   f(self)
   for _, child in ipairs(self.modules or {}) do child:apply(f) end
   return self
end

--- This module and all inside it, in the order of apply.
---@return Module[]
function Module:listModules()
   local list = {}
   self:apply(function(m) list[#list + 1] = m end)
   return list
end

--- Modules of that class ('nn.Linear'; not of classes that extend it) and the containers that hold them.
---
---     local net = nn.Sequential():add(nn.Linear(2, 3)):add(nn.ReLU()):add(nn.Linear(3, 1))
---     assert(#net:findModules 'nn.Linear' == 2)
---@param typename string
---@param container? Module what is listed as the container of this module; itself if not given
---@return Module[] modules
---@return Module[] containers
function Module:findModules(typename, container)
   local found, containers = {}, {}
   if self.__typename == typename then found[1], containers[1] = self, container or self end
   for _, child in ipairs(self.modules or {}) do
      local f, c = child:findModules(typename, self)
      for i = 1, #f do found[#found + 1], containers[#containers + 1] = f[i], c[i] end
   end
   return found, containers
end

--- Replaces every module m by f(m), children after their container; returns f(self).
---
---     local net = nn.Sequential():add(nn.Linear(2, 3)):add(nn.ReLU())
---     net:replace(function(m) return nn.isA(m, 'nn.ReLU') and nn.Tanh() or m end)
---@param f fun(m: Module): Module
---@return Module
function Module:replace(f)
   local out = f(self)
   for i, child in ipairs(self.modules or {}) do
      local new = child:replace(f)
      check(class.is_a(new, 'nn.Module'), 'replace: the function must return a module, it returned %s', type(new))
      if new ~= child then
         self.modules[i] = new
         for key, value in pairs(self) do if rawequal(value, child) then self[key] = new end end
      end
   end
   return out
end

-- ---- copies and types ----

--- A copy with memory of its own, but for the tensors named, which it shares with this one.
---
---     local copy = nn.Linear(2, 3):clone()
---@param ... string 'weight', 'bias', ...
---@return Module
function Module:clone(...)
   local copy = convert.copy(self)
   if select('#', ...) > 0 then copy:share(self, ...) end
   return copy
end

--- Torch7's type of the parameters; with a name, converts everything to it. A CPU type also brings it to the CPU.
---@param name? string 'torch.FloatTensor', 'torch.DoubleTensor', 'torch.CudaTensor'
---@param tensorCache? table the same for several modules that share memory, so that they still do afterwards
---@return string|Module
function Module:type(name, tensorCache)
   if not name then return self._type end
   if name == 'torch.CudaTensor' then return self:to({dtype = 'float', device = 'cuda'}, tensorCache) end
   return self:to({dtype = name, device = 'cpu'}, tensorCache)
end

--- Converts the parameters and statistics, in place, to another type or device.
---@param where {dtype: string?, device: string?}
---@param tensorCache? table as of type
---@return Module self
function Module:to(where, tensorCache)
   convert.to(self, where, tensorCache)
   return self
end

--- Converts parameters and statistics to float32 and brings them to the CPU.
---@param ... table tensorCache, as of type
---@return Module self
function Module:float(...) return self:type('torch.FloatTensor', ...) end
--- Converts parameters and statistics to float64 and brings them to the CPU.
---@param ... table tensorCache, as of type
---@return Module self
function Module:double(...) return self:type('torch.DoubleTensor', ...) end
--- Moves parameters and statistics to the card, as float32.
---@param ... table tensorCache, as of type
---@return Module self
function Module:cuda(...) return self:type('torch.CudaTensor', ...) end
--- Moves parameters and statistics to the CPU; their type stays.
---@return Module self
function Module:cpu() return self:to{device = 'cpu'} end

-- ---- names ----

Module.namedParameters = names.parameters
Module.namedBuffers = names.buffers
Module.stateDict = names.state
Module.loadStateDict = names.load

function Module:__tostring__() return self.__typename end

return Module
