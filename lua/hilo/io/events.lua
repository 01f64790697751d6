--- io/events.lua: TensorBoard's event files. A file is a row of records (io/records.lua), each an Event: a wall time, a step and
--- values under tags. Messages and field numbers are those of TensorFlow's event.proto, summary.proto and tensor.proto.
---
---     local writer = events.open('runs/mine')
---     writer:add(10, {events.scalar('loss', 0.5), events.image('picture', 60, 80, png)})
---     writer:flush()
local core = require 'hilo.core'
local folder = require 'hilo.io.folder'
local process = require 'hilo.io.process'
local pb = require 'hilo.io.protobuf'
local records = require 'hilo.io.records'

local events = {}

-- ---- values of a summary ----

local function value(tag, content) return pb.text(1, tag) .. content end

--- A point of a curve; it is kept as float32.
---@param tag string what stands before the first / groups the curves
---@param x number
---@return string
function events.scalar(tag, x) return value(tag, pb.float(2, x)) end

---@param tag string
---@param height integer pixels
---@param width integer
---@param file string the bytes of a PNG or JPEG file of three channels
---@return string
function events.image(tag, height, width, file)
   return value(tag, pb.bytes(4, pb.int(1, height) .. pb.int(2, width) .. pb.int(3, 3) .. pb.bytes(4, file)))
end

---@class Histogram
---@field min number
---@field max number
---@field count number of all values
---@field sum number
---@field squares number sum of their squares
---@field limits number[] the right end of each bucket, rising
---@field counts number[] values in each bucket

---@param tag string
---@param h Histogram
---@return string
function events.histogram(tag, h)
   return value(tag, pb.bytes(5, table.concat {pb.double(1, h.min), pb.double(2, h.max), pb.double(3, h.count), pb.double(4, h.sum),
      pb.double(5, h.squares), pb.doubles(6, h.limits), pb.doubles(7, h.counts)}))
end

local type_float, type_string, class_tensor = 1, 7, 2

--- A value that a plugin of TensorBoard's shows.
---@param tag string
---@param plugin string its name
---@param content string what it is told, in a message of its own
---@param tensor string a TensorProto
---@return string
function events.of_plugin(tag, plugin, content, tensor)
   local data = pb.text(1, plugin) .. (content ~= '' and pb.bytes(2, content) or '')
   return value(tag, pb.bytes(8, tensor) .. pb.bytes(9, pb.bytes(1, data) .. pb.int(4, class_tensor)))
end

--- A TensorProto without elements, for values that are all in what the plugin is told.
events.no_tensor = pb.int(1, type_float) .. pb.bytes(2, pb.bytes(2, ''))

--- Markdown.
---@param tag string
---@param text string
---@return string
function events.text(tag, text)
   return events.of_plugin(tag, 'text', '', pb.int(1, type_string) .. pb.bytes(2, '') .. pb.text(8, text))
end

-- ---- files ----

---@class EventWriter
---@field path string
local Writer = {}
Writer.__index = Writer

-- Wall times of one writer never go back.
local epoch
local function wall_time()
   local now = core.host.hl_host_time()
   epoch = epoch or os.time() - now
   return epoch + now
end

local function is_event_file(name) return name:find('^events%.out%.tfevents%.%d+') ~= nil end

--- The event files of a folder, in the order in which TensorBoard reads them.
---@param path string
---@return string[] names
function events.list(path)
   local names = {}
   for _, name in ipairs(folder.is_folder(path) and folder.list(path) or {}) do
      if is_event_file(name) then names[#names + 1] = name end
   end
   return names
end

-- TensorBoard reads the files of a folder in the order of their names, so a new one comes after those that are there.
local function new_name(path)
   local seconds = os.time()
   for _, name in ipairs(events.list(path)) do
      seconds = math.max(seconds, (tonumber(name:match('tfevents%.(%d+)')) or 0) + 1)
   end
   return ('events.out.tfevents.%010d.%s'):format(seconds, (process.host():gsub('[^%w.-]', '-')))
end

--- A new event file in a folder.
---@param path string of the folder
---@param options? {resumed_after?: integer} of what earlier files hold, TensorBoard shows nothing that comes after this step
---@return EventWriter
function events.open(path, options)
   local self = setmetatable({path = path .. '/' .. new_name(path), pending = {}}, Writer)
   local out, why = io.open(self.path, 'wb')
   core.check(out, 'events: cannot write %s: %s', self.path, tostring(why))
   self.out = out
   self:event(0, pb.text(3, 'brain.Event:2') .. pb.bytes(10, pb.text(1, 'hilo')))
   local after = options and options.resumed_after
   if after then self:event(after + 1, pb.bytes(7, pb.int(1, 1))) end -- SessionLog with status START
   self:flush()
   return self
end

---@private
function Writer:event(step, content)
   self.pending[#self.pending + 1] = records.frame(pb.double(1, wall_time()) .. pb.int(2, step) .. content)
end

--- Adds values of a step; flush() brings them to the file.
---@param step integer
---@param values string[] of events.scalar and its like
function Writer:add(step, values)
   local parts = {}
   for i, v in ipairs(values) do parts[i] = pb.bytes(1, v) end
   if #parts > 0 then self:event(step, pb.bytes(5, table.concat(parts))) end
end

--- Brings what was added to the file: whole records, at its end.
function Writer:flush()
   if #self.pending == 0 then return end
   local text = table.concat(self.pending)
   self.pending = {}
   local ok, why = self.out:write(text)
   if ok then ok, why = self.out:flush() end
   core.check(ok, 'events: cannot write %s: %s', self.path, tostring(why))
end

function Writer:close()
   self:flush()
   self.out:close()
end

return events
