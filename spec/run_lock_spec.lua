-- One process at a time in a run's folder, and the signals that end a run with a checkpoint.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local lock = require 'hilo.io.lock'
local tiny = require 'spec.tiny_set'
local signal = require 'posix.signal'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'

local function lua(text)
   local script = os.tmpname()
   tiny.write(script, text)
   local pipe = io.popen('luajit ' .. script .. ' 2>&1')
   local said = pipe:read('*a')
   pipe:close()
   os.remove(script)
   return said
end

local function other_takes(folder)
   return lua(("print(require('hilo.io.lock').take('%s'), require('hilo.io.lock').held('%s'))"):format(folder, folder))
end

describe('the lock of a folder', function()
   local folder
   before_each(function() folder = tiny.folder() end)
   after_each(function()
      lock.give_back(folder)
      tiny.remove(folder)
   end)

   it('is taken by one process at a time, and by the same one again', function()
      assert.is_false(lock.held(folder))
      assert.is_true(lock.take(folder))
      assert.is_true(lock.take(folder))
      assert.is_false(lock.held(folder))
      assert.matches('false%s+true', other_takes(folder))
      lock.give_back(folder)
      assert.matches('true%s+false', other_takes(folder))
   end)

   it('ends with its process', function()
      lua(("assert(require('hilo.io.lock').take('%s')); require('posix.signal').kill(require('posix.unistd').getpid(), 9)")
         :format(folder))
      assert.is_false(lock.held(folder))
   end)

   it('cannot be taken where there is no folder', function()
      assert.has_error(function() lock.take(folder .. '/none') end)
   end)

   it('is not lost to those that only ask for it', function()
      os.execute('touch ' .. folder .. '/.lock')
      local asking = io.popen(([[luajit -e "local lock = require 'hilo.io.lock' io.write 'x' io.flush()
         for _ = 1, 30000 do lock.held('%s') end"]]):format(folder))
      asking:read(1)
      for _ = 1, 2000 do
         assert.is_true(lock.take(folder))
         lock.give_back(folder)
      end
      asking:close()
   end)

   it('is not held by a folder that was made anew', function()
      assert.is_true(lock.take(folder))
      lock.check(folder)
      tiny.remove(folder)
      assert.matches('was removed', helper.error_of(lock.check, folder))
      hilo.data.folder.make(folder)
      assert.matches('made anew', helper.error_of(lock.check, folder))
      assert.is_true(lock.take(folder)) -- the new one's
      lock.check(folder)
   end)
end)

describe('a run', function()
   local runs, set
   setup(function() runs, set = tiny.folder(), tiny.voc {n = 6, val = 1} end)
   teardown(function()
      tiny.remove(runs)
      tiny.remove(set)
   end)

   local function command(rest)
      return ('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/supervised.lua name=a runs=%s data.root=%s '
         .. 'model.width=4 threads=1 workers=1 crop=32 batch=2 data.labelled=all eval_every=0 checkpoint_every=0 log_every=1 %s')
         :format(core.root, core.root, runs, set, rest)
   end

   local function run(rest)
      local pipe = io.popen(('{ %s ; } 2>&1; echo "exit $?"'):format(command(rest)))
      local text = pipe:read('*a')
      pipe:close()
      return tonumber(text:match('exit (%d+)\n$')), text
   end

   it('refuses a folder in which another process trains, and leaves it alone', function()
      hilo.data.folder.make(runs .. '/a')
      assert.is_true(lock.take(runs .. '/a'))
      local code, text = run('steps=2')
      assert.equal(1, code)
      assert.matches('another process trains in ' .. runs:gsub('%p', '%%%0') .. '/a', text)
      assert.is_false(hilo.data.folder.is_file(runs .. '/a/options.json'))
      lock.give_back(runs .. '/a')
   end)

   it('begins anew, with other options, in the folder of one that ended before its first checkpoint, and in no other', function()
      local code, text = run('steps=20 lr=1e30 head_lr=1e30')
      assert.equal(1, code)
      assert.matches('no checkpoint was saved before', text)
      code, text = run('steps=2 crop=33')
      assert.equal(0, code, text)
      assert.matches('/a ended before its first checkpoint; it begins anew', text)
      assert.equal(33, hilo.train.json.load(runs .. '/a/options.json').crop[1])
      for _, kept in ipairs {'last.safetensors', 'previous.safetensors', 'best.safetensors', 'damaged.safetensors', 'scores.json'} do
         for _, name in ipairs {'last.safetensors', 'best.safetensors', 'scores.json'} do os.remove(runs .. '/a/' .. name) end
         tiny.write(runs .. '/a/' .. kept, 'x')
         code, text = run('steps=2')
         assert.equal(1, code)
         assert.matches('holds a run already; continue it with resume=true', text)
         assert.equal('x', tiny.read(runs .. '/a/' .. kept))
         os.remove(runs .. '/a/' .. kept)
      end
      tiny.remove(runs .. '/a')
   end)

   it('refuses a folder that holds other runs, as that of a sweep does, and leaves it alone', function()
      hilo.data.folder.make(runs .. '/a/0001-s1')
      tiny.write(runs .. '/a/0001-s1/options.json', '{}')
      local code, text = run('steps=2')
      assert.equal(1, code)
      assert.matches('/a holds other runs, as the folder of a sweep does; take another name=', text)
      assert.is_false(hilo.data.folder.is_file(runs .. '/a/options.json'))
      tiny.remove(runs .. '/a')
   end)

   for name, code in pairs {TERM = 143, USR1 = 138} do
      it('saves a checkpoint at SIG' .. name .. ' and tells the signal in its exit status', function()
         local pid = unistd.fork()
         if pid == 0 then
            unistd.execp('sh', {'-c', 'exec ' .. command('steps=100000 overwrite=true') .. ' >/dev/null 2>&1'})
            os.exit(127)
         end
         local limit, log = core.host.hl_host_time() + 30, runs .. '/a/log.jsonl'
         while not (hilo.data.folder.is_file(log) and tiny.read(log):find('ce')) and core.host.hl_host_time() < limit do
            os.execute('sleep 0.02')
         end
         signal.kill(pid, signal['SIG' .. name])
         local _, how, status = wait.wait(pid)
         assert.same({'exited', code}, {how, status})
         assert.is_true(hilo.io.checkpoint.meta(runs .. '/a/last.safetensors').step >= 1)
         tiny.remove(runs .. '/a')
      end)
   end
end)
