local hilo = require 'hilo'

local function elements(sizes)
   local n = 1
   for _, size in ipairs(sizes) do n = n * size end
   return n
end

local function softmax(name)
   return {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.dim) end,
      bytes = function(c) return 8 * elements(c.x) end,
      {x = {2, 5, 4, 3, low = -4, high = 4}},
      {x = {4, 7}},
      {x = {4, 7}, dim = 1},
      {x = {2, 3, 4, 5}, dim = 4},
      {x = {2, 3, 4, 5}, dim = -2},
      {x = {6}, dim = 1},
      {x = {2, 1, 3}},
      {x = {2, 5, 4, 3, low = 80, high = 120}},
      {x = {2, 5, 4, 3, layout = 'channels_last'}},
      bench = {{x = {8, 21, 321, 321}}},
   }
end

local function pair(name, more)
   local group = {
      op = name,
      inputs = {'a', 'b'},
      call = function(t, c) return hilo[name](t.a, t.b, c.options) end,
      bytes = function(c) return 8 * elements(c.a) end,
      {a = {3, 4}, b = {3, 4}},
      {a = {3, 4}, b = {3, 4}, options = {reduction = 'sum'}},
      {a = {2, 3, 4, 5, low = -3, high = 3}, b = {2, 3, 4, 5}},
      {a = {1}, b = {1}},
      {a = {3, 4, layout = 'transposed'}, b = {3, 4}},
      {a = {3, 4}, b = {3, 4, layout = 'strided'}, options = {reduction = 'sum'}},
      bench = {{a = {16, 512}, b = {16, 512}}},
   }
   for _, c in ipairs(more or {}) do table.insert(group, c) end
   return group
end

local bce = pair('bce_with_logits', {{a = {5, 4, low = -30, high = 30}, b = {5, 4}}})
for _, c in ipairs(bce) do
   c.b.low, c.b.high = 0, 1
end

return {
   softmax('softmax'),
   softmax('log_softmax'),
   {
      op = 'cross_entropy',
      inputs = {'x', 'labels', 'weight'},
      call = function(t, c)
         local o = c.options or {}
         return hilo.cross_entropy(t.x, t.labels, {weight = t.weight, void = o.void, per_image = o.per_image})
      end,
      bytes = function(c) return 4 * elements(c.x) end,
      {x = {2, 5, 4, 3, low = -3, high = 3}, labels = {2, 4, 3, labels = 5}},
      {x = {3, 5, 4, 6}, labels = {3, 4, 6, labels = 5}, options = {per_image = true}},
      {x = {2, 5, 4, 3}, labels = {2, 4, 3, labels = 5}, weight = {5, low = 0.2, high = 2, fixed = true}},
      {x = {2, 5, 4, 3}, labels = {2, 4, 3, labels = 5}, weight = {5, low = 0.2, high = 2, fixed = true},
         options = {per_image = true}},
      {x = {6, 4}, labels = {6, labels = 4}},
      {x = {2, 3, 4}, labels = {2, 4, labels = 3, dtype = 'long'}},
      {x = {2, 3, 4}, labels = {2, 4, labels = 3, dtype = 'int'}},
      {x = {1, 3, 2}, labels = {1, 2, values = {255, 255}, dtype = 'byte'}},
      {x = {2, 3, 2}, labels = {2, 2, values = {255, 255, 1, 255}, dtype = 'byte'}, options = {per_image = true}},
      {x = {1, 3, 4}, labels = {1, 4, values = {0, 7, 2, 1}, dtype = 'byte'}, options = {void = 7}},
      {x = {1, 3, 4}, labels = {1, 4, values = {0, -1, 2, 1}, dtype = 'int'}, options = {void = -1}},
      {x = {2, 5, 4, 3, layout = 'channels_last'}, labels = {2, 4, 3, labels = 5, layout = 'transposed'}},
      bench = {{x = {8, 21, 321, 321}, labels = {8, 321, 321, labels = 21}}},
   },
   {
      op = 'resize_cross_entropy',
      inputs = {'x', 'labels', 'weight'},
      call = function(t, c)
         local o = c.options or {}
         return hilo.resize_cross_entropy(t.x, t.labels, {weight = t.weight, void = o.void, per_image = o.per_image, mode = o.mode,
            align_corners = o.align_corners})
      end,
      bytes = function(c) return 4 * c.x[2] * elements(c.labels) end,
      {x = {2, 5, 4, 3, low = -3, high = 3}, labels = {2, 13, 9, labels = 5}, options = {align_corners = true}},
      {x = {2, 5, 4, 3, low = -3, high = 3}, labels = {2, 13, 9, labels = 5}},
      {x = {2, 3, 11, 6}, labels = {2, 40, 5, labels = 3}, options = {mode = 'nearest'}},
      {x = {3, 4, 9, 7}, labels = {3, 4, 5, labels = 4}, options = {per_image = true}},
      {x = {1, 4, 9, 7}, labels = {1, 3, 4, labels = 4}, options = {align_corners = true}},
      {x = {1, 3, 5, 6}, labels = {1, 5, 6, labels = 3}, weight = {3, low = 0.2, high = 2, fixed = true}},
      {x = {2, 3, 10, 9}, labels = {2, 73, 33, labels = 3}, weight = {3, low = 0.2, high = 2, fixed = true},
         options = {per_image = true, align_corners = true}},
      {x = {1, 2, 1, 1}, labels = {1, 3, 4, labels = 2, dtype = 'long'}},
      {x = {1, 3, 4, 5}, labels = {1, 1, 1, values = {2}, dtype = 'int'}, options = {align_corners = true}},
      {x = {1, 3, 2, 2}, labels = {1, 2, 3, values = {7, 7, 7, 7, 7, 7}, dtype = 'byte'}, options = {void = 7}},
      {x = {2, 5, 4, 3, layout = 'channels_last'}, labels = {2, 8, 7, labels = 5, layout = 'transposed'}},
      -- DeepLab-v2's logits at 321x321, and at 176x176
      bench = {
         {x = {8, 21, 41, 41}, labels = {8, 321, 321, labels = 21}, options = {align_corners = true}},
         {x = {4, 11, 22, 22}, labels = {4, 176, 176, labels = 11}, options = {align_corners = true}},
      },
   },
   bce,
   pair('mse'),
   pair('l1'),
   pair('smooth_l1', {{a = {4, 5, low = -3, high = 3}, b = {4, 5, low = -3, high = 3}}}),
   {
      op = 'cosine_similarity',
      inputs = {'a', 'b'},
      call = function(t, c) return hilo.cosine_similarity(t.a, t.b, c.options) end,
      bytes = function(c) return 8 * elements(c.a) end,
      {a = {3, 7}, b = {3, 7}},
      {a = {1, 1}, b = {1, 1}},
      {a = {2, 6, layout = 'transposed'}, b = {2, 6}},
      {a = {2, 6, low = -1e-3, high = 1e-3}, b = {2, 6}, options = {eps = 0.5}},
      bench = {{a = {80, 21}, b = {80, 21}}},
   },
}
