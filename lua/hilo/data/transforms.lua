--- data/transforms.lua: what becomes of one image. A transform is a function of random numbers and the image's size that returns
--- the parameters of a sample (hl_host_sample in core/host.h); worker threads do the pixel work. Write your own in a script:
---
---     local function centre(draws, h, w)
---        return {crop_y = (h - 176) / 2, crop_x = (w - 176) / 2, crop_h = 176, crop_w = 176, flip = draws:chance(0.5)}
---     end
local core = require 'hilo.core'

local check, host = core.check, core.host

---@class Sample parameters of one sample, all optional but crop_h and crop_w
---@field scale? number of both sides; 1
---@field resize_h? integer size to resize to (times scale); the file's own
---@field resize_w? integer
---@field crop_y? integer top left corner in the resized image, may lie outside; 0
---@field crop_x? integer
---@field crop_h integer size of the result
---@field crop_w integer
---@field flip? boolean mirror left and right
---@field brightness? number factors as torchvision's ColorJitter draws them; 1
---@field contrast? number
---@field saturation? number
---@field hue? number turn of the colour circle, -0.5..0.5; 0
---@field jitter_order? integer[] order of the four, from 0
---@field blur? number sigma in pixels; 0

-- {height, width} of a list of one number or two
local function sides(list, name)
   local h, w = list[1], list[2] or list[1]
   check(h and #list <= 2 and h % 1 == 0 and w % 1 == 0 and h >= 1 and w >= 1,
      'transforms: %s must be one whole number or two (height,width), got %s', name, table.concat(list, ','))
   return h, w
end

local saturation = 2 -- its number in jitter_order

---@alias Transform fun(draws: Draws, h: integer, w: integer): Sample

---@alias Jitter {brightness: number?, contrast: number?, saturation: number?, hue: number?, chance: number?}

local transforms = {}

local function scaled(size, scale) return host.hl_host_scaled_size(size, scale) end

-- Where a crop may start so that it stays inside; 0 if the image is smaller, which leaves padding below and to the right.
local function corner(draws, size, crop) return draws:whole(0, math.max(0, size - crop)) end

-- The factors that options.scale {low, high} allows: 1 to 1 if not given.
local function scale_range(options)
   if not options.scale then return 1, 1 end
   local low, high = options.scale[1], options.scale[2] or options.scale[1]
   check(low > 0 and high >= low, 'transforms: scale must be positive, as low,high; got %g,%g', low, high)
   return low, high
end

-- torchvision's RandomGrayscale: last of the four changes, the colours go.
local function make_grey(sample)
   local order = {}
   for _, change in ipairs(sample.jitter_order or {0, 1, 2, 3}) do
      if change ~= saturation then order[#order + 1] = change end
   end
   order[4] = saturation
   sample.saturation, sample.jitter_order = 0, order
end

-- What transforms.colour does, of the options of any transform.
local function add_colour(sample, draws, options)
   draws = draws and draws.colours
   local jitter = options.jitter
   if jitter and (not jitter.chance or draws:chance(jitter.chance)) then
      for _, name in ipairs {'brightness', 'contrast', 'saturation'} do
         local spread = jitter[name] or 0
         sample[name] = draws:uniform(math.max(0, 1 - spread), 1 + spread)
      end
      sample.hue = draws:uniform(-(jitter.hue or 0), jitter.hue or 0)
      local order = draws:permutation(4)
      for i = 1, 4 do order[i] = order[i] - 1 end
      sample.jitter_order = order
   end
   if (options.grey or 0) > 0 and draws:chance(options.grey) then make_grey(sample) end
   if options.blur and (not options.blur_chance or draws:chance(options.blur_chance)) then
      sample.blur = draws:uniform(options.blur[1], options.blur[2] or options.blur[1])
   end
   return sample
end

--- For training a segmentation network: scale, crop (what lies outside the image is void), mirror.
---
---     local transform = hilo.data.transforms.segmentation {crop = {96, 96}, scale = {0.5, 1.5}, mirror = true}
---     local sample = transform(hilo.data.Draws.of(1, 1, 0, 0), 120, 160)                       -- of a picture of 120 x 160
---@param options {crop: integer[], size: number?, scale: {[1]: number, [2]: number}?, mirror: boolean?, jitter: Jitter?,
--- grey: number?, blur: number[]?, blur_chance: number?} crop {height, width} in pixels; size: factor for all images
--- (0.5: half size), scale {low, high} drawn on top
--- of it; the rest: see transforms.colour
---@return Transform
function transforms.segmentation(options)
   local crop_h, crop_w = sides(options.crop, 'crop')
   local size, low, high = options.size or 1, scale_range(options)
   check(size > 0, 'transforms: size must be positive, got %g', size)
   return function(draws, h, w)
      local sample = {scale = size * draws:uniform(low, high), crop_h = crop_h, crop_w = crop_w}
      sample.crop_y = corner(draws, scaled(h, sample.scale), crop_h)
      sample.crop_x = corner(draws, scaled(w, sample.scale), crop_w)
      sample.flip = options.mirror and draws:chance(0.5) or false
      return add_colour(sample, draws, options)
   end
end

--- Adds colour jitter, loss of colour and blur to a sample, drawn from draws.colours.
---@param sample Sample changed in place
---@param draws Draws? not needed where nothing is asked for
---@param options {jitter: Jitter?, grey: number?, blur: number[]?, blur_chance: number?} jitter {brightness, contrast, saturation, hue,
--- chance} as torchvision's ColorJitter takes it, applied with probability `chance`, 1 if not given; grey: the probability that the
--- colours go; blur {low, high} of sigma in pixels, applied with probability `blur_chance`, 1
---@return Sample
function transforms.colour(sample, draws, options) return add_colour(sample, draws, options) end

--- For classifying images: resized to one size, mirrored; strong adds colour jitter and blur. With scale, a part of that size is
--- cut from an image resized to so many times it, and what lies outside is void.
---@param options {resize: integer[], scale: {[1]: number, [2]: number}?, mirror: boolean?, jitter: Jitter?, grey: number?,
--- blur: number[]?, blur_chance: number?} scale {low, high}; jitter and those after it: see transforms.colour
---@return Transform
function transforms.classification(options)
   local h, w = sides(options.resize, 'resize')
   local low, high = scale_range(options)
   return function(draws)
      local sample = {resize_h = h, resize_w = w, crop_h = h, crop_w = w}
      if high > 1 or low < 1 then
         sample.scale = draws:uniform(low, high)
         sample.crop_y, sample.crop_x = corner(draws, scaled(h, sample.scale), h), corner(draws, scaled(w, sample.scale), w)
      end
      sample.flip = options.mirror and draws:chance(0.5) or false
      return add_colour(sample, draws, options)
   end
end

-- The nearest of stride + 1, 2 stride + 1, ...
local function on_grid(size, stride) return math.max(1, math.floor((size - 1) / stride + 0.5)) * stride + 1 end

--- For evaluation: the whole image, `size` times its own size. With a stride its sides are brought to the nearest of stride * k + 1:
--- there a network of that output stride has its cells at pixels 0, stride, ..., corner to corner, where its logits are put when they
--- are upsampled with the corners aligned. Between such sizes label maps would be stretched, by half a stride or more at the edges.
---
---     local sample = hilo.data.transforms.whole(0.5)(nil, 120, 160)                              -- half its size
---@param size? number 1
---@param stride? integer the network's output stride
---@return Transform
function transforms.whole(size, stride)
   size = size or 1
   check(size > 0, 'transforms: size must be positive, got %g', size)
   if not stride then return function(_, h, w) return {scale = size, crop_h = scaled(h, size), crop_w = scaled(w, size)} end end
   return function(_, h, w)
      local to_h, to_w = on_grid(scaled(h, size), stride), on_grid(scaled(w, size), stride)
      return {resize_h = to_h, resize_w = to_w, crop_h = to_h, crop_w = to_w}
   end
end

--- For evaluating a classifier: the whole image resized to one size.
---@param resize integer[] {height, width}
---@return Transform
function transforms.resized(resize) return transforms.classification {resize = resize} end

return transforms
