--- bench.lua: times the ops of spec/cases (those with `bench` sizes) and whole steps, next to PyTorch where it can be imported.
---
---    luajit spec/bench/bench.lua [pattern] [JSON=file] [BASE=file] [PEER=torch|none] [ROUNDS=n]
---
--- pattern: a Lua pattern that the name of a work must contain. Each op is checked against its float64 twin before it is timed.
--- hilo and PyTorch take turns in one run; times are medians. Peaks are this machine's own: an SGEMM and a copy measured in
--- this process. Memory is the largest resident set while the work ran.
local ffi = require 'ffi'
local cjson = require 'cjson'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local Peer = require 'spec.bench.peer'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

local options, pattern = timing.options(arg, {PEER = 'torch', ROUNDS = '5'})
pattern = pattern or ''
local rounds = tonumber(options.ROUNDS)
hilo.setnumthreads(tonumber(os.getenv('OMP_NUM_THREADS') or 2))

local now, median = timing.now, timing.median

-- ---- memory ----

local function reset_peak()
   local file = io.open('/proc/self/clear_refs', 'w')
   if file then
      file:write('5')
      file:close()
   end
end

local function peak_mb()
   for line in io.lines('/proc/self/status') do
      local kb = line:match('^VmHWM:%s*(%d+)')
      if kb then return tonumber(kb) / 1024 end
   end
end

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
   local mine, theirs, mem, peer_mem = {}, {}, nil, nil
   for _ = 1, rounds do
      hilo.collect()
      reset_peak()
      start = now()
      for _ = 1, repeats do f() end
      mine[#mine + 1] = (now() - start) * 1000 / repeats
      mem = peak_mb()
      if ready then
         local answer = ask{time = repeats}
         if answer and answer.ms then
            theirs[#theirs + 1] = answer.ms
            peer_mem = answer.mem_mb
         end
      end
   end
   return median(mine), #theirs > 0 and median(theirs) or nil, mem, peer_mem
end

local results, base = {}, {}
if options.BASE then
   for _, row in ipairs(cjson.decode(assert(io.open(options.BASE)):read('*a'))) do base[row.work] = row end
end

local peak -- {gflops, gbytes}

local function report(work, flops, bytes, f, request, is_step)
   local ms, peer_ms, mem, peer_mem = measure(f, request)
   local row = {work = work, ms = ms, peer_ms = peer_ms, ratio = peer_ms and peer_ms / ms}
   row.gflops = flops and flops / ms / 1e6
   row.gbytes = bytes and bytes / ms / 1e6
   row.share_of_peak = flops and row.gflops / peak.gflops or bytes and row.gbytes / peak.gbytes
   if is_step then row.mem_mb, row.peer_mem_mb = mem, peer_mem end
   results[#results + 1] = row
   local function cell(format, value) return value and format:format(value) or '' end
   print(('%-64s %9.2f ms %8s %5s %9s %6s%s%s'):format(work, ms,
      flops and cell('%.0f GF/s', row.gflops) or cell('%.1f GB/s', row.gbytes),
      cell('%.0f%%', row.share_of_peak and 100 * row.share_of_peak),
      cell('%.2f ms', peer_ms), cell('%.2fx', row.ratio),
      is_step and ('  %.0f MB%s'):format(mem, cell(' (PyTorch %.0f MB)', peer_mem)) or '',
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
   print(('%-64s %12s %8s %5s %9s %6s'):format('', 'hilo', '', 'peak', 'PyTorch', 'ratio'))
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

local function bench_steps()
   for _, w in ipairs(steps.list) do
      if w.work:find(pattern) then
         hilo.collect()
         core.device('cpu').lib.hl_empty_cache()
         if peer then -- memory that it kept from the work before is not this work's
            peer:stop()
            start_peer()
         end
         local request = {}
         for key, value in pairs(w) do request[key] = value end
         request.work = w.step
         report(w.work, steps.flops(w), nil, steps[w.step](w), request, true)
      end
   end
end

start_peer()
measure_peaks()
bench_steps()
bench_ops()
if options.JSON then
   local file = assert(io.open(options.JSON, 'w'))
   file:write(cjson.encode(results), '\n')
   file:close()
end
