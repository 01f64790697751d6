--- train/sessions.lua: machine.json of a run, or of a script that compares runs: where and when the processes that it took ran, and
--- what they used. Facts are those of the last one.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local Log = require 'hilo.train.log'
local machine = require 'hilo.train.machine'

local host = core.host

---@class Session
---@field path string of machine.json
---@field facts table what it holds
local Session = {}
Session.__index = Session

local function date(time) return os.date('!%Y-%m-%dT%H:%M:%SZ', time) end

-- A process that was killed could not tell its time; the log's last line that is its own does, up to what was kept of it.
local function finish_earlier(path, session, step)
   if session.ended == 'interrupted' or session.ended == 'finished' then return end
   local log, from = path .. '/log.jsonl', session.from_step or 0
   session.seconds, session.to_step, session.ended = 0, math.max(step, from), session.ended or 'killed'
   for _, entry in ipairs(folder.is_file(log) and Log.read(log) or {}) do
      if entry.seconds and entry.step > from then session.seconds = entry.seconds end
   end
end

local function earlier(path, step)
   local ok, record = pcall(json.load, path .. '/machine.json')
   local sessions = ok and type(record.sessions) == 'table' and record.sessions or {}
   if #sessions > 0 then finish_earlier(path, sessions[#sessions], step) end
   return sessions
end

--- Writes machine.json at the start of a process.
---@param path string the run's folder
---@param options {device: string, resume: boolean, [string]: any}
---@param start {from_step: integer?, started: integer, git_status: GitStatus, [string]: any} started: seconds since 1970
---@return Session
function Session.open(path, options, start)
   local facts = machine.facts(options.device)
   local sessions = options.resume and earlier(path, start.from_step or 0) or {}
   facts.sessions, facts.started = sessions, date(start.started)
   sessions[#sessions + 1] = {started = facts.started, host = facts.host, device = facts.device, from_step = start.from_step}
   local self = setmetatable({path = path .. '/machine.json', facts = facts, device = options.device, began = host.hl_host_time(),
      git_status = start.git_status}, Session)
   self:save(50)
   return self
end

---@private
function Session:save(patience)
   local tree = self.facts.git
   if tree and not tree.changed then tree.changed = self.git_status:changed(patience) end
   json.save(self.path, self.facts)
end

--- Completes machine.json at the end of a process.
---@param result {to_step: integer?, ended: 'finished'|'interrupted'|'failed', error: string?, steps_per_second: number?,
--- tracking_seconds: number?, diagnostics_seconds: number?, [string]: any}
function Session:close(result)
   local facts, total = self.facts, 0
   local session = facts.sessions[#facts.sessions]
   session.to_step, session.ended, session.error = result.to_step, result.ended, result.error
   session.seconds = host.hl_host_time() - self.began
   for _, one in ipairs(facts.sessions) do total = total + (one.seconds or 0) end
   facts.seconds, facts.ended, facts.finished = total, result.ended, date()
   facts.steps_per_second, facts.tracking_seconds = result.steps_per_second, result.tracking_seconds
   facts.diagnostics_seconds = result.diagnostics_seconds
   for key, value in pairs(machine.used(self.device)) do facts[key] = value end
   self:save(0)
end

return require('hilo.checked').class('Session', Session)
