--- A program at a pseudo terminal of its own: what is typed, and what it shows.
local ffi = require 'ffi'
local posix = require 'posix'

ffi.cdef 'int ioctl(int fd, unsigned long request, ...);'

local TIOCSWINSZ = 0x5414

local Terminal = {}
Terminal.__index = Terminal

local function child(slave, command)
   posix.setpid('s') -- a session of its own: the terminal opened next is its controlling one
   local fd = posix.open(posix.ttyname(slave), posix.O_RDWR)
   for n = 0, 2 do posix.dup2(fd, n) end
   posix.execp('/bin/sh', {'-c', 'exec ' .. command})
   os.exit(127)
end

--- Starts a command, of 24 lines and 100 columns.
---@param command string
function Terminal.open(command)
   local master, slave = posix.openpty()
   ffi.C.ioctl(master, TIOCSWINSZ, ffi.new('unsigned short[4]', 24, 100, 0, 0))
   local pid = posix.fork()
   if pid == 0 then child(slave, command) end
   posix.close(slave)
   return setmetatable({fd = master, pid = pid, seen = '', from = 1}, Terminal)
end

function Terminal:type(keys) posix.write(self.fd, keys) end

-- What came within so many seconds; nil where nothing did.
local function receive(self, seconds)
   if posix.rpoll(self.fd, math.ceil(seconds * 1000)) ~= 1 then return nil end
   local text = posix.read(self.fd, 4096)
   if text then self.seen = self.seen .. text end
   return text
end

local function clock()
   local s, ns = posix.clock_gettime('monotonic')
   return s + ns / 1e9
end
Terminal.clock = clock

--- Waits until the plain text is shown, after what was waited for before; nil and all that was shown where it is not.
---@param text string
---@param seconds? number 10
function Terminal:wait(text, seconds)
   local last = clock() + (seconds or 10)
   while true do
      local from, to = self.seen:find(text, self.from, true)
      if from then
         self.from = to + 1
         return from
      end
      local left = last - clock()
      if left <= 0 or not receive(self, left) and clock() >= last then return nil, self.seen:sub(self.from) end
   end
end

--- Hangs up and waits for the end.
function Terminal:close()
   posix.kill(self.pid, 9)
   posix.wait(self.pid)
   posix.close(self.fd)
end

--- The status of the exit, after the program ended by itself; an error where it does not within 20 seconds.
function Terminal:ended()
   local last = clock() + 20
   local pid, how, status
   repeat
      receive(self, 0.02)
      pid, how, status = posix.wait(self.pid, posix.WNOHANG)
   until pid == self.pid or clock() > last
   while receive(self, 0.05) do end
   if pid ~= self.pid then self:close() else posix.close(self.fd) end
   assert(pid == self.pid, 'the program does not end; it has shown\n' .. self.seen:sub(-500))
   return how, status
end

return Terminal
