--- methods/class_targets.lua: the set of classes in a label map, void not counted: what MLMT learns.
local hilo = require 'hilo'

--- 1 where the class has a pixel in the image, else 0.
---
---     local present = hilo.methods.class_targets(hilo.ByteTensor{{{0, 2}, {255, 2}}}, 3)
---     assert(present[1][1] == 1 and present[1][2] == 0 and present[1][3] == 1)
---@param labels Tensor (N,H,W)
---@param classes integer
---@return Tensor (N,C) float
return function(labels, classes)
   local targets = labels:emptyAs('float', labels:size(1), classes)
   for i = 1, labels:size(1) do
      -- a map compared with itself counts the pixels of each class on the diagonal
      local counts = labels:emptyAs('long', classes, classes):zero()
      hilo.confusion(counts, labels[i], labels[i])
      targets[i]:copy(counts:as_strided({classes}, {classes + 1}):gt(0))
   end
   return targets
end
