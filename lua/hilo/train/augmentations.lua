--- train/augmentations.lua: how a training of a segmentation network sees its pictures, as the options of a script describe it.
local transforms = require 'hilo.data.transforms'

--- The weak augmentation of a script's options: scale, crop and mirror; and the strong one, which adds their changes of colour, in the
--- same crops.
---
---     local o = hilo.train.options(hilo.train.segmentation_options {name = 'mine', grey = 0.2}, nil, {})
---     local weak, strong = hilo.train.augmentations(o)
---@param o {crop: integer[], scale: number[]?, mirror: boolean?, data: {size: number?, [string]: any}, jitter: Jitter?, grey: number?,
--- blur: number[]?, blur_chance: number?, [string]: any} as data.transforms.segmentation takes them
---@return Transform weak
---@return Transform strong
return function(o)
   local weak = {crop = o.crop, size = o.data.size, scale = o.scale, mirror = o.mirror}
   local strong = {jitter = o.jitter, grey = o.grey, blur = o.blur, blur_chance = o.blur_chance}
   for key, value in pairs(weak) do strong[key] = value end
   return transforms.segmentation(weak), transforms.segmentation(strong)
end
