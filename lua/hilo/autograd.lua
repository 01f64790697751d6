--- autograd.lua: gradients by reverse-mode differentiation, define by run.
---
--- An op is a table with `forward(ctx, ...)` and `backward(ctx, dy...)`. forward computes with plain tensors and leaves in ctx what
--- backward needs; backward returns one gradient for each argument of forward (nil where there is none). Nodes hang off
--- the tensors they made and hold no other list of them, so a graph that nobody refers to any more is garbage.
local core = require 'hilo.core'
local Storage = require 'hilo.storage'
local Tensor = require 'hilo.tensor'

local is_tensor, check = core.is_tensor, core.check

local autograd = {}

-- Tensors that one op takes or gives at the most: each has a place on Lua's stack.
autograd.most_tensors = 1000

local enabled = true -- whether ops record what they do
local serial = 0     -- order of creation of nodes: consumers come after producers

--- Whether ops are being recorded.
function autograd.is_enabled() return enabled end

local function restore(previous, ok, ...)
   enabled = previous
   if not ok then error((...), 0) end
   return ...
end

--- Whether ops are recorded outside of no_grad and enable_grad, as they are at first; Torch7's names (hilo.torch) turn it off.
---@param on boolean
function autograd.set_enabled(on) enabled = on end

--- Runs f(...) without recording, and with in-place changes of parameters allowed; returns what f returns.
---
---     local net = nn.Linear(2, 1)
---     hilo.no_grad(function() net.weight:mul(0.5) end)         -- elsewhere this is an error, for a gradient would be wrong
---     assert(not hilo.no_grad(net, hilo.randn(4, 2)).requires_grad)
---@param f fun(...): ...
---@param ... any
---@return ... what f returns
function autograd.no_grad(f, ...)
   local previous = enabled
   enabled = false
   return restore(previous, pcall(f, ...))
end

--- Runs f(...) with recording, also inside no_grad.
---@param f fun(...): ...
---@param ... any
---@return ... what f returns
function autograd.enable_grad(f, ...)
   local previous = enabled
   enabled = true
   return restore(previous, pcall(f, ...))
end

-- ---- recording ----

local forwards = setmetatable({}, {__mode = 'k'}) -- function of an op -> its forward

--- Where the function of an op is written.
---@param f function
---@return function? forward nil where f is no op's
function autograd.forward_of(f) return forwards[f] end

---@class Context
---@field needs boolean[] which arguments of forward want a gradient
local Context = {}
Context.__index = Context

--- Where backward may add the gradient of argument i (a tensor like `like`): the parameter's own gradient, or zeros.
--- Return it from backward as that argument's gradient.
---@param i integer
---@param like Tensor
---@return Tensor?
function Context:into(i, like)
   if not self.needs[i] then return nil end
   local edge = self.edges[i]
   local leaf = edge and edge.leaf
   if not leaf then return like:zeros() end
   if not leaf.grad then leaf.grad = leaf:zeros() end
   return leaf.grad
end

-- Tensors that backward will read again must not have been changed in between. Leaves that want gradients and views of modules'
-- parameters are exempt: they are read when used and may be updated between a forward and its backwards.
local function remember_versions(ctx)
   local versions = {}
   for key, value in pairs(ctx) do
      if is_tensor(value) and not value._storage.is_parameter and not (value.requires_grad and not value._node) then
         versions[key] = value._storage.version
      end
   end
   ctx.versions = versions
end

local function check_versions(name, ctx)
   for key, version in pairs(ctx.versions) do
      local saved = ctx[key]
      check(not saved._storage.freed, 'backward of %s needs a tensor that was freed', name)
      check(saved._storage.version == version,
         'backward of %s needs a tensor (%s) that was changed in place since the forward pass; use the pure function instead',
         name, Tensor.shape_text(saved))
   end
end

local function edge_to(t)
   if t._node then return {node = t._node, output = t._output} end
   return {leaf = t}
end

local function record(def, name, ctx, args, n, ...)
   serial = serial + 1
   local edges = {}
   for i = 1, n do
      local arg = args[i]
      if ctx.needs[i] then edges[i] = edge_to(arg) end
   end
   ctx.edges = edges
   local node = {name = name, ctx = ctx, edges = edges, n = n, backward = def.backward, remake = def.remake, foreign = def.foreign,
      serial = serial, outputs = select('#', ...)}
   for k = 1, select('#', ...) do
      local y = select(k, ...)
      if is_tensor(y) and y._storage.dtype.is_float then y._node, y._output, y.requires_grad = node, k, true end
   end
   remember_versions(ctx)
   return ...
end

-- What an op does: `forward` alone where no argument wants a gradient, else also a node.
local function apply_any(recording, def, name, ...)
   local n, args = select('#', ...), {...}
   local needs, any = {}, false
   for i = 1, recording and n or 0 do
      if is_tensor(args[i]) and args[i].requires_grad then needs[i], any = true, true end
   end
   local ctx = setmetatable({needs = needs}, Context)
   if not any then return def.forward(ctx, ...) end
   return record(def, name, ctx, args, n, autograd.no_grad(def.forward, ctx, ...))
end

-- The same of n arguments, written out, for LuaJIT compiles this as a part of its callers.
local function make_apply(n)
   local names, lines = {}, {}
   for i = 1, n do
      names[i] = ', a' .. i
      lines[i] = ('if is_tensor(a%d) and a%d.requires_grad then needs[%d], any = true, true end'):format(i, i, i)
   end
   local list = table.concat(names)
   return load(([[
      local is_tensor, Context, record, no_grad = ...
      return function(recording, def, name%s)
         local needs, any = {}, false
         if recording then
            %s
         end
         local ctx = setmetatable({needs = needs}, Context)
         if not any then return def.forward(ctx%s) end
         return record(def, name, ctx, {%s}, %d, no_grad(def.forward, ctx%s))
      end]]):format(list, table.concat(lines, '\n'), list, list:sub(3), n, list), '=(lua/hilo/autograd)', 't')(is_tensor, Context,
      record, autograd.no_grad)
end

local most_written_out = 16
local apply = {}
for n = 0, most_written_out do apply[n] = make_apply(n) end

--- Makes a function of an op. Its results must be new tensors (views of the arguments included).
---
---     local cube = hilo.op('cube', {
---        forward = function(ctx, x)
---           ctx.x = x
---           return hilo.pow(x, 3)
---        end,
---        backward = function(ctx, dy) return hilo.cmul(dy, hilo.square(ctx.x) * 3) end,
---     })
---     local x = hilo.Tensor{2}
---     x.requires_grad = true
---     cube(x):backward()
---     assert(x.grad:item() == 12)
---@param name string for messages
---@param def {forward: fun(ctx: Context, ...): ..., backward: fun(ctx: Context, ...): ..., foreign: boolean?, remake: function?}
--- foreign: the gradients that backward returns may be kept by somebody else, so they are never reused;
--- remake(ctx) returns a function that computes the result again into the tensor it is given, cheaply: see forget
---@return fun(...): ...
function autograd.op(name, def)
   local function op(...) return (apply[select('#', ...)] or apply_any)(enabled, def, name, ...) end
   forwards[op] = def.forward
   return op
end

-- ---- forgetting ----

--- Gives back the memory of y, which is computed again when it is next read, by backward or by anybody: for what an op with a
--- `remake` made and the next op has read. Does nothing to other tensors.
---@param y Tensor
function autograd.forget(y)
   local node = y._node
   if not node or not node.remake or y._storage.remake then return end
   local ctx, storage, remake, view = node.ctx, y._storage, node.remake(node.ctx), y:detach()
   storage.remakes_version, node.forgettable = storage.version, storage
   storage.remake = function()
      check_versions(node.name, ctx)
      autograd.no_grad(remake, view)
   end
   storage:forget()
end

-- ---- backward ----

-- Gradients on their way are counted by storage, so that each goes back to the cache the moment its last use is over.
-- Only storages made during this backward are ours to free.
local Flow = {}
Flow.__index = Flow

local function new_flow() return setmetatable({refs = {}, pending = {}, first_serial = Storage.count()}, Flow) end

function Flow:owns(t)
   local storage = t._storage
   return storage.serial > self.first_serial and not storage.foreign
end

function Flow:hold(t)
   local s = t._storage
   self.refs[s] = (self.refs[s] or 0) + 1
end

function Flow:release(t)
   local s = t._storage
   local left = self.refs[s] - 1
   self.refs[s] = left > 0 and left or nil
   if left == 0 and self:owns(t) and not s.freed then s:free() end
end

function Flow:sole_owner(t) return self.refs[t._storage] == 1 and self:owns(t) end

--- Adds g to what flows into (node, output).
function Flow:add(node, output, g)
   local pending = self.pending[node]
   if not pending then
      pending = {}
      self.pending[node] = pending
   end
   local old = pending[output]
   if not old then
      self:hold(g)
      pending[output] = g
   elseif self:sole_owner(old) and old._storage ~= g._storage and (old:isContiguous() or old:isChannelsLast()) then
      core.run('hl_binary', old, old, g, 0, 1)
   else
      local sum = old:empty()
      core.run('hl_binary', sum, old, g, 0, 1)
      self:release(old)
      self:hold(sum)
      pending[output] = sum
   end
end

--- Adds g to the gradient of a leaf.
function Flow:arrive(leaf, g)
   if leaf.grad == g then return end
   if leaf.grad then
      core.run('hl_binary', leaf.grad, leaf.grad, g, 0, 1)
      leaf.grad:bump()
   elseif not self.refs[g._storage] and self:owns(g) and g:isContiguous() then
      g._storage.foreign = true
      leaf.grad = g
   else
      leaf.grad = g:detach():clone()
   end
end

local function reachable(root)
   local nodes, seen, stack = {}, {[root] = true}, {root}
   while #stack > 0 do
      local node = table.remove(stack)
      check(not node.used, 'backward: this graph was already used by a backward (it stopped at %s); run the forward pass again, '
         .. 'or keep the graph with backward(grad, {retain = true})', node.name)
      nodes[#nodes + 1] = node
      for i = 1, node.n do
         local edge = node.edges[i]
         if edge and edge.node and not seen[edge.node] then
            seen[edge.node] = true
            stack[#stack + 1] = edge.node
         end
      end
   end
   table.sort(nodes, function(a, b) return a.serial > b.serial end)
   return nodes
end

local function deliver(flow, node, grads, n)
   for i = 1, node.n do
      local g, edge = i <= n and grads[i] or nil, node.edges[i]
      if g and edge then
         if node.foreign then g._storage.foreign = true end
         if edge.leaf then flow:arrive(edge.leaf, g) else flow:add(edge.node, edge.output, g) end
      end
   end
   -- what nothing refers to now is free again
   for i = 1, n do
      local g, edge = grads[i], node.edges[i]
      if g and not flow.refs[g._storage] and not (edge and edge.leaf and edge.leaf.grad and edge.leaf.grad._storage == g._storage)
         and flow:owns(g) and not g._storage.freed then
         g._storage:free()
      end
   end
end

local function collect_results(...) return {...}, select('#', ...) end

local function step(flow, node, retain)
   local dys = flow.pending[node]
   flow.pending[node] = nil
   if dys then
      check_versions(node.name, node.ctx)
      local grads, n = collect_results(node.backward(node.ctx, unpack(dys, 1, node.outputs)))
      deliver(flow, node, grads, n)
      for _, dy in pairs(dys) do flow:release(dy) end
   end
   if node.forgettable then node.forgettable:forget() end
   if not retain then node.used, node.ctx, node.backward, node.remake, node.forgettable = true, nil, nil, nil, nil end
end

-- Hides the leaves that this backward is not for; returns what puts them back.
local function restrict(nodes, wanted)
   local hidden = {}
   for _, node in ipairs(nodes) do
      for i = 1, node.n do
         local edge = node.edges[i]
         if edge and edge.leaf and not wanted(edge.leaf) then
            hidden[#hidden + 1] = {node = node, ctx = node.ctx, i = i, edge = edge}
            node.edges[i], node.ctx.needs[i] = nil, nil
         end
      end
   end
   return function()
      for _, h in ipairs(hidden) do h.node.edges[h.i], h.ctx.needs[h.i] = h.edge, true end
   end
end

--- Gradients of `root` (times `grad`) with respect to every leaf that wants one, added to the leaves' `.grad`.
---
---     local x = hilo.Tensor{1, 2, 3}
---     x.requires_grad = true
---     hilo.sum(hilo.square(x)):backward()
---     assert(x.grad[3] == 6)
---@param root Tensor
---@param grad? Tensor like root; 1 where root has one element
---@param options? {retain?: boolean, wanted?: fun(leaf: Tensor): boolean} retain: keep the graph for another backward; wanted: the
--- leaves that take part, all if not given
function autograd.backward(root, grad, options)
   check(root.requires_grad, 'backward: the tensor does not depend on anything that wants a gradient')
   local retain = options and options.retain or false
   if not grad then
      check(root:nElement() == 1, 'backward: a tensor of %s needs a gradient of the same size as argument', Tensor.shape_text(root))
   else
      check(is_tensor(grad) and grad:isSameSizeAs(root), 'backward: the gradient must be a tensor of %s, got %s',
         Tensor.shape_text(root), is_tensor(grad) and Tensor.shape_text(grad) or type(grad))
   end
   local device = root._storage.device
   autograd.no_grad(function()
      local flow = new_flow()
      if not grad then
         grad = root:empty()
         core.run('hl_fill', grad, 1)
      end
      if not root._node then return flow:arrive(root, grad) end
      local nodes = reachable(root._node)
      local put_back = options and options.wanted and restrict(nodes, options.wanted)
      flow:add(root._node, root._output, grad)
      local ok, message = pcall(function()
         for k = 1, #nodes do
            local node = nodes[k]
            nodes[k] = false
            step(flow, node, retain)
         end
      end)
      if put_back then put_back() end
      if not ok then error(message, 0) end
   end)
   if not retain then core.collect_graph(device) end
end

return autograd
