--- processors.lua: how many processors this process may use: those that it is bound to, as far as its control group lets it.
local file = require 'hilo.io.file'

local function bound(read)
   local list = (read '/proc/self/status' or ''):match('Cpus_allowed_list:%s*(%S+)')
   local n = 0
   for part in (list or ''):gmatch('[^,]+') do
      local low, high = part:match('^(%d+)%-(%d+)$')
      n = n + (low and tonumber(high) - tonumber(low) + 1 or 1)
   end
   return math.max(1, n)
end

-- Where the groups of version 2, and of version 1's controller of processors, are mounted: root, the group that the top folder
-- shows, and folder.
local function mounts(read)
   local found = {}
   for line in (read '/proc/self/mountinfo' or ''):gmatch('[^\n]+') do
      local root, folder, kind, options = line:match('^%S+ %S+ %S+ (%S+) (%S+) .* %- (%S+) %S+ (%S+)')
      if kind == 'cgroup2' then
         found.v2 = found.v2 or {root = root, folder = folder}
      elseif kind == 'cgroup' and (',' .. options .. ','):find(',cpu,', 1, true) then
         found.v1 = found.v1 or {root = root, folder = folder}
      end
   end
   return found
end

-- The smallest quota of the group and those above it, in processors.
local function quota(read)
   local least, mounted = math.huge, mounts(read)
   local function note(limit, period)
      limit, period = tonumber(limit), tonumber(period)
      if limit and period and limit > 0 and period > 0 then least = math.min(least, limit / period) end
   end
   for controllers, path in (read '/proc/self/cgroup' or ''):gmatch('%d+:([^:\n]*):([^\n]*)') do
      local v2 = controllers == ''
      local mount = v2 and mounted.v2 or (',' .. controllers .. ','):find(',cpu,', 1, true) and mounted.v1
      if mount then
         if mount.root ~= '/' and path:sub(1, #mount.root) == mount.root then path = path:sub(#mount.root + 1) end
         path = path:gsub('/+$', '')
         while path do
            local folder = mount.folder .. path
            if v2 then
               note((read(folder .. '/cpu.max') or ''):match('^(%d+) (%d+)'))
            else
               note(read(folder .. '/cpu.cfs_quota_us'), read(folder .. '/cpu.cfs_period_us'))
            end
            path = path:match('^(.*)/[^/]*$')
         end
      end
   end
   return least
end

--- Processors for this process, at least 1. A quota counts to the nearest whole number: two threads do more than one with one and a
--- half processors, no more with one and a fifth.
---@param read? fun(path: string): string? the system's files; file.read_small if not given
---@return integer
return function(read)
   read = read or file.read_small
   return math.max(1, math.min(bound(read), math.floor(quota(read) + 0.5)))
end
