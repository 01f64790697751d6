--- sweep/task.lua: one run on a node of a cluster: `hilo sweep task FILE`, as the job script of launchers/slurm.lua says. It reads what
--- to run from FILE.json and appends lines to FILE.jsonl: {event = 'started' | 'stopped' | 'ended', ...}. No database is touched here.
---
--- SIGUSR1, which Slurm sends before the time limit, lets the run save a checkpoint and puts the task back into the queue. SIGTERM, of
--- scancel, lets it save a checkpoint and ends the task.
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local stdio = require 'posix.stdio'
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local lock = require 'hilo.io.lock'
local process = require 'hilo.io.process'
local script = require 'hilo.sweep.script'

local check, host = core.check, core.host

local pause_ms = 50

-- A whole line, synced: the file is all that is known of the task.
local function say(path, event)
   local out = assert(io.open(path .. '.jsonl', 'a'))
   assert(out:write(json.encode(event, {one_line = true}), '\n'))
   assert(out:flush())
   assert(unistd.fsync(stdio.fileno(out)))
   out:close()
end

local function threads() return os.getenv('SLURM_CPUS_PER_TASK') or os.getenv('SLURM_CPUS_ON_NODE') or '1' end

local function words_of(task)
   local words, has_threads = {}, false
   for i, word in ipairs(task.words) do
      words[i] = word
      has_threads = has_threads or word:match('^threads=') ~= nil
   end
   if not has_threads then words[#words + 1] = 'threads=' .. threads() end
   words[#words + 1] = script.beginning(task.folder)
   return words
end

-- A requeued task may start while what it ran before is still ending elsewhere.
local function await_folder(path)
   while folder.is_folder(path) and lock.held(path) do poll.poll({}, 500) end
end

-- Runs the child to its end, handing on what Slurm says; returns how it ended and the signal that came, if one did.
local function attend(pid)
   local heard
   while true do
      local ending = process.ended(pid)
      if ending then return ending, heard end
      if host.hl_host_interrupted() ~= 0 then
         heard = host.hl_host_interrupt_signal()
         host.hl_host_interrupt_clear()
         process.kill(pid, signal.SIGUSR1)
      end
      poll.poll({}, pause_ms)
   end
end

---@param words string[] the file without its ending
---@return integer status
return function(words)
   local path = check(words[1], 'sweep task: which file?')
   local task = json.load(path .. '.json')
   core.call(host, 'hl_host_interrupt_install')
   core.call(host, 'hl_host_stop_install')
   await_folder(task.folder)
   folder.make(task.folder)
   say(path, {event = 'started', host = process.host(), job = os.getenv('SLURM_JOB_ID'), restart = os.getenv('SLURM_RESTART_COUNT'),
      time = os.time()})
   local ending, heard = attend(process.start(words_of(task), {output = task.output, dies_with_parent = signal.SIGUSR1}))
   local finished = ending.code == 0 or ending.code and ending.code < 128
   if heard == signal.SIGUSR1 and not finished then
      say(path, {event = 'stopped', time = os.time()})
      local code, text = process.capture {'scontrol', 'requeue', os.getenv('SLURM_JOB_ID') or ''}
      if code == 0 then return 0 end
      io.stderr:write('sweep task: cannot requeue: ', text, '\n')
   end
   say(path, {event = 'ended', code = ending.code, signal = ending.signal, cancelled = heard == signal.SIGTERM, time = os.time()})
   return 0
end
