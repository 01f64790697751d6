--- torch/image_drawing.lua: frames and texts on images (3,H,W).
local bit = require 'bit'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local letters = require 'hilo.torch.letters'

local M = {}

-- The image, or a copy of it, and fill(left, upper, right, lower, colour), which leaves out what lies outside.
local function canvas(name, src, opts)
   core.check(core.is_tensor(src) and src:dim() == 3 and src:size(1) == 3, 'image.%s: expects an image (3,H,W), got %s', name,
      core.is_tensor(src) and Tensor.shape_text(src) or type(src))
   local x = opts.inplace and src or src:clone()
   local top = x:dtype() == 'uint8' and 1 or 255
   return x, function(left, upper, right, lower, colour)
      left, upper = math.max(1, left), math.max(1, upper)
      right, lower = math.min(x:size(3), right), math.min(x:size(2), lower)
      if right < left or lower < upper then return end
      for c = 1, 3 do
         x:select(1, c):narrow(1, upper, lower - upper + 1):narrow(2, left, right - left + 1):fill(colour[c] / top)
      end
   end
end

local function colour_of(name, given, default)
   local colour = given or default
   core.check(colour == nil or type(colour) == 'table' and #colour == 3, 'image.%s: a colour is {red, green, blue}, each 0..255', name)
   return colour
end

--- A frame whose lines go through (x1, y1) and (x2, y2), pixels counted from 1.
---@param src Tensor (3,H,W)
---@param x1 integer
---@param y1 integer
---@param x2 integer
---@param y2 integer
---@param opts? {color?: integer[], lineWidth?: integer, inplace?: boolean} color {255, 0, 0}, lineWidth 1; a copy unless inplace
---@return Tensor
function M.drawRect(src, x1, y1, x2, y2, opts)
   opts = opts or {}
   local x, fill = canvas('drawRect', src, opts)
   local width, colour = opts.lineWidth or 1, colour_of('drawRect', opts.color, {255, 0, 0})
   local before = math.floor(width / 2)
   local after = width - 1 - before
   fill(x1 - before, y1 - before, x2 + after, y1 + after, colour)
   fill(x1 - before, y2 - before, x2 + after, y2 + after, colour)
   fill(x1 - before, y1 - before, x1 + after, y2 + after, colour)
   fill(x2 - before, y1 - before, x2 + after, y2 + after, colour)
   return x
end

local unknown = {0x7f, 0x41, 0x41, 0x41, 0x7f}

--- A text in letters of 5x7 pixels, its upper left corner at column x and row y, counted from 0 as in Torch7; other characters
--- than ASCII's become boxes.
---@param src Tensor (3,H,W)
---@param text string '\n' begins a line
---@param x? integer 1 if not given
---@param y? integer 1 if not given
---@param opts? {color?: integer[], bg?: integer[], size?: integer, wrap?: boolean, inplace?: boolean} color {255, 0, 0}; bg behind
--- the letters, none if not given; size of a pixel of a letter, 1; wrap: lines that reach the border go on below (true); a copy
--- unless inplace
---@return Tensor
function M.drawText(src, text, x, y, opts)
   opts = opts or {}
   core.check(type(text) == 'string', 'image.drawText: expects a text, got %s', type(text))
   local image, fill = canvas('drawText', src, opts)
   local size, colour, back = opts.size or 1, colour_of('drawText', opts.color, {255, 0, 0}), colour_of('drawText', opts.bg)
   core.check(type(size) == 'number' and size >= 1 and size % 1 == 0, 'image.drawText: size must be a whole number from 1, got %s',
      tostring(size))
   x, y = (x or 1) + 1, (y or 1) + 1
   local left, upper = x, y
   for c in text:gsub('\r', ''):gmatch '.' do
      if c == '\n' then
         left, upper = x, upper + 8 * size
      else
         local full = left - 1 + 6 * size >= image:size(3) and left > 1
         if full and opts.wrap ~= false then left, upper = 1, upper + 8 * size end
         if back then fill(left, upper, left + 6 * size - 1, upper + 8 * size - 1, back) end
         for i, column in ipairs(letters[c:byte()] or unknown) do
            for j = 0, 6 do
               if bit.band(column, bit.lshift(1, j)) ~= 0 then
                  local at, down = left + (i - 1) * size, upper + j * size
                  fill(at, down, at + size - 1, down + size - 1, colour)
               end
            end
         end
         left = left + 6 * size
      end
   end
   return image
end

return M
