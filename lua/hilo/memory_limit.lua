--- memory_limit.lua: the most memory that this process may take for tensors and all else: beyond it an allocation is an error that
--- names the largest tensors, where the system would end the process without a word.
local core = require 'hilo.core'
local file = require 'hilo.io.file'

local memory_limit = {}

local most -- bytes; nil: no limit
local storages -- those made since there is a limit
local names_of -- tells what storages are

local shown = 5

-- What the process holds besides the tensors of the CPU: of a card's tensors only their own memory counts.
local function beside(device, tensors)
   if device.name ~= 'cpu' then return 0 end
   local pages = (file.read_small '/proc/self/statm' or ''):match '^%d+ (%d+)'
   return math.max(0, (tonumber(pages) or 0) * 4096 - tensors)
end

local function mb(bytes) return ('%.1f MB'):format(bytes / 1e6) end

local function largest(device)
   local list, names = {}, names_of and names_of() or {}
   for storage in pairs(storages) do
      if storage.ptr and storage.device == device then list[#list + 1] = storage end
   end
   table.sort(list, function(a, b)
      local x, y = a.size * a.dtype.bytes, b.size * b.dtype.bytes
      return x > y or x == y and a.serial < b.serial
   end)
   local lines = {}
   for i = 1, math.min(shown, #list) do
      local s = list[i]
      lines[i] = ('%s of %s (%.0f %s)'):format(mb(s.size * s.dtype.bytes), names[s] or 'a result', s.size, s.dtype.name)
   end
   return table.concat(lines, ', ')
end

local function refuse(device, bytes, used, other)
   local rest = other > 0 and ', the rest of the process ' .. mb(other) or ''
   core.raise(('memory_limit: %s more for a tensor would exceed %s: tensors have %s%s. The largest: %s. A smaller batch or crop '
      .. 'needs less, or raise the limit'):format(mb(bytes), mb(most), mb(used), rest, largest(device)))
end

local busy

-- Before memory is taken: what is live must have room.
local function before(device, bytes)
   if busy then return end
   local m = core.memory(device)
   if m.live + bytes <= most * 0.5 then return end
   local other = beside(device, m.live + m.cached)
   if m.live + bytes + other <= most then return end
   busy = true
   core.collect_all(device)
   m = core.memory(device)
   other = beside(device, m.live + m.cached)
   busy = false
   if m.live + bytes + other > most then refuse(device, bytes, m.live, other) end
end

local requests = {}

-- After memory was taken: where the system was asked for some, what is only kept for later use goes back to it.
local function after(device)
   local m = core.memory(device)
   if m.allocations == requests[device] then return end
   requests[device] = m.allocations
   if m.live + m.cached <= most * 0.5 then return end
   if m.live + m.cached + beside(device, m.live + m.cached) > most then core.call(device.lib, 'hl_empty_cache') end
end

--- Sets the limit, before the tensors are made that are to be named.
---@param megabytes number 0: none
function memory_limit.set(megabytes)
   core.check(type(megabytes) == 'number' and megabytes >= 0, 'memory_limit: expected megabytes, 0 or more (0: no limit), got %s',
      tostring(megabytes))
   if megabytes == 0 then
      most, storages, names_of = nil, nil, nil
      core.guard, core.made_storage = nil, nil
      return
   end
   most, storages = megabytes * 1e6, storages or setmetatable({}, {__mode = 'k'})
   core.guard = {before = before, after = after}
   core.made_storage = function(storage) storages[storage] = true end
end

--- Says what to call the storages of networks and optimisers, where there is a limit.
---@param nets table<string, Module>
---@param optims table<string, table>
function memory_limit.name(nets, optims)
   if not most then return end
   names_of = function()
      local names = {}
      local function add(t, name)
         if not core.is_tensor(t) then return end
         local known = names[t._storage]
         names[t._storage] = not known and name or known:find ' and more$' and known or known .. ' and more'
      end
      local function walk(value, name, depth)
         if core.is_tensor(value) then return add(value, name) end
         if type(value) ~= 'table' or depth > 4 then return end
         for key, inner in pairs(value) do
            if key ~= 'param' and key ~= 'params' then walk(inner, name, depth + 1) end
         end
      end
      for net_name, net in pairs(nets or {}) do
         for key, t in pairs(net:stateDict()) do add(t, net_name .. '/' .. key) end
         for _, p in ipairs(net:namedParameters()) do
            if p.tensor.grad then add(p.tensor.grad, 'the gradient of ' .. net_name .. '/' .. p.name) end
         end
      end
      for optim_name, optim in pairs(optims or {}) do walk(optim.slots or optim, 'the state of optimiser ' .. optim_name, 1) end
      return names
   end
end

return memory_limit
