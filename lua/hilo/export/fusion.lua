--- export/fusion.lua: what a classifier sees, joined with a segmentation, in the graph: methods/fusion.lua and methods/calibration.lua
--- as operators.
local core = require 'hilo.core'

local furthest, least = 1e-7, 1e-6 -- as there

-- Numbers of float64, as the other computes with: one a class, (1,C), or one for all.
local function number(g, value) return g:numbers(value, 'float64', type(value) == 'table' and {1, #value} or nil) end

-- sigmoid(a logit(s) + b)
local function calibrated(g, scores, c)
   local s = g:op('Clip', {scores, number(g, furthest), number(g, 1 - furthest)})
   local logit = g:op('Log', {g:op('Div', {s, g:op('Sub', {number(g, 1), s})})})
   return g:op('Sigmoid', {g:op('Add', {g:op('Mul', {logit, number(g, c.a)}), number(g, c.b)})})
end

local ways = {}

function ways.threshold(g, scores, o)
   return g:op('Cast', {g:op('GreaterOrEqual', {scores, number(g, o.tau or 0.2)})}, {to = 11})
end

function ways.soft(g, scores, o)
   local prior = {}
   for c, p in ipairs(o.prior) do prior[c] = math.max(p, least) end
   local ratio = g:op('Div', {g:op('Max', {scores, number(g, least)}), number(g, prior)})
   return g:op('Pow', {ratio, number(g, o.exponent or 1)})
end

-- What each class is multiplied by (N,C): ones where every class would be switched off.
local function weights_of(g, scores, classes, o)
   scores = g:op('Cast', {scores}, {to = 11})
   if o.calibration then scores = calibrated(g, scores, o.calibration) end
   local weights = ways[o.how](g, scores, o)
   if o.background then
      local first = {}
      for c = 1, classes do first[c] = c == 1 and 1 or 0 end
      weights = g:op('Where', {g:op('Cast', {number(g, first)}, {to = 9}), number(g, 1), weights})
   end
   local any = g:op('Greater', {g:op('ReduceMax', {weights}, {axes = {1}, keepdims = 1}), number(g, 0)})
   return g:op('Cast', {g:op('Where', {any, weights, number(g, 1)})}, {to = 1})
end

--- Logits or probabilities in which classes are switched off, or weigh less.
---@param g OnnxGraph
---@param logits string (N,C,H,W)
---@param scores string (N,C) 0..1
---@param classes integer
---@param o FusionOptions
---@return string (N,C,H,W) whose argmax is the fused label map
return function(g, logits, scores, classes, o)
   core.check(ways[o.how], "export: there is no fusion '%s'", tostring(o.how))
   local weights = g:op('Unsqueeze', {weights_of(g, scores, classes, o), g:numbers({2, 3}, 'int64')})
   return g:op('Mul', {o.on == 'logits' and logits or g:op('Softmax', {logits}, {axis = 1}), weights})
end
