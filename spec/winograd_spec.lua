local hilo = require 'hilo'

-- Result and both gradients of a convolution, as float64.
local function convolve(x, w, b, dy, options)
   x, w = x:detach():clone(), w:detach():clone()
   x.requires_grad, w.requires_grad = true, true
   local y = hilo.conv2d(x, w, b, options)
   y:backward(dy)
   return {y:detach():double(), x.grad:double(), w.grad:double()}
end

describe('convolutions of float32', function()
   after_each(function() hilo.setwinograd(true) end)

   for _, layer in ipairs {
      {channels = 64, kernel = {3, 3}, x = {41, 41}, pad = 1},
      {channels = 96, kernel = {3, 3}, x = {27, 27}, pad = 2, dilation = 2},
      {channels = 256, kernel = {3, 3}, x = {22, 23}, pad = 4, dilation = 4}, -- tiles of 6x6
      {channels = 64, kernel = {3, 3}, x = {65, 47}, pad = 1},
      -- tiles of 3 to 5 results: 47 = 7 * 6 + 5, 34 = 5 * 6 + 4; 7 = 4 + 3, 14 = 6 + 5 + 3; phases of 9 and 8 rows, the
      -- latter with a tile of 3 of which 2 are there, and of 6 and 5 columns
      {channels = 77, kernel = {3, 3}, x = {47, 34}, pad = 1},
      {channels = 150, kernel = {3, 3}, x = {7, 14}, pad = 1},
      {images = 3, channels = 96, outputs = 80, kernel = {3, 3}, x = {34, 22}, pad = 4, dilation = 4},
      {channels = 128, kernel = {4, 4}, x = {89, 96}, pad = 1, stride = 2},
      {channels = 128, kernel = {4, 4}, x = {98, 91}, pad = 0, stride = 2},
      {channels = 96, kernel = {4, 4}, x = {90, 97}, pad = 3, stride = 2},
   } do
      local options = {pad = layer.pad, dilation = layer.dilation, stride = layer.stride}
      local n, c, k, r, s = layer.images or 1, layer.channels, layer.outputs or layer.channels, unpack(layer.kernel)
      local about = '%d channels, %dx%d, stride %d, padding %d'
      it('by Winograd keep within 1e-5 of float64, by plain sums within 1e-6: '
         .. about:format(c, r, s, layer.stride or 1, layer.pad), function()
         local x, w = hilo.randn(n, c, layer.x[1], layer.x[2]), hilo.randn(k, c, r, s) * math.sqrt(2 / (r * s * c))
         local b, dy = hilo.randn(k), hilo.randn(hilo.conv2d(x, w, nil, options):size())
         local exact = convolve(x:double(), w:double(), b:double(), dy:double(), options)
         local errors = {}
         for _, winograd in ipairs {true, false} do
            hilo.setwinograd(winograd)
            local worst = 0
            for i, got in ipairs(convolve(x, w, b, dy, options)) do
               worst = math.max(worst, (got - exact[i]):norm() / exact[i]:norm())
            end
            errors[winograd] = worst
         end
         assert.is_true(errors[true] < 1e-5, 'by Winograd: ' .. errors[true])
         assert.is_true(errors[false] < 1e-6, 'by plain sums: ' .. errors[false])
         assert.is_true(errors[true] > errors[false], 'the switch changes nothing')
      end)
   end

   it('take true or false for the switch', function()
      assert.error_matches(function() hilo.setwinograd(1) end, '^setwinograd: .*true or false, got 1')
   end)
end)
