--- torch_linalg_spec.lua: functions of matrices, counts and draws that Torch7 has too.
local hilo = require 'hilo'

local function near(a, b, tolerance)
   assert.is_true(a:isSameSizeAs(b))
   assert.is_true(hilo.dist(a, b) <= (tolerance or 1e-10), tostring(a - b))
end

describe('LAPACK', function()
   local a = hilo.DoubleTensor{{4, 1, 0}, {1, 5, 2}, {0, 2, 6}}
   local one = hilo.eye(3, 3, {dtype = 'double'})

   it('solves equations, square and by least squares', function()
      local b = hilo.DoubleTensor{{1}, {2}, {3}}
      near(a * hilo.gesv(b, a), b)
      near(a * hilo.potrs(b, hilo.potrf(a)), b)
      local upper = hilo.triu(a)
      near(upper * hilo.trtrs(b, upper), b)
      local wide, c = a:narrow(1, 1, 2), hilo.DoubleTensor{{1}, {2}}
      near(wide * hilo.gels(c, wide), c)
      local tall = a:narrow(2, 1, 2)
      near(tall:t() * (tall * hilo.gels(b, tall) - b), hilo.zeros({2, 1}, {dtype = 'double'}))
   end)

   it('inverts, and says which matrix has no inverse', function()
      near(hilo.inverse(a) * a, one)
      near(hilo.potri(hilo.potrf(a)), hilo.inverse(a))
      near(hilo.potri(hilo.potrf(a, 'L'), 'L'), hilo.inverse(a))
      assert.error_matches(function() hilo.inverse(hilo.DoubleTensor{{1, 1}, {1, 1}}) end, 'singular')
      assert.error_matches(function() hilo.potrf(hilo.DoubleTensor{{1, 2}, {2, 1}}) end, 'not positive definite')
   end)

   it('gives factors that make the matrix again', function()
      local e, v = hilo.symeig(a, 'V')
      near(v * hilo.diag(e) * v:t(), a)
      local values = hilo.eig(a)
      near(hilo.sort(values:select(2, 1)), e)
      local wide = a:narrow(1, 1, 2)
      local u, s, w = hilo.svd(wide)
      near(u * hilo.diag(s) * w:t(), wide)
      local q, r = hilo.qr(wide:t())
      near(q * r, wide:t())
      near(q:t() * q, hilo.eye(2, 2, {dtype = 'double'}))
      local c, pivots = hilo.pstrf(a)
      pivots = pivots:long()
      near(c:t() * c, a:index(1, pivots):index(2, pivots))
   end)
end)

describe('functions of tensors', function()
   it('of diagonals have gradients', function()
      local x = hilo.DoubleTensor{{1, 2}, {3, 4}}
      x.requires_grad = true
      hilo.sum(hilo.cmul(hilo.tril(x), x)):backward()
      assert.same({{2, 0}, {6, 8}}, x.grad:totable())
      x.grad = nil
      hilo.trace(x):backward()
      assert.same({{1, 0}, {0, 1}}, x.grad:totable())
   end)

   it('count, and find what comes most often', function()
      assert.same({0, 3, 0, 2, 1}, hilo.histc(hilo.Tensor{2, 4, 2, 2, 5, 4}, 5, 1, 5):totable())
      local values, positions = hilo.mode(hilo.Tensor{{1, 2, 2}, {3, 1, 3}})
      assert.same({{2}, {3}}, values:totable())
      assert.same({{3}, {3}}, positions:totable())
   end)

   it('draw only what has a probability, each once without replacement', function()
      hilo.manualSeed(1)
      local p = hilo.Tensor{0.5, 0, 0.2, 0.3}
      for _ = 1, 20 do
         local drawn = hilo.sort(hilo.multinomial(p, 3))
         assert.same({1, 3, 4}, drawn:totable())
      end
      local many = hilo.multinomialAlias(hilo.LongTensor(20000), hilo.multinomialAliasSetup(p))
      local counts = hilo.histc(many:float(), 4, 0.5, 4.5)
      assert.equal(0, counts[2])
      assert.is_true(math.abs(counts[1] / 20000 - 0.5) < 0.02)
   end)

   it('convolve fully and validly, in two and three dimensions', function()
      local x, k = hilo.ones(3, 3), hilo.Tensor{{1, 2}, {3, 4}}
      assert.same({{1, 3, 3, 2}, {4, 10, 10, 6}, {4, 10, 10, 6}, {3, 7, 7, 4}}, hilo.conv2(x, k, 'F'):totable())
      assert.same({{10, 10}, {10, 10}}, hilo.xcorr2(x, k):totable())
      assert.equal(8, hilo.conv3(hilo.ones(3, 3, 3), hilo.ones(2, 2, 2))[1][1][1])
   end)

   it('of bits, cross products and norms', function()
      assert.same({1, 2}, hilo.bitand(hilo.LongTensor{5, 6}, 3):totable())
      assert.same({-1}, hilo.rshift(hilo.LongTensor{-2}, 1):totable())
      assert.same({0, 0, 1}, hilo.cross(hilo.Tensor{1, 0, 0}, hilo.Tensor{0, 1, 0}):totable())
      assert.is_true(math.abs(hilo.renorm(hilo.Tensor{{3, 4}, {0, 1}}, 2, 1, 1):norm(2, 2)[1][1] - 1) < 1e-5)
   end)
end)
