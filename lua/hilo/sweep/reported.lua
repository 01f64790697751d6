--- sweep/reported.lua: the numbers that a run reports: those of its log as it grows, and those of its scores at the end.
local cjson = require 'cjson'
local stat = require 'posix.sys.stat'
local checkpoint = require 'hilo.io.checkpoint'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local sorted_keys = require 'hilo.keys'
local json = require 'hilo.io.json'
local options = require 'hilo.options.values'

---@class Reported
---@field path string the run's folder
---@field metric string
---@field step integer of the last line
---@field entry table the last line of losses
---@field points {step: integer, value: number}[] what the metric was
---@field names table<string, boolean> scalars of evaluations
---@field evaluated boolean there has been an evaluation
local Reported = {}
Reported.__index = Reported

---@param path string the run's folder
---@param metric string a loss, or a score: 'mean_iou', 'iou.person', 'teacher.f1'
---@return Reported
function Reported.new(path, metric)
   return setmetatable({path = path, log = path .. '/log.jsonl', metric = metric, step = 0, at = 0, points = {}, names = {},
      evaluated = false}, Reported)
end

-- Scalars of an entry, by dotted name. JSON has null where a run had no number to write.
local function scalars(entry)
   local found = {}
   for name, value in pairs(options.flatten(entry)) do
      if value == cjson.null then value = 0 / 0 end
      if type(value) == 'number' then found[name] = value end
   end
   return found
end

function Reported:take(line)
   local ok, entry = pcall(json.decode, line, self.log)
   if not ok or type(entry.step) ~= 'number' then return nil end
   self.step = math.max(self.step, entry.step)
   local is_evaluation = type(entry.scores) == 'table'
   if not is_evaluation then self.entry = entry end
   local found = scalars(is_evaluation and entry.scores or entry)
   if is_evaluation then
      self.evaluated = true
      for name in pairs(found) do self.names[name] = true end
   elseif found[self.metric] ~= nil then
      self.names[self.metric] = true
   end
   if self.metric == 'step' or found[self.metric] == nil then return nil end
   local point = {step = entry.step, value = found[self.metric]}
   self.points[#self.points + 1] = point
   return point
end

--- Reads what has come since the last time.
---@return {step: integer, value: number}[] points new ones
function Reported:poll()
   local now, new = stat.stat(self.log), {}
   if not now then return new end
   if now.st_ino ~= self.inode then -- a run that goes on writes its log anew
      self.inode, self.at, self.points = now.st_ino, 0, {}
   end
   if now.st_size <= self.at then return new end
   local input = io.open(self.log, 'rb')
   if not input then return new end
   input:seek('set', self.at)
   local text = input:read('*a') or ''
   input:close()
   local whole = text:match('^.*\n') or '' -- the last line may be half written
   self.at = self.at + #whole
   for line in whole:gmatch('[^\n]+') do new[#new + 1] = self:take(line) end
   return new
end

--- The final scores of a run, by dotted name; empty before its end.
---@param path string its folder
---@return table<string, number>
function Reported.scores(path)
   path = path .. '/scores.json'
   return folder.is_file(path) and scalars(json.load(path)) or {}
end

--- The value of a run that has ended.
---@param at 'last'|'best'
---@param direction 'max'|'min'
---@return number? value nil where it reported no such thing; the best of several is a number where one of them is
function Reported:value(at, direction)
   local chosen
   for _, point in ipairs(self.points) do
      local value = point.value
      local better = not chosen or chosen ~= chosen or direction == 'max' and value > chosen or direction == 'min' and value < chosen
      if at == 'last' or better then chosen = value end
   end
   if chosen then return chosen end
   local found = Reported.scores(self.path) -- scripts that do not train have no log
   if not self.evaluated then
      for name in pairs(found) do self.names[name] = true end
   end
   return found[self.metric]
end

--- The step that it has come to: that of its log, or of the checkpoint from which it would go on, where that is later.
---@return integer
function Reported:reached()
   local ok, meta = pcall(checkpoint.meta, self.path .. '/last.safetensors')
   return math.max(self.step, ok and tonumber(meta.step) or 0)
end

--- Whether it has evaluated and written a line of losses, and the metric was in neither.
---@return boolean
function Reported:lacks_metric() return self.evaluated and self.entry ~= nil and not self.names[self.metric] end

--- Whether the metric is one of the losses, which come more often than scores.
---@return boolean
function Reported:is_loss() return self.entry ~= nil and scalars(self.entry)[self.metric] ~= nil end

--- Names of what it reports, in order.
---@return string[]
function Reported:known() return sorted_keys(self.names) end

--- Whether a run has come to its end.
---@param path string
function Reported.is_finished(path) return folder.is_file(path .. '/scores.json') end

--- The last lines that a process left in a file from some place on.
---@param path string
---@param from integer
---@return string
function Reported.tail(path, from)
   local input = io.open(path, 'rb')
   if not input then return '' end
   local size = input:seek('end')
   input:seek('set', math.max(from, size - 4000))
   local text = input:read('*a') or ''
   input:close()
   return text
end

--- Bytes of a file; 0 where there is none.
function Reported.size(path) return folder.is_file(path) and file.size(path) or 0 end

return Reported
