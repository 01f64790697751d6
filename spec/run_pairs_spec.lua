--- run_pairs_spec.lua: two processes that are told to work in one run folder at about the same time. One has it at a time: whatever the
--- other was told, it is refused with a message or comes after, and the folder holds one whole run. PAIRS=n: how many pairs.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local pairs_tried, steps = tonumber(os.getenv 'PAIRS') or 10, 12

-- A run whose weight is seed * (steps + 1) at its end: it tells whose run it was, and whether each step was made once.
local trainer = [[
   local hilo = require 'hilo'
   local nn, train = hilo.nn, hilo.train
   local o = train.options {name = 'a', steps = 12, pause = 0}
   local net = nn.Linear(1, 1, false)
   hilo.no_grad(function() net.weight:fill(o.seed) end)
   local run = train.run(o)
   run:train {steps = o.steps, score = 'mean_iou', nets = {S = net}, optims = {},
      step = function()
         os.execute('sleep ' .. o.pause)
         hilo.no_grad(function() net.weight:add(o.seed) end)
         return {loss = net.weight:clone()}
      end,
      evaluate = function() return {mean_iou = net.weight[1][1]} end}
]]

-- A script that does not train, as fuse and tau.
local writer = [[
   local train = require 'hilo'.train
   local o = train.options {name = 'a'}
   local path = train.output(o, {})
   os.execute 'sleep 0.05'
   train.results(path, nil, {{method = 'm', mean_iou = o.seed, pixel_accuracy = 1, iou = {}}},
      {classes = {'a'}, matrix = require 'hilo'.zeros(1, 1)})
]]

local refusals = {'another process', 'holds a run already', 'there is no run to continue', 'started afresh by another process',
   'cannot go on with', 'holds a training run'}

local function is_refusal(text)
   for _, piece in ipairs(refusals) do if text:find(piece, 1, true) then return true end end
   return false
end

describe('two processes in one run folder', function()
   local root
   setup(function()
      root = tiny.folder()
      tiny.write(root .. '/train.lua', trainer)
      tiny.write(root .. '/write.lua', writer)
   end)
   teardown(function() tiny.remove(root) end)

   -- Starts all commands at once, each after its delay; returns what each said, its exit status last.
   local function together(runs, commands)
      local parts = {}
      for i, c in ipairs(commands) do
         parts[i] = ('(sleep %.3f; env OMP_WAIT_POLICY=passive luajit %s/%s.lua runs=%s threads=1 tracking=false %s >%s/%d.txt 2>&1; '
            .. 'echo "exit $?" >>%s/%d.txt) &'):format(c.delay, root, c.script, runs, c.words, root, i, root, i)
      end
      os.execute(table.concat(parts, ' ') .. ' wait')
      local said = {}
      for i in ipairs(commands) do said[i] = tiny.read(('%s/%d.txt'):format(root, i)) end
      return said
   end

   local function check_whole(runs, told)
      local path = runs .. '/a'
      local options = hilo.train.json.load(path .. '/options.json')
      local net = hilo.nn.Linear(1, 1, false)
      local state = hilo.io.checkpoint.load(path .. '/last.safetensors', {nets = {S = net}, generator = false})
      assert.equal(steps, state.step, told)
      assert.equal(options.seed * (steps + 1), net.weight[1][1], told)
      local seen = {}
      for _, entry in ipairs(hilo.train.Log.read(path .. '/log.jsonl')) do
         if entry.loss then
            seen[#seen + 1] = entry.step
            assert.equal(options.seed * (entry.step + 1), entry.loss, told)
         end
      end
      assert.equal(steps, #seen, told)
      for i, step in ipairs(seen) do assert.equal(i, step, told) end
      assert.equal(options.seed * (steps + 1), hilo.train.json.load(path .. '/scores.json').mean_iou, told)
   end

   local ways = {'', 'overwrite=true', 'resume=true'}

   it('give one whole run, and the other is told why it did not run', function()
      local draw, ended, refused = helper.numbers(tonumber(os.getenv 'SEED') or 1), 0, 0
      for n = 1, pairs_tried do
         local runs = ('%s/runs%d'):format(root, n)
         local former = draw() < 0.5 -- a run of that name is there already
         if former then together(runs, {{script = 'train', delay = 0, words = 'log_every=1 seed=3'}}) end
         local commands, told = {}, {('pair %d%s'):format(n, former and ', after a run with seed=3' or '')}
         for i = 1, 2 do
            local way = ways[1 + math.floor(draw() * #ways)]
            if i == 1 and not former then way = ways[1 + math.floor(draw() * 2)] end
            local seed = way == 'resume=true' and '' or ' seed=' .. (4 + i)
            commands[i] = {script = 'train', delay = draw() * 0.3, words = ('log_every=1 checkpoint_every=3 pause=%.3f %s%s'):format(
               way == 'resume=true' and 0 or draw() * 0.03, way, seed)}
            if way == 'resume=true' then commands[i].words = 'log_every=1 checkpoint_every=3 resume=true' end
            told[#told + 1] = ('%.3f s: %s'):format(commands[i].delay, commands[i].words)
         end
         for i, text in ipairs(together(runs, commands)) do
            told[#told + 1] = ('process %d: %s'):format(i, text)
            if text:find 'exit 0' then ended = ended + 1 else refused = refused + 1 end
            assert.is_true(text:find 'exit 0' ~= nil or is_refusal(text), text)
         end
         check_whole(runs, table.concat(told, '\n'))
      end
      assert.is_true(ended >= pairs_tried / 2, 'most pairs have at least one that ran to its end')
      assert.is_true(refused > 0)
   end)

   it('one of which writes results, as fuse and tau do', function()
      local runs = root .. '/written'
      local said = together(runs, {{script = 'write', delay = 0, words = 'seed=1'}, {script = 'write', delay = 0, words = 'seed=2'}})
      local seed = hilo.train.json.load(runs .. '/a/options.json').seed
      assert.equal(seed, hilo.train.json.load(runs .. '/a/scores.json').mean_iou)
      for _, text in ipairs(said) do assert.is_true(text:find 'exit 0' ~= nil or is_refusal(text), text) end
   end)
end)

it('a checkpoint that is replaced while it is read is read whole', function()
   local folder = tiny.folder()
   local path = folder .. '/last.safetensors'
   local function save(value, n) hilo.io.safetensors.save(path, {a = hilo.full(value, 1000), b = hilo.full(value, n)}) end
   save(1, 2000)
   local file, count = require 'hilo.io.file', 0
   local reading = file.reading
   file.reading = function(name, body) -- luacheck: ignore
      return reading(name, function(read_into, size, text)
         return body(function(...)
            count = count + 1
            if count == 2 then save(2, 3000) end
            return read_into(...)
         end, size, text)
      end)
   end
   local ok, tensors = pcall(hilo.io.safetensors.load, path)
   file.reading = reading -- luacheck: ignore
   tiny.remove(folder)
   assert.is_true(ok, tostring(tensors))
   assert.same({1000, 2000}, {tensors.a:sum(), tensors.b:sum()})
end)
