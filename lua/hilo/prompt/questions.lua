--- prompt/questions.lua: `?x`, `x?`, `??x`, `? word`: the manual at the prompt.
local chunk = require 'hilo.prompt.chunk'

local function value_of(session, text)
   if chunk.kind(text, '=') ~= 'expression' or not text:find('^[%a_][%w_.:%[%]\'"]*$') then return nil end
   local f = chunk.new(text:gsub(':', '.'), '=?', 'expression', session:visible())
   local ok, value = pcall(f or error)
   return ok and value or nil
end

--- Answers a question.
---@param session Session
---@param marks string '?' or '??'
---@param about string
return function(session, marks, about)
   local help = require 'hilo.help'
   local searched = marks == '?' and about:match('^%s+(%S.-)%s*$')
   local thing = about:match('^%s*(.-)%s*$')
   if searched then return session:say('%s', help.search(searched)) end
   if thing == '' then
      return session:say('?x, x? or help(x): what x is; ??x: its source; ? word: what the manual says of a word\n%s', 'commands: %'
         .. table.concat(require('hilo.prompt.commands').names(), ' %') .. ' $ shell')
   end
   local value = value_of(session, thing)
   if type(value) == 'string' then value = nil end
   if marks == '??' then
      local source, place = help.source(thing)
      if not source and value ~= nil then source, place = help.source(value) end
      if not source then error(("the source of '%s' is not known"):format(thing), 0) end
      return session:say('%s\n%s', session.paint('dim', place), source)
   end
   local text = value ~= nil and help.show(value)
   if not text or text:find('of which no comment tells', 1, true) then text = help.show(thing) end
   session:say('%s', text)
end
