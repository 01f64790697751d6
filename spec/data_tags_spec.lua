-- Image-level tags: files as people write them, and what is said of those that cannot be right.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data, methods = hilo.data, hilo.methods
local error_of = helper.error_of

local root, set, file
setup(function()
   root = tiny.voc {n = 6, val = 2}
   tiny.write(root .. '/classes.txt', 'background\nred ball\nt-shirt\n')
   set = data.open {root = root}
   file = root .. '/tags'
end)
teardown(function() tiny.remove(root) end)

local function read(text)
   tiny.write(file, text)
   return data.tags.read(set, file)
end

describe('image-level tags', function()
   it('are a picture, a tab and classes with commas', function()
      local tags = read('img_01\tbackground,red ball,t-shirt\nimg_02\tt-shirt\nimg_03\t\n')
      assert.same({'img_01', 'img_02', 'img_03'}, tags.names)
      assert.same({img_01 = {1, 1, 1}, img_02 = {1, 0, 1}, img_03 = {1, 0, 0}}, tags.rows)
      assert.same({'background', 'red ball', 't-shirt'}, tags.known)
      assert.same({}, tags.warnings)
   end)

   it('are read with a byte-order mark, CRLF, comments and blank lines', function()
      local tags = read('\239\187\191# who saw what, when\r\n\r\nimg_01\tred ball , t-shirt\r\n# img_02\tred ball\r\n'
         .. 'img_03\tt-shirt\r\n')
      assert.same({img_01 = {1, 1, 1}, img_03 = {1, 0, 1}}, tags.rows)
   end)

   it('may be a table with a header, files instead of names, and other separators', function()
      local expected = {img_01 = {1, 1, 1}, img_02 = {1, 0, 1}}
      assert.same(expected, read('image,tags\nimg_01.png,"red ball,t-shirt"\nJPEGImages/img_02.png,t-shirt\n').rows)
      assert.same(expected, read('Labels;Source;Image\nred ball|t-shirt;web;img_01\nt-shirt;web;img_02\n').rows)
      assert.same(expected, read('img_01,red ball,t-shirt\nimg_02,t-shirt\n').rows)
      assert.same(expected, read('name\tclasses\nimg_01\tRed_Ball;T-Shirt\nimg_02\tt shirt\n').rows)
   end)

   it('may have a column a class, with fields that nobody knows', function()
      local tags = read('image_id,t-shirt,red ball\nimg_01,1,0\nimg_02,no,yes\nimg_03,,-1\n')
      assert.same({img_01 = {1, 0, 1}, img_02 = {1, 1, 0}, img_03 = {1, -1, -1}}, tags.rows)
      assert.same({'red ball', 't-shirt'}, tags.known)
      assert.matches("line 2 .* holds 'x' for the class t%-shirt; expected 1 or 0",
         error_of(read, 'image,t-shirt\nimg_01,x\n'))
   end)

   it('do not know the classes that they never name', function()
      local tags = read('img_01\tt-shirt\nimg_02\tbackground\n')
      assert.same({img_01 = {1, -1, 1}, img_02 = {1, -1, 0}}, tags.rows)
      assert.same({'background', 't-shirt'}, tags.known)
   end)

   it('are refused where they name no class of the set, with the nearest name', function()
      local message = error_of(read, 'img_01\tred bal,t-shirt\nimg_02\tsky\n')
      assert.matches("names what is no class of .*: 'red bal' in line 1 %(did you mean 'red ball'%?%), 'sky' in line 2", message)
      assert.matches("'trousers' in line 1", error_of(read, 'image,t-shirt,trousers\nimg_01,1,0\n'))
   end)

   it('of pictures that the set does not have are told and left out', function()
      local tags = read('img_01\tt-shirt\nimg_33\tt-shirt\nimg_99\tt-shirt\n')
      assert.same({'img_01'}, tags.names)
      assert.matches("2 of 3 pictures in .*tags are not in .*, the first is 'img_33' in line 2; did you mean 'img_03'",
         tags.warnings[1])
      assert.matches("2 of 2 pictures .* the first is 'a' in line 1", error_of(read, 'a\tt-shirt\nb\tt-shirt\n'))
   end)

   it('come once a picture, and are not nothing', function()
      assert.matches("line 3 .* names the picture 'img_01', which line 1 has named",
         error_of(read, 'img_01\tt-shirt\n\nimg_01.png\tred ball\n'))
      assert.matches('is empty', error_of(read, '# nothing\n'))
      assert.matches('names no class', error_of(read, 'img_01\nimg_02\n'))
      assert.matches('there is no file nowhere.tsv, neither', error_of(data.tags.read, set, 'nowhere.tsv'))
   end)

   it('are found in the folder of the set by their name', function()
      tiny.write(root .. '/image_tags.tsv', 'img_01\tt-shirt\n')
      assert.same({'img_01'}, data.tags.read(set, 'image_tags.tsv').names)
   end)

   it('reach a batch with their pictures', function()
      local tags = read('img_01\tt-shirt\nimg_02\tred ball\nimg_03\t\n')
      local loader = data.loader {set = set, names = tags.names, rows = tags.rows, batch = 5, seed = 3,
         transform = data.transforms.classification {resize = {16}}}
      local batch = loader:next()
      assert.same({5, 3}, batch.rows:size():totable())
      for i, name in ipairs(batch.names) do assert.same(tags.rows[name], batch.rows[i]:totable()) end
      assert.matches("rows say nothing of 'img_04'", error_of(function()
         data.loader({set = set, names = {'img_04'}, rows = tags.rows, batch = 1, seed = 3,
            transform = data.transforms.classification {resize = {16}}}):next()
      end))
   end)

   it('are for pictures that neither train with label maps nor measure', function()
      local tags = read('img_01\tt-shirt\nimg_02\tt-shirt\nimg_05\tred ball\n')
      assert.same({'img_02'}, tags:outside {labelled = {'img_01'}, val = {'img_05', 'img_06'}})
      assert.matches('all 3 pictures .* are for others',
         error_of(tags.outside, tags, {labelled = {'img_01', 'img_02'}, val = {'img_05'}}))
   end)
end)

describe('the loss of classes', function()
   it('is the mean cross entropy of those that are known, and moves no other logit', function()
      local z, tags = hilo.Tensor {{2, -1, 0.5}, {1, 3, -2}}, hilo.Tensor {{1, -1, 0}, {-1, -1, 1}}
      z.requires_grad = true
      local L = methods.class_loss(z, tags)
      local function bce(x, t) return math.log(1 + math.exp(x)) - t * x end
      assert.near((bce(2, 1) + bce(0.5, 0) + bce(-2, 1)) / 3, L:item(), 1e-6)
      L:backward()
      local function slope(x, t) return (1 / (1 + math.exp(-x)) - t) / 3 end
      helper.assert_close(z.grad, hilo.Tensor {{slope(2, 1), 0, slope(0.5, 0)}, {0, 0, slope(-2, 1)}}, 1e-6)
   end)

   it('weighs classes that are present as it is told', function()
      local z, targets = hilo.Tensor {{2, -1, 0.5}, {1, 3, -2}}, hilo.Tensor {{1, 0, -1}, {0, 1, 1}}
      local function bce(x, t) return math.log(1 + math.exp(x)) - t * x end
      local L = methods.class_loss(z, targets, hilo.Tensor {{1, 2, 4}})
      assert.near((bce(2, 1) + bce(-1, 0) + bce(1, 0) + 2 * bce(3, 1) + 4 * bce(-2, 1)) / 5, L:item(), 1e-6)
   end)

   it('takes weights from how often classes are there', function()
      local rows = {{1, 1, 0, -1}, {1, 0, 0, 1}, {1, 0, 0, 0}, {1, 0, 0, -1}}
      helper.assert_close(methods.class_loss.positive(rows, 1), hilo.Tensor {{1, 3, 1, 1}}, 1e-6)
      helper.assert_close(methods.class_loss.positive(rows, 0.5), hilo.Tensor {{1, math.sqrt(3), 1, 1}}, 1e-6)
      for i = 5, 40 do rows[i] = {1, 0, 0, 0} end
      assert.equal(10, methods.class_loss.positive(rows, 1)[1][2])
   end)

   it('is that of label maps where all is known, and 0 where nothing is', function()
      local z, tags = hilo.Tensor {{2, -1, 0.5}, {1, 3, -2}}, hilo.Tensor {{1, 0, 0}, {0, 1, 1}}
      assert.near(hilo.bce_with_logits(z, tags):item(), methods.class_loss(z, tags):item(), 1e-6)
      assert.equal(0, methods.class_loss(z, hilo.Tensor(2, 3):fill(-1)):item())
   end)
end)
