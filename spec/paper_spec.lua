-- experiments/paper.lua: rows of a table as one sweep, on a tiny set.
local hilo = require 'hilo'
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'

local set, runs

setup(function() set, runs = tiny.voc {n = 6, val = 2}, tiny.folder() end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

local function paper(...)
   local words = {'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo', core.root .. 'experiments/paper.lua',
      'runs=' .. runs, 'root=' .. set, 'steps=1 threads=2 labelled=2', ...}
   local pipe = io.popen(('cd %s. && { %s ; } 2>&1; echo "exit $?"'):format(core.root, table.concat(words, ' ')))
   local text = pipe:read('*a')
   pipe:close()
   return tonumber(text:match('exit (%d+)\n$')), text
end

local function trained(name, sweep)
   local count = 0
   for _, run in ipairs(hilo.data.folder.list(('%s/%s'):format(runs, sweep or 'paper-scenes-2'))) do
      if run:match('^' .. name .. '%-%x+%-s%d$') then count = count + 1 end
   end
   return count
end

describe('experiments/paper.lua', function()
   it('trains once what rows share, and prints their means', function()
      local status, text = paper('row=supervised,s4gan_truth,s4gan seeds=1')
      assert.equal(0, status, text)
      for _, row in ipairs {'supervised', 's4GAN', 's4GAN %+ true classes'} do
         local value, count = text:match('\n' .. row .. ' +(%d+%.%d) +(%d+)')
         assert.equal('1', count, text)
         assert.is_true(tonumber(value) >= 0 and tonumber(value) <= 100)
      end
      assert.same({1, 1, 0}, {trained 'supervised', trained 's4gan', trained 'mlmt'})
      assert.matches('\n   s4gan +%d+s a run', text)
   end)

   it('trains in the precision that is asked for, as a sweep of its own', function()
      local status, text = paper('row=supervised seeds=1 precision=bf16')
      assert.equal(0, status, text)
      local folder = runs .. '/paper-scenes-2-bf16/'
      for _, run in ipairs(hilo.data.folder.list(folder)) do
         if run:match '^supervised' then assert.equal('bf16', hilo.train.json.load(folder .. run .. '/options.json').precision) end
      end
      assert.equal(1, trained('supervised', 'paper-scenes-2-bf16'))
   end)

   it('gives each network the backbone and the steps that are asked for, and all runs what any experiment can be told', function()
      local status, text = paper('name=other row=supervised,supervised_mlmt seeds=1 backbone=mobilenet_v2 mlmt_steps=2 cache_mb=77')
      assert.equal(0, status, text)
      local folder, found = runs .. '/other/', {}
      for _, run in ipairs(hilo.data.folder.list(folder)) do
         local path = folder .. run .. '/options.json'
         if hilo.data.folder.is_file(path) then
            local options = hilo.train.json.load(path)
            assert.equal(77, options.cache_mb, run)
            found[run:match '^(%l+)' or run] = options.model and ('%s, %d'):format(options.model.backbone, options.steps) or ''
         end
      end
      assert.same({['0000-s1'] = '', ['0001-s1'] = '', supervised = 'mobilenet_v2, 1', mlmt = 'mobilenet_v2, 2'}, found)
      status, text = paper('name=other row=supervised_mlmt seeds=1 backbone=mobilenet_v2 mlmt_backbone=resnet34 mlmt_steps=2')
      assert.equal(1, status, text)
      assert.matches('begun with mlmt.model.backbone=mobilenet_v2; with resnet34 it would be another one', text, 1, true)
      assert.equal(1, trained('mlmt', 'other'))
      assert.equal(1, trained('supervised', 'other'))
   end)

   it('gives s4GAN, and what goes on where it ends, the weight and the rate that are asked for', function()
      tiny.write(set .. '/image_tags.tsv', 'img_01\tred\nimg_02\tred\nimg_03\tgreen\nimg_04\tgreen\n')
      finally(function() os.remove(set .. '/image_tags.tsv') end)
      local status, text = paper('name=strong row=supervised,st,s4gan,guided_tags_s4gan seeds=1 lambda_fm=0.3 d_lr=4e-4')
      assert.equal(0, status, text)
      assert.matches('\ns4GAN, then guided by tags +%d+%.%d +1', text)
      local folder, found = runs .. '/strong/', {}
      for _, run in ipairs(hilo.data.folder.list(folder)) do
         local path = folder .. run .. '/options.json'
         local options = hilo.data.folder.is_file(path) and hilo.train.json.load(path)
         if options and not run:match '^%d' then
            found[run:match '^([%l%d_]+)%-'] = options.start and ('after ' .. options.start:match '([%l%d_]+)%-%x+%-s%d$')
               or options.lambda_fm and ('%g, %g'):format(options.lambda_fm, options.d_lr) or 'none'
         end
      end
      assert.same({supervised = 'none', st = '0, 0.0004', s4gan = '0.3, 0.0004', guided_tags_s4gan = 'after s4gan'}, found)
   end)

   it('goes on where it was, with rows that join', function()
      local before = hilo.train.json.load(('%s/paper-scenes-2/0000-s1/machine.json'):format(runs))
      local status, text = paper('row=s4gan,supervised_mlmt seeds=1')
      assert.equal(0, status, text)
      assert.matches('\nsupervised %+ MLMT +%d+%.%d +1', text)
      assert.same({1, 1, 1}, {trained 'supervised', trained 's4gan', trained 'mlmt'})
      assert.same(before, hilo.train.json.load(('%s/paper-scenes-2/0000-s1/machine.json'):format(runs)))
   end)

   it('fuses by what is chosen on other pictures', function()
      local status, text = paper('row=s4gan_soft seeds=1')
      assert.equal(0, status, text)
      assert.matches('\ns4GAN %+ MLMT, soft +%d+%.%d +1', text)
      assert.equal(1, trained 'choice')
      local options = hilo.train.json.load(('%s/paper-scenes-2/0004-s1/options.json'):format(runs))
      assert.matches('^paper%-scenes%-2/choice%-%x+%-s1:soft$', options.chosen)
   end)

   it('fuses by what a network sees by itself, alone or joined with the classifier', function()
      local status, text = paper('row=s4gan_own,s4gan_joined seeds=1')
      assert.equal(0, status, text)
      assert.matches('\ns4GAN, soft by its own presence +%d+%.%d +1', text)
      assert.matches('\ns4GAN %+ MLMT and presence, soft +%d+%.%d +1', text)
      assert.same({1, 1, 1}, {trained 'presence', trained 'joined', trained 'mlmt'})
   end)

   it('trains and guides by image-level tags, from what other rows end with', function()
      local lines = {}
      for i = 1, 4 do lines[i] = ('img_%02d\tbackground,%s\n'):format(i, i % 2 == 0 and 'red' or 'green') end
      tiny.write(set .. '/image_tags.tsv', table.concat(lines))
      finally(function() os.remove(set .. '/image_tags.tsv') end)
      local status, text = paper 'name=tags row=cutmix,cutmix_tags_soft,guided_tags_cutmix,guided_tags_cutmix_soft seeds=1'
      assert.equal(0, status, text)
      for _, row in ipairs {'cutmix', 'cutmix %+ MLMT with tags, soft', 'CutMix%-Seg, then guided by tags',
         'CutMix%-Seg, then guided by tags %+ MLMT, soft'} do
         assert.matches('\n' .. row .. ' +%d+%.%d +1', text)
      end
      assert.same({1, 1, 1}, {trained('cutmix', 'tags'), trained('tagged', 'tags'), trained('guided_tags_cutmix', 'tags')})
   end)

   it('says which rows failed, and ends with 1', function()
      local status, text = paper(('name=broken row=supervised,supervised_truth seeds=1 weights=%s/classes.txt'):format(set))
      assert.equal(1, status, text)
      assert.matches('\nsupervised +failed.*paper: 2 of 2 rows failed', text)
      assert.matches('\n   supervised: the run that it needs, broken/supervised%-%x+%-s1, failed: [^\n]*classes.txt', text)
      assert.matches('\n   supervised_truth: the run', text)
   end)

   it('ends with 130 where it is stopped, and says how to go on', function()
      local status, text = paper(('name=stopped row=supervised seeds=1 steps=1000000 & pid=$!; until [ -e %s/stopped/*/output.txt ]; '
         .. 'do sleep 0.05; done; kill $pid; wait $pid'):format(runs))
      assert.equal(130, status, text)
      assert.matches('\nsupervised +waiting.*\nstopped %(interrupted%); the same command goes on\n', text)
   end)

   it('lists its rows, and refuses what is none', function()
      local status, text = paper('row=help')
      assert.equal(0, status)
      assert.matches('s4gan_soft +s4GAN %+ MLMT, soft', text)
      local seen = {}
      for name in text:gmatch '\n   ([%w_]+) ' do
         assert.is_nil(seen[name], name)
         seen[name] = true
      end
      status, text = paper('row=s4gna')
      assert.equal(1, status)
      assert.matches("row: there is no 's4gna'; did you mean 's4gan'", text)
      status, text = paper('row=s4gan overwrite=true')
      assert.equal(1, status)
      assert.matches('overwrite: the same command goes on with its sweep; to start afresh give another name=', text)
      status, text = paper('row=s4gan seed=3')
      assert.equal(1, status)
      assert.matches('seed: a table is made for several, as in seeds=3..5', text)
   end)
end)

describe('published figures', function()
   it('are those of the paper, with what a second source confirms', function()
      assert.same({value = 65.4, sure = true}, hilo.methods.published('voc', 's4gan', '1/8'))
      assert.same({value = 67.3, sure = false}, hilo.methods.published('voc', 's4gan_mlmt', '1/8'))
      assert.is_nil(hilo.methods.published('cityscapes', 's4gan_mlmt', '1/8'))
      assert.is_nil(hilo.methods.published('camvid', 's4gan', '1/8'))
   end)
end)
