local chunk = require 'hilo.prompt.chunk'
local scan = require 'hilo.prompt.scan'

-- Runs entries one after another as a prompt does; returns the last one's results.
local function session(...)
   local variables, results = {}, nil
   for _, text in ipairs {...} do
      local kind, _, code = chunk.kind(text, '=t')
      results = {assert(chunk.new(code, '=t', kind, variables))()}
   end
   return unpack(results)
end

describe('an expression at the prompt', function()
   local function message_of(text)
      local f = assert(chunk.new(text, '=t', assert(chunk.kind(text, '=t')), {}))
      return select(2, pcall(f))
   end

   it('fails in the line in which it stands', function()
      for _, text in ipairs {'nothing.x', 'nothing.x;', '(nothing.x) ', 'nothing.x -- why)', "'--' .. nothing.x", 'nothing.x --[[why]]',
         'nothing()', 'nothing.x, 1'} do
         assert.matches('^t:1: ', message_of(text), text)
      end
      assert.matches('^t:2: ', message_of '{1,\nnothing.x}')
      assert.matches('^t:2: ', message_of '{1,\nnothing.x,\n2}')
   end)

   it('is what stands before a comment', function()
      assert.equal('a -- b', session "'a -- b'")
      assert.equal(3, session '1 --[[ -- ]] + 2')
      assert.equal(3, session '1 --[[ -- ]] + 2 -- )')
      assert.equal(7, session '7 --')
      assert.same({1, 2}, {session '1, 2 -- 3'})
   end)
end)

describe('local variables at the prompt', function()
   it('stay for the next line', function()
      assert.equal(42, session('local a = 40', 'a + 2'))
      assert.same({1, 2}, {session('local a, b = 1, 2', 'return a, b')})
      assert.equal(6, session('local a = 5', 'a = a + 1', 'a'))
   end)

   it('are the same variables in the functions that hold them', function()
      assert.equal(41, session('local a = 40; local function f() return a end', 'a = 41', 'f()'))
      assert.equal(3, session('local n = 0', 'local function more() n = n + 1 end', 'more() more() more()', 'n'))
      assert.equal(120, session('local function f(n) return n < 2 and 1 or n * f(n - 1) end', 'f(5)'))
   end)

   it('are hidden by later ones of the same name, where these are seen', function()
      assert.same({1, 2}, {session('local a = 1 local f = function() return a end local a = 2', 'return f(), a')})
      assert.same({1, 2}, {session('local a = 1', 'local function f() return a end', 'local a = 2', 'return f(), a')})
      assert.same({7, 1}, {session('local a = 1', 'local r do local a = 7 r = a end', 'return r, a')})
      assert.equal(2, session('local a = 1', 'local a = a + 1', 'a'))
   end)

   it('of blocks, loops and functions end with them', function()
      assert.is_nil(session('for i = 1, 3 do local inner = i end', 'inner'))
      assert.is_nil(session('local function f() local inner = 1 return inner end f()', 'inner'))
      assert.is_nil(session('repeat local inner = 1 until inner', 'inner'))
      assert.is_nil(session('if true then local inner = 1 elseif false then local other = 2 else local third = 3 end', 'inner'))
   end)

   it('stay where the chunk returns, and where it has more than a function holds', function()
      assert.equal(3, session('local a = 3 return a * 2', 'a'))
      local many = {}
      for i = 1, 150 do many[i] = ('local v%d = %d'):format(i, i) end
      assert.same({1, 75, 150}, {session(table.concat(many, '\n'), 'return v1, v75, v150')})
   end)

   it('are told from words in strings and comments', function()
      local names = scan.names([[local a = "local b = 'c'" -- local d
         --[==[ local e ]] .. ']==]' .. [[ local f = [=[ local g ]=] local h, i
         local s = 'it\'s local j' function k() local l return 1 end]])
      assert.same({'a', 'f', 'h', 'i', 's'}, names.locals)
      assert.is_nil(names.returns)
      assert.is_nil(names.used.g)
   end)
end)

describe('an entry', function()
   it('goes on where it does not end what it begins, and only there', function()
      for _, text in ipairs {'for i = 1, 2 do', 'f(', 'x =', '1 +', 'local function f()', '{1,',
         's = [[\nab', 'if a then\nb()', '--[[ a'} do
         local _, more = chunk.kind(text, '=t')
         assert.is_true(more, text)
      end
      for _, text in ipairs {')', 'x = )', 'a b', '"abc', 'end', 'for for', '1 + * 2'} do
         local _, why = chunk.kind(text, '=t')
         assert.equal('string', type(why), text)
      end
   end)

   it('returns the expression that its last lines are', function()
      local kind, _, code = chunk.kind('a = 5\nb = a * 2\nb +\n 1', '=t')
      assert.equal('statements', kind)
      assert.equal('a = 5\nb = a * 2\nreturn _pass_(b +\n 1)\n', code)
   end)

   it('returns what its last statement calls, and calls it once', function()
      local calls = 'n = 0; function f(x) n = n + 1 return x end'
      assert.same({7, 8}, {session(calls, 'local a = 7; f(a), 8')})
      assert.equal(7, session(calls, 'local a = 7\nf(a) -- why; f(1)'))
      assert.equal(1, session(calls, 'a = 7; f(a)', 'n'))
      assert.equal(8, session(calls, 'local a = 7; (f)(a + 1)'))
      assert.equal(9, session 'function f()\n   return 9\nend\nf();')
      assert.equal(0, select('#', session 'a = 7; (function() end)()'))
      -- a string or a table in the next line is what the line before calls
      for _, text in ipairs {'x = f\n{1}', 'x = f\n"a"', 'for i = 1, 2 do\nf(i)\nend', 's = [[\nf()\n]]', 'a = 1 -- a; b'} do
         assert.equal(text, (select(3, chunk.kind(text, '=t'))))
      end
      local code = select(3, chunk.kind('a = 1\nnothing()', '=t'))
      assert.matches('^t:2: ', select(2, pcall(assert(chunk.new(code, '=t', 'statements', {})))))
   end)

   it('is an expression or statements, and never compiled code', function()
      assert.equal('expression', chunk.kind('1 + 1', '=t'))
      assert.equal('expression', chunk.kind('f(x);', '=t'))
      assert.equal('statements', chunk.kind('x = 1', '=t'))
      assert.equal('a = 5;return _pass_( a * 2)\n', select(3, chunk.kind('a = 5; a * 2', '=t')))
      assert.equal('local t = {";"};return _pass_( #t)\n', select(3, chunk.kind('local t = {";"}; #t;', '=t')))
      assert.is_true((select(2, chunk.kind('for i = 1, 3 do a = 5; a', '=t'))))
      assert.is_nil((chunk.kind(string.dump(function() end), '=t')))
   end)

   it('keeps the numbers of its lines in errors', function()
      local f = chunk.new('local a = 1\nlocal b = a\nerror("here")', '=t', 'statements', {})
      assert.equal('t:3: here', select(2, pcall(f)))
   end)
end)
