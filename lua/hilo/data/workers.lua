--- data/workers.lua: threads that read and transform images, shared by the loaders of a script.
local ffi = require 'ffi'
local core = require 'hilo.core'
local interrupts = require 'hilo.interrupts'

local host = core.host

---@class Workers
local Workers = {}
Workers.__index = Workers

-- Batches under way, by the address of the threads' handle and by ticket. They lie here, not in a loader, so that their memory
-- outlives a loader that is collected until its tickets have ended.
local under_way = {}

local handle, ticket_out = ffi.new('hl_host_loader *[1]'), ffi.new('int64_t[1]')

--- Starts threads. Neither number changes any result.
---
---     local workers = hilo.data.workers {threads = 4, cache_mb = 512}
---@param options? {threads?: integer, cache_mb?: number} threads 2 (0: the caller's own), cache_mb: memory for decoded images, 256
---@return Workers
function Workers.new(options)
   options = options or {}
   core.call(host, 'hl_host_loader_new', handle, options.threads or 2, (options.cache_mb or 256) * 2 ^ 20)
   local address = tostring(handle[0])
   under_way[address] = {}
   local open = {true} -- when the state is closed, finalizers come in any order
   local function free(pointer)
      open[1] = nil
      host.hl_host_loader_free(pointer)
      under_way[address] = nil
   end
   return setmetatable({handle = ffi.gc(handle[0], free), address = address, open = open}, Workers)
end

local shared = setmetatable({}, {__mode = 'v'})

--- The threads of all that bring none of their own: they end when nobody uses them any more.
---@private
---@return Workers
function Workers.shared()
   shared[1] = shared[1] or Workers.new()
   return shared[1]
end

--- Starts a batch of samples that write into `outputs`.
---@param samples ffi.cdata* hl_host_sample[n]
---@param n integer
---@param outputs table what must stay alive until the batch has ended
---@return number ticket
function Workers:submit(samples, n, outputs)
   local failed
   repeat
      failed = host.hl_host_loader_submit(self.handle, samples, n, ticket_out) ~= 0
   until not (failed and interrupts.put_off(ffi.string(host.hl_error())))
   if failed then self:fail() end
   local ticket = tonumber(ticket_out[0])
   under_way[self.address][ticket] = outputs
   return ticket
end

local patience = 5 -- seconds

-- Ctrl-C came where the step is to be ended first, but its batch does not come.
local function check_coming(self, ticket)
   if host.hl_host_loader_ended(self.handle, ticket, patience) ~= 0 then return end
   core.raise(('loader: Ctrl-C came while %s was waited for, which does not come: look at its disk or network. The step was left half '
      .. 'way, so only the last checkpoint is whole'):format(ffi.string(host.hl_host_loader_file(self.handle, ticket))))
end

--- Waits for a batch. After Ctrl-C the error is "interrupted" and the batch can be waited for again.
---@param ticket number
function Workers:wait(ticket)
   local failed, again
   repeat
      failed = host.hl_host_loader_wait(self.handle, ticket) ~= 0
      again = failed and interrupts.put_off(ffi.string(host.hl_error()))
      if again then check_coming(self, ticket) end
   until not again
   if not failed then
      under_way[self.address][ticket] = nil
      return
   end
   if ffi.string(host.hl_error()) ~= 'interrupted' then under_way[self.address][ticket] = nil end
   self:fail()
end

---@private
function Workers:fail()
   local message = ffi.string(host.hl_error())
   if message == 'interrupted' then host.hl_host_interrupt_clear() end
   core.raise(message)
end

--- Number of batches under way.
---@return integer
function Workers:count()
   local n = 0
   for _ in pairs(under_way[self.address] or {}) do n = n + 1 end
   return n
end

local function cancel(self, ticket)
   if not self.open[1] then return end
   host.hl_host_loader_cancel(self.handle, ticket)
   under_way[self.address][ticket] = nil
end

--- Drops a batch.
---@param ticket number
function Workers:cancel(ticket) cancel(self, ticket) end

--- An object that drops batches when it is collected: userdata rather than ffi.gc, for its finalizer runs before those of tensors.
--- The finalizer calls nothing that tests its arguments, since it may run while such a test is being made.
---@private
---@param batches table<any, {ticket: number}> those of the moment when it is collected
---@return userdata
function Workers:guard(batches)
   local guard = newproxy(true)
   getmetatable(guard).__gc = function()
      for _, batch in pairs(batches) do cancel(self, batch.ticket) end
   end
   return guard
end

return require('hilo.checked').class('Workers', Workers)
