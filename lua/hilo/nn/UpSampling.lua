local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local resize = require 'hilo.ops.resize'
local shape = require 'hilo.ops.shape'

--- nn.UpSampling(scale[, mode]): images (N,C,H,W) or volumes (N,C,D,H,W) resampled: 'nearest' repeats each pixel `scale` times in each
--- direction, 'linear' keeps corner pixels corners. With a table {owidth, oheight[, odepth]}, to that size.
---
---     local y = nn.UpSampling(2):forward(hilo.zeros(1, 3, 4, 5))  -- (1,3,8,10)
local UpSampling, parent = class('nn.UpSampling', 'nn.Module')

---@param params integer|{owidth: integer, oheight: integer, odepth: integer?}
---@param mode? 'nearest'|'linear' nearest if not given; 'bilinear' and 'trilinear' mean linear
function UpSampling:__init(params, mode)
   parent.__init(self)
   self.mode = (mode == 'linear' or mode == 'bilinear' or mode == 'trilinear') and 'linear' or 'nearest'
   if type(params) == 'table' then
      self:check(self.mode == 'linear', 'nearest needs a scale, not a size')
      self.odepth, self.owidth, self.oheight = params.odepth, params.owidth, params.oheight
      self:check_sides('owidth', 'oheight')
      if self.odepth then self:check_sides('odepth') end
   else
      self.scale_factor = params
      self:check_sides('scale_factor')
   end
end

---@param x Tensor
function UpSampling:updateOutput(x)
   self:check_dims(x, 'images (N,C,H,W) or volumes (N,C,D,H,W)', 4, 5)
   local options = self.mode == 'linear' and {align_corners = true} or {mode = 'nearest'}
   local function out(d, given)
      if given then return given end
      self:check(self.scale_factor, 'has no odepth, which volumes need')
      local n, scale = x:size(d), self.scale_factor
      return self.mode == 'linear' and (n - 1) * (scale - 1) + n or n * scale
   end
   local last = x:dim()
   local h, w = out(last - 1, self.oheight), out(last, self.owidth)
   if last == 4 then return resize.resize(x, h, w, options) end
   local n, c, depth, height, width = unpack(Tensor.sizes_table(x))
   local d = out(3, self.odepth)
   local deep = resize.resize(shape.reshape(x, n, c, depth, height * width), d, height * width, options)
   return resize.resize(deep:view(n, c * d, height, width), h, w, options):view(n, c, d, h, w)
end

function UpSampling:__tostring__()
   if self.scale_factor then return ('%s(%dx, %s)'):format(self.__typename, self.scale_factor, self.mode) end
   return ('%s(%dx%d, %s)'):format(self.__typename, self.oheight, self.owidth, self.mode)
end

return UpSampling
