local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.PixelShuffle(r): from r^2 channels of a pixel, r x r pixels of one (Shi and others, 2016).
---
---     local y = nn.PixelShuffle(2):forward(hilo.zeros(1, 12, 4, 5))  -- (1,3,8,10)
local PixelShuffle, parent = class('nn.PixelShuffle', 'nn.Module')

---@param upscaleFactor integer
function PixelShuffle:__init(upscaleFactor)
   parent.__init(self)
   self.upscaleFactor = upscaleFactor
   self:check_sides('upscaleFactor')
end

---@param input Tensor
function PixelShuffle:updateOutput(input)
   local r = self.upscaleFactor
   return self:over_images(input, function(x)
      local n, c, h, w = unpack(Tensor.sizes_table(x))
      self:check(c % (r * r) == 0, 'expects channels that divide by %d, got %d', r * r, c)
      local parts = shape.reshape(x, n, c / (r * r), r, r, h, w)
      return shape.reshape(shape.permute(parts, 1, 2, 5, 3, 6, 4), n, c / (r * r), h * r, w * r)
   end)
end

function PixelShuffle:__tostring__() return ('%s(%d)'):format(self.__typename, self.upscaleFactor) end

return PixelShuffle
