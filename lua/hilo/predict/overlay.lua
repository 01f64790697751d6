--- predict/overlay.lua: a label map laid over its picture.
local hilo = require 'hilo'

--- The picture with the colours of its classes mixed in; where class 0 is background it stays as it is. A line of the class's own
--- colour runs where two classes meet.
---@param picture Tensor (3,H,W) float, normalised
---@param labels Tensor (H,W) byte
---@param options {palette: integer[], alpha: number, background: boolean, normalise: {mean: number[], std: number[]}} alpha: share of
--- the class's colour, 0..1
---@return Tensor (3,H,W) byte
return function(picture, labels, options)
   local h, w = labels:size(1), labels:size(2)
   local p, l = picture:cpu():contiguous():data(), labels:contiguous():data()
   local canvas = hilo.ByteTensor(3, h, w)
   local out, plane = canvas:data(), h * w
   local mean, std, palette, alpha = options.normalise.mean, options.normalise.std, options.palette, options.alpha
   local bare = options.background and 0 or -1
   for c = 0, 2 do
      local m, s = mean[c + 1] * 255, std[c + 1] * 255
      for y = 0, h - 1 do
         for x = 0, w - 1 do
            local at = y * w + x
            local class = l[at]
            local edge = (x + 1 < w and l[at + 1] ~= class) or (y + 1 < h and l[at + w] ~= class)
            local share = class == bare and 0 or edge and 1 or alpha
            local value = (p[c * plane + at] * s + m) * (1 - share) + palette[3 * class + c + 1] * share
            out[c * plane + at] = math.min(255, math.max(0, value + 0.5))
         end
      end
   end
   return canvas
end
