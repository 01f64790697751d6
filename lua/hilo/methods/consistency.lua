--- methods/consistency.lua: student and teacher should say the same about an unlabelled image.
local core = require 'hilo.core'
local hilo = require 'hilo'

local distances = {}

--- The paper: mean squared error of the scores.
function distances.mse(student, teacher) return hilo.mse(hilo.sigmoid(student), hilo.sigmoid(teacher)) end

--- The original: 1 - cosine similarity of the logits, mean over the batch.
function distances.cosine(student, teacher) return 1 - hilo.mean(hilo.cosine_similarity(student, teacher)) end

local consistency = {}

--- Distance between what student and teacher say; no gradient to the teacher.
---
---     local loss = hilo.methods.consistency.loss(hilo.randn(4, 5), hilo.randn(4, 5), 'mse')
---@param student Tensor (N,C) logits
---@param teacher Tensor (N,C) logits
---@param distance 'mse'|'cosine'
---@return Tensor loss (1)
function consistency.loss(student, teacher, distance)
   local f = core.check(distances[distance], "consistency: the distance must be 'mse' or 'cosine', got '%s'", tostring(distance))
   return f(student, teacher:detach())
end

return consistency
