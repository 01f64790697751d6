--- prompt/replay.lua: what was typed, saved, run again and looked up.
local file = require 'hilo.io.file'
local Transcript = require 'hilo.prompt.transcript'

local replay = {}

-- No command, no line for the shell and no question.
local function is_code(entry) return not entry:find('^%s*[%%?$]') and not entry:find('%?%s*$') end

--- '1 entry', '2 entries'.
---@param n integer
---@return string
function replay.entries(n) return ('%d %s'):format(n, n == 1 and 'entry' or 'entries') end

--- `%save FILE`: the entries of this session that ended without an error.
function replay.save(session, path)
   if path == '' then error('%save FILE: the file is missing', 0) end
   local entries = {}
   for _, entry in ipairs(session.entries) do
      if entry[2] and is_code(entry[1]) then entries[#entries + 1] = entry[1] end
   end
   file.write(path, function(write) write(Transcript.text(entries)) end)
   session:say('%s in %s', replay.entries(#entries), path)
end

--- `%load [FILE]`: runs the entries of a file again, but for commands and what went to the shell; without a name those of the session
--- that ended last without being left. What that left behind is removed when all has run.
function replay.load(session, path)
   local left = path == '' and Transcript.left() or nil
   path = left or path ~= '' and path
   if not path then error('%load: no session has ended without being left; %load FILE runs what %save FILE wrote', 0) end
   local text = file.read_small(path)
   if not text then error(('%%load: %s cannot be read'):format(path), 0) end
   local entries = Transcript.entries(text)
   if #entries == 0 and text:find('%S') then entries = {text} end
   session.queue, session.left = session.queue or {}, left
   local count = #session.queue
   for _, entry in ipairs(entries) do
      if is_code(entry) then table.insert(session.queue, entry) end
   end
   count = #session.queue - count
   local others = #entries - count
   session:say('%s of %s%s', replay.entries(count), path,
      others > 0 and (others == 1 and '; a command is left out' or ('; %d commands are left out'):format(others)) or '')
end

--- `%history [WORD]`: the last 30 entries, or those that hold the word, of all sessions.
function replay.history(session, word)
   for _, entry in ipairs(session.history:find(word ~= '' and word or nil, 30)) do
      session:say('%5d  %s', entry[1], (entry[2]:gsub('\n', '\n       ')))
   end
end

return replay
