--- prompt/memory.lua: what is held: `%mem` by tensor, with what holds it, `%who` by name.
local chunk = require 'hilo.prompt.chunk'
local core = require 'hilo.core'
local keys_of = require 'hilo.keys'
local columns = require 'hilo.prompt.columns'
local pretty = require 'hilo.prompt.pretty'
local Tensor = require 'hilo.tensor'

local memory = {}

--- The names that a session has set: local variables, then globals, results left out.
---@param session Session
---@return {[1]: string, [2]: any}[]
function memory.names(session)
   local list = {}
   for _, name in ipairs(keys_of(session.variables)) do list[#list + 1] = {name, chunk.value(session.variables[name])} end
   for _, name in ipairs(keys_of(_G)) do
      local value = rawget(_G, name)
      local is_module = package.loaded[name] ~= nil -- some set themselves
      if not is_module and not session.built_in[name] and not tostring(name):find('^_%d*$') then list[#list + 1] = {name, value} end
   end
   return list
end

--- `%who`: the names that this session has set, and what they are.
function memory.who(session)
   local lines = {}
   for _, entry in ipairs(memory.names(session)) do
      lines[#lines + 1] = {tostring(entry[1]), entry[2]}
   end
   if #lines == 0 then return session:say('nothing yet') end
   local widest = 0
   for _, line in ipairs(lines) do widest = math.max(widest, #line[1]) end
   for _, line in ipairs(lines) do
      local name = session.paint('key', line[1]) .. (' '):rep(widest - #line[1])
      session:say('%s  %s', name, pretty.line(line[2], session:width() - widest - 2))
   end
end

---@class HeldMemory
---@field storage Storage
---@field bytes number
---@field path string the shortest way to it from a name
---@field tensor Tensor

--- The storages that can be reached from the names, once each, by the shortest way.
---@param roots {[1]: string, [2]: any}[]
---@return HeldMemory[] largest first
function memory.held(roots)
   local queue, seen, found, known = {}, {}, {}, {}
   local function visit(value, path)
      local kind = type(value)
      if kind ~= 'table' and kind ~= 'function' or seen[value] then return end
      seen[value] = true
      queue[#queue + 1] = {value, path}
   end
   for _, root in ipairs(roots) do visit(root[2], tostring(root[1])) end
   local at = 1
   while queue[at] do
      local value, path = queue[at][1], queue[at][2]
      at = at + 1
      if core.is_tensor(value) then
         local storage = value._storage
         if storage.ptr and not known[storage] then
            known[storage] = true
            found[#found + 1] = {storage = storage, bytes = storage.size * storage.dtype.bytes, path = path, tensor = value}
         end
         visit(rawget(value, 'grad'), path .. '.grad')
         visit(rawget(value, '_node'), path .. ' <graph>')
      elseif type(value) == 'table' then
         for key, inner in next, value do
            local is_name = type(key) == 'string' and key:find('^[%a_][%w_]*$')
            visit(inner, is_name and path .. '.' .. key or ('%s[%s]'):format(path, tostring(key)))
         end
      else
         for i = 1, math.huge do
            local name, inner = debug.getupvalue(value, i)
            if not name then break end
            if not chunk.is_own(name) then visit(inner, path .. '()' .. name) end
         end
      end
   end
   table.sort(found, function(a, b)
      if a.bytes ~= b.bytes then return a.bytes > b.bytes end
      return a.path < b.path
   end)
   return found
end

--- Bytes as they are read: '24 B', '1.5 KiB'.
---@param n integer
---@return string
function memory.text(n)
   for _, unit in ipairs {{2 ^ 30, 'GiB'}, {2 ^ 20, 'MiB'}, {2 ^ 10, 'KiB'}} do
      if n >= unit[1] then return ('%.1f %s'):format(n / unit[1], unit[2]) end
   end
   return ('%d B'):format(n)
end

--- `%mem`: the largest tensors and what holds them; the bytes in use on each device.
function memory.mem(session)
   core.collect()
   local roots = memory.names(session)
   for _, n in ipairs(keys_of(session.results)) do
      for _, value in pairs(session.results[n]) do roots[#roots + 1] = {'_' .. n, value} end
   end
   local held, lines, sum, rest = memory.held(roots), {}, {}, 0
   for i, h in ipairs(held) do
      local device = h.storage.device.name
      sum[device] = (sum[device] or 0) + h.bytes
      if i <= 15 then
         local t = h.tensor
         local what = ('%s %s'):format(t:type():match('[^.]+$'), Tensor.shape_text(t))
         lines[#lines + 1] = {h.path, memory.text(h.bytes), what, device}
      else
         rest = rest + h.bytes
      end
   end
   if #lines > 0 then session:say('%s', table.concat(columns(lines, session:room()), '\n')) end
   if rest > 0 then session:say('%d more: %s', #held - 15, memory.text(rest)) end
   for _, name in ipairs(keys_of(core.devices)) do
      local m = core.memory(core.devices[name])
      session:say('%s: %s in use, %s of it held by these names; %s kept for later; at most %s so far', name, memory.text(m.live),
         memory.text(sum[name] or 0), memory.text(m.cached), memory.text(m.peak))
   end
end

return memory
