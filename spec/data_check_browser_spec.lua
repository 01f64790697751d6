-- The page of `hilo data check` by what a browser shows of it: of a set with names that no page should believe.
local hilo = require 'hilo'
local Browser = require 'spec.browser'
local CheckSet = require 'spec.check_set'
local checks = require 'spec.page_checks'
local tiny = require 'spec.tiny_set'

local classes = {'<script>throw 1</script>', '"red" & \'blue\'', ('green '):rep(40), 'never <img src=x onerror=throw(2)>'}

describe('the page of hilo data check', function()
   Browser.describe('in a browser', function()
      local set, browser, page
      setup(function()
         set = CheckSet.new()
         tiny.write(set.root .. '/classes.txt', table.concat(classes, '\n') .. '\n')
         local function rename(i, name)
            assert(os.rename(set:picture(i), set:picture(name)))
            assert(os.rename(set:labels(i), set:labels(name)))
         end
         rename(1, '<img src=x onerror=throw(1)>')
         rename(2, 'a"onload="throw(3)')
         rename(3, ('long'):rep(50))
         rename(4, 'new\nline')
         set:save_picture(8, CheckSet.noise(1)) -- the same as the first
         rename(5, '\255\254 \226\128\174 \27[31m')
         os.remove(set:list 'train')
         set:save_labels(6, hilo.ByteTensor(20, 24):fill(2))
         set:fill_labels(7, 9)
         tiny.write(set:picture '<h1>broken<svg onload=throw(4)>', 'x')
         page = set.root .. '/check.html'
         local code, text = set:check('html=' .. page)
         assert(code == 1 and text:find('page: ', 1, true), text)
         browser = Browser.start()
      end)
      teardown(function()
         if browser then browser:close() end
         set:remove()
      end)

      local function open(options)
         browser:open(page, options)
         browser:evaluate(checks .. 'checks.openAll()')
      end

      local function none(check) assert.same({}, browser:evaluate(('checks.%s()'):format(check)), check) end

      it('asks for nothing, has nothing to complain of, and runs nothing that a name holds', function()
         open()
         local messages, addresses = browser:told()
         assert.same({}, messages)
         for _, address in ipairs(addresses) do assert.is_true(address == 'file://' .. page or address:sub(1, 5) == 'data:') end
         assert.equal(1, browser:evaluate "document.querySelectorAll('h1').length")
         assert.equal(0, browser:evaluate "document.querySelectorAll('[onerror], [onload]').length")
         none 'structure'
      end)

      -- Pictures of each class: {title, number of pictures, number of those that are decoded, named and show the class's colour}.
      local samples = [[
         (function (colours) {
            return Array.from(document.querySelectorAll('#pictures h3')).map(function (head, i) {
               var images = Array.from((head.nextElementSibling || head).querySelectorAll('img'));
               var good = images.filter(function (image) {
                  var canvas = document.createElement('canvas'), c = colours[i] || [0, 0, 0];
                  canvas.width = image.naturalWidth;
                  canvas.height = image.naturalHeight;
                  var paper = canvas.getContext('2d');
                  paper.drawImage(image, 0, 0);
                  var p = paper.getImageData(0, 0, canvas.width, canvas.height).data, seen = 0;
                  // 0.65 of the colour of the class and 0.35 of the picture's
                  for (var k = 0; k < p.length; k += 4) {
                     if ([0, 1, 2].every(function (j) {
                        return p[k + j] >= 0.65 * c[j] - 40 && p[k + j] <= 0.65 * c[j] + 0.35 * 255 + 40;
                     })) seen++;
                  }
                  return image.complete && image.checkVisibility() && image.alt.startsWith(head.textContent) && seen > 20;
               });
               return [head.textContent, images.length, good.length];
            });
         })]]

      it('shows pictures of every class, in its colour, and says where there are none', function()
         open()
         local found = browser:evaluate(samples .. '([[255, 0, 255], [255, 0, 0], [0, 255, 0]])')
         assert.equal(4, #found)
         for i, class in ipairs(classes) do
            local title, images, good = unpack(found[i])
            assert.equal((class:gsub('%s+$', '')), (title:gsub('%s+$', '')))
            assert.equal(images, good)
            assert.is_true(i == 4 and images == 0 or i < 4 and images >= 2, title)
         end
         assert.matches('No picture shows it', browser:evaluate "document.getElementById('pictures').textContent")
         none 'pictures'
      end)

      it('shows pictures that are nearly the same side by side', function()
         open()
         local sources = browser:evaluate "Array.from(document.querySelectorAll('#findings img')).map(function (i) { return i.src; })"
         assert.equal(2, #sources)
         assert.equal(sources[1], sources[2])
         none 'pictures'
      end)

      it('names what is wrong, hostile names as they are', function()
         open()
         local text = browser:evaluate "document.getElementById('findings').innerText"
         for _, shown in ipairs {'<h1>broken<svg onload=throw(4)>.png', 'label maps of another size', 'img_07.png: 9 on 1920 pixels'} do
            assert.is_truthy(text:find(shown, 1, true), shown)
         end
      end)

      it('is not wider than a phone', function()
         open {width = 360, height = 800}
         none 'overflow'
         assert.equal(360, browser:evaluate 'innerWidth')
      end)

      for _, mode in ipairs {'light', 'dark'} do
         it('has contrast in ' .. mode .. ' mode', function()
            open {dark = mode == 'dark'}
            local ground = browser:evaluate 'checks.ground()'
            assert.is_true(mode == 'dark' and ground < 0.05 or mode == 'light' and ground > 0.9)
            none 'contrast'
         end)
      end

      it('is whole on paper and without scripts', function()
         open {width = 700, media = 'print'}
         none 'hidden'
         none 'overflow'
         none 'cut'
         open {script = false, width = 360}
         none 'overflow'
         none 'structure'
      end)
   end)
end)
