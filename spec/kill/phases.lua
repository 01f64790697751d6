-- Runs a script, whose path and options follow, and notes at each instant what it is at, in a file that is mapped into memory, so that
-- it is known of a process that was killed. HILO_PHASE_FILE: that file. HILO_KILL=phase:n:microseconds: the kernel kills the process so
-- long after it begins that phase for the n-th time. HILO_PHASE_TIMES: a file for how often each phase came, and how long it took.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'

ffi.cdef [[
   void *mmap(void *start, size_t bytes, int protection, int flags, int fd, long offset);
   typedef struct { void *value; int signal; int notify; int rest[12]; } phases_event;
   typedef struct { long interval[2]; long value[2]; } phases_timer;
   int timer_create(int clock, phases_event *event, void **timer);
   int timer_settime(void *timer, int flags, const phases_timer *new, phases_timer *old);
   int raise(int number);
]]
assert(ffi.sizeof 'phases_event' == 64) -- struct sigevent

local fcntl = require 'posix.fcntl'
local fd = assert(fcntl.open(os.getenv 'HILO_PHASE_FILE', fcntl.O_RDWR))
local noted = ffi.cast('char *', ffi.C.mmap(nil, 64, 3, 1, fd, 0)) -- read and write, shared
local SIGKILL, CLOCK_MONOTONIC = 9, 1

local function note(phase) ffi.copy(noted, phase) end

local wanted, nth, delay = (os.getenv 'HILO_KILL' or ''):match '^([%w ]+):(%d+):(%d+)$'
nth, delay = tonumber(nth), tonumber(delay)
local counts, seconds, current = {}, {}, 'start'
note(current)

local function arm()
   if delay == 0 then ffi.C.raise(SIGKILL) end
   local timer = ffi.new('void *[1]')
   assert(ffi.C.timer_create(CLOCK_MONOTONIC, ffi.new('phases_event', {signal = SIGKILL}), timer) == 0)
   local after = ffi.new('phases_timer')
   after.value[0], after.value[1] = math.floor(delay / 1e6), delay % 1e6 * 1000
   assert(ffi.C.timer_settime(timer[0], 0, after, nil) == 0)
end

local function within(phase, f, ...)
   local before, began = current, core.host.hl_host_time()
   current = phase
   note(phase)
   counts[phase] = (counts[phase] or 0) + 1
   if phase == wanted and counts[phase] == nth then arm() end
   local function leave(...)
      seconds[phase] = (seconds[phase] or 0) + core.host.hl_host_time() - began
      current = before
      note(before)
      return ...
   end
   return leave(f(...))
end

local function wrap(owner, name, phase)
   local f = assert(owner[name], name)
   owner[name] = function(...) return within(type(phase) == 'string' and phase or phase(...), f, ...) end
end

local Run, Log, Tracking = require 'hilo.train.run', require 'hilo.train.log', require 'hilo.train.tracking'
local seen, json, kept = require 'hilo.train.seen', require 'hilo.io.json', require 'hilo.train.kept'

wrap(Run, 'enter', 'enter')
wrap(Run, 'restore', 'restore')
wrap(Run, 'one_step', 'step')
wrap(Run, 'evaluate', 'evaluation')
wrap(Run, 'finish', 'end')
wrap(Log, 'open', 'log')
wrap(Log, 'write', 'log')
wrap(Tracking, 'start', 'events')
wrap(Tracking, 'line', 'events')
wrap(Tracking, 'evaluation', 'events')
wrap(require 'hilo.data.loader', 'read', 'loading')
wrap(require 'hilo.data.workers', 'wait', 'loading')
wrap(kept, 'save', 'checkpoint')
wrap(hilo.io.checkpoint, 'save', function(path) return path:find('best', 1, true) and 'best network' or 'checkpoint' end)
wrap(seen, 'save_confusion', 'metrics')
wrap(seen, 'save_pictures', 'pictures')
wrap(json, 'save', 'metrics')
wrap(hilo.train.pictures, 'save_labels', 'pictures')
wrap(hilo.train.pictures, 'save_comparison', 'pictures')

local function tell_times()
   local path = os.getenv 'HILO_PHASE_TIMES'
   if not path then return end
   local list = {}
   for phase, n in pairs(counts) do list[phase] = {count = n, seconds = seconds[phase]} end
   local out = assert(io.open(path, 'w'))
   out:write(json.encode(list))
   out:close()
end

arg[0] = table.remove(arg, 1) -- luacheck: ignore
dofile(arg[0])
note 'exit'
tell_times()
