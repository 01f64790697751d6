local hilo = require 'hilo'

-- Result and both gradients of a 3x3 convolution, as float64.
local function convolve(x, w, dy, options)
   x, w = x:detach():clone(), w:detach():clone()
   x.requires_grad, w.requires_grad = true, true
   local y = hilo.conv2d(x, w, nil, options)
   y:backward(dy)
   return {y:detach():double(), x.grad:double(), w.grad:double()}
end

describe('3x3 convolutions of float32', function()
   after_each(function() hilo.setwinograd(true) end)

   for _, layer in ipairs {{channels = 64, size = 41, dilation = 1}, {channels = 96, size = 27, dilation = 2}} do
      it(('by Winograd keep within 1e-5 of float64, by plain sums within 1e-6 (%d channels, dilation %d)'):format(
         layer.channels, layer.dilation), function()
         local c, size = layer.channels, layer.size
         local options = {pad = layer.dilation, dilation = layer.dilation}
         local x, w = hilo.randn(1, c, size, size), hilo.randn(c, c, 3, 3) * math.sqrt(2 / (9 * c))
         local dy = hilo.randn(1, c, size, size)
         local exact = convolve(x:double(), w:double(), dy:double(), options)
         local errors = {}
         for _, winograd in ipairs {true, false} do
            hilo.setwinograd(winograd)
            local worst = 0
            for i, got in ipairs(convolve(x, w, dy, options)) do
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
      assert.has_error(function() hilo.setwinograd(1) end, 'setwinograd: expects true or false, got 1')
   end)
end)
