--- optim/schedule.lua: learning rates and weights as functions of the step. Steps count from 0; beyond the last the value stays.
local core = require 'hilo.core'

local schedule = {}

local function progress(fn, step, steps)
   core.check(type(step) == 'number' and step >= 0, '%s: step must be 0 or more, got %s', fn, tostring(step))
   core.check(type(steps) == 'number' and steps > 0, '%s: steps must be above 0, got %s', fn, tostring(steps))
   return math.min(1, step / steps)
end

--- base * (1 - step/steps)^power, and in the first steps a part of it that grows evenly.
---
---     assert(optim.poly(0.1, 0, 1000) == 0.1 and optim.poly(0.1, 1000, 1000) == 0)
---@param power? number 0.9
---@param warmup? integer steps until the whole of it is reached; 0
---@param base number
---@param step number from 0
---@param steps number
---@return number
function schedule.poly(base, step, steps, power, warmup)
   local whole = base * (1 - progress('poly', step, steps)) ^ (power or 0.9)
   return warmup and step < warmup and whole * (step + 1) / warmup or whole
end

--- Half a cosine wave from base to final.
---
---     assert(math.abs(optim.cosine(1, 0, 50, 100) - 0.5) < 1e-9)
---@param base number
---@param final number
---@param step number from 0
---@param steps number
---@return number
function schedule.cosine(base, final, step, steps)
   return final + (base - final) * 0.5 * (1 + math.cos(math.pi * progress('cosine', step, steps)))
end

--- base * gamma^k, k the number of times that `every` steps have gone by, or that a milestone has been reached.
---
---     assert(optim.step(1, 25, {every = 10, gamma = 0.5}) == 0.25)
---@param options {every?: number, milestones?: number[], gamma?: number} every or milestones; gamma 0.1
---@param base number
---@param step number from 0
---@return number
function schedule.step(base, step, options)
   core.check(type(options) == 'table' and (options.every or options.milestones), 'step: expects every = or milestones =')
   local k = 0
   if options.every then
      k = math.floor(step / options.every)
   else
      for _, milestone in ipairs(options.milestones) do if step >= milestone then k = k + 1 end end
   end
   return base * (options.gamma or 0.1) ^ k
end

--- Weight of the consistency loss: 0 before epoch `start`, then min(1, 2 * (epoch - start) / epochs).
---@param start? number a tenth of the epochs
---@param epoch number from 0
---@param epochs number
---@return number weight 0 to 1
function schedule.ramp(epoch, epochs, start)
   progress('ramp', epoch, epochs)
   start = start or epochs / 10
   if epoch < start then return 0 end
   return math.min(1, 2 * (epoch - start) / epochs)
end

--- Weight of the consistency loss as the mean teacher's authors let it grow: exp(-5 (1 - step/steps)^2), then 1.
---@param steps number how long it grows; 0: 1 from the start
---@param step number from 0
---@return number weight 0 to 1
function schedule.sigmoid_ramp(step, steps)
   if steps == 0 then return 1 end
   return math.exp(-5 * (1 - progress('sigmoid_ramp', step, steps)) ^ 2)
end

--- The rate of the mean teacher's average: min(1 - 1/(step + 1), max).
---
---     assert(optim.ema_rate(0) == 0 and optim.ema_rate(1e6) == 0.999)
---@param max? number 0.999
---@param step number from 0
---@return number
function schedule.ema_rate(step, max)
   core.check(type(step) == 'number' and step >= 0, 'ema_rate: step must be 0 or more, got %s', tostring(step))
   return math.min(1 - 1 / (step + 1), max or 0.999)
end

return schedule
