--- files.lua: damaged files of every format that is read, and what reads them. The same seed gives the same file.
local hilo = require 'hilo'
local class_list = require 'hilo.data.class_list'
local csv = require 'hilo.data.layouts.csv'
local damage = require 'spec.fuzz.damage'
local folder = require 'hilo.data.folder'
local files_of = require 'hilo.io.file'
local idmap = require 'hilo.data.idmap'
local lists = require 'hilo.data.lists'
local networks = require 'hilo.train.networks'
local Numbers = require 'spec.fuzz.numbers'
local pickled_list = require 'hilo.data.pickled_list'
local tags = require 'hilo.data.tags'
local try = require 'spec.fuzz.try'

local files = {}

local work          -- where damaged files lie
local sources = {}  -- format -> list of {name, bytes}
local net = hilo.nn.Sequential():add(hilo.nn.Linear(3, 4)):add(hilo.nn.SpatialBatchNormalization(2))
local set           -- an opened set, for lists of its pictures

local function read_bytes(path) return files_of.read(path) end

local function add(format, name, bytes)
   sources[format] = sources[format] or {}
   table.insert(sources[format], {name = name, bytes = bytes})
end

local function add_folder(path, format_of)
   for _, name in ipairs(folder.list(path)) do
      local format = format_of(name)
      if format then add(format, name, read_bytes(path .. '/' .. name)) end
   end
end

-- ---- what is damaged ----

local image_formats = {png = 'png', jpg = 'jpeg', webp = 'webp', tif = 'tiff', bmp = 'bmp'}

local function from_hex(text) return (text:gsub('%x%x', function(h) return string.char(tonumber(h, 16)) end)) end

-- A set of two pictures of 6 x 4 in `root`, with what else is to lie there: path -> text.
local function make_set(root, texts)
   folder.make(root .. '/JPEGImages')
   folder.make(root .. '/SegmentationClass')
   for i, name in ipairs {'a', 'b'} do
      hilo.io.image.save(('%s/JPEGImages/%s.png'):format(root, name), hilo.ByteTensor(3, 4, 6):fill(50 * i))
      hilo.io.image.save(('%s/SegmentationClass/%s.png'):format(root, name), hilo.ByteTensor(4, 6):fill(i), {palette = {{0, 0, 0},
         {255, 0, 0}, {0, 255, 0}}})
   end
   for path, text in pairs(texts) do files_of.write(root .. '/' .. path, function(write) write(text) end) end
end

local coco = [==[{"images": [{"id": 1, "file_name": "a.png", "width": 6, "height": 4},
{"id": 2, "file_name": "b.png", "width": 6, "height": 4}],
"annotations": [{"id": 1, "image_id": 1, "category_id": 3, "segmentation": [[0, 0, 3, 0, 3, 3, 0, 3]], "area": 9, "iscrowd": 0},
{"id": 2, "image_id": 2, "category_id": 7, "segmentation": {"size": [4, 6], "counts": [2, 2, 20]}, "iscrowd": 1},
{"id": 3, "image_id": 2, "category_id": 7, "segmentation": {"size": [4, 6], "counts": "h0"}}],
"categories": [{"id": 7, "name": "ship"}, {"id": 3, "name": "car"}]}]==]
local labelme = [==[{"version": "5.0", "flags": {}, "shapes": [
{"label": "car", "points": [[0, 0], [3, 0], [3, 3]], "shape_type": "polygon"},
{"label": "ship", "points": [[1, 1], [4, 3]], "shape_type": "rectangle"},
{"label": "car", "points": [[2, 2], [3, 3]], "shape_type": "circle"}],
"imagePath": "a.png", "imageData": null, "imageHeight": 4, "imageWidth": 6}]==]
local texts = {
   list = {'a\nb\n', 'JPEGImages/a.png SegmentationClass/a.png\nJPEGImages/b.png SegmentationClass/b.png\n',
      '# c\n/JPEGImages/a.png\tb\n'},
   csv = {'image,label,split\na.png,"m/a.png",train\nb.png,m/b.png,val\n', 'image;label\n"a;b";c\n'},
   tags = {'image,red,green\na,1,0\nb,0,1\n', 'a red green\nb green\n', 'image\ttags\na\tred, green\n'},
   classes = {'background\nred 255 0 0\ngreen 0 255 0\nvoid *\n', '0: road\n1: car\n', '255 0 0 red\n'},
   map = {'0:0,1:1,2:255', '0-5:1,7:2', '1,2,3'},
   options = {'lr=0.05\ncrop=33x33\ndata.root=x\nmodel.width=4\nrecipe=short\n', 'name=a\nseed=7\ndevice=cpu\n'},
   log = {'{"step": 1, "ce": 2.5}\n{"step": 2, "ce": 1e400, "seconds": null}\n', '{"step": 1, "eval": {"mean_iou": 50}}\n'},
   run = {'{"name": "a", "seed": 1, "device": "cpu", "data": {"root": "SET", "classes": "background,red,green"}, '
      .. '"model": {"width": 1, "backbone": "resnet18", "output_stride": 8, "aspp_branches": 4, "bn": "frozen", "head": "deeplab2", '
      .. '"weights": ""}, "step": 3}'},
   json = {'{"a": [1, 2.5, {"b": null}], "c": "x\\u00e9", "d": true}', '{"train": ["a", "b"], "val": ["c"], "seed": 1}'},
}

local function prepare_sources(from)
   add_folder('spec/golden/images', function(name) return image_formats[name:match '%w+$'] end)
   add_folder('spec/golden/pth', function(name) return name:match '%.pth$' and 'pth' end)
   add_folder('spec/golden/t7', function(name) return name:match '%.t7$' and 't7' end)
   for _, name in ipairs {'matmul', 'labels', 'norm'} do
      add('safetensors', name, read_bytes('spec/golden/' .. name .. '.safetensors'))
   end
   hilo.io.checkpoint.save(from .. '/c', {nets = {S = net}, meta = {step = 3, sums = {a = hilo.ones(2)}, inf = 1 / 0}})
   add('checkpoint', 'checkpoint', read_bytes(from .. '/c'))
   for name, hex in pairs(hilo.train.json.load 'spec/golden/lists.json') do
      if type(hex) == 'string' and hex:match '^%x+$' then add('pickle', name, from_hex(hex)) end
   end
   table.sort(sources.pickle, function(a, b) return a.name < b.name end)
   for format, list in pairs(texts) do for i, bytes in ipairs(list) do add(format, format .. i, bytes) end end
   local store = hilo.sweep.Store.open(from .. '/s.db', {create = true})
   store:make_study('s', 'max'):add_trial()
   store:close()
   add('sweep', 's.db', read_bytes(from .. '/s.db'))
   add('coco', 'annotations.json', coco)
   add('labelme', 'a.json', labelme)
end

-- ---- what reads ----

local function image(path)
   for _, as in ipairs {'stored', 'rgb', 'labels', 'colours'} do try.read('image.load ' .. as, hilo.io.image.load, path, {as = as}) end
end

-- Words as of a command line.
local function options(_, bytes)
   local words = {}
   for word in bytes:gmatch '[^\n]+' do words[#words + 1] = word end
   try.read('train.options', hilo.train.options, {recipe = 'long', lr = 0.1, crop = {9, 9}, data = {root = ''}, model = {width = 1}},
      {recipe = {short = {lr = 1}, long = {}}}, words)
end

local function sweep(path)
   local store = try.read('Store.open', hilo.sweep.Store.open, path)
   if not store then return end
   try.read('Store:names', store.names, store)
   local study = try.read('Store:study', store.study, store, 's')
   if study then
      try.read('Study:trials', study.trials, study)
      try.read('Study:definition', study.definition, study)
   end
   pcall(store.close, store)
   try.read('sweep.results.load', hilo.sweep.results.load, path, 's')
end

-- The folder of a run whose options are the damaged file.
local function run(_, bytes)
   folder.make(work .. '/runs/a')
   local file = assert(io.open(work .. '/runs/a/options.json', 'wb'))
   file:write((bytes:gsub('SET', work .. '/set')))
   file:close()
   try.read('train.load_run', hilo.train.load_run, {runs = work .. '/runs', checkpoint = 'last', device = 'cpu'}, 'a')
end

-- A set whose one file of text is the damaged one.
local function opened(format, name)
   return function(_, bytes)
      local root = work .. '/' .. format
      folder.make(root .. '/images')
      for i, picture in ipairs {'a.png', 'b.png'} do
         local path = ('%s/images/%s'):format(root, picture)
         if not folder.is_file(path) then hilo.io.image.save(path, hilo.ByteTensor(3, 4, 6):fill(50 * i)) end
      end
      local file = assert(io.open(('%s/images/%s'):format(root, name), 'wb'))
      file:write(bytes)
      file:close()
      local read = try.read('data.open ' .. format, hilo.data.open, {root = root})
      if read then
         try.read('data.batches ' .. format, function()
            for _ in hilo.data.batches {set = read, names = read.names or {'a'}, transform = hilo.data.transforms.whole(1),
               labels = 'input'} do local _ = 1 end
         end)
      end
   end
end

local readers = {
   png = image, jpeg = image, webp = image, tiff = image, bmp = image,
   pth = function(path) try.read('io.pth.load', hilo.io.pth.load, path) end,
   t7 = function(path) try.read('io.t7.read', hilo.io.t7.read, path) end,
   safetensors = function(path)
      try.read('io.safetensors.load', hilo.io.safetensors.load, path)
      try.read('io.load_tensors', hilo.io.load_tensors, path)
   end,
   checkpoint = function(path)
      try.read('io.checkpoint.load', hilo.io.checkpoint.load, path, {nets = {S = net}, generator = false})
      try.read('io.checkpoint.meta', hilo.io.checkpoint.meta, path)
   end,
   pickle = function(path) try.read('pickled_list', pickled_list, path) end,
   list = function(path) try.read('lists.read', lists.read, set, path, {}) end,
   csv = function(path) try.read('csv.rows', csv.rows, path) end,
   tags = function(path) try.read('tags.read', tags.read, set, path) end,
   classes = function(path) try.read('class_list.read', class_list.read, path) end,
   map = function(_, bytes) try.read('idmap.of', idmap.of, bytes) end,
   options = options, sweep = sweep, run = run,
   log = function(path) try.read('Log.read', hilo.train.Log.read, path) end,
   json = function(path) try.read('json.load', hilo.train.json.load, path) end,
   coco = opened('coco', 'annotations.json'),
   labelme = opened('labelme', 'a.json'),
}

local text_formats = {options = true, log = true, run = true,
   list = true, csv = true, tags = true, classes = true, map = true, json = true, coco = true, labelme = true}
local formats = {}
for format in pairs(readers) do formats[#formats + 1] = format end
table.sort(formats)

-- What lies beside the options of a run.
local function make_run()
   folder.make(work .. '/runs/a')
   local S = networks.segmentation(hilo.train.json.decode((texts.run[1]:gsub('SET', work .. '/set'))), set)
   hilo.io.checkpoint.save(work .. '/runs/a/last.safetensors', {nets = {S = S}, meta = {step = 3}})
   hilo.train.json.save(work .. '/runs/a/split.json', {labelled = {'a'}, unlabelled = {'b'}})
end

--- Reads what is to be damaged and makes what it needs in a folder.
---@param from string
function files.prepare(from)
   work = from .. '/files'
   folder.make(work)
   prepare_sources(work)
   make_set(work .. '/set', {})
   set = hilo.data.open {root = work .. '/set', classes = 'background,red,green'}
   make_run()
end

local function made(seed)
   local draw = Numbers.new(seed)
   local format = draw:of(formats)
   if format == 'run' and draw:chance(0.8) then format = draw:of(formats) end -- which makes a network
   local source = draw:of(sources[format])
   return format, source.name, damage.of(draw, source.bytes, text_formats[format] and 'text' or 'binary')
end

--- What the file of a seed was made of, and its bytes where they are few.
---@param seed integer
---@return string
function files.describe(seed)
   local format, name, bytes = made(seed)
   return ('%s of %s, %d bytes%s'):format(format, name, #bytes, #bytes < 2000 and text_formats[format] and ':\n' .. bytes or '')
end

--- How many files were tried: 'png returned' where any reader took the file, 'png refused' where none did, 'png failed' where one gave
--- an inner error.
files.count = {}

local function counted(what) files.count[what] = (files.count[what] or 0) + 1 end

--- Makes and reads the file of a seed; returns the first inner error, or nil.
---@param seed integer
---@return string?
function files.run(seed)
   local format, _, bytes = made(seed)
   local path = work .. '/' .. (format == 'pickle' and 'x.pkl' or format == 'csv' and 'x.csv' or 'x.' .. format)
   local file = assert(io.open(path, 'wb'))
   file:write(bytes)
   file:close()
   try.found, try.count = nil, {}
   local ended, why = pcall(readers[format], path, bytes)
   if not ended then try.found = why == try.stopped and 'no end, though Ctrl-C stops it' or tostring(why) end
   counted(format .. (try.found and ' failed' or try.count['reader returned'] and ' returned' or ' refused'))
   return try.found
end

return files
