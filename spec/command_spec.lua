-- How commands of hilo read what is typed after them.
local command = require 'hilo.command'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local shell = require 'spec.tiny_runs'.shell
local tiny = require 'spec.tiny_set'

-- A function's result, and what it wrote.
local function said(f, ...)
   local out, written, stderr = {}, io.write, io.stderr
   io.write = function(...) out[#out + 1] = table.concat {...} end -- luacheck: ignore
   io.stderr = {write = function(_, ...) out[#out + 1] = table.concat {...} end} -- luacheck: ignore
   local ok, result = pcall(f, ...)
   io.write, io.stderr = written, stderr -- luacheck: ignore
   assert(ok, result)
   return result, table.concat(out)
end

local defaults = {rate = 0.5, on = false, kind = 'a', sizes = {1}, out = '', data = {root = 'x', part = 'train'}}

local function read(...) return command.read({...}, {defaults = defaults, choices = {kind = {'a', 'b'}}, whole = {rate = {0, 9}}}) end

describe('a command', function()
   it('reads names and options of the types of their defaults, wherever they stand', function()
      local names, o, given = read('one', 'rate=2', '--on=true', 'two', 'sizes=3,4', 'data.part=val', 'out=')
      assert.same({'one', 'two'}, names)
      assert.same({rate = 2, on = true, kind = 'a', sizes = {3, 4}, out = '', data = {root = 'x', part = 'val'}}, o)
      assert.same({rate = 2, on = true, sizes = {3, 4}, out = '', ['data.part'] = 'val'}, given)
      assert.same({root = 'x', part = 'train'}, defaults.data)
   end)

   it('is given as many words as there are', function()
      local words = {'luajit', core.root .. 'lua/bin/hilo', 'predict', 'none'}
      for i = 1, 9000 do words[#words + 1] = tostring(i) end
      local _, text = process.capture(words)
      assert.matches("there is no run 'none'", text)
   end)

   it('says what went wrong in one way wherever hilo lies, below what was printed before', function()
      local root = tiny.folder()
      local code, text = shell(('mkdir %s/bin && ln -s "$(realpath %slua/bin/hilo)" %s/bin && luajit %s/bin/hilo predict none x')
         :format(root, core.root, root, root))
      assert.equal(1, code)
      assert.matches("^hilo: there is no run 'none'", text)
      tiny.write(root .. '/fails.lua', "print 'first' error 'second'")
      code, text = shell(('luajit %slua/bin/hilo %s/fails.lua'):format(core.root, root))
      tiny.remove(root)
      assert.equal(1, code)
      assert.matches('^first\nhilo: .*second', text)
   end)

   it('takes a word that is a file or a folder for a name, though it holds an =', function()
      local root = tiny.folder()
      local unistd = require 'posix.unistd'
      local before = unistd.getcwd()
      assert(unistd.chdir(root))
      tiny.write('rate=3', '')
      local names, o = read('rate=3')
      assert(unistd.chdir(before))
      tiny.remove(root)
      assert.same({{'rate=3'}, 0.5}, {names, o.rate})
   end)

   it('refuses what is unknown, of another type or out of range, with what it expected', function()
      local function fails(pattern, word) assert.error_matches(function() read(word) end, pattern) end
      fails("there is no option 'rte'; did you mean 'rate'", 'rte=1')
      fails("there is no option 'data.prat'; did you mean 'data.part'", 'data.prat=1')
      fails("option on expects true or false, as in on=false; got 'yes'", 'on=yes')
      fails("kind: there is no 'c'; did you mean 'a'", 'kind=c')
      fails('rate must be a whole number of 0..9, got 10', 'rate=10')
      fails('rate must be a whole number of 0..9, got 1.5', 'rate=1.5')
      fails("'%-on' is not an option; options are written key=value", '-on')
   end)

   it('takes any key of an open group as it is', function()
      local _, o, given = command.read({'data.any=1', 'rate=1'}, {defaults = {rate = 2}, open = 'data.'})
      assert.same({{rate = 1}, {rate = 1, ['data.any'] = '1'}}, {o, given})
   end)

   it('shows its usage where it is asked for, and with status 2 where nothing is said', function()
      local run = command.new {title = 'hilo x', usage = 'usage: x', defaults = {on = false}, names = {1, 1}, which = 'which one',
         run = function(names, o) return names[1] == 'a' and o.on and 7 or 8 end}
      for words, status in pairs {[{'help'}] = 0, [{'a', '--help'}] = 0, [{'-h'}] = 0, [{}] = 2} do
         assert.same({status, 'usage: x'}, {said(run, words)})
      end
      assert.same({7, ''}, {said(run, {'a', 'on=true'})})
      assert.error_matches(function() run {'a', 'b'} end, 'which one; `hilo x help` tells more')
   end)

   it('ends with the status of its own where its words are wrong, if it has one', function()
      local run = command.new {title = 'hilo x', usage = '', defaults = {on = false}, names = {1}, which = 'which one', status = 2,
         run = function() error 'of its own' end}
      local status, text = said(run, {'a', 'no=1'})
      assert.equal(2, status)
      assert.matches("^hilo: hilo x: there is no option 'no'; did you mean 'on'", text)
      assert.error_matches(function() run {'a'} end, 'of its own')
   end)
end)

describe('hilo', function()
   local hilo = ('luajit %slua/bin/hilo '):format(core.root)

   it('fails where its output cannot be written', function()
      for _, words in ipairs {"-e 'print(1)'", '--help', 'sweep help', "-e 'io.write((\"a\"):rep(1e5))'"} do
         local status, text = shell(hilo .. words .. ' > /dev/full')
         assert.equal(1, status, words)
         assert.matches('^hilo: not all of the output could be written', text)
         assert.equal(0, (shell(hilo .. words)))
      end
   end)

   it('says in the error of a script what is near to a name that hilo does not have', function()
      local path = os.tmpname()
      tiny.write(path, "local hilo = require 'hilo'\n\nprint(hilo.arange(3))\n")
      assert.same({1, ("hilo: %s:3: attempt to call field 'arange' (a nil value); did you mean hilo.range?\n"):format(path)},
         {shell(hilo .. path)})
      os.remove(path)
      assert.matches('did you mean hilo%.range%?\n$', (select(2, shell(hilo .. "-e 'hilo.arange(3)'"))))
   end)

   it('names the command that is near to what is no script', function()
      for word, near in pairs {swep = 'hilo sweep', ['--verison'] = 'hilo --version'} do
         local status, text = shell(hilo .. word)
         assert.equal(1, status)
         assert(text:find(('hilo: cannot open %s: '):format(word), 1, true), text)
         assert(text:find(('; did you mean `%s`?\n'):format(near), 1, true), text)
      end
      for _, word in ipairs {'x', 'swep.lua'} do assert.not_matches('did you mean', (select(2, shell(hilo .. word)))) end
   end)
end)
