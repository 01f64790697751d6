--- train/non_finite.lua: losses that are NaN or infinite. on_nan=stop ends the run and says which tensor went wrong first; on_nan=skip
--- leaves such steps out, as if they had not been, but for the pictures that they saw and the random numbers that they drew.
local core = require 'hilo.core'
local hilo = require 'hilo'
local interrupts = require 'hilo.interrupts'
local sorted_keys = require 'hilo.keys'

local non_finite = {}

local function is_finite(x) return x == x and math.abs(x) < math.huge end

--- The first of what a step returned that is not finite, in the order of the names; on a card this waits for the step.
---@param values table<string, Tensor|number|table>
---@param group? string for nested tables
---@return string? name
---@return number? value
function non_finite.of(values, group)
   for _, key in ipairs(sorted_keys(values)) do
      local value, name = values[key], (group or '') .. key
      if type(value) == 'table' and not core.is_tensor(value) then
         local inner, bad = non_finite.of(value, name .. '/')
         if inner then return inner, bad end
      else
         local x = core.is_tensor(value) and value:item() or value
         if not is_finite(x) then return name, x end
      end
   end
end

-- ---- which tensor was the first ----

-- 'nan' or 'inf' where a tensor holds one.
local function what_is_wrong(t)
   if not t._storage.dtype.is_float or t._storage.freed or t:nElement() == 0 then return nil end
   local x = t:detach()
   if hilo.sum(hilo.mul(x, 0)) == 0 then return nil end
   return hilo.ne(x, x):max() > 0 and 'nan' or 'inf'
end

-- storage -> offset -> 'S/conv1.weight'
local function names_of(nets)
   local names = {}
   for _, net in ipairs(sorted_keys(nets)) do
      for key, t in pairs(nets[net]:stateDict()) do
         names[t._storage] = names[t._storage] or {}
         names[t._storage][t._offset] = net .. '/' .. key
      end
   end
   return names
end

local function name_of(names, t) return names[t._storage] and names[t._storage][t._offset] end

local function sizes_of(t) return table.concat(t:size(), 'x') end

-- Looks at what a call of C was given and made: its first tensor is what it writes.
local function describe(names, call, ...)
   local operation, known, output = call:sub(4), nil, nil
   for i = 1, select('#', ...) do
      local t = select(i, ...)
      if core.is_tensor(t) then
         local name = name_of(names, t)
         known = known or i > 1 and name or nil
         local wrong = what_is_wrong(t)
         if wrong and i == 1 then
            output = {wrong = wrong, t = t, name = name}
         elseif wrong then
            return ('%s (%s) holds %s when %s reads it'):format(name or 'a tensor', sizes_of(t), wrong, operation)
         end
      end
   end
   if not output then return nil end
   return ('%s is the first to give %s, in %s%s%s'):format(operation, output.wrong, sizes_of(output.t),
      output.name and ' for ' .. output.name or '', known and ', with ' .. known or '')
end

-- Goes through the steps from the last checkpoint on again, to the same bits, and looks at each tensor that is made.
local function search(run, job, last)
   local state = interrupts.hold(function()
      local found = hilo.io.checkpoint.load(run.good, {nets = job.nets, optims = job.optims})
      for _, loader in ipairs(run.loaders) do loader:seek(found.step + 1) end
      return found
   end)
   local names, found, looking = names_of(job.nets), nil, false
   local function look(...)
      if looking or found then return end
      looking = true
      found = hilo.no_grad(describe, names, ...)
      looking = false
   end
   for step = state.step + 1, last do
      local ok, message = pcall(function()
         if job.schedule then job.schedule(step) end
         core.watch(look)
         job.step(step)
      end)
      core.watch(nil)
      if found then return step, found end
      if not ok or interrupts.pending() then return nil, tostring(message) end
   end
end

--- Ends a run whose losses are not finite: an error with the step, the tensor that went wrong first, and the last sound checkpoint.
---@param run Run
---@param job table as Run:train takes it
---@param step integer at which it was seen
---@param name string of the loss
---@param value number
function non_finite.stop(run, job, step, name, value)
   local exact, found
   if run.saved then
      run:say(('%s became %g; looking for the first tensor that went wrong, from the checkpoint of step %d on'):format(name, value,
         run.saved))
      exact, found = search(run, job, step)
   end
   local at = exact and ('at step %d: %s'):format(exact, found) or ('at step %d or shortly before'):format(step)
   core.raise(('%s became %g %s; %s'):format(name, value, at, run.saved
      and ('the checkpoint of step %d is sound. A smaller lr may help, or on_nan=skip'):format(run.saved)
      or 'no checkpoint was saved before. A smaller lr may help, or on_nan=skip; checkpoint_every=1 also shows which tensor it was'))
end

-- ---- leaving steps out ----

---@class NonFiniteGuard
---@field skipped integer steps in all
local Guard = {}
Guard.__index = Guard

local most_in_a_row = 100

local function buffers_of(nets)
   local list = {}
   for _, name in ipairs(sorted_keys(nets)) do
      local is_parameter = {}
      for _, p in ipairs(nets[name]:namedParameters()) do is_parameter[p.tensor] = true end
      for _, t in pairs(nets[name]:stateDict()) do
         if not is_parameter[t] then list[#list + 1] = {t = t, kept = t:clone()} end
      end
   end
   return list
end

--- Makes a job's optimisers leave out steps whose gradients are not finite.
---@param job table as Run:train takes it
---@return NonFiniteGuard
function non_finite.guard(job)
   local self = setmetatable({optims = {}, buffers = buffers_of(job.nets), skipped = 0, in_a_row = 0}, Guard)
   for name, optim in pairs(job.optims) do
      core.check(type(optim.step) == 'function', "on_nan=skip: the optimiser '%s' is none of hilo.optim's", name)
      optim.only_finite, optim.left_out = true, 0
      self.optims[#self.optims + 1] = optim
   end
   return self
end

--- Whether a step counts. One that does not leaves running statistics as they were before it.
---@param losses table what the step returned
---@return boolean
function Guard:accept(losses)
   local wrong = non_finite.of(losses or {}) ~= nil
   for _, optim in ipairs(self.optims) do
      wrong = wrong or optim.left_out > 0
      optim.left_out = 0
   end
   hilo.no_grad(function()
      for _, b in ipairs(self.buffers) do
         if wrong then b.t:copy(b.kept) else b.kept:copy(b.t) end
      end
   end)
   self.in_a_row = wrong and self.in_a_row + 1 or 0
   if wrong then self.skipped = self.skipped + 1 end
   core.check(self.in_a_row < most_in_a_row, 'on_nan=skip: %d steps in a row had losses or gradients that are not finite; a smaller lr '
      .. 'may help', most_in_a_row)
   return not wrong
end

return non_finite
