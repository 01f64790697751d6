local hilo = require 'hilo'
local base64 = require 'hilo.io.base64'
local canvas = require 'hilo.prompt.show.canvas'
local content = require 'hilo.prompt.show.content'
local legend = require 'hilo.prompt.show.legend'
local tiny = require 'spec.tiny_set'
local typed = require 'spec.prompt_typed'

local function writer(name) return require('hilo.prompt.show.' .. name) end

local function noise(h, w) return (hilo.rand(3, h, w) * 255):byte() end

-- The pixels of a text in half-blocks.
local function pixels_of_blocks(text, h, w)
   local out = hilo.ByteTensor(3, h, w):zero()
   local y = 1
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do
      local x, up, down = 1, nil, nil
      for codes, block in line:gmatch('(\27?%[?[%d;]*m?)(\226\150\128)') do
         local r, g, b, R, G, B = codes:match('38;2;(%d+);(%d+);(%d+);48;2;(%d+);(%d+);(%d+)m')
         if not r then r, g, b = codes:match('38;2;(%d+);(%d+);(%d+);49m') end
         if r then up, down = {r, g, b}, R and {R, G, B} end
         assert(block)
         for c = 1, 3 do
            out[c][y][x] = tonumber(up[c])
            if down then out[c][y + 1][x] = tonumber(down[c]) end
         end
         x = x + 1
      end
      y = y + 2
   end
   return out
end

-- The pixels of sixels, colours in per cent.
local function pixels_of_sixel(text)
   local w, h = text:match('^\27P0;1q"1;1;(%d+);(%d+)')
   local out = hilo.ByteTensor(3, tonumber(h), tonumber(w)):zero()
   local colours, colour, x, top = {}, nil, 1, 0
   local at = #text:match('^\27P0;1q"1;1;%d+;%d+') + 1
   while text:sub(at, at) ~= '\27' do
      local number, r, g, b, after = text:match('^#(%d+);2;(%d+);(%d+);(%d+)()', at)
      if number then
         colours[number], at = {tonumber(r), tonumber(g), tonumber(b)}, after
      elseif text:find('^#', at) then
         colour, at = text:match('^#(%d+)()', at)
      elseif text:find('^%$', at) then
         x, at = 1, at + 1
      elseif text:find('^%-', at) then
         x, top, at = 1, top + 6, at + 1
      else
         local count, character, next_at = text:match('^!(%d+)(.)()', at)
         if not count then count, character, next_at = 1, text:sub(at, at), at + 1 end
         local bits = character:byte() - 63
         assert(bits >= 0 and bits < 64)
         for _ = 1, tonumber(count) do
            for row = 1, 6 do
               if math.floor(bits / 2 ^ (row - 1)) % 2 == 1 then
                  for c = 1, 3 do out[c][top + row][x] = colours[colour][c] end
               end
            end
            x = x + 1
         end
         at = next_at
      end
   end
   return out
end

local function same(a, b) return (a:double() - b:double()):abs():max() == 0 end

describe('a picture at the prompt', function()
   it('in half-blocks keeps every pixel, odd heights too', function()
      for _, h in ipairs {6, 7} do
         local picture = noise(h, 9)
         assert.is_true(same(picture, pixels_of_blocks(writer 'blocks'(picture), h, 9)))
      end
   end)

   it('by kitty and iTerm2 is a PNG of it', function()
      local picture = noise(60, 80)
      local path = canvas.file()
      local function decoded(data)
         tiny.write(path, base64.decode(data))
         return hilo.io.image.load(path, {as = 'rgb'})
      end
      local parts, pieces = {}, 0
      local text = writer 'kitty'(picture)
      local rest = text:gsub('\27_G([^;]*);([^\27]*)\27\\', function(head, data)
         pieces = pieces + 1
         assert.equal(pieces == 1, head:find('f=100,a=T', 1, true) ~= nil)
         assert.is_true(#data <= 4096)
         parts[#parts + 1] = data
         return ''
      end)
      assert.equal('', rest)
      assert.is_true(pieces > 1)
      assert.matches('m=0;[^\27]*\27\\$', text)
      assert.is_true(same(picture, decoded(table.concat(parts))))
      local size, data = writer 'iterm2'(picture):match('^\27%]1337;File=inline=1;size=(%d+);preserveAspectRatio=1:(.*)\7$')
      assert.equal(tonumber(size), #base64.decode(data))
      assert.is_true(same(picture, decoded(data)))
      os.remove(path)
   end)

   it('draws curves too', function()
      local function shown(how) return typed('hilo.plot {1, 4, 9}\n', nil, 'HILO_PICTURES=' .. how) end
      local data = {}
      for piece in shown('kitty'):gmatch('\27_G[^;]*;([^\27]*)\27\\') do data[#data + 1] = piece end
      local path = os.tmpname()
      tiny.write(path, base64.decode(table.concat(data)))
      local pixels = hilo.io.image.load(path)
      os.remove(path)
      assert.same({3, 360, 640}, pixels:size():totable())
      assert.matches('^\27P0;1q"1;1;640;360', shown 'sixel')
      assert.matches('%-%-%-%-', shown 'blocks')
   end)

   it('as sixels keeps the colours of a label map', function()
      local picture = canvas.enlarged((hilo.rand(3, 4, 5) * 2):floor():mul(255):byte(), 3)
      local seen = pixels_of_sixel(writer 'sixel'(picture))
      assert.is_true(same((picture:double() / 255 * 100), seen))
   end)

   it('as sixels with many colours is near to it on the mean', function()
      local picture = hilo.ByteTensor(3, 30, 60):fill(0)
      for y = 1, 30 do
         for x = 1, 60 do
            picture[1][y][x], picture[2][y][x], picture[3][y][x] = x * 4, y * 8, (x + y) * 2
         end
      end
      local seen = pixels_of_sixel(writer 'sixel'(picture)):double() * 2.55
      for c = 1, 3 do assert.near(picture[c]:double():mean(), seen[c]:mean(), 3) end
   end)

   it('is reduced by means and enlarged by whole pixels', function()
      local p = hilo.ByteTensor{{{0, 100, 10, 30}, {100, 200, 50, 70}}}:expand(3, 2, 4):contiguous()
      local small = canvas.fitted(p, 2, 1)
      assert.same({{100, 40}}, small[2]:totable())
      local large = canvas.enlarged(p, 2)
      assert.same({0, 0, 100, 100, 10, 10, 30, 30}, large[3][2]:totable())
   end)
end)

describe('show', function()
   local function of(x, options) return content.of(x, options or {}) end

   it('takes images of bytes as they are, floats of 0..1, and stretches others', function()
      local bytes = noise(20, 30)
      assert.is_true(same(bytes, (of(bytes))))
      assert.equal(128, of(hilo.zeros(3, 20, 30):fill(0.5)):max())
      local stretched = of(hilo.randn(3, 20, 30))
      assert.equal(0, stretched:min())
      assert.equal(255, stretched:max())
   end)

   it('paints label maps in their colours, with a legend of shares and names', function()
      local labels = hilo.ByteTensor{{0, 1}, {1, 255}}
      local palette = {}
      for i = 1, 768 do palette[i] = math.floor((i - 1) / 3) end
      local picture, lines = of(labels, {palette = palette, classes = {'ground', 'car'}})
      assert.same({{0, 1}, {1, 255}}, picture[1]:totable())
      assert.equal(3, #lines)
      assert.equal('  1 car 50.0 %', lines[2].text)
      assert.equal('255 void 25.0 %', lines[3].text)
      assert.same({1, 1, 1}, lines[2].rgb)
      assert.same({'#000000   0 ground 25.0 %', '#010101   1 car 50.0 %', '#ffffff 255 void 25.0 %'}, legend(lines, false, 30))
      assert.same({'#000000   0 ground 25.0 %  #ffffff 255 void 25.0 %', '#010101   1 car 50.0 %'}, legend(lines, false, 60))
      assert.equal('\27[48;2;1;1;1m  \27[0m   1 car 50.0 %', legend(lines, true, 30)[2])
   end)

   it('puts legends of classes in columns, between lines of other texts', function()
      local lines = {{text = 'first'}, {text = 'a', rgb = {0, 0, 0}}, {text = 'bé', rgb = {0, 0, 0}}, {text = 'c', rgb = {0, 0, 0}},
         {text = 'last'}}
      assert.same({'first', '#000000 a   #000000 c', '#000000 bé', 'last'}, legend(lines, false, 25))
      assert.same({'first', '#000000 a', '#000000 bé', '#000000 c', 'last'}, legend(lines, false, 5))
   end)

   it('tiles to the shape of the room for it', function()
      local wide = {}
      for i = 1, 4 do wide[i] = noise(10, 40) end
      assert.equal(4 * 10 + 3 * 2, of(wide, {aspect = 0.5}):size(2))
      assert.equal(2 * 10 + 2, of(wide, {aspect = 4}):size(2))
      assert.equal(10, of(wide, {aspect = 30}):size(2))
   end)

   it('paints scores from dark to bright, NaN red', function()
      local picture, lines = of(hilo.Tensor{{0, 1}, {0 / 0, 0.5}})
      assert.same({68, 253, 255, 33}, {picture[1][1][1], picture[1][1][2], picture[1][2][1], picture[1][2][2]})
      assert.equal('0 (dark) to 1 (bright), NaN (red) 25 %', lines[1].text)
      assert.equal('no finite numbers, NaN (red) 100 %', select(2, of(hilo.zeros(8, 8) / 0))[1].text)
      assert.equal('2 (dark) to 2 (bright), infinite 50 %', select(2, of(hilo.Tensor{{2, 1 / 0}}))[1].text)
      assert.equal('0 (dark) to 1 (bright)', select(2, of(hilo.Tensor{{0, 1}}))[1].text)
   end)

   it('tiles batches, channels and filters', function()
      assert.equal(20 * 2 + 2, of(hilo.rand(4, 3, 20, 30)):size(2))
      local _, lines = of(hilo.nn.SpatialConvolution(3, 8, 5, 5))
      assert.equal('8 filters of 3x5x5', lines[1].text)
      assert.is_true(of(hilo.randn(5, 20, 30)):size(3) > 60)
      local four = of({images = hilo.rand(4, 3, 20, 20), labels = hilo.zeros({4, 20, 20}, {dtype = 'byte'})})
      assert.same({3, 2 * 20 + 2, 2 * (20 + 2 + 20) + 2}, four:size():totable()) -- two rows of two images, each beside its map
      local batch = of({images = hilo.rand(2, 3, 20, 30), labels = hilo.zeros({2, 20, 30}, {dtype = 'byte'})})
      assert.is_true(batch:size(3) >= 2 * 30)
      local worst, said = of {{name = 'a', mean_iou = 12.34, picture = noise(10, 46)},
         {name = 'b', mean_iou = 50, picture = noise(10, 46)}}
      assert.equal(22, worst:size(2))
      assert.equal('1  a  mean IoU 12.3', said[1].text)
   end)

   it('writes a PNG where there is no terminal, and says where', function()
      local path = typed('show(hilo.rand(3, 20, 30))\n'):match('^"(.-)"\n$')
      assert.equal(30, hilo.io.image.info(path).width)
      os.remove(path)
      local own = canvas.file()
      assert.equal(('"%s"\n'):format(own), typed(('show(hilo.rand(3, 20, 30), {to = "%s"})\n'):format(own)))
      os.remove(own)
      assert.matches('▀', typed 'show(hilo.rand(3, 20, 30), {how = "blocks"})\n')
   end)

   it('refuses what is no picture', function()
      assert.matches('show: expects', typed 'show(5)\n')
      assert.matches('show: expects', typed 'show(hilo.ones(3))\n')
      assert.matches("show: how must be 'kitty'", typed 'show(hilo.rand(9, 9), {how = "smoke"})\n')
      assert.matches("show: there is no option 'hw'; did you mean 'how'%?", typed 'show(hilo.rand(9, 9), {hw = "blocks"})\n')
      assert.matches("show: as must be 'image', 'labels' or 'scores', got 'label'; did you mean 'labels'%?",
         typed 'show(hilo.rand(9, 9), {as = "label"})\n')
      assert.matches("show: as must be .*, got 'heat'\n", typed 'show(hilo.rand(9, 9), {as = "heat"})\n')
      assert.matches('show: options must be a table', typed 'show(hilo.rand(9, 9), "labels")\n')
      assert.matches('HILO_PICTURES must be', typed 'require("ffi").C.setenv("HILO_PICTURES", "smoke", 1) show(hilo.rand(9, 9))\n')
   end)
end)

describe('the terminal', function()
   local Terminal = require 'spec.terminal'

   local function way(settings)
      local t = Terminal.open(([[env -i PATH="$PATH" LUA_PATH="$LUA_PATH" HILO_LIB="$HILO_LIB" %s luajit -e '
         print("way: " .. require("hilo.prompt.show.terminal").way() .. ".")']]):format(settings))
      assert(t:wait('way: '))
      assert(t:wait('.'))
      local found = t.seen:match('way: (%w+)%.')
      t:close()
      return found
   end

   it('is known by its environment', function()
      assert.equal('kitty', way 'TERM=xterm-kitty')
      assert.equal('iterm2', way 'TERM=xterm-256color TERM_PROGRAM=iTerm.app')
      assert.equal('sixel', way 'TERM=foot')
      assert.equal('blocks', way 'TERM=xterm-256color COLORTERM=truecolor')
      assert.equal('blocks', way 'TERM=xterm-kitty COLORTERM=truecolor TMUX=x')
      assert.equal('file', way 'TERM=xterm')
      assert.equal('file', way 'TERM=dumb COLORTERM=truecolor')
      assert.equal('file', way 'TERM=xterm COLORTERM=truecolor NO_COLOR=1')
      assert.equal('sixel', way 'TERM=xterm HILO_PICTURES=sixel')
   end)
end)
