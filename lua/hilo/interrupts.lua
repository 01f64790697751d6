--- interrupts.lua: Ctrl-C is answered between steps. Some work must not stop half way, such as a training step that has updated
--- one of two networks; it is held until the work is done.
local ffi = require 'ffi'
local core = require 'hilo.core'

local host = core.host
local interrupts = {}

--- Set by the prompt: Ctrl-C comes back to it instead of ending the process.
interrupts.at_prompt = false

local calm = ffi.new('int32_t[1]') -- a flag that nobody raises
local holding, came = false, false

local function listen_to(flag)
   for _, device in pairs(core.devices) do device.lib.hl_init(flag) end
end

local function done(was_holding, ok, ...)
   holding = was_holding
   if not holding then
      listen_to(host.hl_host_interrupt_flag())
      host.hl_host_interrupt_hold(0)
   end
   if not ok then error((...), 0) end
   return ...
end

--- Runs f(...) to its end, whatever is typed meanwhile; returns what f returns. A Ctrl-C shows in `pending` afterwards.
function interrupts.hold(f, ...)
   local was_holding = holding
   holding = true
   listen_to(calm)
   host.hl_host_interrupt_hold(1)
   return done(was_holding, pcall(f, ...))
end

--- Whether an error is a Ctrl-C that came within a call: 'interrupted' and nothing else, but for the line and the traceback around it.
---@param message any
---@return boolean
function interrupts.is(message)
   local line = type(message) == 'string' and message:match '^[^\n]*' or ''
   return line == 'interrupted' or line:find ':%d+: interrupted$' ~= nil
end

--- Whether this failure of a host function is a Ctrl-C that has to wait; if so it is noted and the call is to be repeated.
---@param message string of hl_error()
function interrupts.put_off(message)
   if not holding or message ~= 'interrupted' then return false end
   host.hl_host_interrupt_clear()
   came = true
   return true
end

--- Whether Ctrl-C was typed; asking forgets it.
---@return boolean
function interrupts.pending()
   local typed = came or host.hl_host_interrupted() ~= 0
   came = false
   host.hl_host_interrupt_clear()
   return typed
end

return interrupts
