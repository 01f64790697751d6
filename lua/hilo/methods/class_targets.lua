--- methods/class_targets.lua: the set of classes in a label map, void not counted: what MLMT learns.
local hilo = require 'hilo'

--- 1 where the class has a pixel in the image, else 0.
---@param labels Tensor (N,H,W)
---@param classes integer
---@return Tensor (N,C) float
return function(labels, classes)
   local seen = hilo.one_hot(labels, classes, {dtype = 'byte'}):view(labels:size(1), classes, -1)
   return (hilo.max(seen, 3)):view(labels:size(1), classes):float()
end
