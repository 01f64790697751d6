--- fuzz_spec.lua: the fuzzer of spec/fuzz: it sees crashes, ends that do not come, leaks and inner errors, and its seeds replay.
local calls = require 'spec.fuzz.calls'
local damage = require 'spec.fuzz.damage'
local hilo = require 'hilo'
local Numbers = require 'spec.fuzz.numbers'
local tiny = require 'spec.tiny_set'
local try = require 'spec.fuzz.try'

local out
setup(function() out = tiny.folder() end)
teardown(function() tiny.remove(out) end)

local function fuzz(words)
   local pipe = io.popen(('luajit spec/fuzz/fuzz.lua %s out=%s 2>&1; echo "exit $?"'):format(words, out))
   local text = pipe:read '*a'
   pipe:close()
   return tonumber(text:match 'exit (%d+)'), text
end

describe('the fuzzer', function()
   it('sees how each seed ends, and goes on after it', function()
      local code, text = fuzz 'kinds=planted seed=1 count=14 limit=1'
      assert.equal(1, code, text)
      assert.matches('seed 3: planted: attempt to index', text)
      assert.matches('seed 5: segmentation fault', text)
      assert.matches('seed 7: no end', text)
      assert.matches('seed 9: [^\n]*interrupted', text)
      assert.matches('seed 11: exit status 1: [^\n]*outside of pcall', text)
      assert.matches('seed 12: leak: 67%d+ bytes', text)
      assert.matches('planted: 14 tried, seeds 1 to 14', text)
      assert.matches('6 different findings', text)
   end)

   it('keeps what programs write above them in a folder of its own', function()
      local code, text = fuzz 'kinds=planted seed=6 count=1'
      assert.equal(0, code, text)
      for _, path in ipairs {'/dev/shm/', '/tmp/'} do assert.is_nil(io.open(path .. 'hilo-planted')) end
   end)

   it('limits the arenas of malloc, whose reserved addresses the limit of memory counts', function()
      local _, text = fuzz 'kinds=planted seed=15 count=1'
      assert.matches('attempt with 2 arenas', text)
   end)

   it('runs without a path to hilo\'s Lua files', function()
      local pipe = io.popen(('LUA_PATH= luajit spec/fuzz/fuzz.lua kinds=calls seed=8000001 count=100 out=%s 2>&1'):format(out))
      local text = pipe:read '*a'
      pipe:close()
      assert.matches('nothing was found', text) -- without their comments arguments would not be checked
   end)

   it('finds nothing where there is nothing, and says so', function()
      local code, text = fuzz 'kinds=planted seed=20 count=5'
      assert.equal(0, code, text)
      assert.matches('nothing was found', text)
   end)

   it('tries damaged files of every format, which give errors and no crash', function()
      local code, text = fuzz 'kinds=files seed=1 count=100'
      assert.equal(0, code, text)
      assert.matches('files: 100 tried', text)
      local returned, refused, failed = text:match 'all +(%d+) returned +(%d+) refused +0 stopped +(%d+) failed'
      assert.equal(100, returned + refused + failed, text)
      assert.is_true(tonumber(returned) > 0 and tonumber(refused) > 0, text)
   end)

   it('tries calls of the public API, of which none crashes', function()
      local code, text = fuzz 'kinds=calls seed=100 count=30 inner=false'
      assert.equal(0, code, text)
      assert.matches('calls: 30 tried', text)
      assert.is_true(tonumber(text:match 'function +(%d+) returned') > 0, text)
   end)
end)

it('programs and damaged bytes are those of their seed', function()
   local programs, differ = {}, 0
   for seed = 1, 40 do
      local lines = calls.program(seed)
      assert.same(lines, (calls.program(seed)))
      for n, line in ipairs(lines) do assert(loadstring(line, 'seed ' .. seed .. ', line ' .. n)) end
      programs[table.concat(lines, '\n')] = true
      local bytes = ('a: 1, '):rep(50)
      local damaged = damage.of(Numbers.new(seed), bytes, 'text')
      assert.equal(damaged, damage.of(Numbers.new(seed), bytes, 'text'))
      if damaged ~= bytes then differ = differ + 1 end
   end
   local n = 0
   for _ in pairs(programs) do n = n + 1 end
   assert.equal(40, n)
   assert.is_true(differ > 30)
end)

it('a program that limits memory does not leave the next without', function()
   assert.is_nil(calls.run_lines({'hilo.setmemorylimit(1e-3)'}, 1))
   assert.is_false((pcall(hilo.zeros, 2 ^ 20 + 3)))
   assert.is_nil(calls.run_lines({}, 2))
   assert.equal(2 ^ 20 + 3, hilo.zeros(2 ^ 20 + 3):nElement())
end)

it('inner errors are told from those that say what is wrong', function()
   for _, text in ipairs {"x.lua:3: attempt to index local 'a' (a nil value)", "bad argument #1 to 'format' (string expected, got nil)",
      "cannot convert 'number' to 'const char *'"} do
      assert.is_true(try.is_inner(text), text)
   end
   for _, text in ipairs {'narrow: expects a tensor, got nil', "data: there is no folder 'x'", 'add: b (empty) does not stretch'} do
      assert.is_false(try.is_inner(text), text)
   end
end)
