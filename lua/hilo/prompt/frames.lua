--- prompt/frames.lua: the stack of a coroutine that an error has ended: calls, their variables, a place among them.
local chunk = require 'hilo.prompt.chunk'

---@class Frame
---@field where string '[3]:2', 'mine.lua:17'
---@field source string of the chunk, '@mine.lua'
---@field line integer
---@field what string name of the function, as far as it is known
---@field variables {[1]: string, [2]: any}[] in the order of their declaration, those of the function's surroundings at the end
---@field f function

---@class Frames
---@field at integer which frame is looked at, 1 is where the error was raised
---@field list Frame[]
---@field own boolean some of them are the user's
local Frames = {}
Frames.__index = Frames

--- Whether a function's source is one of hilo's own files, or was made by one.
---@param source string
---@return boolean
function Frames.inside(source) return source:find('/lua/hilo/', 1, true) ~= nil or source:find('^=%(lua/hilo/') ~= nil end

local function variables_of(thread, level, f)
   local variables = {}
   for i = 1, math.huge do
      local name, value = debug.getlocal(thread, level, i)
      if not name then break end
      if name:sub(1, 1) ~= '(' then variables[#variables + 1] = {name, value} end
   end
   for i = 1, math.huge do
      local name, value = debug.getupvalue(f, i)
      if not name then break end
      if name ~= '' and not chunk.is_own(name) then variables[#variables + 1] = {name, value} end
   end
   return variables
end

--- The frames of the user's own functions; hilo's are shown where there are no others.
---@param thread thread
---@return Frames
function Frames.new(thread)
   local all, own = {}, {}
   for level = 0, 200 do
      local info = debug.getinfo(thread, level, 'nSlf')
      if not info then break end
      if info.what ~= 'C' then
         local frame = {where = ('%s:%d'):format(info.short_src, info.currentline), f = info.func, source = info.source,
            line = info.currentline, what = info.name or 'a function',
            variables = variables_of(thread, level, info.func)}
         all[#all + 1] = frame
         if not Frames.inside(info.source) then own[#own + 1] = frame end
      end
   end
   local outermost = own[#own]
   if outermost and outermost.what == 'a function' then outermost.what = 'the main chunk' end
   return setmetatable({list = #own > 0 and own or all, own = #own > 0, at = 1}, Frames)
end

--- Goes n frames towards the caller; fewer where it ends.
---@param n integer negative: towards where the error was raised
---@return boolean moved
function Frames:move(n)
   local to = math.max(1, math.min(#self.list, self.at + n))
   local moved = to ~= self.at
   self.at = to
   return moved
end

local function source_line(frame)
   if frame.source:sub(1, 1) ~= '@' then return nil end
   local file = io.open(frame.source:sub(2))
   if not file then return nil end
   local n, found = 0, nil
   for line in file:lines() do
      n = n + 1
      if n == frame.line then
         found = line:match('^%s*(.-)%s*$')
         break
      end
   end
   file:close()
   return found
end

--- A line a frame, the one looked at marked.
---@return string
function Frames:text()
   local lines = {}
   for i, frame in ipairs(self.list) do
      local code = source_line(frame)
      lines[i] = ('%s %d  %s, in %s%s'):format(i == self.at and '->' or '  ', i, frame.where, frame.what,
         code and '\n        ' .. code or '')
   end
   return table.concat(lines, '\n')
end

--- The variables of the frame looked at, for a chunk to see.
---@return Variables
function Frames:variables()
   local variables = {}
   local list = self.list[self.at].variables
   for i = #list, 1, -1 do variables[list[i][1]] = chunk.variable(list[i][2]) end
   return variables
end

return Frames
