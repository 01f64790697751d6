--- torch/image_geometry.lua: sizes and places of pixels: crop, scale, flip, translate, rotate and warp. Images are (C,H,W) or (H,W).
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local check, is_tensor = core.check, core.is_tensor

local M = {}

--- Torch7's forms f(src, ...) and f(dst, src, ...): where one more tensor stands in front than f takes, the result goes into the first.
---@param f fun(src: Tensor, ...): Tensor
---@param sources? integer tensors that f takes before its other arguments: 1
---@return fun(...): Tensor
function M.result_first(f, sources)
   sources = sources or 1
   return function(...)
      local dst = ...
      if not (is_tensor(dst) and is_tensor((select(sources + 1, ...)))) then return f(...) end
      local result = f(select(2, ...))
      return dst:resize(result:size()):copy(result)
   end
end

--- Errors unless x is an image.
---@param name string of the function that was called
---@param x any
function M.need_image(name, x)
   check(is_tensor(x) and (x:dim() == 2 or x:dim() == 3), 'image.%s: expects an image (C,H,W) or (H,W), got %s', name,
      is_tensor(x) and Tensor.shape_text(x) or type(x))
end

-- An image as planes (C,H,W) of floats, and what gives a result its number of dimensions and its type again.
local function planes(name, x)
   M.need_image(name, x)
   local p = x:dim() == 3 and x or x:unsqueeze(1)
   local is_float = x:dtype() == 'float32' or x:dtype() == 'float64'
   local function back(y)
      if not is_float then y = y:round() end
      y = y:to{dtype = x:dtype()}
      return x:dim() == 3 and y or y:view(y:size(2), y:size(3))
   end
   return is_float and p:contiguous() or p:to{dtype = 'double'}:contiguous(), back
end
M.planes = planes

local corners = {
   c = function(w, h, width, height) return math.floor((w - width) / 2), math.floor((h - height) / 2) end,
   tl = function() return 0, 0 end,
   tr = function(w, _, width) return w - width, 0 end,
   bl = function(_, h, _, height) return 0, h - height end,
   br = function(w, h, width, height) return w - width, h - height end,
}

--- A part of an image: crop(src, x1, y1[, x2, y2]), columns x1 .. x2 - 1 counted from 0, or crop(src, format, width, height) from the
--- middle 'c' or a corner 'tl', 'tr', 'bl', 'br'.
---@param src Tensor
---@param ... any
---@return Tensor
local function crop(src, ...)
   local x = planes('crop', src)
   local h, w = x:size(2), x:size(3)
   local x1, y1, x2, y2 = ...
   if type(x1) == 'string' then
      local width, height = select(2, ...)
      check(corners[x1], "image.crop: the format must be 'c', 'tl', 'tr', 'bl' or 'br', got '%s'", x1)
      x1, y1 = corners[x1](w, h, width, height)
      x2, y2 = x1 + width, y1 + height
   end
   x1, y1, x2, y2 = math.floor(x1), math.floor(y1), math.floor(x2 or w), math.floor(y2 or h)
   check(x1 >= 0 and y1 >= 0 and x1 < x2 and y1 < y2 and x2 <= w and y2 <= h,
      'image.crop: columns %d to %d and rows %d to %d do not fit an image of %dx%d', x1, x2, y1, y2, w, h)
   local n = src:dim()
   return src:narrow(n, x1 + 1, x2 - x1):narrow(n - 1, y1 + 1, y2 - y1):clone()
end
M.crop = M.result_first(crop)

-- ---- scale ----

-- Row i of the matrix that resamples n elements to m: weights by position from 1.
local resampling = {}

function resampling.simple(i, n, m) return {[math.min(n, math.floor(i * n / m) + 1)] = 1} end

-- Larger: between neighbours, the ends staying ends; smaller: the mean of what lies under each new pixel.
function resampling.bilinear(i, n, m)
   if m >= n then
      local at = m > 1 and i * (n - 1) / (m - 1) or 0
      local low = math.min(math.floor(at), n - 1)
      local f = at - low
      return f > 0 and {[low + 1] = 1 - f, [low + 2] = f} or {[low + 1] = 1}
   end
   local first, last, weights = i * n / m, (i + 1) * n / m, {}
   for k = math.floor(first), math.min(n, math.ceil(last)) - 1 do
      weights[k + 1] = math.max(0, math.min(last, k + 1) - math.max(first, k)) * m / n
   end
   return weights
end

-- Catmull and Rom's spline through four neighbours; beyond an end the line through the last two goes on.
function resampling.bicubic(i, n, m)
   local at = m > 1 and i * (n - 1) / (m - 1) or 0
   local low = math.min(math.floor(at), n - 1)
   local f, weights = at - low, {}
   local factors = {-f / 2 + f ^ 2 - f ^ 3 / 2, 1 - 2.5 * f ^ 2 + 1.5 * f ^ 3, f / 2 + 2 * f ^ 2 - 1.5 * f ^ 3, -f ^ 2 / 2 + f ^ 3 / 2}
   local function add(place, weight) weights[place] = (weights[place] or 0) + weight end
   for k, factor in ipairs(factors) do
      local place = low + k - 1
      local inside = math.max(1, math.min(n, place))
      if place == inside or n == 1 or math.abs(place - inside) > 1 then
         add(inside, factor)
      else
         add(inside, 2 * factor)
         add(2 * inside - place, -factor)
      end
   end
   return weights
end

-- (m,n)
local function matrix(mode, n, m, like)
   local rows = {}
   for i = 1, m do
      rows[i] = {}
      for k = 1, n do rows[i][k] = 0 end
      for k, weight in pairs(resampling[mode](i - 1, n, m)) do rows[i][k] = weight end
   end
   return Tensor.new({dtype = like:dtype(), device = like:getDevice()}, rows)
end

-- 'WxH', the longer side, '^N' the shorter side, '*k' or '*a/b' times as large
local function size_from(text, w, h)
   local function times(k) return w * k, h * k end
   if tonumber(text) then return times(tonumber(text) / math.max(w, h)) end
   local width, height = text:match '^(%d+)x(%d+)$'
   if width then return tonumber(width), tonumber(height) end
   local shorter, above, below, factor = text:match '^%^(%d+)$', text:match '^%*(%d+)/(%d+)$', nil, text:match '^%*([%d.]+)$'
   if above then above, below = text:match '^%*(%d+)/(%d+)$' end
   if shorter then return times(tonumber(shorter) / math.min(w, h)) end
   if above then return times(tonumber(above) / tonumber(below)) end
   if factor then return times(tonumber(factor)) end
   core.raise(("image.scale: a size must be 'WxH', 'N' (longer side), '^N' (shorter side), '*k' or '*a/b', got '%s'"):format(text))
end

--- An image in another size: scale(src, width, height[, mode]), scale(src, size[, mode]) with a number (the longer side) or a text:
--- 'WxH', '^N' (the shorter side), '*k', '*a/b'; scale(dst, src[, mode]) to dst's size. mode 'bilinear' (the default; a mean where it
--- gets smaller), 'bicubic' or 'simple' (the nearest pixel).
---@param a Tensor
---@param b Tensor|number|string
---@param c? number|string
---@param mode? string
---@return Tensor
function M.scale(a, b, c, mode)
   local dst, src = nil, a
   if is_tensor(b) then dst, src = a, b end
   local x, back = planes('scale', src)
   local h, w = x:size(2), x:size(3)
   local width, height
   if dst then
      width, height, mode = dst:size(dst:dim()), dst:size(dst:dim() - 1), c
   elseif type(b) == 'number' and type(c) == 'number' then
      width, height = b, c
   else
      mode = c
      width, height = size_from(tostring(b), w, h)
   end
   mode = mode or 'bilinear'
   check(resampling[mode], "image.scale: the mode must be 'simple', 'bilinear' or 'bicubic', got '%s'", tostring(mode))
   width, height = math.max(1, math.floor(width)), math.max(1, math.floor(height))
   local across = hilo.matmul(x:view(-1, w), matrix(mode, w, width, x):t()):view(x:size(1), h, width)
   local function whole(t) return src:dtype() == 'uint8' and hilo.floor(hilo.clamp(t + 0.5, 0, 255)) or t end
   across = whole(across) -- bytes are rounded after each direction, as in Torch7
   local rows = matrix(mode, h, height, x)
   local result = hilo.matmul(rows:view(1, height, h):expand(x:size(1), height, h):contiguous(), across)
   result = back(whole(result))
   return dst and dst:copy(result) or result
end

-- ---- mirrors and shifts ----

--- An image with the slices of a dimension in reverse order.
---@param src Tensor
---@param dim integer
---@return Tensor
local function flip(src, dim)
   local n = src:size(dim)
   return src:index(dim, Tensor.range(n, 1, -1, {dtype = 'long', device = src:getDevice()}))
end
M.flip = M.result_first(flip)
--- An image mirrored: left becomes right.
---@type fun(src: Tensor): Tensor
M.hflip = M.result_first(function(src) return flip(src, src:dim()) end)
--- An image mirrored: top becomes bottom.
---@type fun(src: Tensor): Tensor
M.vflip = M.result_first(function(src) return flip(src, src:dim() - 1) end)

--- An image moved by x pixels to the right and y down, zeros where nothing comes from.
---@type fun(src: Tensor, x: integer, y: integer): Tensor
M.translate = M.result_first(function(src, x, y)
   local n, result = src:dim(), src:zeros()
   local w, h = src:size(n) - math.abs(x), src:size(n - 1) - math.abs(y)
   if w <= 0 or h <= 0 then return result end
   local function part(t, left, top) return t:narrow(n, left + 1, w):narrow(n - 1, top + 1, h) end
   part(result, math.max(0, x), math.max(0, y)):copy(part(src, math.max(0, -x), math.max(0, -y)))
   return result
end)

-- ---- places ----

-- Elements of planes x (C,H,W) at rows and columns (h,w), whole numbers from 0: (C,h,w)
local function pick(x, rows, columns)
   local index = (rows * x:size(3) + columns + 1):to{dtype = 'long'}
   local taken = x:view(x:size(1), -1):index(2, index:view(-1))
   return taken:view(x:size(1), rows:size(1), rows:size(2))
end

-- Planes x at any places, counted from 0, that lie inside.
local function sample(x, rows, columns, mode)
   if mode == 'simple' then return pick(x, hilo.floor(rows + 0.5), hilo.floor(columns + 0.5)) end
   check(mode == 'bilinear', "image: the mode must be 'simple' or 'bilinear', got '%s'", tostring(mode))
   local top, left = hilo.floor(rows), hilo.floor(columns)
   local bottom, right = hilo.clamp(top + 1, 0, x:size(2) - 1), hilo.clamp(left + 1, 0, x:size(3) - 1)
   local down, across = (rows - top):to{dtype = x:dtype()}, (columns - left):to{dtype = x:dtype()}
   local function between(a, b, f) return a + hilo.cmul(b - a, f) end
   return between(between(pick(x, top, left), pick(x, top, right), across),
      between(pick(x, bottom, left), pick(x, bottom, right), across), down)
end

-- Rows and columns, counted from 0, of an image of h x w pixels: two tensors (h,w).
local function grid(h, w)
   local rows = Tensor.range(0, h - 1, 1, {dtype = 'double'}):view(h, 1):expand(h, w):clone()
   return rows, Tensor.range(0, w - 1, 1, {dtype = 'double'}):view(1, w):expand(h, w):clone()
end

-- As sample, with `value` where a place is further than `reach` outside.
local function sample_or(x, rows, columns, mode, reach, value)
   local h, w = x:size(2), x:size(3)
   local outside = rows:lt(-reach) + rows:gt(h - 1 + reach) + columns:lt(-reach) + columns:gt(w - 1 + reach)
   local result = sample(x, hilo.clamp(rows, 0, h - 1), hilo.clamp(columns, 0, w - 1), mode)
   return result:maskedFill(outside:gt(0):view(1, rows:size(1), rows:size(2)):expandAs(result), value)
end

M.sample_or = sample_or

--- An image turned by theta (radians) around its middle, zeros where nothing comes from; mode 'simple' (the nearest pixel, the
--- default) or 'bilinear'.
---@type fun(src: Tensor, theta: number, mode?: string): Tensor
M.rotate = M.result_first(function(src, theta, mode)
   local x, back = planes('rotate', src)
   local h, w = x:size(2), x:size(3)
   local rows, columns = grid(h, w)
   local cy, cx, c, s = (h - 1) / 2, (w - 1) / 2, math.cos(theta), math.sin(theta)
   rows, columns = rows - cy, columns - cx
   return back(sample_or(x, rows * c + columns * s + cy, columns * c - rows * s + cx, mode or 'simple', 0.5, 0))
end)

--- The pixels of an image at other places: field (2,h,w) holds rows and columns, as distances from each pixel's own (offset_mode true,
--- the default) or counted from 0. mode 'bilinear' (the default) or 'simple'; clamp_mode 'clamp' (the default: the border goes on) or
--- 'pad' with pad_value (0).
---@type fun(src: Tensor, field: Tensor, mode?: string, offset_mode?: boolean, clamp_mode?: string, pad_value?: number): Tensor
M.warp = M.result_first(function(src, field, mode, offset_mode, clamp_mode, pad_value)
   local x, back = planes('warp', src)
   check(is_tensor(field) and field:dim() == 3 and field:size(1) == 2, 'image.warp: expects a field (2,H,W)')
   field = field:to{dtype = 'double'}
   local rows, columns = field:select(1, 1):contiguous(), field:select(1, 2):contiguous()
   if offset_mode ~= false then
      local own_rows, own_columns = grid(rows:size(1), rows:size(2))
      rows, columns = rows + own_rows, columns + own_columns
   end
   local reach = clamp_mode == 'pad' and 0 or math.huge
   return back(sample_or(x, rows, columns, mode or 'bilinear', reach, pad_value or 0))
end, 2)

--- An image by a linear map of places around its middle: matrix (2,2) of {row, column}; translation {row, column} is added.
---@type fun(src: Tensor, matrix: Tensor, mode?: string, translation?: Tensor, clamp_mode?: string, pad_value?: number): Tensor
M.affinetransform = M.result_first(function(src, map, mode, translation, clamp_mode, pad_value)
   check(is_tensor(map) and map:dim() == 2 and map:size(1) == 2 and map:size(2) == 2, 'image.affinetransform: expects a matrix (2,2)')
   local x = planes('affinetransform', src)
   local h, w = x:size(2), x:size(3)
   local rows, columns = grid(h, w)
   local cy, cx = math.floor((h - 1) / 2), math.floor((w - 1) / 2)
   local m, shift = map:totable(), translation and translation:totable() or {0, 0}
   local y, z = rows - cy, columns - cx
   local field = hilo.stack{y * m[1][1] + z * m[1][2] + cy + shift[1], y * m[2][1] + z * m[2][2] + cx + shift[2]}
   return M.warp(src, field, mode, false, clamp_mode, pad_value)
end, 2)

return M
