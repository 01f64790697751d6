local hilo = require 'hilo'

local function output(c, w, o)
   w, o = w or c.w, o or c.options or {}
   local function both(v, default)
      v = v or default
      if type(v) == 'number' then return v, v end
      return v[1], v[2]
   end
   local sh, sw = both(o.stride, 1)
   local ph, pw = both(o.pad, 0)
   local dh, dw = both(o.dilation, 1)
   return math.floor((c.x[3] + 2 * ph - dh * (w[3] - 1) - 1) / sh) + 1,
      math.floor((c.x[4] + 2 * pw - dw * (w[4] - 1) - 1) / sw) + 1
end

-- A sum of up to four convolutions: w1, b1, ..., w4, b4.
local function branches(t)
   local weights, biases = {}, {}
   for i = 1, 4 do weights[i], biases[i] = t['w' .. i], t['b' .. i] end
   return weights, biases
end

local function dilated(...)
   local list = {}
   for i, d in ipairs {...} do list[i] = {pad = d, dilation = d} end
   return list
end

-- Atrous spatial pyramid of four 3x3 convolutions.
local function pyramid(x, k, options)
   local c = {x = x, options = options}
   for i = 1, #options do c['w' .. i], c['b' .. i] = {k, x[2], 3, 3}, {k} end
   return c
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
      -- groups: as many as channels, the same with several kernels each, fewer
      {x = {2, 5, 9, 8}, w = {5, 1, 3, 3}, b = {5}, options = {pad = 1, groups = 5}},
      {x = {2, 3, 19, 35}, w = {3, 1, 3, 3}, options = {pad = 1, groups = 3}},
      {x = {2, 3, 20, 37}, w = {3, 1, 3, 3}, options = {stride = 2, pad = 1, groups = 3}},
      {x = {1, 4, 13, 11}, w = {8, 1, 3, 3}, b = {8}, options = {pad = 2, dilation = 2, groups = 4}},
      {x = {1, 3, 11, 9}, w = {6, 1, 3, 3}, b = {6}, options = {stride = {2, 3}, pad = {3, 1}, dilation = {2, 3}, groups = 3}},
      {x = {2, 2, 7, 6}, w = {2, 1, 3, 3}, options = {pad = 12, dilation = 12, groups = 2}},
      {x = {1, 3, 9, 8}, w = {3, 1, 2, 2}, options = {pad = 3, groups = 3}},
      {x = {2, 4, 9, 10}, w = {4, 1, 5, 4}, b = {4}, options = {pad = {2, 0}, groups = 4}},
      {x = {2, 8, 6, 7, layout = 'channels_last'}, w = {8, 1, 3, 3, layout = 'strided'}, b = {8}, options = {pad = 1, groups = 8}},
      {x = {2, 6, 9, 7}, w = {4, 3, 3, 3}, b = {4}, options = {pad = 1, groups = 2}},
      {x = {1, 6, 8, 9}, w = {9, 2, 1, 3}, options = {stride = 2, groups = 3}},
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
         -- of MobileNet-v2
         {x = {4, 96, 161, 161}, w = {96, 1, 3, 3}, options = {stride = 2, pad = 1, groups = 96}},
         {x = {4, 384, 41, 41}, w = {384, 1, 3, 3}, options = {pad = 1, groups = 384}},
         {x = {4, 960, 41, 41}, w = {960, 1, 3, 3}, options = {pad = 4, dilation = 4, groups = 960}},
      },
   },
   {
      op = 'conv2d_sum',
      inputs = {'x', 'w1', 'b1', 'w2', 'b2', 'w3', 'b3', 'w4', 'b4'},
      call = function(t, c)
         local weights, biases = branches(t)
         return hilo.conv2d_sum(t.x, weights, biases, c.options)
      end,
      flops = function(c)
         local sum = 0
         for i, w in ipairs((branches(c))) do
            local p, q = output(c, w, c.options[i])
            sum = sum + 2 * c.x[1] * w[1] * p * q * w[2] * w[3] * w[4]
         end
         return sum
      end,
      pyramid({2, 6, 11, 9}, 3, dilated(1, 2, 3, 4)),
      pyramid({1, 4, 7, 8}, 2, dilated(6, 12, 18, 24)),
      pyramid({2, 5, 10, 30}, 3, dilated(6, 12, 18)),
      pyramid({2, 3, 9, 8}, 12, dilated(1, 3)),
      pyramid({2, 3, 9, 8}, 2, dilated(2)),
      {x = {2, 7, 12, 9}, w1 = {2, 7, 3, 3}, w2 = {2, 7, 1, 1}, b2 = {2}, w3 = {2, 7, 5, 1},
         options = {{pad = 1}, {}, {pad = {4, 0}, dilation = {2, 1}}}},
      {x = {1, 6, 12, 9}, w1 = {2, 6, 3, 3}, b1 = {2}, w2 = {2, 6, 1, 1}, options = {{stride = 2, pad = 1}, {stride = 2}}},
      {x = {1, 6, 9, 9}, w1 = {3, 6, 3, 3}, w2 = {3, 6, 5, 5}, b2 = {3}, options = {{pad = 1, stride = 2}, {}}},
      {x = {2, 4, 8, 8, layout = 'channels_last'}, w1 = {2, 4, 3, 3, layout = 'strided'}, b1 = {2, layout = 'strided'},
         w2 = {2, 4, 3, 3}, options = dilated(1, 7)},
      {x = {1, 40, 16, 12}, w1 = {3, 40, 3, 3}, b1 = {3}, w2 = {3, 40, 3, 3}, b2 = {3}, options = dilated(5, 9)},
      -- DeepLab-v2's classifier on ResNet-18 at 176x176, ResNet-101 at 321x321
      bench = {
         pyramid({4, 512, 22, 22}, 11, dilated(6, 12, 18, 24)),
         pyramid({2, 2048, 41, 41}, 21, dilated(6, 12, 18, 24)),
      },
   },
}
