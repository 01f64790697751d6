-- hilo data check: what a set is, in numbers; and that no name, link or file, however odd, stops it.
local hilo = require 'hilo'
local unistd = require 'posix.unistd'
local stat = require 'posix.sys.stat'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local CheckSet = require 'spec.check_set'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local set
before_each(function() set = CheckSet.new() end)
after_each(function() set:remove() end)

describe('hilo data check tells', function()
   -- Half of each map is class 0; of the rest, map i shows class 1 (i = 1..3), both (4), or void alone (5); 6 to 8 are class 0 alone.
   local function known()
      for i = 1, 8 do
         local ids = hilo.ByteTensor(40, 48):zero()
         if i <= 3 then ids:narrow(1, 21, 20):fill(1) end
         if i == 4 then
            ids:narrow(1, 21, 10):fill(1)
            ids:narrow(1, 31, 10):fill(2)
         end
         if i == 5 then ids:narrow(1, 21, 20):fill(255) end
         set:save_labels(i, ids)
         local rgb = hilo.ByteTensor(3, 40, 48)
         for c = 1, 3 do
            rgb[c]:narrow(1, 1, 20):fill(51 * (c - 1))
            rgb[c]:narrow(1, 21, 20):fill(51 * (c + 1))
         end
         set:save_picture(i, rgb)
      end
      return select(4, set:check())
   end

   it('pixels and pictures of each class, how many a picture shows, and which are seen together', function()
      local facts, half = known().facts, 20 * 48
      local function class(i, name, pixels, pictures, train, val)
         assert.same({name = name, pixels = pixels * half, pictures = pictures, train = train, val = val,
            share = facts.classes[i].share}, facts.classes[i])
         assert.near(pixels / 15, facts.classes[i].share, 1e-9)
      end
      class(1, 'background', 11, 8, 5, 3)
      class(2, 'red', 3.5, 4, 4, 0)
      class(3, 'green', 0.5, 1, 1, 0)
      assert.same({{8, 4, 1}, {4, 4, 1}, {1, 1, 1}}, facts.together)
      assert.same({0, 4, 3, 1}, facts.shows)
      assert.same({13 / 8, 1 / 16}, {facts.classes_a_picture, facts.void})
   end)

   it('counts, sizes, formats, mean and deviation', function()
      local facts = known().facts
      assert.same({pictures = 8, labels = 8, labelled = 5, unlabelled = 5, val = 3}, facts.counts)
      assert.same({{size = '48 x 40', count = 8}}, facts.sizes)
      assert.same({{format = 'png', count = 8}}, facts.formats)
      for c = 1, 3 do
         assert.near(0.2 * c, facts.mean[c], 1e-9)
         assert.near(0.2, facts.deviation[c], 1e-9)
      end
   end)

   it('the same on the terminal', function()
      known()
      local _, text = set:check()
      for _, line in ipairs {'layout voc, 8 pictures, 8 label maps, 3 classes', 'formats: 8 png; sizes: 8 48 x 40',
         'parts: 5 labelled, 5 unlabelled, 3 validation pictures', 'mean 0.200 0.400 0.600, deviation 0.200 0.200 0.200',
         'a picture shows 1.6 classes on average; ', 'red         23.33 %         4       4       0'} do
         assert.is_truthy(text:find(line, 1, true), line .. ' is not in ' .. text)
      end
   end)
end)

describe('hilo data check is not stopped', function()
   local function add(name)
      tiny.write(set:picture(name), tiny.read(set:picture(1)))
      tiny.write(set:labels(name), 'x')
   end

   it('by names with line breaks, marks of HTML or bytes that are no text, which it shows in one line', function()
      for _, name in ipairs {'new\nline', 'tab\t', '\27[31mred', '<b>&"\'', '\255\254'} do add(name) end
      tiny.write(set.root .. '/classes.txt', 'background\n<i>red</i>\n\27[7mgreen\n')
      local page = set.root .. '/check.html'
      local code, text, found = set:check('html=' .. page)
      assert.equal(1, code)
      assert.equal(5, found.broken.count)
      local files = table.concat(found.broken.files, '\n')
      for _, shown in ipairs {'new\\nline.png', 'tab\\t.png', '\\27[31mred.png', '<b>&"\'.png', '\239\191\189\239\191\189.png'} do
         assert.is_truthy(files:find(shown, 1, true), shown)
      end
      assert.is_nil(text:find('[%z\1-\9\11-\31]'))
      assert.is_nil(tiny.read(page):find('<b>&', 1, true))
      assert.is_nil(tiny.read(page):find('<i>red', 1, true))
   end)

   it('by links that lead nowhere, in circles or to devices, folders called as pictures, and pipes', function()
      local link = function(target, name) assert(unistd.link(target, set:picture(name), true)) end
      link('nowhere.png', 'lost')
      link('self.png', 'self')
      link('/dev/zero', 'zero')
      hilo.data.folder.make(set:picture 'folder')
      assert(stat.mkfifo(set:picture 'pipe', 384))
      local code, _, found = set:check()
      assert.equal(1, code)
      local files = table.concat(found.broken.files, '\n')
      for _, name in ipairs {'lost', 'self', 'zero', 'folder', 'pipe'} do assert.matches(name .. '.png: %w+', files) end
      assert.equal(5, found.broken.count)
   end)

   it('by folders that lead back to themselves', function()
      local root = tiny.folder()
      for _, name in ipairs {'images', 'masks'} do hilo.data.folder.make(root .. '/' .. name) end
      for i = 1, 3 do
         tiny.write(('%s/images/a%d.png'):format(root, i), tiny.read(set:picture(i)))
         tiny.write(('%s/masks/a%d.png'):format(root, i), tiny.read(set:labels(i)))
      end
      assert(unistd.link('..', root .. '/images/back', true))
      assert(unistd.link('.', root .. '/here', true))
      local circle = setmetatable({root = root}, CheckSet)
      local code, text, _, all = circle:check('data.val=1')
      circle:remove()
      assert.equal(0, code, text)
      assert.same({3, 3}, {all.facts.counts.pictures, all.facts.counts.labels})
   end)

   it('by an empty folder or one without pictures: it says what it looked for', function()
      local root = tiny.folder()
      local empty = setmetatable({root = root}, CheckSet)
      local code, text, found = empty:check()
      assert.equal(1, code)
      assert.matches('^error: data: .- fits no other layout', text)
      assert.equal(1, found.open.count)
      tiny.write(root .. '/notes.txt', 'x')
      assert.equal(1, (empty:check()))
      empty:remove()
   end)

   it('by files that it may not read', function()
      assert(stat.chmod(set:picture(2), 0))
      local words = {'luajit', core.root .. 'lua/bin/hilo', 'data', 'check', set.root}
      if unistd.getuid() == 0 then -- root reads all, but for that
         words = {'setpriv', '--bounding-set=-dac_override,-dac_read_search', unpack(words)}
         if process.capture {words[1], words[2], 'true'} ~= 0 then
            pending 'needs another user than root, or setpriv'
            return
         end
      end
      local code, text = process.capture(words)
      assert.equal(1, code)
      assert.matches('img_02.png: cannot open: Permission denied', text)
   end)

   it('by a page that cannot be written: it says so', function()
      local status, text = tiny_runs.command('data', {'check', set.root, 'html=/nowhere/check.html'})
      assert.is_nil(status)
      assert.matches('/nowhere', text)
   end)
end)
