-- Event files as TensorBoard reads them. The bytes were made by TensorBoard's own messages.
local events = require 'hilo.io.events'
local hparams = require 'hilo.io.hparams'
local pb = require 'hilo.io.protobuf'
local reader = require 'spec.event_reader'
local records = require 'hilo.io.records'
local tiny = require 'spec.tiny_set'
local utf8 = require 'hilo.io.utf8'

local function hex(text) return (text:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end

describe('records', function()
   it('have the checksums of RFC 3720', function()
      assert.equal(0x8a9136aa, records.crc32c(('\0'):rep(32)))
      assert.equal(0x62a8ab43, records.crc32c(('\255'):rep(32)))
      assert.equal(0xe3069283, records.crc32c('123456789'))
      assert.equal(0, records.crc32c(''))
   end)

   it('are framed by length and masked checksums', function()
      assert.equal('0500000000000000eab2043e68656c6c6fbb1f1c19', hex(records.frame('hello')))
   end)
end)

describe('protocol buffers', function()
   it('hold whole numbers of any length', function()
      assert.equal('00', hex(pb.varint(0)))
      assert.equal('7f', hex(pb.varint(127)))
      assert.equal('8001', hex(pb.varint(128)))
      assert.equal('ac02', hex(pb.varint(300)))
      assert.equal('ffffffffffffff0f', hex(pb.varint(2 ^ 53 - 1)))
   end)

   it('take no text that is not UTF-8', function()
      assert.equal('0a03efbfbd', hex(pb.text(1, '\255')))
      assert.equal('0a01ff', hex(pb.bytes(1, '\255')))
   end)
end)

describe('text of unknown origin', function()
   it('stays as it is where it is UTF-8', function()
      for _, text in ipairs {'', 'plain\0', 'é', '\226\130\172', '\240\159\152\128', '\237\159\191', '\244\143\191\191'} do
         assert.equal(text, utf8.valid(text))
      end
   end)

   it('loses bytes that are not', function()
      local bad = '\239\191\189'
      assert.equal('a' .. bad .. 'b', utf8.valid('a\255b'))
      assert.equal(bad .. 'x', utf8.valid('\195x'))                     -- cut short
      assert.equal(bad .. bad, utf8.valid('\192\128'))                  -- overlong
      assert.equal(bad .. bad .. bad, utf8.valid('\237\160\128'))       -- a surrogate
      assert.equal(bad .. bad .. bad .. bad, utf8.valid('\244\144\128\128')) -- beyond U+10FFFF
      assert.equal('é' .. bad .. bad, utf8.valid('é\226\130'))
   end)
end)

describe('values of a summary', function()
   it('are points of curves', function()
      assert.equal('0a08747261696e2f6365150000803e', hex(events.scalar('train/ce', 0.25)))
   end)

   it('are pictures', function()
      assert.equal('0a03612f62220e08ac0210021803220589504e4700', hex(events.image('a/b', 300, 2, '\137PNG\0')))
   end)

   it('are histograms', function()
      local h = {min = -1, max = 2, count = 3, sum = 1.5, squares = 5, limits = {0.5, 2}, counts = {1, 2}}
      assert.equal('0a01682a5109000000000000f0bf11000000000000004019000000000000084021000000000000f83f29000000000000144032100000000'
         .. '00000e03f00000000000000403a10000000000000f03f0000000000000040', hex(events.histogram('h', h)))
   end)

   it('are texts', function()
      assert.equal('0a0372756e420a080712004204232068694a0a0a060a04746578742002', hex(events.text('run', '# hi')))
   end)

   it('are options, columns and the end of a run', function()
      assert.equal('0a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f42060801120212004a3f0a3b0a0768706172616d7312301a2e'
         .. '0a070a0161120220000a0e0a0162120911000000000000e03f0a0a0a016312051a03782c792900000000000014402002',
         hex(hparams.started({a = false, b = 0.5, c = 'x,y'}, 5)))
      assert.equal('0a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42060801120212004a1c0a180a0768706172616d73120d220b080111'
         .. '0000000000001c402002', hex(hparams.finished(7)))
      assert.equal('0a145f68706172616d735f2f6578706572696d656e7442060801120212004a570a530a0768706172616d731248124619000000000000f03f'
         .. '22080a04666c6167200222060a026c722003220a0a0670726573657420012a1d0a11120f73636f7265732f6d65616e5f696f751a086d65616e5f69'
         .. '6f752002', hex(hparams.experiment({flag = true, lr = 0.5, preset = 'original'}, {'scores/mean_iou'}, 1)))
   end)
end)

describe('columns of the HPARAMS tab', function()
   local function columns(chosen)
      local value = reader.fields(hparams.experiment({a = 1, b = 2, c = true}, {}, 1, chosen))
      local plugin = reader.fields(reader.fields(value[9][1])[1][1])
      local list = {}
      for i, info in ipairs(reader.fields(reader.fields(plugin[2][1])[2][1])[4]) do
         local fields = reader.fields(info)
         list[i] = fields[1][1] .. (fields[7] and fields[7][1] == 1 and ' differs' or '')
      end
      return list
   end

   it('begin with the options that were chosen', function()
      assert.same({'a', 'b', 'c'}, columns())
      assert.same({'b differs', 'c differs', 'a'}, columns {c = true, b = 5, other = 1})
   end)
end)

describe('an event file', function()
   local folder
   before_each(function() folder = tiny.folder() end)
   after_each(function() tiny.remove(folder) end)

   local function read(name) return reader.events(tiny.read(folder .. '/' .. name)) end

   it('says its version, then has one event for all values of a step', function()
      local writer = events.open(folder)
      writer:add(300, {events.scalar('x', 1), events.scalar('y', 2)})
      writer:add(301, {})
      writer:close()
      local list = read(events.list(folder)[1])
      assert.equal(2, #list)
      assert.equal('brain.Event:2', list[1].version)
      assert.equal(300, list[2].step)
      assert.same({{tag = 'x', scalar = 1}, {tag = 'y', scalar = 2}}, list[2].values)
      assert.near(os.time(), list[2].time, 2)
      assert.is_true(list[2].time >= list[1].time)
   end)

   it('holds after flush() what was added, and nothing before', function()
      local writer = events.open(folder)
      local path = folder .. '/' .. events.list(folder)[1]
      local before = #tiny.read(path)
      writer:add(1, {events.scalar('x', 1)})
      assert.equal(before, #tiny.read(path))
      writer:flush()
      local list, rest = reader.records(tiny.read(path))
      assert.same({2, 0}, {#list, rest})
      writer:close()
   end)

   it('of a run that goes on comes after the others and drops what follows the checkpoint', function()
      for i = 1, 3 do events.open(folder, {resumed_after = i > 1 and 10 * i or nil}):close() end
      local names = events.list(folder)
      assert.equal(3, #names)
      assert.is_false(read(names[1])[2] ~= nil)
      for i = 2, 3 do
         local start = read(names[i])[2]
         assert.is_true(start.restart)
         assert.equal(10 * i + 1, start.step)
      end
   end)

   it('that cannot be written is an error with its name', function()
      assert.error_matches(function() events.open(folder .. '/missing') end, 'events: cannot write .*/missing/events')
   end)
end)
