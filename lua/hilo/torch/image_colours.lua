--- torch/image_colours.lua: colour spaces of images (3,H,W) with values from 0 to 1, or bytes from 0 to 255.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local result_first = require('hilo.torch.image_geometry').result_first

local M = {}

local function channels(name, x)
   core.check(core.is_tensor(x) and x:dim() == 3 and x:size(1) == 3, 'image.%s: expects an image (3,H,W), got %s', name,
      core.is_tensor(x) and Tensor.shape_text(x) or type(x))
   return x:select(1, 1):contiguous(), x:select(1, 2):contiguous(), x:select(1, 3):contiguous()
end

-- A function of three channels that gives three (or one) as an image.
local function of_channels(name, f)
   M[name] = result_first(function(x)
      if core.is_tensor(x) and x:dtype() == 'uint8' then
         core.check(not name:find 'lab', 'image.%s: values of L*a*b* do not fit bytes; convert the image to floats', name)
         local y = hilo.stack{f(channels(name, x:float():div(255)))} -- rounds as images of floats do
         return hilo.floor(hilo.clamp(y * 255 + 0.5, 0, 255)):byte()
      end
      return hilo.stack{f(channels(name, x))}
   end)
end

-- a r + b g + c b
local function weighed(r, g, b, weights) return r * weights[1] + g * weights[2] + b * weights[3] end

local function matrix(name, rows)
   of_channels(name, function(r, g, b)
      local result = {}
      for i, row in ipairs(rows) do result[i] = weighed(r, g, b, row) end
      return unpack(result)
   end)
end

local luma = {0.299, 0.587, 0.114}

--- Brightness (1,H,W) of a picture, as ITU-R BT.601 weighs red, green and blue.
---@type fun(rgb: Tensor): Tensor
M.rgb2y = nil
matrix('rgb2y', {luma})

--- Brightness and two differences of colour (BT.601).
---@type fun(rgb: Tensor): Tensor
M.rgb2yuv = nil
matrix('rgb2yuv', {luma, {-0.14713, -0.28886, 0.436}, {0.615, -0.51499, -0.10001}})

--- Back from rgb2yuv.
---@type fun(yuv: Tensor): Tensor
M.yuv2rgb = nil
matrix('yuv2rgb', {{1, 0, 1.13983}, {1, -0.39465, -0.58060}, {1, 2.03211, 0}})

--- Red, green and blue as parts of their sum.
---@type fun(rgb: Tensor): Tensor
M.rgb2nrgb = nil
of_channels('rgb2nrgb', function(r, g, b)
   local sum = hilo.clamp(r + g + b, 1e-6, math.huge)
   return hilo.cdiv(r, sum), hilo.cdiv(g, sum), hilo.cdiv(b, sum)
end)

local function zero_where(mask, x) return x:maskedFill(mask, 0) end

-- Hue from 0 to 1, the largest and the smallest of the channels.
local function hue(r, g, b)
   local high, low = hilo.cmax(hilo.cmax(r, g), b), hilo.cmin(hilo.cmin(r, g), b)
   local range = high - low
   local grey = range:eq(0)
   local safe = range:clone():maskedFill(grey, 1)
   local from_red, from_green = hilo.cdiv(g - b, safe), hilo.cdiv(b - r, safe) + 2
   local sector = hilo.where(high:eq(r), from_red, hilo.where(high:eq(g), from_green, hilo.cdiv(r - g, safe) + 4))
   local h = zero_where(grey, hilo.mod(sector / 6, 1))
   return h, high, low, range, grey
end

--- Hue, saturation and value, each from 0 to 1.
---@type fun(rgb: Tensor): Tensor
M.rgb2hsv = nil
of_channels('rgb2hsv', function(r, g, b)
   local h, high, _, range, grey = hue(r, g, b)
   return h, zero_where(grey, hilo.cdiv(range, high:clone():maskedFill(grey, 1))), high
end)

--- Hue, saturation and lightness, each from 0 to 1.
---@type fun(rgb: Tensor): Tensor
M.rgb2hsl = nil
of_channels('rgb2hsl', function(r, g, b)
   local h, high, low, range, grey = hue(r, g, b)
   local sum = high + low
   local divisor = hilo.where(sum:gt(1), sum * -1 + 2, sum):maskedFill(grey, 1)
   return h, zero_where(grey, hilo.cdiv(range, divisor)), sum / 2
end)

-- How far up its way from low to high a channel is, by its distance in hue (in sixths) from the pure colour.
local function ramp(h, offset)
   local distance = hilo.abs(hilo.mod(h * 6 + offset, 6) - 3) -- 3 at the colour itself, 0 opposite
   return hilo.clamp(distance - 1, 0, 1)
end

local function from_hue(h, low, range)
   return low + hilo.cmul(range, ramp(h, 0)), low + hilo.cmul(range, ramp(h, 4)), low + hilo.cmul(range, ramp(h, 2))
end

--- Back from rgb2hsv.
---@type fun(hsv: Tensor): Tensor
M.hsv2rgb = nil
of_channels('hsv2rgb', function(h, s, v)
   local range = hilo.cmul(s, v)
   return from_hue(h, v - range, range)
end)

--- Back from rgb2hsl.
---@type fun(hsl: Tensor): Tensor
M.hsl2rgb = nil
of_channels('hsl2rgb', function(h, s, l)
   local range = hilo.cmul(s, hilo.abs(l * 2 - 1) * -1 + 1)
   return from_hue(h, l - range / 2, range)
end)

-- ---- CIE L*a*b* (1976) of sRGB, under the white of D65 ----

local white = {0.95047, 1, 1.08883}
local threshold = 6 / 29

local function linear(x) return hilo.where(x:gt(0.04045), hilo.pow((x + 0.055) / 1.055, 2.4), x / 12.92) end

local function gamma(x)
   x = hilo.clamp(x, 0, math.huge)
   return hilo.where(x:gt(0.0031308), hilo.pow(x, 1 / 2.4) * 1.055 - 0.055, x * 12.92)
end

--- Lightness from 0 to 100 and two differences of colour, of sRGB.
---@type fun(rgb: Tensor): Tensor
M.rgb2lab = nil
of_channels('rgb2lab', function(r, g, b)
   r, g, b = linear(r), linear(g), linear(b)
   local function f(weights, scale)
      local t = weighed(r, g, b, weights) / scale
      return hilo.where(t:gt(threshold ^ 3), hilo.pow(hilo.clamp(t, 0, math.huge), 1 / 3), t / (3 * threshold ^ 2) + 4 / 29)
   end
   local x, y, z = f({0.4124564, 0.3575761, 0.1804375}, white[1]), f({0.2126729, 0.7151522, 0.0721750}, white[2]),
      f({0.0193339, 0.1191920, 0.9503041}, white[3])
   return y * 116 - 16, (x - y) * 500, (y - z) * 200
end)

--- Back from rgb2lab.
---@type fun(lab: Tensor): Tensor
M.lab2rgb = nil
of_channels('lab2rgb', function(l, a, b)
   local y = (l + 16) / 116
   local function f(t, scale)
      return hilo.where(t:gt(threshold), hilo.pow(t, 3), (t - 4 / 29) * (3 * threshold ^ 2)) * scale
   end
   local x, z = f(y + a / 500, white[1]), f(y - b / 200, white[3])
   y = f(y, white[2])
   return gamma(weighed(x, y, z, {3.2404542, -1.5371385, -0.4985314})), gamma(weighed(x, y, z, {-0.9692660, 1.8760108, 0.0415560})),
      gamma(weighed(x, y, z, {0.0556434, -0.2040259, 1.0572252}))
end)

return M
