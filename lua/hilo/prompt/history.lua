--- prompt/history.lua: what was typed, in one file for all sessions. An entry is appended as it is typed, under a lock, so that
--- sessions at the same time lose nothing of each other. An entry of several lines is one: its further lines begin with a tab in
--- the file.
local locked_file = require 'hilo.prompt.locked_file'

---@class History
---@field path string? nil: kept for this session alone
---@field entries string[]
---@field limit integer entries that the file keeps
local History = {}
History.__index = History

-- Calls f with the file, locked.
local function locked(path, f)
   local fd = locked_file.open(path)
   if not fd then return false end
   local ok = f(fd)
   locked_file.close(fd)
   return ok
end

local function encoded(entry) return (entry:gsub('\n', '\n\t')) .. '\n' end

local function decoded(text)
   local entries = {}
   for line in text:gmatch('[^\n]+') do
      if line:sub(1, 1) == '\t' and #entries > 0 then
         entries[#entries] = entries[#entries] .. '\n' .. line:sub(2)
      else
         entries[#entries + 1] = line
      end
   end
   return entries
end

local function read(path)
   local file = io.open(path)
   local text = file and file:read('*a') or ''
   if file then file:close() end
   return decoded(text)
end

-- Keeps the newest entries.
local function shorten(path, limit)
   return locked(path, function(fd)
      local entries, parts = read(path), {}
      for i = math.max(1, #entries - limit + 1), #entries do parts[#parts + 1] = encoded(entries[i]) end
      local text = table.concat(parts)
      return locked_file.replace(fd, text)
   end)
end

--- The history in a file, which need not be there yet.
---@param path string?
---@param limit? integer 5000
---@return History
function History.new(path, limit)
   limit = limit or 5000
   local self = setmetatable({path = path, limit = limit, entries = {}}, History)
   if not path then return self end
   self.entries = read(path)
   if #self.entries > 2 * limit then
      shorten(path, limit)
      self.entries = read(path)
   end
   return self
end

--- Adds an entry, but where it is empty or the same as the one before.
---@param entry string
---@return boolean added
---@return string? why it could not be kept for other sessions
function History:add(entry)
   entry = entry:match('^%s*(.-)%s*$')
   if entry == '' or entry == self.entries[#self.entries] then return false end
   self.entries[#self.entries + 1] = entry
   if not self.path then return true end
   local text = encoded(entry)
   local kept = locked(self.path, function(fd) return locked_file.append(fd, text) end)
   return true, not kept and ('%s cannot be written'):format(self.path) or nil
end

--- Entries that hold the word, newest last, with their numbers.
---@param word? string
---@param n? integer at most so many
---@return {[1]: integer, [2]: string}[]
function History:find(word, n)
   local found = {}
   for i = #self.entries, 1, -1 do
      if #found >= (n or math.huge) then break end
      if not word or self.entries[i]:find(word, 1, true) then table.insert(found, 1, {i, self.entries[i]}) end
   end
   return found
end

return History
