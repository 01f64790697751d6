--- kept_spec.lua: a run's checkpoints when something happens to them, or to the disk below them.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local kept = require 'hilo.train.kept'
local lock = require 'hilo.io.lock'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local checkpoint, folder, nn = hilo.io.checkpoint, hilo.data.folder, hilo.nn

local function flip(path, byte, bit)
   local text = tiny.read(path)
   local changed = require 'bit'.bxor(text:byte(byte), 2 ^ bit)
   tiny.write(path, text:sub(1, byte - 1) .. string.char(changed) .. text:sub(byte + 1))
end

describe('a checkpoint', function()
   local path
   before_each(function() path = os.tmpname() end)
   after_each(function() os.remove(path) end)

   it('with any bit turned round is refused by name, by what loads it and by what looks at it alone', function()
      local net, other = nn.Linear(3, 2), nn.Linear(3, 2)
      checkpoint.save(path, {nets = {S = net}, generator = false, meta = {step = 7, text = 'a "checksum":"00000000" b'}})
      checkpoint.verify(path)
      local whole, draw = tiny.read(path), helper.numbers(3)
      assert.matches('"checksum": "%x+"', whole)
      for _ = 1, 150 do
         flip(path, 1 + math.floor(draw() * #whole), math.floor(draw() * 8))
         local message = helper.error_of(checkpoint.load, path, {nets = {S = other}, generator = false})
         assert.truthy(message:find(path, 1, true), message)
         assert.truthy(helper.error_of(checkpoint.verify, path):find(path, 1, true))
         tiny.write(path, whole)
      end
      flip(path, #whole - 3, 5)
      assert.matches('does not have the checksum that it should', helper.error_of(checkpoint.load, path, {nets = {S = other}}))
      assert.matches('does not have the checksum', helper.error_of(hilo.io.load_tensors, path))
   end)

   it('of an older hilo, without a checksum, is read; of a version that is not known says what to do', function()
      local net = nn.Linear(3, 2)
      checkpoint.save(path, {nets = {S = net}, generator = false, meta = {step = 7}})
      local tensors, metadata = hilo.io.safetensors.load(path)
      metadata.checksum, metadata.checked_by = nil, nil
      hilo.io.safetensors.save(path, tensors, metadata)
      checkpoint.verify(path)
      assert.equal(7, checkpoint.load(path, {nets = {S = nn.Linear(3, 2)}, generator = false}).step)
      metadata.checkpoint = metadata.checkpoint:gsub('"version": %d+', '"version": 9')
      hilo.io.safetensors.save(path, tensors, metadata)
      assert.matches('version 9, this hilo reads version 1: go on with the hilo that wrote it', helper.error_of(checkpoint.load, path,
         {nets = {S = net}, generator = false}))
   end)

   it('whose checksum stands anywhere but in its metadata is damaged', function()
      local header = '{"__metadata__":{"checked_by":"crc32"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"checksum":"00000000"}}'
      tiny.write(path, string.char(#header) .. ('\0'):rep(7) .. header .. 'x')
      for _, read in ipairs {hilo.io.safetensors.load, checkpoint.verify} do
         assert.matches('does not have the checksum', helper.error_of(read, path))
      end
   end)

   it('keeps whole numbers of 64 bits', function()
      local meta = {a = -9223372036854775807LL, b = 18446744073709551615ULL, c = 0LL}
      checkpoint.save(path, {meta = meta})
      local loaded = checkpoint.load(path, {})
      for key, value in pairs(meta) do assert.is_true(loaded[key] == value, key) end
   end)
end)

describe('of a run', function()
   local root
   before_each(function() root = tiny.folder() end)
   after_each(function() tiny.remove(root) end)

   local function save(step) kept.save(root, {generator = false, meta = {step = step}}) end
   local function step_of(name) return checkpoint.meta(root .. '/' .. name).step end

   local said
   local function sound()
      said = ''
      return kept.sound(root, function(text) said = said .. text .. '\n' end)
   end

   it('the last checkpoint and the one before it are kept', function()
      assert.is_nil(sound())
      save(1)
      assert.is_false(folder.is_file(root .. '/previous.safetensors'))
      save(2)
      save(3)
      assert.same({3, 2}, {step_of 'last.safetensors', step_of 'previous.safetensors'})
      assert.equal(root .. '/last.safetensors', sound())
      assert.equal('', said)
   end)

   it('a damaged last one is told, set aside, and the one before it taken', function()
      save(1)
      save(2)
      flip(root .. '/last.safetensors', 40, 2)
      assert.equal(root .. '/previous.safetensors', sound())
      assert.matches('last.safetensors: .*kept as damaged.safetensors, and the run goes on from the checkpoint before it', said)
      save(3) -- does not take the damaged one for the one before
      assert.same({3, 1}, {step_of 'last.safetensors', step_of 'previous.safetensors'})
   end)

   it('two damaged ones are an error that says what to do', function()
      save(1)
      save(2)
      flip(root .. '/last.safetensors', 40, 2)
      flip(root .. '/previous.safetensors', 41, 2)
      assert.matches('nor can the checkpoint before it be read: begin anew with overwrite=true', helper.error_of(sound))
      os.remove(root .. '/previous.safetensors')
      assert.matches('no other checkpoint to go on from: begin anew', helper.error_of(sound))
   end)

   it('two damaged ones beside a whole best one are an error that says how to begin from that', function()
      save(1)
      save(2)
      checkpoint.save(root .. '/best.safetensors', {generator = false, meta = {step = 1}})
      flip(root .. '/last.safetensors', 40, 2)
      flip(root .. '/previous.safetensors', 41, 2)
      local message = helper.error_of(sound)
      assert.matches('best score, of step 1, is whole.*model.weights=' .. root .. '/best.safetensors', message)
      assert.is_nil(message:find('begin anew', 1, true))
      assert.same(1, select(2, message:gsub('%.lua:%d+:', '')))
      flip(root .. '/best.safetensors', 40, 2)
      assert.matches('begin anew', helper.error_of(sound))
   end)

   it('a whole one is what model.weights= takes, the best at last, and tells where it is not the last', function()
      local said_of = ''
      local function readable() return kept.readable(root, function(text) said_of = text end) end
      assert.is_nil(readable())
      save(1)
      save(2)
      checkpoint.save(root .. '/best.safetensors', {generator = false, meta = {step = 1}})
      assert.equal(root .. '/last.safetensors', readable())
      assert.equal('', said_of)
      flip(root .. '/last.safetensors', 40, 2)
      assert.equal(root .. '/previous.safetensors', readable())
      assert.matches('last.safetensors: .*previous.safetensors is taken in its place', said_of)
      flip(root .. '/previous.safetensors', 40, 2)
      assert.equal(root .. '/best.safetensors', readable())
      flip(root .. '/best.safetensors', 40, 2)
      assert.matches('no other checkpoint that can be read', helper.error_of(readable))
   end)

   it('a failed save leaves both as they were, and nothing else', function()
      save(1)
      save(2)
      assert.has_error(function() kept.save(root, {meta = {step = print}}) end)
      assert.same({2, 1}, {step_of 'last.safetensors', step_of 'previous.safetensors'})
      assert.same({'last.safetensors', 'previous.safetensors'}, folder.list(root, {hidden = true}))
   end)

   it('what killed processes left half written is removed, and what others are writing is not', function()
      local own = '.hilo-' .. require 'posix.unistd'.getpid() .. '-0.tmp'
      for _, name in ipairs {own, '.hilo-4194303-1.tmp', '.hilo-4194303-previous.tmp', '.other'} do
         tiny.write(root .. '/' .. name, 'x')
      end
      kept.clear_temporary(root)
      assert.same({own, '.other'}, folder.list(root, {hidden = true}))
   end)
end)

describe('a run that is continued', function()
   local made
   setup(function() made = tiny_runs.make {supervised = 'checkpoint_every=3 steps=8 log_every=1'} end)
   teardown(function() made.remove() end)

   local function command(rest)
      local line = 'env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/supervised.lua name=sup runs=%s %s'
      return tiny_runs.shell(line:format(core.root, core.root, made.runs, rest))
   end

   it('goes on from the checkpoint before a damaged one, to the same end and with the same log', function()
      local path = made.runs .. '/sup'
      local function losses()
         local list = {}
         for _, entry in ipairs(hilo.train.Log.read(path .. '/log.jsonl')) do list[#list + 1] = {entry.step, entry.ce} end
         return list
      end
      local whole, before = tiny.read(path .. '/last.safetensors'), losses()
      flip(path .. '/last.safetensors', #whole - 10, 3)
      local code, text = command 'resume=true'
      assert.equal(0, code, text)
      assert.matches('does not have the checksum.*goes on from the checkpoint before it.*continuing .* from step 6', text)
      assert.is_true(whole == tiny.read(path .. '/last.safetensors'))
      assert.same(before, losses())
   end)

   it('after its folder was removed, or below a folder that cannot be written, is told what is wrong', function()
      local code, text = command 'resume=true name=none'
      assert.equal(1, code)
      assert.matches('there is no run to continue', text)
      code, text = command('runs=/proc/none data.root=' .. made.set)
      assert.equal(1, code)
      assert.matches('cannot make /proc/none', text)
      assert.not_matches('No such file', select(2, pcall(hilo.data.folder.make, '/sys/none'))) -- but that it must not
      lock.give_back(made.runs)
   end)
end)

describe('a log', function()
   it('whose last line does not end is read in the time of its length', function()
      local path = os.tmpname()
      tiny.write(path, '{"step": 1, "ce": 2}\n\n' .. ('x'):rep(2e6)) -- looked through from each byte, hours
      assert.same({{step = 1, ce = 2}}, hilo.train.Log.read(path))
      hilo.train.Log.open(path, 1)
      assert.equal('{"step": 1, "ce": 2}\n', tiny.read(path))
      os.remove(path)
   end)
end)
