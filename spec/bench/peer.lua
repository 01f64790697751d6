--- peer.lua: the processes that a benchmark takes turns with: PyTorch (spec/bench/peer.py), hilo (spec/bench/side.lua).
local cjson = require 'cjson'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local core = require 'hilo.core'

---@class Peer
---@field pid integer
local Peer = {}
Peer.__index = Peer

local function start(program, arguments)
   local to_peer_r, to_peer_w = unistd.pipe()
   local from_peer_r, from_peer_w = unistd.pipe()
   local pid = unistd.fork()
   if pid == 0 then
      unistd.dup2(to_peer_r, 0)
      unistd.dup2(from_peer_w, 1)
      -- other peers' pipes too, or they would not see theirs end
      for fd = 3, 255 do unistd.close(fd) end
      unistd.execp(program, arguments)
      os.exit(127)
   end
   unistd.close(to_peer_r)
   unistd.close(from_peer_w)
   return setmetatable({pid = pid, write = to_peer_w, read = from_peer_r, pending = ''}, Peer)
end

--- Starts PyTorch, with the Python that PYTHON names or python3.
---@return Peer? peer, string? reason why there is none
function Peer.start()
   local python = os.getenv('PYTHON') or 'python3'
   if os.execute(python .. ' -c "import torch" 2>/dev/null') ~= 0 then
      return nil, ('PyTorch cannot be imported by %s: times stand alone (PYTHON=/path/to/python names another)'):format(python)
   end
   return start(python, {core.root .. 'spec/bench/peer.py'})
end

--- Starts hilo in a process of its own (spec/bench/side.lua).
---@return Peer
function Peer.start_hilo() return start('luajit', {core.root .. 'spec/bench/side.lua'}) end

--- Asks without waiting for the answer.
---@param request table
function Peer:send(request)
   if self.pid then unistd.write(self.write, cjson.encode(request) .. '\n') end
end

--- The answer to what was sent; nil once it has ended.
---@return table? answer
function Peer:receive()
   if not self.pid then return nil end
   while not self.pending:find('\n', 1, true) do
      local text = unistd.read(self.read, 65536)
      if not text or text == '' then
         io.stderr:write('a process of the benchmark ended; times stand without it from here on\n')
         self:stop()
         return nil
      end
      self.pending = self.pending .. text
   end
   local line, rest = self.pending:match('^([^\n]*)\n(.*)$')
   self.pending = rest
   return cjson.decode(line)
end

--- Its answer to a request; nil once it has ended.
---@param request table
---@return table? answer
function Peer:ask(request)
   self:send(request)
   return self:receive()
end

--- Ends the process.
function Peer:stop()
   if not self.pid then return end
   unistd.close(self.write)
   unistd.close(self.read)
   wait.wait(self.pid)
   self.pid = nil
end

--- The losses that a step returned, as numbers; empty where it returns none.
---@param result any
---@return table<string, number>
function Peer.losses(result)
   local values = {}
   if type(result) == 'table' and not core.is_tensor(result) then
      for name, value in pairs(result) do values[name] = value:item() end
   end
   return values
end

--- What is wrong with the losses of a step, next to those of another side.
---@param mine table<string, number>
---@param theirs table<string, number>
---@param tol number relative
---@param when? string 'the first step' if not given
---@param who? string whose they are, 'PyTorch' if not given
---@return string? message
function Peer.disagreement(mine, theirs, tol, when, who)
   for name, value in pairs(mine) do
      local known = theirs[name]
      local agrees = known and math.abs(value - known) <= tol * math.abs(known) -- NaN does not
      if not agrees then
         return ('loss %s of %s is %.6g, %s finds %s'):format(name, when or 'the first step', value, who or 'PyTorch', tostring(known))
      end
   end
end

return Peer
