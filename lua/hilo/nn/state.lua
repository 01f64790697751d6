--- nn/state.lua: what modules that are running know about the call they are part of.
local state = {
   tracing = false,    -- modules keep what they computed in .output
   recording = false,  -- a module written in Torch7's way is running for a caller that wants gradients
   replaying = false,  -- a forward pass is computed a second time: running statistics stay
   parameters = true,  -- a backward pass adds to the gradients of parameters
   wanted = nil,       -- of a backward pass: which leaves get a gradient; nil for all
}

local none = {}

local function restore(saved, ok, ...)
   for key, value in pairs(saved) do
      if value == none then state[key] = nil else state[key] = value end
   end
   if not ok then error((...), 0) end
   return ...
end

--- Calls f(...) with some fields of the state changed. `none` in `fields` clears one.
local function with(fields, f, ...)
   local saved = {}
   for key, value in pairs(fields) do
      local old = state[key]
      if old == nil then saved[key] = none else saved[key] = old end
      if value == none then state[key] = nil else state[key] = value end
   end
   return restore(saved, pcall(f, ...))
end

return {state = state, with = with, none = none}
