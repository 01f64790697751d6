local class = require 'hilo.nn.class'
local resize = require 'hilo.ops.resize'

--- nn.SpatialUpSamplingBilinear(scale): from (H,W) to ((H-1)(scale-1)+H, (W-1)(scale-1)+W), corner pixels staying corners; or
--- nn.SpatialUpSamplingBilinear{oheight = H, owidth = W}.
---
---     local y = nn.SpatialUpSamplingBilinear(2):forward(hilo.randn(1, 3, 8, 8))  -- (1,3,15,15)
local SpatialUpSamplingBilinear, parent = class('nn.SpatialUpSamplingBilinear', 'nn.Module')

---@param params integer|{oheight: integer, owidth: integer}
function SpatialUpSamplingBilinear:__init(params)
   parent.__init(self)
   if type(params) == 'table' then
      self.oheight, self.owidth = params.oheight, params.owidth
      self:check_sides('oheight', 'owidth')
   else
      self.scale_factor = params
      self:check_sides('scale_factor')
   end
end

---@param input Tensor
function SpatialUpSamplingBilinear:updateOutput(input)
   return self:over_images(input, function(x)
      local function out(n) return (n - 1) * (self.scale_factor - 1) + n end
      local h, w = self.oheight or out(x:size(3)), self.owidth or out(x:size(4))
      return resize.resize(x, h, w, {mode = 'bilinear', align_corners = true})
   end)
end

function SpatialUpSamplingBilinear:__tostring__()
   if self.scale_factor then return ('%s(%d)'):format(self.__typename, self.scale_factor) end
   return ('%s(%dx%d)'):format(self.__typename, self.oheight, self.owidth)
end

return SpatialUpSamplingBilinear
