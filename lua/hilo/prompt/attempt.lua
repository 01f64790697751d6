--- prompt/attempt.lua: pcall through which Ctrl-C goes: what was stopped must not look like what merely failed.

local function passed(ok, message, ...)
   if not ok and type(message) == 'string' and message:find('interrupted$') then error(message, 0) end
   return ok, message, ...
end

---@param f function
---@return boolean ok
---@return ... what f(...) returns, or the error
return function(f, ...) return passed(pcall(f, ...)) end
