--- Time from the command to a prompt at a terminal, best and median of ROUNDS, next to other programs where they are installed; they
--- take turns: `luajit spec/bench/prompt.lua [ROUNDS=20] [PYTHON=python3] [IPYTHON=ipython3] [TH=th]`.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local core = require 'hilo.core'
local posix = require 'posix'
local Terminal = require 'spec.terminal'

local settings = {ROUNDS = 20, PYTHON = 'python3', IPYTHON = 'ipython3', TH = 'th'}
for _, word in ipairs(arg) do
   local name, value = word:match('^(%u+)=(.+)$')
   core.check(settings[name], "prompt.lua: '%s' is none of ROUNDS=N, PYTHON=, IPYTHON= and TH=", word)
   settings[name] = value
end
local rounds = tonumber(settings.ROUNDS)
core.check(rounds and rounds >= 1 and rounds % 1 == 0, 'prompt.lua: ROUNDS is a whole number from 1, got %s', settings.ROUNDS)

local function output(command)
   local pipe = io.popen(command .. ' 2>/dev/null')
   local line = pipe:read('*l')
   pipe:close()
   return line ~= '' and line or nil
end

-- The interpreter itself: what python3 names may be a script that looks for it.
local function python()
   return output(settings.PYTHON .. " -c 'import sys; print(sys.executable)'")
end

local function program(name) return output('command -v ' .. name) end

-- name, command or nil where it is not installed, what it shows where it is ready; nil: it ends
local function programs()
   local snake, ipython, th = python(), program(settings.IPYTHON), program(settings.TH)
   local function with(words, path) return path and words:format(path) end
   return {
      {'hilo', 'luajit ' .. core.root .. 'lua/bin/hilo', '1> '},
      {'python3 -c pass', with('%s -c pass', snake)},
      {'python3', with('%s -q', snake), '>>> '},
      {'ipython3', with('%s --no-banner', ipython), 'In ['},
      {'th', th, 'th> '},
   }
end

local function seconds(entry, home)
   local command = ('env HOME=%s XDG_STATE_HOME=%s IPYTHONDIR=%s %s'):format(home, home, home, entry[2])
   local from = Terminal.clock()
   local t = Terminal.open(command)
   if entry[3] then
      assert(t:wait(entry[3], 60), entry[1] .. ' shows no prompt')
   else
      t:ended()
   end
   local took = Terminal.clock() - from
   if entry[3] then t:close() end
   return took
end

local home = os.tmpname()
os.remove(home)
posix.mkdir(home)
local times, there = {}, {}
for _, entry in ipairs(programs()) do
   if entry[2] then
      there[#there + 1], times[entry] = entry, {}
      seconds(entry, home) -- the first start writes files of its own
   else
      print(entry[1] .. ' is not installed')
   end
end
for i = 1, rounds do
   for _, entry in ipairs(there) do times[entry][i] = seconds(entry, home) * 1000 end
end
os.execute('rm -rf ' .. home)

print('program           best    median   milliseconds')
for _, entry in ipairs(there) do
   local list = times[entry]
   table.sort(list)
   print(('%-15s %6.1f %9.1f'):format(entry[1], list[1], list[math.ceil(#list / 2)]))
end
