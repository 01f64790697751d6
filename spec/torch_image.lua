--- torch_image.lua: the package image of hilo.torch, in a process of its own. Prints what holds, a line each;
--- spec/torch_packages_spec.lua runs it.
require 'hilo.torch'
local image, torch = require 'image', require 'torch'
local folder = ...

local function near(expected, got, tolerance, what)
   assert(got:isSameSizeAs(expected), what)
   local far = (expected:double() - got:double()):abs():max()
   assert(far <= (tolerance or 1e-6), ('%s: %g apart'):format(what or '', far))
end

local function square(list) return torch.ger(torch.Tensor(list), torch.Tensor(list)) end

local function it(name, f)
   torch.manualSeed(1)
   f()
   print(name)
end

local picture = torch.rand(3, 5, 7)

it('scales between neighbours, by means, by splines and by the nearest', function()
   near(square{1, 1.5, 2, 3, 4, 3, 2}, image.scale(square{1, 2, 4, 2}, 7, 7))
   near(square{1.25, 3, 2.5}, image.scale(square{1, 2, 4, 2}, 3, 3, 'bilinear'))
   near(square{1, 1.4375, 2, 3.1875, 4, 3.25, 2}, image.scale(square{1, 2, 4, 2}, 7, 7, 'bicubic')) -- lines go on beyond the ends
   near(torch.ByteTensor{{0, 0, 9, 32}}, image.scale(torch.ByteTensor{{0, 1, 32}}, 4, 1, 'bicubic'))
   near(torch.ByteTensor{{1, 2, 2}, {2, 3, 3}, {2, 3, 3}}, image.scale(torch.ByteTensor{{1, 2}, {2, 3}}, 3, 3))
   near(torch.Tensor{{1, 1, 2, 2}}, image.scale(torch.Tensor{{1, 2}}, 4, 1, 'simple'))
   for text, sizes in pairs {['14x10'] = {10, 14}, ['14'] = {10, 14}, ['^10'] = {10, 14}, ['*2'] = {10, 14}, ['*1/2'] = {2, 3}} do
      local y = image.scale(picture, text)
      assert(y:size(2) == sizes[1] and y:size(3) == sizes[2], text)
   end
   local dst = torch.Tensor(3, 4, 4)
   assert(image.scale(dst, picture) == dst)
   assert(not pcall(image.scale, picture, 4, 4, 'sharp') and not pcall(image.scale, picture, '4y4'))
end)

it('crops, mirrors and moves', function()
   near(picture:narrow(3, 2, 3):narrow(2, 3, 2), image.crop(picture, 1, 2, 4, 4))
   near(picture:narrow(3, 3, 3):narrow(2, 2, 3), image.crop(picture, 'c', 3, 3))
   near(picture, image.hflip(image.hflip(picture)))
   near(picture[1]:narrow(1, 2, 3):narrow(2, 1, 2):t(), image.crop(picture[1]:t(), 1, 0, 4, 2))
   assert(image.hflip(picture)[1][1][1] == picture[1][1][7] and image.vflip(picture)[1][1][1] == picture[1][5][1])
   near(image.flip(picture, 3), image.hflip(picture))
   local moved = image.translate(picture, 2, -1)
   near(picture:narrow(3, 1, 5):narrow(2, 2, 4), moved:narrow(3, 3, 5):narrow(2, 1, 4))
   assert(moved:narrow(3, 1, 2):abs():max() == 0)
end)

it('turns and warps', function()
   local x = torch.rand(1, 5, 5)
   near(x, image.rotate(x, 0))
   near(x, image.rotate(image.rotate(x, math.pi / 2), -math.pi / 2))
   near(image.hflip(image.vflip(x)), image.rotate(x, math.pi))
   near(x, image.warp(x, torch.zeros(2, 5, 5)))
   local down = torch.zeros(2, 5, 5)
   down[1]:fill(1)
   near(x:narrow(2, 2, 4), image.warp(x, down, 'bilinear', true, 'clamp'):narrow(2, 1, 4))
   local padded = image.warp(x, down, 'simple', true, 'pad', -3)
   assert(padded[1][5]:max() == -3)
   near(x, image.affinetransform(x, torch.eye(2), 'bilinear'))
   for _, f in ipairs {function(dst) return image.warp(dst, x, torch.zeros(2, 5, 5)) end,
      function(dst) return image.affinetransform(dst, x, torch.eye(2), 'bilinear', torch.zeros(2)) end} do
      local dst = torch.Tensor()
      assert(f(dst) == dst)
      near(x, dst)
   end
end)

it('in polar coordinates has rows that are angles and columns that are distances', function()
   local x = torch.zeros(1, 8, 8)
   x:narrow(2, 5, 4):fill(1) -- the lower half
   for _, mode in ipairs {'simple', 'bilinear'} do
      local y = image.polar(x, mode, 'valid')
      assert(y:size(2) == 8 and y:size(3) == 8)
      assert(y[1][1]:narrow(1, 3, 5):min() == 1 and y[1][5]:narrow(1, 4, 5):max() == 0) -- downwards, upwards
      local z = image.logpolar(torch.Tensor(1, 4, 6), x, mode)
      assert(z[1][1]:narrow(1, 1, 5):min() == 1 and z[1][3]:narrow(1, 5, 2):max() == 0)
   end
   assert(image.polar(torch.ones(1, 4, 4), 'simple', 'full')[1][2][4] == 0) -- beyond the border
   assert(not pcall(image.polar, x, 'cubic') and not pcall(image.polar, x, 'simple', 'half'))
end)

it('changes colours and back, of floats and of bytes', function()
   local bytes = (picture * 255):byte()
   for _, space in ipairs {'hsv', 'hsl', 'yuv', 'lab'} do
      local there, back = image['rgb2' .. space], image[space .. '2rgb']
      near(picture, back(there(picture)), 1e-4, space)
      if space == 'lab' then assert(not pcall(there, bytes)) end
      if space:match '^hs' then near(bytes, back(there(bytes)), 4, space .. ' of bytes') end
   end
   local pure = torch.Tensor{{{1, 0, 0}}, {{0, 1, 0}}, {{0, 0, 1}}}
   -- where a value lies half way between two bytes, too
   local every = torch.ByteTensor(3, 200, 200):random(0, 255)
   for _, to in ipairs {'rgb2y', 'rgb2hsl', 'rgb2hsv'} do
      near((image[to](every:float():div(255)) * 255 + 0.5):floor():byte(), image[to](every), 0, to .. ' of bytes')
   end
   near(torch.Tensor{{{0.299, 0.587, 0.114}}}, image.rgb2y(pure))
   near(torch.Tensor{{{0, 1 / 3, 2 / 3}}}, image.rgb2hsv(pure):narrow(1, 1, 1))
   -- sRGB's red under D65, as colour tables have it
   near(torch.Tensor{53.24, 80.09, 67.20}, image.rgb2lab(torch.Tensor{{{1}}, {{0}}, {{0}}}):view(3), 0.02)
   near(image.jetColormap(10), image.y2jet(torch.range(1, 10))[{{}, 1, {}}]:t())
   near(torch.Tensor{0, 0, 0.5 + 4 / 10}, image.jetColormap(10)[1])
end)

it('makes kernels and filters', function()
   local g = image.gaussian(5, 0.25, 1, true)
   assert(math.abs(g:sum() - 1) < 1e-12 and g[3][3] == g:max() and g[1][2] == g[5][4])
   local filled = torch.ByteTensor(3, 3)
   assert(image.gaussian{amplitude = 1000, tensor = filled} == filled and filled[2][2] == 255)
   assert(image.laplacian(7)[4][4] == 1 and image.gaussian1D(5):size(1) == 5)
   local x = torch.rand(2, 6, 6)
   local k = torch.Tensor{{0, 1}, {0, 0}}
   near(x:narrow(2, 2, 5):narrow(3, 1, 5), image.convolve(x, k, 'valid'))
   assert(image.convolve(x, torch.ones(3, 3), 'same'):size(2) == 6 and image.convolve(x, k, 'full'):size(3) == 7)
   near(torch.Tensor{{0, 0.5, 1}}, image.minmax{tensor = torch.Tensor{{2, 4, 6}}})
   near(torch.Tensor{{1, 1, 1}, {1, 1, 1}}, image.dilate(torch.Tensor{{0, 1, 0}, {0, 0, 0}}))
   assert(image.erode(torch.Tensor{{0, 1, 1}, {1, 1, 1}})[2][3] == 1)
end)

it('writes and reads files, and bytes in the form of files', function()
   for _, ending in ipairs {'png', 'ppm'} do
      local path = folder .. '/x.' .. ending
      image.save(path, picture)
      near(picture, image.load(path, 3), 1 / 510 + 1e-9, ending)
      local sizes = image.getSize(path)
      assert(sizes[1] == 3 and sizes[2] == 5 and sizes[3] == 7)
   end
   image.savePGM(folder .. '/y.pgm', picture)
   near(image.rgb2y(picture), image.loadPPM(folder .. '/y.pgm'), 1 / 510 + 1e-9)
   local ascii = assert(io.open(folder .. '/a.pgm', 'w'))
   ascii:write('P2\n# a comment\n3 1 15\n0 3 15\n')
   ascii:close()
   near(torch.ByteTensor{{{0, 51, 255}}}, image.load(folder .. '/a.pgm', 1, 'byte'))
   for _, damaged in ipairs {'P4\n1 1\n', 'P5\n9 9 255\n123', 'P2\n2 2 255\n1 2 x 4', 'P6\n0 3 255\n', 'P6\n99999999 9 255\n'} do
      local out = assert(io.open(folder .. '/bad.ppm', 'w'))
      out:write(damaged)
      out:close()
      assert(not pcall(image.load, folder .. '/bad.ppm'))
   end
   near(picture, image.decompressPNG(image.compressPNG(picture)), 1 / 510 + 1e-9)
   local smooth = image.scale(picture, 64, 48)
   local fine, coarse = image.compressJPG(smooth, 95), image.compressJPG(smooth, 25)
   assert(fine:type() == 'torch.ByteTensor' and fine:nElement() > coarse:nElement())
   near(smooth, image.decompress(fine), 0.1)
   assert(not pcall(image.decompressJPG, torch.ByteTensor(1000):fill(7)) and not pcall(image.loadPNG, folder .. '/x.ppm'))
end)

it('draws frames and texts, and lays pictures side by side', function()
   local x = image.drawRect(torch.zeros(3, 9, 9), 3, 2, 7, 8, {color = {255, 0, 255}})
   assert(x[1]:sum() == 5 + 5 + 2 * 5 and x[2]:sum() == 0 and x[1][2][3] == 1 and x[1][8][7] == 1 and x[1][5][5] == 0)
   assert(image.drawRect(torch.zeros(3, 9, 9), 4, 4, 6, 6, {lineWidth = 3})[1]:sum() == 25)
   local text = image.drawText(torch.zeros(3, 20, 30):byte(), 'I\nL', 2, 1, {color = {0, 255, 0}, bg = {9, 0, 0}})
   assert(text[2]:narrow(1, 2, 7):narrow(2, 3, 5):double():sum() == 255 * (7 + 4)) -- a stroke with a bar at each end
   assert(text[2][10][3] == 255 and text[2][16][7] == 255 and text[2][10][7] == 0 and text[1][2][3] == 9)
   assert(image.drawText(torch.zeros(3, 30, 12), 'HHH')[1]:narrow(1, 10, 21):sum() > 0) -- goes on in the next line
   local page = image.toDisplayTensor{input = torch.rand(4, 3, 5, 7), nrow = 2, padding = 1}
   assert(page:size(1) == 3 and page:size(2) == 11 and page:size(3) == 15 and page:max() <= 1)
   assert(image.colormap(6):size(1) == 6 and image.lcn(torch.rand(1, 12, 12)):size(3) == 12)
end)
