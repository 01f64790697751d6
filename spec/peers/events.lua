-- events.lua: makes runs of all kinds on a tiny set and has TensorBoard's own reader read what they wrote, by events.py.
--
--    luajit spec/peers/events.lua [PYTHON=build/peers/bin/python]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local timing = require 'spec.bench.timing'
local tiny = require 'spec.tiny_set'
local core = require 'hilo.core'
local events = require 'hilo.io.events'
local file = require 'hilo.io.file'
local process = require 'hilo.io.process'
local signal = require 'posix.signal'

local options = timing.options(arg, {PYTHON = 'build/peers/bin/python'})

local set, runs = tiny.voc {n = 10, val = 3, unlabelled = 3}, tiny.folder()
local odd = runs .. '/\255 "$HOME" é' -- a folder whose name is not UTF-8
assert(require('posix.unistd').link(set, odd, true))

local small = {
   supervised = {'crop=32', 'batch=2', 'data.labelled=all'},
   s4gan = {'crop=32', 'batch=2', 'unlabelled_batch=2', 'd_channels=4', 'gamma=0.4', 'data.labelled=3'},
   mlmt = {'resize=32', 'batch=2', 'unlabelled_batch=2', 'data.labelled=3'},
}

local function words(script, name, ...)
   local list = {core.root .. 'lua/bin/hilo', ('%sexperiments/%s.lua'):format(core.root, script), 'name=' .. name,
      'runs=' .. runs .. '/runs', 'model.width=4', 'threads=2', 'workers=1', 'log_every=1', 'histograms=1'}
   for _, more in ipairs {small[script], {...}} do for _, word in ipairs(more) do list[#list + 1] = word end end
   return list
end

local log = runs .. '/said'
local function run(...)
   local ended = process.wait(process.start(words(...), {output = log, environment = {OMP_WAIT_POLICY = 'passive'}}))
   assert(ended.code == 0, file.read_small(log))
end

-- Kills a run without warning once its log has so many lines.
local function run_until(lines, name, ...)
   local pid = process.start(words(...), {output = log, environment = {OMP_WAIT_POLICY = 'passive'}})
   local path, limit = ('%s/runs/%s/log.jsonl'):format(runs, name), timing.now() + 60
   repeat
      assert(timing.now() < limit and not process.ended(pid), file.read_small(log))
      local _, count = (file.read_small(path) or ''):gsub('\n', '')
   until count >= lines
   process.kill(pid, signal.SIGKILL)
   process.wait(pid)
end

run('supervised', 'plain', 'data.root=' .. set, 'steps=4', 'eval_every=2')
run('supervised', 'odd "name" é', 'data.root=' .. odd, 'steps=2', 'pictures=1')
run('mlmt', 'mlmt', 'data.root=' .. set, 'steps=4', 'eval_every=2')
run('s4gan', 'untracked', 'data.root=' .. set, 'steps=2', 'tracking=false')
for _, kills in ipairs {{8}, {3, 8, 12}} do
   local name = ('killed %d times'):format(#kills)
   for i, lines in ipairs(kills) do
      run_until(lines, name, 's4gan', name, 'data.root=' .. set, 'steps=40', 'checkpoint_every=5', 'eval_every=4',
         i > 1 and 'resume=true' or 'resume=false')
      -- half a record at the end
      local folder = ('%s/runs/%s'):format(runs, name)
      local names = events.list(folder)
      local last = folder .. '/' .. names[#names]
      local text = file.read(last)
      tiny.write(last, text .. text:sub(1, 30))
   end
   run('s4gan', name, 'data.root=' .. set, 'resume=true')
end

local code, text = process.capture {options.PYTHON, core.root .. 'spec/peers/events.py', runs .. '/runs'}
print(text)
tiny.remove(set)
tiny.remove(runs)
os.exit(code)
