-- predict.lua: pictures a second of `hilo predict`, next to the same loop in PyTorch (spec/bench/predict.py), taking turns.
--
--    luajit spec/bench/predict.lua CAMVID=<camvid-voc> [PICTURES=100] [ROUNDS=5] [THREADS=2] [WORKERS=2] [PYTHON=python3]
--
-- Pictures of 500x375, JPEG; DeepLab-v2 on a ResNet-18 of full width, output stride 8, 21 classes, weights by a formula on both sides.
-- Both read, label, count and write palette PNGs. The time to start and to load weights is left out of both. Beside the pictures a
-- second stand the processor's seconds for each, which a machine that others use changes less; OMP_WAIT_POLICY=passive for this alone.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local core = require 'hilo.core'
local hilo = require 'hilo'
local helper = require 'spec.helper'
local inputs = require 'hilo.predict.inputs'
local label = require 'hilo.predict.label'
local Results = require 'hilo.predict.results'
local Model = require 'hilo.predict.model'
local timing = require 'spec.bench.timing'

local options = timing.options(arg, {CAMVID = '', PICTURES = '100', ROUNDS = '5', THREADS = '2', WORKERS = '2',
   PYTHON = os.getenv('PYTHON') or 'python3'})
local place, folder = core.root .. 'build/bench-predict', hilo.data.folder
local pictures, classes = place .. '/pictures', 21
folder.make(pictures)
hilo.setnumthreads(tonumber(options.THREADS))

-- The pictures of a data set, brought to 500x375.
local function make()
   local from = options.CAMVID .. '/JPEGImages'
   core.check(folder.is_folder(from), 'CAMVID=%s: there is no folder %s', options.CAMVID, from)
   local names = folder.list(from)
   for i = 1, tonumber(options.PICTURES) do
      local picture = hilo.io.image.load(from .. '/' .. names[(i - 1) % #names + 1], {as = 'rgb'}):float() / 255
      local resized = hilo.resize(picture:view(1, 3, picture:size(2), picture:size(3)), 375, 500)
      hilo.io.image.save(('%s/%03d.jpg'):format(pictures, i), resized[1])
   end
end
os.execute(("rm -rf '%s'/*"):format(pictures))
make()

local net = helper.fill_network(hilo.models.deeplab {backbone = 'resnet18', classes = classes, freeze_bn = 'none'}, 'S.')
local names = {}
for c = 1, classes do names[c] = 'class ' .. c end
local model = Model.new {
   name = 'bench', fusion = {tau = 0.2, on = 'probabilities'},
   classes = {classes = names, palette = hilo.data.classes.palette(256), background = false, void = 255,
      normalise = {mean = {0.485, 0.456, 0.406}, std = {0.229, 0.224, 0.225}}},
   segmentation = {options = {model = {backbone = 'resnet18', width = 64, output_stride = 8, bn = 'train'}, data = {}},
      weights = function() return net:stateDict() end},
}
local list = inputs.pictures {pictures}

local function ours(most)
   local began, used = timing.now(), os.clock()
   local o = {out = place .. '/hilo', overlay = false, alpha = 0.5, confidence = false, overwrite = true, batch = 1,
      workers = tonumber(options.WORKERS)}
   local results = Results.new(model, o)
   label(model, {unpack(list, 1, most)}, results, o)
   results:finish()
   return timing.now() - began, os.clock() - used
end

-- PyTorch with as many reading processes as hilo has threads, and with none.
local function theirs(workers)
   local line = ("OMP_NUM_THREADS=%s '%s' %sspec/bench/predict.py '%s' '%s/torch' %d %s %d 1"):format(options.THREADS,
      options.PYTHON, core.root, pictures, place, classes, options.THREADS, workers)
   local pipe = io.popen(line)
   local text = pipe:read('*a')
   pipe:close()
   local seconds = tonumber(text:match('"seconds": ([%d.]+)'))
   core.check(seconds, 'PyTorch did not come to its end: %s', text)
   return seconds, tonumber(text:match('"processor": ([%d.]+)')), text:match('"version": "([^"]+)"')
end

-- Share of the pixels that both label alike.
local function agreement()
   local same, all = 0, 0
   for _, picture in ipairs(list) do
      local a = hilo.io.image.load(('%s/hilo/labels/%s.png'):format(place, picture.stem), {as = 'labels'})
      local b = hilo.io.image.load(('%s/torch/%s.png'):format(place, picture.stem), {as = 'labels'})
      local p, q = a:data(), b:data()
      for i = 0, a:nElement() - 1 do if p[i] == q[i] then same = same + 1 end end
      all = all + a:nElement()
   end
   return 100 * same / all
end

ours(3)
local n, version = #list, nil
local seconds, used = {hilo = {}, torch = {}, alone = {}}, {hilo = {}, torch = {}, alone = {}}
for round = 1, tonumber(options.ROUNDS) do
   local function run_hilo() seconds.hilo[round], used.hilo[round] = ours(n) end
   if round % 2 == 1 then run_hilo() end
   seconds.torch[round], used.torch[round], version = theirs(tonumber(options.WORKERS))
   seconds.alone[round], used.alone[round] = theirs(0)
   if round % 2 == 0 then run_hilo() end
   local function speed(who)
      return ('%.2f pictures a second (%.2f s of a processor each)'):format(n / seconds[who][round], used[who][round] / n)
   end
   print(('round %d: hilo %s, PyTorch %s, without reading processes %s'):format(round, speed 'hilo', speed 'torch', speed 'alone'))
   io.stdout:flush()
end

-- Medians: hilo's, and the better of PyTorch's two.
local function both(list_of)
   return timing.median(list_of.hilo), math.min(timing.median(list_of.torch), timing.median(list_of.alone))
end
local mine, their = both(seconds)
local mine_used, their_used = both(used)
print(('%d pictures, %s threads, medians: hilo %.2f a second, PyTorch %s %.2f: %.2fx'):format(n, options.THREADS, n / mine, version,
   n / their, their / mine))
print(('seconds of a processor for each: %.2f and %.2f: %.2fx'):format(mine_used / n, their_used / n, their_used / mine_used))
print(('%.3f %% of the pixels are labelled alike'):format(agreement()))
