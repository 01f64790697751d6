--- methods/cutmix.lua: boxes of one picture pasted into another (Yun et al., CutMix, ICCV 2019), and what belongs to its pixels with
--- them: labels, logits, masks.
local core = require 'hilo.core'
local hilo = require 'hilo'
local Draws = require 'hilo.data.draws'

local check = core.check
local streams_from = 240 -- the loaders' streams end before it

local function round(x) return math.floor(x + 0.5) end

---@alias BoxShape fun(draws: Draws, h: integer, w: integer): integer[][] boxes {top, left, height, width}, the corner from 0

local cutmix = {}

--- Boxes that cover a fraction of the picture, of any shape that fits (French et al., BMVC 2020: one box of half the area). Each of
--- `count` boxes covers 1 / count of what it would alone; where two lie on each other the first picture shows again (Chen et al.,
--- CVPR 2021: three of a quarter to a half).
---@param options? {area: {[1]: number, [2]: number?}?, count: integer?} area {low, high} of the fraction, {0.5, 0.5}; count 1
---@return BoxShape
function cutmix.any_shape(options)
   local area, count = options and options.area or {0.5, 0.5}, options and options.count or 1
   local low, high = area[1], area[2] or area[1]
   check(low > 0 and high <= 1 and low <= high, 'cutmix: area must be low,high above 0 and up to 1, got %s', table.concat(area, ','))
   return function(draws, h, w)
      local boxes, side = {}, math.sqrt(1 / count)
      for i = 1, count do
         local fraction = draws:uniform(low, high)
         local tall = fraction ^ draws:uniform() -- 1 down to the fraction, evenly in its logarithm
         local box_h, box_w = round(tall * side * h), round(fraction / tall * side * w)
         boxes[i] = {round((h - box_h) * draws:uniform()), round((w - box_w) * draws:uniform()), box_h, box_w}
      end
      return boxes
   end
end

--- Perhaps one box, neither very flat nor very slim (Yang et al., UniMatch, CVPR 2023).
---@param options? {chance: number?, area: {[1]: number, [2]: number}?, ratio: {[1]: number, [2]: number}?} chance of a box, 0.5;
--- area {low, high}, {0.02, 0.4}; ratio of height to width {low, high}, {0.3, 1 / 0.3}
---@return BoxShape
function cutmix.by_chance(options)
   options = options or {}
   local chance, area, ratio = options.chance or 0.5, options.area or {0.02, 0.4}, options.ratio or {0.3, 1 / 0.3}
   check(area[1] >= 0 and area[2] <= 0.5 and ratio[1] <= 1 and ratio[2] >= 1,
      'cutmix: area must be up to 0.5 and 1 one of the ratios, or boxes may not fit; got %g,%g and %g,%g', area[1], area[2], ratio[1],
      ratio[2])
   return function(draws, h, w)
      if not draws:chance(chance) then return {} end
      local size = draws:uniform(area[1], area[2]) * h * w
      while true do
         local shape = draws:uniform(ratio[1], ratio[2])
         local box_h, box_w = math.floor(math.sqrt(size * shape)), math.floor(math.sqrt(size / shape))
         local top, left = draws:whole(0, h - 1), draws:whole(0, w - 1)
         if top + box_h <= h and left + box_w <= w then return {{top, left, box_h, box_w}} end
      end
   end
end

---@class Boxes the boxes of a batch
---@field mask Tensor (N,H,W) byte, 1 in the boxes; always the same tensor, so it may be part of a step that is recorded
local Boxes = {}
Boxes.__index = Boxes

--- Boxes for a batch.
---
---     local cutmix = hilo.methods.cutmix
---     local boxes = cutmix.boxes {batch = 2, crop = {32, 32}, shape = cutmix.any_shape(), seed = 1, stream = 3}
---     boxes:draw(1)
---     local mixed = cutmix.mix(boxes, hilo.randn(2, 3, 32, 32), hilo.randn(2, 3, 32, 32))
---@param options {batch: integer, crop: integer[], shape: BoxShape, seed: integer, stream: integer, device: string?} crop {height,
--- width}; stream: 1..15, another for each set of boxes of a run
---@return Boxes
function cutmix.boxes(options)
   local h, w = options.crop[1], options.crop[2] or options.crop[1]
   return setmetatable({shape = options.shape, seed = options.seed, stream = streams_from + options.stream,
      mask = hilo.zeros({options.batch, h, w}, {dtype = 'byte', device = options.device})}, Boxes)
end

--- Draws the boxes of a step: they depend on (seed, stream, step) alone.
---@param step integer from 1
function Boxes:draw(step)
   local n, h, w = unpack(self.mask:size())
   local mask = hilo.zeros({n, h, w}, {dtype = 'byte'})
   for i = 1, n do
      for _, box in ipairs(self.shape(Draws.of(self.seed, self.stream, step, i - 1), h, w)) do
         local top, left, box_h, box_w = unpack(box)
         if box_h > 0 and box_w > 0 then
            local part = mask[i]:narrow(1, top + 1, box_h):narrow(2, left + 1, box_w)
            part:copy(hilo.eq(part, 0))
         end
      end
   end
   self.mask:copy(mask:to{device = self.mask:getDevice()})
end

--- b in the boxes, a elsewhere.
---@param boxes Boxes
---@param a Tensor (N,H,W) or (N,C,H,W)
---@param b Tensor as a
---@return Tensor mixed as a
function cutmix.mix(boxes, a, b)
   return hilo.where(a:dim() == 4 and boxes.mask:unsqueeze(2) or boxes.mask, b, a)
end

require('hilo.checked').class('Boxes', Boxes)

return cutmix
