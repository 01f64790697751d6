--- prompt/session.lua: what a prompt holds between entries, and what an entry does: code, a command, a question.
local chunk = require 'hilo.prompt.chunk'
local colour = require 'hilo.prompt.colour'
local commands = require 'hilo.prompt.commands'
local core = require 'hilo.core'
local Frames = require 'hilo.prompt.frames'
local interrupts = require 'hilo.interrupts'
local pretty = require 'hilo.prompt.pretty'
local printing = require 'hilo.tensor.print'
local standard = require 'hilo.prompt.standard'
local stop = require 'hilo.prompt.stop'
local Transcript = require 'hilo.prompt.transcript'
local unfinished = require 'hilo.prompt.unfinished'

---@class Session
---@field variables Variables locals of what ran
---@field entries {[1]: string, [2]: boolean}[] what was typed, and whether it ended without an error
---@field frames Frames? the stack of the last error, while it is looked at
---@field entered string? the last entry
---@field failed Frames? the stack of the last error
---@field results table<integer, any[]> by entry
---@field history History
---@field built_in table<string, boolean> globals that the session did not set
---@field queue string[]? entries that %load has yet to run
---@field left string? the transcript of a lost session that they are from
---@field interrupted boolean? the last entry, by Ctrl-C
---@field erred boolean? whether an entry, or the display of what it gave, did not end well
---@field quit boolean?
local Session = {}
Session.__index = Session

local results_kept = 20

--- A session without a reader.
---@param options {history: History, transcript: Transcript?, colour: boolean?}
---@return Session
function Session.new(options)
   local coloured = options.colour
   if coloured == nil then coloured = colour.wanted(1) end
   return setmetatable({variables = {}, entries = {}, results = {}, built_in = {}, history = options.history,
      transcript = options.transcript or Transcript.none, colour = coloured, paint = colour.painter(coloured),
      paint_error = colour.painter(colour.wanted(2))}, Session)
end

--- Number of the entry that comes next.
---@return integer
function Session:number() return #self.entries + 1 end

--- Columns of the terminal, 20 at least; nil where output goes elsewhere.
---@return integer?
function Session:room()
   local columns = core.host.hl_host_terminal_width(1)
   return columns > 0 and math.max(20, columns) or nil
end

--- Columns to write for.
---@return integer
function Session:width() return self:room() or 80 end

--- A value as the prompt shows it.
---@return string
function Session:text(value) return pretty.text(value, {colour = self.colour, width = self:width(), room = self:room()}) end

--- Prints a line of the prompt's own.
function Session:say(format, ...)
   io.write(select('#', ...) > 0 and format:format(...) or format, '\n')
end

--- What the next entry is asked for with: its number, and the call that is looked at.
---@return string
function Session:prompt()
   local frame = self.frames and self.frames.list[self.frames.at]
   return frame and ('%d in %s> '):format(self:number(), frame.what) or ('%d> '):format(self:number())
end

-- What a chunk sees: the frame looked at before the session's own. What it declares is the session's, and hides the frame's.
function Session:visible()
   local frames = self.frames
   if not frames then return self.variables end
   local seen = frames:variables()
   local function declare(_, name, variable)
      frames:hide(name)
      self.variables[name] = variable
   end
   return setmetatable({}, {__index = function(_, name) return seen[name] or self.variables[name] end, __newindex = declare})
end

-- So is what code assigned to variables of the frame.
local function take_assigned(self)
   for _, assigned in ipairs(self.frames and self.frames:take_assigned() or {}) do
      local name, value = assigned[1], assigned[2]
      local variable = self.variables[name]
      if variable then debug.setupvalue(variable[1], variable[2], value) else rawset(_G, name, value) end
   end
end

-- An error has ended the chunk between its declarations: its variables are taken from its stack, with what they held. Those of a
-- command's own function are nobody's.
function Session:rescue(frames, f)
   if Frames.inside(debug.getinfo(f, 'S').source) then return end
   for _, frame in ipairs(frames.list) do
      if frame.f == f then
         for _, variable in ipairs(frame.variables) do
            if not variable[3] then self:visible()[variable[1]] = chunk.variable(variable[2]) end
         end
      end
   end
end

local function keep_results(self, n, values)
   self.results[n] = values
   rawset(_G, '_', values[1])
   rawset(_G, '_' .. n, values[1])
   local old = n - results_kept
   if self.results[old] then
      self.results[old] = nil
      rawset(_G, '_' .. old, nil)
   end
end

-- A check of hilo that no code of the user's called, as of a command, and Ctrl-C within hilo need not say in which of its lines.
local inside = '^' .. core.root:gsub('%W', '%%%0') .. 'lua/hilo/'
local function without_own_place(text)
   return (text:gsub(inside .. 'core%.lua:%d+: ', ''):gsub(inside .. '%S+%.lua:%d+: interrupted$', 'interrupted'))
end

-- The code that a frame is in: an entry, or a line of a file.
local function code_of(self, frame)
   local n = frame.source:match '^=%[(%d+)%]$'
   local entry = n and self.entries[tonumber(n)]
   if n then return entry and entry[1] or self.entered end
   return Frames.source_line(frame)
end

--- Says what an error says, and where it came from.
---@param message any
---@param frames Frames? the stack where it was raised
function Session:fail(message, frames)
   self.erred = true
   io.stdout:flush()
   self.interrupted = interrupts.is(message)
   local text = type(message) == 'string' and without_own_place(message) or 'error: ' .. pretty.text(message)
   local hint = frames and frames.own and require 'hilo.help.meant'(text, code_of(self, frames.list[1])) or ''
   io.stderr:write(self.paint_error('error', text .. hint), '\n')
   if not frames or not frames.own then return end
   local has_calls = #frames.list > 1 or frames.list[1].source:sub(1, 1) == '@'
   if self.frames and not has_calls then return end -- a slip of somebody who looks around
   self.failed, self.frames = frames, nil
   if has_calls then
      local around = 'at %s, in %s; `up`, `down`, `frames` and `locals` look around, `leave` ends that'
      io.stderr:write(self.paint_error('dim', around:format(frames.list[1].where, frames.list[1].what)), '\n')
   end
end

-- Lua's own names are its own again before anything is called by them.
local function mend_names(self)
   local changed = standard.restore(self.variables)
   for _, name in ipairs(changed) do
      io.stderr:write(self.variables[name] and ("%s is what was set in this session alone; elsewhere it is Lua's own\n"):format(name)
         or ("%s is Lua's own again\n"):format(name))
   end
end

--- Runs a function so that Ctrl-C stops it; an error is told.
---@param f function
---@return boolean ok
---@return any[] results
---@return integer count
function Session:work(f, ...)
   local function gather(frames, ok, ...) return frames, ok, {...}, select('#', ...) end
   local frames, ok, values, n = gather(stop.run(f, ...))
   mend_names(self)
   take_assigned(self)
   unfinished.forget()
   if not ok then
      self:fail(values[1], frames)
      if frames then self:rescue(frames, f) end
   end
   return ok, values, n
end

--- Runs code.
---@param text string
---@return boolean ok
function Session:run(text)
   local n = self:number()
   local name = ('=[%d]'):format(n)
   local kind, why, code = chunk.kind(text, name)
   local f
   if kind then f, why = chunk.new(code, name, kind, self:visible()) end
   if not f then
      self.erred = true
      io.stderr:write(self.paint_error('error', why == true and 'the input ends too early' or why), '\n')
      return false
   end
   local ok, values, count = self:work(f)
   if not ok then return false end
   if count > 0 then keep_results(self, n, values) end
   if count > 0 and not text:find(';%s*$') then self:show(values, count) end
   return true
end

--- Prints results.
function Session:show(values, count)
   self:work(function()
      local lines = {}
      for i = 1, count do lines[i] = self:text(values[i]) end
      local line = table.concat(lines, '  ')
      if line:find('\n', 1, true) then line = table.concat(lines, '\n') end
      io.write(line, '\n')
   end)
end

--- Whether an entry wants further lines: the parser's message ends in <eof>.
---@param text string
---@return boolean
function Session:wants_more(text)
   if commands.is_command(text, self) then return false end
   local _, why = chunk.kind(commands.code(text), '=')
   return why == true
end

--- Does what an entry says.
---@param text string
---@return boolean ok
function Session:enter(text)
   if not text:find('%S') then return true end
   self.transcript:note(text)
   self.entered = text
   self.interrupted = false
   printing.width = math.min(80, self:width())
   local n = self:number()
   local ok
   local command = commands.find(text, self)
   if command then
      ok = self:work(command)
   else
      ok = self:run(commands.code(text))
   end
   self.entries[n] = {text, ok}
   io.stdout:flush()
   return ok
end

return Session
