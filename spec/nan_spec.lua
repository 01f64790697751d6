--- NaNs of any bits, as files and uninitialised memory hold them, are NaN to Lua; LuaJIT alone would take some for nil or strings.
local ffi = require 'ffi'
local hilo = require 'hilo'

local function is_nan(x) return type(x) == 'number' and x ~= x end

local kinds = {
   float = {ctype = 'uint32_t', 0xffffffff, 0xfff60001, 0xffe00123, 0xff812345, 0xffc00000, 0x7fc00000, 0x7f800001},
   double = {ctype = 'uint64_t', 0xffffffffffffffffULL, 0xfffd800000000001ULL, 0xfffa123456789abcULL, 0xfff8000000000000ULL,
      0xfff0000000000001ULL, 0x7ff8000000000000ULL},
}

for dtype, bits in pairs(kinds) do
   describe('NaN in a tensor of ' .. dtype, function()
      local t

      before_each(function()
         t = hilo.zeros({#bits}, {dtype = dtype})
         local p = ffi.cast(bits.ctype .. ' *', t:data())
         for i, b in ipairs(bits) do p[i - 1] = b end
      end)

      it('is NaN when read', function()
         local values = t:totable()
         for i = 1, #bits do
            assert.is_true(is_nan(t[i]))
            assert.is_true(is_nan(t:narrow(1, i, 1):item()))
            assert.is_true(is_nan(values[i]))
         end
         assert.is_truthy(tostring(t):find 'nan')
      end)

      it('is NaN to apply and map', function()
         local seen = 0
         t:clone():apply(function(x) seen = seen + (is_nan(x) and 1 or 0) end)
         t:clone():map(t, function(x, y) seen = seen + (is_nan(x) and is_nan(y) and 1 or 0) end)
         assert.equal(2 * #bits, seen)
      end)

      it('leaves numbers and infinities alone', function()
         local values = {1, -2.5, math.huge, -math.huge, 0, -2 ^ 100}
         assert.same(values, hilo.DoubleTensor(values):to{dtype = dtype}:totable())
      end)
   end)
end
