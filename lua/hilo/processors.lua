--- processors.lua: how many processors this process may use: those that it is bound to, as far as its control group lets it.
local file = require 'hilo.io.file'

local function bound()
   local list = (file.read_small '/proc/self/status' or ''):match('Cpus_allowed_list:%s*(%S+)')
   local n = 0
   for part in (list or ''):gmatch('[^,]+') do
      local low, high = part:match('^(%d+)%-(%d+)$')
      n = n + (low and tonumber(high) - tonumber(low) + 1 or 1)
   end
   return math.max(1, n)
end

-- The smallest quota of the group and those above it, in processors.
local function quota()
   local groups, least = file.read_small '/proc/self/cgroup' or '', math.huge
   local function note(limit, period)
      limit, period = tonumber(limit), tonumber(period)
      if limit and period and limit > 0 and period > 0 then least = math.min(least, limit / period) end
   end
   for controllers, path in groups:gmatch('%d+:([^:\n]*):([^\n]*)') do
      while true do
         if controllers == '' then
            note((file.read_small('/sys/fs/cgroup' .. path .. '/cpu.max') or ''):match('^(%d+) (%d+)'))
         elseif (',' .. controllers .. ','):find(',cpu,', 1, true) then
            local base = '/sys/fs/cgroup/cpu' .. path
            note(file.read_small(base .. '/cpu.cfs_quota_us'), file.read_small(base .. '/cpu.cfs_period_us'))
         end
         if path == '' or path == '/' then break end
         path = path:match('^(.*)/[^/]*$')
      end
   end
   return least
end

--- Processors for this process, at least 1. Half a processor of a quota counts as none.
---@return integer
return function()
   return math.max(1, math.min(bound(), math.floor(quota())))
end
