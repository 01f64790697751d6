local hilo = require 'hilo'

-- The maximum of each window and where it is: the first of equal ones; NaN before all others, the last where there are several.
local function reference(x, kernel, stride, pad)
   local h, w = x:size(1), x:size(2)
   local maxima, places = {}, {}
   for top = -pad, h + pad - kernel, stride do
      for left = -pad, w + pad - kernel, stride do
         local best, at
         for r = math.max(0, top), math.min(h, top + kernel) - 1 do
            for c = math.max(0, left), math.min(w, left + kernel) - 1 do
               local v = x[r + 1][c + 1]
               if not at or v > best or v ~= v then best, at = v, r * w + c end
            end
         end
         maxima[#maxima + 1], places[#places + 1] = best, at
      end
   end
   return maxima, places
end

-- Few different values, so that many are equal; with infinite ones, zeros of both signs and NaN among them.
local function plane(h, w)
   local x = (hilo.randn(h, w) * 2):floor()
   for i = 1, h * w do
      local odd = ({[3] = -math.huge, [17] = 0 / 0, [23] = -0.0, [29] = math.huge})[i % 31]
      if odd then x[math.floor((i - 1) / w) + 1][(i - 1) % w + 1] = odd end
   end
   return x
end

local function same(a, b) return a == b or a ~= a and b ~= b end

describe('max_pool', function()
   for _, dtype in ipairs {'float', 'double', 'bfloat16'} do
      it('finds the first of equal maxima and the last NaN in each window of ' .. dtype, function()
         hilo.manualSeed(1)
         for _, size in ipairs {{9, 40}, {8, 67}, {5, 7}, {6, 16}} do
            for _, window in ipairs {{3, 2, 1}, {3, 1, 1}, {2, 2, 0}, {2, 1, 1}, {4, 3, 2}} do
               local kernel, stride, pad = unpack(window)
               local values = plane(unpack(size))
               local x = values:view(1, 1, unpack(size)):to {dtype = dtype}
               x.requires_grad = true
               local y = hilo.max_pool(x, {kernel = kernel, stride = stride, pad = pad})
               local dy = hilo.ones(y:size()):to {dtype = dtype}
               y:backward(dy)
               local maxima, places = reference(values, kernel, stride, pad)
               local what = ('%s: kernel %d, stride %d, pad %d on %dx%d'):format(dtype, kernel, stride, pad, unpack(size))
               local found, expected = y:detach():float():view(-1), {}
               for i, v in ipairs(maxima) do
                  assert(same(v, found[i]), ('%s: maximum %d is %g, not %g'):format(what, i, found[i], v))
                  expected[places[i]] = (expected[places[i]] or 0) + 1
               end
               local grad = x.grad:float():view(-1)
               for i = 1, grad:nElement() do
                  assert.equal(expected[i - 1] or 0, grad[i], ('%s: gradient at %d'):format(what, i))
               end
            end
         end
      end)
   end
end)
