--- torch/sys.lua: Torch7's package sys: the clock, commands of the shell, names of paths, and the codes of a terminal's colours.
local ffi = require 'ffi'
local core = require 'hilo.core'
local paths = require 'hilo.torch.paths'

ffi.cdef 'int usleep(unsigned int microseconds);'

---@class hilo.torch.sys
local sys = {}

local started -- by tic()

--- Seconds, to be subtracted from each other.
---@return number
function sys.clock() return core.host.hl_host_time() end

--- Starts the watch that toc() reads.
function sys.tic() started = sys.clock() end

--- Seconds since tic().
---@param verbose? boolean prints them too
---@return number
function sys.toc(verbose)
   core.check(started, 'sys.toc: sys.tic() comes first')
   local seconds = sys.clock() - started
   if verbose then print(seconds) end
   return seconds
end

--- What a command of the shell prints, without the last end of a line.
---@param command string
---@return string
function sys.execute(command)
   local pipe = core.check(io.popen(command), 'sys.execute: the shell does not start')
   local text = pipe:read '*a'
   pipe:close()
   return (text:gsub('\n$', ''))
end
sys.fexecute = sys.execute

--- Waits.
---@param seconds number at most 4000
function sys.sleep(seconds) ffi.C.usleep(math.max(0, math.min(seconds, 4000)) * 1e6) end

--- Whether a file is there.
---@param path string
---@return boolean
sys.filep = paths.filep
--- Whether a folder is there.
---@param path string
---@return boolean
sys.dirp = paths.dirp
sys.basename, sys.dirname, sys.concat = paths.basename, paths.dirname, paths.concat

--- What turns a terminal's letters to a colour; sys.COLORS.none back.
sys.COLORS = {none = '\27[0m'}
for i, name in ipairs {'black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'} do
   sys.COLORS[name], sys.COLORS[name:gsub('^.', string.upper)] = ('\27[0;%dm'):format(29 + i), ('\27[1;%dm'):format(29 + i)
   sys.COLORS['_' .. name] = ('\27[%dm'):format(39 + i)
end

return sys
