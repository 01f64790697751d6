--- docs_browser_spec.lua: the manual's pages by what a browser shows of them.
local Browser = require 'spec.browser'
local entries = require 'hilo.help.entries'
local site = require 'hilo.help.site'
local tiny = require 'spec.tiny_set'

local folder = require 'hilo.data.folder'

local function ids_of(path)
   local ids = {}
   for id in tiny.read(path):gmatch(' id="([^"]*)"') do
      assert(not ids[id], ('%s: two elements are called %s'):format(path, id))
      ids[id] = true
   end
   return ids
end

describe('the manual', function()
   local root
   setup(function()
      root = tiny.folder()
      site(root)
   end)
   teardown(function() tiny.remove(root) end)

   it('has a place for every entry, and no link that leads nowhere', function()
      local ids, lost = {}, {}
      for _, name in ipairs(folder.list(root)) do
         if name:match('%.html$') then ids[name] = ids_of(root .. '/' .. name) end
      end
      for name in pairs(ids) do
         for link in tiny.read(root .. '/' .. name):gmatch(' href="([^"]*)"') do
            local page, id = link:match('^([^#]*)#?(.*)$')
            page = page == '' and name or page
            local known = link:match('^%a+:') or ids[page] and (id == '' or ids[page][id])
            if not known then lost[#lost + 1] = name .. ' -> ' .. link end
         end
      end
      assert.same({}, lost)
      local links = require 'hilo.help.site.links'
      for _, entry in ipairs(entries.all()) do
         local page, id = links.of_entry(entry):match('^(.*)#(.*)$')
         assert(ids[page][id], entry.name)
      end
   end)

   it('lists names with the first sentences of their texts', function()
      local page = tiny.read(root .. '/ref-optim.html')
      local listed = {}
      for name, sentence in page:gmatch '<li><a href="#optim%.[%w_]+"><code>([^<]*)</code></a> <span class="soft">(.-)</span></li>' do
         listed[name] = sentence
      end
      assert.equal('Adam (Kingma and Ba, 2014) as in PyTorch.', listed['optim.Adam'])
      assert.matches('at most <code>max</code>%.$', listed['optim.clip_grad_norm'])
   end)

   Browser.describe('in a browser', function()
      local browser
      setup(function() browser = Browser.start() end)
      teardown(function() browser:close() end)

      local function found(words)
         return browser:evaluate(([[(function () {
            var input = document.getElementById('words');
            input.value = '%s';
            input.dispatchEvent(new Event('input'));
            return Array.from(document.querySelectorAll('#found a')).map(function (a) { return a.textContent; });
         })()]]):format(words))
      end

      it('finds names by words, and their pages show them', function()
         browser:open(root .. '/index.html')
         assert.equal('hilo.resize', found('interpolate')[1])
         assert.equal('nn.SpatialConvolution', found('SpatialConvolution')[1])
         local address = browser:evaluate "document.querySelector('#found a').getAttribute('href')"
         assert.equal('ref-nn.html#nn.SpatialConvolution', address)
         assert.same({}, found('xyzzyq'))
         local search = require 'hilo.help.search'
         for _, words in ipairs {'pictures with the worst labels', 'interpolate xyzzyq', 'void pixels', 'mean teacher', 'the'} do
            local first = search.find(words)[1]
            assert.equal(first.page and first.page.title or require('hilo.help.text').full_name(first.entry), found(words)[1], words)
         end
         browser:open(root .. '/ref-nn.html', {fragment = '#nn.SpatialConvolution'})
         assert.truthy(browser:evaluate("document.querySelector(':target').textContent"):find('width of the kernel', 1, true))
      end)

      it('has nothing to complain of, and fits a narrow screen', function()
         for _, name in ipairs {'index.html', 'tensors.html', 'names.html', 'ref-nn.html', 'ref-hilo.html'} do
            browser:open(root .. '/' .. name, {width = 400})
            assert.same({}, (browser:told()))
            assert.is_true(browser:evaluate 'document.documentElement.scrollWidth <= 400', name)
            assert.equal(1, browser:evaluate "document.querySelectorAll('h1').length")
         end
      end)
   end)
end)
