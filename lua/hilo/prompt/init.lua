--- prompt/init.lua: an interactive session: reads entries, does what they say, shows what comes of it, until the input ends.
local core = require 'hilo.core'
local finalizers = require 'hilo.prompt.finalizers'
local globals = require 'hilo.prompt.globals'
local History = require 'hilo.prompt.history'
local pretty = require 'hilo.prompt.pretty'
local reader = require 'hilo.prompt.reader'
local Session = require 'hilo.prompt.session'
local stop = require 'hilo.prompt.stop'
local Transcript = require 'hilo.prompt.transcript'

local prompt = {}

local function history_path()
   local home = os.getenv('HOME')
   return os.getenv('HILO_HISTORY') or home and home .. '/.hilo_history'
end

local function greet(session, note)
   for _, line in ipairs {'hilo: tensors, nn and optim as in Torch7, to hand as hilo, nn and optim.',
      '?x explains x, ? lists more, Ctrl-D ends.'} do
      local fits = #line <= session:width() -- what breaks lines takes time to load
      session:say('%s', fits and line or require('hilo.help.text').wrapped(line, session:width(), ''))
   end
   if note then session:say('%s', note) end
   local left = Transcript.left()
   if left then session:say('A session did not end as it should: %%load runs its entries again\n(%s).', left) end
end

-- Entries that a command asked for, then those that are typed.
local function next_entry(session, lines)
   local queue = session.queue
   if queue and #queue > 0 then
      local text = table.remove(queue, 1)
      session:say('%s', session.paint('dim', '> ' .. text:gsub('\n', '\n> ')))
      return text, true
   end
   return reader.entry(lines, session:prompt(), function(text) return session:wants_more(text) end)
end

local function remember(session, lines, text)
   local added, why = session.history:add(text)
   if added then lines.remember(session.history.entries[#session.history.entries]) end
   if why and not session.told_of_history then
      session.told_of_history = true
      io.stderr:write('history is kept for this session alone: ', why, '\n')
   end
end

-- An entry of the queue has run: Ctrl-C leaves the others out; what a lost session left behind goes when all have run.
local function replayed(session)
   if session.interrupted and #session.queue > 0 then
      session:say('the other %s: left out', require('hilo.prompt.replay').entries(#session.queue))
      session.queue, session.left = nil, nil
   elseif #session.queue == 0 then
      if session.left then os.remove(session.left) end
      session.queue, session.left = nil, nil
   end
end

local function turn(session, lines)
   local text, again = next_entry(session, lines)
   if text == nil then
      session.quit = true
   elseif text and text:find('%S') then
      if not again then remember(session, lines, text) end
      session:enter(text)
   end
   if again then replayed(session) end
end

local function tell_of_finalizers()
   local n, message = finalizers.failed()
   if n == 0 then return end
   local others = n > 1 and ('; %d others failed too'):format(n - 1) or ''
   io.stderr:write('in a finalizer: ', pretty.plain(message), others, '\n')
end

local most_failures = 20 -- of the prompt itself in a row

local function loop(session, lines)
   local failures = 0
   while not session.quit and failures < most_failures do
      local ok, message = pcall(turn, session, lines)
      failures = ok and 0 or failures + 1
      if not ok then
         session.erred = true
         io.stderr:write('hilo: ', pretty.plain(message), '\n')
      end
      tell_of_finalizers()
   end
end

-- A script's file as text, its first line left out where it names an interpreter.
local function read_script(path)
   local file, why = io.open(path)
   if not file then return nil, why end
   local text = file:read('*a')
   file:close()
   return (text:gsub('^#[^\n]*', ''))
end

local function run_script(session, path, arguments)
   local chunk = require 'hilo.prompt.chunk'
   rawset(_G, 'arg', {[0] = path, unpack(arguments)})
   local text, why = read_script(path)
   local f
   if text then
      why = select(2, load(text, '@' .. path, 't'))
      if not why then f, why = chunk.new(text, '@' .. path, 'statements', session.variables) end
   end
   if not f then
      session.erred = true
      io.stderr:write('hilo: ', why, '\n')
      return false
   end
   local ok = session:work(f, unpack(arguments))
   if not ok then session.frames = session.failed end
   return ok
end

---@class PromptOptions
---@field script string? runs first; its variables stay, and where it fails its stack
---@field arguments string[]? of the script

--- Reads, runs and shows until the input ends.
---@param options? PromptOptions
---@return integer status of the exit: 1 where there is no terminal and an entry or the script failed
function prompt.start(options)
   options = options or {}
   local terminal = core.host.hl_host_terminal_width(0) > 0 and core.host.hl_host_terminal_width(1) > 0
   local session = Session.new {history = History.new(terminal and history_path() or nil),
      transcript = terminal and Transcript.new() or nil}
   globals.set(session)
   local ends_line
   local function read_and_run()
      stop.install()
      finalizers.install()
      local lines, note = reader.lines {terminal = terminal, history = session.history.entries,
         complete = function(...) return require('hilo.prompt.complete').readline(session, ...) end}
      ends_line = lines.ends_line
      if terminal then greet(session, note) end
      if options.script then run_script(session, options.script, options.arguments or {}) end
      loop(session, lines)
   end
   local leave = os.exit
   os.exit = function(...) -- luacheck: ignore 122
      session.transcript:close()
      leave(...)
   end
   local thread = coroutine.create(read_and_run)
   local ok, message = coroutine.resume(thread)
   if not ok then error(debug.traceback(thread, pretty.plain(message)), 0) end
   session.transcript:close()
   if terminal and not ends_line then io.write('\n') end
   return not terminal and session.erred and 1 or 0
end

--- Runs code, as `hilo -e` does; an expression's value is printed. Ctrl-C ends the process.
---@param text string?
---@param arguments string[] what `...` is in it
---@return integer status of the exit
function prompt.code(text, arguments)
   local chunk = require 'hilo.prompt.chunk'
   local session = Session.new {history = History.new()}
   globals.set(session)
   if not text then
      io.stderr:write("hilo: -e expects code: hilo -e 'print(1)'\n")
      return 2
   end
   local kind, why, code = chunk.kind(text, '=(code)')
   if not kind then
      io.stderr:write('hilo: ', why == true and 'the code ends too early' or why, '\n')
      return 2
   end
   local function results(ok, ...)
      if not ok then
         local told = type((...)) == 'string' and (...) or session:text((...))
         io.stderr:write('hilo: ', told, require 'hilo.help.meant'(told, text) or '', '\n')
         return 1
      end
      for i = 1, select('#', ...) do session:say('%s', session:text((select(i, ...)))) end
      return 0
   end
   return results(pcall(chunk.new(code, '=(code)', kind, {}), unpack(arguments)))
end

return prompt
