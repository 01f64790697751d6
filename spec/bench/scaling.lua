--- scaling.lua: how cost grows with the batch, the image and the threads, and how many samples a second a loader worker makes.
---
---    luajit spec/bench/scaling.lua [CAMVID=<folder in VOC's layout>] [ROUNDS=n]
---
--- CAMVID: images for the loader; drawn ones of CamVid's size if not given. Times are medians.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local hilo = require 'hilo'
local core = require 'hilo.core'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local options = timing.options(arg, {ROUNDS = '3'})
local rounds = tonumber(options.ROUNDS)

-- Median milliseconds of each of the steps, which take turns.
local function measure(list)
   local fs, times = {}, {}
   for i, w in ipairs(list) do fs[i], times[i] = steps[w.step](w), {} end
   for i, f in ipairs(fs) do
      if list[i].threads then hilo.setnumthreads(list[i].threads) end
      f()
   end
   for _ = 1, rounds do
      for i, f in ipairs(fs) do
         if list[i].threads then hilo.setnumthreads(list[i].threads) end
         local start = timing.now()
         f()
         times[i][#times[i] + 1] = (timing.now() - start) * 1000
      end
   end
   for i in ipairs(list) do times[i] = timing.median(times[i]) end
   return times
end

local function training(backbone, size, batch, threads)
   return {step = 'train_step', backbone = backbone, size = size, batch = batch, classes = 21, threads = threads}
end

-- Prints each time over what `share` counts, and the ratio of the dearest to the cheapest.
local function flatness(title, unit, list, share)
   local times, least, most = measure(list), math.huge, 0
   print(title)
   for i, w in ipairs(list) do
      local cost = times[i] / share(w)
      least, most = math.min(least, cost), math.max(most, cost)
      print(('   %dx%d, batch %d %14.0f ms   %8.3f %s'):format(w.size, w.size, w.batch, times[i], cost, unit))
   end
   print(('   dearest / cheapest %.2f'):format(most / least))
   io.flush()
end

local function threads(title, list)
   local times = measure(list)
   print(('%-44s %8.0f ms on one thread, %8.0f ms on two: %.2fx'):format(title, times[1], times[2], times[1] / times[2]))
   io.flush()
end

-- Pictures of CamVid's size with smooth shapes, about as large on disk as photographs.
local function drawn_set()
   local folder = hilo.data.folder
   local root = os.tmpname()
   os.remove(root)
   for _, name in ipairs {'JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation'} do folder.make(root .. '/' .. name) end
   local names = {}
   for i = 1, 64 do
      local name = ('drawn%03d'):format(i)
      names[i] = name
      local rgb = hilo.resize(hilo.rand(1, 3, 60, 80), 360, 480, {mode = 'bilinear'})[1] * 255
      hilo.io.image.save(('%s/JPEGImages/%s.jpg'):format(root, name), rgb:byte())
      hilo.io.image.save(('%s/SegmentationClass/%s.png'):format(root, name),
         hilo.label_map(hilo.resize(hilo.rand(1, 11, 12, 16), 360, 480, {mode = 'bilinear'}))[1])
   end
   local function write(path, text)
      local file = assert(io.open(root .. path, 'w'))
      file:write(text)
      file:close()
   end
   write('/ImageSets/Segmentation/train.txt', table.concat(names, '\n'))
   write('/ImageSets/Segmentation/val.txt', names[1])
   local classes = {}
   for i = 1, 11 do classes[i] = 'class' .. i end
   write('/classes.txt', table.concat(classes, '\n'))
   return root
end

-- Samples a second that one worker makes: decoded each time, and with decoded images kept.
local function loader()
   local root = options.CAMVID or drawn_set()
   local set = hilo.data.open {root = root}
   local names = set:list('train')
   for _, cache_mb in ipairs {0, 512} do
      local source = hilo.data.loader {set = set, names = names, batch = 4, labels = true, seed = 1,
         workers = hilo.data.workers {threads = 1, cache_mb = cache_mb},
         transform = hilo.data.transforms.segmentation {crop = {176, 176}, size = 0.5, scale = {0.75, 1.5}, mirror = true}}
      local count = 2 * source:batches_per_epoch()
      for _ = 1, count / 2 do source:next() end
      local start = timing.now()
      for _ = 1, count do source:next() end
      print(('loader, one worker, crops of 176x176 at half size, %-15s %6.0f samples/s'):format(
         cache_mb == 0 and 'decoding:' or 'decoded before:', 4 * count / (timing.now() - start)))
   end
   if not options.CAMVID then os.execute(("rm -r '%s'"):format(root)) end
end

loader()
hilo.setnumthreads(tonumber(os.getenv('OMP_NUM_THREADS') or 2))
threads('train step R18 176 b4', {training('resnet18', 176, 4, 1), training('resnet18', 176, 4, 2)})
threads('train step R101 321 b2', {training('resnet101', 321, 2, 1), training('resnet101', 321, 2, 2)})
flatness('training step, ResNet-101, cost per image', 'ms per image', {training('resnet101', 321, 1), training('resnet101', 321, 2),
   training('resnet101', 321, 4), training('resnet101', 321, 8)}, function(w) return w.batch end)
core.device('cpu').lib.hl_empty_cache()
flatness('training step, ResNet-101, cost per pixel', 'us per pixel', {training('resnet101', 161, 2), training('resnet101', 321, 2),
   training('resnet101', 513, 2)}, function(w) return w.size ^ 2 * w.batch / 1000 end)
