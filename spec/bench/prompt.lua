--- Time from the command to a prompt at a terminal, best and median of ROUNDS, next to other programs where they are installed:
--- `luajit spec/bench/prompt.lua [ROUNDS=20]`.
local core = require 'hilo.core'
local Terminal = require 'spec.terminal'

local rounds = tonumber((arg[1] or ''):match('^ROUNDS=(%d+)$')) or 20

local function is_there(program) return os.execute(('{ command -v %s; } >/dev/null 2>&1'):format(program)) == 0 end

-- command, what it shows where it is ready; nil: it ends
local others = {
   {'hilo', 'luajit ' .. core.root .. 'lua/bin/hilo', '1> '},
   {'python3 -c pass', 'python3 -c pass'},
   {'python3', 'python3 -q', '>>> '},
   {'ipython3', 'ipython3 --no-banner', 'In ['},
   {'th', 'th', 'th>'},
}

local function seconds(entry)
   local from = Terminal.clock()
   local t = Terminal.open('env HILO_HISTORY=/dev/null XDG_STATE_HOME=/tmp ' .. entry[2])
   if entry[3] then
      assert(t:wait(entry[3], 60))
   else
      t:ended()
   end
   local took = Terminal.clock() - from
   if entry[3] then t:close() end
   return took
end

print('program           best    median   milliseconds')
for _, entry in ipairs(others) do
   if entry[1] == 'hilo' or is_there(entry[2]:match('^%S+')) then
      local list = {}
      for i = 1, rounds do list[i] = seconds(entry) * 1000 end
      table.sort(list)
      print(('%-15s %6.1f %9.1f'):format(entry[1], list[1], list[math.ceil(#list / 2)]))
   end
end
