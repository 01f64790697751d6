--- nn/graph.lua: how modules meet autograd: graphs that forward() keeps for backward(), and modules written in Torch7's way.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local tree = require 'hilo.nn.tree'
local context = require 'hilo.nn.state'

local check, is_tensor = core.check, core.is_tensor
local state, with, none = context.state, context.with, context.none

local graph = {}

--- Whether a module that runs now should be ready for a backward.
function graph.is_recording() return autograd.is_enabled() or state.recording end

local function leaf_of(t)
   local leaf = t:detach()
   if t._storage.dtype.is_float then leaf.requires_grad = true end
   return leaf
end

--- Runs f(input) on copies of the input tensors (of the same memory) that want a gradient.
---@return table graph {source, leaves, output}
function graph.record(f, input)
   local leaves = tree.map(input, leaf_of)
   return {source = input, leaves = leaves, output = autograd.enable_grad(f, leaves)}
end

--- Whether any tensor of x was computed by ops that are on record.
function graph.is_part_of_one(x)
   for _, t in ipairs(tree.list(x)) do if t._node then return true end end
   return false
end

-- One node above all outputs, whose backward hands each of them its gradient.
local gather = autograd.op('outputs', {
   forward = function(ctx, grads)
      ctx.grads = grads
      return grads.any:zeros(1)
   end,
   backward = function(ctx) return nil, unpack(ctx.grads, 1, ctx.grads.n) end,
})

local at_once = autograd.most_tensors

-- One node above the roots first to last.
local function gathered(roots, grads, first, last)
   local own = {unpack(grads, first, last)}
   own.n, own.any = last - first + 1, roots[first]
   return autograd.enable_grad(gather, own, unpack(roots, first, last))
end

-- A node for each lot of roots, and the gradients of these nodes.
local function fewer(roots, grads)
   local nodes, ones = {}, {}
   for first = 1, #roots, at_once do
      nodes[#nodes + 1] = gathered(roots, grads, first, math.min(first + at_once - 1, #roots))
      ones[#nodes] = Tensor.ones(1)
   end
   return nodes, ones
end

--- g as a gradient of y, or an error in the name of `who`.
function graph.fit(who, g, y)
   check(is_tensor(g), '%s: gradOutput must be a tensor of %s as the output, got %s', tostring(who), Tensor.shape_text(y),
      type(g))
   check(g:nElement() == y:nElement(), '%s: gradOutput must be %s as the output, got %s', tostring(who), Tensor.shape_text(y),
      Tensor.shape_text(g))
   g = g:detach()
   return g:isSameSizeAs(y) and g or g:reshape(y:size())
end

--- Gradients of the outputs ys, given as the list grads (nil where there is none), to the leaves.
---@param wanted? fun(leaf: Tensor): boolean
function graph.backward(ys, grads, wanted, retain)
   local roots, kept, last = {}, {}, nil
   for i, y in ipairs(ys) do
      if grads[i] and y.requires_grad then
         roots[#roots + 1], kept[#roots + 1], last = y, grads[i], y
      end
   end
   if not last then return end
   local options = {retain = retain, wanted = wanted}
   if #roots == 1 then return autograd.backward(last, kept[1], options) end
   while #roots > at_once do roots, kept = fewer(roots, kept) end
   autograd.backward(gathered(roots, kept, 1, #roots), nil, options)
end

--- One backward through a kept graph. Adds to the gradients of parameters, times scale, and returns those of the input.
---@param g table from graph.record
---@param gradOutput any shaped as the output
---@param options {who: any, inputs: boolean, parameters: boolean, scale: number}
---@return any? gradInput shaped as the input, where options.inputs
function graph.differentiate(g, gradOutput, options)
   local leaves, ys, gs = tree.list(g.leaves), tree.list(g.output), tree.list(gradOutput)
   check(#ys == #gs, '%s: expects %d gradOutput tensors, one for each output, got %d', tostring(options.who), #ys, #gs)
   local scale = options.scale or 1
   local parameters = (options.parameters and scale ~= 0) or false
   -- A backward is linear in gradOutput: scaling that scales the parameters' gradients; the input's are scaled back.
   local scaled = parameters and scale ~= 1
   for i, y in ipairs(ys) do
      gs[i] = graph.fit(options.who, gs[i], y)
      if scaled then gs[i] = autograd.no_grad(function() return gs[i] * scale end) end
   end
   local is_leaf = {}
   for _, leaf in ipairs(leaves) do
      is_leaf[leaf] = true
      leaf.grad = nil
   end
   local wanted
   if not parameters then
      wanted = function(t) return is_leaf[t] or false end
   elseif not options.inputs then
      wanted = function(t) return not is_leaf[t] end
   end
   with({parameters = parameters, wanted = wanted or none, tracing = false}, graph.backward, ys, gs, wanted, true)
   if not options.inputs then return nil end
   return tree.map(g.leaves, function(leaf)
      local grad = leaf.grad
      leaf.grad = nil
      if not grad then return leaf._storage.dtype.is_float and leaf:zeros() or leaf:empty({}) end
      return scaled and grad:div(scale) or grad
   end)
end

-- What a nested graph's leaves may ask for inside a backward that is under way.
local function nested_wanted(leaves)
   local outer = state.wanted
   if not outer then return nil end
   local is_leaf = {}
   for _, leaf in ipairs(leaves) do is_leaf[leaf] = true end
   return function(t) return is_leaf[t] or outer(t) end
end

-- An argument that makes autograd record a node although no input wants a gradient: the parameters inside do.
local function spark_for(module)
   local parameters = module:parameters()
   for _, p in ipairs(parameters or {}) do
      if p.requires_grad ~= false then
         local spark = Tensor.empty(1)
         spark.requires_grad = true
         return spark
      end
   end
end

local function list_of(...) return {...} end

-- The gradients that arrived at leaves of a nested graph, for the outer one to pass on and free.
local function taken_gradients(leaves)
   local dx = {}
   for i, leaf in ipairs(leaves) do
      dx[i], leaf.grad = leaf.grad, nil
      if dx[i] then dx[i]._storage.foreign = nil end
   end
   return dx, #leaves
end

-- ---- a kept graph as one node of another ----

local capsule = autograd.op('module', {
   forward = function(ctx, g)
      ctx.graph = g
      return unpack(tree.list(tree.detach(g.output)))
   end,
   backward = function(ctx, ...)
      local leaves, ys, grads = tree.list(ctx.graph.leaves), tree.list(ctx.graph.output), {...}
      for _, leaf in ipairs(leaves) do leaf.grad = nil end
      graph.backward(ys, grads, nested_wanted(leaves), true)
      local dx, n = taken_gradients(leaves)
      return nil, nil, unpack(dx, 1, n)
   end,
})

--- The output of graph g, which was recorded on detached inputs, as part of the graph that those inputs come from.
function graph.connect(module, g)
   local outputs = list_of(capsule(g, spark_for(module), unpack(tree.list(g.source))))
   return tree.rebuild(g.output, outputs)
end

-- ---- modules written in Torch7's way: own updateGradInput and accGradParameters ----

local opaque_ops = {}

local function opaque_op(name)
   local op = opaque_ops[name]
   if op then return op end
   op = autograd.op(name, {
      forward = function(ctx, call)
         local module = call.module
         ctx.module, ctx.input, ctx.token = module, call.input, {}
         local output = with({recording = call.recording}, module.updateOutput, module, call.input)
         module._call = ctx.token
         -- The module overwrites its buffers at its next call.
         call.output = tree.map(output, function(t) return t:detach():clone() end)
         local ys = tree.list(call.output)
         ctx.outputs = call.output
         return unpack(ys)
      end,
      backward = function(ctx, ...)
         local module, input, grads = ctx.module, ctx.input, {...}
         if module._call ~= ctx.token then
            with({recording = true, tracing = false}, module.updateOutput, module, input)
            module._call = ctx.token
         end
         local ys = tree.list(ctx.outputs)
         for i, y in ipairs(ys) do grads[i] = grads[i] or y:zeros() end
         local gradOutput = tree.rebuild(ctx.outputs, grads)
         local gradInput
         if rawequal(module.updateGradInput, graph.Module.updateGradInput) or
            state.parameters and not rawequal(module.backward, graph.Module.backward) then
            gradInput = module:backward(input, gradOutput, state.parameters and 1 or 0)
         else
            gradInput = module:updateGradInput(input, gradOutput)
            if state.parameters then module:accGradParameters(input, gradOutput, 1) end
         end
         local xs, dx = tree.list(input), tree.list(gradInput)
         local result = {}
         for i, x in ipairs(xs) do
            local g = dx[i]
            if g and g:nElement() > 0 and ctx.needs[i + 2] then
               result[i] = graph.fit(module, g, x):clone()
            end
         end
         return nil, nil, unpack(result, 1, #xs)
      end,
   })
   opaque_ops[name] = op
   return op
end

--- Calls a module written in Torch7's way as one node.
function graph.call_opaque(module, input)
   local call = {module = module, input = tree.detach(input), recording = graph.is_recording()}
   local ys = list_of(opaque_op(module.__typename)(call, spark_for(module), unpack(tree.list(input))))
   return tree.rebuild(call.output, ys)
end

-- ---- recomputation ----

-- The forward pass of a call once more, with the same random numbers.
local function replay(call, rng)
   local now = call.generator:state()
   call.generator:setState(rng)
   local ok, g = pcall(with, {replaying = true, tracing = false}, graph.record, call.module, call.input)
   call.generator:setState(now)
   if not ok then error(g, 0) end
   return g
end

local function replayed_gradients(ctx, ...)
   local g = replay(ctx.call, ctx.rng)
   local leaves = tree.list(g.leaves)
   for i, leaf in ipairs(leaves) do leaf.requires_grad = leaf.requires_grad and ctx.needs[i + 2] end
   graph.backward(tree.list(g.output), {...}, nested_wanted(leaves), false)
   return taken_gradients(leaves)
end

local recomputed = autograd.op('checkpoint', {
   forward = function(ctx, call)
      ctx.call, ctx.rng = call, call.generator:state()
      call.output = with({tracing = false}, call.module, call.input)
      ctx.input = is_tensor(call.input) and call.input or nil
      core.collect() -- what is inside is garbage now, and the next stage wants the memory
      return unpack(tree.list(call.output))
   end,
   backward = function(ctx, ...)
      local dx, n = replayed_gradients(ctx, ...)
      core.collect()
      return nil, nil, unpack(dx, 1, n)
   end,
})

--- module(input) without keeping what is inside: the backward computes it again. Takes less memory and more time. Random numbers
--- are drawn as in the first pass, and the running statistics of batch normalisation move once.
---
---     local net = nn.Sequential():add(nn.Linear(4, 8)):add(nn.ReLU())
---     local y = nn.checkpoint(net, hilo.randn(2, 4))
---@param module table|fun(x: any): any
---@param input any
---@return any output
function graph.checkpoint(module, input)
   check(type(module) == 'table' and module.parameters, 'checkpoint: expects a module, got %s', type(module))
   if not graph.is_recording() then return module(input) end
   local call = {module = module, input = tree.detach(input), generator = require('hilo').generator}
   local ys = list_of(recomputed(call, spark_for(module), unpack(tree.list(input))))
   return tree.rebuild(call.output, ys)
end

return graph
