--- prompt/globals.lua: the names that are to hand at the prompt. What they need is loaded when they are used.
local hilo = require 'hilo'

local globals = {}

-- A function of another file, under its own name.
local function later(module, name)
   return function(...) return require(module)[name](...) end
end

--- Sets them; what is there already stays.
---@param session Session
function globals.set(session)
   local names = {
      hilo = hilo, nn = hilo.nn, optim = hilo.optim,
      open = later('hilo.prompt.run', 'open'),
      summary = later('hilo.prompt.summary', 'print'),
      show = function(...) return require('hilo.prompt.show').show(session, ...) end,
      help = function(topic) return require('hilo.prompt.questions')(session, '?', topic) end,
   }
   for name, value in pairs(names) do
      if rawget(_G, name) == nil then rawset(_G, name, value) end
   end
   if rawget(_G, 'plot') == nil then
      rawset(_G, 'plot', setmetatable({}, {
         __index = function(_, name) return hilo.plot[name] end,
         __call = function(_, ...) return hilo.plot(...) end,
      }))
   end
   require('hilo.train.run').interactive = true
   for name in pairs(_G) do session.built_in[name] = true end
end

return globals
