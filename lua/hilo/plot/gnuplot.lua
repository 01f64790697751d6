--- plot/gnuplot.lua: a gnuplot process that draws one picture after another: a script goes in, the picture comes out.
---
--- gnuplot is started by an argument list, without a shell and without start-up files. It leaves after a script with an error; what it
--- said then is the error raised here.
local errno = require 'posix.errno'
local fcntl = require 'posix.fcntl'
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local core = require 'hilo.core'

local mark = 'hilo: this picture is done' -- printed behind every picture
local patience = 60 -- seconds without a sign of life
local piece = 65536 -- bytes written or read at once

---@class Gnuplot
local Gnuplot = {}
Gnuplot.__index = Gnuplot

local function pipe()
   local out, into = unistd.pipe()
   core.check(out, 'plot: no pipe to gnuplot: %s', tostring(into))
   for _, fd in ipairs {out, into} do fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC) end
   return out, into
end

-- In the child: only system calls, then gnuplot or exit status 127. A process group of its own keeps Ctrl-C from it; finalizers of
-- the parent's tensors must not run in it.
local function become(program, stdin, stdout, stderr)
   collectgarbage('stop')
   unistd.setpid('p', 0, 0)
   unistd.dup2(stdin, 0)
   unistd.dup2(stdout, 1)
   unistd.dup2(stderr, 2)
   unistd.execp(program, {[0] = program, '-d'})
   unistd._exit(127)
end

--- Starts gnuplot.
---@param program? string its name or path, for specs
---@return Gnuplot
function Gnuplot.start(program)
   local stdin, input = pipe()
   local output, stdout = pipe()
   local messages, stderr = pipe()
   local pid, why = unistd.fork()
   if pid == 0 then become(program or 'gnuplot', stdin, stdout, stderr) end
   for _, fd in ipairs {stdin, stdout, stderr} do unistd.close(fd) end
   local self = setmetatable({pid = pid, input = input, output = output, messages = messages}, Gnuplot)
   if not pid then
      self:close()
      core.raise('plot: gnuplot cannot be started: ' .. tostring(why))
   end
   fcntl.fcntl(input, fcntl.F_SETFL, fcntl.O_NONBLOCK)
   return self
end

--- Ends the process, also one that hangs.
---@return integer? status it left with
function Gnuplot:close()
   for _, name in ipairs {'input', 'output', 'messages'} do
      if self[name] then unistd.close(self[name]) end
      self[name] = nil
   end
   if not self.pid then return nil end
   local pid, status = self.pid, nil
   self.pid = nil
   if self.hangs then signal.kill(pid, signal.SIGKILL) end
   repeat
      local done, how, number = wait.wait(pid)
      if done and how == 'exited' then status = number end
   until done or number ~= errno.EINTR
   return status
end

-- gnuplot repeats the line, points at the place and says what is wrong behind 'line 12:'.
local function reason(said)
   local parts = {}
   for what in said:gmatch('line %d+: ([^\n]+)') do if not what:find('^warning') then parts[#parts + 1] = what end end
   if #parts == 0 then parts[1] = said:gsub('%s+', ' ') end
   return table.concat(parts, '; '):sub(1, 500)
end

local function fail(self, said)
   local hangs = self.hangs
   local status = self:close()
   core.check(status ~= 127, 'plot: gnuplot is not installed; install it by: apt-get install gnuplot-nox')
   core.check(not hangs, 'plot: gnuplot gave no answer within %d seconds', patience)
   core.raise('plot: gnuplot ended early: ' .. reason(said))
end

-- Writes what the pipe takes; returns what is left, or nil where gnuplot reads no more.
local function feed(fd, text)
   local written, _, number = unistd.write(fd, text:sub(1, piece))
   if written then return text:sub(written + 1) end
   return (number == errno.EAGAIN or number == errno.EINTR) and text or nil
end

-- The conversation: feeds the script and gathers both outputs until the mark has come or gnuplot has gone.
local function talk(self, pieces)
   local watched = {[self.input] = {events = {OUT = true}}, [self.output] = {events = {IN = true}},
      [self.messages] = {events = {IN = true}}}
   local came = {[self.output] = {}, [self.messages] = {}}
   local at, left, tail = 1, pieces[1], ''
   while true do
      local ready, _, number = poll.poll(watched, patience * 1000)
      if ready == 0 then
         self.hangs = true
         return nil, ''
      end
      for fd, entry in pairs(ready and watched or {}) do
         local events = entry.revents
         if fd == self.input then
            if events.OUT or events.ERR then
               left = feed(fd, left)
               if left == '' then at, left = at + 1, pieces[at + 1] end
               if not left then watched[fd] = nil end
            end
         elseif events.IN or events.HUP then
            local data = unistd.read(fd, piece)
            if data and data ~= '' then
               table.insert(came[fd], data)
               if fd == self.output then
                  tail = (tail .. data):sub(-#mark - 1)
                  if tail == mark .. '\n' then
                     return table.concat(came[fd]):sub(1, -#mark - 2), table.concat(came[self.messages])
                  end
               end
            elseif data == '' then
               watched[fd] = nil
            end
         end
      end
      if not ready and number ~= errno.EINTR or not (watched[self.output] or watched[self.messages]) then
         return nil, table.concat(came[self.messages])
      end
   end
end

--- One picture.
---@param script string sets a terminal and plots
---@return string what the terminal wrote
---@return string what gnuplot said on stderr: warnings
function Gnuplot:draw(script)
   local pieces = {"reset\nreset errors\nundefine $*\nset encoding utf8\nset output\nset print '-'\n", script,
      ("\nset output\nif (GPVAL_ERRNO) exit status 1\nprint '%s'\n"):format(mark)}
   local before = signal.signal(signal.SIGPIPE, signal.SIG_IGN) -- gnuplot may go while it is written to
   local ok, picture, said = pcall(talk, self, pieces)
   signal.signal(signal.SIGPIPE, before)
   if not ok then
      self.hangs = true
      self:close()
      error(picture, 0)
   end
   if not picture then fail(self, said) end
   return picture, said
end

return Gnuplot
