-- Labelling new pictures with what a run has learnt: as a command and as functions.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local folder, image, json = hilo.data.folder, hilo.io.image, hilo.train.json

local made, new, out
setup(function()
   made, new, out = tiny_runs.make {mlmt = true}, tiny.folder(), tiny.folder()
   folder.make(new .. '/inner')
   for i, name in ipairs {'a.png', 'b.png', 'inner/a.png'} do image.save(new .. '/' .. name, (tiny.picture(20 + i, 38, 46))) end
   image.save(new .. '/wide.jpg', (tiny.picture(30, 24, 62)), {quality = 95})
end)
teardown(function()
   made.remove()
   tiny.remove(new)
   tiny.remove(out)
end)

local function open(options)
   options = options or {}
   options.runs = made.runs
   return hilo.open('sup', options)
end

local function predict(...)
   local words = {...}
   words[#words + 1] = 'runs=' .. made.runs
   return tiny_runs.command('predict', words)
end

describe('hilo.open', function()
   it('labels a picture at its own size, from a file and from memory alike', function()
      local model = open()
      local labels, scores = model:predict(new .. '/a.png')
      assert.same({38, 46}, labels:size():totable())
      assert.same({'background', 'red', 'green'}, model.classes)
      local pixels, area = 0, 0
      for _, class in pairs(scores.classes) do pixels, area = pixels + class.pixels, area + class.area end
      assert.equal(38 * 46, pixels)
      assert.near(1, area, 1e-9)
      local again = model:predict((image.load(new .. '/a.png', {as = 'rgb'})))
      assert.is_true(hilo.equal(labels, again))
   end)

   it('refuses a picture of floats that are not in 0..1', function()
      local ok, message = pcall(open().predict, open(), image.load(new .. '/a.png', {as = 'rgb'}):float())
      assert.is_false(ok)
      assert.matches('a picture of floats lies in 0%.%.1, this one in %d+%.%.%d+; give it as bytes, or x / 255', message)
   end)

   it('says what evaluation says of the same picture', function()
      local model = open()
      local name = json.load(made.runs .. '/sup/split.json').val[1]
      local set = hilo.data.open {root = made.set}
      local expected
      for batch in hilo.data.batches {set = set, names = {name}, transform = hilo.data.transforms.whole(1), labels = 'full'} do
         expected = hilo.train.evaluate.with(model.S, function()
            return hilo.label_map(hilo.train.evaluate.logits(model.S, batch.images, 40, 48))[1]
         end)
      end
      assert.is_true(hilo.equal(expected, (model:predict(set:image(name)))))
   end)

   it('keeps nothing for a gradient, and gives probabilities and confidence on demand', function()
      local _, scores, more = open():predict(new .. '/a.png', {probabilities = true, confidence = true})
      assert.same({3, 38, 46}, more.probabilities:size():totable())
      assert.is_nil(more.probabilities.node)
      assert.is_falsy(more.probabilities.requires_grad)
      local largest = hilo.max(more.probabilities, 1):view(38, 46)
      assert.near(0, hilo.abs(largest - more.confidence):max(), 1e-6)
      assert.near(more.confidence:mean(), scores.confidence, 1e-5)
   end)

   it('averages scales and mirrored pictures', function()
      local plain = open():predict(new .. '/a.png')
      assert.is_true(hilo.equal(plain, (open{scales = {1, 1}}:predict(new .. '/a.png'))))
      local model = open {scales = {0.5, 1}, mirror = true}
      local picture = image.load(new .. '/a.png', {as = 'rgb'})
      local columns = {}
      for x = 1, 46 do columns[x] = 47 - x end
      local order = hilo.LongTensor(columns)
      local _, _, here = model:predict(picture, {probabilities = true})
      local _, _, there = model:predict(hilo.index(picture, 3, order), {probabilities = true})
      assert.near(0, hilo.abs(here.probabilities - hilo.index(there.probabilities, 3, order)):max(), 1e-5)
   end)

   it('shows the network windows that cover the picture', function()
      local _, _, whole = open():predict(new .. '/a.png', {probabilities = true})
      local _, _, one = open{window = {64, 64}}:predict(new .. '/a.png', {probabilities = true})
      assert.near(0, hilo.abs(whole.probabilities - one.probabilities):max(), 1e-5)
      local _, _, many = open{window = {16, 24}, stride = {10, 10}}:predict(new .. '/a.png', {probabilities = true})
      local total = hilo.sum(many.probabilities, 1)
      assert.near(1, total:min(), 1e-5)
      assert.has_error(function() open {window = {16}, stride = {20}} end)
      assert.has_error(function() open {stride = {20}} end)
   end)

   it('computes what the classifier says of a new picture, and switches absent classes off', function()
      local alone = open():predict(new .. '/a.png')
      local same, scores = open{mlmt = 'multi', tau = 0}:predict(new .. '/a.png')
      assert.is_true(hilo.equal(alone, same))
      local row = json.load(made.runs .. '/multi/class_scores.json')
      local val = json.load(made.runs .. '/multi/split.json').val[1]
      local _, known = open{mlmt = 'multi', checkpoint = 'last'}:predict(made.set .. '/JPEGImages/' .. val .. '.png')
      assert.near(row.teacher[val][2], known.classes.red.score, 1e-5)
      local between = (scores.classes.red.score + scores.classes.green.score) / 2
      local gone = scores.classes.red.score < scores.classes.green.score and 'red' or 'green'
      local _, fused = open{mlmt = 'multi', tau = between}:predict(new .. '/a.png')
      assert.equal(0, fused.classes[gone].pixels)
   end)

   it('opens an MLMT run for its scores, and a fused run as it was fused', function()
      local labels, scores = hilo.open('multi', {runs = made.runs}):predict(new .. '/a.png')
      assert.is_nil(labels)
      assert.is_number(scores.classes.red.score)
      local _, other = hilo.open(made.runs .. '/multi', {scores = 'student'}):predict(new .. '/a.png')
      assert.are_not.equal(scores.classes.red.score, other.classes.red.score)
      folder.make(made.runs .. '/fused')
      json.save(made.runs .. '/fused/options.json', {name = 'fused', segmentation = {'sup'}, mlmt = 'multi', checkpoint = 'last',
         tau = 0.3, scores = 'teacher', on = 'probabilities', keep_background = true, runs = made.runs})
      local fused = hilo.open('fused', {runs = made.runs})
      assert.same({'fused', 0.3, true}, {fused.name, fused.fusion.tau, fused.fusion.background})
      assert.is_number(select(2, fused:predict(new .. '/a.png')).classes.red.score)
   end)

   it('fuses softly as the run was fused, or as asked', function()
      folder.make(made.runs .. '/soft')
      json.save(made.runs .. '/soft/options.json', {name = 'soft', segmentation = {'sup'}, mlmt = 'multi', checkpoint = 'last',
         fusion = 'soft', exponent = 2, tau = 0.2, scores = 'teacher', on = 'probabilities', keep_background = true, runs = made.runs})
      local soft = hilo.open('soft', {runs = made.runs})
      local prior = hilo.methods.class_prior(json.load(made.runs .. '/multi/class_scores.json').teacher)
      assert.same({'soft', 2, prior}, {soft.fusion.how, soft.fusion.exponent, soft.fusion.prior})
      local asked = hilo.open('sup', {runs = made.runs, mlmt = 'multi', fusion = 'soft', exponent = 2})
      local _, scores, more = asked:predict(new .. '/a.png', {probabilities = true})
      local labels = soft:predict(new .. '/a.png')
      local weighed = more.probabilities:clone()
      for c, name in ipairs(soft.classes) do
         if c > 1 or not soft.background then weighed[c]:mul((scores.classes[name].score / prior[c]) ^ 2) end
      end
      local expected = hilo.label_map(weighed:view(1, weighed:size(1), weighed:size(2), weighed:size(3)))[1]
      assert.is_true(hilo.equal(expected:byte(), labels:byte()))
   end)

   it('needs neither the data set nor its labels', function()
      assert.is_true(folder.is_file(made.runs .. '/sup/classes.json'))
      local moved = made.set .. '-moved'
      os.rename(made.set, moved)
      local ok, model = pcall(open)
      os.rename(moved, made.set)
      assert.is_true(ok, tostring(model))
      assert.same({255, 0, 0}, {unpack(model.palette, 4, 6)})
   end)

   it('reads the classes of older runs from their data set', function()
      local path = made.runs .. '/sup/classes.json'
      local kept = tiny.read(path)
      os.remove(path)
      local model = open()
      assert.same({'background', 'red', 'green'}, model.classes)
      os.rename(made.set, made.set .. '-moved')
      local ok, message = pcall(open)
      os.rename(made.set .. '-moved', made.set)
      tiny.write(path, kept)
      assert.is_false(ok)
      assert.matches('has no classes.json', message)
   end)

   it('labels a picture as its EXIF orientation turns it', function()
      local path = new .. '/inner/turned.jpg'
      image.save(path, (tiny.picture(22, 38, 46)))
      local jpeg = tiny.read(path)
      local orientation = 'Exif\0\0II*\0\8\0\0\0\1\0\18\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0' -- 6: turned by a quarter
      tiny.write(path, jpeg:sub(1, 2) .. '\255\225\0' .. string.char(#orientation + 2) .. orientation .. jpeg:sub(3))
      local labels = open():predict(path)
      local from_memory = open():predict((image.load(path, {as = 'rgb'})))
      os.remove(path)
      assert.same({46, 38}, labels:size():totable())
      assert.is_true(hilo.equal(labels, from_memory))
   end)

   -- A run with the options of sup, whose script trained another network.
   local function run_with(name, net)
      local path = made.runs .. '/' .. name
      folder.make(path)
      for _, file in ipairs {'options.json', 'classes.json', 'split.json'} do
         tiny.write(path .. '/' .. file, (tiny.read(made.runs .. '/sup/' .. file):gsub('"name": "sup"', ('"name": "%s"'):format(name))))
      end
      hilo.io.checkpoint.save(path .. '/best.safetensors', {nets = {S = net}, generator = false})
      return net:evaluate()
   end

   local function assert_labels(model, net)
      local picture = model:inputs_of((image.load(new .. '/a.png', {as = 'rgb'})))[1]
      local logits = hilo.no_grad(function() return hilo.train.evaluate.logits(net, picture, 38, 46) end)
      assert.is_true(hilo.equal(hilo.label_map(logits)[1], (model:predict(new .. '/a.png'))))
   end

   it('makes the network again that was trained, whatever the options of the run say of another', function()
      local net = run_with('other', hilo.models.deeplab {backbone = 'resnet18', classes = 3, width = 6, first_block = 'previous'})
      local model = hilo.open('other', {runs = made.runs})
      assert_labels(model, net)
      assert_labels(model, hilo.train.load_run({runs = made.runs, checkpoint = 'best', device = 'cpu'}, 'other').S:evaluate())
      local file = made.runs .. '/other.hilo'
      assert.equal(0, (tiny_runs.command('pack', {'other', file, 'runs=' .. made.runs})))
      assert_labels(hilo.open(file), net)
   end)

   it('says of a network that a script made itself that it cannot make it, and takes such a one', function()
      local function own(width)
         local backbone = hilo.models.resnet18 {width = width, output_stride = 8}
         return hilo.nn.DeepLab(backbone, hilo.nn.SpatialConvolution(backbone.planes, 3, 1, 1))
      end
      local net = run_with('own', own(2))
      local expected = 'the network of own %(nn.DeepLab%) was made by its script.*hand it over: hilo.open%(\'own\', {net = net}%)'
      for _, words in ipairs {{'predict', 'own', new}, {'evaluate', 'own'}, {'pack', 'own', made.runs .. '/own.hilo'},
         {'export', 'net=own', 'onnx=' .. made.runs .. '/own.onnx'}} do
         local command = table.remove(words, 1)
         words[#words + 1] = 'runs=' .. made.runs
         local status, text = tiny_runs.command(command, words)
         assert.is_nil(status)
         assert.matches(expected, text)
      end
      assert.is_false(folder.is_file(made.runs .. '/own.hilo'))
      assert_labels(hilo.open('own', {runs = made.runs, net = own(2)}), net)
      local ok, message = pcall(hilo.open, 'own', {runs = made.runs, net = own(3)})
      assert.is_false(ok)
      assert.matches('own: its weights do not fit the network', message)
      assert.is_true(#message < 1000, message)
   end)

   it('takes a network of a script that gives logits at once, from a run whose options describe none', function()
      local function own(width)
         local nn = hilo.nn
         return nn.Sequential(nn.SpatialConvolution(3, width, 3, 3, 2, 2, 1, 1), nn.ReLU(), nn.SpatialConvolution(width, 3, 1, 1))
      end
      local net, path = run_with('plain', own(2)), made.runs .. '/plain/options.json'
      local options = json.load(path)
      options.model = nil
      json.save(path, options)
      local model = hilo.open('plain', {runs = made.runs, net = own(2)})
      assert_labels(model, net)
      assert.is_true(hilo.export.model(model, made.runs .. '/plain.onnx') > 0)
      local onnx = require('spec.helper').read_file(made.runs .. '/plain.onnx')
      assert.is_nil(onnx:find('float64[]()', 1, true), 'a constant without a number')
      hilo.io.checkpoint.save(made.runs .. '/plain/best.safetensors', {nets = {net = net}, generator = false})
      local ok, message = pcall(hilo.open, 'plain', {runs = made.runs, net = own(2)})
      assert.is_false(ok)
      assert.matches('plain is no run that segments or classifies; one that segments is known by its network S: run:train {nets = {S',
         message, 1, true)
   end)

   it('makes the network of an older run, whose checkpoint does not say how, from its options', function()
      local file = made.runs .. '/sup/best.safetensors'
      local tensors, metadata = hilo.io.safetensors.load(file)
      local whole, labels = tiny.read(file), open():predict(new .. '/a.png')
      local record = json.decode(metadata.checkpoint)
      record.origins, metadata.checksum, metadata.checked_by = nil, nil, nil
      metadata.checkpoint = json.encode(record, {one_line = true})
      hilo.io.safetensors.save(file, tensors, metadata)
      local ok, model = pcall(open)
      tiny.write(file, whole)
      assert.is_true(ok, tostring(model))
      assert.is_true(hilo.equal(labels, (model:predict(new .. '/a.png'))))
   end)

   it('says what it cannot open', function()
      local function fails(which, options, pattern)
         local ok, message = pcall(hilo.open, which, options or {runs = made.runs})
         assert.is_false(ok)
         assert.matches(pattern, message)
      end
      fails('nothing', nil, "there is no run 'nothing'")
      fails(new, nil, 'holds no options.json')
      fails(new .. '/a.png', nil, 'is no file that `hilo pack` wrote')
      fails('sup', {runs = made.runs, mlmt = 'sup'}, 'is no MLMT run')
      fails('sup', {runs = made.runs, device = 'tpu'}, 'tpu')
      fails(7, nil, 'which must be a string, got 7')
   end)
end)

describe('hilo predict', function()
   it('writes label maps of the pictures\' own sizes, overlays, confidence and tables', function()
      local status, text = predict('sup', new, 'out=' .. out .. '/full', 'overlay=true', 'confidence=true', 'batch=2')
      assert.equal(0, status, text)
      assert.matches('4 pictures labelled by sup', text)
      local labels, palette = image.load(out .. '/full/labels/wide.png')
      assert.same({24, 62}, labels:size():totable())
      assert.same({255, 0, 0}, palette[2])
      local expected = open():predict(new .. '/inner/a.png')
      assert.is_true(hilo.equal(expected, (image.load(out .. '/full/labels/inner/a.png'))))
      assert.same({3, 38, 46}, image.load(out .. '/full/overlays/b.jpg'):size():totable())
      assert.same({1, 38, 46}, image.load(out .. '/full/confidence/b.png'):size():totable())
      local all = json.load(out .. '/full/predictions.json')
      assert.equal(4, #all.predictions)
      assert.equal(new .. '/inner/a.png', all.predictions[3].picture)
      local lines = folder.lines(out .. '/full/areas.csv')
      assert.equal('picture,height,width,background,red,green', lines[1])
      local row = {}
      for cell in lines[2]:gmatch('[^,]+') do row[#row + 1] = cell end
      assert.near(1, row[4] + row[5] + row[6], 1e-5)
      assert.equal('1,red,255,0,0', folder.lines(out .. '/full/classes.csv')[3])
   end)

   it('tells of pictures that cannot be read, labels the others and says so by its exit status', function()
      local bad = tiny.folder()
      for _, name in ipairs {'a.png', 'b.png'} do tiny.write(bad .. '/' .. name, tiny.read(new .. '/' .. name)) end
      local whole = tiny.read(new .. '/a.png')
      tiny.write(bad .. '/cut.png', whole:sub(1, #whole / 2))
      tiny.write(bad .. '/fake.jpg', 'hello')
      tiny.write(bad .. '/notes.md', 'no picture')
      local status, text = predict('sup', bad, 'out=' .. out .. '/bad', 'batch=4')
      tiny.remove(bad)
      assert.equal(1, status)
      assert.matches('left out .*cut.png', text)
      assert.matches('left out .*fake.jpg', text)
      assert.matches('2 of 4 pictures could not be read', text)
      local all = json.load(out .. '/bad/predictions.json')
      assert.same({2, 2}, {#all.predictions, #all.failed})
      assert.is_true(hilo.equal((open():predict(new .. '/b.png')), (image.load(out .. '/bad/labels/b.png'))))
   end)

   it('leaves no earlier result of a picture beside its new ones', function()
      local pictures, to = tiny.folder(), out .. '/again'
      tiny.write(pictures .. '/a.png', tiny.read(new .. '/a.png'))
      assert.equal(0, (predict('sup', pictures, 'out=' .. to, 'overlay=true', 'confidence=true')))
      assert.is_true(folder.is_file(to .. '/overlays/a.jpg') and folder.is_file(to .. '/confidence/a.png'))
      assert.equal(0, (predict('sup', pictures, 'out=' .. to, 'overwrite=true')))
      assert.is_false(folder.is_file(to .. '/overlays/a.jpg') or folder.is_file(to .. '/confidence/a.png'))
      tiny.write(pictures .. '/a.png', 'damaged')
      assert.equal(1, (predict('sup', pictures, 'out=' .. to, 'overwrite=true')))
      assert.is_false(folder.is_file(to .. '/labels/a.png'))
      tiny.remove(pictures)
   end)

   it('keeps the results of another prediction, unless it is told to replace them', function()
      local to = out .. '/kept'
      assert.equal(0, (predict('sup', new .. '/a.png', 'out=' .. to)))
      local before = tiny.read(to .. '/predictions.json')
      local status, text = predict('sup', new .. '/b.png', 'out=' .. to)
      assert.is_nil(status)
      assert.matches('holds the results of 1 picture already; resume=true adds to them, overwrite=true replaces them', text)
      assert.equal(before, tiny.read(to .. '/predictions.json'))
      assert.is_false(folder.is_file(to .. '/labels/b.png'))
      assert.equal(0, (predict('sup', new .. '/b.png', 'out=' .. to, 'overwrite=true')))
      assert.same({'b.png'}, folder.list(to .. '/labels'))
      assert.equal(1, #json.load(to .. '/predictions.json').predictions)
   end)

   it('adds to what it has done, also where it was killed', function()
      local to = out .. '/resumed'
      assert.equal(0, (predict('sup', new .. '/a.png', 'out=' .. to)))
      local status, text = predict('sup', new, 'out=' .. to, 'overlay=true', 'resume=true')
      assert.is_nil(status)
      assert.matches('made with overlay=false, not true', text)
      status, text = predict('sup', new, 'out=' .. to, 'resume=true')
      assert.equal(0, status, text)
      assert.matches('3 pictures labelled by sup: .*, beside 1 of before', text)
      local all = json.load(to .. '/predictions.json')
      assert.same({4, 4 + 1}, {#all.predictions, #folder.lines(to .. '/areas.csv')})
      -- as a process leaves it that is killed after two pictures, within the line of the third
      local lines = {json.encode({settings = all.settings}, {one_line = true})}
      for i = 1, 2 do lines[i + 1] = json.encode(all.predictions[i], {one_line = true}) end
      tiny.write(to .. '/predictions.jsonl', table.concat(lines, '\n') .. '\n{"picture": "c')
      os.remove(to .. '/predictions.json')
      os.remove(to .. '/labels/' .. all.predictions[3].labels:match '[^/]+$')
      status, text = predict('sup', new, 'out=' .. to, 'resume=true')
      assert.equal(0, status, text)
      assert.matches('2 pictures labelled by sup: .*, beside 2 of before', text)
      local again = json.load(to .. '/predictions.json')
      assert.same(all.predictions, again.predictions)
      assert.is_false(folder.is_file(to .. '/predictions.jsonl'))
      -- a picture of the same name elsewhere gets another one
      local other = tiny.folder()
      tiny.write(other .. '/a.png', tiny.read(new .. '/b.png'))
      assert.equal(0, (predict('sup', other, 'out=' .. to, 'resume=true')))
      tiny.remove(other)
      assert.is_true(folder.is_file(to .. '/labels/a-2.png'))
   end)

   it('tells of pictures of kinds that it does not read', function()
      local some = tiny.folder()
      for _, name in ipairs {'a.png', 'b.HEIC', 'c.gif', 'notes.md'} do tiny.write(some .. '/' .. name, tiny.read(new .. '/a.png')) end
      local status, text = predict('sup', some, 'out=' .. out .. '/kinds')
      tiny.remove(some)
      assert.equal(1, status)
      assert.matches('left out 2 pictures of other kinds than .*: %S*b.HEIC, %S*c.gif', text)
      assert.matches('2 of 3 pictures could not be read', text)
      assert.equal(2, #json.load(out .. '/kinds/predictions.json').failed)
   end)

   it('leaves out the label maps of a data set', function()
      local status, text = predict('sup', made.set, 'out=' .. out .. '/set')
      assert.equal(0, status, text)
      local n = #folder.list(made.set .. '/JPEGImages')
      assert.matches(('%d label maps left out'):format(n), text, 1, true)
      assert.equal(n, #json.load(out .. '/set/predictions.json').predictions)
   end)

   it('takes files and lists, and keeps pictures of one name apart', function()
      tiny.write(new .. '/list.txt', '\239\187\191a.png\r\n# a comment\r\n\r\ninner/a.png\r\n')
      local status, text = predict('sup', new .. '/list.txt', new .. '/wide.jpg', 'out=' .. out .. '/list')
      assert.equal(0, status, text)
      assert.same({'a-2.png', 'a.png', 'wide.png'}, folder.list(out .. '/list/labels'))
      assert.matches('1 label map is named with a number at the end: .*/list/predictions.json tells which is whose', text)
      tiny.write(new .. '/list.txt', 'a.png\nmissing.png\n')
      status, text = predict('sup', new .. '/list.txt', 'out=' .. out .. '/missing')
      os.remove(new .. '/list.txt')
      assert.is_nil(status)
      assert.matches("line 2 names 'missing.png'", text)
   end)

   it('does not take its own results for pictures', function()
      for _ = 1, 2 do
         local status, text = predict('sup', new, 'out=' .. new .. '/results/', 'overwrite=true')
         assert.equal(0, status, text)
         assert.matches('4 pictures labelled', text)
      end
      tiny.remove(new .. '/results')
   end)

   it('writes the scores of a classifier', function()
      local status, text = predict('sup', new .. '/a.png', 'mlmt=multi', 'out=' .. out .. '/fused')
      assert.equal(0, status, text)
      assert.equal('picture,height,width,background,red,green', folder.lines(out .. '/fused/scores.csv')[1])
      status, text = predict('multi', new .. '/a.png', 'out=' .. out .. '/multi')
      assert.equal(0, status, text)
      assert.same({'classes.csv', 'predictions.json', 'scores.csv'}, folder.list(out .. '/multi'))
   end)

   it('says where options of fusion have nothing to fuse with, and what tau may be', function()
      for _, word in ipairs {'fusion=soft', 'tau=0.5', 'exponent=2', 'scores=student'} do
         local status, text = predict('sup', new, word)
         assert.is_nil(status)
         assert.matches(word:match '^%w+' .. '= says .* add mlmt=RUN', text)
      end
      assert.matches('exponent= is of fusion=soft', select(2, predict('sup', new, 'mlmt=multi', 'exponent=5')))
      assert.matches('tau= is of fusion=threshold', select(2, predict('sup', new, 'mlmt=multi', 'fusion=soft', 'tau=0.9')))
      assert.matches('alpha= says how .* add overlay=true', select(2, predict('sup', new, 'alpha=0.9')))
      for _, tau in ipairs {-1, 5} do
         assert.matches('tau must lie in 0..1', select(2, predict('sup', new, 'mlmt=multi', 'tau=' .. tau, 'out=' .. out .. '/tau')))
      end
      assert.error_matches(function() hilo.methods.fusion.weights({0.5, 0.2}, {tau = 5}) end, 'tau must lie in 0..1')
   end)

   it('says what is wrong with the command', function()
      local function fails(pattern, ...)
         local status, text = predict(...)
         assert.is_nil(status)
         assert.matches(pattern, text)
      end
      fails('which run, and which pictures', 'sup')
      fails("no option 'overlays'; did you mean 'overlay'", 'sup', new, 'overlays=true')
      fails('overlay expects true or false', 'sup', new, 'overlay=yes')
      fails("there is no picture, folder or list '/nowhere'", 'sup', '/nowhere')
      fails('there are no pictures in', 'sup', made.runs)
      fails('alpha must lie between', 'sup', new, 'overlay=true', 'alpha=2', 'out=' .. out)
      fails("there is no 'newest'", 'sup', new, 'checkpoint=newest')
      assert.equal(2, (tiny_runs.command('predict', {})))
      assert.matches('usage', select(2, tiny_runs.command('predict', {'help'})))
   end)

   it('is a command of hilo', function()
      local core = require 'hilo.core'
      local code, text = tiny_runs.shell(('luajit %slua/bin/hilo predict sup %s/a.png %s/b.png runs=%s out=%s/typed'):format(
         core.root, new, new, made.runs, out))
      assert.equal(0, code, text)
      code, text = tiny_runs.shell(('luajit %slua/bin/hilo predict nothing %s/a.png runs=%s'):format(core.root, new, made.runs))
      assert.equal(1, code)
      assert.matches("^hilo: there is no run 'nothing'", text)
   end)
end)
