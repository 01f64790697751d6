--- torch_small.lua: the packages paths, xlua, dok and gnuplot of hilo.torch, in a process of its own. Prints what holds, a line each;
--- spec/torch_packages_spec.lua runs it.
require 'hilo.torch'
local paths, xlua, gnuplot, torch = require 'paths', require 'xlua', require 'gnuplot', require 'torch'
local dok = rawget(_G, 'dok')
local folder = ...

local function same(expected, got) assert(expected == got, ('%s expected, got %s'):format(tostring(expected), tostring(got))) end

local function read(path)
   local file = assert(io.open(path))
   local text = file:read '*a'
   file:close()
   return text
end

local function it(name, f)
   f()
   print(name)
end

local function names(iterator)
   local list = {}
   for name in iterator do list[#list + 1] = name end
   table.sort(list)
   return table.concat(list, ' ')
end

it('paths', function()
   same('c.tar.gz', paths.basename '/a/b/c.tar.gz')
   same('c.tar', paths.basename('/a/b/c.tar.gz', 'gz'))
   same('/a/b', paths.dirname '/a/b/c')
   same('.', paths.dirname 'c')
   same('gz', paths.extname 'c.tar.gz')
   same(nil, paths.extname 'c')
   same('/a/c', paths.concat('/a/b', '../c'))
   same('/c', paths.concat('/a', '/c'))
   same(paths.cwd() .. '/x/y', paths.concat('x', './y'))
   local sub = folder .. '/one/two'
   assert(paths.mkdir(sub) and paths.dirp(sub) and not paths.filep(sub))
   local file = assert(io.open(folder .. '/one/x.txt', 'w'))
   file:close()
   assert(paths.filep(folder .. '/one/x.txt') and not paths.dirp(folder .. '/one/x.txt') and not paths.filep(folder .. '/none'))
   same('. .. two x.txt', names(paths.files(folder .. '/one')))
   same('x.txt', names(paths.files(folder .. '/one', 'txt$')))
   same('x.txt', names(paths.iterfiles(folder .. '/one')))
   same('two', names(paths.iterdirs(folder .. '/one')))
   same(4, #paths.dir(folder .. '/one'))
   same(nil, paths.dir(folder .. '/none'))
   assert(paths.rmdir(sub) and not paths.dirp(sub) and not paths.rmdir(folder .. '/one'))
   local script = assert(io.open(folder .. '/outer.lua', 'w'))
   script:write "return paths.dofile 'inner.lua', paths.thisfile()"
   script:close()
   script = assert(io.open(folder .. '/inner.lua', 'w'))
   script:write 'return 7'
   script:close()
   local seven, this = dofile(folder .. '/outer.lua')
   same(7, seven)
   same('outer.lua', paths.basename(this))
end)

it('xlua and dok', function()
   same('a b', xlua.trim '  a b\n')
   same('a,b', table.concat(xlua.split('a b'), ','))
   same('a|b||c', table.concat(xlua.split('a;b;;c', ';'), '|'))
   same(3, xlua.tablesize {1, 2, x = 3})
   local o, size, name = xlua.unpack({{size = 4}}, 'f', 'does', {arg = 'size', type = 'number', req = true},
      {arg = 'name', type = 'string', default = 'x'}, {arg = 'width', type = 'number', defaulta = 'size'})
   same(4, size)
   same('x', name)
   same(4, o.width)
   local _, _, second = dok.unpack({5, 'y'}, 'f', 'does', {arg = 'size', type = 'number'}, {arg = 'name', type = 'string'})
   same('y', second)
   assert(not pcall(xlua.unpack, {{name = 'z'}}, 'f', 'does', {arg = 'size', type = 'number', req = true}))
   assert(dok.usage('f', 'does', nil, {type = 'number', help = 'of a side', default = 3}):find('of a side [default = 3]', 1, true))
   same(nil, xlua.require 'a_package_that_is_not_there')
   assert(select(2, pcall(xlua.error, 'bad', 'f')):find('<f> bad', 1, true))
   assert(xlua.formatTime(3723):find '1h' and xlua.formatTime(0.5):find 'ms')
end)

it('gnuplot', function()
   local path = folder .. '/a.svg'
   local n = gnuplot.svgfigure(path)
   gnuplot.title 'losses'
   gnuplot.xlabel 'step'
   gnuplot.ylabel 'loss'
   gnuplot.axis {0, 10, 0, ''}
   gnuplot.movelegend('right', 'top')
   gnuplot.plot({'train', torch.range(1, 10), torch.range(10, 1, -1), '-'}, {'test', torch.rand(10), '+'})
   same(path, gnuplot.plotflush(n))
   for _, word in ipairs {'<svg', 'losses', 'step', 'loss', 'train', 'test'} do assert(read(path):find(word, 1, true), word) end
   gnuplot.close(n)
   gnuplot.svgfigure(folder .. '/h.svg')
   gnuplot.hist(torch.randn(100), 5)
   gnuplot.plotflush()
   same(5, select(2, read(folder .. '/h.svg'):gsub('<polygon', '')))
   gnuplot.pngfigure(folder .. '/m.png')
   gnuplot.imagesc(torch.rand(4, 5), 'color')
   gnuplot.plotflush()
   same('\137PNG', read(folder .. '/m.png'):sub(1, 4))
   gnuplot.svgfigure(folder .. '/s.svg')
   gnuplot.scatter(torch.rand(5), torch.rand(5))
   gnuplot.plotflush()
   assert(read(folder .. '/s.svg'):find '<svg')
   gnuplot.closeall()
   assert(not pcall(gnuplot.raw, 'set term x11') and not pcall(gnuplot.grid, 'maybe'))
end)
