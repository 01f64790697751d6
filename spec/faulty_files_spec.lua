--- faulty_files_spec.lua: file systems that do not answer, threads that die and clocks that go back: which file it was is told, Ctrl-C
--- is answered, and a run goes on from its checkpoint.
local hilo = require 'hilo'
local core = require 'hilo.core'
local poll = require 'posix.poll'
local process = require 'hilo.io.process'
local signal = require 'posix.signal'
local tiny = require 'spec.tiny_set'

local sanitized = os.getenv 'HILO_SANITIZED'

describe('a file system that fails', function()
   local root, faulty
   setup(function()
      root = tiny.folder()
      faulty = root .. '/faulty.so'
      assert(os.execute(("gcc -O1 -shared -fPIC '%sspec/faulty_files.c' -o '%s' -ldl"):format(core.root, faulty)) == 0)
   end)
   teardown(function() tiny.remove(root) end)

   local function environment_of(more)
      local list = {LD_PRELOAD = faulty .. (sanitized and ' ' .. os.getenv 'LD_PRELOAD' or ''), OMP_WAIT_POLICY = 'passive'}
      for key, value in pairs(more) do list[key] = value end
      return list
   end

   -- A set of which one picture has `name`, and the words of a run on it.
   local function run_on(name, more)
      local set, runs = tiny.voc {n = 6, val = 1}, root .. '/' .. name
      hilo.data.folder.make(runs)
      for _, part in ipairs {'JPEGImages', 'SegmentationClass'} do
         assert(os.rename(('%s/%s/img_03.png'):format(set, part), ('%s/%s/%s.png'):format(set, part, name)))
      end
      local list = set .. '/ImageSets/Segmentation/train.txt'
      tiny.write(list, (tiny.read(list):gsub('img_03', name)))
      local words = {'luajit', core.root .. 'lua/bin/hilo', core.root .. 'experiments/supervised.lua', 'name=a', 'runs=' .. runs,
         'data.root=' .. set, 'model.width=4', 'threads=1', 'workers=2', 'crop=32', 'batch=1', 'data.labelled=all', 'eval_every=0',
         'checkpoint_every=1', 'log_every=1', 'steps=20'}
      for _, word in ipairs(more or {}) do words[#words + 1] = word end
      local said = runs .. '/said'
      local pid = process.start(words, {output = said, environment = environment_of {HILO_PATIENCE = '0.5'}})
      return {pid = pid, said = said, runs = runs, set = set}
   end

   local function wait_for(run, pattern)
      local limit = core.host.hl_host_time() + 180
      while not (hilo.data.folder.is_file(run.said) and tiny.read(run.said):find(pattern)) do
         local ending = process.ended(run.pid)
         assert.is_true(not ending and core.host.hl_host_time() < limit, hilo.data.folder.is_file(run.said) and tiny.read(run.said))
         poll.poll({}, 20)
      end
   end

   it('is told with the file that is waited for; Ctrl-C ends the run, which goes on from its last checkpoint', function()
      local run = run_on 'hang'
      wait_for(run, 'JPEGImages/hang%.png has been waited for for %d+ s to be read')
      process.kill(run.pid, signal.SIGTERM)
      local began = core.host.hl_host_time()
      assert.same({code = 1}, process.wait(run.pid))
      assert.is_true(core.host.hl_host_time() - began < 30)
      assert.matches('Ctrl%-C came while [^\n]*JPEGImages/hang%.png was waited for', tiny.read(run.said))
      tiny.remove(run.set)
   end)

   it('that ends a thread is told with its file', function()
      local run = run_on 'crash'
      local ending = process.wait(run.pid)
      assert.equal(signal.SIGSEGV, ending.signal, tiny.read(run.said))
      assert.matches('died %(signal 11%) at [^\n]*JPEGImages/crash%.png', tiny.read(run.said))
      tiny.remove(run.set)
   end)

   it('whose clock is a day back does not change how a run goes on, nor the order of its event files', function()
      local runs = root .. '/clock'
      hilo.data.folder.make(runs)
      local function run(name, off, more)
         local words = {'luajit', core.root .. 'lua/bin/hilo', core.root .. 'spec/sweep/tiny.lua', 'name=' .. name, 'runs=' .. runs,
            'threads=1', 'workers=0', 'checkpoint_every=2', 'log_every=1', 'eval_every=2', 'steps=6', unpack(more or {})}
         local pid = process.start(words, {output = runs .. '/said', environment = environment_of {FAULTY_CLOCK = off}})
         assert.same({code = 0}, process.wait(pid), tiny.read(runs .. '/said'))
      end
      run('straight', '0')
      run('back', '0')
      os.rename(runs .. '/back/previous.safetensors', runs .. '/back/last.safetensors') -- as if it had been killed after step 4
      local first = require 'hilo.io.events'.list(runs .. '/back')
      run('back', '-86400', {'resume=true'})
      assert.is_true(tiny.read(runs .. '/straight/last.safetensors') == tiny.read(runs .. '/back/last.safetensors'))
      local sessions = hilo.train.json.load(runs .. '/back/machine.json').sessions
      assert.is_true(sessions[2].started < sessions[1].started)
      local files = require 'hilo.io.events'.list(runs .. '/back')
      assert.same({1, 2}, {#first, #files})
      assert.equal(first[1], files[1])
      local steps = {}
      for _, entry in ipairs(hilo.train.Log.read(runs .. '/back/log.jsonl')) do
         if entry.mse then steps[#steps + 1] = entry.step end
      end
      assert.same({1, 2, 3, 4, 5, 6}, steps)
   end)
end)
