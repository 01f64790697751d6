local hilo = require 'hilo'
local chunk = require 'hilo.prompt.chunk'
local complete = require 'hilo.prompt.complete'
local History = require 'hilo.prompt.history'
local Session = require 'hilo.prompt.session'

local breaks = require('hilo.prompt.readline').breaks

-- What Tab offers at the end of the line, with the word split off as readline does.
local function offered(line, variables)
   local session = Session.new {history = History.new(), colour = false}
   for name, value in pairs(variables or {}) do session.variables[name] = chunk.variable(value) end
   local from = #line
   while from > 0 and not breaks:find(line:sub(from, from), 1, true) do from = from - 1 end
   return complete.readline(session, line, from, #line)
end

local function has(list, ...)
   for i = 1, select('#', ...) do
      local found = false
      for _, name in ipairs(list) do found = found or name == select(i, ...) end
      assert(found, ('%s is not among %s'):format(select(i, ...), table.concat(list, ' ')))
   end
end

describe('Tab', function()
   it('completes globals, local variables of the session and words of Lua', function()
      has(offered 'tost', 'tostring')
      has(offered('x = my_v', {my_value = 1}), 'my_value')
      assert.same({'repeat'}, offered 'x = rep')
   end)

   it('completes fields, through metatables', function()
      assert.same({'string.gmatch', 'string.gsub'}, offered 'y = string.g')
      local object = setmetatable({own = 1}, {__index = setmetatable({base_one = 1}, {__index = {base_two = 2}})})
      assert.same({'o.base_one', 'o.base_two'}, offered('o.b', {o = object}))
      assert.same({'o.a.inner'}, offered('o.a.in', {o = {a = {inner = 1}}}))
   end)

   it('completes parts of hilo that are not loaded yet', function()
      has(offered('hilo.', {hilo = hilo}), 'hilo.sweep', 'hilo.nn', 'hilo.conv2d')
   end)

   it('completes methods of tensors, modules and strings', function()
      has(offered('t:re', {t = hilo.ones(2)}), 't:resize', 't:repeatTensor')
      local net = hilo.nn.Sequential()
      has(offered('net:', {net = net}), 'net:add', 'net:forward', 'net:zeroGradParameters')
      assert.same({}, offered('net:modul', {net = net})) -- a field, no method
      assert.same({'net.modules'}, offered('net.modul', {net = net}))
      assert.same({'s:rep'}, offered('s:rep', {s = 'x'}))
   end)

   it('completes options in the braces of a call that documents them', function()
      has(offered('net = hilo.models.deeplab {', {hilo = hilo}), 'backbone = ', 'classes = ')
      has(offered('net = hilo.models.deeplab {classes = 3, back', {hilo = hilo}), 'backbone = ')
      has(offered('x = hilo.io.image.load("a.png", {', {hilo = hilo}), 'as = ')
      assert.same({'momentum = '}, offered('hilo.optim.SGD({}, {mom', {hilo = hilo}))
      local rest = offered('net = hilo.models.deeplab {classes = 3, ', {hilo = hilo})
      for _, name in ipairs(rest) do assert.not_equal('classes = ', name) end
   end)

   it('completes modules, files and topics', function()
      has(offered 'local x = require "hilo.prompt.his', 'hilo.prompt.history')
      assert.same({'prompt_complete_spec.lua'}, offered 'f("spec/prompt_compl')
      has(offered 'f("spec/gold', 'golden/', 'golden_spec.lua')
      has(offered '?nn.SpatialConv', 'nn.SpatialConvolution')
      assert.same({'save'}, offered '%sa')
   end)

   it('completes files for the shell, and for commands that take one', function()
      assert.same({'prompt_complete_spec.lua'}, offered '$ cat spec/prompt_compl')
      assert.same({'lua/'}, offered '$ ls -l lu')
      assert.same({'prompt_complete_spec.lua'}, offered '%load spec/prompt_compl')
   end)

   it('calls nothing and never fails', function()
      local angry = setmetatable({}, {__index = function() error('called') end})
      assert.same({}, offered('angry.b.c', {angry = angry}))
      assert.same({}, offered('f(1).x', {}))
      assert.same({}, offered(']]] {{{ zzz', {}))
   end)
end)
