--- prompt/questions.lua: `?x`, `x?`, `??x`, `? word`: the manual at the prompt.
local chunk = require 'hilo.prompt.chunk'
local core = require 'hilo.core'
local nets = require 'hilo.prompt.nets'

local function value_of(session, text)
   if chunk.kind(text, '=') ~= 'expression' or not text:find('^[%a_][%w_.:%[%]\'"]*$') then return nil end
   local f = chunk.new((text:gsub(':', '.')), '=?', 'expression', session:visible())
   local ok, value = pcall(f or error)
   return ok and value or nil
end

-- 'x:sum' as the manual calls it where x is a tensor or a module.
local function method_of(session, text)
   local object, method = text:match('^(.*)[.:]([%w_]+)$')
   local value = object and value_of(session, object)
   if core.is_tensor(value) then return 'Tensor:' .. method end
   return nets.is_module(value) and 'Module:' .. method or nil
end

local questions = {}

local function is_known(text) return not (text:find('of which no comment tells', 1, true) or text:find('^nothing is called')) end

-- Shows a function that was typed in this session; false for any other value.
local function tell_of_typed(session, f)
   local info = type(f) == 'function' and debug.getinfo(f, 'S')
   local n = info and info.source:match('^=%[(%d+)%]$')
   local entry = n and session.entries[tonumber(n)]
   if not entry then return false end
   local lines, at = {}, 0
   for line in (entry[1] .. '\n'):gmatch('([^\n]*)\n') do
      at = at + 1
      if at >= info.linedefined and at <= info.lastlinedefined then lines[#lines + 1] = line end
   end
   session:say('%s\n%s', session.paint('dim', require('hilo.prompt.pretty').function_text(f)), table.concat(lines, '\n'))
   return true
end

-- The source of a name, or of the value that a variable holds.
local function source_of(session, thing, value)
   local help = require 'hilo.help'
   local source, place = help.source(thing)
   if not source and value ~= nil then source, place = help.source(value) end
   if not source then error(("the source of '%s' is not known"):format(thing), 0) end
   session:say('%s\n%s', session.paint('dim', place), source)
end

-- The name under which the prompt has a function to hand: the manual knows `show` by it, not what calls it with the session.
local function built_in_name(session, value)
   if type(value) ~= 'function' then return nil end
   for name in pairs(session.built_in) do
      if rawequal(rawget(_G, name), value) then return name end
   end
   return nil
end

-- What is known of a name, a variable's value, or a method of it.
local function known_of(session, thing, value)
   local text
   local first = value == nil and thing or built_in_name(session, value) or value
   for _, topic in ipairs {first, method_of(session, thing) or thing, thing} do
      text = require('hilo.help').show(topic)
      if is_known(text) then break end
   end
   session:say('%s', text)
end

--- Answers a question as it is typed.
---@param session Session
---@param marks string '?' or '??'
---@param about string
function questions.ask(session, marks, about)
   local searched = marks == '?' and about:match('^%s+(%S.-)%s*$')
   local thing = about:match('^%s*(.-)%s*$')
   if searched then return session:say('%s', require('hilo.help').search(searched)) end
   if thing == '' then
      return session:say('?x, x? or help(x): what x is; ??x: its source; ? word: what the manual says of a word\n%s', 'commands: %'
         .. table.concat(require('hilo.prompt.commands').names(), ' %') .. ' $ shell')
   end
   local value = value_of(session, thing)
   if type(value) == 'string' then value = nil end
   if thing:find '^[%%$]' then return session:say('%s', require('hilo.prompt.commands').about(thing)) end
   if tell_of_typed(session, value) then return end
   local answer = marks == '??' and source_of or known_of
   answer(session, thing, value)
end

--- `help(x)`: what x is, an object or a name.
---@param session Session
---@param x any
function questions.about(session, x)
   if x == nil or type(x) == 'string' then return questions.ask(session, '?', x or '') end
   if tell_of_typed(session, x) then return end
   session:say('%s', require('hilo.help').show(built_in_name(session, x) or x))
end

return questions
