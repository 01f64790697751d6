-- hilo.plot: what its pictures show, and where they go.
local hilo = require 'hilo'
local Gnuplot = require 'hilo.plot.gnuplot'
local tiny = require 'spec.tiny_set'
local xml = require 'spec.xml'
local plot = hilo.plot

local nan = 0 / 0

-- Numbers of the paths of a colour, one list a stretch without a gap: {{x, y, x, y, ...}, ...}
local function stretches(svg, colour)
   local out = {}
   for _, path in ipairs(xml.find(svg, 'path')) do
      if path.attributes.stroke == colour then
         for stretch in path.attributes.d:gmatch('M([^M]+)') do
            local numbers = {}
            for number in stretch:gmatch('%-?[%d.]+') do numbers[#numbers + 1] = tonumber(number) end
            out[#out + 1] = numbers
         end
      end
   end
   return out
end

-- Width and height of the polygons of a colour.
local function boxes(svg, colour)
   local out = {}
   for _, polygon in ipairs(xml.find(svg, 'polygon')) do
      if polygon.attributes.fill == colour then
         local xs, ys = {}, {}
         for x, y in polygon.attributes.points:gmatch('(%-?[%d.]+),(%-?[%d.]+)') do
            xs[#xs + 1], ys[#ys + 1] = tonumber(x), tonumber(y)
         end
         local left, top = math.min(unpack(xs)), math.min(unpack(ys))
         out[#out + 1] = {w = math.max(unpack(xs)) - left, h = math.max(unpack(ys)) - top, y = top}
      end
   end
   return out
end

local first = '#3366ff'

describe('a plot of lines', function()
   it('takes what gnuplot.plot of Torch7 takes', function()
      local y = {1, 4, 2}
      local calls = {
         {y}, {{1, 2, 3}, y}, {'a', y}, {'a', {1, 2, 3}, y, '-'}, {{'a', y}}, {{'a', {1, 2, 3}, y, '-'}}, {{{'a', y}, {'b', y}}},
         {{'a', y}, {'b', y, '+-'}}, {hilo.Tensor(y)}, {hilo.Tensor{1, 2, 3}, hilo.Tensor(y)},
         {{hilo.Tensor{1, 2, 3}, hilo.Tensor(y), '-'}}, {{y = y, name = 'a'}}, {{{1, 2, 3}, y}},
      }
      plot.session(function()
         for i, call in ipairs(calls) do
            call[#call + 1] = {to = 'svg', legend = false}
            local lines = stretches(plot(unpack(call)), first)
            assert.equal(6, #(lines[1] or {}), 'call ' .. i)
            assert.is_true(lines[1][4] < lines[1][6] and lines[1][6] < lines[1][2], 'call ' .. i)
         end
      end)
   end)

   it('leaves a gap at NaN and at infinities, and shows a point between two gaps', function()
      local svg = plot({'a', {1, 2, nan, 3, 1 / 0, 2, 3, 1}}, {to = 'svg', legend = false})
      local lengths = {}
      for _, s in ipairs(stretches(svg, first)) do if #s > 2 then lengths[#lengths + 1] = #s / 2 end end
      assert.same({2, 3}, lengths)
      assert.equal(1, #xml.find(svg:gsub('<defs>.-</defs>', ''), 'use'))
   end)

   it('draws bands below lines and whiskers around points', function()
      local svg = plot({'a', {1, 2, 3}, low = {0, 1, 2}, high = {2, 3, 4}}, {'b', {1, 2, 3}, '+', errors = {0.5, nan, 1}}, {to = 'svg'})
      local band = xml.find(svg, 'polygon')
      assert.equal(1, #band)
      assert.equal(first, band[1].attributes.fill)
      assert.is_true(svg:find('<polygon') < svg:find("stroke='" .. first, 1, true))
      assert.equal(2, #stretches(svg, '#ee7700'))
   end)

   it('leaves what has no logarithm out of a logarithmic axis and says so', function()
      local words, list = xml.words(plot({'a', {0, -1, 10, 100, 1000}}, {ylog = true, to = 'svg'}))
      assert.equal(1, words['2 values not above 0, not on the logarithmic axis'])
      assert.is_true(words['10'] and words['100'] and words['1000'] and true, table.concat(list, '|'))
   end)

   it('writes title, labels and legend, and tells who cannot see what is there', function()
      local svg = plot({'train', {3, 2, 1}}, {'val', {3, 3, 2}}, {title = 'Losses', xlabel = 'step', ylabel = 'loss', to = 'svg'})
      local words = xml.words(svg)
      for _, word in ipairs {'Losses', 'step', 'loss', 'train', 'val'} do assert.equal(1, words[word], word) end
      local root = xml.elements(svg)[1]
      assert.equal('img', root.attributes.role)
      local title, desc = root.attributes['aria-labelledby']:match('(%S+) (%S+)')
      assert.equal('Losses', svg:match('<title id="' .. title:gsub('%-', '%%-') .. '">(.-)</title>'))
      assert.equal('Line plot of 2 series: train, val. x from 1 to 3, y from 1 to 3.',
         svg:match('<desc id="' .. desc:gsub('%-', '%%-') .. '">(.-)</desc>'))
      assert.truthy(svg:find('<title>train</title>', 1, true)) -- what a pointer on the line shows
   end)

   it('tells 20 series apart by colour and dashes', function()
      local series, seen = {}, {}
      for i = 1, 20 do series[i] = {'run ' .. i, {i, i + 1}} end
      series[21] = {to = 'svg'}
      for _, path in ipairs(xml.find(plot(unpack(series)), 'path')) do
         local a = path.attributes
         if a.stroke and a.stroke:find('^#') and a.class ~= 'gridline' then
            local look = a.stroke .. ' ' .. (a['stroke-dasharray'] or 'solid')
            assert.is_nil(seen[look], look)
            seen[look], seen[#seen + 1] = true, look
         end
      end
      assert.equal(20, #seen)
   end)

   it('keeps a colour for a run that is drawn with others elsewhere', function()
      local both = plot({'a', {1, 2}}, {'b', {2, 1}}, {to = 'svg'})
      local alone = plot({name = 'b', y = {2, 1}, like = 2}, {to = 'svg'})
      assert.equal(2, #stretches(both, '#ee7700'))
      assert.equal(2, #stretches(alone, '#ee7700'))
      assert.equal(0, #stretches(alone, first))
   end)
end)

describe('an SVG for a page', function()
   it('shares no id with another one, and each reference has its target', function()
      local function draw() return plot({'a', {1, nan, 2}}, {to = 'svg'}) end
      local seen = {}
      for _, svg in ipairs {draw(), draw()} do
         for _, element in ipairs(xml.elements(svg)) do
            local id = element.attributes.id
            if id then
               assert.is_nil(seen[id], id)
               seen[id] = true
            end
            local target = (element.attributes['xlink:href'] or ''):match('^#(.*)')
            if target then assert.truthy(svg:find("id='" .. target .. "'", 1, true), target) end
         end
         assert.truthy(svg:find('xlink:href', 1, true))
      end
   end)

   it('draws axes and text in the colour of the page', function()
      plot.session(function()
         for _, svg in ipairs {plot({1, 2}, {title = 't', to = 'svg'}), plot.bar({'a'}, {1}, {0.1}, {to = 'svg', values = '%g'}),
            plot.parallel({{values = {a = 1}, value = 2}}, {{name = 'a'}}, {to = 'svg'})} do
            for _, element in ipairs(xml.elements(svg)) do
               for _, key in ipairs {'stroke', 'fill', 'color'} do
                  local colour = element.attributes[key]
                  assert.is_false(colour == 'black' or colour == '#000000' or colour == 'white', element.name)
               end
            end
            assert.truthy(svg:find("stroke='currentColor'", 1, true))
            assert.truthy(svg:find('fill="currentColor"', 1, true))
         end
      end)
   end)

   it('fits the width of its place', function()
      local root = xml.elements(plot({1, 2}, {size = {300, 200}, to = 'svg'}))[1].attributes
      assert.equal('0 0 300 200', root.viewBox)
      assert.equal('100%', root.width)
      assert.is_nil(root.height)
   end)
end)

describe('bars and histograms', function()
   it('are as long as their values', function()
      local b = boxes(plot.bar({'a', 'b', 'c'}, {1, 2, -1}, {to = 'svg'}), first)
      assert.equal(3, #b)
      assert.near(2, b[2].h / b[1].h, 0.01)
      assert.near(1, b[3].h / b[1].h, 0.01)
      assert.near(b[1].y + b[1].h, b[3].y, 0.1)
   end)

   it('lie with the first label on top, with numbers beside them', function()
      local labels, values = {}, {}
      for i = 1, 22 do labels[i], values[i] = 'class ' .. i, i / 22 end
      local svg = plot.bar(labels, values, {horizontal = true, values = '%.2f', to = 'svg'})
      local b, words = boxes(svg, first), xml.words(svg)
      assert.equal(22, #b)
      assert.is_true(b[1].y < b[2].y)
      assert.near(22, b[22].w / b[1].w, 0.5)
      for i = 1, 22 do assert.equal(1, words[('%.2f'):format(values[i])]) end
      assert.truthy(svg:find('class 1: 0.04545.', 1, true)) -- the description
   end)

   it('come in groups', function()
      local svg = plot.bar({'a', 'b'}, {{'x', {1, 2}}, {'y', {2, nan}, {0.1, 0.1}}}, {to = 'svg'})
      assert.equal(3, #boxes(svg, first)) -- one of them in the legend
      assert.equal(2, #boxes(svg, '#ee7700'))
   end)

   it('count each value once', function()
      local b = boxes(plot.hist({1, 1, 1, 2, 2, 4, nan}, {bins = 3, to = 'svg'}), first)
      assert.equal(3, #b)
      assert.near(1.5, b[1].h / b[2].h, 0.01)
      assert.near(3, b[1].h / b[3].h, 0.01)
   end)
end)

describe('a matrix', function()
   it('of 22 classes has its names, its numbers and cells that hold them', function()
      local labels, rows = {}, {}
      for i = 1, 22 do
         labels[i], rows[i] = 'class ' .. i, {}
         for j = 1, 22 do rows[i][j] = i == j and 100 - i or 0 end
      end
      local svg = plot.image(rows, {labels = labels, values = function(v) return v > 0 and ('%.0f'):format(v) or '' end, to = 'svg'})
      local words = xml.words(svg)
      for i = 1, 22 do
         assert.equal(2, words['class ' .. i])
         assert.equal(1, words[tostring(100 - i)])
      end
      local cell = boxes(svg, '#1f6fb2')[1]
      local font = tonumber(svg:match('font%-size="([%d.]+)"[^>]*>%s*<text>99<'))
      assert.is_true(font >= 8 and 2 * font * 0.6 < cell.w and font < cell.h, ('%g in %g x %g'):format(font, cell.w, cell.h))
   end)

   it('has its first row on top', function()
      local b = boxes(plot.image({{0, 0}, {1, 1}}, {values = true, to = 'svg'}), '#1f6fb2')
      assert.is_true(b[1].y < b[3].y)
   end)

   it('that is large goes to gnuplot in bytes that no command has', function()
      local pixels = require 'hilo.plot.pixels'
      local bytes, expression = pixels.encode({{-1, nan, 0}, {0.5, 1, 2}}, -1, 1)
      assert.is_nil(bytes:find('[%z\1-\127]'))
      local function value(k)
         local a, b = bytes:byte(2 * k - 1, 2 * k)
         local text = expression:gsub('%$1', a):gsub('%$2', b):gsub('&&', ' and '):gsub('%?', ' and '):gsub(':', ' or ')
         return loadstring('local NaN = "gap" return ' .. text)()
      end
      assert.near(-1, value(1), 1e-4)
      assert.equal('gap', value(2))
      assert.near(0, value(3), 1e-4)
      assert.near(0.5, value(4), 1e-4)
      assert.near(1, value(5), 1e-4)
      assert.near(1, value(6), 1e-4)
      local svg = plot.image(hilo.zeros(80, 70), {to = 'svg'})
      assert.equal(1, #xml.find(svg, 'image'))
   end)
end)

describe('points and parallel coordinates', function()
   it('have their colours by value, and places for names', function()
      local svg = plot.scatter({'adam', 'sgd', 'adam'}, {1, 2, 3}, {0.1, 0.2, 0.3}, {clabel = 'mean IoU', to = 'svg'})
      local words = xml.words(svg)
      assert.is_true(words.adam == 1 and words.sgd == 1 and words['mean IoU'] == 1)
      local colours = {}
      for use in svg:gmatch('<use[^>]*>') do colours[use:match("color='(#%x+)'") or ''] = true end
      assert.is_true(colours['#3366dd'] and colours['#ee7700'])
   end)

   it('keep their room where names are long: these lose what they have in common, or their middle', function()
      local text = require 'hilo.plot.text'
      local paths = {'weights/resnet18-imagenet-fp16.pth', 'weights/resnet50-imagenet-fp16.pth'}
      assert.same({'…resnet18…', '…resnet50…'}, text.told_apart(paths, 20))
      assert.same({'…18…', '…50…'}, text.told_apart(paths, 5))
      assert.same({'a', 'b…h', 'c'}, text.told_apart({'a', 'bcdefgh', 'c'}, 3))
      assert.same(paths, text.told_apart(paths, 40))
      assert.same({'', 'x', 'x'}, text.told_apart({'', 'x', 'x'}, 1))
      local size = {380, 250}
      local words = xml.words(plot.scatter(paths, {1, 2}, {0, 1}, {clabel = 'trial', size = size, to = 'svg'}))
      assert.is_true(words['…resnet18…'] == 1 and words['…resnet50…'] == 1)
      assert.is_nil(words['0.5']) -- trials have no fractions
      assert.equal(1, xml.words(plot.parallel({{values = {net = paths[1]}, value = 1}}, {{name = 'net', choices = paths}},
         {to = 'svg'}))['…resnet50…'])
      -- names that fit below the whole picture slant where the bar of colours takes of its width
      local fits = {'supervised', 'supervised_soft', 's4gan'}
      local beside = plot.scatter(fits, {1, 2, 3}, {0, 1, 2}, {size = size, to = 'svg'})
      assert.matches('rotate%(%-40[^\n]*>%s*<text>supervised_soft<', beside)
      assert.not_matches('rotate%(%-40', plot.scatter(fits, {1, 2, 3}, {size = size, to = 'svg'}))
      local ys = {}
      for y in plot.scatter({'a', 'b', ('x'):rep(57)}, {1, 2, 3}, {1, 2, 3}, {size = size, to = 'svg'})
         :gmatch "<use[^>]-translate%([%d.]+,([%d.]+)%)[^>]-color='#%x+'" do ys[#ys + 1] = tonumber(y) end
      assert.equal(3, #ys)
      assert.is_true(math.max(unpack(ys)) - math.min(unpack(ys)) > 90)
   end)

   it('draw the best line last, best by a minimum too', function()
      local rows = {{values = {lr = 0.1, net = 'a'}, value = 3}, {values = {lr = 0.001, net = 'b'}, value = 1},
         {values = {lr = 0.01, net = 'a'}}}
      local axes = {{name = 'lr', low = 1e-3, high = 1e-1, log = true}, {name = 'net', choices = {'a', 'b', 'c'}}}
      plot.session(function()
         for best, y in pairs {max = 'top', min = 'bottom'} do
            local svg = plot.parallel(rows, axes, {best = best, clabel = 'loss', to = 'svg'})
            local words = xml.words(svg)
            for _, word in ipairs {'lr', 'net', 'loss', '0.001', '0.01', '0.1', 'a', 'b', 'c'} do assert.equal(1, words[word], word) end
            local line = stretches(svg, '#ee7700')
            assert.equal(1, #line)
            assert.equal(y, line[1][2] < 100 and 'top' or 'bottom')
         end
      end)
   end)
end)

describe('a picture', function()
   local folder
   before_each(function() folder = tiny.folder() end)
   after_each(function() tiny.remove(folder) end)

   it('is a PNG of the size asked for', function()
      local png = plot({1, 2}, {size = {320, 200}, density = 1.5, to = 'png'})
      assert.equal('\137PNG\r\n\26\n', png:sub(1, 8))
      assert.equal('\0\0\1\224\0\0\1\44', png:sub(17, 24))
   end)

   it('goes to a file', function()
      local path = folder .. '/it\'s "here".svg'
      assert.equal(path, plot({1, 2}, {to = path}))
      assert.equal('svg', xml.elements(hilo.io.file.read(path))[1].name)
      assert.equal('\137PNG', hilo.io.file.read(plot({1, 2}, {to = folder .. '/a.png'}), 0, 4))
   end)

   it('is made of 80 columns of characters without codes as text', function()
      plot.session(function()
         for _, text in ipairs {plot({'a', {1, 2}}, {to = 'text', title = 'Title'}), plot.image({{1, 2}, {3, 4}}, {to = 'text'}),
            plot.bar({'a', 'b'}, {1, 2}, {to = 'text'}), plot.hist({1, 2, 2}, {to = 'text'})} do
            assert.is_nil(text:find('[\27\f\r]'))
            for line in text:gmatch('[^\n]+') do assert.is_true(#line <= 80, line) end
            assert.is_nil(text:find('^%s*\n'))
         end
      end)
   end)

   it('has colours at a terminal only, and not where they are not wanted', function()
      local script = folder .. '/plot.lua'
      tiny.write(script, "require('hilo.plot')({'a', {1, 2}})")
      local function said(before, command)
         local pipe = io.popen(('%s %s 2>&1'):format(before, command:format(script)))
         local text = pipe:read('*a')
         pipe:close()
         assert.truthy(text:find('2.0', 1, true), text)
         return text:find('\27[', 1, true) ~= nil
      end
      local terminal = "script -qec 'luajit %s' /dev/null"
      assert.is_true(said('NO_COLOR= TERM=xterm', terminal))
      assert.is_false(said('NO_COLOR=1 TERM=xterm', terminal))
      assert.is_false(said('NO_COLOR= TERM=dumb', terminal))
      assert.is_false(said('NO_COLOR= TERM=xterm', 'luajit %s'))
   end)

   it('is the same from a session, which starts gnuplot once', function()
      local start, times = Gnuplot.start, 0
      Gnuplot.start = function(...)
         times = times + 1
         return start(...)
      end
      local function draw() return (plot({'a', {1, 3, 2}}, {to = 'svg'}):gsub('plot%d+%-', '')) end
      local alone = draw()
      local together = plot.session(function()
         plot.image(hilo.zeros(70, 70), {to = 'svg'})
         plot({5, 6}, {ylog = true, title = 'other', to = 'png'})
         return draw()
      end)
      Gnuplot.start = start
      assert.equal(alone, together)
      assert.equal(2, times)
   end)
end)
