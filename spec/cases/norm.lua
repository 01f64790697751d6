local hilo = require 'hilo'

local function elements(c)
   local n = 1
   for _, size in ipairs(c.x) do n = n * size end
   return n
end

-- The running statistics are inputs that want no gradient.
local function case(sizes, options)
   local c = {x = sizes, options = options}
   local channels = sizes[2]
   c.gamma, c.beta = {channels, low = 0.5, high = 1.5}, {channels}
   c.mean, c.var = {channels, low = -0.5, high = 0.5, fixed = true}, {channels, low = 0.5, high = 2, fixed = true}
   if options.add then c.add = {unpack(sizes)} end
   options.add = nil
   return c
end

local function without(c, ...)
   for _, name in ipairs {...} do c[name] = nil end
   return c
end

local bench_sizes = {{8, 64, 81, 81}, {8, 256, 41, 41}, {8, 2048, 41, 41}}
local bench = {}
for _, sizes in ipairs(bench_sizes) do
   bench[#bench + 1] = case({unpack(sizes)}, {training = true, relu = true})
   bench[#bench + 1] = case({unpack(sizes)}, {training = true, relu = true, add = true})
end

return {
   {
      op = 'batch_norm',
      inputs = {'x', 'gamma', 'beta', 'add', 'mean', 'var'},
      call = function(t, c)
         local o = c.options
         return hilo.batch_norm(t.x, t.gamma, t.beta, t.mean, t.var,
            {training = o.training, relu = o.relu, eps = o.eps, momentum = o.momentum, add = t.add})
      end,
      bytes = function(c) return 4 * elements(c) * (c.add and 4 or 3) end, -- x twice, add, y
      tol = 2e-5,
      case({3, 4, 5, 6}, {training = true}),
      case({3, 4, 5, 6}, {training = true, relu = true}),
      case({2, 5, 7, 3}, {training = true, relu = true, add = true}),
      case({2, 5, 7, 3}, {training = true, add = true, eps = 1e-3}),
      case({3, 4, 5, 6}, {}),
      case({3, 4, 5, 6}, {relu = true, add = true}),
      case({7, 3}, {training = true}),
      case({2, 3, 4}, {training = true, relu = true}),
      case({1, 17, 9, 11}, {training = true}),
      without(case({3, 4, 5, 6}, {training = true}), 'gamma', 'beta'),
      without(case({3, 4, 5, 6}, {training = true, relu = true}), 'mean', 'var'),
      without(case({3, 4, 5, 6}, {relu = true}), 'gamma'),
      case({3, 4, 5, 6, layout = 'channels_last'}, {training = true, relu = true, add = true}),
      case({3, 4, 5, 6, layout = 'strided'}, {}),
      bench = bench,
   },
}
