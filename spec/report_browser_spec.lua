-- The report by what a browser shows of it: on a phone, in dark mode, on paper, without a mouse, without scripts.
local Browser = require 'spec.browser'
local checks = require 'spec.page_checks'
local fixture = require 'spec.report_fixture'
local report = require 'hilo.report'
local tiny = require 'spec.tiny_set'

Browser.describe('in a browser', function()
   local runs, browser, pages
   setup(function()
      runs = tiny.folder()
      local long = ('long'):rep(60)
      local machine = {host = 'node', processor = 'Z80', git = {commit = ('ab'):rep(20), changed = {' M ' .. long}}, command = long,
         sessions = {{started = 'x', host = long}, {started = 'y'}}}
      local given = {['data.root'] = '/' .. long, lr = 0.01}
      local classes = {'background', 'car', long, 'd'}
      local a = fixture.run(runs, {name = 'a', given = given, machine = machine, classes = classes, pictures = 2})
      local b = fixture.run(runs, {name = 'b' .. long, given = {batch = 4}, classes = classes})
      local failed = fixture.run(runs, {name = 'failed', finished = false, reached = 5, evaluated = false,
         machine = {ended = 'failed', sessions = {{ended = 'failed', error = long .. '\n' .. long}}}})
      local many = {}
      for i = 1, 40 do many[i] = 'class number ' .. i end
      local large = fixture.sweep(runs, {name = 'large', trials = 6})
      large.axes = {unpack(large.axes)}
      for i = 1, 10 do
         large.axes[#large.axes + 1] = {name = 'group.option_' .. i, kind = 'float', low = 0, high = 1, log = false}
         for _, trial in ipairs(large.trials) do trial.values['group.option_' .. i] = trial.number / (7 + i) end
      end
      pages = {classes = (report.runs({fixture.run(runs, {name = 'classes', classes = many})})), axes = (report.sweep(large)),
         run = (report.runs({a})), failed = (report.runs({failed})), runs = (report.runs({a, b, failed})),
         sweep = (report.sweep(fixture.sweep(runs, {trials = 12, folders = true, error = 'no ' .. long})))}
      browser = Browser.start()
   end)
   teardown(function()
      if browser then browser:close() end
      tiny.remove(runs)
   end)

   local function open(which, options)
      browser:open(pages[which], options)
      browser:evaluate(checks .. '1')
   end

   local function none(check) assert.same({}, browser:evaluate(('checks.%s()'):format(check)), check) end

   local function each_page(f) for _, which in ipairs {'run', 'failed', 'runs', 'sweep', 'classes', 'axes'} do f(which) end end

   it('the page asks for nothing and has nothing to complain of', function()
      each_page(function(which)
         open(which)
         local messages, addresses = browser:told()
         assert.same({}, messages)
         for _, address in ipairs(addresses) do assert.is_true(address == 'file://' .. pages[which] or address:sub(1, 5) == 'data:') end
      end)
   end)

   it('all pictures are decoded and named', function()
      each_page(function(which)
         open(which)
         browser:evaluate('checks.openAll()')
         none 'pictures'
      end)
      open 'run'
      assert.equal(2, browser:evaluate 'document.images.length')
   end)

   it('landmarks, headings, captions and links fit together', function()
      each_page(function(which)
         open(which)
         none 'structure'
      end)
   end)

   it('nothing is wider than a phone, folded or open', function()
      each_page(function(which)
         open(which, {width = 360, height = 800})
         none 'overflow'
         browser:evaluate 'checks.openAll()'
         none 'overflow'
         assert.equal(360, browser:evaluate 'innerWidth')
      end)
   end)

   for _, mode in ipairs {'light', 'dark'} do
      it('texts have contrast in ' .. mode .. ' mode', function()
         each_page(function(which)
            open(which, {dark = mode == 'dark'})
            browser:evaluate 'checks.openAll()'
            local ground = browser:evaluate 'checks.ground()'
            assert.is_true(mode == 'dark' and ground < 0.05 or mode == 'light' and ground > 0.9)
            none 'contrast'
         end)
      end)
   end

   it('all controls are reached by the keyboard, and one sees where one is', function()
      open 'sweep'
      local wanted, reached = browser:evaluate 'checks.controls()', 0
      assert.is_true(wanted > 40)
      repeat
         browser:press 'Tab'
         local said = browser:evaluate 'checks.mark()'
         if said == 'new' then reached = reached + 1 end
         assert.is_nil(said:match('^no outline.*'))
      until said ~= 'new'
      assert.equal(wanted, reached)
   end)

   it('the first of them skips to the content', function()
      open 'sweep'
      browser:press 'Tab'
      assert.equal('Skip to the content', browser:evaluate 'document.activeElement.textContent')
      assert.is_true(browser:evaluate 'document.activeElement.getBoundingClientRect().left >= 0')
      browser:press 'Enter'
      assert.equal('main', browser:evaluate 'document.activeElement.id')
   end)

   it('Enter sorts a table, and says so', function()
      open 'sweep'
      local at = "Array.from(document.querySelectorAll('table')).findIndex(function (t) { return t.className === 'sortable'; })"
      local function column(i) return browser:evaluate(('checks.column(%s, %d)'):format(at, i)) end
      local head = "document.querySelector('table.sortable').tHead.rows[0].cells"
      local best_first = column(1)
      assert.equal('descending', browser:evaluate(head .. "[1].getAttribute('aria-sort')"))
      browser:evaluate(head .. "[4].querySelector('button').focus()")
      browser:press 'Enter'
      assert.equal('ascending', browser:evaluate(head .. "[4].getAttribute('aria-sort')"))
      assert.is_nil(browser:evaluate(head .. "[1].getAttribute('aria-sort')"))
      local rates = column(4)
      for i = 2, #rates do assert.is_true(tonumber(rates[i - 1]) <= tonumber(rates[i])) end
      browser:evaluate(head .. "[1].querySelector('button').focus()")
      browser:press 'Space'
      browser:press 'Space'
      assert.equal('descending', browser:evaluate(head .. "[1].getAttribute('aria-sort')"))
      for i, value in ipairs(column(1)) do assert.equal(best_first[i], value) end -- those without a value last
   end)

   it('a link to a trial opens its part of the page', function()
      open('sweep', {fragment = '#trial-3'})
      assert.is_true(browser:evaluate "document.getElementById('trial-3').closest('details').open")
      assert.is_true(browser:evaluate "Math.abs(document.getElementById('trial-3').getBoundingClientRect().top) < innerHeight")
      assert.is_false(browser:evaluate "document.getElementById('trial-2').closest('details').open")
      browser:evaluate "document.querySelector('a[href=\"#trial-2\"]').focus()"
      browser:press 'Enter'
      browser:evaluate 'new Promise(function (done) { setTimeout(done, 50); })'
      assert.is_true(browser:evaluate "document.getElementById('trial-2').closest('details').open")
   end)

   it('on paper all parts are open and nothing is cut', function()
      each_page(function(which)
         open(which, {width = 700, media = 'print', dark = true})
         none 'hidden'
         none 'overflow'
         none 'cut'
         assert.is_true(browser:evaluate 'checks.ground()' > 0.9)
      end)
      assert.equal('%PDF', browser:pdf():sub(1, 4))
   end)

   it('without scripts nothing is missing but the sorting', function()
      each_page(function(which)
         open(which, {script = false, width = 360})
         none 'overflow'
         none 'structure'
      end)
      assert.equal(0, browser:evaluate "document.querySelectorAll('button').length")
      browser:evaluate "document.querySelector('.trial summary').focus()"
      browser:press 'Enter'
      assert.is_true(browser:evaluate "document.querySelector('.trial').open")
   end)
end)
