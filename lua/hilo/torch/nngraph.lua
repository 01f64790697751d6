--- torch/nngraph.lua: Torch7's package nngraph: networks as graphs. A module called without input, or on nodes, makes a node;
--- nn.gModule(inputs, outputs) makes a module of the nodes between.
---
---     local x, h = nn.Identity()(), nn.Identity()()
---     local sum = nn.CAddTable()({nn.Linear(3, 4)(x), nn.Linear(4, 4)(h)})
---     local net = nn.gModule({x, h}, {nn.Tanh()(sum)})
---     local chain = - nn.Linear(3, 4) - nn.Tanh() - nn.Linear(4, 2)    -- a node; the first has no input
local core = require 'hilo.core'
local nn = require 'hilo.nn'
local class = require 'hilo.nn.class'

---@class hilo.torch.nngraph
local nngraph = {}

-- ---- nodes ----

---@class nngraph.Node
---@field data {module: Module?, annotations: table, selectindex: integer?}
---@field inputs nngraph.Node[]
local Node = class('nngraph.Node')
nngraph.Node = Node

function Node:__init(data, inputs)
   self.data, self.inputs = data or {}, inputs or {}
   self.data.annotations = self.data.annotations or {}
end

local function is_node(x) return type(x) == 'table' and getmetatable(x) == Node end

local function place_of_nil(list)
   local last = 0
   for key in pairs(list) do if type(key) == 'number' then last = math.max(last, key) end end
   for i = 1, last do if list[i] == nil then return i end end
end

local function need_nodes(list, what)
   local missing = place_of_nil(list)
   core.check(not missing, '%s[%s] is nil (typo / bad index?)', what, tostring(missing))
   for i, x in ipairs(list) do
      core.check(not class.is_a(x, 'nn.Module'),
         '%s[%d] is a module, %s, where a node is expected: a second pair of parentheses makes a node of a module', what, i,
         tostring(x))
      core.check(is_node(x), '%s[%d] must be a node, got %s', what, i, type(x))
   end
   return list
end

--- Nodes of the elements of the table that this node gives.
---@param n integer
---@return nngraph.Node ... n nodes
function Node:split(n)
   local parts = {}
   for i = 1, n do parts[i] = Node({selectindex = i}, {self}) end
   return unpack(parts, 1, n)
end

--- Notes names and other things of the node: {name = 'hidden', ...}.
---@param annotations table
---@return nngraph.Node self
function Node:annotate(annotations)
   for key, value in pairs(annotations) do self.data.annotations[key] = value end
   return self
end

--- What a node is called in messages.
---@return string
function Node:label() return self.data.annotations.name or tostring(self.data.module or 'node') end

--- A node of a structure of nodes: of {a, {b}} one that gives {a's, {b's}}.
---@param x nngraph.Node|table
---@return nngraph.Node
function nngraph.nest(x)
   if is_node(x) then return x end
   core.check(type(x) == 'table' and #x > 0, 'nngraph.nest: expects a node or a list of nodes, got %s', type(x))
   local inputs = {}
   for i, one in ipairs(x) do inputs[i] = nngraph.nest(one) end
   return Node({nested = true}, inputs)
end

--- Gives nodes the names of the local variables that hold them, for messages.
function nngraph.annotateNodes()
   for i = 1, math.huge do
      local name, value = debug.getlocal(2, i)
      if not name then return end
      if is_node(value) and not value.data.annotations.name then value.data.annotations.name = name end
   end
end

--- Accepted for Torch7's sake: errors always name the node they come from.
---@param enable boolean
function nngraph.setDebug(enable) nngraph.debug = enable end

-- ---- modules that make nodes ----

-- Whether x is what a module is called on to make a node: a node, or a list that begins with one.
local function calls_for_node(n, x)
   if n == 0 then return true end
   return is_node(x) or type(x) == 'table' and not core.is_tensor(x) and is_node(x[1])
end

local function new_node(module, n, x)
   if n == 0 then return Node({module = module}) end
   return Node({module = module}, need_nodes(is_node(x) and {x} or x, 'inputs'))
end

local Module, Criterion = nn.Module, nn.Criterion
local call_module, call_criterion = Module.call, Criterion.call

function Module:call(...)
   local n = select('#', ...)
   if calls_for_node(n, (...)) then return new_node(self, n, (...)) end
   return call_module(self, ...)
end

function Criterion:call(...)
   if calls_for_node(select('#', ...), (...)) then return nn.CriterionTable(self)(...) end
   return call_criterion(self, ...)
end

local function connect(before, after) return after(before) end

for _, c in pairs(class.by_name) do
   if c == Node or class.is_a(setmetatable({}, c), 'nn.Module') then c.__sub = connect end
   if c ~= Node and class.is_a(setmetatable({}, c), 'nn.Module') then c.__unm = function(module) return module() end end
end

-- ---- the module of a graph ----

--- nn.gModule(inputs, outputs): the module of the nodes from inputs to outputs. One input takes x itself, several a table; likewise the
--- outputs.
local gModule, parent = class('nn.gModule', 'nn.Container')

-- Nodes in an order in which each comes after its inputs.
local function in_order(outputs)
   local order, state = {}, {}
   local function visit(node)
      core.check(state[node] ~= 'open', 'nn.gModule: the graph has a cycle at %s', node:label())
      if state[node] then return end
      state[node] = 'open'
      for _, input in ipairs(node.inputs) do visit(input) end
      state[node] = 'done'
      order[#order + 1] = node
   end
   for _, node in ipairs(outputs) do visit(node) end
   return order, state
end

---@param inputs table nodes
---@param outputs table nodes
function gModule:__init(inputs, outputs)
   parent.__init(self)
   need_nodes(inputs, 'inputs')
   need_nodes(outputs, 'outputs')
   core.check(#inputs > 0 and #outputs > 0, 'nn.gModule: expects inputs and outputs, got %d and %d', #inputs, #outputs)
   self.inputs, self.outputs = inputs, outputs
   local reached
   self.forwardnodes, reached = in_order(outputs)
   local is_input, added = {}, {}
   for _, node in ipairs(inputs) do
      core.check(#node.inputs == 0, 'nn.gModule: the input %s has inputs itself', node:label())
      is_input[node] = true
   end
   for _, node in ipairs(self.forwardnodes) do
      local m = node.data.module
      core.check(#node.inputs > 0 or is_input[node], 'nn.gModule: %s has no input and is not listed among the inputs', node:label())
      if m and not added[m] then
         added[m] = true
         self:add(m)
      end
   end
   for _, node in ipairs(inputs) do
      core.check(reached[node], 'nn.gModule: nothing that is given depends on the input %s', node:label())
   end
end

local function result_of(node, module_input, at)
   local data = node.data
   if data.selectindex then return module_input[data.selectindex] end
   if not data.module then return module_input end
   local ok, y = pcall(data.module, module_input)
   if not ok then error(('In node %d (%s):\n%s'):format(at, node:label(), tostring(y)), 0) end
   return y
end

function gModule:updateOutput(x)
   local values, given = {}, {}
   if #self.inputs == 1 then
      given[self.inputs[1]] = x
   else
      self:check(type(x) == 'table' and not core.is_tensor(x), 'expects a table of %d inputs', #self.inputs)
      for i, node in ipairs(self.inputs) do
         self:check(x[i] ~= nil, 'expects %d inputs, number %d is missing', #self.inputs, i)
         given[node] = x[i]
      end
   end
   for at, node in ipairs(self.forwardnodes) do
      local input = given[node]
      if input == nil then
         if #node.inputs == 1 and not node.data.nested then
            input = values[node.inputs[1]]
         else
            input = {}
            for i, from in ipairs(node.inputs) do input[i] = values[from] end
         end
      end
      values[node] = result_of(node, input, at)
   end
   if #self.outputs == 1 then return values[self.outputs[1]] end
   local ys = {}
   for i, node in ipairs(self.outputs) do ys[i] = values[node] end
   return ys
end

function gModule:__tostring__() return self.__typename end

return nngraph
