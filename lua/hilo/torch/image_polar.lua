--- torch/image_polar.lua: images in polar coordinates: a row for each angle, a column for each distance from the middle.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local geometry = require 'hilo.torch.image_geometry'

local is_tensor = core.is_tensor

local M = {}

-- Arguments ([dst,] src[, mode[, reach]]).
local function arguments(name, ...)
   local args, dst = {...}, nil
   if is_tensor(args[2]) then dst = table.remove(args, 1) end
   local src, mode, reach = args[1], args[2] or 'simple', args[3] or 'valid'
   core.check(mode == 'simple' or mode == 'bilinear', "image.%s: the mode must be 'simple' or 'bilinear', got '%s'", name,
      tostring(mode))
   core.check(reach == 'valid' or reach == 'full', "image.%s: the reach must be 'valid' or 'full', got '%s'", name, tostring(reach))
   return dst, src, mode, reach
end

-- distance(column, columns, most): how far from the middle a column lies.
local function polar(name, distance)
   return function(...)
      local dst, src, mode, reach = arguments(name, ...)
      local x, back = geometry.planes(name, src)
      local h, w = x:size(2), x:size(3)
      local side = math.max(h, w)
      local rows, columns = side, side
      if dst then
         core.check(dst:dim() == src:dim() and (dst:dim() == 2 or dst:size(1) == src:size(1)), 'image.%s: dst is %s, src %s', name,
            Tensor.shape_text(dst), Tensor.shape_text(src))
         rows, columns = dst:size(dst:dim() - 1), dst:size(dst:dim())
      end
      local most = reach == 'full' and math.sqrt(h * h + w * w) / 2 or math.min(h, w) / 2
      local angle = Tensor.range(0, rows - 1, 1, {dtype = 'double'}):mul(2 * math.pi / rows):view(rows, 1):expand(rows, columns):clone()
      local radius = {}
      for i = 1, columns do radius[i] = distance(i - 1, columns, most) end
      local r = Tensor.new({dtype = 'double'}, radius):view(1, columns):expand(rows, columns):clone()
      local down, across = hilo.cmul(hilo.cos(angle), r) + h / 2, hilo.cmul(hilo.sin(angle), r) * -1 + w / 2
      if mode == 'simple' then down, across = down - 0.5, across - 0.5 end -- the pixel that a place lies in
      local result = back(geometry.sample_or(x, down, across, mode, mode == 'simple' and 0.5 or 0, 0))
      return dst and dst:copy(result) or result
   end
end

--- An image in polar coordinates: rows are angles, from downwards over the left, columns distances from 0 to the nearest border
--- ('valid', the default) or to the corners ('full'; zeros where there is nothing). In dst's size, or in a square of the longer side.
--- mode 'simple' (the pixel itself, the default) or 'bilinear'.
---@type fun(dst?: Tensor, src: Tensor, mode?: string, reach?: string): Tensor
M.polar = polar('polar',function(i, n, most) return most * i / n end)

--- As polar, with distances that grow by a factor from column to column, from 1 on.
---@type fun(dst?: Tensor, src: Tensor, mode?: string, reach?: string): Tensor
M.logpolar = polar('logpolar',function(i, n, most) return math.exp(i * math.log(most) / n) end)

return M
