--- prompt/globals.lua: the names that are to hand at the prompt. What they need is loaded when they are used.
local hilo = require 'hilo'
local interrupts = require 'hilo.interrupts'

local globals = {}

-- A function of another file, under its own name.
local function later(module, name)
   return function(...) return require(module)[name](...) end
end

-- Parts of hilo that are global; loading them takes longer than the rest of the prompt.
local parts = {nn = true, optim = true}

-- What a name is that nobody has set: the parts, as they are first used.
local function find_parts()
   local meta = getmetatable(_G) or {}
   local before = meta.__index
   if type(before) == 'table' then
      local t = before
      before = function(_, name) return t[name] end
   end
   meta.__index = function(t, name)
      if parts[name] then
         rawset(_G, name, hilo[name])
         return hilo[name]
      end
      return before and before(t, name)
   end
   setmetatable(_G, meta)
end

--- The names of globals that are not loaded yet.
---@return string[]
function globals.waiting()
   local list = {}
   for name in pairs(parts) do
      if rawget(_G, name) == nil then list[#list + 1] = name end
   end
   return list
end

--- Sets them; what is there already stays.
---@param session Session
function globals.set(session)
   local names = {
      hilo = hilo,
      open = later('hilo.prompt.run', 'open'),
      summary = later('hilo.prompt.summary', 'print'),
      show = function(...) return require('hilo.prompt.show').show(session, ...) end,
      help = function(topic) return require('hilo.prompt.questions').about(session, topic) end,
      plot = setmetatable({}, {
         __index = function(_, name) return hilo.plot[name] end,
         __call = function(_, ...) return hilo.plot(...) end,
      }),
   }
   for name, value in pairs(names) do
      if rawget(_G, name) == nil then rawset(_G, name, value) end
   end
   find_parts()
   interrupts.at_prompt = true
   for name in pairs(_G) do session.built_in[name] = true end
   for name in pairs(parts) do session.built_in[name] = true end
end

return globals
