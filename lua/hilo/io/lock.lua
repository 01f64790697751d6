--- io/lock.lua: one process at a time in a folder. The lock ends with the process that took it, however that ends.
local ffi = require 'ffi'
local core = require 'hilo.core'

local host = core.host
local lock = {}

local fd = ffi.new('int[1]')
local answer = ffi.new('int[1]')
local mine = {} -- path -> descriptor, for the life of the process

local function path_of(folder) return folder .. '/.lock' end

--- Takes the lock of a folder, which must exist. Taking one's own again is harmless.
---@param folder string
---@return boolean taken false where another process has it
function lock.take(folder)
   local path = path_of(folder)
   if mine[path] then
      if host.hl_host_lock_kept(path, mine[path]) ~= 0 then return true end
      lock.give_back(folder) -- the folder was removed, and is a new one now
   end
   core.call(host, 'hl_host_lock', path, fd)
   if fd[0] < 0 then return false end
   mine[path] = fd[0]
   return true
end

--- Whether another process has the lock of a folder.
---@param folder string
---@return boolean
function lock.held(folder)
   local path = path_of(folder)
   if mine[path] then return false end
   core.call(host, 'hl_host_lock_held', path, answer)
   return answer[0] ~= 0
end

--- Errors where a folder that this process has locked was removed, moved or made anew since: another process may work in what has its
--- name now. Folders that were never locked pass.
---@param folder string
function lock.check(folder)
   local path = path_of(folder)
   core.check(not mine[path] or host.hl_host_lock_kept(path, mine[path]) ~= 0,
      '%s was removed, moved or made anew while this process worked in it, so nothing is written there any more; start again', folder)
end

--- Gives the lock of a folder back.
---@param folder string
function lock.give_back(folder)
   local path = path_of(folder)
   if not mine[path] then return end
   host.hl_host_unlock(mine[path])
   mine[path] = nil
end

return lock
