--- neighbour.lua: what a training step costs while other processes keep all processors busy, next to what it costs alone; and two runs
--- of one thread each at the same time, next to one after the other.
---
---    luajit spec/bench/neighbour.lua [pattern] [ROUNDS=5] [JSON=file]
---
--- Alone and not alone take turns of about half a second; times are medians. At best a step beside as many busy threads as
--- there are processors costs twice what it costs alone. Wants a machine that does nothing else: says its load before it starts.
local cjson = require 'cjson'
local signal = require 'posix.signal'
local stdlib = require 'posix.stdlib'
local wait = require 'posix.sys.wait'
local process = require 'hilo.io.process'
local processors = require 'hilo.processors'
local Peer = require 'spec.bench.peer'
local timing = require 'spec.bench.timing'

local options, pattern = timing.options(arg, {ROUNDS = '5'})
local rounds, count = tonumber(options.ROUNDS), processors()
local works = {
   {work = 'R18 width 4, 33x33, batch 2', backbone = 'resnet18', width = 4, size = 33, batch = 2, classes = 11},
   {work = 'R18 width 16, 65x65, batch 2', backbone = 'resnet18', width = 16, size = 65, batch = 2, classes = 11},
   {work = 'R18, 176x176, batch 4', backbone = 'resnet18', size = 176, batch = 4, classes = 11},
}

local function start(w, threads)
   stdlib.setenv('OMP_NUM_THREADS', tostring(threads))
   local side = Peer.start_hilo()
   local answer = side:ask {work = 'train_step', backbone = w.backbone, width = w.width, size = w.size, batch = w.batch,
      classes = w.classes, warm_up = 2}
   if not answer or answer.error then error(w.work .. ': ' .. tostring(answer and answer.error or 'its process ended'), 0) end
   return side
end

local function beside(f)
   local busy = {}
   for i = 1, count do busy[i] = process.start({'luajit', '-e', 'while true do end'}, {dies_with_parent = signal.SIGKILL}) end
   local ok, result = pcall(f)
   for _, pid in ipairs(busy) do
      signal.kill(pid, signal.SIGKILL)
      wait.wait(pid)
   end
   if not ok then error(result, 0) end
   return result
end

local function measure(w)
   local side, one, other = start(w, count), start(w, 1), start(w, 1)
   local repeats = math.max(1, math.floor(500 / side:ask {time = 1}.ms))
   local alone, busy, in_turn, together = {}, {}, {}, {}
   for i = 1, rounds do
      alone[i] = side:ask {time = repeats}.ms
      busy[i] = beside(function() return side:ask {time = repeats}.ms end)
      local began = timing.now()
      one:ask {time = repeats}
      other:ask {time = repeats}
      in_turn[i] = timing.now() - began
      began = timing.now()
      one:send {time = repeats}
      other:send {time = repeats}
      one:receive()
      other:receive()
      together[i] = timing.now() - began
   end
   for _, peer in ipairs {side, one, other} do peer:stop() end
   local row = {work = w.work, alone_ms = timing.median(alone), beside_ms = timing.median(busy),
      in_turn_s = timing.median(in_turn), together_s = timing.median(together)}
   print(('| %s | %.2f | %.2f | %.2f | %.2f |'):format(row.work, row.alone_ms, row.beside_ms, row.beside_ms / row.alone_ms,
      row.together_s / row.in_turn_s))
   io.flush()
   return row
end

print(('%d processors, load before the start: %s\n'):format(count, io.open('/proc/loadavg'):read '*a':match '^%S+'))
print('| training step | alone, ms | beside ' .. count .. ' busy threads, ms | ratio | two runs of a thread: together / in turn |')
print '|---|---|---|---|---|'
local rows = {}
for _, w in ipairs(works) do
   if not pattern or w.work:find(pattern) then rows[#rows + 1] = measure(w) end
end
if options.JSON then
   local file = assert(io.open(options.JSON, 'w'))
   file:write(cjson.encode(rows), '\n')
   file:close()
end
