--- side.lua: hilo's side of the card's benchmark, the counterpart of peer.py: reads one JSON request a line on stdin, answers one
--- JSON line on stdout.
---
--- {"work": "train_step", ..., "device": "cuda", "warm_up": 3}   prepares a work of steps.lua -> {"ready": true, "values": the losses
---                    of the first step, "later": of the last one that warms up}
--- {"time": n}        runs it n times -> {"ms": one, "mem_mb": peak of tensors, "reserved_mb": with what is kept for later}
--- {"peaks": sizes}   the card's own rates -> {"flops": {"bf16": ..., "f32": ...}, "bytes": ...} a second
--- {"calls": n}       n steps with a wait after each call -> {"whole_ms": without, "rows": [{"call", "count", "ms"}]}, of one step
--- {"replay": bytes, "seconds": s, "rounds": r}   a step, each different call of it again and again on copies of its tensors, which
---                    rotate over that many bytes -> {"rows": [{"call", "count", "ms", "flops", "bytes", "dtype"}]}
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local cjson = require 'cjson'
local unistd = require 'posix.unistd'

-- Answers alone go to stdout, whatever a library prints.
local answers = unistd.dup(1)
unistd.dup2(2, 1)

local hilo = require 'hilo'
local core = require 'hilo.core'
local Peer = require 'spec.bench.peer'
local record = require 'spec.bench.record'
local steps = require 'spec.bench.steps'
local timing = require 'spec.bench.timing'

cjson.encode_invalid_numbers(true) -- a loss may be NaN

local device, step -- of the work that was asked for last

local function wait() core.call(device.lib, 'hl_synchronize') end

local function the_device(name)
   local found, reason = core.device(name)
   return found or error(('device %s: %s'):format(name, reason), 0)
end

local function prepare(request)
   device = the_device(request.device or 'cpu')
   step = nil
   hilo.collect()
   hilo.manualSeed(1)
   step = steps[request.work](request)
   local values, last = Peer.losses(step()), nil
   for _ = 1, request.warm_up or 0 do last = step() end
   local later = Peer.losses(last)
   wait()
   last = nil -- luacheck: ignore 311
   hilo.collect()
   core.call(device.lib, 'hl_empty_cache') -- what was tried on the way is not the work's
   core.call(device.lib, 'hl_reset_peak')
   return {ready = true, values = values, later = later}
end

local function time(n)
   wait()
   local start = timing.now()
   for _ = 1, n do step() end
   wait()
   local seconds = timing.now() - start
   local memory = core.memory(device)
   return {ms = seconds * 1000 / n, mem_mb = memory.peak / 2 ^ 20, reserved_mb = (memory.live + memory.cached) / 2 ^ 20}
end

local function normal(sizes, dtype)
   local x = hilo.empty(sizes, {device = device.name}):normal(0, 1)
   return dtype == 'bf16' and x:to{dtype = 'bfloat16'} or x
end

-- The best of several calls, in seconds.
local function best(f)
   local least = math.huge
   for _ = 1, 3 do f() end
   wait()
   for _ = 1, 5 do
      local start = timing.now()
      for _ = 1, 5 do f() end
      wait()
      least = math.min(least, (timing.now() - start) / 5)
   end
   return least
end

local function peaks(sizes, name)
   device = the_device(name)
   local answer = {flops = {}, bytes = 0}
   for _, dtype in ipairs {'bf16', 'f32'} do
      for _, shape in ipairs(sizes.products) do
         local m, k, n = unpack(shape)
         local a, b, c = normal({m, k}, dtype), normal({k, n}, dtype), normal({m, n}, dtype)
         local rate = 2 * m * n * k / best(function() core.run('hl_matmul', c, a, b, 1, 0) end)
         answer.flops[dtype] = math.max(answer.flops[dtype] or 0, rate)
      end
   end
   local x = normal({sizes.copy}, 'f32')
   local y = x:empty(x:size())
   answer.bytes = 8 * sizes.copy / best(function() core.run('hl_copy', y, x) end)
   hilo.collect()
   core.call(device.lib, 'hl_empty_cache')
   return answer
end

local function by_time(rows)
   table.sort(rows, function(a, b) return (a.ms or 0) * a.count > (b.ms or 0) * b.count end)
   return rows
end

-- What each kind of call takes, waiting for it: the device's work and the call's own cost, none beside another.
local function calls(n)
   local whole = {}
   for i = 1, n do whole[i] = time(1).ms end
   local rows, by_key = {}, {}
   record.watch(device, function(p, call, ...)
      wait()
      local start = timing.now()
      local status = call(...)
      wait()
      local ms = (timing.now() - start) * 1000
      local row = by_key[p.name]
      if not row then
         row = {call = p.name:sub(4), count = 0, ms = 0}
         by_key[p.name], rows[#rows + 1] = row, row
      end
      row.count, row.ms = row.count + 1, row.ms + ms
      return status
   end, function()
      for _ = 1, n do step() end
   end)
   for _, row in ipairs(rows) do
      row.ms, row.count = row.ms / row.count, row.count / n
   end
   return {whole_ms = timing.median(whole), rows = by_time(rows)}
end

local function replay(options)
   local rows, by_key = {}, {}
   record.watch(device, function(p, call, ...)
      if not p.computes then return call(...) end
      local arguments = {...}
      local key = record.describe(p, arguments)
      local row = by_key[key]
      if not row then
         row = {call = key, count = 0, bytes = record.bytes(p, arguments), flops = record.flops(p, arguments)}
         row.dtype = key:find ':bf16' and 'bf16' or 'f32'
         local own = {name = device.name, id = device.id, lib = getmetatable(device.lib).lib}
         row.ms, row.failed = record.time(own, p, call, arguments, options)
         by_key[key], rows[#rows + 1] = row, row
      end
      row.count = row.count + 1
      return call(...)
   end, function() step() end)
   return {rows = by_time(rows)}
end

local function answer_to(request)
   if request.work then return prepare(request) end
   if request.time then return time(request.time) end
   if request.peaks then return peaks(request.peaks, request.device) end
   if request.calls then return calls(request.calls) end
   if request.replay then return replay {rotate = request.replay, seconds = request.seconds, rounds = request.rounds} end
   error('side: not a request: ' .. cjson.encode(request), 0)
end

for line in io.lines() do
   local ok, answer = pcall(function() return answer_to(cjson.decode(line)) end)
   if not ok then answer = {error = tostring(answer)} end
   local text = cjson.encode(answer) .. '\n'
   while #text > 0 do text = text:sub(unistd.write(answers, text) + 1) end
end
