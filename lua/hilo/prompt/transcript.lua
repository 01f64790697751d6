--- prompt/transcript.lua: what a session was told, written before it is done. It is removed at the session's end; one that is there and
--- that no process has locked tells of a crash.
local ffi = require 'ffi'
local folder = require 'hilo.data.folder'
local locked_file = require 'hilo.prompt.locked_file'

ffi.cdef 'int getpid(void);'

---@class Transcript
---@field path string?
---@field fd integer? held open, and locked
local Transcript = {}
Transcript.__index = Transcript

--- A transcript that is not written.
Transcript.none = setmetatable({}, Transcript)

local mark = '-->'

--- The folder of transcripts.
---@return string?
function Transcript.folder()
   local home = os.getenv('HOME')
   local state = os.getenv('XDG_STATE_HOME') or home and home .. '/.local/state'
   return state and state .. '/hilo'
end

--- A transcript of this process.
---@return Transcript
function Transcript.new()
   local at = Transcript.folder()
   if not at then return Transcript.none end
   return setmetatable({path = ('%s/session-%s-%d.lua'):format(at, os.date('%Y%m%d-%H%M%S'), ffi.C.getpid())}, Transcript)
end

local function begin(self)
   self.begun = true
   if pcall(folder.make, self.path:match('^(.*)/')) then self.fd = locked_file.open(self.path) end
end

--- Notes an entry. A session goes on where it cannot be written.
---@param entry string
function Transcript:note(entry)
   if not self.path then return end
   if not self.begun then begin(self) end
   if self.fd then locked_file.append(self.fd, mark .. '\n' .. entry .. '\n') end
end

--- The session ends as it should.
function Transcript:close()
   if self.path then os.remove(self.path) end
end

--- Entries in the form of transcripts.
---@param entries string[]
---@return string
function Transcript.text(entries)
   local parts = {}
   for _, entry in ipairs(entries) do parts[#parts + 1] = mark .. '\n' .. entry .. '\n' end
   return table.concat(parts)
end

--- The entries of a transcript.
---@param text string
---@return string[]
function Transcript.entries(text)
   local entries = {}
   for line in (text:gsub('\n$', '') .. '\n'):gmatch('([^\n]*)\n') do
      if line == mark then
         entries[#entries + 1] = ''
      elseif #entries > 0 then
         local entry = entries[#entries]
         entries[#entries] = entry == '' and line or entry .. '\n' .. line
      end
   end
   return entries
end

--- The transcript of the newest session that did not end as it should.
---@return string? path
function Transcript.left()
   local at = Transcript.folder()
   if not at or not folder.is_folder(at) then return nil end
   local names = folder.list(at)
   for i = #names, 1, -1 do
      local path = at .. '/' .. names[i]
      if names[i]:find('^session%-[%d-]+%.lua$') and not locked_file.held(path) then return path end
   end
end

return Transcript
