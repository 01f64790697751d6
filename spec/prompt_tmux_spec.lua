-- A session as a person has it: keys go to a terminal of tmux, and what stands on its screen is read.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local locked_file = require 'hilo.prompt.locked_file'
local posix = require 'posix'
local Terminal = require 'spec.terminal'
local tiny_runs = require 'spec.tiny_runs'

local has_tmux = os.execute('command -v tmux >/dev/null 2>&1') == 0

local socket, home, made
local servers = 0

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function tmux(words)
   local pipe = io.popen(('tmux -L %s -f /dev/null %s 2>&1'):format(socket, words))
   local out = pipe:read('*a')
   pipe:close()
   return out
end

local function screen(flags) return tmux('capture-pane -p ' .. (flags or '')) end

-- Waits until the screen holds each of the patterns.
local function reads(...)
   local last = Terminal.clock() + 20
   local seen
   repeat
      seen = screen()
      local all = true
      for _, pattern in ipairs {...} do all = all and seen:find(pattern) ~= nil end
      if all then return seen end
      posix.nanosleep(0, 30000000)
   until Terminal.clock() > last
   error(('%s is not on the screen:\n%s'):format(table.concat({...}, ' or '), seen), 2)
end

local function keys(names) tmux('send-keys ' .. names) end
local function typed(text) tmux('send-keys -l ' .. quoted(text)) end

-- An entry on an empty screen.
local function enter(text)
   keys 'C-l'
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do
      typed(line)
      keys 'Enter'
   end
end

-- A terminal of its own in which the shell runs a command.
local function open(command)
   servers = servers + 1
   socket = ('hilo-%s-%d'):format(home:match('[^/]*$'), servers)
   tmux('new-session -d -x 120 -y 50 ' .. quoted(command))
end

local function start(arguments, environment)
   local command = ('cd %s; env HOME=%s XDG_STATE_HOME=%s/state COLORTERM=truecolor HILO_PICTURES= %s luajit %slua/bin/hilo %s; '
      .. 'echo left with $?; sleep 60'):format(home, home, home, environment or '', core.root, arguments or '')
   open(command)
   reads '\n1[^\n]*>' -- with the call where a script failed
end

describe('a session in tmux', function()
   if not has_tmux then
      pending('tmux is not installed')
      return
   end

   setup(function()
      home = os.tmpname()
      os.remove(home)
      posix.mkdir(home)
      made = tiny_runs.make()
   end)
   teardown(function()
      made.remove()
      os.execute('rm -rf ' .. home)
   end)
   after_each(function() tmux 'kill-server' end)

   it('reads, completes, remembers and explains', function()
      start()
      enter 'local a = 40'
      enter 'a + 2'
      reads '\n42\n'
      enter 'for i = 1, 3 do\nprint("row " .. i * 11)\nend'
      reads '\nrow 33\n'
      keys 'C-l Up'
      reads '> for i = 1, 3 do\nprint%("row " .. i %* 11%)\nend' -- one entry
      keys 'C-c'
      enter '_2 * 2'
      reads '\n84\n'
      keys 'C-l'
      typed 'x = hilo.zer'
      keys 'Tab'
      reads 'x = hilo.zeros'
      typed '(2, 3)'
      keys 'Enter'
      enter 'x'
      reads '\n 0  0  0\n 0  0  0\n%[torch.FloatTensor of size 2x3%]'
      keys 'C-l'
      typed 'net = hilo.models.deeplab {backb'
      keys 'Tab'
      reads 'deeplab {backbone ='
      typed '"resnet18", classes = 3, width = 4}'
      keys 'Enter'
      enter 'net.head'
      reads('nn.AtrousPyramid%s+[%d,]+\n├ 1: nn.SpatialDilatedConvolution', 'parameters, float32 on cpu')
      enter 'summary(net.head, {1, 32, 9, 9})'
      reads 'input 1x32x9x9, output 1x3x9x9'
      enter 't = {1, 2, {b = "c"}}; t.t = t'
      enter 't'
      reads '\n{1, 2, {b = "c"}, t = <the table itself>}'
      enter 'hilo.range(1, 5000)'
      reads 'of size 5000: min 1, max 5000, mean 2500.5'
      enter '?nn.ReLU'
      reads 'lua/hilo/nn/ReLU.lua:%d'
      enter '??nn.ReLU'
      reads 'function ReLU:updateOutput'
      enter '? void pixels'
      reads 'hilo.confusion'
      enter '%timeit x:add(1)'
      reads 'a run, at best'
      enter '%prof for i = 1, 50 do x:add(1) end'
      reads('binary_scalar%s+50', 'in all')
      enter '%mem'
      reads('net.backbone.layer4%S+%s+36.0 KiB', 'held by these names')
      enter '%who'
      reads '\nnet%s+nn.DeepLab'
      enter '%history range'
      reads '%d  hilo.range%(1, 5000%)'
      enter '$ echo from the `echo shell`'
      reads '\nfrom the shell\n'
      enter 'error("no end")'
      reads '%]:1: no end'
      keys 'C-l C-d'
      reads 'left with 0'
   end)

   it('says what things are, in colour where that is wanted', function()
      start()
      enter(('set = hilo.data.open {root = %q}'):format(made.set))
      enter 'set'
      reads 'layout voc: 8 pictures, 8 with label maps\n3 classes'
      enter 'hilo.data.split(set, {labelled = "2", seed = 1})'
      reads '\n  labelled%s+2  '
      enter 'hilo.optim.SGD({hilo.zeros(2)}, {lr = 0.1})'
      reads '0%.1'
      enter 'x = hilo.randn(300, 200); x[3][4] = 0/0; x'
      reads 'of size 300x200: .*1 NaN'
      enter 'show(set:label(set.names[1]))'
      reads('▀▀▀', '  0  %d+%.%d %%')
      enter '{key = "word"}'
      reads '{key = "word"}'
      assert.matches('\27%[36mkey', screen '-e')
      keys 'C-l C-d'
      reads 'left with 0'
      tmux 'kill-server'
      for _, environment in ipairs {'NO_COLOR=1', 'TERM=dumb'} do
         start('', environment)
         typed '{key = "word"}'
         keys 'Enter'
         reads '\n{key = "word"}'
         assert.is_nil(screen('-e'):find('\27[3', 1, true))
         keys 'C-d'
         reads 'left with 0'
         tmux 'kill-server'
      end
   end)

   it('times, reloads, pastes, and shares its history with a session beside it', function()
      local file = assert(io.open(home .. '/counting.lua', 'w'))
      file:write('local M = {n = 0}\nfunction M.next() M.n = M.n + 1 return M.n end\nreturn M\n')
      file:close()
      start('', "LUA_PATH='./?.lua;'\"$LUA_PATH\"")
      enter 'counting = require "counting"'
      enter 'counting.next() * 100'
      reads '\n100\n'
      os.execute(("sed -i 's/M.n + 1/M.n + 10/' %s/counting.lua"):format(home))
      enter '%reload counting'
      reads 'counting: 1 function replaced'
      enter 'counting.next() * 100'
      reads '\n1100\n'
      enter '%time hilo.zeros(2):sum()'
      reads('\n0\n', 's of processor time')
      enter 'help(hilo.relu)'
      reads 'hilo.relu%('
      enter 'counting.next?'
      reads 'counting%.lua:2'
      tmux "set-buffer 'pasted = 6\npasted * 7'"
      keys 'C-l'
      tmux 'paste-buffer -p'
      reads 'pasted %* 7'
      keys 'Enter'
      reads '\n42\n'
      local first = socket
      start()
      keys 'Up'
      reads '1> pasted = 6\npasted %* 7' -- one entry, of the session beside it
      keys 'C-c'
      keys 'C-d'
      reads 'left with 0'
      tmux 'kill-server'
      socket = first
      keys 'C-l C-d'
      reads 'left with 0'
   end)

   it('keeps to a window that has become narrower', function()
      start()
      tmux 'resize-window -x 40'
      posix.nanosleep(0, 300000000)
      typed 'x = "0123456789 0123456789 0123456789 0123456789"'
      reads '\n1> x = "0123456789 0123456789 0123456789\n 0123456789"\n'
      keys 'Home'
      typed 'y, '
      reads '\n1> y, x = "0123456789 0123456789 0123456\n789 0123456789"\n'
      keys 'C-c'
   end)

   it('goes on after Ctrl-Z and fg where its line was', function()
      open(("cd %s; env HOME=%s XDG_STATE_HOME=%s/state PS1='shell> ' bash --norc -i"):format(home, home, home))
      reads 'shell>'
      typed(('luajit %slua/bin/hilo'):format(core.root))
      keys 'Enter'
      reads '\n1>'
      typed '12 +'
      reads '\n1> 12 %+'
      keys 'C-z'
      reads 'Stopped'
      keys 'C-l'
      typed 'fg'
      keys 'Enter'
      reads '1> 12 %+'
      typed ' 30'
      reads '\n1> 12 %+ 30\n'
      keys 'Enter'
      reads '\n42\n2>'
      keys 'C-d'
      reads '\n2>%s*\nshell>'
   end)

   it('is stopped by Ctrl-C, and keeps what it holds', function()
      start()
      enter 'x = hilo.ones(3)'
      enter 'while true do end'
      posix.nanosleep(0, 300000000)
      keys 'C-c'
      reads 'interrupted'
      enter 'x:sum() * 111'
      reads '\n333\n'
      enter '%save kept.lua'
      reads '2 entries in kept.lua'
      -- it is killed, and the next one tells
      local state = home .. '/state/hilo/'
      local transcript
      for _, name in ipairs(folder.list(state)) do
         if locked_file.held(state .. name) then transcript = state .. name end
      end
      posix.kill(tonumber(transcript:match('%-(%d+)%.lua$')), 9) -- a hang-up would be an orderly end
      while locked_file.held(transcript) do posix.nanosleep(0, 20000000) end
      start()
      reads 'did not end as it should'
      enter '%load kept.lua'
      reads '\n333\n'
      -- its loop is run again, and what comes after it is left out; what it left behind stays until all has been run
      enter '%load'
      reads('3 entries of .*; a command is left out', '> while true do end')
      posix.nanosleep(0, 300000000)
      keys 'C-c'
      reads('interrupted', 'the other 1 entry: left out')
      enter 'a = 7'
      keys 'C-d'
      reads 'left with 0'
      assert.is_true(folder.is_file(transcript))
   end)

   it('shows a run and its pictures', function()
      start()
      enter(('run = open("sup", {runs = %q})'):format(made.runs))
      enter 'run'
      reads('finished, step 12 of 12\n', 'mean_iou')
      enter 'show(run:worst(2))'
      reads('▀▀▀', '1  %S+  mean IoU')
      assert.matches('\27%[38;2;', screen '-e')
      enter 'show(hilo.rand(3, 8, 8), {how = "file", to = "noise.png"})'
      reads '"noise.png"'
      enter 'plot {1, 4, 9}'
      reads '%-%-%-%-%-'
   end)

   it('looks around where a script failed', function()
      local file = assert(io.open(home .. '/wrong.lua', 'w'))
      file:write('local greeting = "hello"\nlocal function inner(k)\n   local deep = k * 2\n   error("bad " .. deep)\nend\ninner(21)\n')
      file:close()
      start '-i wrong.lua'
      reads('wrong.lua:4: bad 42', 'in inner')
      enter 'deep + 1'
      reads '\n43\n'
      enter 'locals'
      reads 'k = 21'
      enter 'up'
      reads 'wrong.lua:6'
      enter 'greeting'
      reads '\n"hello"\n'
      enter 'frames'
      reads('%-> 2  wrong.lua:6', 'inner%(21%)')
      enter 'down'
      reads 'wrong.lua:4, in inner'
      reads '\n%d+ in inner>'
      enter 'leave'
      reads '\n%d+>'
   end)
end)
