--- prompt/commands.lua: entries that are no Lua: %name, $ shell, questions, and words about an error.
local commands = {}

-- Each of these modules gives functions f(session, rest) by name.
local modules = {
   time = 'timing', timeit = 'timing', prof = 'profile', mem = 'memory', who = 'memory', reload = 'reload', save = 'replay',
   load = 'replay', history = 'replay', up = 'errors', down = 'errors', frames = 'errors', locals = 'errors',
   leave = 'errors',
}

--- The commands, sorted.
---@return string[]
function commands.names() return require('hilo.keys')(modules) end

local bare = {up = true, down = true, frames = true, locals = true, leave = true, exit = true, quit = true}

local function is_defined(name, session)
   return session.variables[name] ~= nil or rawget(_G, name) ~= nil
end

local function check_exists(name)
   if modules[name] then return end
   error(("there is no command '%%%s'; %%%s exist"):format(name, table.concat(commands.names(), ', %')), 0)
end

local function command(name, rest)
   check_exists(name)
   return require('hilo.prompt.' .. modules[name])[name], rest
end

--- What a command does, as the manual's page on the prompt tells it.
---@param written string '%timeit', '$'
---@return string
function commands.about(written)
   local wanted = written:match '^%$' or written:match '^%%%a*'
   if wanted ~= '$' then check_exists(wanted:sub(2)) end
   for names, does in require('hilo.help.pages').find('prompt').text:gmatch '\n| (`[^|\n]*`) | ([^|\n]*) |' do
      for name in names:gmatch '`([^`]*)`' do
         if name:match '^%S+' == wanted then return ('%s\n\n%s; `?prompt` tells of all'):format(names:gsub('`', ''), does) end
      end
   end
   return written
end

local function shell(line)
   io.stdout:flush()
   local code = os.execute(line)
   local signal = code % 128
   if signal == 2 then error('interrupted', 0) end
   if signal ~= 0 then error(('killed by signal %d'):format(signal), 0) end
   if code ~= 0 then error(('exit status %d'):format(code / 256), 0) end
end

local asking = "^%s*([%w_.:'\"%[%]]+)(%?%??)%s*$"

local function question(text)
   local marks, rest = text:match('^%s*(%?+)(.*)$')
   if marks then return marks, rest end
   local thing, after = text:match(asking)
   return after, thing
end

local function is_word(text) return text:match('^%s*([%a]+)%s*$') end

--- Whether an entry is no Lua.
---@param text string
---@param session Session
---@return boolean
function commands.is_command(text, session)
   local word = is_word(text)
   return text:find('^%s*[%%$]') ~= nil or question(text) ~= nil or word and bare[word] and not is_defined(word, session) or false
end

--- What an entry does that is no Lua; nil where it is Lua.
---@param text string
---@param session Session
---@return function?
function commands.find(text, session)
   if not commands.is_command(text, session) then return nil end
   local line = text:match('^%s*%$%s*(.*)$')
   if line then return function() shell(line) end end
   local name, rest = text:match('^%s*%%%s*(%a*)%s*(.-)%s*$')
   if name then
      return function()
         local f, argument = command(name, rest)
         f(session, argument)
      end
   end
   local marks, about = question(text)
   if marks then return function() require('hilo.prompt.questions').ask(session, marks, about) end end
   local word = is_word(text)
   if word == 'exit' or word == 'quit' then return function() session.quit = true end end
   return function() command(word)(session, '') end
end

--- The Lua of an entry: `= x`, as Lua's own prompt takes it, is x.
---@param text string
---@return string
function commands.code(text) return (text:gsub('^%s*=', '')) end

return commands
