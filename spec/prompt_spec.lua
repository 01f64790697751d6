local core = require 'hilo.core'
local History = require 'hilo.prompt.history'
local Transcript = require 'hilo.prompt.transcript'
local typed = require 'spec.prompt_typed'

local function in_file(text)
   local path = os.tmpname()
   local file = assert(io.open(path, 'w'))
   file:write(text)
   file:close()
   return path
end

describe('the prompt', function()
   it('prints what expressions are, not statements, and nothing after `;`', function()
      assert.equal('3\n', typed 'x = 3\nx\nx;\n')
      assert.equal('1  "two"  nil\n', typed '1, "two", nil\n')
      assert.equal('', typed 'local a = 1\n')
      assert.equal('4\n', typed '= 4\n')
   end)

   it('holds results in _ and under the number of their entry', function()
      assert.equal('5\n6\n5\n', typed '5\n_ + 1\n_1\n')
      assert.equal('10\n', typed '5;\n_ * 2\n')
   end)

   it('goes on after errors of all kinds', function()
      local out = typed('error("one")\nerror({2})\nx = )\nnil + 1\nerror()\n'
         .. 'local function f() return f() + 1 end f()\n"still here"\n')
      assert.matches('one', out)
      assert.matches('error: {2}', out)
      assert.matches("unexpected symbol near '%)'", out)
      assert.matches('stack overflow', out)
      assert.matches('"still here"\n$', out)
   end)

   it('goes on where an entry writes over what Lua brings', function()
      local text = typed('print = nil\nstring.format = 3\nio = nil\npcall = 1\ntype = "car"\ntable = {5, 6}\n'
         .. 'type, table[2], _G.type("")\nprint = function(x) io.write("mine ", x, "\\n") end\nprint(3)\n')
      assert.matches("print is Lua's own again\n", text)
      assert.matches('string.format is Lua', text)
      assert.matches("type is what was set in this session alone", text)
      assert.matches('"car"  6  "string"\n', text)
      assert.matches('\nmine 3\n$', text)
      assert.is_nil(text:find('attempt to', 1, true), text)
   end)

   it('loads a module again whose loading an error or Ctrl-C ended', function()
      local out = typed('package.preload.broken = function() if mended then return {n = 7} end error("not yet") end\n'
         .. 'package.preload.slow = function() if mended then return {n = 8} end '
         .. 'require("posix.signal").kill(require("posix.unistd").getpid(), 2) while true do end end\n'
         .. 'pcall(require, "broken");\nrequire "slow"\nmended = true;\nrequire("broken").n, require("slow").n\nmended = nil\n'
         .. 'require "broken"\npackage.loaded.broken = nil\nrequire "broken"\nmended = true;\nrequire("broken").n\n')
      assert.matches('interrupted\nat %[2%]:1, [^\n]*\n7  8\n{n = 7}\n%[1%]:1: not yet\nat %[1%]:1, [^\n]*\n7\n$', out)
   end)

   it('goes on where finalizers fail, in whatever code they run, and where a yield has nobody to go to', function()
      local out = typed('for i = 1, 3e4 do getmetatable(newproxy(true)).__gc = function() error("boo") end end collectgarbage()\n'
         .. 'C = require "ffi" for i = 1, 1e4 do C.gc(C.new("int[1]"), function() error("hoo") end) end collectgarbage()\n'
         .. 'X = C.metatype("struct {int i;}", {__gc = function() error("moo") end}) X() collectgarbage()\n'
         .. 'coroutine.yield(5)\n' .. ('"further"\n'):rep(40) .. 'setmetatable({}, {__tostring = function() error("no text") end})\n')
      assert.matches('in a finalizer: %[1%]:1: boo; %d+ others failed too\n', out)
      assert.matches('in a finalizer: %[2%]:1: hoo; %d+ others failed too\n', out)
      assert.matches('in a finalizer: %[3%]:1: moo\n', out)
      assert.matches('attempt to yield from outside a coroutine\n', out)
      assert.equal(40, select(2, out:gsub('"further"\n', '')))
      assert.matches('object whose __tostring fails: %[%d+%]:1: no text\n$', out)
   end)

   it('says of an entry that the input ends in that it ends too early', function()
      assert.equal('1\nthe input ends too early\n', typed '1\nfor i = 1, 2 do\nprint(i)\n')
   end)

   it('keeps variables that were set before an error', function()
      assert.matches('\n7  8\n$', typed 'local a = 7; local b = 8; error("x")\na, b\n')
   end)

   it('goes on where a pipe that it writes to is closed, and where a file cannot be written', function()
      local out = typed('local p = io.popen("true", "w"); os.execute("sleep 0.2"); for i = 1, 1e5 do p:write("01234") end p:close()\n'
         .. '%save /nowhere/at/all\n"still here"\n')
      assert.matches('^file_create: /nowhere', out) -- no line of hilo's own before it
      assert.matches('"still here"\n$', out)
   end)

   it('runs a script first, and leaves its variables', function()
      local path = in_file('#!/usr/bin/env hilo\nlocal greeting, given = "hello", ...\n'
         .. 'local function f() return greeting end\ncount = 3\n')
      assert.equal('"hello"  "a=b"  3\n"bye"\n', typed('greeting, given, count\ngreeting = "bye"\nf()\n', '-i ' .. path .. ' a=b'))
      os.remove(path)
   end)

   it('looks around where a script failed', function()
      local path = in_file 'local outer = 1\nlocal function inner(k)\n   local deep = k * 2\n   error("bad " .. deep)\nend\ninner(21)\n'
      local out = typed('frames\nlocals\ndeep + 1\nup\nouter\ndeep\ndown\nk\n', '-i ' .. path)
      assert.matches('bad 42', out)
      assert.matches('%-> 1  %S+:4, in inner\n%s+error%("bad " .. deep%)\n   2  %S+:6, in the main chunk', out)
      assert.matches('k = 21\ndeep = 42\n', out)
      assert.matches('43\n2  %S+:6, in the main chunk\n1\nnil\n1  %S+:4, in inner\n21\n', out)
      os.remove(path)
   end)

   it('knows the line and the variables of a call in which Lua itself raised the error', function()
      local path = in_file 'local function inner(k)\n   local deep = k * 2\n   return deep.x.y\nend\ninner(21)\n'
      local out = typed('locals\n', '-i ' .. path)
      assert.matches('\nat %S+:3, in inner; ', out)
      assert.matches('\nk = 21\ndeep = 42\n$', out)
      os.remove(path)
      assert.matches('in f;[^\n]*\na = 7\n$', typed 'function f(a) nothing() end\nf(7)\nlocals\n')
      assert.matches('in f;[^\n]*\nn = %d+\n$', typed 'function f(n) return 1 + f(n + 1) end\nf(1)\nlocals\n')
      out = typed 'function f(a) a.b.c = 1 end\ndebug = nil string.find = 1 f(7)\nlocals\n'
      assert.matches('in f;[^\n]*\na = 7\n$', out)
   end)

   it('says what is near to a name that hilo does not have', function()
      local near = {}
      for name in typed('hilo.tensor {1}\nhilo.nope()\nx = {}\nx.tensor()\nnn.Conv2d(1)\nhilo.dat.open()\nhilo.nn.Linea(1)\n'
         .. 'function f() hilo.arange(3) end\nf()\n'):gmatch '%(a nil value%); did you mean ([%w.]+)%?\n' do near[#near + 1] = name end
      assert.same({'hilo.Tensor', 'nn.SpatialConvolution', 'hilo.data', 'hilo.nn.Linear', 'hilo.range'}, near)
   end)

   it('says what is near to a method that an object does not have', function()
      local near = {}
      for names in typed('x, m = hilo.ones(2),nn.ReLU()\nx:masked_fill(1)\nx:mul_(2)\nm:zero_grad()\nm:train()\nx:bakward()\nx:no()\n')
         :gmatch '; did you mean ([%w.: ]+)%?\n' do near[#near + 1] = names end
      assert.same({'Tensor:maskedFill', 'Tensor:mul or Tensor:cmul', 'nn.Module:zeroGradParameters or Optimiser:zeroGrad',
         'nn.Module:training', 'Tensor:backward or nn.Module:backward'}, near)
   end)

   it('sees the variables of a call until that is left, and what is set meanwhile stays', function()
      local begin = 'x = 5\nfunction f(x, n) error "e" end\nf(1, 0 / 0)\nx\nlocals\n'
      assert.matches('\n5\nx = 1\nn = nan\n1\nnan\n5\nnil\n$', typed(begin .. 'x\nn\nleave\nx\nn\n'))
      assert.matches('\nx = 1\nn = nan\n2\n2\n2\n$', typed(begin .. 'x = x + 1\nx\nprint(x)\nleave\nx\n'))
      assert.matches('\nx = 1\nn = nan\n3\n3\n$', typed(begin .. 'local x = 3\nx\nleave\nx\n'))
      assert.matches('\n9\n10\n$', typed('local c = 1\nlocal function f() c = c + 1 error "e" end\nf()\nup\ndown\n'
         .. 'c = 9\nc\npcall(f);\nleave\nc\n'))
      assert.equal('no call is looked at\n', typed 'leave\n')
   end)

   it('looks at the last error, but not at a slip while one looks around', function()
      local out = typed 'function f(x) error "e" end\nfunction g(y) error "e" end\nf(1)\nlocals\nnothing.x\nx\ng(7)\nlocals\nx\n'
      assert.matches('\nx = 1\n%[5%]:1: [^\n]*\n1\n.*\ny = 7\nnil\n$', out)
   end)

   it('runs code from the command line', function()
      local function said(code)
         local pipe = io.popen(('luajit %slua/bin/hilo -e \'%s\' 2>&1; echo $?'):format(core.root, code))
         local out = pipe:read('*a')
         pipe:close()
         return out
      end
      assert.equal('2\n0\n', said '1 + 1')
      assert.equal('9\n0\n', said 'local a = 9 print(a)')
      assert.matches('oh\n1\n$', said 'error("oh")')
      assert.matches('ends too early\n2\n$', said '1 +')
   end)

   it('explains names, objects and what variables hold', function()
      local text = typed('help(hilo.cross_entropy)\nhelp "nn.ReLU"\nx = hilo.ones(2)\n?x\nx.sum?\nhelp(nil)\nhelp(nn.Linear(1, 1))\n')
      for _, part in ipairs {'hilo.cross_entropy(logits, labels', 'nn.ReLU(', 'The tensor class', 'Tensor:sum', '??x: its source',
         'nn.Linear(inputSize'} do
         assert(text:find(part, 1, true), part .. ' in\n' .. text)
      end
   end)

   it('without a terminal runs all entries, and ends with status 1 where one failed', function()
      local path = in_file 'error("s")'
      local function status(text, arguments)
         local entries = in_file(text)
         local out = os.execute(('luajit %slua/bin/hilo %s < %s > /dev/null 2>&1'):format(core.root, arguments or '', entries))
         os.remove(entries)
         return out / 256
      end
      for _, text in ipairs {'error("a")\n', 'error("a")\n1\n', 'for i = 1, 2 do\n', 'x = )\n1\n', '%nothing\n', '$ false\n',
         'error()\nexit\n'} do
         assert.equal(1, status(text), text)
      end
      for _, text in ipairs {'', '1\n', 'pcall(error)\n', '$ true\nexit\n'} do assert.equal(0, status(text), text) end
      assert.equal(1, status('1\n', '-i ' .. path))
      os.remove(path)
   end)

   it('runs commands of the shell', function()
      assert.matches('^hi there\n', typed '$ echo hi there\n')
      assert.equal('exit status 3\n', typed '$ exit 3\n')
      assert.equal('interrupted\n', typed '$ kill -INT $$\n')
      assert.equal('killed by signal 9\n', typed '$ kill -9 $$\n')
   end)

   it('says which commands there are where it does not know one', function()
      assert.matches("there is no command '%%nothing'; %%", typed '%nothing\n')
   end)

   it('saves what was typed and runs it again', function()
      local path = os.tmpname()
      local out = typed(('a = 1\nfor i = 1, 2 do\na = a + i\nend\nerror("left out")\na\n%%save %s\n'):format(path))
      assert.matches('3 entries', out)
      assert.matches('\n4\n$', typed(('%%load %s\na\n'):format(path)))
      os.remove(path)
      path = in_file('-->\na = 5\n-->\n$ echo not again\n-->\n%time 1\n-->\n?x\n-->\na * 4\n')
      out = typed(('%%load %s\n'):format(path))
      assert.matches('^2 entries of %S+; 3 commands are left out\n', out)
      assert.is_nil(out:find('not again', 1, true))
      assert.matches('\n20\n$', out)
      os.remove(path)
   end)
end)

describe('history', function()
   it('keeps entries of several lines as one', function()
      local path = os.tmpname()
      local first = History.new(path)
      first:add('for i = 1, 2 do\n\n   print(i)\nend')
      first:add('x = "a\\n"')
      first:add('x = "a\\n"')
      assert.same({'for i = 1, 2 do\n\n   print(i)\nend', 'x = "a\\n"'}, History.new(path).entries)
      os.remove(path)
   end)

   it('of sessions at the same time is that of all', function()
      local path = os.tmpname()
      local jobs = {}
      for job = 1, 4 do
         jobs[job] = ([[luajit -e 'local h = require("hilo.prompt.history").new("%s")
            for i = 1, 200 do h:add("job %d\nentry " .. i) end' & ]]):format(path, job)
      end
      os.execute(table.concat(jobs) .. 'wait')
      local seen, n = {}, 0
      for _, entry in ipairs(History.new(path).entries) do
         assert.matches('^job %d\nentry %d+$', entry)
         n, seen[entry] = n + (seen[entry] and 0 or 1), true
      end
      assert.equal(800, n)
      os.remove(path)
   end)

   it('forgets the oldest beyond its limit', function()
      local path = os.tmpname()
      local h = History.new(path, 10)
      for i = 1, 25 do h:add('entry ' .. i) end
      local later = History.new(path, 10)
      assert.equal(10, #later.entries)
      assert.equal('entry 25', later.entries[10])
      os.remove(path)
   end)

   it('goes on for the session where its file cannot be written', function()
      local h = History.new('/nowhere/at/all')
      local added, why = h:add('x')
      assert.is_true(added)
      assert.matches('cannot be written', why)
   end)
end)

describe('a transcript', function()
   it('gives back entries of several lines', function()
      local entries = {'a = 1', 'for i = 1, 2 do\n\n  x()\nend', '%time f()'}
      assert.same(entries, Transcript.entries(Transcript.text(entries)))
   end)
end)
