--- contest.lua: processes that compute the same work and take turns: hilo (spec/bench/side.lua) and PyTorch (spec/bench/peer.py), each
--- in a process of its own, so that its memory can be told.
local Peer = require 'spec.bench.peer'
local timing = require 'spec.bench.timing'

local contest = {}

---@class Contender
---@field name string
---@field precision string? 'float32' or 'bf16'
---@field hilo boolean? else PyTorch
---@field request table what is asked besides the work: precision, layout, variant, device, graph
---@field peer Peer?
---@field failed string? why it takes no part any more
---@field values table<string, number> losses of its first step
---@field times number[] milliseconds of a step, one for each turn
---@field ms number their median
---@field repeats integer steps in a turn
---@field out boolean? others of its precision were faster in a first turn: it takes no more turns

--- PyTorch's configurations on a CPU: {float32, bfloat16 by autocast} x {NCHW, channels last} x {eager, torch.compile}.
---@param pattern? string that a name must contain
---@return Contender[]
function contest.pytorch(pattern)
   local list = {}
   for _, precision in ipairs {'float32', 'bf16'} do
      for _, layout in ipairs {'NCHW', 'channels_last'} do
         for _, variant in ipairs {'eager', 'compile'} do
            local name = ('PyTorch %s %s %s'):format(precision, layout, variant)
            if not pattern or name:find(pattern) then
               list[#list + 1] = {name = name, precision = precision,
                  request = {precision = precision == 'bf16' and 'bf16' or nil, layout = layout, variant = variant}}
            end
         end
      end
   end
   return list
end

--- hilo's configurations on a CPU.
---@return Contender[]
function contest.hilo()
   return {{name = 'hilo float32', precision = 'float32', hilo = true, request = {}},
      {name = 'hilo bf16', precision = 'bf16', hilo = true, request = {precision = 'bf16'}}}
end

--- Starts a contender's process, has it prepare a work and warm up.
---@param c Contender
---@param w table a work of steps.lua
---@param options {warm_up: integer, turn: number} warm_up: steps after the first; turn: milliseconds that a turn shall last
function contest.prepare(c, w, options)
   if not c.peer and not c.failed then
      if c.hilo then c.peer = Peer.start_hilo() else c.peer, c.failed = Peer.start() end
   end
   if c.failed then return end
   local request = {}
   for key, value in pairs(w) do if key ~= 'work' and key ~= 'step' then request[key] = value end end
   request.work, request.warm_up = w.step, options.warm_up
   for key, value in pairs(c.request) do request[key] = value end
   local answer = c.peer:ask(request)
   if not answer then c.failed = 'its process ended' elseif answer.error then c.failed = answer.error end
   if c.failed then return end
   c.values, c.later, c.version, c.times = answer.values, answer.later, answer.version, {}
   local first = c.peer:ask {time = 1}
   c.repeats = math.max(1, math.min(500, math.floor(options.turn / math.max(0.01, first and first.ms or 1))))
end

-- ---- memory of a process ----

--- Forgets how much of a process was resident at most.
---@param pid integer|string 'self' for this one
function contest.reset_peak(pid)
   local file = io.open(('/proc/%s/clear_refs'):format(pid), 'w')
   if file then
      file:write('5')
      file:close()
   end
end

--- How much of a process was resident at most, in megabytes.
---@param pid integer|string 'self' for this one
---@return number?
function contest.peak_mb(pid)
   for line in io.lines(('/proc/%s/status'):format(pid)) do
      local kb = line:match('^VmHWM:%s*(%d+)')
      if kb then return tonumber(kb) / 1024 end
   end
end

-- ---- turns ----

--- A first turn of each, one after the other: of each precision only the fastest `most` stay, so that the processes fit into memory.
---@param list Contender[]
---@param w table a work of steps.lua
---@param options {warm_up: integer, turn: number, most: integer}
function contest.qualify(list, w, options)
   local staying = {}
   for _, c in ipairs(list) do
      contest.prepare(c, w, options)
      local answer = not c.failed and c.peer:ask {time = c.repeats}
      if answer and answer.ms then
         c.ms = answer.ms
         local group = staying[c.precision] or {}
         staying[c.precision] = group
         group[#group + 1] = c
         table.sort(group, function(a, b) return a.ms < b.ms end)
         local slowest = table.remove(group, options.most + 1)
         if slowest then
            slowest.out = true
            slowest.peer:stop()
         end
      elseif c.peer then
         c.failed = c.failed or answer and answer.error or 'its process ended'
         c.peer:stop()
      end
   end
end

--- Times all in turns, and takes the medians.
---@param list Contender[]
---@param rounds integer
function contest.take_turns(list, rounds)
   for _ = 1, rounds do
      for _, c in ipairs(list) do
         if not c.failed and not c.out then
            local answer = c.peer:ask {time = c.repeats}
            if answer and answer.ms then
               table.insert(c.times, answer.ms)
               c.mem_mb, c.reserved_mb = answer.mem_mb, answer.reserved_mb
            else
               c.failed = answer and answer.error or 'its process ended'
            end
         end
      end
   end
   for _, c in ipairs(list) do
      if not c.failed and not c.out then c.ms = timing.median(c.times) end
   end
end

--- The fastest of those that are wanted.
---@param list Contender[]
---@param wanted fun(c: Contender): boolean?
---@return Contender?
function contest.fastest(list, wanted)
   local best
   for _, c in ipairs(list) do
      if c.ms and not c.failed and not c.out and wanted(c) and (not best or c.ms < best.ms) then best = c end
   end
   return best
end

--- Ends their processes.
---@param list Contender[]
function contest.stop(list)
   for _, c in ipairs(list) do
      if c.peer then c.peer:stop() end
   end
end

--- What a file of results keeps of them.
---@param list Contender[]
---@return table[]
function contest.rows(list)
   local rows = {}
   for i, c in ipairs(list) do
      rows[i] = {name = c.name, ms = c.ms, times = c.times, mem_mb = c.mem_mb, reserved_mb = c.reserved_mb,
         process_mb = c.process_mb, failed = c.failed, out = c.out, values = c.values, version = c.version}
   end
   return rows
end

return contest
