--- prompt/standard.lua: Lua's own names, which hilo itself calls: where an entry writes over one, it becomes a variable of the session,
--- and the name outside is Lua's again. A function in place of a function stays: somebody hooks into it.
local chunk = require 'hilo.prompt.chunk'

-- What an entry does to the globals reaches nothing in this file.
local pairs, rawget, rawset, type, G = pairs, rawget, rawset, type, _G

local standard = {}

local tables = {'string', 'table', 'math', 'io', 'os', 'debug', 'coroutine', 'bit', 'package', 'jit'}
local names = {'assert', 'collectgarbage', 'dofile', 'error', 'getfenv', 'getmetatable', 'ipairs', 'load', 'loadfile', 'loadstring',
   'next', 'pairs', 'pcall', 'print', 'rawequal', 'rawget', 'rawset', 'require', 'select', 'setfenv', 'setmetatable', 'tonumber',
   'tostring', 'type', 'unpack', 'xpcall'}

local own, fields = {}, {} -- name -> value; name of a table -> its fields
for i = 1, #names do own[names[i]] = G[names[i]] end
for i = 1, #tables do
   local name = tables[i]
   own[name], fields[name] = G[name], {}
   for key, value in pairs(G[name]) do fields[name][key] = value end
end

local function restore_fields(name, changed)
   for key, value in pairs(fields[name]) do
      local found = rawget(own[name], key)
      if type(value) == 'function' and type(found) ~= 'function' then
         rawset(own[name], key, value)
         changed[#changed + 1] = name .. '.' .. key
      end
   end
end

--- Puts back what is no longer there.
---@param variables Variables what the session's own values go to
---@return string[] changed names
function standard.restore(variables)
   local changed = {}
   for name, value in pairs(own) do
      local found = rawget(G, name)
      if found ~= value and (type(found) ~= type(value) or type(value) == 'table') then
         rawset(G, name, value)
         if found ~= nil then variables[name] = chunk.variable(found) end
         changed[#changed + 1] = name
      end
      if type(value) == 'table' then restore_fields(name, changed) end
   end
   return changed
end

return standard
