-- Files that list pictures, in every form that people have them.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data, json = hilo.data, hilo.train.json
local error_of = helper.error_of

local root
setup(function() root = tiny.voc() end)
teardown(function() tiny.remove(root) end)

-- The names that a list of this text stands for.
local function read(text, name)
   local path = ('%s/ImageSets/Segmentation/%s'):format(root, name or 'some.txt')
   tiny.write(path, text)
   return data.open({root = root}):listed(path)
end

local wanted = {'img_03', 'img_01'}

describe('a list', function()
   it('names pictures, their files, or paths', function()
      assert.same(wanted, read 'img_03\nimg_01\n')
      assert.same(wanted, read 'img_03.png\nimg_01.png\n')
      assert.same(wanted, read 'img_03.jpg\nimg_01.jpg')
      assert.same(wanted, read 'JPEGImages/img_03.png\n/JPEGImages/img_01.png\n')
      assert.same(wanted, read(('%s/JPEGImages/img_03.png\n./JPEGImages/img_01.png\n'):format(root)))
   end)

   it('may name a label map with each picture, which is then used', function()
      for _, between in ipairs {' ', '\t', ',', ' , '} do
         local path = root .. '/ImageSets/Segmentation/pairs.txt'
         tiny.write(path, 'JPEGImages/img_03.png' .. between .. 'SegmentationClass/img_05.png\n'
            .. '/JPEGImages/img_01.png' .. between .. '/SegmentationClass/img_01.png\n')
         local other = data.open {root = root}
         assert.same(wanted, other:listed 'pairs')
         assert.equal(root .. '/SegmentationClass/img_05.png', other:label 'img_03')
         assert.equal(root .. '/SegmentationClass/img_01.png', other:label 'img_01')
      end
   end)

   it('may have either line end, a byte-order mark, comments and blank lines', function()
      assert.same(wanted, read 'img_03\r\nimg_01\r\n')
      assert.same(wanted, read '\239\187\191img_03\nimg_01')
      assert.same(wanted, read '# my list\n\nimg_03\n   \n#img_02\nimg_01  \n\n')
      assert.same(wanted, read '\239\187\191# my list\r\n\r\nimg_03 \r\nimg_01')
   end)

   it('says which line is wrong, and how to mend it', function()
      assert.matches("line 3 of .*some.txt names 'img_33', but there is no such image in .*; did you mean 'img_03'",
         error_of(read, '# a\nimg_01\nimg_33\n'))
      assert.matches("names '%.%./img_01%.png', which is outside of", error_of(read, '../img_01.png\n'))
      assert.matches("names the label map 'SegmentationClass/none.png', but there is no file",
         error_of(read, 'JPEGImages/img_01.png SegmentationClass/none.png\n'))
      assert.matches('is empty', error_of(read, '# nothing\n'))
      assert.matches("names 'img_01' twice", error_of(read, 'img_01\nJPEGImages/img_01.png\n'))
   end)
end)

describe('a pickled list', function()
   local pickles = json.load 'spec/golden/lists.json'

   local function bytes(key)
      return (assert(pickles[key], key):gsub('%x%x', function(hex) return string.char(tonumber(hex, 16)) end))
   end

   it('of names or numbers is read in all protocols', function()
      local pickled_list = require 'hilo.data.pickled_list'
      local path = os.tmpname()
      local expected = {numbers = {2, 0, 300, -1}, names = {'img_02', 'img_01', 'büro\\7'}, range = {0, 1, 2}}
      local seen = 0
      for key in pairs(pickles) do
         local list = expected[key:match('^%a+')]
         if list then
            tiny.write(path, bytes(key))
            assert.same(list, pickled_list(path), key)
            seen = seen + 1
         end
      end
      os.remove(path)
      assert.equal(60, seen)
   end)

   it('of other things is refused with the reason', function()
      for protocol = 0, 5 do
         assert.matches('lists are whole numbers or names', error_of(read, bytes('refused/floats/' .. protocol), 'some.pkl'))
         assert.matches('highest bytes first', error_of(read, bytes('refused/high bytes first/' .. protocol), 'some.pkl'))
      end
   end)

   it('that is cut short is refused', function()
      local whole = bytes 'numbers/int64/2'
      for n = 0, #whole - 1, 7 do assert.is_string(error_of(read, whole:sub(1, n), 'some.pkl')) end
   end)

   it('of numbers counts the train list in the order of its lines', function()
      tiny.write(root .. '/ImageSets/Segmentation/mixed.txt', 'img_07\nimg_02\nimg_05\n')
      tiny.write(root .. '/order.pkl', bytes 'range/range/0')
      local other = data.open {root = root}
      assert.same({'img_01', 'img_02', 'img_03'}, other:listed(root .. '/order.pkl'))
      local split = data.split(other, {train = 'mixed', labelled = '2', order = root .. '/order.pkl'})
      assert.same({'img_02', 'img_07'}, split.labelled)
      assert.same({'img_05'}, split.unlabelled)
      tiny.write(root .. '/order.pkl', bytes 'numbers/int64/4')
      assert.matches('element 2 is 300, and the list train of .* has 8 images %(0..7%)',
         error_of(other.listed, other, root .. '/order.pkl'))
   end)

   it('that makes all training pictures labelled is told to be an order', function()
      tiny.write(root .. '/ImageSets/Segmentation/mixed.txt', 'img_07\nimg_02\nimg_05\n')
      tiny.write(root .. '/order.pkl', bytes 'range/uint8/2')
      local _, notes = data.split(data.open {root = root}, {train = 'mixed', labelled = root .. '/order.pkl'})
      assert.equal('order', notes.found[1].kind)
      assert.matches('data.order=', notes.found[1].mend)
   end)
end)
