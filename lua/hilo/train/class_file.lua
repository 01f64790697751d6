--- train/class_file.lua: runs/<name>/classes.json: what using a network takes besides its weights: names and colours of the classes,
--- and how pictures are normalised. With it a run needs no data set to label new pictures.
local samples = require 'hilo.data.samples'

local class_file = {}

---@class ClassFile
---@field classes string[]
---@field background boolean class 0 is what is left when no object is there
---@field void integer
---@field palette integer[] rgb, 768 numbers
---@field normalise {mean: number[], std: number[]} of RGB in [0,1]

---@param set DataSet
---@return ClassFile
function class_file.of(set)
   return {classes = set.classes, background = set.background, void = set.void, palette = set:palette(),
      normalise = {mean = samples.mean, std = samples.std}}
end

return class_file
