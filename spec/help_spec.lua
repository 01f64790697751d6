--- help_spec.lua: what hilo.help tells, read from the comments in the source.
local hilo = require 'hilo'
local help = require 'hilo.help'
local comments = require 'hilo.help.comments'
local entries = require 'hilo.help.entries'
local other_names = require 'hilo.help.other_names'
local types = require 'hilo.help.types'

describe('the reader of comments', function()
   it('cuts types from what follows them', function()
      assert.same({'fun(x: Tensor, dim?: integer): Tensor', 'as x'}, {types.split 'fun(x: Tensor, dim?: integer): Tensor as x'})
      assert.same({'{a: integer, b: Tensor[]}', 'two'}, {types.split '{a: integer, b: Tensor[]} two'})
      assert.same({"'mean'|'sum'", ''}, {types.split "'mean'|'sum'"})
   end)

   it('reads parameters over several lines, results and examples', function()
      local comment = comments.read {' What it does.', '', '     local y = f(1)', '     assert(y)', '@param x Tensor (N,C)',
         '@param options? {a: integer,', ' b: string} a is 1', '@return Tensor y (N), string why', '@return integer n'}
      assert.equal('What it does.\n\n\0011', comment.text)
      assert.same({'local y = f(1)\nassert(y)'}, comment.examples)
      assert.same({name = 'x', type = 'Tensor', text = '(N,C)', optional = false}, comment.parameters[1])
      assert.same({name = 'options', type = '{a: integer, b: string}', text = 'a is 1', optional = true}, comment.parameters[2])
      assert.same({'y', 'n'}, {comment.results[1].name, comment.results[2].name})
   end)
end)

describe('the index of the sources', function()
   it('takes little time', function()
      local began, count = os.clock(), 0
      for path in pairs(require 'hilo.help.index'().files) do
         require 'hilo.help.reader'(path)
         count = count + 1
      end
      assert(count > 300 and os.clock() - began < 0.3, os.clock() - began) -- 0.04 on an idle machine
   end)
end)

describe('help.show', function()
   it('tells signature, shapes, errors and place of a class', function()
      local text = help.show 'nn.SpatialConvolution'
      for _, part in ipairs {'nn.SpatialConvolution(nInputPlane, nOutputPlane, kW, [kH]', '(N,nIn,H,W)', 'width of the kernel',
         'torch.nn.Conv2d', 'lua/hilo/nn/SpatialConvolution.lua:'} do
         assert.truthy(text:find(part, 1, true), part .. ' in\n' .. text)
      end
   end)

   it('knows functions, objects and tensors by themselves', function()
      assert.truthy(help.show(hilo.resize):find('hilo.resize(x, h, w, [options])', 1, true))
      assert.equal(help.show 'nn.Linear', help.show(hilo.nn.Linear(2, 3)))
      assert.equal(help.show 'Tensor', help.show(hilo.zeros(2)))
      assert.equal(help.show 'data.open', help.show(hilo.data.open))
   end)

   it('tells of methods that a class has from its parent', function()
      assert.truthy(help.show('nn.Linear:forward'):find('nn.Module:forward', 1, true))
   end)

   it('names what is near to a name that nobody knows', function()
      assert.truthy(help.show('linaer'):find('nn.Linear', 1, true))
      assert.truthy(help.show('qqqqzzzz'):find("nothing is called 'qqqqzzzz'", 1, true))
   end)

   it('names what PyTorch calls so', function()
      assert.matches('nn.SpatialConvolution(', help.show 'torch.nn.Conv2d', 1, true)
      assert.matches('^nothing is called \'interpolate\'; near to it are\n +hilo.resize%(', help.show 'interpolate')
   end)

   it('knows what the prompt adds', function()
      assert.truthy(help.show('show'):find('^show%(x, %[options%]%)'))
      assert.truthy(help.show('open'):find('-> OpenedRun', 1, true) and help.show('hilo.open'):find('-> Model', 1, true))
      assert.truthy(help.show('summary'):find('^summary%(net, sizes%)'))
   end)

   it('takes a method of a variable for that of tensors or modules', function()
      assert.equal(help.show 'Tensor:add', help.show 'x:add')
      assert.equal(help.show 'nn.Module:forward', help.show 'net:forward')
      assert.truthy(help.show(nil):find('^a nil'))
   end)

   it('gives pages by their names', function() assert.truthy(help.show('tensors'):find('^# Tensors')) end)

   it('tells of a function in a script of somebody else', function()
      local path = os.tmpname()
      local out = io.open(path, 'w')
      out:write('--- Twice x.\n---@param x number metres\n---@return number\nlocal function twice(x) return 2 * x end\nreturn twice\n')
      out:close()
      local text = help.show(dofile(path))
      os.remove(path)
      assert.truthy(text:find('Twice x.', 1, true) and text:find('metres', 1, true))
   end)

   it('lists the messages of errors with the values left open', function()
      assert.truthy(help.show('nn.Linear'):find('nn.Linear: expects … inputs, got …', 1, true))
      assert.truthy(help.show('matmul'):find('matmul: … times … does not fit', 1, true))
   end)
end)

describe('help', function()
   it('shows the source with its comment', function()
      local source, place = help.source 'hilo.label_map'
      assert.truthy(source:find('^%-%-%- The class with the largest value') and source:find('return labels, confidence\nend$'))
      assert.truthy(place:find('ops/labels%.lua:%d+$'))
   end)

   it('shows what makes the functions that are made by others', function()
      local source, place = help.source 'hilo.relu'
      assert.truthy(source:find("unary('relu'", 1, true))
      assert.truthy(place:find('ops/pointwise%.lua:%d+$'))
      assert.truthy(help.source('Tensor:add'):find("additive('add'", 1, true))
   end)

   it('finds by words, and by the names of others', function()
      assert.truthy(help.search('interpolate'):find('^hilo.resize'))
      assert.truthy(help.search('void pixels'):find('hilo.cross_entropy', 1, true))
      assert.truthy(help.search('xyzzy'):find("nothing is told of 'xyzzy'", 1, true))
      assert.truthy(help.search('pictures with the worst labels'):find('^OpenedRun:worst'))
      assert.truthy(help.search('how do I show a picture'):find('^show '))
      assert.truthy(help.search('interpolate xyzzy'):find('^nothing holds all of these words; all but one are in\nhilo.resize'))
   end)

   it('names the options of functions', function()
      assert.same({'stride', 'pad', 'dilation', 'groups'}, help.option_names 'conv2d')
      assert.same(help.option_names 'conv2d', help.option_names(hilo.conv2d))
      assert.truthy(table.concat(help.option_names(hilo.open), ' '):find('window', 1, true))
      assert.same({}, help.option_names 'relu')
      assert.truthy(table.concat(help.option_names 'models.deeplab', ' '):find('aspp_branches', 1, true))
      assert.truthy(table.concat(help.option_names(hilo.plot.bar), ' '):find('xlabel', 1, true))
      assert.same(help.option_names 'plot', help.option_names 'hilo.plot.hist')
   end)

   it('lists pages and names', function()
      local known = {}
      for _, name in ipairs(help.topics()) do known[name] = true end
      for _, name in ipairs {'tensors', 'conv2d', 'nn.Linear', 'Tensor:add', 'Loader:next'} do assert.is_true(known[name], name) end
   end)

   it('names what others call only for what is there', function()
      for _, row in ipairs(other_names.rows()) do assert(entries.named(row.ours), row.ours) end
   end)
end)

describe('hilo help', function()
   local run = require('spec.tiny_runs').command

   it('prints a topic, finds words and counts', function()
      local status, text = run('help', {'nn.Linear'})
      assert.equal(0, status)
      assert.truthy(text:find('nn.Linear(inputSize, outputSize, [bias])', 1, true))
      status, text = run('help', {'count'})
      assert.equal(0, status)
      local names, told = text:match('^(%d+) public names, (%d+) with an entry')
      assert.equal(names, told)
      assert.truthy(select(2, run('help', {'search', 'mean', 'teacher'})):find('hilo.methods.mean_teacher', 1, true))
   end)

   it('ends with 1 where nobody knows the name', function() assert.equal(1, (run('help', {'qqqqzzzz'}))) end)
end)

describe('the annotations for language servers', function()
   it('are Lua in which every public name is', function()
      local text = require 'hilo.help.annotations'()
      local globals = {}
      setfenv(assert(loadstring(text)), globals)()
      local lost = {}
      for _, entry in ipairs(entries.all()) do
         local at = globals
         if not entry.name:match('^%u') and entry.kind ~= 'value' and entry.name ~= 'hilo' then
            local name = entry.owner == 'prompt' and entry.key
               or (entry.name:match('^nn') or entry.name:match('^optim')) and entry.name or 'hilo.' .. entry.name
            for word in name:gmatch('[%w_]+') do at = at and at[word] end
            if not at then lost[#lost + 1] = entry.name end
         end
      end
      assert.same({}, lost)
      assert.truthy(text:find('---@class nn.Linear: nn.Module', 1, true))
   end)
end)
