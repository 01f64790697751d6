--- torch/image_kernels.lua: kernels, convolutions of images, erosion and dilation.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local geometry = require 'hilo.torch.image_geometry'

local planes = geometry.planes

local M = {}

-- Torch7's functions take their arguments in a row or by name in a table.
local function by_name(names, ...)
   local first = ...
   if type(first) == 'table' and not core.is_tensor(first) then return first end
   local args = {}
   for i, name in ipairs(names) do args[name] = (select(i, ...)) end
   return args
end

local names = {'size', 'sigma', 'amplitude', 'normalize', 'width', 'height', 'sigma_horz', 'sigma_vert', 'mean_horz', 'mean_vert'}

-- A kernel of amplitude * f(d), d half the squared distance from the middle in units of sigma.
local function kernel(f, default_sigma, ...)
   local o = by_name(names, ...)
   local size, sigma = o.size or 3, o.sigma or default_sigma
   local into = o.tensor
   local width, height = into and into:size(2) or o.width or size, into and into:size(1) or o.height or size
   local cx, cy = (o.mean_horz or 0.5) * width + 0.5, (o.mean_vert or 0.5) * height + 0.5
   local sx, sy = (o.sigma_horz or sigma) * width, (o.sigma_vert or sigma) * height
   local rows = {}
   for i = 1, height do
      rows[i] = {}
      for j = 1, width do rows[i][j] = (o.amplitude or 1) * f((((j - cx) / sx) ^ 2 + ((i - cy) / sy) ^ 2) / 2) end
   end
   local k = Tensor.new(nil, rows)
   if o.normalize then k:div(k:sum()) end
   if not into then return k end
   return into:copy(into:dtype() == 'uint8' and hilo.floor(hilo.clamp(k + 0.5, 0, 255)) or k)
end

--- A bell: gaussian(size (3), sigma (0.25 of the size), amplitude (1), normalize, width, height, ...), or by name in a table, where
--- `tensor` names one that is filled.
---@param ... any
---@return Tensor (height,width)
function M.gaussian(...) return kernel(function(d) return math.exp(-d) end, 0.25, ...) end

--- A Mexican hat: as gaussian, sigma 0.1.
---@param ... any
---@return Tensor (height,width)
function M.laplacian(...) return kernel(function(d) return (1 - d) * math.exp(-d) end, 0.1, ...) end

--- A bell along one dimension: gaussian1D(size (3), sigma (0.25 of the size), amplitude (1), normalize, mean (0.5)).
---@param ... any
---@return Tensor (size)
function M.gaussian1D(...)
   local o = by_name({'size', 'sigma', 'amplitude', 'normalize', 'mean'}, ...)
   local k = kernel(function(d) return math.exp(-d) end, 0.25, {width = o.size or 3, height = 1, sigma = o.sigma, sigma_vert = 1,
      amplitude = o.amplitude, mean_horz = o.mean})
   k = k:view(-1)
   return o.normalize and k:div(k:sum()) or k
end

--- Each plane of an image convolved with a kernel (kH,kW), or with its own (C,kH,kW); mode 'valid' (the default), 'same' or 'full'.
---@type fun(src: Tensor, kernel: Tensor, mode?: string): Tensor
function M.convolve(...)
   local args, dst = {...}, nil
   if core.is_tensor(args[3]) then dst = table.remove(args, 1) end
   local src, k, mode = unpack(args, 1, 3)
   mode = mode or 'valid'
   core.check(mode == 'valid' or mode == 'same' or mode == 'full',
      "image.convolve: the mode must be 'valid', 'same' or 'full', got '%s'", tostring(mode))
   local x, back = planes('convolve', src)
   local c, n = x:size(1), k:dim()
   k = geometry.flip(geometry.flip(k, n), n - 1):to{dtype = x:dtype()} -- a convolution, not a correlation
   k = k:view(n == 3 and c or 1, 1, k:size(n - 1), k:size(n)):expand(c, 1, k:size(n - 1), k:size(n)):contiguous()
   local kh, kw = k:size(3), k:size(4)
   local y = hilo.conv2d(x:view(1, c, x:size(2), x:size(3)), k, nil, {groups = c, pad = mode == 'valid' and 0 or {kh - 1, kw - 1}})
   y = y:view(c, y:size(3), y:size(4))
   if mode == 'same' then
      y = y:narrow(2, math.ceil(kh / 2), x:size(2)):narrow(3, math.ceil(kw / 2), x:size(3)):contiguous()
   end
   y = back(y)
   return dst and dst:resize(y:size()):copy(y) or y
end

-- The largest value under the ones of a kernel; outside is `pad`.
local function dilated(name, x, k, pad)
   local p, back = planes(name, x)
   local kh, kw = k:size(1), k:size(2)
   local h, w = p:size(2), p:size(3)
   local wide = p:empty(p:size(1), h + kh - 1, w + kw - 1):fill(pad)
   wide:narrow(2, math.floor(kh / 2) + 1, h):narrow(3, math.floor(kw / 2) + 1, w):copy(p)
   local best
   for i, row in ipairs(k:totable()) do
      for j, wanted in ipairs(row) do
         if wanted ~= 0 then
            local shifted = wide:narrow(2, i, h):narrow(3, j, w)
            best = best and hilo.cmax(best, shifted) or shifted:clone()
         end
      end
   end
   return back(best)
end

--- The largest value under the ones of a kernel (3x3 ones if not given).
---@param im Tensor
---@param kern? Tensor
---@param pad? number what lies outside; 0 if not given
---@return Tensor
function M.dilate(im, kern, pad) return dilated('dilate', im, kern or Tensor.ones(3, 3), pad or 0) end

--- The smallest value under the ones of a kernel (3x3 ones if not given).
---@param im Tensor
---@param kern? Tensor
---@param pad? number what lies outside; 1 if not given
---@return Tensor
function M.erode(im, kern, pad)
   return dilated('erode', im:to{dtype = 'double'} * -1, kern or Tensor.ones(3, 3), -(pad or 1)):mul(-1):to{dtype = im:dtype()}
end

--- An image in the sizes of `scales`, each made smooth before it is made smaller.
---@type fun(src: Tensor, scales: number[]): Tensor[]
M.gaussianpyramid = function(src, scales)
   local n, kernel_of, list = src:dim(), M.gaussian{size = 3, sigma = 0.25, normalize = true}, {}
   local now = src
   for i, scale in ipairs(scales) do
      if scale ~= 1 or i > 1 then
         local w, h = math.floor(src:size(n) * scale), math.floor(src:size(n - 1) * scale)
         now = geometry.scale(M.convolve(now, kernel_of, 'same'), w, h, 'simple')
      end
      list[i] = now
   end
   return list
end

return M
