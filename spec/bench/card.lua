--- card.lua: the benchmark of a card: whole steps next to PyTorch, every call of the s4GAN step next to what the card can do. Prints
--- Markdown.
---
---    luajit spec/bench/card.lua [pattern] [JSON=file] [ROUNDS=7] [PEER=torch|none] [DEVICE=cuda|emu] [PRECISION=bf16|float32]
---       [SIZES=full|small]
---
--- pattern: a Lua pattern that the name of a work must contain. Each contender is a process of its own, so that its memory can be told;
--- they take turns, and times are medians of ROUNDS turns of half a second. PyTorch lays images with their channels innermost, computes
--- by autocast, chooses cuDNN's ways by trying (cudnn.benchmark) and uses its fused optimisers; once as it is, once with
--- torch.compile. The losses of all first steps must agree. SIZES=small: for trying the benchmark itself, as on the emulation.
local cjson = require 'cjson'
local contest = require 'spec.bench.contest'
local Peer = require 'spec.bench.peer'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local options, pattern = timing.options(arg, {PEER = 'torch', ROUNDS = '7', DEVICE = 'cuda', PRECISION = 'bf16', SIZES = 'full'})
pattern = pattern or ''
local rounds, full = tonumber(options.ROUNDS), options.SIZES == 'full'
local precision = options.PRECISION ~= 'float32' and options.PRECISION or nil

local function voc(work, step, size, batch)
   return {work = work, step = step, backbone = 'resnet101', size = size, batch = batch, classes = 21, freeze_bn = 'affine'}
end

-- As experiments/s4gan.lua and supervised.lua with recipe=voc.
local works = {
   voc('s4GAN step, ResNet-101, 321x321, 8 + 8 images', 's4gan_step', 321, 8),
   voc('training step, ResNet-101, 321x321, 8 images', 'train_step', 321, 8),
   voc('inference, ResNet-101, 505x505, 1 image', 'inference', 505, 1),
   voc('inference, ResNet-101, 505x505, 8 images', 'inference', 505, 8),
}
-- Rows, inner and columns of the products, and elements of the copy, by which the card's own rates are found.
local peak_sizes = {products = {{8192, 8192, 8192}, {4096, 4096, 4096}, {16384, 2048, 8192}}, copy = 2 ^ 28}
local replay = {replay = 2 ^ 28, seconds = 0.03, rounds = 3}
local turn = 500 -- milliseconds
if not full then
   for _, w in ipairs(works) do
      w.backbone, w.width, w.size, w.batch, w.classes = 'resnet18', 4, 33, math.min(w.batch, 2), 5
      w.work = ('%s, small, batch %d'):format(w.work:match '^[^,]+', w.batch)
   end
   peak_sizes = {products = {{64, 64, 64}}, copy = 2 ^ 16}
   replay, turn = {replay = 0, seconds = 0, rounds = 1}, 0
end

local results, failed = {works = {}}, false

local function say(format, ...)
   print(select('#', ...) > 0 and format:format(...) or format)
   io.flush()
end

local function cell(format, value) return value and format:format(value) or '' end

-- Megabytes that the driver counts for a process; nil where it does not tell.
local function of_process(pid)
   if options.DEVICE ~= 'cuda' then return nil end
   local pipe = io.popen('nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader,nounits 2>/dev/null')
   local mb
   for line in pipe:lines() do
      local who, used = line:match '^%s*(%d+),%s*(%d+)'
      if tonumber(who) == pid then mb = tonumber(used) end
   end
   pipe:close()
   return mb
end

-- ---- the card's own rates ----

local peak

local function measure_peaks()
   local side = Peer.start_hilo()
   local answer = side:ask {peaks = peak_sizes, device = options.DEVICE}
   side:stop()
   if not answer or answer.error then
      io.stderr:write('card: the rates of the device cannot be measured: ', tostring(answer and answer.error), '\n')
      os.exit(1)
   end
   peak, results.peak = answer, answer
   say('The device\'s own rates, measured by hilo: matrix products of bfloat16 %.0f TFLOP/s, of float32 %.1f TFLOP/s; copies %.0f GB/s '
      .. '(read and written).', peak.flops.bf16 / 1e12, peak.flops.f32 / 1e12, peak.bytes / 1e9)
end

-- ---- whole steps ----

local function contenders()
   local there = options.DEVICE == 'cuda' and 'cuda' or 'cpu' -- PyTorch has no emulated card
   local list = {
      {name = 'hilo', hilo = true, request = {device = options.DEVICE}},
      {name = 'hilo, recorded (graph)', hilo = true, request = {device = options.DEVICE, graph = true}},
   }
   if options.PEER == 'torch' then
      list[3] = {name = 'PyTorch', request = {device = there}}
      if full then list[4] = {name = 'PyTorch, compiled', request = {device = there, variant = 'compile'}} end
   end
   return list
end

-- Losses of bfloat16 are off by its rounding along a hundred layers. The recorded step must go on as the plain one does.
local function check_losses(list)
   local reference, tol = nil, precision and 5e-2 or 1e-3
   if list[1].later and list[2].later then
      list[2].note = Peer.disagreement(list[2].later, list[1].later, tol, 'a later step', 'the plain step')
      failed = failed or list[2].note ~= nil
   end
   for _, c in ipairs(list) do
      if not c.hilo and not c.failed then reference = reference or c end
   end
   for _, c in ipairs(list) do
      local differs = reference and not c.failed and Peer.disagreement(c.values, reference.values, tol)
      if differs then c.note, failed = differs, true end
   end
end

local function report_work(w, list)
   say('\n### %s\n', w.work)
   local flops, best = steps.flops(w), nil
   for _, c in ipairs(list) do
      if not c.hilo and not c.failed and (not best or c.ms < best) then best = c.ms end
   end
   say '| | ms | fastest, slowest turn | PyTorch\'s best / this | TFLOP/s | tensors at the peak, MB | reserved, MB | process, MB |'
   say '|---|---|---|---|---|---|---|---|'
   for _, c in ipairs(list) do
      if c.failed then
         say('| %s | failed | | | | | | |', c.name)
      else
         say('| %s | %.2f | %.2f, %.2f | %s | %.1f | %.0f | %s | %s |', c.name, c.ms, c.times[1], c.times[#c.times],
            cell('%.2fx', best and best / c.ms), flops / c.ms / 1e9, c.mem_mb, cell('%.0f', c.reserved_mb), cell('%.0f', c.process_mb))
      end
   end
   for _, c in ipairs(list) do
      if c.failed or c.note then say('\n%s: %s', c.name, (c.failed or c.note):gsub('%s+', ' ')) end
      if c.failed and c.hilo then failed = true end
   end
   local losses = {}
   for _, c in ipairs(list) do
      for name, value in pairs(c.values or {}) do losses[#losses + 1] = ('%s %s %.5g'):format(c.name, name, value) end
   end
   if #losses > 0 then say('\nLosses of the first step: %s.', table.concat(losses, '; ')) end
end

-- ---- the calls of a step ----

-- The least time in which the device can do what a call asks for, in milliseconds, by its own rates.
local function floor_of(row)
   local by_flops = row.flops and row.flops / peak.flops[row.dtype] or 0
   return math.max(by_flops, row.bytes / peak.bytes) * 1000
end

local function report_calls(w, side, whole)
   local waited, again = side:ask {calls = full and 5 or 1}, side:ask(replay)
   for _, answer in pairs {waited or {}, again or {}} do
      if answer.error then say('\nThe calls of the step cannot be told: %s', answer.error) end
   end
   if not (waited and waited.rows and again and again.rows) then
      failed = true
      return
   end
   local known, sum_waited, sum, sum_floor = {}, 0, 0, 0
   for _, row in ipairs(waited.rows) do
      known[row.call] = row
      sum_waited = sum_waited + row.ms * row.count
   end
   local list = timing.by_function(again.rows, floor_of)
   for _, row in ipairs(list) do sum, sum_floor = sum + row.ms, sum_floor + row.floor end
   say('\n#### Its calls\n')
   say('`again`: time of a call among many without waits, on copies of its tensors that rotate beyond the cache; `floor`: what the '
      .. 'device\'s own rates allow for its arithmetic and for reading and writing each tensor once; `waited`: within a step, waiting '
      .. 'after each call. All in ms of one step.\n')
   say '| function | calls | again | of the sum | floor | of peak | waited |'
   say '|---|---|---|---|---|---|---|'
   for _, row in ipairs(list) do
      local there = known[row.call]
      say('| %s | %d | %.3f | %.1f %% | %.3f | %.0f %% | %s |', row.call, row.count, row.ms, 100 * row.ms / sum, row.floor,
         row.ms > 0 and 100 * row.floor / row.ms or 0, cell('%.3f', there and there.ms * there.count))
   end
   say('| all | | %.3f | | %.3f | %.0f %% | %.3f |', sum, sum_floor, 100 * sum_floor / sum, sum_waited)
   say('\nThe whole step takes %.3f ms%s; downloads in a step: %.1f, uploads: %.1f.\n', whole,
      (', the step with a wait after it %.3f ms'):format(waited.whole_ms), known.download and known.download.count or 0,
      known.upload and known.upload.count or 0)
   say '| call | in a step | ms each | ms a step | TFLOP/s | GB/s | of peak |'
   say '|---|---|---|---|---|---|---|'
   local rest, of_rest = 0, 0
   for _, row in ipairs(again.rows) do
      if row.ms and row.count * row.ms < sum / 2000 then
         rest, of_rest = rest + row.count, of_rest + row.count * row.ms
      elseif row.ms then
         say('| %s | %d | %.4f | %.3f | %s | %.0f | %.0f %% |', row.call, row.count, row.ms, row.count * row.ms,
            cell('%.1f', row.flops and row.flops / row.ms / 1e9), row.bytes / row.ms / 1e6, 100 * floor_of(row) / row.ms)
      else
         say('| %s | %d | cannot be repeated: %s | | | | |', row.call, row.count, row.failed)
      end
   end
   say('| calls of less than 0.05 %% of the sum, each kind | %d | | %.3f | | | |', rest, of_rest)
   w.waited, w.calls = waited, again.rows
end

local function bench(w)
   local list = contenders()
   for _, c in ipairs(list) do
      c.request.precision = precision
      contest.prepare(c, w, {warm_up = full and 5 or 3, turn = turn})
   end
   contest.take_turns(list, rounds)
   for _, c in ipairs(list) do
      if not c.failed then c.process_mb = of_process(c.peer.pid) end
   end
   check_losses(list)
   report_work(w, list)
   if w.step == 's4gan_step' and not list[1].failed then report_calls(w, list[1].peer, list[1].ms) end
   contest.stop(list)
   table.insert(results.works, {work = w.work, contenders = contest.rows(list), waited = w.waited, calls = w.calls})
end

measure_peaks()
for _, w in ipairs(works) do
   if w.work:find(pattern) then bench(w) end
end
if options.JSON then
   cjson.encode_invalid_numbers 'null' -- a loss may be NaN
   local file = assert(io.open(options.JSON, 'w'))
   file:write(cjson.encode(results), '\n')
   file:close()
end
os.exit(failed and 1 or 0)
