--- spec/bench/rounding.lua: what rounding costs in the 3x3 convolutions of ResNet-101: results and gradients in float32, by Winograd
--- and by plain sums, and in bfloat16, against float64: the norm of the difference, relative to that of the float64 tensor.
---
---     luajit spec/bench/rounding.lua [BATCH=2]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local hilo = require 'hilo'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local o = timing.options(arg, {BATCH = '2'})
hilo.manualSeed(1)

local layers
for _, w in ipairs(steps.list) do layers = layers or w.layers end

-- y, dx and dw in a dtype, from tensors of float32 whose values bfloat16 has too.
local function all_passes(dtype, x, weight, dy, options)
   local input, kernels = x:clone():to {dtype = dtype}, weight:clone():to {dtype = dtype == 'bfloat16' and 'float' or dtype}
   input.requires_grad, kernels.requires_grad = true, true
   local y = hilo.conv2d(input, kernels, nil, options)
   y:backward(dy:to {dtype = dtype})
   return {y:detach():double(), input.grad:double(), kernels.grad:double()}
end

local function errors(found, exact)
   local list = {}
   for i, t in ipairs(found) do list[i] = (t - exact[i]):norm() / exact[i]:norm() end
   return list
end

local line = '%-34s %9s %9s %9s'
local ways = {{'float32, Winograd', 'float', true}, {'float32, plain sums', 'float', false}, {'bfloat16', 'bfloat16', true}}
local passes = {'y', 'dx', 'dw'}
local least, most = {{}, {}, {}}, {{}, {}, {}} -- [way][pass], of the layers of stride 1: others do not go by Winograd
for _, layer in ipairs(layers) do
   local _, channels, size, stride, dilation = unpack(layer)
   local options = {stride = stride, pad = dilation, dilation = dilation}
   local function values(...) return hilo.randn(...):to {dtype = 'bfloat16'}:float() end
   local x, weight = values(tonumber(o.BATCH), channels, size, size), values(channels, channels, 3, 3)
   local dy = values(hilo.conv2d(x, weight, nil, options):size():totable())
   local exact = all_passes('double', x, weight, dy, options)
   print(line:format(('%d channels, %dx%d, stride %d, dilation %d'):format(channels, size, size, stride, dilation), unpack(passes)))
   for i, way in ipairs(ways) do
      hilo.setwinograd(way[3])
      local off = errors(all_passes(way[2], x, weight, dy, options), exact)
      print(line:format('   ' .. way[1], ('%.1e'):format(off[1]), ('%.1e'):format(off[2]), ('%.1e'):format(off[3])))
      for pass, e in ipairs(stride == 1 and off or {}) do
         least[i][pass], most[i][pass] = math.min(least[i][pass] or e, e), math.max(most[i][pass] or e, e)
      end
   end
end
print 'of stride 1:'
for i, way in ipairs(ways) do
   local ranges = {}
   for pass, name in ipairs(passes) do ranges[pass] = ('%s %.1e to %.1e'):format(name, least[i][pass], most[i][pass]) end
   print(('   %-22s %s'):format(way[1], table.concat(ranges, ', ')))
end
