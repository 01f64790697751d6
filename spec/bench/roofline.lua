--- roofline.lua: the peaks of this machine, and how far each kernel of a training step is from them. Prints Markdown.
---
---    luajit spec/bench/roofline.lua [pattern] [ROUNDS=3] [JSON=file]
---
--- pattern: a Lua pattern that the name of a work of steps.lua must contain; the training steps of ResNet-18 and ResNet-101 if not
--- given. Peaks are those of spec/bench/roofline.c, the best of several turns: multiplications with additions whose operands stay in
--- registers, of bfloat16 by AMX tiles where the library uses them, reading and copying of arrays larger than the caches. Each
--- different call of a step is then done again on copies of its tensors, which take turns so that caches do not hold them; what it
--- must compute and must move at least, by these peaks, is its floor. Convolutions are counted as the direct sum that defines them:
--- Winograd multiplies less, and can go below that floor.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local ffi = require 'ffi'
local cjson = require 'cjson'
local stdlib = require 'posix.stdlib'
local core = require 'hilo.core'
local hilo = require 'hilo'
local processors = require 'hilo.processors'
local Peer = require 'spec.bench.peer'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local options, pattern = timing.options(arg, {ROUNDS = '3'})
pattern = pattern or '^train step'
local rotated = 2 ^ 26 -- bytes over which copies of a call's tensors take turns
local floats = 2 ^ 25  -- of an array that is read or copied
local threads = os.getenv 'OMP_NUM_THREADS' or tostring(processors())
stdlib.setenv('OMP_NUM_THREADS', threads)

ffi.cdef [[
double peak_float32(int64_t rounds);
double peak_bf16(int64_t rounds);
double peak_tiles(int64_t rounds);
double read_all(const float *x, int64_t n);
double copy_all(float *y, const float *x, int64_t n);
]]

local function compiled()
   local place = core.root .. 'build/bench-roofline'
   hilo.data.folder.make(place)
   local library = place .. '/roofline.so'
   local command = "gcc -std=gnu11 -O3 -march=native -fopenmp -fPIC -shared '%sspec/bench/roofline.c' '%score/cpu/amx.c' -o '%s'"
   core.check(os.execute(command:format(core.root, core.root, library)) == 0, 'spec/bench/roofline.c could not be compiled')
   return ffi.load(library)
end

-- The most that f, which returns what it did, does in a second.
local function rate(f)
   local best = 0
   for _ = 1, 10 do
      local start = timing.now()
      local done = f()
      best = math.max(best, done / (timing.now() - start))
   end
   return best
end

local function measure_peaks()
   local c = compiled()
   local x, y = ffi.new('float[?]', floats, 1), ffi.new('float[?]', floats)
   local rounds = 2e6
   local tiles = c.peak_tiles(1) > 0 and rate(function() return c.peak_tiles(rounds / 10) end) or 0
   return {f32 = rate(function() return c.peak_float32(rounds) end), tiles = tiles,
      bf16 = tiles > 0 and tiles or rate(function() return c.peak_bf16(rounds) end),
      read = rate(function() return c.read_all(x, floats) end), copy = rate(function() return c.copy_all(y, x, floats) end)}
end

-- Milliseconds by the peaks: what there is to compute, and what there is to move.
local function floor_of(row, peaks)
   local flops = row.dtype == 'bf16' and peaks.bf16 > 0 and peaks.bf16 or peaks.f32
   local moving = row.bytes / math.max(peaks.read, peaks.copy) * 1000
   return math.max(row.flops and row.flops / flops * 1000 or 0, moving)
end

local function report(work, precision, rows, peaks)
   for _, row in ipairs(rows) do row.floor = floor_of(row, peaks) end
   local list, sum, all_floors = timing.by_function(rows, function(row) return row.floor end), 0, 0
   for _, f in ipairs(list) do sum, all_floors = sum + f.ms, all_floors + f.floor end
   print(('\n### %s, %s\n\n| function | calls | ms a step | share | floor, ms | of peak |\n|---|---|---|---|---|---|'):format(work,
      precision))
   for _, f in ipairs(list) do
      print(('| %s | %d | %.1f | %.1f %% | %.1f | %.0f %% |'):format(f.call, f.count, f.ms, 100 * f.ms / sum, f.floor,
         f.ms > 0 and 100 * f.floor / f.ms or 0))
   end
   print(('| all | | %.1f | | %.1f | %.0f %% |'):format(sum, all_floors, 100 * all_floors / sum))
   print '\n| call | in a step | ms a step | GFLOP/s | GB/s | of peak |\n|---|---|---|---|---|---|'
   for _, row in ipairs(rows) do
      if not row.ms then
         print(('| %s | %d | cannot be repeated: %s | | | |'):format(row.call, row.count, row.failed))
      elseif row.ms * row.count > sum / 200 then
         print(('| %s | %d | %.2f | %s | %.1f | %.0f %% |'):format(row.call, row.count, row.ms * row.count,
            row.flops and ('%.0f'):format(row.flops / row.ms / 1e6) or '', row.bytes / row.ms / 1e6, 100 * row.floor / row.ms))
      end
   end
   io.flush()
end

local peaks = measure_peaks()
print(('%s threads, %s: float32 %.0f GFLOP/s, bfloat16 %s, reading %.1f GB/s, copying %.1f GB/s (read and written)'):format(threads,
   ffi.string(core.device('cpu').lib.hl_device_name()), peaks.f32 / 1e9,
   peaks.bf16 > 0 and ('%.0f GFLOP/s%s'):format(peaks.bf16 / 1e9, peaks.tiles > 0 and ' by AMX tiles' or '') or 'as float32',
   peaks.read / 1e9, peaks.copy / 1e9))
local results = {peaks = peaks, works = {}}
for _, step in ipairs(steps.list) do
   if step.work:find(pattern) then
      for _, precision in ipairs {'float32', step.step ~= 'convolutions' and 'bf16' or nil} do
         local request = {}
         for key, value in pairs(step) do request[key] = value end
         request.work, request.step, request.warm_up = step.step, nil, 1
         request.precision = precision ~= 'float32' and precision or nil
         local side = Peer.start_hilo()
         local answer = side:ask(request)
         if answer and not answer.error then answer = side:ask {replay = rotated, seconds = 0.02, rounds = tonumber(options.ROUNDS)} end
         side:stop()
         core.check(answer and answer.rows, 'roofline: %s: %s', step.work, tostring(answer and answer.error))
         report(step.work, precision, answer.rows, peaks)
         results.works[#results.works + 1] = {work = step.work, precision = precision, calls = answer.rows}
      end
   end
end
if options.JSON then
   local file = assert(io.open(options.JSON, 'w'))
   file:write(cjson.encode(results), '\n')
   file:close()
end
