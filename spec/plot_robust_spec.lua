-- hilo.plot with names and numbers that are out to break it, and where gnuplot itself fails.
local hilo = require 'hilo'
local Gnuplot = require 'hilo.plot.gnuplot'
local helper = require 'spec.helper'
local stdlib = require 'posix.stdlib'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local tiny = require 'spec.tiny_set'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local xml = require 'spec.xml'
local plot = hilo.plot

local nan, inf = 0 / 0, math.huge

-- Each would leave a file in the folder, were it run.
local function commands(folder)
   local touch = 'touch ' .. folder .. '/ran'
   local list = {}
   for _, form in ipairs {'`%s`', '$(%s)', 'system("%s")', "'.system('%s').'", "''.system('%s').''", "'; system('%s') #",
      "\\'; system('%s') #", '"; system("%s"); "', "\nsystem('%s')\n", '\r\n!%s\r\n', '!%s', '@ARG; !%s', "' . `%s` . '",
      '\nEND\n!%s\n', "x'\\\n!%s", "'''\n!%s", '"\n!%s', '\\\n!%s'} do
      list[#list + 1] = form:gsub('%%s', touch) .. tostring(#list) -- the number keeps them apart
   end
   return list
end

local names = {"it's", '"quoted"', 'a\nb\tc', 'back\\slash\\', '@{a}^b_c', '$HOME $data1', '%d %s %% %5.2f %', ('x'):rep(5000),
   'naïve Ω 漢字 😀', '\255\254bad\128\192\175', '<script>alert(1)</script>', '&amp; &#x41; &#65; &lt; &', ']]> --> <![CDATA[',
   '\0nul\1\27[31m', '# comment', '', ' ', '{/Bold x}', 'END', '-', '+-', 'NaN', "'", "''", '"', '\\', '\237\160\128', '\239\191\191',
   '\194\133', 'title "a" with lines', '1e400'}

-- Calls f with gnuplot's warnings gathered; fails where there were any.
local function without_warning(f)
   local draw = Gnuplot.draw
   local said = {}
   Gnuplot.draw = function(self, script)
      local picture, warnings = draw(self, script)
      said[#said + 1] = warnings
      return picture, warnings
   end
   local ok, message = pcall(plot.session, f)
   Gnuplot.draw = draw
   if not ok then error(message, 0) end
   assert.equal('', table.concat(said))
   return #said
end

describe('names of any kind', function()
   local folder
   before_each(function() folder = tiny.folder() end)
   after_each(function() tiny.remove(folder) end)

   it('run no command, cause no error and are shown', function()
      local all = commands(folder)
      for _, name in ipairs(names) do all[#all + 1] = name end
      local series, numbers, rows, trials, axes = {}, {}, {}, {}, {}
      for i, name in ipairs(all) do
         series[i], numbers[i], rows[i] = {name = name, y = {i, i + 1}}, i, {}
         for j = 1, #all do rows[i][j] = (i * j) % 7 end
         trials[i] = {values = {[all[1]] = name, [all[2]] = i}, value = i}
      end
      for i = 1, 2 do axes[i] = {name = all[i]} end
      local function size(w, h) return {w, h} end
      without_warning(function()
         for _, to in ipairs {'svg', 'png', 'text'} do
            if to == 'text' then size = function() end end
            for i, name in ipairs(all) do
               local svg = plot({name = name, y = {1, 2}}, {title = name, xlabel = name, ylabel = name, desc = name, to = to,
                  size = size(700, 300)})
               local shown = text.line(name, 48):gsub("'", '’'):gsub('&#x', '&\226\128\139#x'):gsub('^%s+', ''):gsub('%s+$', '')
               assert.is_true(to ~= 'svg' or shown == '' or xml.words(svg)[shown] ~= nil, ('%d: %s'):format(i, shown))
            end
            series[#all + 1] = {to = to, title = all[5], size = size(1200, 1500), legend = 'below'}
            local pictures = {plot(unpack(series)),
               plot.bar(all, numbers, numbers, {horizontal = true, to = to, size = size(1200, 1500)}),
               plot.image(rows, {labels = all, clabel = all[4], values = function(v) return all[v + 1] end, to = to,
                  size = size(1800, 1500)}),
               plot.scatter(all, numbers, numbers, {clabel = all[3], to = to, size = size(1200, 1500)}),
               plot.parallel(trials, axes, {clabel = all[6], title = all[7], to = to}),
               plot.hist(numbers, {xlabel = all[8], to = to})}
            for _, picture in ipairs(to == 'svg' and pictures or {}) do assert.is_true(#xml.elements(picture) > 10) end
         end
      end)
      local files = io.popen("ls '" .. folder .. "'")
      assert.equal('', files:read('*a'))
      files:close()
   end)

   it('never end a string, whatever their bytes', function()
      local draw = helper.numbers(5)
      for _ = 1, 3000 do
         local bytes = {}
         for i = 1, 1 + math.floor(draw() * 12) do
            local special = ("'\"\\\n\r%$@`{}&#x<>"):byte(1 + math.floor(draw() * 17))
            bytes[i] = string.char(draw() < 0.5 and special or math.floor(draw() * 256))
         end
         for _, quoted in ipairs {text.quoted(table.concat(bytes)), text.tic(table.concat(bytes))} do
            assert.truthy(quoted:find("^'[^'%c]*'$"), quoted)
            assert.equal(quoted, text.line(quoted, 1000))
         end
         assert.is_nil(text.xml(table.concat(bytes)):find('[<>"\'%c]'))
      end
   end)

   it('that are long lose their middle', function()
      assert.equal('s4gan-lr0…ds-seed3', text.line('s4gan-lr0.01-some-more-words-seed3', 18))
      assert.equal('äöüß', text.line('äöüß', 4))
      assert.equal('ä…ß', text.line('äöüß', 3))
   end)
end)

describe('numbers of any kind', function()
   local lists = {empty = {}, one = {3}, equal = {2, 2, 2}, zero = {0, 0}, infinite = {1, inf, -inf, 2}, none = {nan, nan},
      lonely = {1, nan, 2}, huge = {-1e299, 1e299}, larger = {1.7e308, 1, 2}, tiny = {1e-299, 2e-299}, close = {1 + 1e-9, 1 + 2e-9},
      negative = {-1, -2}, decades = {-1, 0, 1, 10, 1e5}, whole = {2 ^ 53, 2 ^ 53 + 2}, denormal = {5e-324, 1e-323}}

   for name, list in pairs(lists) do
      it('have a picture: ' .. name, function()
         local pictures = without_warning(function()
            for log = 0, 3 do
               local function options(more)
                  local o = {xlog = log % 2 == 1, ylog = log >= 2, to = log == 1 and 'text' or 'svg'}
                  for key, value in pairs(more or {}) do o[key] = value end
                  return o
               end
               local labels, rows = {}, {}
               for i, v in ipairs(list) do labels[i], rows[i] = 'n' .. i, {values = {a = v, b = i % 2 == 0}, value = v} end
               plot({name = name, y = list, errors = list}, options())
               plot({x = list, y = list, low = list, high = list, style = '+-'}, options())
               plot.hist(list, options())
               plot.scatter(list, list, list, options())
               plot.bar(labels, list, list, options {horizontal = log == 3, values = '%.3g'})
               plot.parallel(rows, {{name = 'a', log = log > 1}, {name = 'b'}, {name = 'absent'}}, {best = 'min', to = 'svg'})
               if #list > 0 then
                  plot.image({list, list}, {values = log < 2, clog = log % 2 == 1, to = 'svg'})
               end
            end
         end)
         assert.is_true(pictures >= 24)
      end)
   end

   it('that are none say so', function()
      assert.equal(1, xml.words(plot({'a', {}}, {to = 'svg'}))['no values'])
      assert.equal(1, xml.words(plot({'a', {nan}}, {to = 'svg'}))['no values'])
      assert.equal(1, xml.words(plot.image({{nan}}, {to = 'svg'}))['no values'])
      assert.equal(1, xml.words(plot.hist({}, {to = 'svg'}))['no values'])
      assert.equal(1, xml.words(plot.bar({}, {}, {to = 'svg'}))['no values'])
   end)
end)

describe('a mistake', function()
   local function message(f, ...)
      local ok, why = pcall(f, ...)
      assert.is_false(ok)
      return why
   end

   it('is told with what was expected', function()
      assert.matches("series 'a': x holds 2 numbers, y 3", message(plot, {'a', {1, 2}, {1, 2, 3}}, {to = 'svg'}))
      assert.matches("style 'o' is none of", message(plot, {'a', {1, 2}, 'o'}, {to = 'svg'}))
      assert.matches("unknown option 'titel'; there are .*title", message(plot, {1, 2}, {titel = 'x'}))
      assert.matches("to = 'a.pdf' is none of svg, png, terminal, text", message(plot, {1, 2}, {to = 'a.pdf'}))
      assert.matches('xlog is to be a boolean, got a number', message(plot, {1, 2}, {xlog = 1}))
      assert.matches('yrange holds 0, but a logarithmic axis', message(plot, {1, 2}, {ylog = true, yrange = {0, 1}, to = 'svg'}))
      assert.matches('yrange goes from 3 to 1; it is to rise', message(plot, {1, 2}, {yrange = {3, 1}, to = 'svg'}))
      assert.matches('entry 2 is a string', message(plot, {1, 'b'}, {to = 'svg'}))
      assert.matches('tensor of one dimension, got 2', message(plot, hilo.zeros(2, 2), {to = 'svg'}))
      assert.matches('2 values for 1 labels', message(plot.bar, {'a'}, {1, 2}, {to = 'svg'}))
      assert.matches('row 2 holds 1 numbers, row 1 2', message(plot.image, {{1, 2}, {1}}, {to = 'svg'}))
      assert.matches('a picture of %d+ x %d+ is too large', message(plot.image, hilo.zeros(9000, 2), {to = 'svg'}))
      assert.matches('3 names for 2 columns', message(plot.image, {{1, 2}, {1, 2}}, {labels = {'a', 'b', 'c'}, to = 'svg'}))
      assert.matches("best is to be 'max' or 'min'", message(plot.parallel, {}, {{name = 'a'}}, {best = 'low', to = 'svg'}))
      assert.matches('expected a list of numbers', message(plot))
      assert.matches('plot_robust_spec.lua', message(function() plot({1, 2}, {to = 'a.pdf'}) end))
   end)

   it('of a machine without gnuplot names the package', function()
      local path = os.getenv('PATH')
      stdlib.setenv('PATH', '/nonexistent')
      local why = message(plot, {1, 2}, {to = 'svg'})
      stdlib.setenv('PATH', path)
      assert.matches('apt%-get install gnuplot%-nox', why)
   end)

   it('of gnuplot is an error with its words, and the next picture is drawn', function()
      local process = Gnuplot.start()
      assert.matches('ended early: .*unrecognized option', message(process.draw, process, 'set terminal svg\nset nonsense 1\nplot 1'))
      plot.session(function()
         assert.matches('undefined variable: nothing', message(function()
            local draw = Gnuplot.draw
            Gnuplot.draw = function(self)
               Gnuplot.draw = draw
               return draw(self, 'set terminal svg\nplot nothing')
            end
            plot({1, 2}, {to = 'svg'})
         end))
         assert.truthy(plot({1, 2}, {to = 'svg'}):find('</svg>'))
      end)
   end)

   it('of a process that reads nothing does not end this one', function()
      local process = Gnuplot.start('true')
      assert.matches('ended early', message(process.draw, process, ('x'):rep(2 ^ 20)))
   end)

   it('leaves no process and no open file behind', function()
      local function open()
         local n = 0
         for fd = 0, 200 do if unistd.access('/proc/self/fd/' .. fd) == 0 then n = n + 1 end end
         return n
      end
      local before = open()
      plot({1, 2}, {to = 'svg'})
      pcall(plot.session, function()
         plot({1, 2}, {to = 'svg'})
         error('on purpose')
      end)
      message(function()
         local process = Gnuplot.start()
         process:draw('set nonsense')
      end)
      assert.equal(before, open())
      local pid, _, number = wait.wait(-1, wait.WNOHANG)
      assert.is_nil(pid)
      assert.equal(require('posix.errno').ECHILD, number)
   end)
end)

-- Lightness and hues (CIELAB) of a colour as a reader with other cones sees it.
local function seen(colour, cones)
   local linear, light = {}, {}
   for i = 1, 3 do
      local c = tonumber(colour:sub(2 * i, 2 * i + 1), 16) / 255
      linear[i] = c <= 0.04045 and c / 12.92 or ((c + 0.055) / 1.055) ^ 2.4
   end
   for i, row in ipairs(cones) do
      light[i] = math.min(1, math.max(0, row[1] * linear[1] + row[2] * linear[2] + row[3] * linear[3]))
   end
   local r, g, b = unpack(light)
   local function f(t) return t > 0.008856 and t ^ (1 / 3) or 7.787 * t + 16 / 116 end
   local x, y = f((0.4125 * r + 0.3576 * g + 0.1804 * b) / 0.9505), f(0.2127 * r + 0.7152 * g + 0.0722 * b)
   local z = f((0.0193 * r + 0.1192 * g + 0.9503 * b) / 1.0888)
   return {116 * y - 16, 500 * (x - y), 200 * (y - z)}, 0.2127 * r + 0.7152 * g + 0.0722 * b
end

describe('the colours', function()
   local all = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
   local readers = {all, {{0.152, 1.053, -0.205}, {0.115, 0.786, 0.099}, {-0.004, -0.048, 1.052}},
      {{0.367, 0.861, -0.228}, {0.280, 0.673, 0.047}, {-0.012, 0.043, 0.969}}, {{1.256, -0.077, -0.179}, {-0.078, 0.931, 0.148},
         {0.005, 0.691, 0.304}}}

   it('differ for readers without red, green or blue cones', function()
      for _, cones in ipairs(readers) do
         for i, a in ipairs(style.colours) do
            for j = 1, i - 1 do
               local p, q = seen(a, cones), seen(style.colours[j], cones)
               local apart = math.sqrt((p[1] - q[1]) ^ 2 + (p[2] - q[2]) ^ 2 + (p[3] - q[3]) ^ 2)
               assert.is_true(apart > 27, ('%s %s %.1f'):format(a, style.colours[j], apart))
            end
         end
      end
   end)

   it('are seen on a light page and on a dark one', function()
      for _, colour in ipairs(style.colours) do
         local _, light = seen(colour, all)
         local _, dark = seen('#14161a', all)
         assert.is_true(1.05 / (light + 0.05) > 2.6 and (light + 0.05) / (dark + 0.05) > 2.6, colour)
      end
   end)
end)
