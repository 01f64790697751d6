--- train.lua: training on a card next to what the CPU gives: on CamVid the scores of README's table, on the built-in data a run on
--- the CPU beside it. Prints Markdown; fails where a score is off.
---
---    luajit spec/gpu/train.lua FOLDER=<for runs> [DEVICE=cuda|emu] [CAMVID=<folder in VOC's layout> WEIGHTS=<resnet18.pth>]
---
--- Another order of rounding moves a score by some tenths, now and then by a point; half of that was seen between seeds.
local cjson = require 'cjson'
local shell = require 'spec.gpu.shell'

local train = {}

--- The scores of README's table of CamVid, one for each seed from 1.
---@param readme string its text
---@param method string 'supervised' or 's4GAN'
---@param list string name of the list of labelled images
---@return number[]
function train.known(readme, method, list)
   for line in readme:gmatch '[^\n]+' do
      local first, labels, scores = line:match '^| *([^|]-) *|([^|]*)| *([^|]-) *|'
      if first == method and labels:find('`' .. list .. '`', 1, true) and scores then
         local found = {}
         for score in scores:gmatch '[%d.]+' do found[#found + 1] = tonumber(score) end
         return found
      end
   end
   error(('README.md has no row for %s on %s'):format(method, list), 0)
end

local function mean(list)
   local sum = 0
   for _, x in ipairs(list) do sum = sum + x end
   return sum / #list
end

local function score_of(folder, script, words)
   local name = words.name
   local command = {'lua/bin/hilo', ('experiments/%s.lua'):format(script), 'runs=' .. folder, 'overwrite=true', 'workers=4'}
   for key, value in pairs(words) do command[#command + 1] = shell.quoted(key .. '=' .. value) end
   local log = ('%s/%s.log'):format(folder, name)
   local start = os.time()
   local ok, how = shell.run(table.concat(command, ' '), log, 560)
   if not ok then return nil, ('%s:\n%s'):format(how, shell.tail(shell.read(log), 12)) end
   return cjson.decode(shell.read(('%s/%s/scores.json'):format(folder, name))).mean_iou, nil, os.time() - start
end

-- words with more over them
local function with(words, more)
   local all = {}
   for _, t in ipairs {words, more} do
      for key, value in pairs(t) do all[key] = value end
   end
   return all
end

local function camvid(o)
   local readme, list, failed = shell.read 'README.md', 'train_1_8_s1', false
   local base = {recipe = 'camvid', device = o.DEVICE, ['data.root'] = o.CAMVID, ['data.labelled'] = list,
      ['model.weights'] = o.WEIGHTS}
   print(('CamVid, 45 labelled images (`%s`), 600 steps, mean IoU on the validation images, percent.\n'):format(list))
   print '| | precision | seeds 1 and 2 | mean | on the CPU, by README.md | seconds a run |'
   print '|---|---|---|---|---|---|'
   for _, run in ipairs {{'supervised', 'supervised', 'float32'}, {'s4gan', 's4GAN', 'float32'}, {'s4gan', 's4GAN', 'bf16'}} do
      local script, method, precision = unpack(run)
      local known, scores, seconds = train.known(readme, method, list), {}, 0
      for seed = 1, 2 do
         local score, why, took = score_of(o.FOLDER, script, with(base, {seed = seed, precision = precision,
            name = ('%s-%s-%d'):format(script, precision, seed)}))
         if not score then
            print(('\n%s, %s, seed %d failed: %s\n'):format(method, precision, seed, why))
            return false
         end
         scores[seed], seconds = score, seconds + took
      end
      local off = math.abs(mean(scores) - mean(known))
      local close = off <= 2 -- NaN is not
      failed = failed or not close
      print(('| %s | %s | %.1f, %.1f | %.1f%s | %.1f | %.0f |'):format(method, precision, scores[1], scores[2], mean(scores),
         close and '' or ' **off**', mean(known), seconds / 2))
      io.flush()
   end
   return not failed
end

local function built_in(o)
   local real = o.DEVICE == 'cuda'
   local root = o.FOLDER .. '/scenes'
   local made, status = shell.output(('luajit data/scenes.lua out=%s train=%d val=%d'):format(shell.quoted(root), real and 800 or 24,
      real and 120 or 6))
   if status ~= 0 then
      print('The built-in data cannot be made: ' .. made)
      return false
   end
   local base = {['data.root'] = root, ['data.labelled'] = '1/8', steps = real and 300 or 3, eval_every = 0}
   if not real then
      base = with(base, {crop = '33,33', batch = 2, unlabelled_batch = 2, ['model.width'] = 4, d_channels = 4})
   end
   local runs = {{device = 'cpu'}, {device = o.DEVICE}, {device = o.DEVICE, graph = 'true'}, {device = o.DEVICE, precision = 'bf16'},
      {device = o.DEVICE, precision = 'bf16', graph = 'true'}}
   print(('s4GAN on the built-in data, an eighth of the labels, %d steps: mean IoU on the validation images, percent.\n'):format(
      base.steps))
   print '| device | precision | recorded | mean IoU | seconds |'
   print '|---|---|---|---|---|'
   local reference, failed = nil, false
   for i, run in ipairs(runs) do
      local score, why, took = score_of(o.FOLDER, 's4gan', with(base, with(run, {name = 'scenes-' .. i})))
      if not score then
         print(('\n%s, %s failed: %s\n'):format(run.device, run.precision or 'float32', why))
         return false
      end
      reference = reference or score
      local close = math.abs(score - reference) <= 6 -- so short a run is far from where seeds meet
      failed = failed or not close
      print(('| %s | %s | %s | %.1f%s | %.0f |'):format(run.device, run.precision or 'float32', run.graph and 'yes' or 'no', score,
         close and '' or ' **off**', took))
      io.flush()
   end
   return not failed
end

if arg and arg[0] and arg[0]:find 'train%.lua$' then
   local o = {DEVICE = 'cuda'}
   for _, a in ipairs(arg) do
      local key, value = a:match '^(%u+)=(.*)$'
      if key then o[key] = value end
   end
   assert(o.FOLDER, 'train: FOLDER=<for runs> is missing')
   local ok
   if o.CAMVID and o.WEIGHTS then ok = camvid(o) else ok = built_in(o) end
   os.exit(ok and 0 or 1)
end

return train
