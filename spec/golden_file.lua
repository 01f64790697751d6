--- golden_file.lua: what a golden file of whole networks or steps holds, and the same of networks here, to be compared with it.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local golden_file = {}

--- Opens spec/golden/<name>.safetensors.
---@param name string
---@return {digests: function, close: function, has: function, number: function}
function golden_file.open(name)
   local tensors, metadata = hilo.io.safetensors.load('spec/golden/' .. name .. '.safetensors')
   local golden = {}
   --- `named`: tensors by name
   function golden.digests(key, named, tol, floor)
      local ok, message = pcall(helper.assert_digests, named, tensors[key], metadata[key], tol, floor)
      if not ok then error(key .. ': ' .. tostring(message), 0) end
   end
   function golden.close(key, got, tol) helper.assert_close(got, tensors[key], tol, key) end
   function golden.has(key) return tensors[key] ~= nil end
   function golden.number(key) return tensors[key]:item() end
   return golden
end

--- Gradients of parameters, by name.
function golden_file.gradients(net)
   local named = {}
   for _, p in ipairs(net:namedParameters()) do
      if p.tensor.grad then named[p.name] = p.tensor.grad end
   end
   return named
end

--- Running statistics, by name.
function golden_file.statistics(net)
   local named = {}
   for _, b in ipairs(net:namedBuffers()) do named[b.name] = b.tensor end
   return named
end

--- A copy of all that a network holds.
function golden_file.copy_state(net)
   local copy = {}
   for name, t in pairs(net:stateDict()) do copy[name] = t:clone() end
   return copy
end

--- What has changed since copy_state gave `before`.
function golden_file.moved(net, before)
   local named = {}
   for name, t in pairs(net:stateDict()) do named[name] = t - before[name] end
   return named
end

return golden_file
