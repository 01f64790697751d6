local ffi = require 'ffi'
local hilo = require 'hilo'
local pth = require 'hilo.io.pth'
local helper = require 'spec.helper'

local golden = 'spec/golden/pth/'
local folder = os.tmpname()
os.remove(folder)
assert(os.execute('mkdir -p ' .. folder) == 0)
local scratch = folder .. '/mutated.pth'

local bytes_of = helper.read_file

local function put(text) return helper.write_file(scratch, text) end

local function flipped(text, at, mask)
   local b = require('bit').bxor(text:byte(at), mask)
   return text:sub(1, at - 1) .. string.char(b) .. text:sub(at + 1)
end

--- The values that make_pth.py saved.
local function expect_tensors(t)
   assert.same({{1.5, -2.25}, {0.125, 3}}, t.parameter:totable())
   local transposed = t.transposed
   assert.same({4, 3, 2}, transposed:size():totable())
   for i = 1, 4 do
      for j = 1, 3 do
         for k = 1, 2 do assert.equal(((k - 1) * 12 + (j - 1) * 4 + i - 1) / 8 - 1, transposed:get(i, j, k)) end
      end
   end
   assert.same({5 / 8 - 1, 6 / 8 - 1, 7 / 8 - 1, 0}, t.narrowed:totable())
   assert.same({7}, t.scalar:totable())
   assert.same({0, 3}, t.empty:size():totable())
   assert.same({1 / 3, -2.5e300}, t.double:totable())
   assert.equal('float64', t.double:dtype())
   assert.same({0.5, -65504}, t.half:totable())
   assert.same({1, -3.140625}, t.bfloat16:totable())
   assert.same({2 ^ 40, -5}, t.long:totable())
   assert.equal('int64', t.long:dtype())
   assert.same({-2 ^ 31, 2 ^ 31 - 1}, t.int:totable())
   assert.same({-32768, 32767}, t.short:totable())
   assert.same({-128, 127}, t.char:totable())
   assert.same({0, 255}, t.byte:totable())
   assert.same({1, 0}, t.bool:totable())
   assert.equal('uint8', t.bool:dtype())
end

describe('files of torch.save', function()
   teardown(function() os.execute('rm -r ' .. folder) end)

   for _, name in ipairs {'zip', 'legacy', 'deflated'} do
      it(('give what PyTorch saved, every element type and stride (%s)'):format(name), function()
         local tensors, notes = pth.load(golden .. name .. '.pth')
         expect_tensors(tensors)
         assert.same({}, notes)
      end)

      it(('let tensors that shared memory share it (%s)'):format(name), function()
         local t = pth.load(golden .. name .. '.pth')
         assert.is_true(rawequal(t.transposed._storage, t.narrowed._storage))
      end)
   end

   it('become float32 from half as PyTorch converts them', function()
      local t = pth.load(golden .. 'half.pth')
      local a, b = ffi.cast('uint32_t *', t.half:data()), ffi.cast('uint32_t *', t.float:data())
      for i = 0, t.half:nElement() - 1 do
         local is_nan = t.float:get(i + 1) ~= t.float:get(i + 1)
         if is_nan then assert.is_true(t.half:get(i + 1) ~= t.half:get(i + 1)) else assert.equal(b[i], a[i]) end
      end
   end)

   it('are reduced to the state dict that they hold, with a note', function()
      local t, notes, names = pth.load(golden .. 'nested.pth')
      assert.same({3, 2, 3, 3}, t['module.0.weight']:size():totable())
      assert.equal(7, #names)
      assert.equal(1, #notes)
      assert.truthy(notes[1]:find("'state_dict' and left optimizer, epoch, best", 1, true))
   end)

   it('may not call functions: the error names the one that was asked for', function()
      local message = helper.error_of(pth.load, golden .. 'program.pth')
      assert.truthy(message:find('program.pth', 1, true))
      assert.truthy(message:find("wants to call '[%w]+%.system'"))
   end)

   it('of other kinds are told apart', function()
      assert.truthy(helper.error_of(pth.load, put('hello world')):find('not a file made by torch.save', 1, true))
      assert.truthy(helper.error_of(pth.load, put('')):find('mutated.pth', 1, true))
      assert.truthy(helper.error_of(pth.load, put('\128\2K\1.')):find('was not written by torch.save', 1, true))
      assert.truthy(helper.error_of(pth.load, folder .. '/none.pth'):find('none.pth', 1, true))
      assert.truthy(helper.error_of(pth.load, folder):find(folder, 1, true))
      assert.truthy(helper.error_of(pth.load, nil):find('expected the path', 1, true))
   end)

   for _, name in ipairs {'zip', 'legacy', 'deflated'} do
      it(('are refused when cut short, wherever that is (%s)'):format(name), function()
         local text = bytes_of(golden .. name .. '.pth')
         local count = 0
         for i = 1, 80 do
            local message = helper.error_of(pth.load, put(text:sub(1, math.floor(i * (#text - 1) / 80))))
            assert.truthy(message:find('mutated.pth', 1, true), message)
            count = count + 1
         end
         assert.is_true(count >= 60)
      end)

      it(('with a damaged byte load or are refused, and nothing else (%s)'):format(name), function()
         local text = bytes_of(golden .. name .. '.pth')
         local refused, step = 0, math.floor(#text / 300)
         for at = 1, #text, step do
            local ok, message = pcall(pth.load, put(flipped(text, at, at % 3 == 0 and 0x80 or at % 255 + 1)))
            if not ok then
               refused = refused + 1
               assert.truthy(tostring(message):find('mutated.pth', 1, true), message)
            end
         end
         assert.is_true(refused >= 60, refused)
      end)
   end

   it('with a wrong byte in their pickle never reach beyond their storages', function()
      local text = bytes_of(golden .. 'legacy.pth')
      local stop = text:find('\0\0\0\0\0\0\0\0', 1000, true) or 1000
      for at = 80, stop, 2 do
         local ok, result = pcall(pth.load, put(flipped(text, at, 1 + at % 7)))
         if ok then
            for _, t in pairs(result) do
               if t:nElement() > 0 then t:clone() end
            end
         else
            assert.truthy(tostring(result):find('mutated.pth', 1, true), result)
         end
      end
   end)

   it('are refused with sizes, strides or offsets that leave the storage', function()
      local text = bytes_of(golden .. 'legacy.pth')
      local narrowed = assert(text:find('narrowed', 1, true))
      local at = assert(text:find('QK\5K\4\133', narrowed)) -- offset 5, sizes (4)
      for _, edit in ipairs {{2, '\30'}, {4, '\200'}, {4, '\21'}} do
         local position = at + edit[1]
         local message = helper.error_of(pth.load, put(text:sub(1, position - 1) .. edit[2] .. text:sub(position + 1)))
         assert.truthy(message:find('reaches element', 1, true), message)
      end
   end)

   it('may not nest without end', function()
      local deep = ('(d(X\1\0\0\0a'):rep(10) -- not a pickle of torch.save, but one of its machine's programs
      local pickle = require 'hilo.io.pickle'
      assert.has_error(function() pickle.read(deep .. '.', {path = 'x', globals = {}}) end)
      local value = pickle.read('\128\2]q\0h\0a.', {path = 'x', globals = {}}) -- a list that contains itself
      assert.is_true(rawequal(value, value[1]))
   end)

   it('of 23 MB load in less than a second of processor time', function()
      local path = (os.getenv('HILO_TEST_DATA') or '../shared/data') .. '/weights/resnet18-imagenet-fp16.pth'
      local f = io.open(path)
      if not f then return pending('no trained weights at ' .. path) end
      f:close()
      local start = os.clock()
      local t = pth.load(path)
      assert.is_true(os.clock() - start < (os.getenv('HILO_SANITIZED') and 10 or 1))
      assert.same({1000, 512}, t['fc.weight']:size():totable())
      assert.equal('torch.FloatTensor', t['fc.weight']:type())
   end)
end)

describe('hilo', function()
   it('reads .pth files through hilo.io, whatever their names', function()
      local t = hilo.io.load_tensors(golden .. 'legacy.pth')
      assert.same({1.5, -2.25}, t.parameter:totable()[1])
   end)
end)
