--- prompt/complete/names.lua: variables, fields and methods, as far as tables, metatables and classes tell without calling anything.
local attempt = require 'hilo.prompt.attempt'
local chunk = require 'hilo.prompt.chunk'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local globals = require 'hilo.prompt.globals'

local names = {}

local keywords = {'and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'goto', 'if', 'in', 'local', 'nil', 'not',
   'or', 'repeat', 'return', 'then', 'true', 'until', 'while'}

-- hilo's parts load when they are first used.
local function parts_of_hilo()
   local list, at = {}, core.root .. 'lua/hilo'
   for _, name in ipairs(folder.list(at)) do
      if folder.is_file(('%s/%s/init.lua'):format(at, name)) then list[#list + 1] = name end
   end
   return list
end

local function add_keys(list, t, wanted)
   for key, value in next, t do
      if type(key) == 'string' and key:find('^[%a_][%w_]*$') and (not wanted or wanted(value)) then list[#list + 1] = key end
   end
end

local function is_method(x) return type(x) == 'function' end

--- The names of what is in a value, its classes included.
---@param value any
---@param methods boolean functions alone
---@return string[]
function names.within(value, methods)
   local list, wanted = {}, methods and is_method or nil
   if core.is_tensor(value) then add_keys(list, require('hilo.tensor').methods, wanted) end
   if type(value) == 'table' and value == package.loaded.hilo and not methods then list = parts_of_hilo() end
   for _ = 1, 20 do -- a class and those that it extends
      if type(value) == 'table' then add_keys(list, value, wanted) end
      local meta = type(value) == 'string' and getmetatable('') or type(value) == 'table' and getmetatable(value)
      local parent = type(meta) == 'table' and rawget(meta, '__index')
      if type(parent) ~= 'table' or parent == value and type(value) ~= 'string' then return list end
      value = parent
   end
   return list
end

--- A variable of the session.
---@param session Session
---@param name string
function names.variable(session, name)
   local variable = session:visible()[name]
   if variable then return chunk.value(variable) end
   return _G[name]
end

--- The value of a path such as `a.b[1].c`, read without calls; nil where there is none.
---@param session Session
---@param path string
function names.value(session, path)
   local first, rest = path:match('^([%a_][%w_]*)(.*)$')
   if not first then return nil end
   local value = names.variable(session, first)
   while rest ~= '' do
      local key, after = rest:match('^[.:]([%a_][%w_]*)(.*)$')
      if not key then
         key, after = rest:match('^%[(%d+)%](.*)$')
         key = tonumber(key)
      end
      if not key then return nil end
      local ok, inner = attempt(function(t, k) return t[k] end, value, key)
      if not ok or inner == nil then return nil end
      value, rest = inner, after
   end
   return value
end

--- What a word, which may be a path, can become.
---@param session Session
---@param word string
---@return string[]
function names.candidates(session, word)
   local path, sign = word:match('^(.*)([.:])[%w_]*$')
   local list = {}
   if path then
      local value = names.value(session, path)
      if value == nil then return list end
      for _, name in ipairs(names.within(value, sign == ':')) do list[#list + 1] = path .. sign .. name end
      return list
   end
   add_keys(list, _G)
   for _, name in ipairs(globals.waiting()) do list[#list + 1] = name end
   for name in pairs(session.variables) do list[#list + 1] = name end
   if session.frames then
      for name in pairs(session.frames:variables()) do list[#list + 1] = name end
   end
   for _, word_of_lua in ipairs(keywords) do list[#list + 1] = word_of_lua end
   return list
end

return names
