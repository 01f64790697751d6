--- optim/groups.lua: optimisers over groups of parameters, each group with its own options, as scripts use them:
---
---     local net = hilo.models.deeplab {backbone = 'resnet18', classes = 3, width = 8}
---     local groups = {{params = net:backboneParameters(), lr = 2.5e-4}, {params = net:headParameters(), lr = 2.5e-3}}
---     local optimiser = optim.SGD(groups, {momentum = 0.9})
---     local loss = hilo.mean(net(hilo.randn(1, 3, 33, 33)))
---     optimiser:zeroGrad(); loss:backward(); optimiser:step()
---
--- A step reads each parameter's .grad; parameters without one, or with requires_grad = false, stay as they are.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local graph = require 'hilo.graph'
local sorted_keys = require 'hilo.keys'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local describe = require 'hilo.ops.arguments'.describe
local lists = require 'hilo.optim.lists'
local unlisted = require 'hilo.nn.unlisted'

local check = core.check

---@class Optimiser
---@field groups table[] {params = Tensor[], lr =, ...}: options may be changed between steps
---@field kind table
local Optimiser = {}
Optimiser.__index = Optimiser

-- ---- options ----

local function is_number(x) return type(x) == 'number' and x == x and math.abs(x) < math.huge end

local rules = {
   lr = {function(x) return is_number(x) and x >= 0 end, 'a number of 0 or more'},
   momentum = {function(x) return is_number(x) and x >= 0 end, 'a number of 0 or more'},
   dampening = {is_number, 'a number'},
   weight_decay = {function(x) return is_number(x) and x >= 0 end, 'a number of 0 or more'},
   nesterov = {function(x) return type(x) == 'boolean' end, 'true or false'},
   eps = {function(x) return is_number(x) and x > 0 end, 'a number above 0'},
   betas = {function(x)
      local function fits(b) return is_number(b) and b >= 0 and b < 1 end
      return type(x) == 'table' and #x == 2 and fits(x[1]) and fits(x[2])
   end, 'two numbers from 0 to below 1'},
}

local function check_option(kind, name, value)
   check(kind.defaults[name] ~= nil or name == 'lr', "%s: unknown option '%s'; it takes %s", kind.name, tostring(name), kind.known)
   check(rules[name][1](value), '%s: %s must be %s, got %s', kind.name, name, rules[name][2], describe(value))
end

local function check_group(kind, group)
   check(group.lr ~= nil, '%s: the learning rate is missing; give lr = to each group or to all', kind.name)
   if group.nesterov then
      check(group.momentum > 0 and group.dampening == 0, '%s: nesterov needs momentum above 0 and dampening 0', kind.name)
   end
end

--- {params, ...}, {{params = ...}, ...} with options beside them -> list of groups as given, options for all.
local function read_arguments(kind, first, options)
   check(type(first) == 'table', '%s: expected a module, a list of parameters or a list of groups, got %s', kind.name, type(first))
   local is_plain = core.is_tensor(first) or type(first.parameters) == 'function'
   if is_plain then return {{params = first}}, options or {} end
   local common = {}
   for key, value in pairs(options or {}) do common[key] = value end
   if first.params then return {first}, common end
   local given, has_groups = {}, type(first[1]) == 'table' and not core.is_tensor(first[1]) and first[1].params ~= nil
   for key, value in pairs(first) do
      if type(key) == 'number' then given[key] = value else common[key] = value end
   end
   return has_groups and given or {{params = given}}, common
end

local function new_group(kind, given, common, number)
   check(type(given) == 'table' and not core.is_tensor(given) and given.params ~= nil,
      '%s: group %d must be a table {params = ..., lr = ...}', kind.name, number)
   local group = {params = lists.parameters(kind.name, given.params)}
   for name, value in pairs(kind.defaults) do group[name] = value end
   for _, source in ipairs {common, given} do
      for name, value in pairs(source) do
         if name ~= 'params' and not (source == common and name == 'allow_duplicates') then
            check_option(kind, name, value)
            group[name] = value
         end
      end
   end
   check_group(kind, group)
   group.initial_lr = group.lr
   return group
end

-- ---- parameters ----

local function check_parameter(kind, p, where)
   check(p._storage.dtype.is_float, '%s: %s is a %s; only floats can be trained', kind.name, where, p:type())
   check(p:isContiguous(), '%s: %s (%s) is not contiguous; give the tensor that it is a view of', kind.name, where,
      Tensor.shape_text(p))
   check(not p._node, '%s: %s (%s) is the result of an operation; only leaves can be trained', kind.name, where, Tensor.shape_text(p))
end

--- Gives every parameter a slot for what is remembered about it; one that is listed twice has one slot.
local function assign_slots(self, allow_duplicates)
   local key_of, by_key = lists.same_memory_key(), {}
   self.slots = {}
   for g, group in ipairs(self.groups) do
      group.slots = {}
      for i, p in ipairs(group.params) do
         local where = ('parameter %d of group %d'):format(i, g)
         check_parameter(self.kind, p, where)
         local key = key_of(p)
         local slot = by_key[key]
         check(not slot or allow_duplicates, '%s: %s (%s) is the same as %s; list it once, or set allow_duplicates = true to step it '
            .. 'each time', self.kind.name, where, Tensor.shape_text(p), slot and slot.where)
         if not slot then
            slot = {param = p, where = where, memory = {}}
            by_key[key] = slot
            self.slots[#self.slots + 1] = slot
         end
         group.slots[i] = slot
      end
   end
end

-- ---- steps ----

--- One pass steps each slot at most once, so that a list can go to C whole. Duplicates, as in the original's optimiser, are
--- stepped again in the passes after the first, in their own group.
local function passes(self)
   local list, seen = {}, {}
   for g, group in ipairs(self.groups) do
      for _, slot in ipairs(group.slots) do
         local n = (seen[slot] or 0) + 1
         seen[slot] = n
         list[n] = list[n] or {}
         list[n][g] = list[n][g] or {}
         table.insert(list[n][g], slot)
      end
   end
   return list
end

-- Whether no gradient holds NaN or infinity; waits for a card.
local function gradients_are_finite(self)
   local rows = {}
   for _, slot in ipairs(self.slots) do
      local g = lists.gradient(self.kind.name .. ':step', slot.param)
      if g then rows[#rows + 1] = {g = g} end
   end
   local squares = 0
   for _, part in ipairs(lists.split(rows, function(row) return lists.place(row.g) end)) do
      local norm = part[1].g:emptyAs('double', 1)
      core.call(norm._storage.device.lib, 'hl_global_norm', core.raw(norm), #part, lists.column(part, 'g'))
      squares = squares + norm:item()
   end
   return squares < math.huge -- neither infinite nor NaN
end

--- One step of every parameter that has a gradient. With only_finite = true it does nothing but count in left_out where a gradient
--- holds NaN or infinity.
function Optimiser:step()
   if self.only_finite and not gradients_are_finite(self) then
      self.left_out = (self.left_out or 0) + 1
      return
   end
   local kind, recording = self.kind, graph.current()
   self.passes = self.passes or passes(self)
   for _, pass in ipairs(self.passes) do
      for g, group in ipairs(self.groups) do
         local rows = {}
         for _, slot in ipairs(pass[g] or {}) do
            local gradient = lists.gradient(kind.name .. ':step', slot.param)
            if gradient then
               if recording then
                  recording:need_device('a parameter', slot.param)
                  check(kind.is_ready(slot.memory, group), '%s:step: a first step makes the memory of %s (%s), so it cannot be '
                     .. 'recorded; run the step plainly before', kind.name, slot.where, Tensor.shape_text(slot.param))
               end
               kind.prepare(slot.memory, slot.param, group)
               rows[#rows + 1] = {w = slot.param, g = gradient, memory = slot.memory}
            end
         end
         local parts = lists.split(rows, function(row) return lists.place(row.w) .. ' ' .. kind.age(row.memory) end)
         for _, part in ipairs(parts) do
            kind.update(part[1].w._storage.device.lib, part, group)
            for _, row in ipairs(part) do row.w:bump() end
         end
      end
   end
end

--- Sets the gradients to zero.
function Optimiser:zeroGrad()
   autograd.no_grad(function()
      for _, slot in ipairs(self.slots) do
         if slot.param.grad then slot.param.grad:zero() end
      end
   end)
end

--- Sets the learning rates: a number is that of every group, a list has each group's own.
---@param rates number|number[] 0 or more
function Optimiser:setLR(rates)
   local name, list = self.kind.name .. ':setLR', rates
   if type(rates) == 'number' then
      list = {}
      for i = 1, #self.groups do list[i] = rates end
   end
   check(type(list) == 'table' and #list == #self.groups, '%s: expected a rate or a list of %d rates, got %s', name, #self.groups,
      type(list) == 'table' and #list .. ' of them' or type(list))
   for _, lr in ipairs(list) do check(rules.lr[1](lr), '%s: a rate must be 0 or more, got %s', name, tostring(lr)) end
   for i, lr in ipairs(list) do self.groups[i].lr = lr end
end

--- Sets the learning rates to those that the optimiser was made with, times a factor: what a schedule of all groups does.
---
---     local optimiser = hilo.optim.SGD({{params = nn.Linear(2, 3), lr = 1e-3}, {params = nn.Linear(3, 1), lr = 1e-2}})
---     optimiser:scaleLR(0.5)
---     assert(optimiser:getLR()[1] == 5e-4 and optimiser:getLR()[2] == 5e-3)
---@param factor number 0 or more
function Optimiser:scaleLR(factor)
   for _, group in ipairs(self.groups) do group.lr = group.initial_lr * factor end
end

--- The learning rate of each group.
---@return number[]
function Optimiser:getLR()
   local rates = {}
   for i, group in ipairs(self.groups) do rates[i] = group.lr end
   return rates
end

-- ---- state ----

--- Options and memory for a checkpoint. The tensors are the optimiser's own: clone what is to outlive the next step.
---@return table
function Optimiser:state()
   local state = {kind = self.kind.name, groups = {}, parameters = {}}
   for g, group in ipairs(self.groups) do
      local options = {initial_lr = group.initial_lr, lr = group.lr, count = #group.params}
      for name in pairs(self.kind.defaults) do options[name] = group[name] end
      state.groups[g] = options
   end
   for i, slot in ipairs(self.slots) do
      state.parameters[i] = {}
      for name, value in pairs(slot.memory) do state.parameters[i][name] = value end
   end
   return state
end

local function memory_problems(kind, i, slot, memory, problems)
   if type(memory) ~= 'table' then
      problems[#problems + 1] = ('the memory of parameter %d is missing'):format(i)
      return
   end
   for name, value in pairs(memory) do
      local wanted = kind.memory[name]
      if wanted == nil then
         problems[#problems + 1] = ("parameter %d has an unknown '%s'"):format(i, tostring(name))
      elseif wanted == 'number' then
         if not is_number(value) then problems[#problems + 1] = ("'%s' of parameter %d is not a number"):format(name, i) end
      elseif not (core.is_tensor(value) and value:isSameSizeAs(slot.param)) then
         problems[#problems + 1] = ("'%s' of parameter %d is %s here, %s there"):format(name, i, Tensor.shape_text(slot.param),
            core.is_tensor(value) and Tensor.shape_text(value) or type(value))
      end
   end
   for name in pairs(kind.memory) do
      if next(memory) ~= nil and memory[name] == nil then
         problems[#problems + 1] = ("'%s' of parameter %d is missing"):format(name, i)
      end
   end
end

local function group_problems(kind, g, group, options, problems)
   if type(options) ~= 'table' or options.count ~= #group.params then
      problems[#problems + 1] = ('group %d has %d parameters here, %s there'):format(g, #group.params,
         tostring(type(options) == 'table' and options.count or 'none'))
      return
   end
   for _, name in ipairs {'lr', 'initial_lr'} do
      if not rules.lr[1](options[name]) then problems[#problems + 1] = ("group %d has no proper '%s'"):format(g, name) end
   end
   for name in pairs(kind.defaults) do
      if not rules[name][1](options[name]) then problems[#problems + 1] = ("group %d has no proper '%s'"):format(g, name) end
   end
end

--- What keeps `state` from being loaded: one text for each misfit, none where it fits.
---@param state table
---@return string[]
function Optimiser:stateProblems(state)
   local problems = {}
   if type(state) ~= 'table' or type(state.groups) ~= 'table' or type(state.parameters) ~= 'table' then
      return {'this is not what state() of an optimiser gave'}
   end
   if state.kind ~= self.kind.name then
      return {('it is the state of %s, this is %s'):format(tostring(state.kind), self.kind.name)}
   end
   if #state.groups ~= #self.groups then
      problems[#problems + 1] = ('there are %d groups here, %d there'):format(#self.groups, #state.groups)
   else
      for g, group in ipairs(self.groups) do group_problems(self.kind, g, group, state.groups[g], problems) end
   end
   if #state.parameters ~= #self.slots then
      problems[#problems + 1] = ('there are %d parameters here, %d there'):format(#self.slots, #state.parameters)
   else
      for i, slot in ipairs(self.slots) do memory_problems(self.kind, i, slot, state.parameters[i], problems) end
   end
   return problems
end

--- Takes over what state() gave: options, learning rates and memory. An error that lists every misfit leaves all as it was.
---@param state table
function Optimiser:loadState(state)
   local problems = self:stateProblems(state)
   check(#problems == 0, '%s:loadState: the state does not fit:\n  %s', self.kind.name, table.concat(problems, '\n  '))
   for g, group in ipairs(self.groups) do
      local options = state.groups[g]
      group.lr, group.initial_lr = options.lr, options.initial_lr
      for name in pairs(self.kind.defaults) do group[name] = options[name] end
   end
   autograd.no_grad(function()
      for i, slot in ipairs(self.slots) do
         local memory = {}
         for name, value in pairs(state.parameters[i]) do
            memory[name] = core.is_tensor(value) and slot.param:empty():copy(value) or value
         end
         slot.memory = memory
      end
   end)
end
Optimiser.load = Optimiser.loadState

function Optimiser:__tostring()
   local lines = {self.kind.name .. ' {'}
   for g, group in ipairs(self.groups) do
      local parts = {('%d parameters'):format(#group.params), ('lr %g'):format(group.lr)}
      for name, default in pairs(self.kind.defaults) do
         if group[name] ~= default and type(group[name]) ~= 'table' then
            parts[#parts + 1] = ('%s %s'):format(name, tostring(group[name]))
         end
      end
      table.sort(parts)
      lines[#lines + 1] = ('  (%d): %s'):format(g, table.concat(parts, ', '))
   end
   lines[#lines + 1] = '}'
   return table.concat(lines, '\n')
end

-- ---- kinds ----

local function constructor(kind)
   kind.known = table.concat(sorted_keys(kind.defaults, {lr = true}), ', ')
   return function(params, options)
      local given, common = read_arguments(kind, params, options)
      check(#given > 0, '%s: there are no parameters', kind.name)
      local self = setmetatable({kind = kind, groups = {}}, Optimiser)
      for i, group in ipairs(given) do self.groups[i] = new_group(kind, group, common, i) end
      assign_slots(self, common.allow_duplicates)
      local of_module = #self.slots == 0 and class.is_a(given[1].params, 'nn.Module') and unlisted(given[1].params)
      check(#self.slots > 0, '%s: there are no parameters%s', kind.name, of_module and ': ' .. of_module or '')
      return self
   end
end

local groups = {}

--- Stochastic gradient descent with PyTorch's meaning of the options: v = momentum * v + (1 - dampening) * g with v = g at a
--- parameter's first step, dampening 0 unless given; without momentum there is no v, and no dampening.
---
---     local net = nn.Sequential():add(nn.Linear(4, 8)):add(nn.ReLU()):add(nn.Linear(8, 2))
---     local optimiser = optim.SGD(net, {lr = 0.1, momentum = 0.9})
---     optimiser:zeroGrad()
---     hilo.mse(net(hilo.randn(3, 4)), hilo.zeros(3, 2)):backward()
---     optimiser:step()
---@param params nn.Module|Tensor[]|table[] or groups {params =, lr =, ...}; options may stand beside the groups
---@param options? {lr?: number, momentum?: number, dampening?: number, weight_decay?: number, nesterov?: boolean,
--- allow_duplicates?: boolean}
---@return Optimiser
groups.SGD = constructor {
   name = 'SGD',
   defaults = {momentum = 0, dampening = 0, weight_decay = 0, nesterov = false},
   memory = {velocity = 'tensor'},
   prepare = function() end,
   age = function(memory) return memory.velocity and 'later' or 'first' end,
   is_ready = function(memory, group) return group.momentum == 0 or memory.velocity ~= nil end,
   update = function(lib, rows, group)
      local recording = graph.current()
      local options = ffi.new('hl_sgd_options', {lr = group.lr, momentum = group.momentum, dampening = group.dampening,
         weight_decay = group.weight_decay, nesterov = group.nesterov and 1 or 0})
      if recording then options.now = recording:numbers('double', 1, function() return group.lr end) end
      local velocities
      if group.momentum ~= 0 then
         options.first = rows[1].memory.velocity and 0 or 1
         for _, row in ipairs(rows) do row.v = row.memory.velocity or row.w:empty() end
         velocities = lists.column(rows, 'v')
      end
      core.call(lib, 'hl_sgd', #rows, lists.column(rows, 'w'), lists.column(rows, 'g'), velocities, options)
      for _, row in ipairs(rows) do row.memory.velocity = row.v end
   end,
}

--- Adam (Kingma and Ba, 2014) as in PyTorch: weight decay is added to the gradient, eps after the bias correction.
---
---     local optimiser = optim.Adam(nn.Linear(4, 2), {lr = 1e-3, betas = {0.9, 0.99}})
---@param params nn.Module|Tensor[]|table[] or groups {params =, lr =, ...}; options may stand beside the groups
---@param options? {lr?: number, betas?: number[], eps?: number, weight_decay?: number, allow_duplicates?: boolean} lr is 1e-3 and betas
---   {0.9, 0.999} if not given
---@return Optimiser
groups.Adam = constructor {
   name = 'Adam',
   defaults = {lr = 1e-3, betas = {0.9, 0.999}, eps = 1e-8, weight_decay = 0},
   memory = {m = 'tensor', v = 'tensor', step = 'number'},
   prepare = function(memory, param)
      if memory.m then return end
      memory.m, memory.v, memory.step = param:zeros(), param:zeros(), 0
   end,
   age = function(memory) return tostring(memory.step) end,
   is_ready = function(memory) return memory.m ~= nil end,
   update = function(lib, rows, group)
      local function next_step()
         local step = rows[1].memory.step + 1
         for _, row in ipairs(rows) do row.memory.step = step end
         return step
      end
      local recording = graph.current()
      local options = ffi.new('hl_adam_options', {lr = group.lr, beta1 = group.betas[1], beta2 = group.betas[2], eps = group.eps,
         weight_decay = group.weight_decay, step = recording and 1 or next_step()})
      if recording then options.now = recording:numbers('double', 2, function() return group.lr, next_step() end) end
      for _, row in ipairs(rows) do row.m, row.v = row.memory.m, row.memory.v end
      core.call(lib, 'hl_adam', #rows, lists.column(rows, 'w'), lists.column(rows, 'g'), lists.column(rows, 'm'),
         lists.column(rows, 'v'), options)
   end,
}

require('hilo.checked').class('Optimiser', Optimiser)

return groups
