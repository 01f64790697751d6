-- torch_functions_spec.lua: Torch7's functions under the switch, by their definitions, by values that NumPy gives, and with results
-- that come first.
local torch = rawget(_G, 'torch') -- there in the process with the switch

local function near(expected, got, tolerance)
   if type(expected) == 'table' and not torch.isTensor(expected) then expected = torch.Tensor(expected) end
   assert.same(expected:size():totable(), got:size():totable())
   local difference = (expected - got:double()):abs():max()
   assert.is_true(difference <= (tolerance or 1e-12), ('differs by %g: %s'):format(difference, tostring(got)))
end

require 'spec.switched'('Functions of Torch7', function(it)
   it('are all there, as functions and as methods', function()
      local names = [[
         abs acos add addbmm addcdiv addcmul addmm addmv addr all any apply asin atan atan2 baddbmm bernoulli bhistc bitand
         bitor bitxor bmm cat cauchy cdiv ceil chunk cinv clamp clone cmax cmin cmod cmul conv2 conv3 copy cos cosh cpow
         cremainder cross csub cumprod cumsum diag dist div dot eig eq equal exp expand expandAs exponential eye fill floor
         fmod frac gather ge gels geometric geqrf ger gesv gt histc index indexAdd indexCopy indexFill inverse kthvalue le
         lerp linspace log log1p logNormal logspace lshift lt map map2 maskedCopy maskedFill maskedSelect max mean median min
         mm mod mode mul multinomial mv narrow ne neg nonzero norm normal numel ones orgqr ormqr permute potrf potri potrs
         pow prod pstrf qr rand randn random randperm range remainder renorm repeatTensor reshape resize resizeAs round
         rshift rsqrt scatter select set sigmoid sign sin sinh size sort split sqrt squeeze std storage sub sum svd symeig t
         tan tanh topk totable trace transpose tril triu trtrs trunc unfold uniform unsqueeze var view viewAs xcorr2 xcorr3
         zero zeros]]
      local x, missing = torch.Tensor(2), {}
      for name in names:gmatch '%S+' do
         if type(torch[name]) ~= 'function' then missing[#missing + 1] = 'torch.' .. name end
         if type(x[name]) ~= 'function' then missing[#missing + 1] = 'x:' .. name end
      end
      assert.same({}, missing)
   end)

   it('take arguments in a form that is known, or tell the forms', function()
      assert.error_matches(function() torch.sort('x') end, 'torch.sort: called with %(string%); it takes %(tensor%)')
      assert.error_matches(function() torch.linspace(0, 1, 1) end, 'one number does not go from 0 to 1')
      assert.error_matches(function() torch.Tensor(3):chunk(0) end, 'a number of pieces of 1 or more, got 0')
   end)
end)

require 'spec.switched'('Products of Torch7', function(it)
   local function matrices()
      local a = torch.range(1, 12):view(2, 2, 3)
      local b = torch.range(-3, 8):view(2, 3, 2)
      return a, b, torch.Tensor{{1, 2}, {3, 4}}
   end

   it('of batches add up in all forms', function()
      local a, b, m = matrices()
      -- NumPy: (a @ b).sum(0)
      local sum = {{122, 152}, {158, 206}}
      near(sum, torch.addbmm(0, m, a, b))
      near(torch.Tensor(sum) + m, torch.addbmm(m, a, b))
      near(torch.Tensor(sum) * 3 + m * 2, torch.addbmm(2, m, 3, a, b))
      local res = torch.Tensor()
      assert.equal(res, torch.addbmm(res, 2, m, 3, a, b))
      near(torch.Tensor(sum) * 3 + m * 2, res)
      near(torch.Tensor(sum) + m, m:clone():addbmm(a, b))
      near(torch.Tensor(sum) * 0.5 + m, m:clone():addbmm(0.5, a, b))
      near(torch.Tensor(sum) + m * 2, torch.zeros(2, 2):addbmm(2, m, 1, a, b))
      assert.error_matches(function() m:addbmm(m, m) end, 'expects a %(B,M,K%) and b %(B,K,N%), got 2x2 and 2x2')
   end)

   it('of one pair add to a result, and may be written where a factor was', function()
      local a, b, m = matrices()
      local x = a[1] * b[1]
      near({{-2, 4}, {-11, 4}}, x)
      near(x + m, torch.addmm(m, a[1], b[1]))
      near(x * 2 + m * 3, torch.addmm(torch.Tensor(), 3, m, 2, a[1], b[1]))
      near(m + m * m, m:clone():addmm(m, m))
      local square = m:clone()
      square:addmm(0, square, 1, square, square)
      near(m * m, square)
      near({5 + 1, 11 + 1}, torch.addmv(torch.ones(2), m, torch.Tensor{1, 2}))
      near({{4, 6}, {9, 12}}, torch.addr(m, torch.Tensor{1, 2}, torch.Tensor{3, 4}))
      near({{3, 4}, {6, 8}}, torch.ger(torch.Tensor{1, 2}, torch.Tensor{3, 4}))
      near(torch.bmm(a, b) + 1, torch.baddbmm(torch.ones(2, 2, 2), a, b))
   end)

   -- in the place of M stands the tensor itself, so that two numbers may lie side by side: x:addmm(0, 1, a, b)
   it('take numbers before M and before the factors, with M and without', function()
      local a, b, m = matrices()
      local column, row = torch.Tensor{1, 2}, torch.Tensor{3, 4}
      local products = {addmm = {m, m, m}, addmv = {m, column, row}, addr = {column, row, m}, addbmm = {a, b, m},
         baddbmm = {a, b, torch.bmm(a, b)}}
      for name, list in pairs(products) do
         local p, q, base = unpack(list)
         local y = torch[name](0, base, p, q)
         local x = base:clone():fill(5)
         for _, case in ipairs {{x + y}, {x + y * 2, 2}, {y * 2, 0, 2}, {x * 3 + y * 2, 3, 2}, {base + y, base},
            {base * 3 + y, 3, base}, {base + y * 2, base, 2}, {base * 3 + y * 2, 3, base, 2}} do
            local arguments = {unpack(case, 2)}
            arguments[#arguments + 1], arguments[#arguments + 2] = p, q
            local z = x:clone()
            near(case[1], z[name](z, unpack(arguments)))
         end
         assert.error_matches(function() x[name](x, 1, 2, 3, p, q) end, name .. ': expects ')
      end
   end)

   it('of whole numbers are whole and wrap, in each type', function()
      local a, b = {{1, 2, 3}, {4, 5, 6}}, {{1, 1}, {2, 0}, {0, 3}}
      for _, name in ipairs {'Byte', 'Char', 'Short', 'Int', 'Long'} do
         local Whole = torch[name .. 'Tensor']
         local x, y = Whole(a), Whole(b)
         assert.same({{5, 10}, {14, 22}}, (x * y):totable())
         assert.equal(x:type(), (x * y):type())
         assert.same({{22, 42}, {58, 90}}, Whole{{1, 1}, {1, 1}}:addmm(2, 4, x, y):totable())
         assert.same({{5, 10}, {14, 22}}, torch.mm(Whole(), x:narrow(2, 1, 3), y:t():clone():t()):totable())
         assert.same({14, 32}, torch.mv(x, Whole{1, 2, 3}):totable())
         assert.equal(91, x:dot(x))
         assert.same({{3, 4}, {6, 8}}, torch.ger(Whole{1, 2}, Whole{3, 4}):totable())
         local twice = torch.bmm(x:view(1, 2, 3):expand(2, 2, 3), y:view(1, 3, 2):expand(2, 3, 2))
         assert.same({{{5, 10}, {14, 22}}, {{5, 10}, {14, 22}}}, twice:totable())
         local plane = Whole{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}
         assert.same({{12, 16}, {24, 28}}, torch.conv2(plane, Whole(2, 2):fill(1)):totable())
         -- the largest number of the type squared is 1 in it
         local bits = 8 * x:elementSize()
         local most = name == 'Byte' and 255 or bits < 64 and 2 ^ (bits - 1) - 1 or nil
         if most then assert.same({{1}}, (Whole{{most}} * Whole{{most}}):totable()) end
         assert.error_matches(function() return x * x end, '2x3 times 2x3 does not fit')
         assert.error_matches(function() return torch.mm(x, torch.ones(3, 2)) end, 'matmul: ')
      end
      local big = torch.LongTensor{{2 ^ 40, 3}}
      assert.equal(0, (big * torch.LongTensor{{2 ^ 40}, {2}} - 6):sum())
   end)
end)

require 'spec.switched'('Elements, orders and counts of Torch7', function(it)
   it('are changed one by one', function()
      local a, b = torch.Tensor{1, -2, 4}, torch.Tensor{5, 6, 7}
      near({-1, 2, -4}, a:clone():neg())
      near({1, -0.5, 0.25}, torch.cinv(a))
      near({-4, -8, -3}, torch.csub(a, b))
      near({-9, -14, -10}, torch.csub(a, 2, b))
      near({5, -12, 28}, torch.zeros(3):map2(a, b, function(_, y, z) return y * z end))
      near({6, 4, 11}, a:clone():map(b, function(y, z) return y + z end))
      near({2, 0, 4.75}, torch.lerp(a, b, 0.25))
      near({1, -2, 0}, torch.fmod(a, torch.Tensor{3, 3, 4}))
      near({1, 1, 1}, torch.remainder(a, 3))
      near({10, 100}, torch.logspace(1, 2, 2))
      near({math.sqrt(17), 5}, torch.cpow(torch.Tensor{17, 25}, torch.Tensor{0.5, 0.5}))
   end)

   it('are bits of whole numbers', function()
      local x = torch.IntTensor{12, 10}
      assert.same({8, 8}, torch.bitand(x, 9):totable())
      assert.same({14, 10}, torch.bitor(x, torch.IntTensor{2, 2}):totable())
      assert.same({6, 0}, torch.bitxor(x, 10):totable())
      assert.same({48, 40}, x:clone():lshift(2):totable())
      assert.same({3, 2}, torch.rshift(x, 2):totable())
   end)

   it('are sorted, counted, taken and put', function()
      local x = torch.Tensor{{3, 1, 2}, {6, 6, 5}}
      local values, positions = torch.sort(x, true)
      assert.same({{{3, 2, 1}, {6, 6, 5}}, {1, 3, 2}}, {values:totable(), positions[1]:totable()})
      assert.same({{2}, {6}}, (torch.median(x)):totable())
      assert.same({{2}, {6}}, (torch.kthvalue(x, 2)):totable())
      assert.same({{6}}, (torch.mode(x:narrow(1, 2, 1))):totable())
      assert.same({1, 1, 1, 0, 1, 2}, torch.histc(x, 6, 1, 6):totable())
      assert.same({{1, 1, 1}, {0, 0, 0}}, torch.bhistc(x, 3, 1, 3):totable())
      assert.same({{1, 2}, {5, 6}}, x:gather(2, torch.LongTensor{{2, 3}, {3, 1}}):totable())
      assert.same({{0, 7, 0}, {7, 0, 0}}, torch.zeros(2, 3):scatter(2, torch.LongTensor{{2}, {1}}, 7):totable())
      assert.same({{3}, {6}}, (torch.topk(x, 1, true)):totable())
      assert.same({{3, 1, 2}}, (torch.topk(x, 1, 1, false)):totable())
      assert.same({{1, 2}, {5, 6}}, (torch.topk(torch.Tensor(), torch.LongTensor(), x, 2)):totable())
      assert.equal(5, torch.dist(torch.Tensor{{3, 0}, {0, 4}}, torch.zeros(4)))
      assert.same({6, 6}, x:maskedSelect(x:eq(6)):totable())
      assert.same({{1, 1}, {2, 3}}, torch.nonzero(torch.Tensor{{4, 0, 0}, {0, 0, 9}}):totable())
      assert.equal(5, torch.cat({torch.Tensor(), torch.ones(2), torch.Tensor(), torch.ones(3)}):sum())
   end)

   it('have norms, spreads and distances', function()
      local x = torch.Tensor{{3, 4}, {6, 8}}
      near({{5}, {10}}, torch.norm(x, 2, 2))
      near({{3 / 5, 4 / 5}, {6 / 10, 8 / 10}}, torch.renorm(x, 2, 1, 1), 1e-6)
      assert.equal(5, torch.dist(torch.Tensor{1, 2}, torch.Tensor{4, 6}))
      near({{0.25}, {1}}, torch.var(x, 2, true))
      near({{0.5}, {2}}, torch.var(x, 2))
      near({{math.sqrt(0.5)}, {math.sqrt(2)}}, torch.std(torch.Tensor(), x, 2))
      assert.equal(11, torch.trace(x))
      near({{3, 0}, {6, 8}}, torch.tril(x))
      near({0, 0, 1}, torch.cross(torch.Tensor{1, 0, 0}, torch.Tensor{0, 1, 0}))
   end)
end)

require 'spec.switched'('Convolutions of Torch7', function(it)
   -- Of one plane: the sum over the kernel, turned round for a convolution.
   local function valid(x, k, turned)
      local kh, kw = k:size(1), k:size(2)
      local y = torch.zeros(x:size(1) - kh + 1, x:size(2) - kw + 1)
      for i = 1, y:size(1) do
         for j = 1, y:size(2) do
            for r = 1, kh do
               for c = 1, kw do
                  local weight = turned and k[kh + 1 - r][kw + 1 - c] or k[r][c]
                  y[i][j] = y[i][j] + x[i + r - 1][j + c - 1] * weight
               end
            end
         end
      end
      return y
   end

   local function surrounded(x, h, w)
      local y = torch.zeros(x:size(1) + 2 * h, x:size(2) + 2 * w)
      y:narrow(1, h + 1, x:size(1)):narrow(2, w + 1, x:size(2)):copy(x)
      return y
   end

   it('are sums over windows, of a plane and of planes', function()
      local x, k = torch.rand(6, 7), torch.rand(3, 2)
      near(valid(x, k, false), torch.xcorr2(x, k))
      near(valid(x, k, true), torch.conv2(x, k))
      near(valid(surrounded(x, 2, 1), k, true), torch.conv2(x, k, 'F'))
      near(valid(surrounded(x, 2, 1), k, false), torch.xcorr2(x, k, 'F'))
      local planes, kernels = torch.rand(2, 6, 7), torch.rand(3, 2, 3, 2)
      local y = torch.xcorr2(planes, kernels)
      for p = 1, 3 do near(valid(planes[1], kernels[p][1], false) + valid(planes[2], kernels[p][2], false), y[p]) end
      local res = torch.Tensor()
      assert.equal(res, torch.conv2(res, x, k))
      near(torch.conv2(x, k), res)
   end)

   it('of volumes are sums of those of planes', function()
      local x, k = torch.rand(4, 5, 6), torch.rand(2, 3, 2)
      local y = torch.xcorr3(x, k)
      for d = 1, 3 do near(valid(x[d], k[1], false) + valid(x[d + 1], k[2], false), y[d]) end
      local turned = torch.conv3(x, k)
      for d = 1, 3 do near(valid(x[d], k[2], true) + valid(x[d + 1], k[1], true), turned[d]) end
   end)
end)

require 'spec.switched'('LAPACK of Torch7', function(it)
   it('gives factors that make the matrix again, also in named results, which lie by columns', function()
      local a = torch.Tensor{{4, 1, 0}, {1, 5, 2}, {0, 2, 6}}
      local e, v, u, s, w = torch.Tensor(), torch.Tensor(3, 3), torch.Tensor(), torch.Tensor(), torch.Tensor()
      local q, r = torch.Tensor(), torch.Tensor()
      for _ = 1, 2 do
         torch.symeig(e, v, a, 'V')
         near(a, v * torch.diag(e) * v:t())
         assert.is_false(v:isContiguous())
      end
      torch.svd(u, s, w, a)
      near(a, u * torch.diag(s) * w:t())
      torch.qr(q, r, a)
      near(a, q * r)
      near(torch.eye(3), q:t() * q)
      local factors, tau = torch.geqrf(a)
      near(q, torch.orgqr(factors, tau))
      near(r, torch.ormqr(factors, tau, a, 'L', 'T'))
      near(torch.eye(3), torch.inverse(a) * a)
      near(torch.gesv(torch.ones(3, 1), a), (torch.gels(torch.ones(3, 1), a)))
      near(torch.inverse(a), torch.potri(torch.potrf(a)))
      -- NumPy's eigvalsh
      near({2.8548973087995773, 4.476023602918135, 7.669079088282288}, e)
   end)
end)

require 'spec.switched'('Draws of Torch7', function(it)
   it('go on from a state, and a generator may come first everywhere', function()
      torch.manualSeed(5)
      local state, gen = torch.getRNGState(), torch.Generator()
      assert.equal('torch.ByteTensor', state:type())
      torch.setRNGState(gen, state)
      local function all(...)
         local x = torch.Tensor(4)
         return {torch.rand(..., 2):totable(), torch.randn(..., 2):totable(), torch.randperm(..., 5):totable(), torch.uniform(...),
            torch.random(..., 9), torch.bernoulli(..., 0.5), torch.normal(..., 1, 2), torch.exponential(..., 2),
            x:uniform(..., 2, 3):totable(), x:cauchy(..., 0, 1):totable(), torch.multinomial(..., torch.ones(3), 2):totable()}
      end
      local first = all(gen)
      torch.setRNGState(gen, state)
      assert.same(first, all(gen))
      assert.equal(state, torch.setRNGState(state))
      assert.same(first[1], torch.rand(2):totable())
      assert.equal(5, torch.initialSeed())
      assert.error_matches(function() torch.setRNGState(torch.ByteTensor(3)) end,
         'expects what torch.getRNGState gave, got torch.ByteTensor of 3')
   end)

   it('have the means and the spreads of their distributions', function()
      torch.manualSeed(1)
      local n = 40000
      local x = torch.Tensor(n)
      local function close(expected, got, tolerance)
         assert.is_true(math.abs(expected - got) < tolerance, ('%g, not %g'):format(got, expected))
      end
      close(0.5, x:exponential(2):mean(), 0.02)
      close(0.5, x:std(), 0.02)
      close(4, x:geometric(0.75):mean(), 0.15)
      close(0.25, x:eq(1):double():mean(), 0.02)
      close(1, x:logNormal(1, 0.5):log():mean(), 0.02)
      close(0.5, x:std(), 0.02)
      -- half of Cauchy's numbers are within sigma of the median
      x:cauchy(3, 2)
      close(0.5, x:csub(3):abs():lt(2):double():mean(), 0.02)
      close(0.3, torch.ByteTensor(n):bernoulli(0.3):double():mean(), 0.02)
      local p = torch.linspace(0, 1, n)
      close(0.5, x:bernoulli(p):mean(), 0.02)
      close(1 / 3, x:cmul(p):mean(), 0.02)
      local drawn = torch.multinomial(torch.Tensor{1, 0, 3}, n, true)
      close(0.75, drawn:eq(3):double():mean(), 0.02)
      local tables = torch.multinomialAliasSetup(torch.Tensor{1, 0, 3})
      close(0.75, torch.multinomialAlias(torch.LongTensor(n), tables):eq(3):double():mean(), 0.02)
      assert.error_matches(function() torch.LongTensor(2):exponential(1) end, 'expects a float tensor, got torch.LongTensor')
      assert.error_matches(function() torch.geometric(2) end, 'expects a p between 0 and 1, got 2')
   end)
end)
