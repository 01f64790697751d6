--- io/hparams.lua: what TensorBoard's HPARAMS tab shows: the options of a run beside its scores. Messages and field numbers are those
--- of tensorboard/plugins/hparams: api.proto and plugin_data.proto.
local events = require 'hilo.io.events'
local sorted_keys = require 'hilo.keys'
local pb = require 'hilo.io.protobuf'

local hparams = {}

local types = {string = 1, boolean = 2, number = 3}
local success = 1

-- google.protobuf.Value
local function value_of(x)
   if type(x) == 'number' then return pb.double(2, x) end
   if type(x) == 'boolean' then return pb.int(4, x and 1 or 0) end
   return pb.text(3, x)
end

-- Version 0 of the plugin's data is not written: it is what a missing number means.
local function of_plugin(tag, content) return events.of_plugin('_hparams_/' .. tag, 'hparams', content, events.no_tensor) end

--- Which columns there are. TensorBoard takes those of one run for all runs that it shows together, and shows the first few unasked.
---@param options table<string, string|number|boolean>
---@param metrics string[] tags of scalars
---@param created number seconds since 1970
---@param chosen? table<string, any> options, by name, that come first: those likely to differ between runs
---@return string value for a writer of events
function hparams.experiment(options, metrics, created, chosen)
   local parts, others = {pb.double(3, created)}, {}
   for _, name in ipairs(sorted_keys(options)) do
      local info = pb.text(1, name) .. pb.int(4, types[type(options[name])])
      if chosen and chosen[name] ~= nil then
         parts[#parts + 1] = pb.bytes(4, info .. pb.int(7, 1))
      else
         others[#others + 1] = pb.bytes(4, info)
      end
   end
   parts[#parts + 1] = table.concat(others)
   for _, tag in ipairs(metrics) do
      parts[#parts + 1] = pb.bytes(5, pb.bytes(1, pb.text(2, tag)) .. pb.text(3, tag:match('[^/]+$')))
   end
   return of_plugin('experiment', pb.bytes(2, table.concat(parts)))
end

--- What this run was told.
---@param options table<string, string|number|boolean>
---@param started number seconds since 1970
---@return string
function hparams.started(options, started)
   local parts = {}
   for _, name in ipairs(sorted_keys(options)) do
      parts[#parts + 1] = pb.bytes(1, pb.text(1, name) .. pb.bytes(2, value_of(options[name])))
   end
   parts[#parts + 1] = pb.double(5, started)
   return of_plugin('session_start_info', pb.bytes(3, table.concat(parts)))
end

--- That this run came to its end.
---@param ended number seconds since 1970
---@return string
function hparams.finished(ended)
   return of_plugin('session_end_info', pb.bytes(4, pb.int(1, success) .. pb.double(2, ended)))
end

return hparams
