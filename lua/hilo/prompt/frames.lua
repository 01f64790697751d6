--- prompt/frames.lua: the stack of a coroutine in which an error was raised: calls, their variables, a place among them.
local chunk = require 'hilo.prompt.chunk'

-- The stack is read while what an entry did to Lua's own names still holds.
local getinfo, getlocal, getupvalue, setmetatable = debug.getinfo, debug.getlocal, debug.getupvalue, setmetatable
local find, format, sub, huge = string.find, string.format, string.sub, math.huge

---@class Frame
---@field where string '[3]:2', 'mine.lua:17'
---@field source string of the chunk, '@mine.lua'
---@field line integer
---@field what string name of the function, as far as it is known
---@field variables FrameVariable[] in the order of their declaration, those of the function's surroundings at the end
---@field f function
---@field seen Variables? what a chunk sees of it, once somebody looks
---@field copies table<string, FrameVariable>? which of these are no variables of its surroundings, with what they held

---@class FrameVariable
---@field [1] string name
---@field [2] any value
---@field [3] integer? number in the function where it is one of its surroundings

---@class Frames
---@field at integer which frame is looked at, 1 is where the error was raised
---@field list Frame[]
---@field own boolean some of them are the user's
local Frames = {}
Frames.__index = Frames

--- Whether a function's source is one of hilo's own files, or was made by one.
---@param source string
---@return boolean
function Frames.inside(source) return find(source, '/lua/hilo/', 1, true) ~= nil or find(source, '^=%(lua/hilo/') ~= nil end

local function variables_of(thread, level, f)
   local variables = {}
   for i = 1, huge do
      local name, value = getlocal(thread, level, i)
      if not name then break end
      if sub(name, 1, 1) ~= '(' then variables[#variables + 1] = {name, value} end
   end
   for i = 1, huge do
      local name, value = getupvalue(f, i)
      if not name then break end
      if name ~= '' and not chunk.is_own(name) then variables[#variables + 1] = {name, value, i} end
   end
   return variables
end

--- The frames of the user's own functions; hilo's are shown where there are no others.
---@param thread thread
---@return Frames
function Frames.new(thread)
   local all, own = {}, {}
   for level = 0, 200 do
      local info = getinfo(thread, level, 'nSlf')
      if not info then break end
      if info.what ~= 'C' then
         local frame = {where = format('%s:%d', info.short_src, info.currentline), f = info.func, source = info.source,
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

--- The line of a file that a frame is at, without the blanks around it; nil where its source is no file.
---@param frame {source: string, line: integer}
---@return string?
function Frames.source_line(frame)
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
      local code = Frames.source_line(frame)
      lines[i] = ('%s %d  %s, in %s%s'):format(i == self.at and '->' or '  ', i, frame.where, frame.what,
         code and '\n        ' .. code or '')
   end
   return table.concat(lines, '\n')
end

--- The variables of the frame looked at, for a chunk to see: copies of its own, and those of its surroundings themselves.
---@return Variables
function Frames:variables()
   local frame = self.list[self.at]
   if frame.seen then return frame.seen end
   frame.seen, frame.copies = {}, {}
   for _, variable in ipairs(frame.variables) do
      local name, value, outside = unpack(variable, 1, 3)
      if not outside then
         frame.seen[name], frame.copies[name] = chunk.variable(value), variable
      elseif not frame.seen[name] then
         frame.seen[name] = {frame.f, outside}
      end
   end
   return frame.seen
end

--- A variable of the frame looked at is seen no longer.
---@param name string
function Frames:hide(name)
   local frame = self.list[self.at]
   frame.seen[name], frame.copies[name] = nil, nil
end

--- The copies that code has assigned to, with what they hold now; they are seen no longer.
---@return {[1]: string, [2]: any}[]
function Frames:take_assigned()
   local list, frame = {}, self.list[self.at]
   for name, variable in pairs(frame.copies or {}) do
      local before, now = variable[2], chunk.value(frame.seen[name])
      local both_nan = now ~= now and before ~= before
      if not rawequal(now, before) and not both_nan then list[#list + 1] = {name, now} end
   end
   for _, assigned in ipairs(list) do self:hide(assigned[1]) end
   return list
end

return Frames
