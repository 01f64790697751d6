-- Transforms and loaders: what a step gets depends on the seed and the step alone.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data = hilo.data
local error_of = helper.error_of

local root, set
setup(function()
   root = tiny.voc()
   set = data.open {root = root}
end)
teardown(function() tiny.remove(root) end)

local function loader(options)
   local o = {set = set, names = set:list 'train', batch = 3, seed = 7, stream = 1, labels = true,
      transform = data.transforms.segmentation {crop = {32, 36}, scale = {0.5, 1.5}, mirror = true,
         jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1}, blur = {0.1, 1}}}
   for key, value in pairs(options or {}) do o[key] = value end
   return data.loader(o)
end

local function batches(l, n)
   local list = {}
   for i = 1, n do list[i] = l:next() end
   return list
end

-- device: where b is, the CPU if not given
local function assert_same_batch(a, b, device)
   assert.same(a.names, b.names)
   for _, key in ipairs {'images', 'labels', 'mask'} do
      assert.equal(a[key] == nil, b[key] == nil)
      if a[key] then
         assert.equal(device or 'cpu', b[key]:getDevice())
         assert.is_true(hilo.equal(a[key], b[key]:cpu()), key)
      end
   end
end

describe('draws', function()
   it('depend on seed, stream, epoch and index', function()
      local function first(...) return data.Draws.of(...):uniform() end
      local base = first(1, 1, 0, 0)
      assert.equal(base, first(1, 1, 0, 0))
      for _, other in ipairs {{2, 1, 0, 0}, {1, 2, 0, 0}, {1, 1, 1, 0}, {1, 1, 0, 1}} do
         assert.not_equal(base, first(unpack(other)))
      end
   end)

   it('stay within their bounds', function()
      local d, seen = data.Draws.of(3, 1, 0, 5), {}
      for _ = 1, 500 do
         local u, k = d:uniform(-2, 3), d:whole(1, 4)
         assert.is_true(u >= -2 and u < 3 and k >= 1 and k <= 4 and k % 1 == 0)
         seen[k] = true
      end
      assert.equal(4, #seen)
   end)

   it('make permutations', function()
      local order = data.Draws.order(1, 1, 2, 50)
      local sorted = {unpack(order)}
      table.sort(sorted)
      for i = 1, 50 do assert.equal(i, sorted[i]) end
      assert.not_same(sorted, order)
      assert.not_same(order, data.Draws.order(1, 1, 3, 50))
   end)

   it('make long permutations of the same numbers as short ones, and go on after them', function()
      for _, n in ipairs {2, 33, 16384, 16385, 33000} do
         local a, b, expected = data.Draws.of(7, 2, 3, 4), data.Draws.of(7, 2, 3, 4), {}
         a:uniform()
         b:uniform()
         for i = 1, n do expected[i] = i end
         for i = n, 2, -1 do
            local j = b:whole(1, i)
            expected[i], expected[j] = expected[j], expected[i]
         end
         assert.equal(table.concat(expected, ' '), table.concat(a:permutation(n), ' '))
         for _ = 1, 40 do assert.equal(b:uniform(), a:uniform()) end
      end
   end)

   it('order 2^24 samples within seconds', function()
      local began = os.clock()
      local order = data.Draws.order(0, 6, 2, 2 ^ 24)
      assert.equal(2 ^ 24, #order)
      assert.is_true(os.clock() - began < 8) -- 0.7 s on a machine alone
   end)
end)

describe('loader', function()
   it('has the threads of others that were given none, however many were made and left', function()
      local function threads() return #require('hilo.data.folder').list('/proc/self/task') end
      collectgarbage()
      collectgarbage()
      collectgarbage 'stop'
      local before = threads()
      for _ = 1, 20 do loader():next() end
      local more = threads() - before
      collectgarbage 'restart'
      assert.is_true(more <= 2, more .. ' threads more')
   end)

   it('gives the same batches for any number of workers', function()
      local one = batches(loader {workers = data.workers {threads = 1}}, 6)
      for _, threads in ipairs {0, 4} do
         local other = batches(loader {workers = data.workers {threads = threads, cache_mb = 1}}, 6)
         for i = 1, 6 do assert_same_batch(one[i], other[i]) end
      end
   end)

   it('continues from any step', function()
      local straight = batches(loader(), 9)
      local l = loader()
      l:seek(6)
      for i = 6, 9 do assert_same_batch(straight[i], l:next()) end
      l:seek(2)
      assert_same_batch(straight[2], l:next())
   end)

   it('shows every image once an epoch, in another order each time', function()
      local l, orders = loader {batch = 4}, {}
      for epoch = 1, 2 do
         local seen = {}
         for _ = 1, 2 do
            for _, name in ipairs(l:next().names) do seen[#seen + 1] = name end
         end
         orders[epoch] = table.concat(seen, ' ')
         table.sort(seen)
         assert.same(set:list 'train', seen)
      end
      assert.not_equal(orders[1], orders[2])
   end)

   it('shows two views of the same images', function()
      local a, b = loader {view = 1}:next(), loader {view = 2}:next()
      assert.same(a.names, b.names)
      assert.is_false(hilo.equal(a.images, b.images))
   end)

   describe('shows looks of one crop:', function()
      local jitter = {brightness = 0.5, contrast = 0.5, saturation = 0.5, hue = 0.25, chance = 0.8}
      local function looking(look, colours)
         local o = {crop = {32, 36}, scale = {0.5, 1.5}, mirror = true}
         for key, value in pairs(colours or {}) do o[key] = value end
         return loader {labels = false, look = look, transform = data.transforms.segmentation(o),
            normalise = {mean = {0, 0, 0}, std = {1, 1, 1}}}
      end
      local strong = {jitter = jitter, grey = 0.2, blur = {0.1, 2}, blur_chance = 0.5}
      local n = 60

      it('place, size and mirror are those of the plain view, colours are its own', function()
         local weak, first, second = looking(), looking(1, strong), looking(2, strong)
         local differ, seen = 0, {jitter = 0, grey = 0, blur = 0}
         for position = 0, n - 1 do
            local name, plain = weak:draw(position)
            local _, a = first:draw(position)
            local other, b = second:draw(position)
            assert.equal(name, other)
            for _, key in ipairs {'scale', 'crop_y', 'crop_x', 'crop_h', 'crop_w', 'flip'} do
               assert.equal(plain[key], a[key])
               assert.equal(plain[key], b[key])
            end
            assert.is_nil(plain.blur)
            if a.hue ~= b.hue or a.blur ~= b.blur then differ = differ + 1 end
            if a.hue then seen.jitter = seen.jitter + 1 end
            if a.saturation == 0 then seen.grey = seen.grey + 1 end
            if a.blur then seen.blur = seen.blur + 1 end
         end
         assert.is_true(differ > n / 2)
         -- the expected numbers are 48, 12 and 30 of 60; five deviations to each side
         assert.is_true(seen.jitter > 48 - 16 and seen.jitter < n)
         assert.is_true(seen.grey > 0 and seen.grey < 12 + 16)
         assert.is_true(seen.blur > 30 - 20 and seen.blur < 30 + 20)
      end)

      it('a look that changes nothing is the plain view, to the last bit', function()
         local same = {jitter = {chance = 1}, blur = {0, 0}}
         assert_same_batch(looking():next(), looking(3, same):next())
      end)

      it('a grey one holds the luma, after the other changes', function()
         local plain, grey = looking():next(), looking(1, {grey = 1}):next()
         local luma = hilo.cmul(plain.images, hilo.FloatTensor {0.2989, 0.587, 0.114}:view(1, 3, 1, 1)):sum(2)
         for c = 1, 3 do helper.assert_close(grey.images:narrow(2, c, 1), luma, 1e-5) end
         local _, sample = looking(1, {jitter = jitter, grey = 1}):draw(0)
         assert.same({0, 2}, {sample.saturation, sample.jitter_order[4]})
         table.sort(sample.jitter_order)
         assert.same({0, 1, 2, 3}, sample.jitter_order)
      end)
   end)

   it('fills with void outside of the image', function()
      local l = loader {transform = data.transforms.segmentation {crop = {64, 64}, scale = {1, 1}}}
      local batch = l:next()
      assert.equal(0, batch.mask[1][41][1])
      assert.equal(1, batch.mask[1][40][48])
      assert.equal(255, batch.labels[1][64][64])
      assert.equal(0, batch.images[1][1][64][64])
      assert.equal(3 * 40 * 48, batch.mask:double():sum())
   end)

   it('takes transforms from a script and checks them', function()
      local l = loader {transform = function(_, h, w) return {crop_h = h, crop_w = w, flip = true} end}
      assert.same({3, 3, 40, 48}, l:next().images:size():totable())
      l = loader {transform = function() return {crop_h = 8, crop_w = 8, zoom = 2} end}
      assert.matches("no field 'zoom'", error_of(l.next, l))
      l = loader {transform = function() return {crop_h = 8} end}
      assert.matches('needs crop_w', error_of(l.next, l))
   end)

   it('takes the options that there are, and says which is meant', function()
      local transforms = data.transforms
      local sample = transforms.whole(1)(nil, 8, 8)
      for expected, call in pairs {
         ["transforms.segmentation: there is no option 'scal'; did you mean 'scale'?"] = function()
            transforms.segmentation {crop = {8}, scal = {0.1, 0.1}}
         end,
         ["transforms.segmentation: there is no option 'miror'; did you mean 'mirror'?"] = function()
            transforms.segmentation {crop = {8}, miror = true}
         end,
         ["transforms.segmentation: there is no option 'contrst'; did you mean 'contrast'?"] = function()
            transforms.segmentation {crop = {8}, jitter = {contrst = 0.4}}
         end,
         ["transforms.classification: there is no option 'miror'; did you mean 'mirror'?"] = function()
            transforms.classification {resize = {8}, miror = true}
         end,
         ["transforms.colour: there is no option 'gray'; did you mean 'grey'?"] = function()
            transforms.colour(sample, nil, {gray = 0.2})
         end,
      } do assert.truthy(error_of(call):find(expected, 1, true), expected) end
      transforms.segmentation {crop = {8}, size = 1, jitter = {hue = 0.1, chance = 1}, grey = 0.2, blur = {0.1, 2}, blur_chance = 0.5}
      transforms.classification {resize = {8}, jitter = {hue = 0.1}, grey = 0.2, blur = {0.1, 2}, blur_chance = 0.5}
   end)

   it('takes crops of whole numbers', function()
      assert.matches('crop must be', error_of(data.transforms.segmentation, {crop = {0}}))
      assert.matches('crop must be', error_of(data.transforms.segmentation, {crop = {1, 2, 3}}))
      assert.matches('resize%[1%] must be a whole number', error_of(data.transforms.classification, {resize = {0.5}}))
      assert.matches('must be positive', error_of(data.transforms.segmentation, {crop = {8}, scale = {0, 1}}))
   end)

   for _, device in ipairs {'emu', 'cuda'} do
      if core.device(device) then
         it('brings the same batches to ' .. device .. ', also after a seek and in a recorded step', function()
            local here, there = loader(), loader {device = device}
            for _ = 1, 3 do assert_same_batch(here:next(), there:next(), device) end
            here:seek(9)
            there:seek(9)
            for _ = 1, 2 do assert_same_batch(here:next(), there:next(), device) end
            local fed = hilo.graph(function() return there:next() end, {device = device, warm_up = 0})
            for _ = 1, 3 do assert_same_batch(here:next(), fed(), device) end
         end)
      end
   end

   it('drops what is under way when it is collected', function()
      local workers = data.workers {threads = 1}
      local l = loader {workers = workers}
      l:next()
      assert.is_true(workers:count() > 0)
      l = nil -- luacheck: ignore
      jit.flush() -- compiled code keeps what it was compiled for
      collectgarbage()
      collectgarbage()
      assert.equal(0, workers:count())
   end)

   it('is collected without asking what its functions take, for just that may be what is being read', function()
      local pipe = assert(io.popen(([[luajit -e '
         local data = require("hilo").data
         local set, workers = data.open {root = "%s"}, data.workers {threads = 1}
         local loader = data.loader {set = set, names = set.names, batch = 1, seed = 1, workers = workers,
            transform = data.transforms.segmentation {crop = {16, 16}}}
         local next_batch = data.batches {set = set, names = set.names, transform = data.transforms.whole(1), workers = workers}
         loader:next() next_batch()
         io.write(workers:count(), " under way\n")
         package.loaded["hilo.checked.declaration"] = nil
         package.preload["hilo.checked.declaration"] = function() error("asked") end
         loader, next_batch = nil, nil
         jit.flush() -- compiled code keeps what it was compiled for
         collectgarbage() collectgarbage()
         package.preload["hilo.checked.declaration"] = nil
         io.write(workers:count(), " under way\n")' 2>&1]]):format(root)))
      assert.matches('^[1-9]%d* under way\n0 under way\n$', pipe:read '*a')
      pipe:close()
   end)
end)

describe('bad images', function()
   local bad, bad_set
   before_each(function()
      bad = tiny.voc {n = 4, val = 1}
      bad_set = data.open {root = bad}
   end)
   after_each(function() tiny.remove(bad) end)

   local function read()
      local next_batch = data.batches {set = bad_set, names = {'img_01'}, transform = data.transforms.whole(1), labels = 'input'}
      return next_batch()
   end

   it('are named: a label id outside the classes', function()
      hilo.io.image.save(bad .. '/SegmentationClass/img_01.png', hilo.ByteTensor(40, 48):fill(9))
      local message = error_of(read)
      assert.matches('img_01.png', message)
      assert.matches('9', message)
   end)

   it('are named: a label map of another size', function()
      hilo.io.image.save(bad .. '/SegmentationClass/img_01.png', hilo.ByteTensor(40, 40):fill(1))
      assert.matches('img_01.png', error_of(read))
   end)

   it('are named: files that are cut short or no images', function()
      for _, name in ipairs {'JPEGImages', 'SegmentationClass'} do
         local path = ('%s/%s/img_01.png'):format(bad, name)
         local whole = tiny.read(path)
         tiny.write(path, whole:sub(1, #whole / 2))
         assert.matches('img_01.png', error_of(read))
         tiny.write(path, 'hello')
         assert.matches('img_01.png', error_of(read))
         tiny.write(path, whole)
      end
      assert.equal(1, #read().names)
   end)

   it('do not end the loader', function()
      hilo.io.image.save(bad .. '/SegmentationClass/img_01.png', hilo.ByteTensor(40, 48):fill(9))
      local l = data.loader {set = bad_set, names = {'img_01', 'img_02', 'img_03'}, batch = 1, seed = 1, labels = true,
         transform = data.transforms.segmentation {crop = {16, 16}}}
      local good, failed = 0, 0
      for step = 1, 6 do
         l:seek(step)
         if pcall(l.next, l) then good = good + 1 else failed = failed + 1 end
      end
      assert.equal(4, good)
      assert.equal(2, failed)
   end)
end)

describe('batches', function()
   it('shows each image once, labels at the size asked for', function()
      local names = {}
      local half = data.transforms.whole(0.5)
      for batch in data.batches {set = set, names = set:list 'train', transform = half, labels = 'full', batch = 3} do
         for _, name in ipairs(batch.names) do names[#names + 1] = name end
         assert.same({20, 24}, {batch.images:size(3), batch.images:size(4)})
         assert.same({40, 48}, {batch.labels:size(2), batch.labels:size(3)})
         local stored = hilo.io.image.load(set:label(batch.names[1]), {as = 'labels'})
         assert.is_true(hilo.equal(stored, batch.labels[1]))
      end
      assert.same(set:list 'train', names)
      local next_batch = data.batches {set = set, names = set:list 'val', transform = data.transforms.whole(0.5), labels = 'input'}
      assert.same({1, 20, 24}, next_batch().labels:size():totable())
   end)

   it('brings images to sizes in which a network of an output stride has cells from corner to corner', function()
      for batch in data.batches {set = set, names = set:list 'val', transform = data.transforms.whole(1, 16), labels = 'full'} do
         assert.same({33, 49}, {batch.images:size(3), batch.images:size(4)}) -- of 40 x 48
         assert.same({40, 48}, {batch.labels:size(2), batch.labels:size(3)})
      end
      local fitted = data.transforms.whole(0.5, 8)
      for size, expected in pairs {[2] = 9, [18] = 9, [26] = 17, [642] = 321, [640] = 321} do
         assert.equal(expected, fitted(nil, size, 10).crop_h)
      end
   end)
end)
