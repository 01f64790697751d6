--- prompt/attempt.lua: pcall through which Ctrl-C goes: what was stopped must not look like what merely failed.
local interrupts = require 'hilo.interrupts'

local function passed(ok, message, ...)
   if not ok and interrupts.is(message) then error(message, 0) end
   return ok, message, ...
end

---@param f function
---@return boolean ok
---@return ... what f(...) returns, or the error
return function(f, ...) return passed(pcall(f, ...)) end
