-- The look that a run takes at its data before it trains.
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local quick = require 'hilo.data.check.quick'
local CheckSet = require 'spec.check_set'
local tiny = require 'spec.tiny_set'

local set
before_each(function() set = CheckSet.new() end)
after_each(function() set:remove() end)

local function look(options)
   local opened = hilo.data.open {root = set.root}
   options = options or {}
   local by = {}
   for _, f in ipairs(quick(opened, hilo.data.split(opened, options), options)) do by[f.kind] = f end
   return by
end

describe('the look that a run takes before it trains', function()
   it('finds nothing where nothing is wrong, also where all pictures are meant as unlabelled', function()
      assert.is_nil((next(look())))
      assert.is_nil((next(look {unlabelled = 'all'})))
   end)

   it('names sizes that differ, label maps that are only void, values that are no class, and masks of 0 and 255', function()
      set:save_labels(1, hilo.ByteTensor(20, 24):zero())
      set:fill_labels(2, 255)
      set:fill_labels(7, 9)
      local found = look()
      assert.matches('img_01.png is 48 x 40', found.size.files[1])
      assert.matches('img_02', found.void.files[1])
      assert.matches('img_07.png: 9 on 1920 pixels', found.value.files[1])
      for i = 1, 8 do
         local mask = hilo.ByteTensor(40, 48):zero()
         mask:narrow(1, 5, 20):fill(255)
         set:save_labels(i, mask)
      end
      assert.has_error_match(look, 'only 0 and 255')
   end)

   it('names files that cannot be read', function()
      tiny.write(set:labels(2), 'x')
      tiny.write(set:picture(3), '')
      local found = look()
      assert.equal(2, found.broken.count)
      assert.matches('img_02', table.concat(found.broken.files))
      assert.matches('img_03', table.concat(found.broken.files))
   end)

   it('names pictures that are cut short or cannot be read, unlabelled ones too, and none with more bytes at its end', function()
      local opened = hilo.data.open {root = set.root}
      local jpeg = set.root .. '/whole.jpg'
      local wide = hilo.ByteTensor(3, 200, 300)
      for at = 0, wide:nElement() - 1 do wide:data()[at] = at * at % 251 end
      hilo.io.image.save(jpeg, wide)
      local names, of = {}, {jpg = tiny.read(jpeg), png = tiny.read(set:picture(1))}
      local function add(name, ending, text)
         names[#names + 1], opened.images[name] = name, ('%s/%s.%s'):format(set.root, name, ending)
         tiny.write(opened.images[name], text)
      end
      add('empty', 'jpg', '')
      for ending, text in pairs(of) do
         add('cut_' .. ending, ending, text:sub(1, math.floor(#text / 2)))
         add('more_' .. ending, ending, text .. ('x'):rep(100))
         add('whole_' .. ending, ending, text)
      end
      local parts = {{labelled = {}, unlabelled = names, val = {}}, {labelled = opened.names, unlabelled = names, val = {}}}
      for _, name in ipairs(names) do opened.labels[name] = set:labels(1) end
      parts[3] = {labelled = names, unlabelled = names, val = {}}
      for _, split in ipairs(parts) do
         local broken
         for _, f in ipairs(quick(opened, split)) do if f.kind == 'broken' then broken = f end end
         assert.is_truthy(broken)
         local told = table.concat(broken.files, '\n')
         assert.equal(3, broken.count, told)
         for _, case in ipairs(broken.files) do assert.equal(set.root, case:sub(1, #set.root)) end
         for _, name in ipairs {'/empty.jpg', '/cut_jpg.jpg', '/cut_png.png'} do assert.truthy(told:find(name, 1, true), told) end
      end
   end)

   it('reads few of the headers of 100000 unlabelled pictures', function()
      local opened = hilo.data.open {root = set.root}
      local names = {}
      for i = 1, 100000 do
         names[i] = 'copy' .. i
         opened.images[names[i]] = set:picture(1 + i % 8)
      end
      local began = core.host.hl_host_time()
      assert.same({}, quick(opened, {labelled = opened.names, unlabelled = names, val = {}}))
      assert.is_true(core.host.hl_host_time() - began < 1)
   end)

   it('names pictures that are both labelled and in the list of unlabelled ones', function()
      set:write_list('more', 4, 5)
      set:write_list('few', 1, 5)
      assert.equal('img_05', look({labelled = 'few', unlabelled = 'more'}).both.files[1])
   end)

   it('warns of a crop that pictures fill less than a quarter of, where most do', function()
      local opened = hilo.data.open {root = set.root} -- pictures of 48 x 40
      local function look_at(crop, size)
         return quick(opened, {labelled = opened.names, unlabelled = {}, val = {}}, {crop = crop, size = size})
      end
      local found = look_at {400, 480}
      assert.same({1, 'padding', 'warning', 8}, {#found, found[1].kind, found[1].level, found[1].count})
      assert.matches('img_01.png, 48 x 40 pixels, fills 1 %%', found[1].files[1])
      assert.matches('crop=40,48', found[1].mend)
      assert.same({}, look_at {79, 96})
      assert.same({}, look_at({400, 480}, 6))
      for i = 1, 4 do set:save_picture(i, hilo.ByteTensor(3, 300, 300):zero()) end
      for _, f in ipairs(look_at {400, 480}) do assert.not_equal('padding', f.kind) end
   end)

   it('takes less than a second for 1000 pictures', function()
      local opened = hilo.data.open {root = set.root}
      local names = {}
      for i = 1, 1000 do names[i] = opened.names[i % 8 + 1] end
      local began = core.host.hl_host_time()
      quick(opened, {labelled = names, unlabelled = {}, val = {}})
      assert.is_true(core.host.hl_host_time() - began < 1)
   end)

   it('compares the sizes of all of some hundred pictures, whichever is the one that differs', function()
      local opened = hilo.data.open {root = set.root}
      set:save_labels(3, hilo.ByteTensor(20, 24):zero())
      local names = {}
      for i = 1, 600 do
         names[i] = 'copy' .. i
         opened.images[names[i]], opened.labels[names[i]] = set:picture(i == 431 and 3 or 1), set:labels(i == 431 and 3 or 1)
      end
      local found = quick(opened, {labelled = names, unlabelled = {}, val = {}})
      assert.same({1, 'size', 1}, {#found, found[1].kind, found[1].count})
   end)

   it('lets strict=true stop a run', function()
      set:fill_labels(2, 255)
      local function run(strict)
         return process.capture {'luajit', core.root .. 'lua/bin/hilo', core.root .. 'experiments/supervised.lua', 'name=x',
            'steps=1', 'runs=' .. set.root .. '/runs', 'data.root=' .. set.root, 'data.labelled=all', 'crop=24,24', 'batch=2',
            'overwrite=true', 'eval_every=0', 'tracking=false', 'strict=' .. strict}
      end
      local code, text = run('false')
      assert.equal(0, code, text)
      assert.matches('warning: label maps that are void everywhere %(1 seen%): .-img_02', text)
      code, text = run('true')
      assert.equal(1, code)
      assert.matches('strict=true: the data set has the faults above', text)
   end)
end)
