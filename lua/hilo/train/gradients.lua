--- train/gradients.lua: how hard each loss pulls at a network, and whether losses pull the same way.
local core = require 'hilo.core'
local hilo = require 'hilo'
local autograd = require 'hilo.autograd'
local sorted_keys = require 'hilo.keys'

local gradients = {}

-- Those that train, each once.
local function trained(net)
   local list, is = {}, {}
   for _, p in ipairs(net:namedParameters()) do
      if p.tensor.requires_grad ~= false then list[#list + 1], is[p.tensor] = p.tensor, true end
   end
   return list, is
end

local function dot(a, b)
   local sum = 0
   for i = 1, #a do sum = sum + hilo.sum(hilo.cmul(a[i], b[i])) end
   return sum
end

local function copies(params)
   local list = {}
   for i, p in ipairs(params) do list[i] = p.grad:clone() end
   return list
end

local function current(params)
   local list = {}
   for i, p in ipairs(params) do list[i] = p.grad end
   return list
end

-- The first loss, then the others in order.
local function in_order(losses, first)
   local names = {first}
   for _, name in ipairs(sorted_keys(losses)) do if name ~= first then names[#names + 1] = name end end
   return names
end

local function factor(weights, name)
   local weight = weights and weights[name] or 1
   return core.is_tensor(weight) and weight:item() or weight
end

--- Norms of the gradients of losses with respect to a network's parameters, and the cosines of their angles with the gradient of one
--- of them (1: both pull the same way). Uses the parameters' gradients; call it inside train.undisturbed where they are still needed.
---@param net Module
---@param losses table<string, Tensor> (1) each; they may share a graph
---@param options {first: string, weights: table<string, number|Tensor>?} first: the loss that the others are compared with; weights:
--- factors of the losses, tensors of one element or numbers, 1 where not given
---@return table<string, number> norms
---@return table<string, number> cosines without that of the first, 0 where a gradient is 0
function gradients.of(net, losses, options)
   local params, is_wanted = trained(net)
   local names, norms, cosines, reference = in_order(losses, options.first), {}, {}, nil
   for i, name in ipairs(names) do
      hilo.no_grad(net.zeroGradParameters, net)
      -- the graph is kept for the losses that follow, which may share it
      autograd.backward(losses[name], nil, {retain = i < #names, wanted = function(leaf) return is_wanted[leaf] end})
      hilo.no_grad(function()
         local grads = current(params)
         local norm = math.sqrt(dot(grads, grads))
         norms[name] = norm * math.abs(factor(options.weights, name))
         if i == 1 then
            reference = {grads = copies(params), norm = norm}
         else
            local both = norm * reference.norm
            cosines[name] = both > 0 and dot(grads, reference.grads) / both or 0
         end
      end)
   end
   return norms, cosines
end

return gradients
