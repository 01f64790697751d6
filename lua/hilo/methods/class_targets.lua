--- methods/class_targets.lua: the set of classes in a label map, void not counted: what MLMT learns.
local hilo = require 'hilo'
local core = require 'hilo.core'

local most_classes = 4096

--- 1 where the class has a pixel in the image, else 0.
---
---     local present = hilo.methods.class_targets(hilo.ByteTensor{{{0, 2}, {255, 2}}}, 3)
---     assert(present[1][1] == 1 and present[1][2] == 0 and present[1][3] == 1)
---@param labels Tensor (N,H,W)
---@param classes integer 1..4096
---@return Tensor (N,C) float
return function(labels, classes)
   core.check(core.is_tensor(labels) and labels:dim() == 3, 'class_targets: labels must be a tensor (N,H,W), got %s',
      core.is_tensor(labels) and table.concat(labels:size(), 'x') or type(labels))
   core.check(type(classes) == 'number' and classes % 1 == 0 and classes >= 1 and classes <= most_classes,
      'class_targets: classes must be a whole number 1..%d, got %s', most_classes, tostring(classes))
   local targets = labels:emptyAs('float', labels:size(1), classes)
   for i = 1, labels:size(1) do
      -- a map compared with itself counts the pixels of each class on the diagonal
      local counts = labels:emptyAs('long', classes, classes):zero()
      hilo.confusion(counts, labels[i], labels[i])
      targets[i]:copy(counts:as_strided({classes}, {classes + 1}):gt(0))
   end
   return targets
end
