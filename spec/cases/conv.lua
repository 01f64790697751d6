local hilo = require 'hilo'

local function output(c)
   local o = c.options or {}
   local function both(v, default)
      v = v or default
      if type(v) == 'number' then return v, v end
      return v[1], v[2]
   end
   local sh, sw = both(o.stride, 1)
   local ph, pw = both(o.pad, 0)
   local dh, dw = both(o.dilation, 1)
   return math.floor((c.x[3] + 2 * ph - dh * (c.w[3] - 1) - 1) / sh) + 1,
      math.floor((c.x[4] + 2 * pw - dw * (c.w[4] - 1) - 1) / sw) + 1
end

return {
   {
      op = 'conv2d',
      inputs = {'x', 'w', 'b'},
      call = function(t, c) return hilo.conv2d(t.x, t.w, t.b, c.options) end,
      -- of the forward; each gradient costs as much again
      flops = function(c)
         local p, q = output(c)
         return 2 * c.x[1] * c.w[1] * p * q * c.w[2] * c.w[3] * c.w[4]
      end,
      {x = {2, 3, 9, 8}, w = {4, 3, 3, 3}, b = {4}, options = {pad = 1}},
      {x = {2, 3, 9, 8}, w = {4, 3, 3, 3}},
      {x = {1, 5, 17, 19}, w = {3, 5, 3, 3}, b = {3}, options = {pad = 2, dilation = 2}},
      {x = {2, 4, 13, 11}, w = {5, 4, 3, 3}, b = {5}, options = {pad = 6, dilation = 6}},
      {x = {1, 2, 7, 9}, w = {3, 2, 3, 3}, b = {3}, options = {pad = 12, dilation = 12}},
      {x = {2, 16, 20, 21}, w = {17, 16, 3, 3}, b = {17}, options = {pad = 1}},
      {x = {1, 3, 23, 21}, w = {6, 3, 7, 7}, options = {stride = 2, pad = 3}},
      {x = {2, 3, 12, 16}, w = {4, 3, 4, 4}, b = {4}, options = {stride = 2, pad = 1}},
      {x = {2, 6, 9, 7}, w = {5, 6, 1, 1}},
      {x = {2, 6, 9, 7}, w = {5, 6, 1, 1}, b = {5}, options = {stride = 2}},
      {x = {1, 2, 6, 9}, w = {3, 2, 3, 2}, b = {3}, options = {stride = {1, 3}, pad = {2, 0}, dilation = {1, 2}}},
      {x = {1, 1, 1, 1}, w = {1, 1, 1, 1}, b = {1}},
      {x = {1, 1, 2, 2}, w = {2, 1, 3, 3}, b = {2}, options = {pad = 1}},
      {x = {3, 2, 5, 5}, w = {2, 2, 5, 5}, b = {2}},
      {x = {2, 3, 8, 8, layout = 'channels_last'}, w = {4, 3, 3, 3, layout = 'strided'}, b = {4}, options = {pad = 1}},
      {x = {2, 3, 8, 8, layout = 'transposed'}, w = {4, 3, 1, 1}, b = {4, layout = 'strided'}},
      {x = {2, 3, 8, 8, layout = 'narrowed'}, w = {4, 3, 3, 3}, b = {4}, options = {stride = 2}},
      -- DeepLab-v2 on ResNet-101 at 321x321, one image
      bench = {
         {x = {1, 3, 321, 321}, w = {64, 3, 7, 7}, options = {stride = 2, pad = 3}},
         {x = {1, 64, 81, 81}, w = {64, 64, 3, 3}, options = {pad = 1}},
         {x = {1, 64, 81, 81}, w = {256, 64, 1, 1}},
         {x = {1, 128, 81, 81}, w = {128, 128, 3, 3}, options = {stride = 2, pad = 1}},
         {x = {1, 512, 41, 41}, w = {128, 512, 1, 1}},
         {x = {1, 256, 41, 41}, w = {256, 256, 3, 3}, options = {pad = 2, dilation = 2}},
         {x = {1, 512, 41, 41}, w = {512, 512, 3, 3}, options = {pad = 4, dilation = 4}},
         {x = {1, 1024, 41, 41}, w = {2048, 1024, 1, 1}},
         {x = {1, 2048, 41, 41}, w = {21, 2048, 3, 3}, b = {21}, options = {pad = 12, dilation = 12}},
         {x = {1, 24, 321, 321}, w = {64, 24, 4, 4}, b = {64}, options = {stride = 2, pad = 1}},
      },
   },
}
