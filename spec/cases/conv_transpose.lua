local hilo = require 'hilo'

return {
   {
      op = 'conv_transpose2d',
      inputs = {'x', 'w', 'b'},
      call = function(t, c) return hilo.conv_transpose2d(t.x, t.w, t.b, c.options) end,
      -- of the forward; each gradient costs as much again
      flops = function(c) return 2 * c.x[1] * c.x[2] * c.x[3] * c.x[4] * c.w[2] * c.w[3] * c.w[4] end,
      {x = {2, 3, 5, 6}, w = {3, 4, 3, 3}, b = {4}, options = {pad = 1}},
      {x = {1, 2, 4, 4}, w = {2, 3, 4, 4}, b = {3}, options = {stride = 2, pad = 1}},
      {x = {2, 4, 3, 5}, w = {4, 2, 3, 2}, options = {stride = {2, 3}, pad = {1, 0}, extra = {1, 2}}},
      {x = {1, 4, 4, 5}, w = {4, 2, 3, 3}, b = {4}, options = {groups = 2, dilation = 2}},
      bench = {
         {x = {8, 512, 4, 4}, w = {512, 256, 4, 4}, b = {256}, options = {stride = 2, pad = 1}},
      },
   },
}
