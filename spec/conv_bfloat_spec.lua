--- Convolutions of bfloat16 on the CPU, of sizes that fill and overrun the tiles of its products, against float32 of the same
--- operands: results are off by their rounding, gradients of weights by the order of their sums.
local core = require 'hilo.core'
local hilo = require 'hilo'
local shell = require('spec.tiny_runs').shell
local helper = require 'spec.helper'

local function rounded(name, ...)
   return helper.by_formula(name, {...}, 2, 0, 'float'):to{dtype = 'bfloat16'}
end

-- y and all gradients of the sum of convolutions of x by copies of ws and bs.
local function pass(x, ws, bs, options, dy)
   x = x:clone()
   x.requires_grad = true
   local w, b = {}, {}
   for i = 1, #ws do
      w[i], b[i] = ws[i]:clone(), bs[i]:clone()
      w[i].requires_grad, b[i].requires_grad = true, true
   end
   local y = #ws == 1 and hilo.conv2d(x, w[1], b[1], options[1]) or hilo.conv2d_sum(x, w, b, options)
   y:backward(dy)
   return y, x.grad, w, b
end

local function same_as_float(x, ws, bs, options)
   local like = hilo.no_grad(function() return hilo.conv2d(x, ws[1], bs[1], options[1]) end)
   local dy = rounded('dy', like:size(1), like:size(2), like:size(3), like:size(4))
   local y, dx, w, b = pass(x, ws, bs, options, dy)
   local y_float, dx_float, w_float, b_float = pass(x:float(), ws, bs, options, dy:float())
   assert.equal('bfloat16', y:dtype())
   assert.equal('bfloat16', dx:dtype())
   helper.assert_close(y:float(), y_float, 2 ^ -8, 'y')
   helper.assert_close(dx:float(), dx_float, 2 ^ -8, 'dx')
   for i = 1, #w do
      helper.assert_close(w[i].grad, w_float[i].grad, 1e-4, 'dw')
      helper.assert_close(b[i].grad, b_float[i].grad, 1e-4, 'db')
   end
end

describe('a convolution of bfloat16 on the CPU', function()
   after_each(function() hilo.setwinograd(true) end)

   -- images, channels, height, width; channels of the result, kernel; stride, padding, dilation, groups
   for name, c in pairs {
      ['1x1, more channels than a packed tile holds'] = {2, 900, 13, 11, 40, 1},
      ['1x1, fewer results than a tile has columns'] = {2, 7, 5, 5, 9, 1},
      ['1x1, stride 2'] = {2, 64, 33, 33, 70, 1, stride = 2},
      ['of one channel'] = {1, 1, 7, 3, 1, 3, pad = 1},
      ['3x3'] = {2, 33, 21, 19, 48, 3, pad = 1},
      ['3x3, by Winograd without AMX'] = {2, 96, 30, 23, 80, 3, pad = 1},
      ['3x3, by Winograd without AMX, dilated'] = {3, 80, 34, 22, 96, 3, pad = 4, dilation = 4},
      ['3x3, stride 2'] = {2, 32, 33, 31, 64, 3, stride = 2, pad = 1},
      ['3x3, stride 3, some pixels unused'] = {2, 5, 9, 10, 7, 3, stride = 3},
      ['3x3, dilated beyond the image'] = {1, 256, 11, 11, 8, 3, pad = 12, dilation = 12},
      ['4x4, stride 2'] = {2, 16, 32, 30, 24, 4, stride = 2, pad = 1},
      ['7x7, stride 2, of images'] = {1, 3, 65, 63, 20, 7, stride = 2, pad = 3},
      ['in groups'] = {2, 24, 15, 15, 36, 3, pad = 1, groups = 4},
      ['depthwise'] = {2, 24, 15, 15, 24, 3, pad = 1, groups = 24},
   } do
      it('does as float32: ' .. name, function()
         local n, channels, h, w, k, r = unpack(c)
         local groups = c.groups or 1
         same_as_float(rounded('x', n, channels, h, w), {rounded('w', k, channels / groups, r, r):float()},
            {helper.by_formula('b', {k}, 1, 0, 'float')},
            {{stride = c.stride or 1, pad = c.pad or 0, dilation = c.dilation or 1, groups = groups}})
      end)
   end

   it('does as float32: four dilations summed', function()
      local ws, bs, options = {}, {}, {}
      for i = 1, 4 do
         ws[i] = rounded('w' .. i, 5, 70, 3, 3):float()
         bs[i] = helper.by_formula('b' .. i, {5}, 1, 0, 'float')
         options[i] = {pad = 6 * i, dilation = 6 * i}
      end
      same_as_float(rounded('x', 2, 70, 21, 17), ws, bs, options)
   end)

   it('rounds weights as it reads them, by Winograd too', function()
      local x, w, b = rounded('x', 2, 96, 30, 23), helper.by_formula('w', {80, 96, 3, 3}, 0.1, 0, 'float'), hilo.zeros(80)
      local options, dy = {{pad = 1}}, rounded('dy', 2, 80, 30, 23)
      local y, dx = pass(x, {w}, {b}, options, dy)
      local y_rounded, dx_rounded = pass(x, {w:to{dtype = 'bfloat16'}:float()}, {b}, options, dy)
      local function apart(a, c) return (a:detach():float() - c:detach():float()):abs():max() end
      assert.equal(0, apart(y, y_rounded))
      assert.equal(0, apart(dx, dx_rounded))
      if os.getenv 'HILO_CPU' ~= 'avx512bf16' then return end
      hilo.setwinograd(false)
      local y_plain, dx_plain = pass(x, {w}, {b}, options, dy)
      assert.is_true(apart(y, y_plain) > 0, 'forward did not go by Winograd')
      assert.is_true(apart(dx, dx_plain) > 0, 'the gradient did not go by Winograd')
   end)

   it('keeps NaN to the results that it reaches', function()
      local x = rounded('x', 1, 20, 12, 50)
      x[1][3][5][7] = 0 / 0
      local y = hilo.conv2d(x, rounded('w', 10, 20, 1, 1):float()):float()
      local wrong = hilo.no_grad(function() return y:ne(y):sum() end)
      assert.equal(10, wrong)
   end)

   it('holds all of this without AMX tiles too', function()
      if os.getenv 'HILO_CPU' or core.device('cpu').file ~= 'hilo_cpu_avx512bf16' then return pending 'there are none' end
      local code, text = shell(("cd '%s' && HILO_CPU=avx512bf16 luajit $(command -v busted) --output=spec/report.lua " ..
         'spec/conv_bfloat_spec.lua'):format(core.root))
      assert.equal(0, code, text)
      assert.matches('%d+ passed, 0 failed', text)
   end)
end)
