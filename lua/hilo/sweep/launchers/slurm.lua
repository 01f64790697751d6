--- sweep/launchers/slurm.lua: runs as tasks of Slurm's array jobs. They outlive the coordinator: what becomes of them stands in files
--- beside the sweep's runs, which each task writes as lines of JSON (see ../task.lua) and whoever coordinates reads.
---
---     <runs>/<sweep>/slurm/<n>/script.sh     what the array job runs
---                             <i>.json       the run of task i: its words, folder and output
---                             <i>.jsonl      what task i says: started, stopped, ended
local signal = require 'posix.signal'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local merged = require 'hilo.merged'
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'
local process = require 'hilo.io.process'

local check, host = core.check, core.host

---@class SlurmLauncher
---@field tasks table<integer, SlurmTask> by run_id
---@field full boolean? the array is as long as may be; the next one begins when all of its tasks have ended
local Slurm = {}
Slurm.__index = Slurm

---@class SlurmTask
---@field run SweepRun
---@field job string array job and task: '123_4'
---@field path string its files without ending
---@field asked boolean
---@field missing integer how often in a row it was not in the queue

local ask_every = 2        -- seconds between two looks at the queue
local longest_array = 1000 -- tasks; Slurm's MaxArraySize, if nobody has set it, is 1001

--- The coordinator may end while these go on.
Slurm.outlives = true
--- Tasks of an array cannot make room for each other.
Slurm.takes_turns = false

local defaults = {requeue = '', signal = 'B:USR1@120', ['open-mode'] = 'append'}

---@param settings table of the sweep
---@param options table<string, string> of sbatch
---@return SlurmLauncher
function Slurm.new(settings, options)
   local code = process.capture {'sbatch', '--version'}
   check(code == 0, 'launcher=slurm: there is no sbatch here; start the sweep where the commands of Slurm are (apt-get install '
      .. 'slurm-client)')
   local adaptive = settings.sampler == 'tpe' or settings.pruner ~= 'none'
   return setmetatable({settings = settings, options = options, tasks = {}, queued = {}, asked_at = 0,
      base = ('%s/%s/slurm'):format(settings.runs, settings.name), most = adaptive and settings.jobs or longest_array}, Slurm)
end

--- How many more runs it takes: as many as an array may have, unless those to come depend on what is found.
function Slurm:room()
   local n = self.most
   for _ in pairs(self.tasks) do n = n - 1 end
   self.full = self.most == longest_array and (n <= 0 or self.full and n < self.most)
   return self.full and 0 or n
end

local function absolute(path)
   return path:sub(1, 1) == '/' and path or ('%s/%s'):format(require('posix.unistd').getcwd(), path)
end

--- Takes a run into the next array job.
---@param run SweepRun
---@param words string[]
---@param output string
function Slurm:start(run, words, output)
   self.queued[#self.queued + 1] = {run = run, words = words, output = output}
   self.tasks[run.run_id] = {run = run, missing = 0}
end

local function new_folder(base)
   folder.make(base)
   local n = 1
   for _, name in ipairs(folder.list(base)) do n = math.max(n, (tonumber(name) or 0) + 1) end
   local path = ('%s/%d'):format(base, n)
   folder.make(path)
   return path
end

local function sbatch_words(self, path, n)
   local words = {'sbatch', '--parsable', ('--array=1-%d%%%d'):format(n, self.settings.jobs),
      '--job-name=' .. self.settings.name:gsub('/', '-'), ('--output=%s/%%a.out'):format(absolute(path))}
   local options = merged(defaults, self.options)
   for _, key in ipairs(sorted_keys(options)) do
      words[#words + 1] = '--' .. key .. (options[key] ~= '' and '=' .. options[key] or '')
   end
   words[#words + 1] = path .. '/script.sh'
   return words
end

--- Submits what was started since the last time, as one array job.
---@param study Study
function Slurm:flush(study)
   local queued = self.queued
   if #queued == 0 then return end
   self.queued = {}
   local path = new_folder(self.base)
   for i, item in ipairs(queued) do
      json.save(('%s/%d.json'):format(path, i), {run = item.run.name, words = item.words, output = item.output, folder =
         ('%s/%s'):format(self.settings.runs, item.run.name)})
   end
   file.write(path .. '/script.sh', function(write)
      write(('#!/bin/sh\nexec luajit %s sweep task %s/"$SLURM_ARRAY_TASK_ID"\n'):format(
         process.quoted(absolute(core.root .. 'lua/bin/hilo')), process.quoted(path)))
   end)
   local code, text = process.capture(sbatch_words(self, path, #queued))
   local id = text:match('^(%d+)')
   check(code == 0 and id, 'launcher=slurm: sbatch refused the job: %s', text:match('^%s*(.-)%s*$'))
   for i, item in ipairs(queued) do
      local task = self.tasks[item.run.run_id]
      task.job, task.path = ('%s_%d'):format(id, i), ('%s/%d'):format(path, i)
      study:set_job(item.run, task.job .. ' ' .. task.path)
   end
end

-- ---- what becomes of them ----

--- The lines that a task has written.
local function events_of(task)
   local text, list = file.read_small(task.path .. '.jsonl') or '', {}
   for line in file.whole_lines(text) do list[#list + 1] = json.decode(line, task.path .. '.jsonl') end
   return list
end

-- Seconds that a task has run, all its starts together.
local function seconds_of(events)
   local sum, began = 0, nil
   for _, e in ipairs(events) do
      if e.event == 'started' then began = e.time elseif began then sum, began = sum + e.time - began, nil end
   end
   return sum
end

-- Tasks that Slurm has, running or waiting, by job and task, with the reason why they wait; nil where it does not answer.
local function in_queue(jobs)
   local ids = table.concat(sorted_keys(jobs), ',')
   local code, text = process.capture {'squeue', '--noheader', '--array', '--format=%i %r', '--jobs=' .. ids}
   if code ~= 0 and not text:find('Invalid job id', 1, true) then return nil end
   local found = {}
   for id, reason in text:gmatch('(%d+_%d+) ([^\n]*)') do found[id] = reason end
   return found
end

--- Takes a run on that another coordinator had started; false where nothing is known of it.
---@param run SweepRun
---@return boolean
function Slurm:adopt(run)
   local job, path = (run.job or ''):match('^(%d+_%d+) (.+)$')
   if not job then return false end
   self.tasks[run.run_id] = {run = run, job = job, path = path, missing = 0}
   return true
end

--- Asks a run to save a checkpoint and end.
---@param run SweepRun
function Slurm:stop(run)
   local task = self.tasks[run.run_id]
   if not task or task.asked or not task.job then return end
   task.asked = true
   process.capture {'scancel', task.job}
end

--- Asks tasks to save their checkpoints and end where no coordinator is there to do so.
---@param runs SweepRun[]
function Slurm.cancel(runs)
   for _, run in ipairs(runs) do
      local job = run.state == 'RUNNING' and (run.job or ''):match('^%d+_%d+')
      if job then process.capture {'scancel', job} end
   end
end

-- Slurm holds a task that was put back into the queue for the life of its credentials, two minutes. The lock of the run's folder
-- already keeps two starts apart, so it need not wait.
local function hurry(task, reason)
   if reason == 'BeginTime' and #events_of(task) > 0 then
      process.capture {'scontrol', 'update', 'JobId=' .. task.job, 'StartTime=now'}
   end
end

-- A task that is not in the queue and has said nothing of its end died, together with what it ran in. Two looks, for between the end
-- of a task and its next start it is in the queue all the time, but the answer may be older than its last line.
local function find_missing(self, list)
   local now = host.hl_host_time()
   if now - self.asked_at < ask_every or next(self.tasks) == nil then return end
   self.asked_at = now
   local jobs = {}
   for _, task in pairs(self.tasks) do if task.job then jobs[task.job:match('^%d+')] = true end end
   if next(jobs) == nil then return end
   local queue = in_queue(jobs)
   if not queue then return end
   for run_id, task in pairs(self.tasks) do
      if task.job then
         task.missing = queue[task.job] and 0 or task.missing + 1
         hurry(task, queue[task.job])
         if task.missing >= 2 then
            local events = events_of(task)
            local cancelled = #events > 0 and events[#events].cancelled
            self.tasks[run_id] = nil
            list[#list + 1] = {run = task.run, signal = cancelled and signal.SIGTERM or signal.SIGKILL, asked = task.asked or false,
               seconds = seconds_of(events)}
         end
      end
   end
end

--- The runs that have ended since the last time.
---@return RunEnding[]
function Slurm:ended()
   local list = {}
   for run_id, task in pairs(self.tasks) do
      local events = task.path and events_of(task) or {}
      local last = events[#events]
      if last and last.event == 'ended' and not last.cancelled then -- one that was cancelled may be back in the queue
         self.tasks[run_id] = nil
         list[#list + 1] = {run = task.run, code = last.code, signal = last.signal, asked = task.asked or false,
            seconds = seconds_of(events)}
      end
   end
   find_missing(self, list)
   return list
end

return Slurm
