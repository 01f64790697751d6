local hilo = require 'hilo'

local function elements(sizes)
   local n = 1
   for _, size in ipairs(sizes) do n = n * size end
   return n
end

local function images(n, h, w, more)
   local d = {n, 3, h, w, low = -2, high = 3, fixed = true}
   for key, value in pairs(more or {}) do d[key] = value end
   return d
end

return {
   {
      op = 'softmax_pair',
      inputs = {'x', 'images', 'mask'},
      call = function(t) return hilo.softmax_pair(t.x, t.images, {mask = t.mask}) end,
      bytes = function(c) return 8 * (elements(c.x) + elements(c.images)) end,
      {x = {2, 5, 4, 3, low = -4, high = 4}, images = images(2, 4, 3)},
      {x = {2, 5, 4, 3, low = -4, high = 4}, images = images(2, 4, 3), mask = {2, 1, 4, 3, mask = true}},
      {x = {1, 40, 31, 29}, images = images(1, 31, 29), mask = {1, 1, 31, 29, mask = true}},
      {x = {1, 1, 2, 2}, images = {1, 1, 2, 2, values = {3, 3, 3, 3}, fixed = true}},
      {x = {2, 5, 4, 3, layout = 'channels_last'}, images = images(2, 4, 3, {layout = 'strided'}),
         mask = {2, 1, 4, 3, mask = true, layout = 'transposed'}},
      bench = {{x = {8, 21, 321, 321}, images = images(8, 321, 321), mask = {8, 1, 321, 321, mask = true}}},
   },
   {
      op = 'one_hot_pair',
      float = false,
      inputs = {'labels', 'images', 'mask'},
      call = function(t, c) return hilo.one_hot_pair(t.labels, t.images, c.classes, {mask = t.mask, void = c.void}) end,
      {labels = {2, 4, 3, labels = 5}, images = images(2, 4, 3), classes = 5},
      {labels = {2, 4, 3, labels = 5}, images = images(2, 4, 3), mask = {2, 1, 4, 3, mask = true}, classes = 5},
      {labels = {1, 2, 2, values = {0, 7, 2, 1}, dtype = 'int'}, images = images(1, 2, 2), classes = 3, void = 7},
      {labels = {2, 4, 3, labels = 5, layout = 'transposed'}, images = images(2, 4, 3, {layout = 'channels_last'}), classes = 5},
      bench = {{labels = {8, 321, 321, labels = 21}, images = images(8, 321, 321), classes = 21}},
   },
}
