--- export/resampling.lua: images brought to other sizes by matrices that the graph makes when it runs, of the sizes that it is given
--- then: pictures as the loader resamples them, features as adaptive pooling averages them. The weights are computed in float64.
local resampling = {}

local f64 = 'float64'

--- Height and width of images as numbers of float64, without dimensions.
---@param g OnnxGraph
---@param x string (N,C,H,W)
---@return string h
---@return string w
function resampling.sides(g, x)
   local sizes = g:op('Cast', {g:op('Shape', {x})}, {to = 11})
   local function side(d) return g:op('Gather', {sizes, g:numbers(d, 'int64')}, {axis = 0}) end
   return side(2), side(3)
end

-- 0, 1, ... n - 1 as a column (n,1) or a row (1,n).
local function indices(g, n, axis)
   local range = g:op('Range', {g:numbers(0, f64), n, g:numbers(1, f64)})
   return g:op('Unsqueeze', {range, g:numbers({axis}, 'int64')})
end

-- Rows that sum to 1, as float32.
local function normalised(g, weights)
   local sum = g:op('ReduceSum', {weights, g:numbers({1}, 'int64')}, {keepdims = 1})
   return g:op('Cast', {g:op('Div', {weights, sum})}, {to = 1})
end

-- (to, from): a triangle filter with half-pixel centres, widened where it shrinks, as hl_resample in core/host/pixels.c.
local function triangle(g, from, to)
   local half, one = g:numbers(0.5, f64), g:numbers(1, f64)
   local scale = g:op('Div', {from, to})
   local reach = g:op('Max', {scale, one})
   local centres = g:op('Mul', {g:op('Add', {indices(g, to, 1), half}), scale})
   local pixels = g:op('Add', {indices(g, from, 0), half})
   local distance = g:op('Div', {g:op('Abs', {g:op('Sub', {pixels, centres})}), reach})
   return normalised(g, g:op('Max', {g:op('Sub', {one, distance}), g:numbers(0, f64)}))
end

-- (to, from): the mean of the pixels floor(i from / to) to ceil((i + 1) from / to).
local function means(g, from, to)
   local i, scale = indices(g, to, 1), g:op('Div', {from, to})
   local first = g:op('Floor', {g:op('Mul', {i, scale})})
   local stop = g:op('Ceil', {g:op('Mul', {g:op('Add', {i, g:numbers(1, f64)}), scale})})
   local j = indices(g, from, 0)
   local inside = g:op('And', {g:op('GreaterOrEqual', {j, first}), g:op('Less', {j, stop})})
   return normalised(g, g:op('Cast', {inside}, {to = 11}))
end

-- rows (h',h) and columns (w',w) on images (N,C,h,w).
local function both(g, x, rows, columns)
   return g:op('MatMul', {g:op('MatMul', {rows, x}, nil, 4), g:op('Transpose', {columns}, {perm = {1, 0}})})
end

--- Pictures resized to h x w, numbers of float64 in the graph.
---@param g OnnxGraph
---@param x string (N,3,H,W) float32
---@param h string
---@param w string
---@return string (N,3,h,w)
function resampling.pictures(g, x, h, w)
   local from_h, from_w = resampling.sides(g, x)
   return both(g, x, triangle(g, from_h, h), triangle(g, from_w, w))
end

--- Means over an h x w grid of cells.
---@param g OnnxGraph
---@param x string (N,C,H,W)
---@param h integer
---@param w integer
---@return string (N,C,h,w)
function resampling.adaptive_means(g, x, h, w)
   if h == 1 and w == 1 then return g:op('GlobalAveragePool', {x}) end
   local from_h, from_w = resampling.sides(g, x)
   return both(g, x, means(g, from_h, g:numbers(h, f64)), means(g, from_w, g:numbers(w, f64)))
end

--- Upsampled bilinearly with the corners aligned, to h x w as numbers of int64 in a list of two.
---@param g OnnxGraph
---@param x string (N,C,h',w')
---@param sides string (2) of int64
---@return string (N,C,h,w)
function resampling.aligned(g, x, sides)
   local kept = g:op('Slice', {g:op('Shape', {x}), g:numbers({0}, 'int64'), g:numbers({2}, 'int64')})
   return g:op('Resize', {x, '', '', g:op('Concat', {kept, sides}, {axis = 0})},
      {mode = 'linear', coordinate_transformation_mode = 'align_corners'})
end

--- Height and width of images.
---@param g OnnxGraph
---@param x string (N,C,H,W)
---@return string (2) of int64
function resampling.sides_of(g, x)
   return g:op('Slice', {g:op('Shape', {x}), g:numbers({2}, 'int64'), g:numbers({4}, 'int64')})
end

--- Images from right to left.
---@param g OnnxGraph
---@param x string (N,C,H,W)
---@return string
function resampling.mirrored(g, x)
   return g:op('Slice', {x, g:numbers({-1}, 'int64'), g:numbers({-2 ^ 53}, 'int64'), g:numbers({3}, 'int64'), g:numbers({-1}, 'int64')})
end

return resampling
