--- security_spec.lua: names and files that others made: none of them is run, leaves its folder, or is taken for anything but a name.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local process = require 'hilo.io.process'
local Slurm = require 'hilo.sweep.launchers.slurm'
local stdlib = require 'posix.stdlib'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local folder = hilo.data.folder

-- Each would make the file `hit` where a shell, gnuplot, HTML or Lua took it for more than a name.
local function hostile_names(hit)
   return {("a'; touch %s; '"):format(hit), ('$(touch %s)'):format(hit), ('`touch %s`'):format(hit), 'line\nbreak', 'tab\tand "quotes"',
      '-rf', '%s%n%d', '<script>alert(1)</script>', "]]..os.execute('touch')..[[", '{{x}}&amp;', '\27]0;title\7', '#comment', '*', '~',
      'a\\nb'}
end

it('words that a shell reads stay as they are', function()
   local root = tiny.folder()
   local hit = root .. '/hit'
   local words = hostile_names(hit)
   words[#words + 1] = ''
   for _, word in ipairs(words) do
      local pipe = io.popen("printf '%s.' " .. process.quoted(word))
      assert.equal(word .. '.', pipe:read '*a')
      pipe:close()
      local code, text = process.capture {'printf', '%s.', word}
      assert.same({0, word .. '.'}, {code, text})
   end
   assert.is_false(folder.is_file(hit))
   tiny.remove(root)
end)

it('the script for Slurm names its folder, whatever that is called', function()
   local root = tiny.folder()
   local hit = root .. '/hit'
   -- sbatch that takes every job, and luajit that tells its last word
   folder.make(root .. '/bin')
   tiny.write(root .. '/bin/sbatch', '#!/bin/sh\necho 12\n')
   tiny.write(root .. '/bin/luajit', '#!/bin/sh\nfor w in "$@"; do last=$w; done; printf %s "$last"\n')
   os.execute(("chmod +x '%s/bin/sbatch' '%s/bin/luajit'"):format(root, root))
   local before = os.getenv 'PATH'
   stdlib.setenv('PATH', root .. '/bin:' .. before)
   finally(function() stdlib.setenv('PATH', before) end)
   for _, name in ipairs(hostile_names 'hit') do
      local launcher = Slurm.new({runs = root, name = name:gsub('/', ''), jobs = 1, sampler = 'grid', pruner = 'none'}, {})
      launcher:start({run_id = 1, name = 'a'}, {'true'}, root .. '/out')
      launcher:flush {set_job = function() end}
      local path = launcher.base .. '/1'
      local pipe = io.popen(("cd '%s' && SLURM_ARRAY_TASK_ID=3 sh %s"):format(root, process.quoted(path .. '/script.sh')))
      assert.equal(path .. '/3', pipe:read '*a')
      pipe:close()
   end
   assert.is_false(folder.is_file(hit))
   tiny.remove(root)
end)

describe('a data set of hostile names', function()
   local set, runs, hit
   setup(function()
      set, runs = tiny.voc {n = 4, val = 1}, tiny.folder()
      hit = 'hit'
      for _, name in ipairs(hostile_names(hit)) do
         name = name:gsub('/', '|')
         local rgb, labels = tiny.picture(1, 40, 48)
         hilo.io.image.save(('%s/JPEGImages/%s.png'):format(set, name), rgb)
         hilo.io.image.save(('%s/SegmentationClass/%s.png'):format(set, name), labels)
      end
      tiny.write(set .. '/classes.txt', ('background\n<script>alert(1)</script>\n$(touch %s) `touch %s` %%s "\n'):format(hit, hit))
      tiny.remove(set .. '/ImageSets')
   end)
   teardown(function()
      tiny.remove(set)
      tiny.remove(runs)
   end)

   it('is trained on, shown and reported, and none of them is run', function()
      local n = 4 + #hostile_names(hit)
      local words = ("env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/supervised.lua name='a b$(touch %s)' runs=%s "
         .. 'data.root=%s data.val=%d data.labelled=all model.width=4 threads=1 workers=1 crop=33 batch=2 steps=2 eval_every=0 '
         .. 'pictures=20'):format(core.root, core.root, hit, runs, set, math.floor(n / 2))
      local code, text = tiny_runs.shell(('cd %s && %s'):format(runs, words))
      assert.equal(0, code, text)
      local report = "cd %s && luajit %slua/bin/hilo report 'a b$(touch %s)' runs=%s"
      code, text = tiny_runs.shell(report:format(runs, core.root, hit, runs))
      assert.equal(0, code, text)
      local page = tiny.read(("%s/a b$(touch %s)/report.html"):format(runs, hit))
      assert.equal(1, select(2, page:gsub('<script', '')))
      assert.is_false(folder.is_file(runs .. '/' .. hit))
      assert.is_false(folder.is_file(hit))
   end)

   it('has lists that cannot leave it', function()
      local opened = hilo.data.open {root = set}
      for _, line in ipairs {'../secret', 'JPEGImages/../../secret.png', '/etc/passwd', 'img_01 ../../etc/passwd', '..\\..\\secret'} do
         tiny.write(runs .. '/list.txt', line .. '\n')
         local message = helper.error_of(opened.list, opened, runs .. '/list.txt')
         assert.is_truthy(message:find('outside of', 1, true) or message:find('no such image', 1, true), message)
      end
   end)
end)

it('a checkpoint that holds code in the place of a number is damaged', function()
   local path = os.tmpname()
   hilo.io.checkpoint.save(path, {generator = false, meta = {big = 12LL}})
   local tensors, metadata = hilo.io.safetensors.load(path)
   metadata.checksum, metadata.checked_by = nil, nil
   for _, code in ipairs {'os.exit(3)', '1LL or os.exit(3)', '(function() os.exit(3) end)()', '1LL\nos.exit(3)'} do
      local changed = {}
      for key, value in pairs(metadata) do changed[key] = value end
      changed.checkpoint = metadata.checkpoint:gsub('12LL', (hilo.train.json.encode(code):sub(2, -2):gsub('%%', '%%%%')))
      assert.not_equal(metadata.checkpoint, changed.checkpoint)
      hilo.io.safetensors.save(path, tensors, changed)
      assert.matches('damaged: bad whole number', helper.error_of(hilo.io.checkpoint.load, path, {generator = false}))
   end
   os.remove(path)
end)
