local hilo = require 'hilo'
local helper = require 'spec.helper'
local image = hilo.io.image

local folder = os.tmpname()
os.remove(folder)
assert(os.execute('mkdir -p ' .. folder) == 0)

local function bytes(...)
   local t = hilo.empty({...}, {dtype = 'byte'})
   local p = t:data()
   for i = 0, t:nElement() - 1 do p[i] = i * 37 % 256 end
   return t
end

describe('image files', function()
   teardown(function() os.execute('rm -r ' .. folder) end)

   for channels, what in ipairs {'grey', 'grey and alpha', 'RGB', 'RGBA'} do
      it('come back from PNG as they were: ' .. what, function()
         local t = bytes(channels, 5, 7)
         image.save(folder .. '/a.png', t)
         local u, palette = image.load(folder .. '/a.png')
         if channels == 1 then u = u:view(1, 5, 7) end
         assert.same(t:totable(), u:totable())
         assert.is_nil(palette)
         assert.equal(channels, image.info(folder .. '/a.png').channels)
      end)
   end

   it('with a palette give indices and colours', function()
      local t = hilo.ByteTensor {{0, 1, 255}, {2, 1, 0}}
      local palette = {}
      for i = 0, 255 do palette[i + 1] = {i, 255 - i, i * 7 % 256} end
      image.save(folder .. '/p.png', t, {palette = palette})
      local u, colours = image.load(folder .. '/p.png')
      assert.same(t:totable(), u:totable())
      assert.same(palette, colours)
      assert.same({3, 2, 3}, image.load(folder .. '/p.png', {as = 'rgb'}):size():totable())
      assert.same(t:totable(), (image.load(folder .. '/p.png', {as = 'labels'})):totable())
   end)

   it('keep 16 bits', function()
      local t = hilo.IntTensor {{0, 65535}, {256, 7}}
      image.save(folder .. '/16.png', t)
      local u = image.load(folder .. '/16.png')
      assert.equal('int32', u:dtype())
      assert.same(t:totable(), u:view(2, 2):totable())
   end)

   it('are written from floats of 0..1 and from views', function()
      image.save(folder .. '/f.png', hilo.Tensor {{0, 0.5, 2}, {-1, 1, 0.25}})
      assert.same({{0, 128, 255}, {0, 255, 64}}, image.load(folder .. '/f.png'):view(2, 3):totable())
      local t = bytes(4, 6, 3)
      image.save(folder .. '/v.png', t:permute(3, 1, 2))
      assert.same(t:permute(3, 1, 2):contiguous():totable(), image.load(folder .. '/v.png'):totable())
   end)

   it('come back from JPEG nearly as they were', function()
      local t = hilo.empty({3, 16, 24}, {dtype = 'byte'}):fill(90)
      image.save(folder .. '/a.jpg', t, {quality = 95})
      local u = image.load(folder .. '/a.jpg')
      assert.same({3, 16, 24}, u:size():totable())
      assert.is_true((u:double() - t:double()):abs():max() <= 3)
   end)

   it('that cannot be read or written are errors that say why', function()
      assert.truthy(helper.error_of(image.load, folder .. '/none.png'):find('none.png', 1, true))
      local f = assert(io.open(folder .. '/bad.png', 'wb'))
      f:write('\137PNG\r\n\26\nxxxx')
      f:close()
      assert.truthy(helper.error_of(image.load, folder .. '/bad.png'):find('bad.png', 1, true))
      assert.truthy(helper.error_of(image.load, folder .. '/a.png', {as = 'x'}):find("got 'x'", 1, true))
      assert.truthy(helper.error_of(image.save, folder .. '/a.gif', bytes(2, 2)):find('must end in .png', 1, true))
      assert.truthy(helper.error_of(image.save, folder .. '/a.png', bytes(5, 2, 2)):find('got 5x2x2', 1, true))
      assert.truthy(helper.error_of(image.save, folder .. '/a.png', hilo.empty({0, 2}, {dtype = 'byte'})):find('empty', 1, true))
      local function with_palette(name, colour)
         return helper.error_of(image.save, folder .. name, bytes(2, 2), {palette = {colour}})
      end
      assert.truthy(with_palette('/a.jpg', {0, 0, 0}):find('cannot have a palette', 1, true))
      assert.truthy(with_palette('/a.png', {0, 0, 300}):find('colour 1', 1, true))
      assert.truthy(helper.error_of(image.save, folder .. '/a.png', 'x'):find('pixels must be a tensor', 1, true))
      assert.truthy(helper.error_of(image.save, folder .. '/a.png', hilo.Tensor {{0 / 0}}):find('NaN', 1, true))
   end)
end)
