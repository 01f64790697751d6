--- train/log.lua: one JSON object a line. A continued run drops what was written after the checkpoint it starts from.
local fcntl = require 'posix.fcntl'
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local json = require 'hilo.io.json'

---@class Log
local Log = {}
Log.__index = Log

-- Whole lines up to that step; a line cut short by a kill is dropped.
local function kept(path, step)
   local lines = {}
   for line in file.whole_lines(file.read(path)) do
      local ok, entry = pcall(json.decode, line, path)
      if ok and type(entry.step) == 'number' and entry.step <= step then lines[#lines + 1] = line end
   end
   return lines
end

--- Opens a log for appending.
---@param path string
---@param step integer entries of later steps are dropped; 0 drops all
---@return Log
function Log.open(path, step)
   local lines = {}
   if core.host.hl_host_path_kind(path) == 1 then lines = kept(path, step) end
   file.write(path, function(out)
      for _, line in ipairs(lines) do out(line .. '\n') end
   end)
   return setmetatable({path = path}, Log)
end

--- Adds a line.
---@param entry table
function Log:write(entry)
   local out, why = io.open(self.path, 'a')
   core.check(out, 'log: cannot write %s: %s', self.path, tostring(why))
   local ok, reason = out:write(json.encode(entry, {one_line = true}), '\n')
   local closed, close_reason = out:close()
   core.check(ok and closed, 'log: cannot write %s: %s', self.path, tostring(reason or close_reason))
end

--- Brings what was written to the disk: until then a power cut may take it.
function Log:sync()
   local fd, why = fcntl.open(self.path, fcntl.O_RDONLY)
   core.check(fd, 'log: cannot open %s: %s', self.path, tostring(why))
   local ok, reason = unistd.fsync(fd)
   unistd.close(fd)
   core.check(ok, 'log: cannot bring %s to the disk: %s', self.path, tostring(reason))
end

--- All entries of a log file. A line cut short by a kill, or not yet written to its end, is none.
---
---     for _, entry in ipairs(hilo.train.Log.read 'runs/mine/log.jsonl') do print(entry.step, entry.ce) end
---@param path string
---@return table[]
function Log.read(path)
   local entries = {}
   for line in file.whole_lines(file.read(path)) do
      if line ~= '' then entries[#entries + 1] = json.decode(line, path) end
   end
   return entries
end

return Log
