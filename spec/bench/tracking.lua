-- tracking.lua: what tracking costs a training of the built-in set.
--
--    luajit spec/bench/tracking.lua [STEPS=200] [EVERY=100] [ROUNDS=3] [THREADS=2] [DATA=folder]
--
-- STEPS of training, an evaluation with pictures EVERY so many, with tracking=true and tracking=false in turn. Two measures: the
-- seconds that a run spent inside tracking over its own, which is steady; and the processor time of one whole command over the
-- other's, which tells nothing finer than the machine is quiet.
package.path = './lua/?.lua;./lua/?/init.lua;' .. package.path
local unistd = require 'posix.unistd'
local timing = require 'spec.bench.timing'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local process = require 'hilo.io.process'
local json = require 'hilo.io.json'

local options = timing.options(arg, {STEPS = '200', ROUNDS = '3', THREADS = '2', DATA = '', EVERY = '100'})

local place = core.root .. 'build/bench-tracking'
folder.make(place)

local function execute(...)
   local said = place .. '/said'
   os.remove(said)
   local ended = process.wait(process.start({...}, {output = said, environment = {OMP_WAIT_POLICY = 'passive'}}))
   if ended.code ~= 0 then error(('%s: exit status %s, signal %s\n%s'):format(table.concat({...}, ' '), ended.code, ended.signal,
      file.read_small(said)), 0) end
end

local data = options.DATA
if data == '' then
   data = place .. '/scenes'
   execute('luajit', core.root .. 'data/scenes.lua', 'out=' .. data)
end

local ticks = unistd.sysconf(unistd._SC_CLK_TCK)
-- Of all commands so far: fields 16 and 17 of the line, whose field 3 follows the name in parentheses.
local function processor_time()
   local user, system = file.read_small('/proc/self/stat'):match('%) %S+' .. (' %S+'):rep(12) .. ' (%d+) (%d+)')
   return (user + system) / ticks
end

-- Seconds of the processors for the whole command.
local function train(name, tracking)
   local began = processor_time()
   execute(core.root .. 'lua/bin/hilo', core.root .. 'experiments/supervised.lua', 'name=' .. name,
      'runs=' .. place, 'overwrite=true', 'data.root=' .. data, 'steps=' .. options.STEPS, 'eval_every=' .. options.EVERY,
      'threads=' .. options.THREADS, 'tracking=' .. tostring(tracking))
   return processor_time() - began
end

train('plain', false) -- warms the machine up
local ratios, shares = {}, {}
for round = 1, tonumber(options.ROUNDS) do
   local tracked, plain
   if round % 2 == 1 then
      tracked, plain = train('tracked', true), train('plain', false)
   else -- the other way round, so that a machine that slows down favours neither
      plain, tracked = train('plain', false), train('tracked', true)
   end
   local machine = json.load(place .. '/tracked/machine.json')
   ratios[round], shares[round] = tracked / plain, machine.tracking_seconds / machine.seconds
   print(('round %d: %.2f processor seconds tracked, %.2f not; inside tracking %.3f of %.2f s, %.2f %%'):format(round, tracked, plain,
      machine.tracking_seconds, machine.seconds, 100 * shares[round]))
   io.flush()
end
print(('inside tracking: %.2f %% of the run (median of %d)'):format(100 * timing.median(shares), #shares))
print(('tracked over untracked: %.3f (median; %.3f to %.3f)'):format(timing.median(ratios), ratios[1], ratios[#ratios]))
os.execute("rm -rf '" .. place .. "'")
