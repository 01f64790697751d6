-- The public sets: their classes, colours and numbers, each opened as a tiny copy in its own layout; copies that are not whole.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data, image, known = hilo.data, hilo.io.image, hilo.data.known
local error_of = helper.error_of

local root, counts
before_each(function()
   root, counts = tiny.folder(), {}
   for _, name in ipairs(known.names) do counts[name] = known[name].counts end
end)
after_each(function()
   for _, name in ipairs(known.names) do known[name].counts = counts[name] end
   tiny.remove(root)
end)

local function put(path, pixels, options)
   path = root .. '/' .. path
   data.folder.make(path:match('^(.*)/'))
   image.save(path, pixels, options)
end

local function picture(path, h, w) put(path, hilo.ByteTensor(3, h or 2, w or 3):fill(80)) end

local function list(path, ...)
   data.folder.make((root .. '/' .. path):match('^(.*)/'))
   tiny.write(root .. '/' .. path, table.concat({...}, '\n') .. '\n')
end

local function labels_of(set, name)
   return data.batches({set = set, names = {name}, transform = data.transforms.whole(1), labels = 'full'})().labels[1]:totable()
end

local function open(options)
   options = options or {}
   options.root = root
   return data.open(options)
end

describe('public sets', function()
   it('have names, colours and numbers', function()
      local expected = {
         voc = {21, 'background', 'tvmonitor', {train = 1464, val = 1449, trainval = 2913, train_aug = 10582}},
         context = {60, 'background', 'wood', {train = 4998, val = 5105}},
         context59 = {59, 'aeroplane', 'wood', {train = 4998, val = 5105}},
         cityscapes = {19, 'road', 'bicycle', {train = 2975, val = 500, test = 1525}},
         camvid = {11, 'sky', 'bicyclist', {train = 367, val = 101, test = 233}},
         ade20k = {150, 'wall', 'flag', {training = 20210, validation = 2000}},
      }
      for name, e in pairs(expected) do
         local public = known[name]
         assert.same({e[1], e[2], e[3]}, {#public.classes, public.classes[1], public.classes[#public.classes]})
         assert.same(e[4], public.counts)
         local seen, of_class = {}, {}
         for _, class in ipairs(public.classes) do
            assert.is_nil(seen[class], class)
            seen[class] = true
         end
         for _, c in ipairs(public.colours or {}) do
            local key = ('%d %d %d'):format(c[1], c[2], c[3])
            assert.is_nil(seen[key], key)
            seen[key], of_class[c[4]] = true, true
         end
         for class = 0, public.colours and #public.classes - 1 or -1 do assert.is_true(of_class[class], name .. class) end
      end
   end)

   it('have the colours that their authors give', function()
      local function colour(name, class)
         for _, c in ipairs(known[name].colours) do
            if c[4] ~= 'void' and known[name].classes[c[4] + 1] == class then return {c[1], c[2], c[3]} end
         end
      end
      assert.same({192, 128, 128}, colour('voc', 'person'))
      assert.same({128, 64, 128}, colour('cityscapes', 'road'))
      assert.same({119, 11, 32}, colour('cityscapes', 'bicycle'))
      assert.same({64, 0, 128}, colour('camvid', 'car'))
   end)
end)

describe('PASCAL VOC 2012 with SBD', function()
   before_each(function()
      for i, name in ipairs {'2007_1', '2007_2', '2008_3'} do
         picture(('JPEGImages/%s.jpg'):format(name))
         put(('SegmentationClass%s/%s.png'):format(i == 2 and 'Aug' or '', name), hilo.ByteTensor {{0, 15, 255}, {0, 20, i}})
      end
      list('ImageSets/Segmentation/train.txt', '2007_1')
      list('ImageSets/Segmentation/train_aug.txt', '/JPEGImages/2007_1.jpg /SegmentationClass/2007_1.png',
         '/JPEGImages/2007_2.jpg /SegmentationClassAug/2007_2.png')
      list('ImageSets/Segmentation/val.txt', '2008_3')
      known.voc.counts = {train = 1, val = 1, train_aug = 2}
   end)

   it('is read with both folders of label maps, and tells nothing where it is whole', function()
      local set = open()
      assert.same({'voc', 21}, {set.layout, #set.classes})
      assert.same({}, set.warnings)
      assert.same({'2007_1', '2007_2'}, set:list 'train_aug')
      assert.same({{0, 15, 255}, {0, 20, 2}}, labels_of(set, '2007_2'))
      assert.same({192, 128, 128}, {unpack(set:palette(), 46, 48)})
   end)

   it('tells numbers that differ', function()
      known.voc.counts = counts.voc
      assert.matches('other numbers of images than PASCAL VOC 2012: train 1 instead of 1464, train_aug 2 instead of 10582, '
         .. 'val 1 instead of 1449; is the copy whole', open().warnings[1])
   end)

   it('tells pictures and label maps that a copy lacks', function()
      os.remove(root .. '/SegmentationClassAug/2007_2.png')
      assert.matches('of the 2 pictures of the list train_aug, 0 are missing, and 1 label maps; the first: .*2007_2.*Unpack or fetch '
         .. 'PASCAL VOC 2012 again', open().warnings[1])
      os.remove(root .. '/JPEGImages/2008_3.jpg')
      assert.matches('of the 1 pictures of the list val, 1 are missing, and 0 label maps; the first: 2008_3', open().warnings[2])
   end)

   it('may lie in VOCdevkit', function()
      data.folder.make(root .. '/VOCdevkit')
      for _, name in ipairs {'JPEGImages', 'SegmentationClass', 'SegmentationClassAug', 'ImageSets'} do
         data.folder.make(root .. '/VOCdevkit/VOC2012')
         os.rename(root .. '/' .. name, root .. '/VOCdevkit/VOC2012/' .. name)
      end
      assert.same({'2007_1'}, open():list 'train')
   end)
end)

describe('PASCAL-Context', function()
   before_each(function()
      for _, name in ipairs {'2008_1', '2008_2'} do
         picture(('JPEGImages/%s.jpg'):format(name))
         put(('SegmentationClassContext/%s.png'):format(name), hilo.ByteTensor {{0, 1, 59}, {0, 30, 255}})
      end
      list('ImageSets/SegmentationContext/train.txt', '2008_1')
      list('ImageSets/SegmentationContext/val.txt', '2008_2')
   end)

   it('has 60 classes, or 59 where the background is void', function()
      known.context.counts = {train = 1, val = 1}
      known.context59.counts = known.context.counts
      local set = open()
      assert.same({'context', 60, true}, {set.layout, #set.classes, set.background})
      assert.same({{0, 1, 59}, {0, 30, 255}}, labels_of(set, '2008_1'))
      assert.same({}, set.warnings)
      set = open {layout = 'context59'}
      assert.same({'context59', 59, false, 'aeroplane'}, {set.layout, #set.classes, set.background, set.classes[1]})
      assert.same({{255, 0, 58}, {255, 29, 255}}, labels_of(set, '2008_1'))
      assert.same({}, set.warnings)
      assert.same({128, 0, 0}, {unpack(set:palette(), 1, 3)})
   end)

   it('tells numbers that differ', function()
      for layout, title in pairs {context = 'PASCAL%-Context', context59 = 'PASCAL%-Context, 59 classes'} do
         assert.matches(title .. ': train 1 instead of 4998, val 1 instead of 5105', open({layout = layout}).warnings[1])
      end
   end)
end)

describe('Cityscapes', function()
   local name = 'ulm_000001_000019'

   local function city(ending, pixels)
      for _, part in ipairs {'train', 'val'} do
         picture(('leftImg8bit/%s/ulm/%s_leftImg8bit.png'):format(part, name))
         put(('gtFine/%s/ulm/%s_gtFine_%s.png'):format(part, name, ending), pixels)
      end
      picture(('leftImg8bit/test/bonn/bonn_000000_000019_leftImg8bit.png'))
      known.cityscapes.counts = {train = 1, val = 1, test = 1}
   end

   it('is read by its labelIds, of which 19 are classes', function()
      city('labelIds', hilo.ByteTensor {{7, 8, 33}, {0, 3, 26}})
      local set = open()
      assert.same({'cityscapes', 19, false}, {set.layout, #set.classes, set.background})
      assert.same({{0, 1, 18}, {255, 255, 13}}, labels_of(set, 'train/ulm/' .. name))
      assert.same({'val/ulm/' .. name}, set:list 'val')
      assert.same({}, set.warnings)
      assert.same({128, 64, 128, 244, 35, 232}, {unpack(set:palette(), 1, 6)})
   end)

   it('is read by its trainIds or its colours, RGBA, where it has those alone', function()
      city('labelTrainIds', hilo.ByteTensor {{0, 18, 255}, {1, 2, 3}})
      assert.same({{0, 18, 255}, {1, 2, 3}}, labels_of(open(), 'train/ulm/' .. name))
      tiny.remove(root .. '/gtFine')
      local rgba, colours = hilo.ByteTensor(4, 2, 3):fill(255), {{128, 64, 128}, {119, 11, 32}, {0, 0, 0}}
      for x, c in ipairs(colours) do for k = 1, 3 do for y = 1, 2 do rgba[k][y][x] = c[k] end end end
      city('color', rgba)
      assert.same({{0, 18, 255}, {0, 18, 255}}, labels_of(open(), 'train/ulm/' .. name))
   end)

   it('tells a copy that is not whole', function()
      city('labelIds', hilo.ByteTensor {{7, 8, 33}, {0, 3, 26}})
      known.cityscapes.counts = counts.cityscapes
      assert.matches('Cityscapes: test 1 instead of 1525, train 1 instead of 2975, val 1 instead of 500', open().warnings[1])
      known.cityscapes.counts = {train = 1, val = 1, test = 1}
      os.remove(('%s/gtFine/val/ulm/%s_gtFine_labelIds.png'):format(root, name))
      assert.matches('of the 1 pictures of the list val, 0 are missing, and 1 label maps', open().warnings[1])
      tiny.remove(root .. '/gtFine')
      assert.matches('no label maps, .*gtFine_labelIds.png, below .*/gtFine: unpack gtFine_trainvaltest.zip', open().warnings[1])
   end)
end)

describe('CamVid', function()
   local ids = hilo.ByteTensor {{0, 8, 10}, {11, 3, 4}}

   it('is read in folders of SegNet, whose id 11 is void', function()
      for _, part in ipairs {'train', 'val', 'test'} do
         picture(part .. '/0001.png')
         put(part .. 'annot/0001.png', ids)
      end
      assert.matches('label 11 at %(x 0, y 1%) is neither a class', error_of(labels_of, open {classes = 'camvid'}, 'train/0001'))
      local set = open {classes = 'camvid', map = '11:255'}
      assert.same({{0, 8, 10}, {255, 3, 4}}, labels_of(set, 'train/0001'))
      assert.matches('CamVid, 11 classes: test 1 instead of 233, train 1 instead of 367, val 1 instead of 101', set.warnings[1])
      known.camvid.counts = {train = 1, val = 1, test = 1}
      assert.same({}, open({classes = 'camvid', map = '11:255'}).warnings)
   end)

   it('is read as its authors hand it out, 32 colours as 11 classes', function()
      picture('701_StillsRaw_full/0001TP_006690.png', 1, 4)
      local rgb = hilo.ByteTensor(3, 1, 4)
      for x, c in ipairs {{64, 0, 128}, {64, 128, 192}, {0, 0, 0}, {128, 128, 128}} do for k = 1, 3 do rgb[k][1][x] = c[k] end end
      put('LabeledApproved_full/0001TP_006690_L.png', rgb)
      assert.matches('data.colours=camvid has all of them', error_of(open))
      local set = open {colours = 'camvid'}
      assert.same({{8, 8, 255, 0}}, labels_of(set, '0001TP_006690'))
      assert.same(known.camvid.classes, set.classes)
   end)

   it("is read in VOC's layout with its classes named", function()
      picture 'JPEGImages/a.png'
      put('SegmentationClass/a.png', hilo.ByteTensor {{0, 8, 10}, {255, 3, 4}})
      list('classes.txt', unpack(known.camvid.classes))
      list('ImageSets/Segmentation/train.txt', 'a')
      assert.matches('than CamVid, 11 classes: train 1 instead of 367', open().warnings[1])
   end)
end)

describe('ADE20K', function()
   it('is read with 0 for void, and tells numbers that differ', function()
      for _, part in ipairs {'training', 'validation'} do
         picture(('images/%s/ADE_1.jpg'):format(part))
         put(('annotations/%s/ADE_1.png'):format(part), hilo.ByteTensor {{0, 1, 150}, {0, 13, 2}})
      end
      local set = open()
      assert.same({'ade20k', 150}, {set.layout, #set.classes})
      assert.same({{255, 0, 149}, {255, 12, 1}}, labels_of(set, 'training/ADE_1'))
      assert.matches('ADE20K, 150 classes: training 1 instead of 20210, validation 1 instead of 2000', set.warnings[1])
   end)
end)
