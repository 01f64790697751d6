local hilo = require 'hilo'
local process = require 'hilo.io.process'

-- Runs f and expects an error whose text holds every one of the given pieces.
local function fails(f, ...)
   local ok, message = pcall(f)
   assert.is_false(ok)
   for i = 1, select('#', ...) do
      local piece = select(i, ...)
      assert.is_truthy(tostring(message):find(piece, 1, true), ("'%s' lacks '%s'"):format(tostring(message), piece))
   end
end

describe('tensors', function()
   describe('are made', function()
      it('from sizes, tables and other tensors', function()
         assert.are.same({2, 3}, hilo.Tensor(2, 3):size():totable())
         assert.are.same({{1, 2}, {3, 4}}, hilo.Tensor{{1, 2}, {3, 4}}:totable())
         local x = hilo.Tensor{1, 2, 3}
         local same = hilo.Tensor(x)
         same[2] = 9
         assert.are.equal(9, x[2])
         assert.are.equal(0, hilo.Tensor():dim())
      end)

      it('with the type that is asked for', function()
         assert.are.equal('torch.FloatTensor', hilo.Tensor(1):type())
         assert.are.equal('torch.DoubleTensor', hilo.zeros(2, {dtype = 'double'}):type())
         assert.are.equal('torch.ByteTensor', hilo.ByteTensor{1, 255}:type())
         assert.are.equal('torch.LongTensor', hilo.ones(2):long():type())
      end)

      it('as ranges, identity and filled', function()
         assert.are.same({2, 4, 6}, hilo.range(2, 7, 2):totable())
         assert.are.same({0, 0.5, 1}, hilo.linspace(0, 1, 3):totable())
         assert.are.same({{1, 0, 0}, {0, 1, 0}}, hilo.eye(2, 3):totable())
         assert.are.same({7, 7}, hilo.full(7, 2):totable())
      end)

      it('or not: with errors that say what was expected', function()
         fails(function() hilo.Tensor(-1) end, 'size 1', '-1')
         fails(function() hilo.Tensor(1.5) end, 'whole number')
         fails(function() hilo.Tensor(1, 1, 1, 1, 1, 1, 1, 1, 1) end, 'at most 8 dimensions')
         fails(function() hilo.Tensor(2 ^ 39, 2 ^ 39) end, 'more than fit')
         fails(function() hilo.Tensor{{1, 2}, {3}} end, 'equal length')
         fails(function() hilo.Tensor{'a'} end, 'numbers')
         fails(function() hilo.Tensor{{1, nil, 3}} end, 'numbers, got nil at place 2')
         fails(function() hilo.zeros(2, {dtype = 'half'}) end, "no tensor type 'half'", 'bfloat16')
         fails(function() hilo.zeros(2, {type = 'float'}) end, "unknown option 'type'")
         fails(function() hilo.zeros(2, {device = 'tpu'}) end, "no device 'tpu'")
         fails(function() hilo.Tensor(2 ^ 40 - 1) end, 'memory')
      end)
   end)

   describe('are seen', function()
      local x
      before_each(function() x = hilo.range(1, 12):view(3, 4) end)

      it('through views that share memory', function()
         x:narrow(1, 2, 1):fill(0)
         x:select(2, 4):mul(10)
         x:t()[1][3] = -1
         assert.are.same({{1, 2, 3, 40}, {0, 0, 0, 0}, {-1, 10, 11, 120}}, x:totable())
      end)

      it('by numbers, ranges and masks', function()
         assert.are.equal(7, x[2][3])
         assert.are.equal(7, x[{2, 3}])
         assert.are.same({5, 6, 7, 8}, x[2]:totable())
         assert.are.same({{2, 3}, {6, 7}, {10, 11}}, x[{{}, {2, 3}}]:totable())
         assert.are.same({10, 11, 12}, x[x:gt(9)]:totable())
         assert.are.equal(12, x[-1][-1])
      end)

      it('and assigned in the same ways', function()
         x[1] = 0
         x[{2, {2, 3}}] = -1
         x[{3, 4}] = 5
         x[x:gt(9)] = 100
         assert.are.same({{0, 0, 0, 0}, {5, -1, -1, 8}, {9, 100, 100, 5}}, x:totable())
         x[2] = hilo.Tensor{1, 2, 3, 4}
         assert.are.same({1, 2, 3, 4}, x[2]:totable())
      end)

      it('in other shapes', function()
         assert.are.same({2, 6}, x:view(2, -1):size():totable())
         assert.are.same({4, 3}, x:t():contiguous():size():totable())
         assert.are.same({{1, 5, 9}, {2, 6, 10}, {3, 7, 11}, {4, 8, 12}}, x:t():totable())
         assert.are.same({3, 1, 4}, x:unsqueeze(2):size():totable())
         assert.are.same({3, 4}, x:unsqueeze(2):squeeze():size():totable())
         assert.are.same({2, 3, 4}, x:expand(2, 3, 4):size():totable())
         assert.are.same({6, 4}, hilo.repeatTensor(x, 2, 1):size():totable())
         assert.are.same({3, 8}, hilo.cat({x, x}, 2):size():totable())
         assert.are.equal(3, #x:split(1))
      end)

      it('or not: with errors that name sizes and ranges', function()
         fails(function() return x[4] end, 'index 4', '1..3', '3x4')
         fails(function() return x[0] end, 'index 0')
         fails(function() return x[1.5] end, 'index 1.5 is not a whole number', 'dimension 1 of a 3x4 tensor')
         fails(function() return x[{1, 1.5}] end, 'index 1.5 is not a whole number', 'dimension 2 of a 3x4 tensor')
         fails(function() return x[{1, 5}] end, 'index 5 is out of range 1..4 in dimension 2 of a 3x4 tensor')
         fails(function() return x[{-4, 1}] end, 'index -4 is out of range 1..3 in dimension 1 of a 3x4 tensor')
         fails(function() return x:expand(2, 3, 4)[{1, {}, 5}] end, 'index 5 is out of range 1..4 in dimension 3 of a 2x3x4 tensor')
         fails(function() return x[{{2, 7}}] end, 'out of range 1..3')
         fails(function() return x[{1, {2, 7}}] end, 'out of range 1..4 in dimension 2')
         fails(function() return x:narrow(1, 3, 2) end, 'narrow', '3x4')
         fails(function() return x:select(3, 1) end, 'dimension 3', '3x4')
         fails(function() return x:view(5, 2) end, '12 elements', '5x2')
         fails(function() return x:t():view(12) end, 'not contiguous')
         fails(function() return x:transpose(1, 3) end, 'dimension 3')
         fails(function() return x:permute(1, 1) end, 'twice')
         fails(function() return hilo.cat({x, hilo.Tensor(2, 3)}, 1) end, 'cat', '2x3')
         fails(function() return x:index(1, hilo.LongTensor{1, 4}) end, '4', '1..3')
         fails(function() return x:index(1, {1, 2}) end, 'index must be a tensor')
         fails(function() return x:gather(1, hilo.LongTensor{{9, 1, 1, 1}}) end, '9')
         fails(function() x[hilo.ByteTensor{1, 0}] = 1 end)
         fails(function() x[1] = 'a' end, 'string')
         fails(function() x[{1, 1}] = hilo.Tensor(2) end)
      end)
   end)

   describe('compute', function()
      it('in place by methods, and give new ones by operators', function()
         local x = hilo.Tensor{1, 2, 3}
         local y = (x + 1) * 2 - x / 2
         assert.are.same({3.5, 5, 6.5}, y:totable())
         assert.are.same({1, 2, 3}, x:totable())
         assert.are.same({2, 4, 6}, x:mul(2):totable())
         assert.are.same({2.5, 4.5, 6.5}, x:add(0.5):totable())
         assert.are.same({3.5, 6.5, 9.5}, x:add(0.5, hilo.Tensor{2, 4, 6}):totable())
         assert.are.same({-1, -2}, (-hilo.Tensor{1, 2}):totable())
         assert.are.same({1, 4, 9}, (hilo.Tensor{1, 2, 3} ^ 2):totable())
         assert.are.same({9, 8}, (10 - hilo.Tensor{1, 2}):totable())
      end)

      it('matrix products with *', function()
         local a, v = hilo.Tensor{{1, 2}, {3, 4}}, hilo.Tensor{1, 1}
         assert.are.same({{7, 10}, {15, 22}}, (a * a):totable())
         assert.are.same({3, 7}, (a * v):totable())
         assert.are.equal(2, v * v)
         assert.are.same({{8, 12}, {18, 26}}, hilo.Tensor{{1, 2}, {3, 4}}:addmm(a, a):totable())
         fails(function() return hilo.Tensor(2, 2, 2) * hilo.Tensor(2, 2, 2) end, 'hilo.cmul')
      end)

      it('over sizes that broadcast', function()
         local y = hilo.Tensor{{1}, {2}} + hilo.Tensor{10, 20}
         assert.are.same({{11, 21}, {12, 22}}, y:totable())
         fails(function() return hilo.Tensor(2, 3) + hilo.Tensor(2, 2) end, '2x3', '2x2')
         fails(function() return hilo.Tensor(2):add(hilo.Tensor(3)) end)
      end)

      it('comparisons and logic as bytes', function()
         local x = hilo.Tensor{1, 5, 3}
         assert.are.same({0, 1, 0}, x:gt(3):totable())
         assert.are.same({1, 0, 0}, hilo.eq(x, 1):totable())
         assert.is_true(x:gt(0):all())
         assert.is_false(x:gt(9):any())
         assert.is_true(x:equal(x:clone()))
      end)

      it('sums and extremes as numbers, or along dimensions that stay', function()
         local x = hilo.Tensor{{1, 5, 3}, {4, 2, 6}}
         assert.are.equal(21, x:sum())
         assert.are.equal(3.5, x:mean())
         assert.are.equal(6, x:max())
         assert.are.same({{5, 7, 9}}, x:sum(1):totable())
         local values, positions = x:max(2)
         assert.are.same({{5}, {6}}, values:totable())
         assert.are.same({{2}, {3}}, positions:totable())
         assert.are.equal(256, hilo.full(1, 256):byte():sum())
         assert.are.near(math.sqrt(91), x:norm(), 1e-5)
         assert.are.near(1.8708287, x:std(), 1e-5)
         fails(function() return hilo.Tensor():max() end, 'empty')
         fails(function() return x:sum(3) end, 'dimension 3')
         fails(function() return x:sum(1, 1) end, 'twice')
      end)

      it('order: sort, topk, kthvalue, median, cumsum', function()
         local x = hilo.Tensor{3, 1, 2, 0 / 0}
         local values, positions = x:sort()
         assert.are.same({1, 2, 3}, values:narrow(1, 1, 3):totable())
         assert.are.same({2, 3, 1, 4}, positions:totable())
         assert.are.same({9, 7}, (hilo.Tensor{1, 9, 3, 7}:topk(2, 1, true)):totable())
         assert.are.equal(3, (hilo.Tensor{5, 1, 3}:median()):item())
         assert.are.same({1, 3, 6}, hilo.Tensor{1, 2, 3}:cumsum():totable())
         fails(function() return x:topk(9) end, 'k must be 1..4')
      end)

      it('integers without trouble, except division by zero', function()
         local x = hilo.IntTensor{7, -7}
         assert.are.same({3, -3}, x:clone():div(2):totable())
         fails(function() return x:div(0) end, 'zero')
         fails(function() return x:div(hilo.IntTensor{1, 0}) end, 'zero')
         local least = hilo.IntTensor{-2147483648}
         assert.has_no.errors(function() least:div(-1) end)
         assert.has_no.errors(function() return hilo.Tensor{1e30, -1e30, 0 / 0}:byte() end)
      end)

      it('or not: with errors for what does not fit', function()
         local x = hilo.Tensor{1, 2}
         fails(function() return x:add('a') end, 'tensor')
         fails(function() return x + nil end)
         fails(function() return x + {} end)
         fails(function() return x:add(hilo.DoubleTensor{1, 2}) end)
         fails(function() return x + hilo.DoubleTensor{1, 2} end, 'one type')
         fails(function() return hilo.exp(3) end, 'exp', 'number')
         fails(function() return hilo.matmul(x, x) end, 'matmul')
         fails(function() return x:copy(hilo.Tensor(3)) end)
         fails(function() return x:item() end, 'one element')
         fails(function() return x:maskedFill({1, 0}, 0) end, 'mask must be a tensor')
      end)
   end)

   it('cannot be used after free, nor can their views', function()
      local x = hilo.ones(3)
      local view = x:narrow(1, 1, 2)
      x:free()
      fails(function() return x:sum() end, 'freed')
      fails(function() return view + 1 end, 'freed')
      fails(function() return x:data() end, 'freed')
      fails(function() return x[1] end, 'freed')
      fails(function() x[1] = 2 end, 'freed')
      fails(function() return x:clone() end, 'freed')
      assert.is_truthy(tostring(x):find('freed'))
      x:free()
   end)

   it('report errors at the line of the caller', function()
      local line
      local _, message = pcall(function()
         line = debug.getinfo(1, 'l').currentline + 1
         return hilo.Tensor(2, 3) + hilo.Tensor(4, 5)
      end)
      assert.is_truthy(message:find(('tensor_spec.lua:%d:'):format(line), 1, true), message)
   end)

   describe('print as Torch7 prints', function()
      it('vectors, matrices and blocks', function()
         assert.are.equal(' 1\n 2\n[torch.FloatTensor of size 2]\n', tostring(hilo.Tensor{1, 2}))
         assert.are.equal(' 1  2\n 3  4\n[torch.DoubleTensor of size 2x2]\n', tostring(hilo.DoubleTensor{{1, 2}, {3, 4}}))
         assert.are.equal(' 0.5000\n 1.2500\n[torch.FloatTensor of size 2]\n', tostring(hilo.Tensor{0.5, 1.25}))
         assert.are.equal('(1,.,.) = \n  1\n\n(2,.,.) = \n  2\n[torch.ByteTensor of size 2x1x1]\n',
            (tostring(hilo.ByteTensor{{{1}}, {{2}}}):gsub('   ', '  ')))
         assert.are.equal('[torch.FloatTensor with no dimension]\n', tostring(hilo.Tensor()))
      end)

      it('sizes as storages', function()
         assert.are.equal('2\n3\n[torch.LongStorage of size 2]\n', tostring(hilo.Tensor(2, 3):size()))
      end)
   end)

   it('take products in place: of matrices, of matrices each, and of a matrix and a vector', function()
      local a, v = hilo.Tensor{{1, 2}, {3, 4}}, hilo.Tensor{1, 2}
      assert.are.same({{7, 10}, {15, 22}}, hilo.Tensor(2, 2):mm(a, a):totable())
      assert.are.same({{{7, 10}, {15, 22}}}, hilo.Tensor(1, 2, 2):bmm(a:view(1, 2, 2), a:view(1, 2, 2)):totable())
      assert.are.same({5, 11}, hilo.Tensor(2):mv(a, v):totable())
   end)

   describe('change in place by what other views of the same memory held before', function()
      local function square() return hilo.range(1, 9):view(3, 3) end
      local function is(wanted, a) assert.are.same(wanted, a:contiguous():view(a:nElement()):totable()) end

      it('their transpose, a row, a shifted part, or any other', function()
         local a = square()
         is({2, 6, 10, 6, 10, 14, 10, 14, 18}, a:add(a:t()))
         a = square()
         is({1, 4, 7, 2, 5, 8, 3, 6, 9}, a:copy(a:t()))
         a = square()
         is({2, 4, 6, 5, 7, 9, 8, 10, 12}, a:add(a[1]))
         a = square()
         a[{{}, 1}] = a[2]
         is({4, 2, 3, 5, 5, 6, 6, 8, 9}, a)
         a = square()
         is({-1, -4, -7, -2, -5, -8, -3, -6, -9}, a:neg(a:t()))
         a = square()
         is({2, 6, 12, 8, 15, 24, 14, 24, 36}, a:addcmul(1, a, a[1]:view(1, 3):expand(3, 3)))
         a = hilo.range(1, 100)
         a:narrow(1, 2, 99):add(a:narrow(1, 1, 99))
         is(hilo.cat(hilo.ones(1), hilo.range(2, 100) * 2 - 1, 1):totable(), a)
      end)

      it('where elements land at other places, themselves', function()
         local a = square()
         is({7, 8, 9, 1, 2, 3, 4, 5, 6}, a:indexCopy(1, hilo.LongTensor{2, 3, 1}, a))
         a = hilo.range(1, 4)
         is({4, 1, 2, 3}, a:scatter(1, hilo.LongTensor{2, 3, 4, 1}, a))
         a = hilo.range(1, 4)
         is({1, 1, 2, 3}, a:maskedCopy(hilo.ByteTensor{0, 1, 1, 1}, a))
         a = hilo.range(1, 4):view(2, 2)
         is({7, 10, 15, 22}, a:mm(a, a))
      end)

      it('masks and positions too', function()
         local a = hilo.ByteTensor{{1, 0}, {1, 1}}
         is({0, 0, 0, 1}, a:maskedFill(a[1], 0))
         a = hilo.ByteTensor{{1, 0, 0}, {1, 1, 0}, {1, 1, 1}}
         is({0, 0, 0, 1, 0, 0, 1, 1, 0}, a:maskedCopy(a:t(), hilo.zeros(6):byte()))
         a = hilo.LongTensor{2, 3, 1}
         is({9, 7, 8}, a:indexCopy(1, a, hilo.LongTensor{7, 8, 9}))
         a = hilo.LongTensor{2, 3, 1}
         is({9, 7, 8}, a:scatter(1, a, hilo.LongTensor{7, 8, 9}))
      end)
   end)

   it('draw the same numbers from the same seed', function()
      hilo.manualSeed(3)
      local a, n = hilo.randn(1000), hilo.rand(10)
      hilo.manualSeed(3)
      assert.is_true(a:equal(hilo.randn(1000)))
      assert.is_true(n:equal(hilo.rand(10)))
      assert.is_true(math.abs(a:mean()) < 0.1 and math.abs(a:std() - 1) < 0.1)
   end)

   it('of few elements are changed in place within microseconds, for LuaJIT compiles calls of ops', function()
      local program = [[
         local hilo = require 'hilo'
         local x, y, best = hilo.randn(10), hilo.randn(10), math.huge
         for _ = 1, 10 do
            local begin = os.clock()
            for _ = 1, 20000 do x:add(y) end
            best = math.min(best, (os.clock() - begin) / 20000)
         end
         print(best)]]
      local child = io.popen(('luajit -e %s'):format(process.quoted(program)))
      local seconds = tonumber(child:read '*a')
      child:close()
      assert.is_true(seconds < 3e-6, seconds .. ' s')
   end)

   it('survive collection through their views', function()
      local view = hilo.range(1, 1e5):narrow(1, 5, 3)
      for _ = 1, 5 do collectgarbage() end
      assert.are.same({5, 6, 7}, view:totable())
   end)
end)
