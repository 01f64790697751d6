--- bench.lua: times the ops of spec/cases (those with `bench` sizes) and whole steps, next to PyTorch where it can be imported.
---
---    luajit spec/bench/bench.lua [pattern] [JSON=file] [BASE=file] [PEER=torch|none] [ROUNDS=n] [CONFIGS=pattern]
---
--- pattern: a Lua pattern that the name of a work must contain. Each op is checked against its float64 twin before it is timed.
--- hilo and PyTorch take turns in one run; times are medians. Peaks are this machine's own: an SGEMM and a copy measured in
--- this process. Memory is the largest resident set while the work ran. Steps are compared with the best of PyTorch's
--- configurations (spec/bench/README.md); CONFIGS: a Lua pattern that their names must contain, as 'bf16' or 'eager'.
--- BASE: a file that JSON= wrote; a table at the end compares with it.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local ffi = require 'ffi'
local cjson = require 'cjson'
local stdlib = require 'posix.stdlib'
local hilo = require 'hilo'
local core = require 'hilo.core'
local processors = require 'hilo.processors'
local helper = require 'spec.helper'
local contest = require 'spec.bench.contest'
local Peer = require 'spec.bench.peer'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local options, pattern = timing.options(arg, {PEER = 'torch', ROUNDS = '5'})
pattern = pattern or ''
local rounds = tonumber(options.ROUNDS)
stdlib.setenv('OMP_NUM_THREADS', os.getenv 'OMP_NUM_THREADS' or tostring(processors())) -- of all contenders
hilo.setnumthreads(tonumber(os.getenv 'OMP_NUM_THREADS'))

local now, median = timing.now, timing.median

-- ---- the peer ----

local peer

local function start_peer()
   local reason
   if options.PEER == 'torch' then peer, reason = Peer.start() end
   if reason then print(reason) end
end

local function ask(request) return peer and peer:ask(request) end

-- ---- timing ----

-- Runs both sides in turns; `f` once is at least a few milliseconds of work or is repeated until it is.
local function measure(f, request)
   local first = Peer.losses(f())
   local start = now()
   f()
   local repeats = math.max(1, math.floor(0.05 / math.max(1e-6, now() - start)))
   local ready = ask(request)
   if ready and ready.error then ready = nil end
   local differs = ready and Peer.disagreement(first, ready.values, 1e-3)
   if differs then error(differs, 0) end
   local mine, theirs = {}, {}
   for _ = 1, rounds do
      hilo.collect()
      start = now()
      for _ = 1, repeats do f() end
      mine[#mine + 1] = (now() - start) * 1000 / repeats
      if ready then
         local answer = ask{time = repeats}
         if answer and answer.ms then theirs[#theirs + 1] = answer.ms end
      end
   end
   return median(mine), #theirs > 0 and median(theirs) or nil
end

local results, base = {}, {}
if options.BASE then
   for _, row in ipairs(cjson.decode(assert(io.open(options.BASE)):read('*a'))) do base[row.work] = row end
end

local peak -- {gflops, gbytes}

local function cell(format, value) return value and format:format(value) or '' end

local function report(work, flops, bytes, f, request)
   local ms, peer_ms = measure(f, request)
   local row = {work = work, ms = ms, peer_ms = peer_ms, ratio = peer_ms and peer_ms / ms}
   row.gflops = flops and flops / ms / 1e6
   row.gbytes = bytes and bytes / ms / 1e6
   row.share_of_peak = flops and row.gflops / peak.gflops or bytes and row.gbytes / peak.gbytes
   results[#results + 1] = row
   print(('%-64s %9.2f ms %8s %5s %9s %6s%s'):format(work, ms,
      flops and cell('%.0f GF/s', row.gflops) or cell('%.1f GB/s', row.gbytes),
      cell('%.0f%%', row.share_of_peak and 100 * row.share_of_peak),
      cell('%.2f ms', peer_ms), cell('%.2fx', row.ratio),
      base[work] and ('  %.2fx of before'):format(base[work].ms / ms) or ''))
   io.flush()
end

local function measure_peaks()
   local a, b = hilo.randn(1536, 1536), hilo.randn(1536, 1536)
   local c = hilo.empty(1536, 1536)
   local x, y = hilo.randn(2 ^ 24), hilo.empty(2 ^ 24)
   local best_gemm, best_copy = math.huge, math.huge
   for _ = 1, 24 do
      local start = now()
      core.run('hl_matmul', c, a, b, 1, 0)
      best_gemm = math.min(best_gemm, now() - start)
      start = now()
      y:copy(x)
      best_copy = math.min(best_copy, now() - start)
   end
   peak = {gflops = 2 * 1536 ^ 3 / best_gemm / 1e9, gbytes = 8 * 2 ^ 24 / best_copy / 1e9}
   print(('%d threads, %s: SGEMM %.0f GFLOP/s, copy %.1f GB/s%s'):format(hilo.getnumthreads(),
      ffi.string(core.device('cpu').lib.hl_device_name()), peak.gflops, peak.gbytes, peer and '; next to PyTorch' or ''))
end

-- ---- ops ----

local function validate(work, group, case, tensors)
   local twins = {}
   for name, t in pairs(tensors) do twins[name] = t:dtype() == 'float32' and t:detach():double() or t end
   local got = helper.floats(group.call(tensors, case))
   for i, expected in ipairs(helper.floats(group.call(twins, case))) do
      local difference, where = helper.difference(got[i], expected)
      -- sums of thousands of products, and Winograd's transforms, cost a digit
      if difference > math.max(1e-4, group.tol or 0) then error(('%s is wrong by %.1e (%s)'):format(work, difference, where), 0) end
   end
end

local function peer_request(group, case, backward)
   local inputs, names = {}, {}
   for _, name in ipairs(group.inputs) do
      if case[name] then
         names[#names + 1] = name
         inputs[name] = {size = {unpack(case[name])}, labels = case[name].labels}
      end
   end
   local rest = {}
   for key, value in pairs(case) do
      if not inputs[key] and type(value) ~= 'function' then rest[key] = value end
   end
   return {work = group.op, inputs = inputs, names = names, case = rest, backward = backward}
end

local function bench_ops()
   print(('\n%-64s %12s %8s %5s %9s %6s'):format('', 'hilo', '', 'peak', 'PyTorch', 'ratio'))
   for _, family in ipairs(helper.families) do
      for _, group in ipairs(helper.groups(family)) do
         for _, case in ipairs(group.bench or {}) do
            local work = helper.describe(group, case)
            if work:find(pattern) then
               local tensors, wanted = helper.inputs(group, case, {dtype = 'float'})
               validate(work, group, case, tensors)
               local flops, bytes = group.flops and group.flops(case), group.bytes and group.bytes(case)
               report(work, flops, bytes, function() group.call(tensors, case) end, peer_request(group, case, false))
               if group.float ~= false and #wanted > 0 then
                  for _, name in ipairs(wanted) do tensors[name].requires_grad = true end
                  local y = group.call(tensors, case)
                  if hilo.isTensor(y) and y.requires_grad then
                     local dy = hilo.randn(y:size())
                     report(work .. ' backward', flops and flops * 2, bytes and bytes * 2, function()
                        for _, name in ipairs(wanted) do tensors[name].grad = nil end
                        y:backward(dy, {retain = true})
                     end, peer_request(group, case, true))
                  end
               end
            end
         end
      end
   end
end

-- ---- steps ----

-- Losses of the first step next to float32's: the largest difference, as a share.
local function off(c, reference)
   local largest
   for name, value in pairs(reference and reference.values or {}) do
      local mine = c.values[name]
      local difference = mine and math.abs(mine - value) / math.abs(value) or math.huge
      if difference ~= difference then difference = math.huge end
      largest = math.max(largest or 0, difference)
   end
   return largest
end

local function load_average() return tonumber((io.open('/proc/loadavg'):read '*a'):match '^%S+') end

local tolerances = {float32 = 1e-3, bf16 = 5e-2} -- of the losses of a first step

local function report_step(w, mine, all, load)
   local best, rival = contest.fastest(mine, function() return true end), contest.fastest(all, function(c) return not c.hilo end)
   local reference = contest.fastest(all, function(c) return not c.hilo and c.precision == 'float32' end) or mine[1]
   local row = {work = w.work, ms = best and best.ms, best = best and best.name, mem_mb = best and best.peak_mb, load = load}
   if best and rival then
      row.peer_ms, row.peer_best, row.ratio, row.peer_mem_mb = rival.ms, rival.name, rival.ms / best.ms, rival.peak_mb
      if mine[1].ms and reference ~= mine[1] then row.ratio_float32 = reference.ms / mine[1].ms end
   end
   row.contenders = contest.rows(all)
   results[#results + 1] = row
   print(('\n%s (load of the machine: %.1f)'):format(w.work, load))
   for _, c in ipairs(all) do
      local says = c.failed and 'failed: ' .. c.failed:gsub('%s+', ' '):sub(1, 160)
         or c.out and ('%9.1f ms in a first turn: not among the fastest of its precision'):format(c.ms)
      if not says then
         local difference = off(c, reference)
         says = ('%9.1f ms  fastest turn %.1f  %4.0f GF/s  %5.0f MB%s'):format(c.ms, c.times[1], steps.flops(w) / c.ms / 1e6, c.peak_mb,
            cell('  losses off by %.0e', difference ~= 0 and difference or nil))
         if difference and difference > tolerances[c.precision] then
            error(('%s: %s: losses off by %g from those of %s'):format(w.work, c.name, difference, reference.name), 0)
         end
      end
      print(('  %-40s %s'):format(c.name, says))
   end
   if row.ratio then
      print(('  %s is %.2f times as fast as the best of PyTorch, %s%s; memory %.2f of its'):format(best.name, row.ratio, rival.name,
         cell(', in float32 %.2f times as its best float32', row.ratio_float32), best.peak_mb / rival.peak_mb))
   end
   io.flush()
end

local function bench_steps()
   for _, w in ipairs(steps.list) do
      if w.work:find(pattern) then
         local mine, all = contest.hilo(), {}
         if w.step == 'convolutions' then table.remove(mine) end -- of float32 alone
         local theirs = peer and contest.pytorch(w.step == 'convolutions' and 'float32 NCHW eager' or options.CONFIGS) or {}
         for _, list in ipairs {mine, theirs} do
            contest.qualify(list, w, {warm_up = 2, turn = 500, most = 2})
            for _, c in ipairs(list) do all[#all + 1] = c end
         end
         for _, c in ipairs(all) do
            if not c.failed and not c.out then contest.reset_peak(c.peer.pid) end
         end
         local load = load_average()
         contest.take_turns(all, rounds)
         for _, c in ipairs(all) do
            if not c.failed and not c.out then c.peak_mb = contest.peak_mb(c.peer.pid) end
         end
         contest.stop(all)
         report_step(w, mine, all, load)
      end
   end
end

-- ---- an earlier run ----

local function compare()
   if not next(base) then return end
   print(('\n| work | before, ms | now, ms | as fast | PyTorch / hilo before | now |\n|---|---|---|---|---|---|'))
   for _, row in ipairs(results) do
      local before = base[row.work]
      if before and before.ms and row.ms then
         print(('| %s | %.2f | %.2f | %.2fx | %s | %s |'):format(row.work, before.ms, row.ms, before.ms / row.ms,
            cell('%.2fx', before.ratio), cell('%.2fx', row.ratio)))
      end
   end
end

start_peer()
measure_peaks()
bench_steps()
bench_ops()
compare()
if options.JSON then
   local file = assert(io.open(options.JSON, 'w'))
   file:write(cjson.encode(results), '\n')
   file:close()
end
