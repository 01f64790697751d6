--- methods/mean_teacher.lua: a teacher whose weights are the running average of the student's.
local hilo = require 'hilo'

local mean_teacher = {}

--- A copy of the student that does not train and evaluates.
---
---     local student = nn.Linear(2, 3)
---     local teacher = hilo.methods.mean_teacher.of(student)
---     hilo.methods.mean_teacher.update(teacher, student, 1)
---@param student Module
---@return Module
function mean_teacher.of(student)
   return student:clone():freeze():evaluate()
end

--- t <- a t + (1 - a) s, with a = min(1 - 1/(step + 1), limit): parameters and statistics of batch normalisation alike.
---@param teacher Module
---@param student Module
---@param step integer|Tensor from 1: how many steps the student has made; or a itself, (1) double, for a step that is recorded
---@param limit? number 0.999
function mean_teacher.update(teacher, student, step, limit)
   hilo.optim.ema(teacher, student, hilo.isTensor(step) and step or hilo.optim.ema_rate(step, limit))
end

return mean_teacher
