-- torch_tools_spec.lua: torch.Timer, Tester, TestSuite, CmdLine, classes, serialization and sys under the switch.
local torch, nn = rawget(_G, 'torch'), rawget(_G, 'nn') -- there in the process with the switch

-- f() with what it prints as a text
local function printed(f)
   local write, parts, print_ = io.write, {}, print
   rawset(io, 'write', function(...) parts[#parts + 1] = table.concat {...} end)
   rawset(_G, 'print', function(...)
      local words = {...}
      for i = 1, select('#', ...) do words[i] = tostring(words[i]) end
      io.write(table.concat(words, '\t'), '\n')
   end)
   local ok, message = pcall(f)
   rawset(io, 'write', write)
   rawset(_G, 'print', print_)
   return table.concat(parts), ok, message
end

require 'spec.switched'('torch.Timer', function(it)
   it('measures while it runs, stands still, and goes on', function()
      local sys = require 'sys'
      local timer = torch.Timer()
      sys.sleep(0.02)
      local first = timer:time()
      assert.is_true(first.real >= 0.02 and first.user >= 0 and first.sys >= 0)
      local stood = timer:stop():time().real
      sys.sleep(0.02)
      assert.equal(stood, timer:time().real)
      sys.sleep(0.01)
      timer:resume()
      sys.sleep(0.02)
      local last = timer:time().real
      assert.is_true(last >= stood + 0.02)
      assert.is_true(timer:reset():time().real < last)
      assert.equal('torch.Timer', torch.type(timer))
   end)

   it("counts the processor's time", function()
      local timer, x = torch.Timer(), 0
      local time
      repeat
         for i = 1, 1e5 do x = x + math.sin(i) end
         time = timer:time()
      until time.user > 0.01 or time.real > 10
      assert.is_true(time.user > 0.01 and time.real > 0.005)
   end)
end)

require 'spec.switched'('torch.Tester', function(it)
   it('compares numbers, tensors, storages and tables of them', function()
      local t = torch.Tester()
      local function verdicts(...)
         local ok, differs
         local a, b, tolerance = ...
         printed(function() ok, differs = t:eq(a, b, tolerance or 0), t:ne(a, b, tolerance or 0) end)
         assert.equal(ok, not differs)
         return ok
      end
      local x = torch.Tensor{1, 2}
      assert.is_true(verdicts(1, 1.05, 0.1) and verdicts('a', 'a') and verdicts(x, x:clone()) and verdicts({x, {1}}, {x:clone(), {1}}))
      assert.is_true(verdicts(torch.FloatStorage{1, 2}, torch.FloatStorage{1, 2}) and verdicts(x, x + 1e-9, 1e-8))
      assert.is_true(verdicts(torch.Tensor(), torch.Tensor()) and verdicts(1 / 0, 1 / 0))
      assert.is_false(verdicts(1, '1') or verdicts(x, x:float()) or verdicts(x, x:view(1, 2)) or verdicts(x, x + 1))
      assert.is_false(verdicts({1}, {1, 2}) or verdicts({a = 1}, {b = 1}) or verdicts({x}, {x * 2}) or verdicts(0 / 0, 0))
      assert.is_false(verdicts(torch.Tensor{0 / 0}, torch.Tensor{0}, 1e9))
      local loop = {1}
      loop.self = loop
      assert.is_true(verdicts(loop, loop))
   end)

   it('counts checks and tells where they fail', function()
      local t, suite, ran = torch.Tester(), torch.TestSuite(), {}
      function suite.good() t:assertlt(1, 2) t:assertge(2, 2) t:assertError(function() error 'x' end) t:assertTableEq({1}, {1}) end
      function suite.bad() t:asserteq(1, 2, 'one is not two') end
      function suite.wrong() error 'oh' end
      function suite.left() ran.left = true end
      t:add(function(name) ran[#ran + 1] = name end, '_setUp')
      local text, ok, message = printed(function() t:add(suite):disable('left'):run() end)
      assert.is_false(ok)
      assert.matches('An error was found while running tests!', message, 1, true)
      assert.matches('Completed 5 asserts in 4 tests with 1 failure and 1 error and 1 disabled', text, 1, true)
      assert.matches('1/4 bad %.+ %[FAIL%]\n2/4 good %.+ %[PASS%]\n3/4 left %.+ %[SKIP%]\n4/4 wrong %.+ %[ERROR%]', text)
      assert.matches('bad\none is not two\nEQ failed: 1 ~= 2\n   at spec/torch_tools_spec.lua:%d+', text)
      assert.matches('wrong\n Function call failed\n.*oh', text)
      assert.same({'bad', 'good', 'wrong'}, ran)
      assert.equal(4, t.outcomes.good.passed)
      assert.equal(5, t.countasserts)
   end)

   it('runs those that are named, ends early and rethrows where told to', function()
      local function tester()
         local t, n = torch.Tester(), {0}
         local suite = torch.TestSuite()
         for _, name in ipairs {'one', 'onto', 'two'} do
            suite[name] = function()
               n[1] = n[1] + 1
               t:assert(false)
            end
         end
         return t:add(suite), n
      end
      local t, n = tester()
      printed(function() t:run 'on' end)
      assert.equal(2, n[1])
      t, n = tester()
      t:setEarlyAbort(true)
      printed(function() t:run() end)
      assert.equal(1, n[1])
      t = tester()
      t:setRethrowErrors(true)
      local _, _, message = printed(function() t:run() end)
      assert.equal('BOOL violation condition=false', message)
      assert.error_matches(function() t:run 'absent' end, "Couldn't find test 'absent'")
      assert.error_matches(function() t:add({function() end}, 'x') end, 'takes no name')
   end)

   it('has suites that take each name once, and functions only', function()
      local suite = torch.TestSuite()
      function suite.a() end
      assert.error_matches(function() function suite.a() end end, 'Test a is already defined')
      assert.error_matches(function() suite.b = {} end, 'nested')
      assert.error_matches(function() suite.b = 1 end, 'only functions are tests, b is a number')
   end)
end)

require 'spec.switched'('torch.CmdLine', function(it)
   local function line()
      local cmd = torch.CmdLine()
      cmd:text 'Trains'
      cmd:argument('-data', 'where images lie')
      cmd:option('-rate', 0.1, 'learning rate')
      cmd:option('-name', 'run', 'name')
      cmd:option('-quiet', false)
      return cmd
   end

   it('reads numbers, strings, switches and words without names', function()
      assert.same({rate = 0.5, name = 'x', quiet = true, data = 'folder'},
         line():parse {'-rate', '0.5', 'folder', '-quiet', '-name', 'x'})
      assert.same({rate = 0.1, name = 'run', quiet = false, data = 'f'}, line():parse {'f'})
      assert.error_matches(function() torch.CmdLine():option('-x') end, '-x has no value')
      assert.error_matches(function() torch.CmdLine():option('-x', 1, '', 'string') end, '-x is a string, its value a number')
   end)

   it('tells what is wrong, shows the help, and ends', function()
      local exit, stderr = os.exit, io.stderr
      local said
      rawset(os, 'exit', function(status) error('ended with ' .. status, 0) end)
      rawset(io, 'stderr', {write = function(_, ...) said = table.concat {...} end})
      local function ending(words) return select(3, printed(function() line():parse(words) end)) end
      local results = {}
      for i, words in ipairs {{'f', '-rate', 'fast'}, {'f', '-rate'}, {'-wrong', 'f'}, {}, {'-help'}} do
         results[i], said = {ending(words), said}, nil
      end
      local help = printed(function() line():help {[0] = 'train.lua'} end)
      rawset(os, 'exit', exit)
      rawset(io, 'stderr', stderr)
      assert.same({'ended with 1', "-rate must be a number, got 'fast'\n"}, results[1])
      assert.same({'ended with 1', 'option -rate lacks its value\n'}, results[2])
      assert.same({'ended with 1', 'invalid argument: f\n'}, results[3])
      assert.same({'ended with 1', 'not enough arguments: <data> is missing\n'}, results[4])
      assert.same({'ended with 0'}, results[5])
      assert.matches('Usage: train.lua [options] <data>\nTrains\n  <data> where images lie\n  -rate  learning rate [0.1]\n', help, 1,
         true)
   end)

   it('names folders after what differs, and writes what is printed to a log too', function()
      local cmd = line()
      local options = cmd:parse {'f', '-rate', '1', '-quiet'}
      assert.equal('out,data=f,quiet=t,rate=1', cmd:string('out', options, {}))
      assert.equal('out,rate=1', cmd:string('out', options, {quiet = true, data = true}))
      local path = os.tmpname()
      cmd:addTime('mine', '%Y ')
      local text = printed(function()
         cmd:log(path, options)
         print('loss', 2)
      end)
      local file = io.open(path)
      local log = file:read '*a'
      file:close()
      os.remove(path)
      assert.matches('data\tf\n.*rate\t1\n.*loss\t2\n', text)
      assert.matches('%d+ %[mine%]:  loss 2\n$', log)
   end)
end)

require 'spec.switched'('Classes and files of Torch7', function(it)
   it('extend each other, have operators and are known by name', function()
      local Animal = torch.class 'Animal'
      function Animal:__init(name) self.name = name end
      function Animal:sound() return 'none' end
      local Dog, parent = torch.class('Dog', 'Animal')
      function Dog:__init(name) parent.__init(self, name .. '!') end
      function Dog:sound() return 'wuff' end
      function Dog.__add__(a, b) return a.name .. b.name end
      function Dog:__tostring__() return 'dog ' .. self.name end
      local a, b = Animal 'a', Dog 'b'
      assert.same({'none', 'wuff', 'b!', 'b!b!', 'dog b!'}, {a:sound(), b:sound(), b.name, b + b, tostring(b)})
      assert.is_true(torch.isTypeOf(b, 'Animal') and torch.isTypeOf(b, Dog) and not torch.isTypeOf(a, 'Dog'))
      assert.equal('Dog', torch.typename(b))
      assert.equal(Dog, torch.getmetatable 'Dog')
      assert.equal('Animal', torch.typename(torch.factory 'Animal'()))
      assert.equal('wuff', torch.setmetatable({}, 'Dog'):sound())
      assert.error_matches(function() torch.class('Cat', 'Fish') end, "no class 'Fish'")
   end)

   it('come back from strings and storages with what they share', function()
      local x = torch.rand(2, 3)
      local object = {x = x, row = x[1], list = {1, 'two', true}, size = x:size()}
      for _, mode in ipairs {'binary', 'ascii'} do
         for _, read in ipairs {torch.deserialize(torch.serialize(object, mode), mode),
            torch.deserializeFromStorage(torch.serializeToStorage(object, mode), mode)} do
            assert.same(x:totable(), read.x:totable())
            assert.same(object.list, read.list)
            assert.same({2, 3}, read.size:totable())
            read.row:fill(7)
            assert.equal(7, read.x[1][3])
         end
      end
   end)

   it('hold generators, which go on where they were', function()
      local gen = torch.Generator()
      torch.manualSeed(gen, 9)
      torch.rand(gen, 5)
      local read = torch.deserialize(torch.serialize(gen))
      assert.equal('torch.Generator', torch.type(read))
      assert.equal(torch.uniform(gen), torch.uniform(read))
   end)

   it('are told apart by torch.pointer', function()
      local x, y = torch.Tensor(2), torch.Tensor(2)
      assert.is_true(torch.pointer(x) ~= torch.pointer(y) and torch.pointer(x) == torch.pointer(x))
      assert.equal(torch.pointer(x:storage()), torch.pointer(x:narrow(1, 2, 1):storage()))
      assert.error_matches(function() torch.pointer(1) end, 'a number has no place in memory')
   end)
end)

require 'spec.switched'('Files of Torch7', function(it)
   it('hold objects, numbers and strings one after the other, and what objects share', function()
      local x = torch.rand(2, 3)
      for _, mode in ipairs {'binary', 'ascii'} do
         local written = torch.MemoryFile()
         written[mode](written):writeObject({x, net = nn.Linear(3, 2)})
         assert.equal(1, written:writeInt(-5))
         written:writeDouble(torch.DoubleStorage{0.5, 1e-300})
         written:writeString 'one\ntwo'
         local place = written:position()
         written:writeObject(x)
         local f = torch.MemoryFile(written:storage(), 'r')
         local first = f[mode](f):readObject()
         assert.same(x:totable(), first[1]:totable())
         assert.equal(2, first.net:forward(x):size(2))
         assert.equal(-5, f:readInt())
         assert.same({0.5, 1e-300}, f:readDouble(2):totable())
         assert.equal('one', f:readString '*l')
         assert.is_true(f:seek(place):readObject():isSetTo(first[1]))
         assert.error_matches(function() f:readByte() end, 'readByte: ')
         assert.error_matches(function() f:writeInt(1) end, 'the file is open for reading')
         f:close()
         assert.error_matches(function() f:readInt() end, 'the file is closed')
      end
   end)

   it('lie on the disk once they are closed, as torch.load reads them', function()
      local path = os.tmpname()
      local f = torch.DiskFile(path, 'w'):binary()
      f:writeObject{torch.ones(2)}
      f:close()
      assert.same({1, 1}, torch.load(path)[1]:totable())
      assert.same({1, 1}, torch.DiskFile(path):binary():readObject()[1]:totable())
      os.remove(path)
      assert.error_matches(function() torch.DiskFile(path) end, 'No such file')
      assert.is_true(torch.DiskFile(path, 'r', true):hasError())
   end)

   it('tell of their end by an error, or by hasError where they are quiet', function()
      local written = torch.MemoryFile()
      written:writeString 'one\n\n2'
      local f = torch.MemoryFile(written:storage(), 'r')
      assert.is_true(f:isReadable() and not f:isWritable())
      local lines = {}
      f:quiet()
      while true do
         local line = f:readString '*l'
         if f:hasError() then break end
         lines[#lines + 1] = line
      end
      assert.same({'one', '', '2'}, lines)
      assert.is_nil(f:readInt())
      assert.is_nil(f:binary():readInt(2))
      assert.is_false(f:clearError():hasError())
      f:pedantic()
      assert.error_matches(function() f:readString '*a' end, 'readString: the file is at its end')
      assert.error_matches(function() f:readInt() end, 'readInt: 4 bytes are wanted, 0 are left')
   end)

   it('are there as they are written, without close, and rw goes on in one or makes it', function()
      local path = os.tmpname()
      local log = torch.DiskFile(path, 'w'):noBuffer()
      log:writeString 'first\n'
      assert.equal('first', torch.DiskFile(path):readString '*l')
      log:writeInt(7)
      assert.equal(7, torch.DiskFile(path):seek(7):readInt())
      log:close()
      local f = torch.DiskFile(path, 'rw')
      f:seekEnd():writeDouble(0.25)
      assert.equal('first', f:seek(1):readString '*l')
      assert.equal(7, f:readInt())
      assert.equal(0.25, f:readDouble())
      f:seek(1):writeString 'worst'
      f:writeObject {1}
      f:seekEnd():writeObject {2}
      f:close()
      assert.matches('^worst', torch.DiskFile(path):readString '*a')
      os.remove(path)
      torch.DiskFile(path, 'rw'):binary():close()
      assert.is_true(torch.DiskFile(path):binary():quiet():readObject() == nil)
      os.remove(path)
      assert.error_matches(function() torch.DiskFile '/' end, 'Is a directory')
      assert.error_matches(function() torch.DiskFile(path .. '/none/x', 'w') end, 'No such file')
   end)

   it('have numbers in ascii with blanks or without, characters as they are, and truths', function()
      local f = torch.MemoryFile()
      f:writeInt(torch.IntStorage{1, -2})
      f:writeByte(torch.ByteStorage():string 'ab')
      f:noAutoSpacing():writeFloat(0.1)
      f:writeBool(true)
      assert.is_false(f:isAutoSpacing())
      f:autoSpacing():writeLong(5)
      assert.equal('1 -2\nab\n0.115\n\0', f:storage():string())
      f:seek(1)
      assert.same({1, -2}, f:readInt(2):totable())
      assert.same({97, 98}, f:readByte(2):totable())
      local many = torch.range(1, 5000)
      f = torch.MemoryFile()
      f:writeDouble(many:storage())
      f:writeBool(false)
      f:seek(1)
      assert.same(many:totable(), f:readDouble(5000):totable())
      assert.is_false(f:readBool())
   end)

   it('have binary numbers in either order of bytes, longs of 4 bytes, and flags', function()
      local path = os.tmpname()
      local f = torch.DiskFile(path, 'w'):binary()
      f:bigEndianEncoding():writeInt(1)
      f:writeDouble(torch.DoubleStorage{2, 3})
      assert.error_matches(function() f:writeObject(1) end, 'call littleEndianEncoding')
      f:nativeEndianEncoding():longSize(4):writeLong(-9)
      f:longSize(0):writeLong(-9)
      f:close()
      local text = torch.DiskFile(path):readString '*a'
      assert.equal('\0\0\0\1', text:sub(1, 4))
      assert.equal(4 + 16 + 4 + 8, #text)
      f = torch.DiskFile(path):binary():bigEndianEncoding()
      assert.equal(1, f:readInt())
      assert.same({2, 3}, f:readDouble(2):totable())
      assert.equal(-9, f:littleEndianEncoding():longSize(4):readLong())
      assert.equal(-9, f:longSize(8):readLong())
      assert.is_true(f:isBinary() and f:isLittleEndianCPU() and not f:isBigEndianCPU() and not f:isQuiet() and f:quiet():isQuiet())
      local written = torch.MemoryFile():binary():longSize(4)
      written:writeObject {torch.LongTensor{5, -6}, torch.ones(2, 3)}
      local read = written:seek(1):readObject()
      assert.same({{5, -6}, {2, 3}}, {read[1]:totable(), read[2]:size():totable()})
      assert.error_matches(function() written:writeObject(torch.LongTensor{2 ^ 31}) end, '2147483648 is no long of 4 bytes')
      assert.error_matches(function() f:longSize(5) end, 'expects 0, 4 or 8, got 5')
      assert.is_true(f:seek(100):hasError())
      os.remove(path)
   end)

   it('share nothing where what is met again is not remembered', function()
      for _, remembered in ipairs {true, false} do
         local f, x = torch.MemoryFile():binary(), torch.ones(2)
         f:referenced(remembered)
         assert.equal(remembered, f:isReferenced())
         f:writeObject {x, x}
         f:writeObject(x)
         f:seek(1)
         local list, again = f:readObject(), f:readObject()
         list[1]:fill(7)
         assert.equal(remembered and 7 or 1, list[2][1])
         assert.equal(remembered and 7 or 1, again[1])
      end
   end)

   it('are what commands print, and what they get', function()
      local f = torch.PipeFile 'echo 1 2; echo three'
      assert.same({1, 2}, f:readInt(2):totable())
      assert.equal('three', f:readString '*l')
      f:close()
      assert.is_false(f:isReadable())
      local path = os.tmpname()
      f = torch.PipeFile('cat > ' .. path, 'w')
      f:writeInt(7)
      f:synchronize()
      f:writeString 'more'
      f:close()
      assert.equal('7\nmore', torch.DiskFile(path):readString '*a')
      os.remove(path)
      assert.error_matches(function() torch.PipeFile('true', 'rw') end, "the mode must be 'r' or 'w'")
   end)
end)
