--- train/coarse_logits.lua: what a segmentation network makes of images, at whatever size it makes it.

--- Its method `logits`, as a DeepLab has, gives those that are not yet brought to the images' size; a network without it is called.
---@param S Module
---@param images Tensor (N,3,H,W)
---@return Tensor (N,C,H',W')
return function(S, images) return S.logits and S:logits(images) or S(images) end
