local hilo = require 'hilo'
local nets = require 'hilo.prompt.nets'
local ops = require 'hilo.prompt.ops'
local pretty = require 'hilo.prompt.pretty'
local printing = require 'hilo.tensor.print'
local summary = require 'hilo.prompt.summary'
local tiny = require 'spec.tiny_set'

describe('a value at the prompt', function()
   it('is on one line where it fits, sorted, numbers first', function()
      assert.equal('{1, 2, a = true, b = {c = "x"}}', pretty.text {1, 2, b = {c = 'x'}, a = true})
      assert.equal('{["end"] = 2, ["two words"] = 1}', pretty.text {['end'] = 2, ['two words'] = 1})
      assert.equal('{[-1] = "m", [0] = "z", [2.5] = "h"}', pretty.text {[0] = 'z', [2.5] = 'h', [-1] = 'm'})
   end)

   it('is broken into lines beyond the width', function()
      local text = pretty.text({alpha = ('x'):rep(40), beta = ('y'):rep(40)}, {width = 60})
      assert.equal(('{\n   alpha = "%s",\n   beta = "%s"\n}'):format(('x'):rep(40), ('y'):rep(40)), text)
   end)

   it('is a list in full lines, where it is numbers and words alone', function()
      local t = {}
      for i = 1, 9 do t[i] = ('word%d'):format(i) end
      assert.equal('{\n   "word1", "word2", "word3",\n   "word4", "word5", "word6",\n   "word7", "word8", "word9"\n}',
         pretty.text(t, {width = 32}))
   end)

   it('shows cycles, and leaves out what is too deep or too much', function()
      local t = {a = {}}
      t.a.up, t.me = t, t
      assert.equal('{a = {up = <the table itself>}, me = <the table itself>}', pretty.text(t))
      local u = {a = {b = {}}}
      u.a.b.back = u.a
      assert.equal('{a = {b = {back = <the table .a>}}}', pretty.text(u))
      assert.equal('{{{{{...}}}}}', pretty.text {{{{{{1}}}}}})
      assert.equal('{1, 1, 1, ... 97 more}', pretty.text(hilo.ones(100):totable(), {items = 3}))
      assert.matches('1, ... 20 more\n}$', pretty.text(hilo.ones(120):totable()))
      assert.matches('1, ... 80 more\n   }\n}$', pretty.text {hilo.ones(120):totable()})
   end)

   it('is a string in quotes, with what cannot be seen written out', function()
      assert.equal([["a\tb\"\\\000\127"]], pretty.text 'a\tb"\\\0\127')
      assert.matches(' %.%. 800 more bytes$', pretty.text(('x'):rep(1000)))
      assert.equal('two\nlines', pretty.text 'two\nlines\n')
      assert.equal([["größe \200x\155"]], pretty.text 'größe \200x\155')
   end)

   it('names tensors and modules inside tables in short', function()
      local t = {net = hilo.nn.Sequential():add(hilo.nn.Linear(2, 3)), x = hilo.zeros(2, 3)}
      assert.equal('{net = nn.Sequential {...}, x = FloatTensor 2x3}', pretty.text(t))
   end)

   it('has a short form of one line', function()
      assert.equal('FloatTensor 300x400', pretty.line(hilo.zeros(300, 400), 40))
      assert.equal('nn.Sequential {...}', pretty.line(hilo.nn.Sequential():add(hilo.nn.ReLU()), 40))
      local t = {1, 2, {3}}
      t.me = t
      assert.equal('{1, 2, {...}, me = <the table itself>}', pretty.line(t, 40))
      assert.equal('"xxxxxxxxxxxxxxxx...', pretty.line(('x'):rep(100), 20))
   end)

   it('goes on where an object cannot be printed', function()
      local bad = setmetatable({}, {__tostring = function() error('oh', 0) end})
      assert.equal('{object whose __tostring fails: oh}', pretty.text {bad})
   end)

   it('tells of a function what it takes and where it is written', function()
      assert.matches('^function%(a, b, %.%.%.%) %S*prompt_print_spec.lua:%d+$', pretty.text(function(a, b, ...) return a, b, ... end))
   end)

   it('is coloured only where that is asked for', function()
      assert.is_nil(pretty.text({a = 1}):find('\27', 1, true))
      assert.equal('{\27[36ma\27[0m = \27[33m1\27[0m}', pretty.text({a = 1}, {colour = true}))
   end)
end)

describe('colours', function()
   it('are wanted by no file, and neither under NO_COLOR nor by a dumb terminal', function()
      local colour = require 'hilo.prompt.colour'
      local Terminal = require 'spec.terminal'
      local function coloured(settings)
         local t = Terminal.open(([[env %s luajit -e 'print(require("hilo.prompt.colour").wanted(1) and "bright" or "plain")']]):format(
            settings))
         local bright = t:wait('bright', 3)
         t:close()
         return bright ~= nil
      end
      assert.is_true(coloured('-u NO_COLOR TERM=xterm'))
      assert.is_true(coloured('NO_COLOR= TERM=xterm'))
      assert.is_false(coloured('NO_COLOR=1 TERM=xterm'))
      assert.is_false(coloured('-u NO_COLOR TERM=dumb'))
      assert.equal('x', colour.strip('\27[1;31mx\27[0m'))
   end)
end)

describe('a large tensor', function()
   it('is printed by its edges and what its numbers are like', function()
      local x = hilo.range(1, 2000):view(2, 1000)
      x[1][2] = 0 / 0
      x[2][1000] = 1 / 0
      local text = tostring(x)
      assert.matches('^%s+1%s+nan%s+3%s+%.%.%.%s+998%s+999%s+1000\n%s*1001', text)
      local mean = (2000 * 2001 / 2 - 2 - 2000) / 1998
      assert.matches(('min 1, max inf, mean %.5g, deviation '):format(mean):gsub('%p', '%%%0'), text)
      assert.matches('1 NaN, 1 infinite%]\n$', text)
   end)

   it('keeps to lines that are shorter than those of Torch7', function()
      local before = printing.width
      finally(function() printing.width = before end)
      for _, width in ipairs {40, 60, 80} do
         printing.width = width
         for _, x in ipairs {hilo.randn(2, 12), hilo.randn(300, 200), hilo.randn(300, 200):mul(1e8), hilo.randn(3, 30, 40)} do
            for line in tostring(x):gsub('%[torch.*', ''):gmatch('[^\n]+') do assert(#line <= width, line) end
         end
      end
      printing.width = before
      assert.matches('^ *%S+ +%S+ +%S+ +%.%.%. +%S+ +%S+ +%S+\n', tostring(hilo.randn(300, 200)))
   end)

   it('has the deviation of all its numbers, far from zero too', function()
      local x = hilo.randn(5000):double():add(1e6)
      local deviation = tonumber(tostring(x):match('deviation (%S+)%]'))
      assert.near(x:std(), deviation, 1e-3)
   end)

   it('shows blocks of its first and last, whatever its layout', function()
      local x = hilo.randn(4, 3, 20, 30):transpose(3, 4)
      local text = tostring(x)
      assert.matches('%(1,1,%.,%.%) =', text)
      assert.matches('%(4,3,%.,%.%) =', text)
      assert.is_nil(text:find('(2,1,.,.)', 1, true))
      assert.matches('size 4x3x30x20', text)
      assert.is_true(#text < 6000)
   end)
end)

describe('a network at the prompt', function()
   local nn = hilo.nn

   it('is a tree with numbers of parameters, shared ones once', function()
      local shared = nn.Linear(3, 3)
      local net = nn.Sequential():add(nn.Linear(2, 3)):add(shared):add(nn.ReLU()):add(shared)
      assert.equal(2 * 3 + 3 + 3 * 3 + 3, (nets.parameters(net)))
      local text = pretty.text(net)
      assert.matches('^nn.Sequential%s+21\n├ 1: nn.Linear%(2 %-> 3%)%s+9\n', text)
      assert.matches('└ 4: nn.Linear', text)
      assert.matches('21 parameters, float32 on cpu$', text)
   end)

   it('is no wider than the terminal, where its names are cut', function()
      local net = nn.Sequential():add(nn.Sequential():add(nn.SpatialConvolution(3, 8, 3, 3, 2, 2, 1, 1)))
      for line in (pretty.text(net, {room = 40}) .. '\n'):gmatch('([^\n]*)\n') do
         assert(#line:gsub('[\128-\191]', '') <= 40, line)
      end
      assert.matches('\n  └ 1: nn.SpatialConvolution%(3 %-> …  224\n', pretty.text(net, {room = 40}))
      assert.matches('%(3 %-> 8, 3x3, 2,2, 1,1%)%s+224', pretty.text(net))
      for line in (summary.text(net, {1, 3, 8, 8}, 70) .. '\n'):gmatch('([^\n]*)\n') do
         assert(#line:gsub('[\128-\191]', '') <= 70, line)
      end
      local narrow = summary.text(net, {1, 3, 8, 8}, 40)
      for line in (narrow .. '\n'):gmatch('([^\n]*)\n') do assert(#line:gsub('[\128-\191]', '') <= 40, line) end
      assert.matches('\n  └ 1: nn.SpatialConvolution%(3 %-> 8, 3x…\n    1x8x4x4 +224 +6,912 +512 B\n', narrow)
   end)

   it('is summed up: outputs, parameters, operations', function()
      local net = nn.Sequential():add(nn.SpatialConvolution(3, 8, 3, 3, 2, 2, 1, 1)):add(nn.ReLU())
      net:add(nn.SpatialConvolution(8, 4, 1, 1))
      local s = summary.of(net, {2, 3, 16, 20})
      local first, second = 2 * (2 * 8 * 8 * 10) * 3 * 9, 2 * (2 * 4 * 8 * 10) * 8
      assert.equal(first + second, s.flops)
      assert.equal(first, s.rows[2].flops)
      assert.equal('2x8x8x10', s.rows[2].output)
      assert.equal('2x4x8x10', s.output)
      assert.equal(4 * (2 * 8 * 80 * 2 + 2 * 4 * 80), s.bytes)
      assert.is_true(net.train)
      assert.is_nil(rawget(net, 'call'))
      assert.matches('input 2x3x16x20, output 2x4x8x10; 260 parameters', summary.text(net, {2, 3, 16, 20}))
   end)

   it('counts the parallel convolutions of a pyramid and those in groups', function()
      local net = hilo.models.deeplab {backbone = 'resnet18', classes = 3, width = 4}
      local s = summary.of(net, {1, 3, 65, 65})
      local head
      for _, row in ipairs(s.rows) do head = row.text:find('AtrousPyramid') and row or head end
      assert.equal(4 * 2 * 3 * 9 * 9 * 32 * 9, head.flops)
      local grouped = nn.SpatialConvolution(8, 8, 3, 3, 1, 1, 1, 1):inGroups(8)
      assert.equal(2 * 8 * 36 * 9, summary.of(grouped, {1, 8, 6, 6}).flops)
   end)

   it('counts the outputs of what does the work of its parts at once', function()
      local net = hilo.models.deeplab {backbone = 'resnet18', classes = 3, width = 4}
      assert.equal(4 * 3 * 9 * 9, summary.of(net.head, {1, 32, 9, 9}).bytes)
   end)

   it('is left as it was where it fails', function()
      local net = nn.Sequential():add(nn.Linear(2, 3))
      assert.is_false(pcall(summary.of, net, {2, 7}))
      assert.is_nil(rawget(net, 'call'))
      assert.equal(2, net:forward(hilo.zeros(2, 2)):dim())
      assert.matches('^hl_', (ops.watch(function(name, call, ...) call(...) return name end, function() return 'hl_' end)))
   end)
end)

describe('a data set at the prompt', function()
   it('says what it is, and so do a split and a loader', function()
      local root = tiny.voc {n = 6, val = 2}
      local set = hilo.data.open {root = root}
      assert.matches('layout voc: 6 pictures, 6 with label maps', pretty.text(set))
      assert.matches('3 classes: background, red, green; void is 255$', pretty.text(set))
      local split = hilo.data.split(set, {labelled = '2', unlabelled = 'rest', seed = 1})
      assert.matches('labelled%s+2  %S.-unlabelled%s+2 .-val%s+2 ', pretty.text(split))
      local loader = hilo.data.loader {set = set, names = split.labelled, labels = true, batch = 2, seed = 1, stream = 1,
         transform = hilo.data.transforms.segmentation {crop = {16, 16}}}
      assert.equal('loader of 2 pictures with label maps: batches of 2, 1 in one pass, on cpu', pretty.text(loader))
      tiny.remove(root)
   end)
end)
