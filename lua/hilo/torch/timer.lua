--- torch/timer.lua: torch.Timer, which measures time by the clock and by the processor.
---
---     local timer = torch.Timer()
---     print(timer:time().real)
local ffi = require 'ffi'
local core = require 'hilo.core'
local class = require 'hilo.nn.class'

pcall(ffi.cdef, [[
   typedef struct { struct { long seconds, microseconds; } user, system; long others[14]; } hilo_usage;
   int getrusage(int who, hilo_usage *usage);
]])

---@class torch.Timer
---@field _from {real: number, user: number, sys: number}? when it was started, nil while it stands
---@field _kept {real: number, user: number, sys: number} what it measured before that
local Timer = class 'torch.Timer'

local usage = ffi.new 'hilo_usage'

local function seconds(t) return tonumber(t.seconds) + tonumber(t.microseconds) * 1e-6 end

local function now()
   ffi.C.getrusage(0, usage)
   return {real = core.host.hl_host_time(), user = seconds(usage.user), sys = seconds(usage.system)}
end

function Timer:__init() self._from, self._kept = now(), {real = 0, user = 0, sys = 0} end

--- Back to 0; it goes on where it was running.
---@return torch.Timer self
function Timer:reset()
   self._kept = {real = 0, user = 0, sys = 0}
   if self._from then self._from = now() end
   return self
end

--- Seconds measured so far: by the clock, of the processors in the program, and of the processors in the system for it.
---@return {real: number, user: number, sys: number}
function Timer:time()
   local kept, from, at = self._kept, self._from, self._from and now()
   if not from then return {real = kept.real, user = kept.user, sys = kept.sys} end
   return {real = kept.real + at.real - from.real, user = kept.user + at.user - from.user, sys = kept.sys + at.sys - from.sys}
end

--- Stands still until resume().
---@return torch.Timer self
function Timer:stop()
   self._kept, self._from = self:time(), nil
   return self
end

--- Goes on after stop().
---@return torch.Timer self
function Timer:resume()
   self._from = self._from or now()
   return self
end

return Timer
