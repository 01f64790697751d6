--- child.lua: tries the seeds first..last of a kind and says in a folder what came of them:
---
---     luajit spec/fuzz/child.lua KIND FIRST LAST FOLDER SECONDS
---
--- FOLDER/at holds the seed that is tried; FOLDER/found gets a line for each inner error or leak; FOLDER/count tells every 100 seeds
--- how many calls were made, or files read, of each kind. After so many seconds of processor time a seed is interrupted as by Ctrl-C,
--- so that calls which are long because they were asked for 10^12 sums end with an error. What goes on for as many seconds more, or
--- waits thirty times as long, ends the process by SIGPROF or SIGALRM; a crash ends it by itself.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'

ffi.cdef [[
   struct fuzz_timeval { long tv_sec, tv_usec; };
   struct fuzz_itimerval { struct fuzz_timeval it_interval, it_value; };
   int setitimer(int which, const struct fuzz_itimerval *new_value, struct fuzz_itimerval *old_value);
   unsigned alarm(unsigned seconds);
   struct fuzz_event { void *value; int signal, how; char rest[48]; };
   struct fuzz_times { long interval_s, interval_ns, value_s, value_ns; };
   int timer_create(int clock, struct fuzz_event *event, void **timer);
   int timer_settime(void *timer, int flags, const struct fuzz_times *value, struct fuzz_times *old);
   int chdir(const char *path);
]]

local kind, first, last, folder, seconds = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4], tonumber(arg[5])
local tried = require('spec.fuzz.' .. kind)
local slow = os.getenv 'HILO_SANITIZED' and 6 or 1

local ITIMER_PROF, CLOCK_PROCESS_CPUTIME_ID, SIGINT = 2, 2, 2
local timer = ffi.new('struct fuzz_itimerval')
local interrupting = ffi.new('void *[1]')
core.call(core.host, 'hl_host_interrupt_install')
assert(ffi.C.timer_create(CLOCK_PROCESS_CPUTIME_ID, ffi.new('struct fuzz_event', {signal = SIGINT}), interrupting) == 0)
local function watch(limit)
   core.host.hl_host_interrupt_clear()
   ffi.C.timer_settime(interrupting[0], 0, ffi.new('struct fuzz_times', {value_s = limit * slow}), nil)
   timer.it_value.tv_sec = 2 * limit * slow
   ffi.C.setitimer(ITIMER_PROF, timer, nil)
   ffi.C.alarm(limit * slow * 30)
end

local at = assert(io.open(folder .. '/at', 'w'))
local found = assert(io.open(folder .. '/found', 'a'))
local function note(file, text)
   if file == at then file:seek('set', 0) end
   file:write(text)
   file:flush()
end

-- Libraries are loaded by their paths from here on; what programs write lies in the folder, '../../x' too.
package.path = package.path:gsub('([^;]+)', function(p) return p:match '^/' and p or assert(io.popen 'pwd'):read() .. '/' .. p end)
tried.prepare(folder)
local work = folder .. '/in/of/work'
hilo.data.folder.make(work)
ffi.C.chdir(work)
os.exit = function() error('os.exit was called', 0) end -- luacheck: ignore

local cpu = core.device('cpu')
local function live()
   jit.flush() -- compiled code keeps what it was compiled for
   collectgarbage()
   collectgarbage()
   return core.memory(cpu).live
end

local count = assert(io.open(folder .. '/count', 'w'))
local function note_counts()
   local lines = {}
   for what, n in pairs(tried.count) do lines[#lines + 1] = ('%s\t%d\n'):format(what, n) end
   count:seek('set', 0)
   count:write(table.concat(lines))
   count:flush()
end

local before, allowed = nil, 32 * 2 ^ 20 -- bytes that tables of constants and generators may take
for seed = first, last do
   note(at, ('%-20d'):format(seed))
   watch(seconds)
   local what = tried.run(seed)
   if what then note(found, ('%d\t%s\n'):format(seed, (what:gsub('%s+', ' ')))) end
   if seed == first then before = live() end
   if seed % 100 == 0 or seed == last then note_counts() end
end
watch(120)
local grown = live() - before
if grown > allowed then note(found, ('%d\tleak: %d bytes are live after %d programs\n'):format(first, grown, last - first + 1)) end
note(at, ('%-20s'):format 'done')
