--- io/process.lua: other programs, started by a list of words: no shell reads them.
local ffi = require 'ffi'
local fcntl = require 'posix.fcntl'
local signal = require 'posix.signal'
local stdlib = require 'posix.stdlib'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local core = require 'hilo.core'
local file = require 'hilo.io.file'

ffi.cdef 'int prctl(int option, unsigned long argument);'

local PR_SET_PDEATHSIG = 1
local not_started = 127

local process = {}

local function redirect(path, flags, fd)
   local opened = fcntl.open(path, flags, tonumber('644', 8))
   if not opened then unistd._exit(not_started) end
   unistd.dup2(opened, fd)
   if opened ~= fd then unistd.close(opened) end
end

-- In the child: never returns.
local function become(words, options, parent)
   if options.dies_with_parent then
      ffi.C.prctl(PR_SET_PDEATHSIG, options.dies_with_parent)
      if unistd.getppid() ~= parent then unistd._exit(not_started) end -- it ended before this was said
   end
   -- Ctrl-C at the terminal goes to the parent, which decides what becomes of its children.
   if options.apart then unistd.setpid('p', 0, 0) end
   for _, number in ipairs {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1} do signal.signal(number, signal.SIG_DFL) end
   for name, value in pairs(options.environment or {}) do stdlib.setenv(name, value) end
   redirect('/dev/null', fcntl.O_RDONLY, 0)
   if options.output then
      redirect(options.output, fcntl.O_WRONLY + fcntl.O_CREAT + fcntl.O_APPEND, 1)
      unistd.dup2(1, 2)
   end
   local arguments = {}
   for i = 2, #words do arguments[i - 1] = words[i] end
   unistd.execp(words[1], arguments)
   unistd._exit(not_started)
end

--- Starts a program.
---@param words string[] the program, looked up in PATH, and its arguments
---@param options? {output: string?, environment: table<string, string>?, dies_with_parent: integer?, apart: boolean?} output: a file
--- that what it prints is appended to; dies_with_parent: the signal that it gets when this process ends; apart: in a process group of
--- its own
---@return integer pid
function process.start(words, options)
   local parent = unistd.getpid()
   local pid, reason = unistd.fork()
   core.check(pid, 'cannot start %s: %s', words[1], tostring(reason))
   if pid == 0 then become(words, options or {}, parent) end
   return pid
end

--- A word as a shell reads it.
---@param word string
---@return string
function process.quoted(word)
   return word:match('^[%w_@%%+=:,./-]+$') or "'" .. word:gsub("'", "'\\''") .. "'"
end

---@class Ending
---@field code integer? exit status
---@field signal integer? what killed it

local function ending(how, status)
   if how == 'exited' then return {code = status} end
   return {signal = status}
end

--- How a child ended; nil while it goes on.
---@param pid integer
---@return Ending?
function process.ended(pid)
   local found, how, status = wait.wait(pid, wait.WNOHANG)
   if not found then return {code = not_started} end -- somebody else has waited for it
   if found == 0 then return nil end -- it goes on
   return ending(how, status)
end

--- Waits for a child.
---@param pid integer
---@return Ending
function process.wait(pid)
   while true do
      local found, how, status = wait.wait(pid)
      if found then return ending(how, status) end
      if status ~= 4 then return {code = not_started} end -- 4: EINTR
   end
end

--- Runs a program to its end; returns its exit status and what it printed. A program that is not there has status 127.
---@param words string[]
---@return integer code
---@return string text
function process.capture(words)
   local path = os.tmpname()
   local done = process.wait(process.start(words, {output = path}))
   local text = file.read(path)
   os.remove(path)
   return done.code or 128 + done.signal, text
end

--- Sends a signal; nothing happens where the process has ended.
function process.kill(pid, number) signal.kill(pid, number) end

--- This process as others can tell it from a later one of the same number: machine, number, and when it started.
---@return string
function process.identity() return ('%s:%d:%s'):format(process.host(), unistd.getpid(), process.started(unistd.getpid()) or '') end

--- Name of this machine.
function process.host()
   return file.read_small '/proc/sys/kernel/hostname':match('%S+') or 'localhost'
end

--- When a process of this machine started, in the kernel's ticks since its own start; nil where there is no such process.
---@param pid integer
---@return string?
function process.started(pid)
   local text = file.read_small(('/proc/%d/stat'):format(pid))
   local state, rest = (text or ''):match('%) (%a) (.*)$')
   if not state or state == 'Z' or state == 'X' then return nil end
   local fields = {}
   for word in rest:gmatch('%S+') do fields[#fields + 1] = word end
   return fields[19] -- field 22 of the whole line
end

--- Whether the process that called itself so has ended; nil where it is of another machine, so that nobody here can tell.
---@param identity string
---@return boolean?
function process.is_gone(identity)
   local host, pid, started = identity:match('^(.*):(%d+):(%d*)$')
   if host ~= process.host() then return nil end
   return process.started(tonumber(pid)) ~= started
end

return process
