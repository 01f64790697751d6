--- checked_spec.lua: public functions test their arguments by what their comments declare; lua/hilo/checked.
local autograd = require 'hilo.autograd'
local checked = require 'hilo.checked'
local declaration = require 'hilo.checked.declaration'
local entries = require 'hilo.help.entries'
local helper = require 'spec.helper'
local hilo = require 'hilo'
local kinds = require 'hilo.checked.kinds'
local limits = require 'hilo.checked.limits'
local nn, optim = hilo.nn, hilo.optim

local error_of = helper.error_of

describe('every public function', function()
   -- Those that take no arguments have nothing to test, and functions in C have no comments.
   local function takes_some(f)
      local info = debug.getinfo(f, 'u')
      return info.nparams > 0 or info.isvararg
   end

   local owners = {Tensor = true, data = true, io = true, methods = true, models = true, train = true, nn = true, optim = true}
   local function is_of_these(entry)
      return entry.owner == '' or owners[entry.owner:match '^[%w_]+']
   end

   it('tests what it is given', function()
      local seen, without, n, list = {}, {}, 0, entries.all() -- all parts are loaded now
      for _, value in pairs(checked.tested()) do seen[value] = true end
      for _, entry in ipairs(list) do
         local f = entry.kind == 'function' and entry.value or entry.kind == 'class' and entry.value and rawget(entry.value, '__init')
         f = checked.inside(f)
         if type(f) == 'function' and is_of_these(entry) and takes_some(f) then
            n = n + 1
            if not seen[f] then without[#without + 1] = entry.name end
         end
      end
      assert.is_true(n > 700)
      assert.same({}, without)
   end)

   it('has comments that fit its parameters', function()
      local unfit, n = {}, 0
      for _, entry in ipairs(entries.all()) do
         local f = entry.kind == 'function' and entry.value
         if f and is_of_these(entry) and #entry.parameters > 0 and takes_some(f) then
            local keys = {entry.key}
            for _, name in ipairs(entry.other_names) do keys[#keys + 1] = name:match '[%w_]+$' end
            n = n + 1
            local same = entry.same_as and entry.same_as:match '[%w_]+$'
            keys[#keys + 1] = same
            if not declaration.of(f, keys, autograd.forward_of(f)) and not debug.getinfo(f, 'u').isvararg then
               unfit[#unfit + 1] = entry.name
            end
         end
      end
      assert.is_true(n > 500)
      assert.same({}, unfit)
   end)
end)

describe('a message says what to do:', function()
   local x = hilo.ones(2, 3)
   local cases = {
      ['relu: x must be a tensor, got 3; hilo.Tensor{...} makes one of numbers'] = function() hilo.relu(3) end,
      ["max_pool: there is no option 'kernal'; did you mean 'kernel'?; it takes kernel"] = function()
         hilo.max_pool(hilo.ones(1, 1, 4, 4), {kernal = 2})
      end,
      ["nn.Linear: inputSize must be a whole number, got '3'; leave out the quotation marks"] = function() nn.Linear('3', 4) end,
      ['nn.Linear: outputSize must be a whole number, got 4.5; math.floor(x) rounds down'] = function() nn.Linear(3, 4.5) end,
      ["mse: reduction must be 'mean' or 'sum', got 'man'; did you mean 'mean'?"] = function()
         hilo.mse(x, x, {reduction = 'man'})
      end,
      ['add: must be called on a tensor, got 3; write a colon: object:add(a, b, c)'] = function() x.add(3) end,
      ['data.open: root is missing: it must be a string'] = function() hilo.data.open {} end,
      ['optim.ema: a must be a number or a tensor 0..1, got 2'] = function()
         optim.ema({w = x}, {w = x}, 2)
      end,
      ['methods.class_targets: labels must be a tensor (N,H,W), got a tensor of 2x3'] = function()
         hilo.methods.class_targets(x, 3)
      end,
      ['methods.cutmix.by_chance: area must be {a number, a number}, got a table'] = function()
         hilo.methods.cutmix.by_chance {area = {0.1}}
      end,
      ['nn.Sqrt:updateOutput: x must be a tensor, got nil; it is called nn.Sqrt:updateOutput(x)'] = function()
         nn.Sqrt():forward(nil)
      end,
   }
   for expected, f in pairs(cases) do
      it(expected, function()
         local text = error_of(f)
         assert.truthy(text:find(expected, 1, true), text)
         assert.matches('^[^\n]*spec/', text) -- the caller's line
      end)
   end
end)

describe('a kind', function()
   local function takes(kind, x, text) return limits.of(kinds.parse(kind), text or '').test(x) end

   it('is what the type says', function()
      assert.is_true(takes('integer', 3))
      for _, x in ipairs {1.5, 0 / 0, 1 / 0, '3', {}} do assert.is_false(takes('integer', x)) end
      assert.is_true(takes('integer|integer[]', {1, 2}))
      assert.is_false(takes('integer|integer[]', {1, 'x'}))
      assert.is_true(takes("'a'|'b'", 'b'))
      assert.is_false(takes("'a'|'b'", 'c'))
      assert.is_true(takes('{a: integer, b: string?}', {a = 1}))
      assert.is_false(takes('{a: integer, b: string?}', {b = 'x'}))
      assert.is_false(takes('{a: integer, b: string?}', {a = 1, c = 2}))
      assert.is_true(takes('{a: integer, [string]: any}', {a = 1, c = 2}))
      assert.is_true(takes('table<string, Tensor>', {w = hilo.ones(1)}))
      assert.is_false(takes('table<string, Tensor>', {w = 1}))
      assert.is_true(takes('fun(x: Tensor): number?', nn.ReLU()))
      assert.is_false(takes('fun(x: Tensor): number?', {}))
      assert.is_true(takes('{[1]: number, [2]: number?}', {1}))
      assert.is_false(takes('{[1]: number, [2]: number}', {1}))
      assert.is_false(takes('table', hilo.ones(1)))
      assert.is_true(takes('DataSet|string', 'x'))
      assert.is_false(takes('DataSet', {}))
   end)

   it('has the limits that the words after it name', function()
      assert.is_true(takes('number', 0.5, '0..1: probability'))
      for _, x in ipairs {-0.1, 1.1, 0 / 0} do assert.is_false(takes('number', x, '0..1: probability')) end
      assert.is_true(takes('integer', 2 ^ 20, '1..2^20'))
      assert.is_false(takes('integer', 2 ^ 20 + 1, '1..2^20'))
      assert.is_true(takes('integer', 0, '0 or more'))
      assert.is_false(takes('integer', -1, '0 or more'))
      assert.is_false(takes('number', 0, 'above 0'))
      assert.is_true(takes('Tensor', hilo.ones(2, 3), '(N,C) scores'))
      assert.is_false(takes('Tensor', hilo.ones(2, 3), '(N,C,H,W) or (C,H,W)'))
      assert.is_true(takes('Tensor', hilo.ones(2, 3), '(N,C,H,W) or whatever'))
   end)
end)

it('a function that tests its arguments is asked for as the one that was written', function()
   local inner = checked.inside(hilo.conv2d)
   assert.not_equal(hilo.conv2d, inner)
   assert.equal(inner, checked.inside(inner))
   assert.equal(3, checked.inside(3))
   assert.equal(hilo.help.entry and hilo.help.entry(hilo.conv2d), hilo.help.entry and hilo.help.entry(inner))
end)

it('parameters may have the names of what tests them', function()
   local module = {call = function(f, check, ...) return f(check, ...) end}
   checked.module('mine', module)
   assert.same({1, 2}, {module.call(function(...) return ... end, 1, 2)})
end)
