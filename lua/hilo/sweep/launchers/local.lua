--- sweep/launchers/local.lua: runs as processes of this machine, which end with the coordinator.
local signal = require 'posix.signal'
local process = require 'hilo.io.process'

---@class LocalLauncher
---@field jobs integer runs at a time
---@field children table<integer, {run: SweepRun, asked: boolean}> by process number
local Local = {}
Local.__index = Local

---@param settings {jobs: integer}
---@return LocalLauncher
function Local.new(settings)
   return setmetatable({jobs = settings.jobs, children = {}}, Local)
end

--- Seeds of a trial take turns here, so that they can be compared step by step.
Local.takes_turns = true

--- How many more runs it takes.
function Local:room()
   local n = self.jobs
   for _ in pairs(self.children) do n = n - 1 end
   return n
end

--- Starts a run.
---@param run SweepRun
---@param words string[] its command
---@param output string the file for what it prints
function Local:start(run, words, output)
   local pid = process.start(words, {output = output, dies_with_parent = signal.SIGUSR1, apart = true})
   self.children[pid] = {run = run}
end

--- Asks a run to save a checkpoint and end.
---@param run SweepRun
function Local:stop(run)
   for pid, child in pairs(self.children) do
      if child.run == run and not child.asked then
         child.asked = true
         process.kill(pid, signal.SIGUSR1)
      end
   end
end

--- Ends all at once, without checkpoints.
function Local:kill()
   for pid in pairs(self.children) do process.kill(pid, signal.SIGKILL) end
end

---@class RunEnding
---@field run SweepRun
---@field code integer?
---@field signal integer?
---@field asked boolean it was asked to stop
---@field seconds number? that it has run, where the launcher knows better than the clock

--- The runs that have ended since the last time.
---@return RunEnding[]
function Local:ended()
   local list = {}
   for pid, child in pairs(self.children) do
      local ending = process.ended(pid)
      if ending then
         self.children[pid] = nil
         list[#list + 1] = {run = child.run, code = ending.code, signal = ending.signal, asked = child.asked or false}
      end
   end
   return list
end

return Local
