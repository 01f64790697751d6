--- faulty_files_spec.lua: file systems that do not answer, and threads that die: which file it was is told, Ctrl-C is answered, and a
--- run ends with its checkpoint.
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
      local preloaded = faulty .. (sanitized and ' ' .. os.getenv 'LD_PRELOAD' or '')
      local pid = process.start(words, {output = said, environment = {LD_PRELOAD = preloaded, OMP_WAIT_POLICY = 'passive',
         HILO_PATIENCE = '0.5'}})
      return {pid = pid, said = said, runs = runs, set = set}
   end

   local function wait_for(run, pattern)
      local limit = core.host.hl_host_time() + 60
      while not (hilo.data.folder.is_file(run.said) and tiny.read(run.said):find(pattern)) do
         assert(core.host.hl_host_time() < limit and not process.ended(run.pid))
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
end)
