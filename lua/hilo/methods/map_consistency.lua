--- methods/map_consistency.lua: student and teacher should say the same of every pixel.
local hilo = require 'hilo'
local masked_mean = require 'hilo.methods.masked_mean'

--- The squared distance of two softmax vectors, summed over the classes, the mean over the pixels inside. The sum keeps the gradient of
--- about one size whatever the number of classes (French et al., 2020); 1 / C of it is the mean squared error (Tarvainen and
--- Valpola, 2017).
---
---     local inside = hilo.ones({1, 8, 8}, {dtype = 'byte'})
---     local loss = hilo.methods.map_consistency(hilo.randn(1, 3, 8, 8), hilo.randn(1, 3, 8, 8), inside)
---@param student Tensor (N,C,H,W) logits
---@param teacher Tensor (N,C,H,W) logits; no gradient flows to them
---@param inside Tensor (N,H,W) byte, 1 inside the image
---@return Tensor loss (1)
return function(student, teacher, inside)
   local said = hilo.no_grad(hilo.softmax, teacher:detach())
   local distance = hilo.sum(hilo.square(hilo.softmax(student) - said), 2) -- (N,1,H,W)
   return masked_mean(distance, inside)
end
