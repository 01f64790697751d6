--- prompt/replay.lua: what was typed, saved, run again and looked up.
local file = require 'hilo.io.file'
local Transcript = require 'hilo.prompt.transcript'

local replay = {}

local function is_worth(entry) return entry[2] and not entry[1]:find('^%s*[%%?$]') and not entry[1]:find('%?%s*$') end

--- `%save FILE`: the entries of this session that ended without an error.
function replay.save(session, path)
   if path == '' then error('%save FILE: the file is missing', 0) end
   local entries = {}
   for _, entry in ipairs(session.entries) do
      if is_worth(entry) then entries[#entries + 1] = entry[1] end
   end
   file.write(path, function(write) write(Transcript.text(entries)) end)
   session:say('%d entries in %s', #entries, path)
end

--- `%load [FILE]`: runs the entries of a file again; without a name those of the session that ended last without being left.
function replay.load(session, path)
   path = path ~= '' and path or Transcript.left()
   if not path then error('%load: no session has ended without being left; %load FILE runs what %save FILE wrote', 0) end
   local text = file.read_small(path)
   if not text then error(('%%load: %s cannot be read'):format(path), 0) end
   local entries = Transcript.entries(text)
   if #entries == 0 and text:find('%S') then entries = {text} end
   session.queue = session.queue or {}
   for _, entry in ipairs(entries) do table.insert(session.queue, entry) end
   session:say('%d entries of %s', #entries, path)
end

--- `%history [WORD]`: the last 30 entries, or those that hold the word, of all sessions.
function replay.history(session, word)
   for _, entry in ipairs(session.history:find(word ~= '' and word or nil, 30)) do
      session:say('%5d  %s', entry[1], (entry[2]:gsub('\n', '\n       ')))
   end
end

return replay
