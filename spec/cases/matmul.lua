local hilo = require 'hilo'

return {
   {
      op = 'matmul',
      inputs = {'a', 'b'},
      call = function(t) return hilo.matmul(t.a, t.b) end,
      flops = function(c)
         local a, b = c.a, c.b
         return 2 * (a[3] and a[1] * a[2] or a[1]) * a[#a] * b[#b]
      end,
      {a = {3, 4}, b = {4, 5}},
      {a = {1, 1}, b = {1, 1}},
      {a = {17, 33}, b = {33, 19}},
      {a = {3, 4, layout = 'transposed'}, b = {4, 5}},
      {a = {3, 4, layout = 'transposed'}, b = {4, 5, layout = 'transposed'}},
      {a = {3, 4, layout = 'strided'}, b = {4, 5, layout = 'strided'}},
      {a = {2, 3, 4}, b = {2, 4, 5}},
      {a = {2, 3, 4, layout = 'transposed'}, b = {2, 4, 5, layout = 'narrowed'}},
      bench = {{a = {256, 256}, b = {256, 1681}}, {a = {1024, 1024}, b = {1024, 1024}}, {a = {16, 2048}, b = {2048, 21}}},
   },
   {
      op = 'mv',
      inputs = {'a', 'v'},
      call = function(t) return hilo.mv(t.a, t.v) end,
      {a = {3, 4}, v = {4}},
      {a = {3, 4, layout = 'transposed'}, v = {4, layout = 'strided'}},
   },
   {
      op = 'ger',
      inputs = {'a', 'b'},
      call = function(t) return hilo.ger(t.a, t.b) end,
      {a = {3}, b = {4}},
   },
   {
      op = 'dot',
      inputs = {'a', 'b'},
      call = function(t) return hilo.dot(t.a, t.b) end,
      {a = {7}, b = {7}},
      {a = {2, 3}, b = {2, 3, layout = 'transposed'}},
   },
}
