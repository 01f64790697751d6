--- io/lock.lua: one process at a time in a folder. The lock ends with the process that took it, however that ends.
local ffi = require 'ffi'
local core = require 'hilo.core'

local host = core.host
local lock = {}

local fd = ffi.new('int[1]')
local mine = {} -- path -> descriptor, for the life of the process

local function path_of(folder) return folder .. '/.lock' end

--- Takes the lock of a folder, which must exist. Taking one's own again is harmless.
---@param folder string
---@return boolean taken false where another process has it
function lock.take(folder)
   local path = path_of(folder)
   if mine[path] then return true end
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
   if mine[path] or host.hl_host_path_kind(path) ~= 1 then return false end
   core.call(host, 'hl_host_lock', path, fd)
   if fd[0] < 0 then return true end
   host.hl_host_unlock(fd[0])
   return false
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
