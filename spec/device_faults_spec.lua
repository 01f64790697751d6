--- Mistakes in the values that a card's kernels read, such as a label that is no class. A call does not wait for the card to find
--- them: the next one that waits tells.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'

-- A tensor of whole numbers on the device.
local function whole(device, kind, values, ...)
   return hilo.DoubleTensor(values):to{dtype = kind}:view(...):to{device = device}
end

-- name, pattern of the message, function(device) that makes the mistake and returns what came of it with what is to come of it
local mistakes = {
   {'a label of cross_entropy', 'cross_entropy: labels has 3 at %[1,0,1%]', function(device)
      local x, labels = hilo.zeros(2, 3, 2, 2, {device = device}), whole(device, 'byte', {0, 1, 2, 255, 0, 3, 1, 1}, 2, 2, 2)
      return hilo.cross_entropy(x, labels), {0 / 0}
   end},
   {'a label of cross_entropy image by image', 'cross_entropy: labels has %-1 at %[1,1%]', function(device)
      local x, labels = hilo.zeros(2, 4, 2, {device = device}), whole(device, 'int', {0, 1, 2, -1}, 2, 2)
      return hilo.cross_entropy(x, labels, {per_image = true}), {math.log(4), 0 / 0}
   end},
   {'a label of resize_cross_entropy', 'resize_cross_entropy: labels has 9 at %[0,3,2%]', function(device)
      local labels = whole(device, 'long', {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 9}, 1, 4, 3)
      return hilo.resize_cross_entropy(hilo.zeros(1, 3, 2, 2, {device = device}), labels), {0 / 0}
   end},
   {'a label of cross_entropy_back', 'cross_entropy_back: labels has 2 at %[0,1%]', function(device)
      local dx, one = hilo.zeros(1, 2, 2, {device = device}), hilo.ones(1, {device = device})
      core.run('hl_cross_entropy_back', dx, one, hilo.zeros(1, 2, {device = device}), one, hilo.zeros(1, 2, 2, {device = device}),
         whole(device, 'byte', {255, 2}, 1, 2), nil, ffi.new('hl_ce', {255, 0}))
      return dx, {0, 0 / 0, 0, 0 / 0}
   end},
   {'a label of resize_cross_entropy_back', 'resize_cross_entropy_back: labels has 8 at %[0,1,0%]', function(device)
      local dx, one = hilo.zeros(1, 1, 2, 1, {device = device}), hilo.ones(1, {device = device})
      core.run('hl_resize_cross_entropy_back', dx, one, hilo.zeros(1, 2, 1, {device = device}), one,
         hilo.zeros(1, 1, 2, 1, {device = device}), whole(device, 'byte', {0, 8}, 1, 2, 1), nil, ffi.new('hl_ce', {255, 0}),
         ffi.C.HL_BILINEAR)
      return dx, {0, 0 / 0}
   end},
   {'a label of one_hot', 'one_hot: labels has 2 at %[0,1%]', function(device)
      return hilo.one_hot(whole(device, 'byte', {0, 2, 255, 1}, 2, 2), 2), {1, 0 / 0, 0, 0 / 0, 0, 0, 0, 1}
   end},
   {'a label of one_hot_pair', 'one_hot_pair: labels has 4 at %[0,1,0%]', function(device)
      local y, images = hilo.zeros(1, 3, 2, 1, {device = device}), whole(device, 'float', {3, 5}, 1, 1, 2, 1)
      core.run('hl_one_hot_pair', y, whole(device, 'byte', {1, 4}, 1, 2, 1), images, nil, 255)
      return y, {0, 0 / 0, 1, 0 / 0, 0, 1}
   end},
   {'a true label of confusion', 'confusion: truth has 2 at %[2%]', function(device)
      local matrix = whole(device, 'long', {1, 2, 3, 4}, 2, 2)
      return hilo.confusion(matrix, whole(device, 'byte', {0, 1, 2}, 3), whole(device, 'byte', {0, 1, 1}, 3)), {1, 2, 3, 4}
   end},
   {'a predicted label of confusion', 'confusion: prediction has 7 at %[0,1%]', function(device)
      local matrix, truth = whole(device, 'long', {1, 2, 3, 4}, 2, 2), whole(device, 'byte', {0, 1, 1, 1}, 2, 2)
      return hilo.confusion(matrix, truth:t(), whole(device, 'int', {0, 7, 1, 1}, 2, 2)), {1, 2, 3, 4}
   end},
   {'a position of index_select', 'index_select: index holds 4, which is not in 1%.%.3 along dimension 1', function(device)
      return hilo.index(whole(device, 'float', {5, 6, 7}, 3), 1, whole(device, 'long', {3, 4, 1}, 3)), {7, 0 / 0, 5}
   end},
   {'a position of index_select from nothing', 'index_select: index holds 1, but dimension 1 is empty', function(device)
      local y = hilo.empty({1, 2}, {device = device, dtype = 'int'})
      core.run('hl_index_select', y, hilo.empty({0, 2}, {device = device, dtype = 'int'}), whole(device, 'long', {1}, 1), 0)
      return y, {0, 0}
   end},
   {'a position of slices without elements', 'index_select: index holds 9, which is not in 1%.%.3 along dimension 1', function(device)
      local y = hilo.empty({1, 0}, {device = device})
      core.run('hl_index_select', y, hilo.empty({3, 0}, {device = device}), whole(device, 'long', {9}, 1), 0)
      return y, {}
   end},
   {'a position of index_put', 'index_put: index holds 0, which is not in 1%.%.3 along dimension 2', function(device)
      local x = whole(device, 'float', {1, 2, 3}, 1, 3)
      core.run('hl_index_put', x, whole(device, 'float', {10, 20, 30}, 1, 3), whole(device, 'long', {3, 0, 3}, 3), 1, 1)
      return x, {1, 2, 43}
   end},
   {'a position of gather', 'gather: index holds %-9223372036854775808, which is not in 1%.%.2', function(device)
      return hilo.gather(whole(device, 'int', {1, 2, 3, 4}, 2, 2), 1, whole(device, 'long', {2, -2 ^ 63}, 1, 2)), {3, 0}
   end},
   {'a position of scatter', 'scatter: index holds 9223372036854775807, which is not in 1%.%.2', function(device)
      local x = whole(device, 'double', {1, 2, 3, 4}, 2, 2)
      core.run('hl_scatter', x, whole(device, 'double', {7, 8}, 1, 2), whole(device, 'long', {2, 2 ^ 63}, 1, 2), 0, 0)
      return x, {1, 2, 7, 4}
   end},
   {'an index of max_pool_back', 'max_pool_back: index has 4, outside a plane of 1x1x2x2 float32', function(device)
      local dx = hilo.zeros(1, 1, 2, 2, {device = device})
      core.run('hl_max_pool_back', dx, whole(device, 'float', {5, 6}, 1, 1, 1, 2), whole(device, 'int', {4, 1}, 1, 1, 1, 2))
      return dx, {0, 6, 0, 0}
   end},
   {'a divisor', 'div: division by zero: b %(3 int32%) holds a 0', function(device)
      return hilo.cdiv(whole(device, 'int', {6, 7, 8}, 3), whole(device, 'int', {3, 0, -2}, 3)), {2, 0, -4}
   end},
   {'a divisor of a number', 'fmod: division by zero: b %(2 int64%) holds a 0', function(device)
      return hilo.fmod(7, whole(device, 'long', {0, 4}, 2)), {0, 3}
   end},
   {'a divisor of mod', 'mod: division by zero: b %(2 uint8%) holds a 0', function(device)
      return hilo.mod(whole(device, 'byte', {9, 9}, 2), whole(device, 'byte', {0, 5}, 2)), {0, 4}
   end},
   {'a divisor of addcdiv', 'addcdiv: division by zero: b %(2 int32%) holds a 0', function(device)
      local x, a = whole(device, 'int', {1, 1}, 2), whole(device, 'int', {9, 8}, 2)
      core.run('hl_addcmul', x, x, a, whole(device, 'int', {0, 4}, 2), 1, 1)
      return x, {1, 3}
   end},
}

for _, device in ipairs {'emu', 'cuda'} do
   if core.device(device) then
      local function synchronize() core.call(core.device(device).lib, 'hl_synchronize') end

      -- The card's copy of a result, which waits, and so tells.
      local function fetch(y) return y:to{device = 'cpu'} end

      describe(device .. ' tells of', function()
         for _, mistake in ipairs(mistakes) do
            local what, pattern, make = unpack(mistake)
            it(what .. ' when it is waited for, and goes on', function()
               synchronize()
               local y, expected = make(device)
               local message = helper.error_of(synchronize)
               assert.is_truthy(message:find(pattern), message)
               assert.is_truthy(message:find('HL_SYNC=1', 1, true), message)
               synchronize() -- it is told once
               local got = fetch(y)
               assert.equal(#expected, got:nElement())
               if #expected > 0 then
                  helper.assert_close(got:double():view(-1), hilo.DoubleTensor(expected), 1e-6, what)
               end
            end)
         end

         it('mistakes when a result is fetched', function()
            local loss = hilo.cross_entropy(hilo.zeros(1, 2, {device = device}), whole(device, 'byte', {2}, 1))
            local message = helper.error_of(function() return loss:item() end)
            assert.is_truthy(message:find('cross_entropy: labels has 2 at %[0%]'), message)
            assert.is_true(loss:item() ~= loss:item())
         end)

         it('one of many mistakes', function()
            hilo.one_hot(whole(device, 'byte', {9, 8, 7}, 3), 2)
            hilo.cdiv(whole(device, 'int', {1, 2}, 2), whole(device, 'int', {0, 0}, 2))
            local message = helper.error_of(synchronize)
            assert.is_truthy(message:find('one_hot: labels has [789] at'), message)
            synchronize()
         end)

         it('mistakes in the call itself where HL_SYNC=1 has each launch wait', function()
            local script = ([[
               local hilo = require 'hilo'
               local x, index = hilo.ones(3):to{device = '%s'}, hilo.LongTensor{5}:to{device = '%s'}
               print(pcall(hilo.index, x, 1, index))
               print(hilo.index(x, 1, index:fill(2)):sum())
            ]]):format(device, device)
            local path = os.tmpname()
            helper.write_file(path, script)
            local pipe = assert(io.popen(('HL_SYNC=1 luajit %s 2>&1'):format(path)))
            local text = pipe:read('*a')
            pipe:close()
            os.remove(path)
            assert.is_truthy(text:find('^false%s.*index_select: index holds 5, which is not in 1%.%.3 along dimension 1\n1\n$'), text)
         end)
      end)
   end
end
