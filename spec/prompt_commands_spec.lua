local hilo = require 'hilo'
local memory = require 'hilo.prompt.memory'
local profile = require 'hilo.prompt.profile'
local tiny = require 'spec.tiny_set'
local timing = require 'hilo.prompt.timing'
local typed = require 'spec.prompt_typed'

describe('%time and %timeit', function()
   it('show what code gives and how long it takes', function()
      local out = typed '%time os.execute("sleep 0.2"), 7\n'
      assert.matches('^0\n7\n2%d%d ms, %S+ %ws of processor time\n$', out)
      assert.matches('a run, at best %S+ %w+ %(7 repetitions of %d+ runs%)', typed 'x = hilo.ones(10)\n%timeit x:add(1)\n')
   end)

   it('see the local variables of the session, and tell errors', function()
      assert.matches('^5\n', typed 'local a = 5\n%time a\n')
      assert.matches('oh', typed '%time error("oh")\n')
      assert.matches('the code is missing', typed '%time\n')
      assert.matches('ends too early', typed '%timeit 1 +\n')
   end)

   it('leave no names of their own in the session where they fail', function()
      local out = typed '%time error("oh")\n%nothing\nx = setmetatable({}, {__tostring = error})\nx\n%who\n'
      assert.matches('oh', out)
      assert.not_matches('\nf ', out)
      assert.not_matches('\nargument ', out)
      assert.not_matches('\nlines ', out)
      assert.matches('\nx +object whose __tostring fails\n$', out)
   end)

   it('measure a run, not the runs together', function()
      local t = timing.measure(function() os.execute('sleep 0.02') end)
      assert(t.best >= 0.02 and t.best < 0.2, t.best)
   end)
end)

describe('%prof', function()
   it('tells functions and lines by their time', function()
      local function busy() -- most of it is here
         local s = {}
         for i = 1, 3e5 do s[i % 100] = tostring(i) end
         return s
      end
      local p = profile.run(function() busy() busy() end)
      local most, of = 0, nil
      for line, n in pairs(p.lines) do
         if n > most then most, of = n, line end
      end
      assert.matches('prompt_commands_spec.lua:%d+$', of)
   end)

   it('counts ops, their time and their bytes', function()
      local x = hilo.zeros(100, 100)
      local p = profile.run(function() for _ = 1, 7 do x:add(x) end end)
      local name, op = next(p.ops)
      while op and op.calls ~= 7 do name, op = next(p.ops, name) end
      assert.equal(7, op.calls)
      assert.is_true(op.bytes >= 7 * 2 * 40000)
      assert.is_true(op.seconds > 0 and op.seconds <= p.seconds)
   end)

   it('names functions by their files, and counts ops of a session that had none before', function()
      local out = typed('local function busy() local s = {} for i = 1, 5e5 do s[i % 100] = tostring(i) end end\n'
         .. '%prof for i = 1, 30 do hilo.randn(5, 5) end busy()\n')
      assert.matches('\nnormal +30 ', out)
      assert.matches('\n%[1%]:busy +%d+ %%', out)
      assert.not_matches('\n%w+ +%d+ %% +%d+\n', out) -- a name alone
   end)

   it('leaves the ops as they were, after an error too', function()
      assert.is_false(pcall(profile.run, function() hilo.mm(hilo.ones(2, 3), hilo.ones(2, 3)) end))
      assert.equal(3, hilo.ones(3):sum())
      assert.equal('userdata', type(require('hilo.core').devices.cpu.lib))
   end)
end)

describe('%mem and %who', function()
   it('tell what holds a tensor, the largest first', function()
      local big, small = hilo.zeros(1000), hilo.zeros(10)
      local function holder() return big end
      local held = memory.held {{'t', {inner = {small}}}, {'f', holder}}
      assert.equal('f()big', held[1].path)
      assert.equal(4000, held[1].bytes)
      assert.equal('t.inner[1]', held[2].path)
      assert.equal(2, #held)
   end)

   it('count views of one memory once', function()
      local x = hilo.zeros(10, 10)
      local held = memory.held {{'a', x}, {'b', x:narrow(1, 2, 3)}, {'c', {x[1]}}}
      assert.equal(1, #held)
      assert.equal('a', held[1].path)
   end)

   it('list what the session has set', function()
      local out = typed 'local a = 1\nb = hilo.ones(2, 3)\n5\n%who\n'
      assert.equal('5\na  1\nb  FloatTensor 2x3\n', out)
      assert.matches('b%s+24 B%s+FloatTensor 2x3%s+cpu\n', typed 'b = hilo.ones(2, 3)\n%mem\n')
   end)
end)

describe('%reload', function()
   it('replaces functions in place and keeps what they held', function()
      local root = tiny.folder()
      tiny.write(root .. '/reloaded.lua', [[
         local M, count = {}, 0
         local function word() return 'old' end
         function M.f() count = count + 1 return word(), count end
         return M]])
      package.path = root .. '/?.lua;' .. package.path
      local m = require 'reloaded'
      assert.same({'old', 1}, {m.f()})
      tiny.write(root .. '/reloaded.lua', [[
         local M, count = {}, 0
         local function word() return 'new' end
         function M.f() count = count + 1 return word(), count end
         function M.g() return count end
         return M]])
      assert.equal(2, require('hilo.prompt.reload').module('reloaded'))
      assert.same({'new', 2}, {m.f()})
      assert.equal(2, m.g())
      tiny.write(root .. '/reloaded.lua', 'return )')
      assert.is_false(pcall(require('hilo.prompt.reload').module, 'reloaded'))
      assert.same({'new', 3}, {m.f()})
      package.path, package.loaded.reloaded = package.path:match(';(.*)$'), nil
      tiny.remove(root)
   end)
end)

describe('questions', function()
   it('are answered from the comments in the source', function()
      local out = typed '?nn.ReLU\nhilo.conv2d?\nx = hilo.ones(2)\nx:narrow?\n'
      assert.matches('nn.ReLU%(%)', out)
      assert.matches('lua/hilo/nn/ReLU.lua:%d+', out)
      assert.matches('conv2d%(', out)
      assert.matches('Tensor:narrow', out)
      assert.matches('function ReLU:updateOutput', typed '??nn.ReLU\n')
      assert.matches('hilo.cross_entropy', typed '? cross entropy\n')
      assert.matches('commands: %%', typed '?\n')
      for _, question in ipairs {'?show', 'show?', "help 'show'", 'help(show)', 's = show\n?s'} do
         local told = typed(question .. '\n')
         assert.matches('show%(x, %[options%]%) %-> path', told)
         assert.matches('lua/hilo/prompt/show/init.lua:%d+', told)
      end
      assert.matches('open%(name, %[options%]%) %-> OpenedRun', typed '?open\n')
      assert.matches('lua/hilo/prompt/summary.lua:%d+', typed '?summary\n')
      for name in pairs {timeit = true, down = true, load = true} do
         assert.matches('^[^\n]*%%' .. name .. '[^\n]*\n\n%l', typed('?%' .. name .. '\n'))
      end
      assert.matches('the shell', typed '?$\n')
      assert.matches("there is no command '%%tmeit'", typed '?%tmeit\n')
      for _, question in ipairs {'?f', 'f??', 'help(f)'} do
         assert.equal('function(x) [1]:2\nlocal function f(x) return x + a\nend\n',
            typed('do local a = 1\nlocal function f(x) return x + a\nend\ng = f end f = g\n' .. question .. '\n'))
      end
   end)
end)
