--- torch/medium.lua: where torch.MemoryFile, DiskFile and PipeFile keep their bytes: in memory, on the disk, or in a pipe that is
--- written from its beginning to its end.
local core = require 'hilo.core'

local check = core.check

---@class hilo.torch.medium
---@field size fun(self: table): integer bytes
---@field read fun(self: table, at: integer, n: number): string at most n bytes that follow the first `at`; fewer at the end
---@field write fun(self: table, at: integer, text: string) text comes behind the first `at` bytes, over what was there
---@field flush fun(self: table)
---@field close fun(self: table)
local M = {}

-- ---- memory: a text, and parts that were added behind it and are put together when somebody looks ----

local Memory = {}
Memory.__index = Memory

--- Bytes in memory.
---@param text string
---@return hilo.torch.medium
function M.memory(text) return setmetatable({text = text, parts = {}, length = #text}, Memory) end

--- All of it.
---@return string
function Memory:whole()
   if #self.parts > 0 then
      self.text = self.text .. table.concat(self.parts)
      self.parts = {}
   end
   return self.text
end

function Memory:size() return self.length end
function Memory:read(at, n) return self:whole():sub(at + 1, at + n) end

function Memory:write(at, text)
   if at == self.length then
      self.parts[#self.parts + 1] = text
   else
      local whole = self:whole()
      self.text = whole:sub(1, at) .. text .. whole:sub(at + #text + 1)
   end
   self.length = math.max(self.length, at + #text)
end

function Memory:flush() return self end
function Memory:close() self.text, self.parts = '', {} end

-- ---- a file on the disk, or what can be written only: a pipe ----

local Handle = {}
Handle.__index = Handle

--- What io.open or io.popen gave.
---@param file file*
---@param name string for messages
---@param size integer bytes that are in it
---@return hilo.torch.medium
function M.handle(file, name, size)
   return setmetatable({file = file, name = name, length = size, place = 0, last = nil}, Handle)
end

function Handle:size() return self.length end

-- C wants the place told between reading and writing.
function Handle:go(at, action)
   if self.place ~= at or self.last and self.last ~= action then
      check(self.file:seek('set', at), '%s: there is no going back in it', self.name)
   end
   self.place, self.last = at, action
end

function Handle:read(at, n)
   n = math.min(n, self.length - at)
   if n <= 0 then return '' end
   self:go(at, 'read')
   local text = self.file:read(n) or ''
   self.place = at + #text
   return text
end

function Handle:write(at, text)
   self:go(at, 'write')
   local ok, why = self.file:write(text)
   check(ok, '%s: %s', self.name, tostring(why))
   self.place = at + #text
   self.length = math.max(self.length, self.place)
end

function Handle:flush()
   local ok, why = self.file:flush()
   check(ok, '%s: %s', self.name, tostring(why))
end

function Handle:close()
   local ok, why = self.file:close()
   check(ok ~= nil or not why, '%s: %s', self.name, tostring(why))
end

return M
