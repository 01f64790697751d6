-- Layouts that people have, each as a tiny set: found by themselves, by an option, and what is said where none fits.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data = hilo.data
local error_of = helper.error_of

local root
before_each(function() root = tiny.folder() end)
after_each(function() tiny.remove(root) end)

-- Writes pictures or label maps with squares of classes 1 and 2: put('images/%s.png', {'a', 'b'}, 'image')
local function put(pattern, names, what)
   for i, name in ipairs(names) do
      local path = ('%s/%s'):format(root, pattern:format(name))
      data.folder.make(path:match('^(.*)/'))
      local rgb, labels = tiny.picture(i, 20, 24)
      hilo.io.image.save(path, what == 'image' and rgb or labels)
   end
end

local function relative(path) return path:sub(#root + 2) end

local function first_pixels(set, name)
   local next_batch = data.batches {set = set, names = {name}, transform = data.transforms.whole(1), labels = 'input'}
   return next_batch().labels[1]
end

describe('folders', function()
   it('are told apart by their usual names', function()
      for _, pair in ipairs {{'images/%s.jpg', 'masks/%s.png'}, {'img/%s.png', 'labels/%s.png'}, {'image/%s.png', 'gt/%s.png'},
         {'imgs/%s.png', 'mask/%s.png'}, {'JPEGImages/%s.png', 'annotations/%s.png'}, {'Images/%s.PNG', 'GroundTruth/%s.png'}} do
         put(pair[1], {'a', 'b', 'c'}, 'image')
         put(pair[2], {'a', 'c'})
         local set = data.open {root = root, classes = '3'}
         assert.equal('folders', set.layout)
         assert.same({'a', 'b', 'c'}, set.names)
         assert.equal(pair[1]:format 'a', relative(set:image 'a'))
         assert.equal(pair[2]:format 'a', relative(set:label 'a'))
         assert.is_nil(set:label 'b')
         assert.matches('3 pictures, 2 with a label map, 3 classes', set.told)
         tiny.remove(root)
         data.folder.make(root)
      end
   end)

   it('may have any of the words for pictures and for label maps, in any letters', function()
      local function try(pictures, labels)
         put(pictures .. '/%s.png', {'a'}, 'image')
         put(labels .. '/%s.png', {'a'})
         local set = data.open {root = root, classes = '3'}
         assert.same({'folders', 'a', labels .. '/a.png'}, {set.layout, set.names[1], relative(set:label 'a')})
         tiny.remove(root)
         data.folder.make(root)
      end
      for _, word in ipairs {'images', 'image', 'img', 'imgs', 'Pictures', 'photos', 'RGB', 'input', 'original_images',
         'jpeg-images'} do
         try(word, 'masks')
      end
      for _, word in ipairs {'masks', 'mask', 'labels', 'label', 'annotations', 'gt', 'Ground_Truth', 'ground-truth', 'segmentation',
         'targets', 'labelmaps', 'png_masks', 'label_images_semantic', 'RGB_color_image_masks'} do
         try('images', word)
      end
   end)

   it('may lie in each other, twice, or at different depths', function()
      for _, pair in ipairs {{'images/images/%s.jpg', 'masks/masks/%s.png'}, {'images/%s.jpg', 'images/masks/%s.png'},
         {'images/%s.jpg', 'annotations/trimaps/%s.png'}} do
         put(pair[1], {'a'}, 'image')
         put(pair[2], {'a'})
         local set = data.open {root = root, classes = '3'}
         assert.same({'a'}, set.names)
         assert.equal(pair[2]:format 'a', relative(set:label 'a'))
         tiny.remove(root)
         data.folder.make(root)
      end
   end)

   it('of a usual name count before those whose names only hold the word', function()
      put('images/%s.png', {'a'}, 'image')
      put('masks/%s.png', {'a'})
      put('masks_in_colours/%s.png', {'a'})
      assert.equal('masks/a.png', relative(data.open({root = root, classes = '3'}):label 'a'))
   end)

   it('are taken apart by train and val, in any order and in one word', function()
      for _, pair in ipairs {{'train/images/%s.png', 'train/masks/%s.png'}, {'images/train/%s.png', 'labels/train/%s.png'},
         {'train_images/%s.png', 'train_masks/%s.png'}, {'train/%s.png', 'trainannot/%s.png'},
         {'images_train/%s.png', 'masks_train/%s.png'}} do
         put(pair[1], {'a', 'b'}, 'image')
         put(pair[2], {'a', 'b'})
         put(pair[1]:gsub('train', 'valid'), {'c'}, 'image')
         put(pair[2]:gsub('train', 'valid'), {'c'})
         local set = data.open {root = root, classes = '3'}
         assert.same({'train/a', 'train/b', 'valid/c'}, set.names, pair[1])
         assert.same({'train/a', 'train/b'}, set:list 'train')
         local split = data.split(set, {})
         assert.same({'valid/c'}, split.val)
         assert.same({'train/a', 'train/b'}, split.labelled)
         tiny.remove(root)
         data.folder.make(root)
      end
   end)

   it('keep the names of nested ones', function()
      put('images/%s.png', {'ulm/day/a', 'bonn/a'}, 'image')
      put('masks/%s.png', {'ulm/day/a', 'bonn/a'})
      assert.same({'bonn/a', 'ulm/day/a'}, data.open({root = root, classes = '3'}).names)
   end)

   it('need not have one name for a picture and its label map', function()
      for _, ends in ipairs {{'', '_mask'}, {'', '-gt'}, {'', '_label'}, {'', '_labels'}, {'', '_gtFine_labelIds'}, {'', '_L'},
         {'_leftImg8bit', '_gtFine_labelIds'}, {'_sat', '_mask'}, {'', '_my_classes'}, {'', '_GT'}} do
         put('images/%s' .. ends[1] .. '.png', {'a_1', 'a_2'}, 'image')
         put('masks/%s' .. ends[2] .. '.png', {'a_1', 'a_2'})
         local set = data.open {root = root, classes = '3'}
         assert.equal('masks/a_1' .. ends[2] .. '.png', relative(set:label('a_1' .. ends[1])))
         tiny.remove(root)
         data.folder.make(root)
      end
   end)

   it('may number pictures and label maps with words in front', function()
      for _, words in ipairs {{'img_', 'mask_'}, {'image', 'label'}, {'', 'gt-'}, {'frame', 'seg'}} do
         put('images/' .. words[1] .. '%s.png', {'1', '20'}, 'image')
         put('masks/' .. words[2] .. '%s.png', {'1', '20'})
         local set = data.open {root = root, classes = '3'}
         assert.equal('masks/' .. words[2] .. '20.png', relative(set:label(words[1] .. '20')))
         assert.same({}, set.warnings)
         tiny.remove(root)
         data.folder.make(root)
      end
   end)

   it('ask which ending counts where a picture has several label maps', function()
      put('images/%s.png', {'a', 'b'}, 'image')
      put('masks/%s_cars.png', {'a', 'b'})
      put('masks/%s_trees.png', {'a', 'b'})
      assert.matches("two label maps, .*data.suffix=", error_of(data.open, {root = root, classes = '3'}))
      local set = data.open {root = root, classes = '3', suffix = '_trees'}
      assert.equal('masks/b_trees.png', relative(set:label 'b'))
   end)

   it('may be one, with label maps told apart by their ending', function()
      put('all/%s.png', {'a', 'b', 'c'}, 'image')
      put('all/%s_mask.png', {'a', 'b'})
      local set = data.open {root = root, classes = '3'}
      assert.same({'all/a', 'all/b', 'all/c'}, set.names)
      assert.equal('all/b_mask.png', relative(set:label 'all/b'))
      tiny.remove(root)
      put('%s.jpg', {'a', 'b', 'c'}, 'image')
      put('%s.png', {'a', 'b'})
      set = data.open {root = root, classes = '3'}
      assert.same({'a', 'b', 'c'}, set.names)
      assert.equal('a.png', relative(set:label 'a'))
      assert.is_nil(set:label 'c')
   end)

   it('tell label maps without pictures, and refuse two pictures of one name', function()
      put('images/%s.png', {'a', 'b'}, 'image')
      put('masks/%s.png', {'a', 'z'})
      assert.matches('1 label maps .* fit no picture, the first is masks/z.png', data.open({root = root, classes = '3'}).warnings[1])
      put('images/%s.jpg', {'a'}, 'image')
      assert.matches("two pictures .* one name, 'a'", error_of(data.open, {root = root, classes = '3'}))
   end)

   it('take their classes from a file with a name a line, numbered from 0 or not', function()
      put('images/%s.png', {'a'}, 'image')
      put('masks/%s.png', {'a'})
      for _, text in ipairs {'sky\nred sea\nsand\n', '0: sky\n1: red sea\n2: sand\n', '1,red sea\r\n0,sky\r\n2,sand\r\n'} do
         tiny.write(root .. '/classes.txt', text)
         assert.same({'sky', 'red sea', 'sand'}, data.open({root = root}).classes)
      end
      tiny.write(root .. '/classes.txt', '1: sky\n2: sea\n')
      assert.matches('classes.txt numbers the classes from 1 on; give id 0 a line', error_of(data.open, {root = root}))
      tiny.write(root .. '/classes.txt', 'sky\nsea\nsky\n')
      assert.matches("line 3 of .*classes.txt names 'sky' again", error_of(data.open, {root = root}))
      tiny.write(root .. '/classes.txt', 'sky\n')
      assert.matches('a set has 2 to 255 classes, .* has 1', error_of(data.open, {root = root}))
   end)

   it('ask what levels of grey stand for', function()
      put('images/%s.png', {'a'}, 'image')
      data.folder.make(root .. '/masks')
      hilo.io.image.save(root .. '/masks/a.png', hilo.ByteTensor(20, 24):fill(127))
      hilo.io.image.save(root .. '/masks/b.png', hilo.ByteTensor(20, 24):fill(50))
      put('images/%s.png', {'b'}, 'image')
      assert.matches('hold the ids 50, 127 alone, which would make 128 classes; map them: data.map=50:0,127:1',
         error_of(data.open, {root = root}))
      assert.equal(2, #data.open({root = root, map = '50:0,127:1'}).classes)
   end)

   it('give as many classes as the label maps show where nothing names them', function()
      put('images/%s.png', {'a', 'b'}, 'image')
      put('masks/%s.png', {'a', 'b'})
      assert.same({'class 0', 'class 1', 'class 2'}, data.open({root = root}).classes)
      assert.same({'sky', 'sea', 'sand'}, data.open({root = root, classes = 'sky,sea,sand'}).classes)
      assert.matches('there is no file nowhere', error_of(data.open, {root = root, classes = 'nowhere'}))
   end)
end)

describe('ADE20K', function()
   it('is known by its folders, and its 0 is void', function()
      for _, part in ipairs {'training', 'validation'} do
         put('images/' .. part .. '/%s.jpg', {'ADE_1'}, 'image')
         put('annotations/' .. part .. '/%s.png', {'ADE_1'})
      end
      local set = data.open {root = root}
      assert.equal('ade20k', set.layout)
      assert.equal(150, #set.classes)
      assert.same({'training/ADE_1'}, set:list 'train')
      assert.same({'validation/ADE_1'}, set:list 'val')
      local pixels = first_pixels(set, 'training/ADE_1')
      assert.equal(255, pixels[1][1])
      assert.equal(1, pixels[8][8]) -- class 2 in the file
      assert.matches('ADE20K.*training 1 instead of 20210', set.warnings[1])
   end)
end)

describe('PASCAL VOC', function()
   it('takes label maps of SBD for images that have none of VOC', function()
      put('JPEGImages/%s.jpg', {'a', 'b', 'c'}, 'image')
      put('SegmentationClass/%s.png', {'a'})
      put('SegmentationClassAug/%s.png', {'a', 'b'})
      local set = data.open {root = root}
      assert.equal('SegmentationClass/a.png', relative(set:label 'a'))
      assert.equal('SegmentationClassAug/b.png', relative(set:label 'b'))
      data.folder.make(root .. '/ImageSets/Segmentation')
      tiny.write(root .. '/ImageSets/Segmentation/train_aug.txt', 'a\nb\n')
      assert.matches('train_aug 2 instead of 10582', data.open({root = root}).warnings[1])
   end)

   it('of Context has 60 classes, and 59 where the background is void', function()
      put('JPEGImages/%s.jpg', {'a'}, 'image')
      put('SegmentationClassContext/%s.png', {'a'})
      assert.equal(60, #data.open({root = root}).classes)
      local set = data.open {root = root, layout = 'context59'}
      assert.equal(59, #set.classes)
      assert.equal('aeroplane', set.classes[1])
      assert.equal(255, first_pixels(set, 'a')[1][1])
      assert.equal(1, first_pixels(set, 'a')[8][8])
   end)
end)

describe('a table', function()
   before_each(function()
      put('pics/%s.jpg', {'a', 'b', 'c, d'}, 'image')
      put('maps/%s.png', {'x', 'y'})
   end)

   it('names pictures, label maps and parts', function()
      tiny.write(root .. '/set.csv', '\239\187\191Image,Label,Split\r\npics/a.jpg,maps/x.png,train\r\nb.jpg,y.png,validation\r\n'
         .. '"pics/c, d.jpg",,train\r\n')
      local set = data.open {root = root, classes = '3'}
      assert.equal('csv', set.layout)
      assert.equal('maps/x.png', relative(set:label 'pics/a'))
      assert.is_nil(set:label 'pics/c, d')
      assert.same({'pics/a', 'pics/c, d'}, set:list 'train')
      assert.same({'pics/b'}, set:list 'val')
   end)

   it('beside folders of pictures and label maps tells their parts, and is told where it cannot', function()
      put('images/%s.jpg', {'k', 'l'}, 'image')
      put('masks/%s.png', {'k', 'l'})
      tiny.remove(root .. '/pics')
      tiny.remove(root .. '/maps')
      local header = 'image,mask,split\nimages/k.jpg,masks/k.png,train\n'
      tiny.write(root .. '/set.csv', header .. 'l.jpg,masks/l.png,validation\n')
      local set = data.open {root = root, classes = '3'}
      assert.equal('folders', set.layout)
      assert.same({{'k'}, {'l'}}, {set:list 'train', set:list 'val'})
      assert.matches('parts as a table names them', set.told)
      for line, message in pairs {['l.jpg,masks/k.png,val\n'] = 'images/l is no picture of the folders or has another label map',
         ['m.jpg,masks/l.png,val\n'] = "line 3 of .*set.csv names the picture 'm.jpg'"} do
         tiny.write(root .. '/set.csv', header .. line)
         set = data.open {root = root, classes = '3'}
         assert.is_nil(next(set.parts))
         assert.matches('tells no parts, data.layout=csv takes it in their place: .*' .. message, table.concat(set.warnings))
      end
   end)

   it('says which line is wrong', function()
      tiny.write(root .. '/set.csv', 'image;mask\npics/a.jpg;maps/x.png\npics/q.jpg;maps/y.png\n')
      assert.matches("line 3 of .*set.csv names the picture 'pics/q.jpg'", error_of(data.open, {root = root, classes = '3'}))
      tiny.write(root .. '/set.csv', 'image;mask\npics/a.jpg;maps/q.png\n')
      assert.matches("line 2 of .*set.csv names the label map 'maps/q.png'", error_of(data.open, {root = root, classes = '3'}))
      tiny.write(root .. '/set.csv', 'image;mask\npics/a.jpg;maps/x.png\nb.jpg;\na.jpg;maps/y.png\n')
      assert.matches("line 4 of .*set.csv names 'a.jpg' again", error_of(data.open, {root = root, classes = '3'}))
   end)

   it('says which columns it lacks', function()
      tiny.write(root .. '/set.csv', 'id,species\n1,cat\n')
      assert.matches('set.csv has the columns id, species, and needs one of pictures .* and one of label maps',
         error_of(data.open, {root = root, classes = '3'}))
      assert.matches('not in the layout csv .*set.csv has the columns id, species', error_of(data.open, {root = root, layout = 'csv'}))
   end)

   it('may be one a part, with commas or tabs between', function()
      tiny.write(root .. '/train.tsv', '# made by hand\nfilename\tmask\npics/a.jpg\tmaps/x.png\n')
      tiny.write(root .. '/val.csv', 'filename,mask\n.\\pics\\b.jpg,maps\\y.png\n')
      local set = data.open {root = root, classes = '3'}
      assert.same({'pics/a'}, set:list 'train')
      assert.same({'pics/b'}, set:list 'val')
   end)
end)

describe('a folder that fits no layout', function()
   it('is told what was looked for and what was found', function()
      put('holiday/%s.jpg', {'a', 'b'}, 'image')
      tiny.write(root .. '/notes.txt', 'x')
      local message = error_of(data.open, {root = root})
      assert.matches('Looked for: JPEGImages/', message)
      assert.matches('Found: holiday/ notes.txt %(2 .jpg, 1 .txt below it%)', message)
      assert.matches('image,label', message)
   end)

   it('is told which half is missing, or what the names of both are', function()
      local function told(pattern)
         assert.matches(pattern, error_of(data.open, {root = root}))
         tiny.remove(root)
         data.folder.make(root)
      end
      put('images/%s.jpg', {'a', 'b'}, 'image')
      told('Seen: there are 2 pictures, in images, and no label maps in a folder such as masks/')
      put('masks/%s.png', {'a'})
      told('Seen: there are 1 label maps, in masks, and no pictures in a folder such as images/')
      put('images/%s.jpg', {'a'}, 'image')
      put('masks/%s.png', {'zebra'})
      told("no label map has the name of a picture: pictures are called 'images/a.jpg', label maps 'masks/zebra.png'")
      put('%s.jpg', {'a'}, 'image')
      tiny.write(root .. '/set.csv', 'image,label\n')
      told('set.csv has no line below its header')
      put('images/%s.jpg', {'a'}, 'image')
      put('masks/%s.png', {'a'})
      tiny.write(root .. '/classes.txt', '# none yet\n')
      told('classes.txt names no classes; write a name a line')
   end)

   it('is told what to do with files that cannot be read', function()
      put('train/%s.jpg', {'a'}, 'image')
      for _, name in ipairs {'train_masks/a_mask.gif', 'labels/a.txt', 'more.zip', 'maps/a.npy'} do
         data.folder.make((root .. '/' .. name):match('^(.*)/'))
         tiny.write(root .. '/' .. name, 'x')
      end
      local message = error_of(data.open, {root = root})
      for _, text in ipairs {'.gif is not read: save train_masks/a_mask.gif and others as PNG', '.npy is not read',
         'more.zip is an archive: unpack it', "text files in labels/ may be outlines in YOLO's format"} do
         assert.truthy(message:find(text, 1, true), text)
      end
      assert.matches('more.zip is a file; data.root names a folder, unpack archives', error_of(data.open, {root = root .. '/more.zip'}))
   end)

   it('may hold a set further down', function()
      put('VOCdevkit/VOC2012/JPEGImages/%s.jpg', {'a'}, 'image')
      put('VOCdevkit/VOC2012/SegmentationClass/%s.png', {'a'})
      local set = data.open {root = root}
      assert.equal('voc', set.layout)
      assert.equal(root .. '/VOCdevkit/VOC2012', set.root)
      assert.same({'a'}, set.names)
   end)

   it('is read as it is told to be, or refused with the nearest name', function()
      put('images/%s.png', {'a'}, 'image')
      put('masks/%s.png', {'a'})
      assert.equal('folders', data.open({root = root, layout = 'folders', classes = '3'}).layout)
      assert.matches('not in the layout coco', error_of(data.open, {root = root, layout = 'coco'}))
      assert.matches("no 'foldres'; did you mean 'folders'", error_of(data.open, {root = root, layout = 'foldres'}))
   end)
end)
