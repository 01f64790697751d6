-- torch_tensors_spec.lua: tensors and storages under the switch have Torch7's types, views, sizes and counts of elements.
local ffi = require 'ffi'

local torch = rawget(_G, 'torch') -- there in the process with the switch

local kinds = {'Byte', 'Char', 'Short', 'Int', 'Long', 'Float', 'Double', 'Half'}

require 'spec.switched'('Types of Torch7', function(it)
   it('are there, with their storages, sizes of elements and conversions', function()
      local bytes = {Byte = 1, Char = 1, Short = 2, Int = 4, Long = 8, Float = 4, Double = 8, Half = 2}
      for _, kind in ipairs(kinds) do
         local t = torch[kind .. 'Tensor']{1, 2, 3}
         assert.equal(('torch.%sTensor'):format(kind), torch.type(t))
         assert.equal(t:type(), t.__typename)
         assert.equal(('torch.%sStorage'):format(kind), torch.type(t:storage()))
         assert.equal(bytes[kind], t:elementSize())
         assert.equal(6, t:double():sum())
         for _, other in ipairs(kinds) do
            local converted = t:type(('torch.%sTensor'):format(other))
            assert.equal(('torch.%sTensor'):format(other), torch.typename(converted))
            assert.same({1, 2, 3}, converted:totable())
         end
      end
   end)

   it('of 8 and 16 bits lie in memory as C has them, and wrap', function()
      local paths = torch.CharTensor(2, 6):fill(0)
      ffi.copy(paths[2]:data(), 'one')
      assert.equal('one', ffi.string(paths:data() + 6))
      local s = torch.CharStorage():string 'a\200'
      assert.same({97, -56}, s:totable())
      assert.equal('b\200', torch.CharTensor(s):narrow(1, 1, 1):add(1) and s:string())
      local short = torch.ShortTensor{32767, 3}
      assert.equal(short:data() + 1, short:narrow(1, 2, 1):data())
      assert.same({-32768, 4}, (short + 1):totable())
      assert.same({-56, 56}, torch.CharTensor{200, -200}:totable())
      assert.same({127, -128}, torch.DoubleTensor{200, -200}:char():totable())
      assert.same({-128, -127}, (torch.CharTensor{127, 1} * 1 + torch.CharTensor{1, -128}):totable())
   end)

   it('are told by name, by pattern and by what makes them', function()
      local x = torch.FloatTensor(2)
      assert.is_true(torch.isTensor(x) and not torch.isTensor {} and torch.isStorage(x:storage()))
      assert.is_true(torch.isTypeOf(x, 'torch.FloatTensor') and torch.isTypeOf(x, torch.FloatTensor))
      assert.is_true(torch.isTypeOf(x, 'torch.*Tensor') and not torch.isTypeOf(x, torch.DoubleTensor))
      assert.equal('number', torch.type(3))
      assert.is_nil(torch.typename(3))
   end)

   it('follow setdefaulttensortype', function()
      assert.equal('torch.DoubleTensor', torch.getdefaulttensortype())
      torch.setdefaulttensortype 'torch.FloatTensor'
      local x, s = torch.zeros(2), torch.Storage(2)
      torch.setdefaulttensortype 'torch.DoubleTensor'
      assert.equal('torch.FloatTensor', x:type())
      assert.equal('torch.FloatStorage', torch.type(s))
      assert.equal('torch.DoubleTensor', torch.Tensor(2):type())
   end)
end)

require 'spec.switched'('Views of Torch7', function(it)
   it('share the memory of their storage', function()
      local s = torch.DoubleStorage{1, 2, 3, 4, 5, 6}
      local x = torch.DoubleTensor(s, 2, torch.LongStorage{2, 2}, torch.LongStorage{1, 3})
      assert.same({{2, 5}, {3, 6}}, x:totable())
      x[1][2] = 50
      assert.equal(50, s[5])
      s[2] = 20
      assert.equal(20, x[1][1])
      assert.equal(torch.pointer(x:storage()), torch.pointer(torch.DoubleTensor(x):storage()))
      assert.equal(2, x:storageOffset())
      assert.equal(6, #x:storage():totable())
      local part = torch.DoubleStorage(s, 3, 2)
      part[1] = 30
      assert.equal(30, s[3])
   end)

   it('are files, read, or shared with who else maps them', function()
      local path = os.tmpname()
      local file = assert(io.open(path, 'wb'))
      file:write(('\1\2\3\4'):rep(4))
      file:close()
      local own = torch.ByteStorage(path)
      assert.same({1, 2, 3, 4}, {own:size() == 16 and own[1], own[2], own[15], own[16]})
      own[1] = 9
      do
         local shared, again = torch.ByteStorage(path, true), torch.CharTensor(torch.CharStorage(path, true))
         assert.equal(1, shared[1])
         shared[2] = 200
         assert.equal(-56, again[2])
      end
      assert.equal(200, torch.ByteStorage(path, false, 3)[2])
      assert.equal(0x04030201, torch.IntStorage(path)[2])
      local x = torch.FloatTensor(torch.FloatStorage(path, true, 100), 5, torch.LongStorage{2, 3})
      x:fill(0.5)
      assert.equal(0.5, torch.FloatStorage(path)[10])
      assert.equal(400, torch.ByteStorage(path):size())
      assert.equal(0, torch.FloatStorage(path, true)[100])
      assert.error_matches(function() x:resize(1000) end, 'is a file of 100 elements')
      assert.error_matches(function() torch.FloatStorage(path, false, 101) end, '101 elements of 4 bytes are wanted')
      assert.error_matches(function() torch.FloatStorage(path, true, 0) end, 'a whole number of 1 or more')
      x = nil -- luacheck: no unused
      collectgarbage()
      os.remove(path)
      assert.error_matches(function() torch.FloatStorage(path, true) end, 'No such file')
      assert.error_matches(function() torch.FloatStorage(path) end, 'No such file')
      assert.equal(1e6, torch.DoubleStorage(path, true, 1e6):size())
      os.remove(path)
      assert.error_matches(function() torch.ByteStorage('/', true) end, 'is a folder')
   end)

   it('are files that may become shorter: what is lost reads as 0, and a message says so', function()
      local path = os.tmpname()
      local pipe = assert(io.popen(([[luajit -e '
         local torch = require "hilo.torch"
         local n = 3 * 65536
         local lost, kept = torch.ByteTensor(torch.ByteStorage("%s", true, n)), torch.ByteTensor(torch.ByteStorage("%s.2", true, n))
         lost:fill(7)
         kept:fill(8)
         local file = assert(io.open("%s", "w"))
         file:write(("\7"):rep(65536))
         file:close()
         print(lost:long():sum(), lost[65536], lost[65537], lost[n], kept[n])
         lost:fill(2)
         print(lost[1], lost[n])
         lost, kept = nil, nil
         collectgarbage()
         print(torch.ByteStorage("%s"):size(), torch.ByteStorage("%s")[1])' 2>&1]]):format(path, path, path, path, path)))
      local text = pipe:read '*a'
      pipe:close()
      os.remove(path)
      os.remove(path .. '.2')
      assert.matches('^hilo: ' .. path:gsub('%p', '%%%0') .. ', which is memory of this process, has become shorter[^\n]*\n'
         .. '458752\t7\t0\t0\t8\n2\t2\n65536\t2\n$', text)
   end)

   it('are files, and a SIGBUS of another reason ends the process as before', function()
      local path = os.tmpname()
      -- sent by somebody, and for a file that somebody else maps
      for _, cause in ipairs {'C.raise(7)', [[
         C.truncate("%s.2", 0)
         print(C.mmap(nil, 4096, 1, 1, fd, 0)[0])
      ]]} do
         local script = ([[luajit -e '
            local torch, ffi, fcntl = require "hilo.torch", require "ffi", require "posix.fcntl"
            local mapped, C = torch.ByteStorage("%s", true, 10), ffi.C
            ffi.cdef "int raise(int); int truncate(const char *, long); char *mmap(void *, size_t, int, int, int, long);"
            local fd = fcntl.open("%s.2", fcntl.O_RDWR + fcntl.O_CREAT, 384)
            %s
            os.exit(0)' 2>/dev/null]]):format(path, path, cause:format(path))
         local status = os.execute(script)
         local by_sanitizer = os.getenv 'HILO_SANITIZED' and status == 256
         assert.is_true(status == 7 or status == 135 * 256 or by_sanitizer, cause .. ': ' .. tostring(status))
      end
      os.remove(path)
      os.remove(path .. '.2')
   end)

   it('become others by set, and new() is a view of all', function()
      local x, y = torch.range(1, 6), torch.Tensor()
      y:set(x:storage(), 3, torch.LongStorage{2, 2})
      assert.same({{3, 4}, {5, 6}}, y:totable())
      y:set(x)
      assert.is_true(y:isSetTo(x) and x:new():isSetTo(x))
      assert.equal(0, x.new():nElement())
      assert.same({2, 3}, x.new(2, 3):size():totable())
      y:set()
      assert.equal(0, y:dim())
   end)

   it('are never made by reshape and repeatTensor, and always by view and unfold', function()
      local x = torch.range(1, 6)
      x:reshape(2, 3):fill(0)
      assert.equal(21, x:sum())
      x:view(2, 3)[1]:fill(0)
      assert.same({0, 0, 0, 4, 5, 6}, x:totable())
      assert.same({{0, 4}, {4, 5}, {5, 6}}, x:narrow(1, 3, 4):unfold(1, 2, 1):totable())
      assert.same({{4, 5, 4, 5}}, x:sub(4, 5):repeatTensor(1, 2):totable())
   end)

   it('are numbers where one element is left', function()
      local x = torch.Tensor{{1, 2}, {3, 4}}
      assert.equal(4, x:select(1, 2):select(1, 2))
      assert.equal(3, torch.Tensor{{{3}}}:squeeze())
      assert.same({1}, torch.Tensor{{3}}:squeeze(1):size():totable())
      assert.equal(2, x[torch.LongStorage{1, 2}])
   end)

   it('are parts from first to last, counted from either end', function()
      local x = torch.range(1, 12):view(3, 4)
      assert.same({{6, 7}, {10, 11}}, x:sub(2, 3, 2, -2):totable())
      assert.same({{9, 10, 11, 12}}, x:sub(-1, -1):totable())
      assert.error_matches(function() x:sub(2, 4) end, 'out of range 1..3 in dimension 1')
   end)

   it('are pieces of one length, or of a number of pieces', function()
      local x, into = torch.range(1, 7), {1, 2, 3, 4, 5}
      local sizes = {}
      for i, piece in ipairs(x:split(3)) do sizes[i] = piece:size(1) end
      assert.same({3, 3, 1}, sizes)
      torch.chunk(into, x, 2)
      assert.equal(2, #into)
      assert.same({5, 6, 7}, into[2]:totable())
      into[1]:fill(0)
      assert.equal(5 + 6 + 7, x:sum())
   end)
end)

require 'spec.switched'('Sizes of Torch7', function(it)
   it('are kept by resize with the memory, which grows', function()
      local x = torch.range(1, 6):resize(2, 3)
      local view = torch.DoubleTensor(x)
      x:resize(2)
      assert.same({1, 2}, x:totable())
      x:resize(2, 2):fill(9)
      assert.same({{9, 9, 9}, {9, 5, 6}}, view:totable())
      x:resize(torch.LongStorage{3, 4})
      assert.equal(12, x:storage():size())
      assert.same({9, 9, 9, 9}, x[1]:totable())
   end)

   it('are LongStorages; fractions are cut off; a size of 0 is the empty tensor', function()
      local size = torch.rand(2, 3.9):size()
      assert.equal('torch.LongStorage', torch.type(size))
      assert.same({2, 3}, size:totable())
      assert.is_true(torch.Tensor(2, 3):isSize(size) and torch.Tensor(2, 3):isSameSizeAs(torch.zeros(size)))
      assert.equal(0, torch.Tensor(2, 0):dim())
      assert.same({0, 0}, torch.LongStorage(2):totable())
   end)

   it('need not agree where elements are counted', function()
      local x, y = torch.range(1, 6):view(2, 3), torch.range(1, 6):view(3, 2)
      assert.same({{2, 4, 6}, {8, 10, 12}}, (x + y):totable())
      assert.same({{1, 4, 9}, {16, 25, 36}}, torch.cmul(x, y):totable())
      assert.same({2, 3}, torch.add(torch.Tensor(), x, y:view(6)):size():totable())
      assert.equal(0, (x:clone():copy(y) - y):abs():max())
      assert.equal(6, torch.eq(x, y):sum())
   end)

   it('are given to results that come first', function()
      local res, x = torch.Tensor(), torch.Tensor{{1, 2}, {3, 4}}
      assert.equal(res, torch.add(res, x, 1))
      assert.same({{2, 3}, {4, 5}}, res:totable())
      assert.equal(res, torch.sum(res, x, 2))
      assert.same({{3}, {7}}, res:totable())
      res:mm(x, x)
      assert.same({{7, 10}, {15, 22}}, res:totable())
      local values, positions = torch.Tensor(), torch.LongTensor()
      torch.max(values, positions, x, 1)
      assert.same({{{3, 4}}, {{2, 2}}}, {values:totable(), positions:totable()})
      local part = torch.zeros(2, 3):narrow(2, 2, 2)
      part:linspace(1, 4, 4)
      assert.same({{1, 2}, {3, 4}}, part:totable())
   end)

   it('are what # gives in a file that is loaded under the switch', function()
      local length = require 'hilo.torch.length'
      local code = length.rewritten('#!/usr/bin/env th\nlocal x, s, t = ... -- #x\n'
         .. 'return (#x)[1], #x[1], #s, #t + #"#t", -#{1, #t}, [[#x]]')
      assert.is_nil(code:match '^#')
      local results = {loadstring(code)(torch.Tensor(2, 3), torch.FloatStorage(5), {7, 8, 9})}
      assert.same({2, 3, 5, 5, -2, '#x'}, {results[1], results[2][1], unpack(results, 3)})
   end)
end)
