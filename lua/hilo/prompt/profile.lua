--- prompt/profile.lua: `%prof CODE`: where the time goes, by function and line of Lua, and by op.
local core = require 'hilo.core'
local columns = require 'hilo.prompt.columns'
local ops = require 'hilo.prompt.ops'
local timing = require 'hilo.prompt.timing'

local profile = {}

local function add(counts, key, n) counts[key] = (counts[key] or 0) + n end

-- Files of hilo as they are named in its own folder.
local function shortened(place)
   local inside = place:sub(1, #core.root) == core.root and place:sub(#core.root + 1)
   return inside and inside:find('^lua/') and inside or place
end

-- The innermost frame that is no part of the prompt: its line, and its function as file:name.
local function add_sample(p, stack, n)
   for line, name in stack:gmatch('([^\n\t]*)\t([^\n]*)') do
      if not line:find('/hilo/prompt/', 1, true) and line:find(':%d+$') then
         add(p.lines, shortened(line), n)
         add(p.functions, shortened(name), n)
         return
      end
   end
end

local function ranked(counts)
   local list, total = {}, 0
   for key, n in pairs(counts) do
      list[#list + 1] = {key, n}
      total = total + n
   end
   table.sort(list, function(a, b)
      if a[2] ~= b[2] then return a[2] > b[2] end
      return a[1] < b[1]
   end)
   return list, total
end

---@class Profile
---@field seconds number
---@field functions table<string, number> samples by function, 'mine.lua:step', or by file and line where it has no name
---@field lines table<string, number> samples by line, 'mine.lua:17'
---@field ops table<string, {calls: integer, seconds: number, bytes: number}>

--- Runs f with LuaJIT's profiler, a sample a millisecond, and with every op timed to its end.
---@param f function
---@return Profile
function profile.run(f)
   local sampler = require 'jit.profile'
   local p = {functions = {}, lines = {}, ops = {}}
   local clock = core.host.hl_host_time
   local function note(name, call, ...)
      local bytes = ops.bytes(...)
      local began = clock()
      local result = call(...)
      for _, device in pairs(core.devices) do
         if device.name ~= 'cpu' then core.call(device.lib, 'hl_synchronize') end
      end
      local op = p.ops[name] or {calls = 0, seconds = 0, bytes = 0}
      p.ops[name] = op
      op.calls, op.seconds, op.bytes = op.calls + 1, op.seconds + clock() - began, op.bytes + bytes
      return result
   end
   timing.wait()
   local began = clock()
   sampler.start('li1', function(thread, samples)
      add_sample(p, sampler.dumpstack(thread, 'pl\tFZ\n', 12), samples)
   end)
   local ok, message = pcall(ops.watch, note, f)
   sampler.stop()
   p.seconds = clock() - began
   if not ok then error(message, 0) end
   return p
end

local function samples_text(counts, title, width)
   local list, total = ranked(counts)
   local lines = {{title, 'share', 'samples'}}
   for i = 1, math.min(8, #list) do
      lines[#lines + 1] = {list[i][1], ('%.0f %%'):format(100 * list[i][2] / total), ('%d'):format(list[i][2])}
   end
   return table.concat(columns(lines, width), '\n')
end

local function ops_text(p, width)
   local times = {}
   for name, op in pairs(p.ops) do times[name] = op.seconds end
   local lines = {{'op', 'calls', 'time', 'share', 'GB', 'GB/s'}}
   for i, entry in ipairs((ranked(times))) do
      if i > 12 then break end
      local op = p.ops[entry[1]]
      lines[#lines + 1] = {entry[1]:gsub('^hl_', '') .. '', ('%d'):format(op.calls), timing.text(op.seconds),
         ('%.0f %%'):format(100 * op.seconds / p.seconds), ('%.3f'):format(op.bytes / 1e9),
         op.bytes > 0 and ('%.1f'):format(op.bytes / 1e9 / math.max(op.seconds, 1e-9)) or ''}
   end
   return table.concat(columns(lines, width), '\n')
end

--- `%prof CODE`
function profile.prof(session, text)
   local p = profile.run(timing.compiled(session, text, 'prof'))
   if next(p.functions) then
      session:say('%s\n', samples_text(p.functions, 'function', session:room()))
      session:say('%s\n', samples_text(p.lines, 'line', session:room()))
   end
   if next(p.ops) then session:say('%s\n', ops_text(p, session:room())) end
   session:say('%s in all', timing.text(p.seconds))
end

return profile
