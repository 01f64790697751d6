local hilo = require 'hilo'

local function elements(c)
   local n = 1
   for _, size in ipairs(c.x) do n = n * size end
   return n
end

local function draw(method, dtypes, ...)
   local arguments = {...}
   local group = {
      op = method,
      float = false,
      inputs = {'x'},
      call = function(t, c)
         local args = {unpack(arguments)}
         args[#args + 1] = {generator = hilo.Generator(c.seed or 11)}
         return t.x[method](t.x, unpack(args))
      end,
      bytes = function(c) return 4 * elements(c) end,
      {x = {1}},
      {x = {7, 9}},
      {x = {7, 9, layout = 'transposed'}},
      {x = {3, 1001}, seed = 2 ^ 40 + 3},
      bench = {{x = {8, 64, 81, 81}}},
   }
   for _, dtype in ipairs(dtypes) do table.insert(group, {x = {5, 13, dtype = dtype}}) end
   return group
end

return {
   draw('uniform', {'double'}, -2, 3),
   draw('normal', {'double'}, 1, 0.5),
   draw('bernoulli', {'double', 'byte', 'char', 'short', 'int', 'long'}, 0.3),
   draw('random', {'double', 'byte', 'char', 'short', 'int', 'long'}, 3, 99),
   {
      op = 'dropout',
      inputs = {'x'},
      call = function(t, c)
         return hilo.dropout(t.x, c.p, {channels = c.channels, generator = hilo.Generator(5):setState{seed = 5, offset = 3}})
      end,
      bytes = function(c) return 8 * elements(c) end,
      {x = {3, 4, 5, 6}, p = 0.5},
      {x = {3, 4, 5, 6}, p = 0.5, channels = true},
      {x = {31}, p = 0.1},
      {x = {3, 4}, p = 0.3, channels = true},
      {x = {3, 4}, p = 0},
      {x = {3, 4, 5, 6, layout = 'channels_last'}, p = 0.4},
      bench = {{x = {16, 64, 161, 161}, p = 0.5, channels = true}},
   },
}
