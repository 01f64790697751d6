--- ops/pointwise.lua: elementwise functions; sizes broadcast as in NumPy. All are pure and differentiable.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'

local C, run, check, op = ffi.C, core.run, core.check, autograd.op
local is_tensor = core.is_tensor

--- Functions of single elements.
---@class PointwiseOps
---@field abs fun(x: Tensor): Tensor absolute value
---@field square fun(x: Tensor): Tensor x^2
---@field sqrt fun(x: Tensor): Tensor square root; NaN below 0
---@field rsqrt fun(x: Tensor): Tensor 1 / sqrt(x)
---@field cinv fun(x: Tensor): Tensor 1 / x
---@field exp fun(x: Tensor): Tensor e^x
---@field log fun(x: Tensor): Tensor natural logarithm; NaN below 0, -inf at 0
---@field log1p fun(x: Tensor): Tensor log(1 + x), exact near 0
---@field sin fun(x: Tensor): Tensor sine of radians
---@field cos fun(x: Tensor): Tensor cosine of radians
---@field tan fun(x: Tensor): Tensor tangent of radians
---@field asin fun(x: Tensor): Tensor arc sine, radians from -pi/2 to pi/2
---@field acos fun(x: Tensor): Tensor arc cosine, radians from 0 to pi
---@field atan fun(x: Tensor): Tensor arc tangent, radians from -pi/2 to pi/2
---@field sinh fun(x: Tensor): Tensor hyperbolic sine
---@field cosh fun(x: Tensor): Tensor hyperbolic cosine
---@field tanh fun(x: Tensor): Tensor hyperbolic tangent
---@field sigmoid fun(x: Tensor): Tensor 1 / (1 + e^-x)
---@field softplus fun(x: Tensor): Tensor log(1 + e^x), without overflow
---@field floor fun(x: Tensor): Tensor the next whole number below; its gradient is 0
---@field ceil fun(x: Tensor): Tensor the next whole number above; its gradient is 0
---@field round fun(x: Tensor): Tensor the nearest whole number, halves away from 0; its gradient is 0
---@field trunc fun(x: Tensor): Tensor the whole number next to it towards 0; its gradient is 0
---@field frac fun(x: Tensor): Tensor x - trunc(x)
---@field sign fun(x: Tensor): Tensor -1, 0 or 1; its gradient is 0
---@field neg fun(x: Tensor): Tensor -x
---@field relu fun(x: Tensor): Tensor max(x, 0)
---@field relu6 fun(x: Tensor): Tensor min(max(x, 0), 6)
---@field leaky_relu fun(x: Tensor, slope?: number): Tensor x, and slope * x below 0; slope is 0.01 if not given
---@field elu fun(x: Tensor, alpha?: number): Tensor x, and alpha * (e^x - 1) below 0; alpha is 1 if not given
---@field affine fun(x: Tensor, a?: number, b?: number): Tensor a * x + b; 1 and 0 if not given
---@field clamp fun(x: Tensor, low?: number, high?: number): Tensor x, but no less than low and no more than high
---@field add fun(a: Tensor|number, b: Tensor|number, alpha?: number|Tensor): Tensor a + alpha * b; alpha is 1 if not given and
--- may stand in the middle, as in Torch7
---@field sub fun(a: Tensor|number, b: Tensor|number, alpha?: number|Tensor): Tensor a - alpha * b; alpha is 1 if not given and
--- may stand in the middle
---@field cmul fun(a: Tensor|number, b: Tensor|number): Tensor a * b, element by element
---@field mul fun(a: Tensor|number, b: Tensor|number): Tensor a * b, element by element
---@field cdiv fun(a: Tensor|number, b: Tensor|number): Tensor a / b, element by element
---@field div fun(a: Tensor|number, b: Tensor|number): Tensor a / b, element by element
---@field pow fun(a: Tensor|number, b: Tensor|number): Tensor a^b
---@field cmax fun(a: Tensor|number, b: Tensor|number): Tensor the larger one; where they are equal the gradient goes to a
---@field maximum fun(a: Tensor|number, b: Tensor|number): Tensor the larger one; where they are equal the gradient goes to a
---@field cmin fun(a: Tensor|number, b: Tensor|number): Tensor the smaller one; where they are equal the gradient goes to a
---@field minimum fun(a: Tensor|number, b: Tensor|number): Tensor the smaller one; where they are equal the gradient goes to a
---@field mod fun(a: Tensor|number, b: Tensor|number): Tensor what is left of a / b, with b's sign; no gradient
---@field remainder fun(a: Tensor|number, b: Tensor|number): Tensor what is left of a / b, with b's sign; no gradient
---@field fmod fun(a: Tensor|number, b: Tensor|number): Tensor what is left of a / b, with a's sign; no gradient
---@field atan2 fun(a: Tensor|number, b: Tensor|number): Tensor angle of the point (b, a), radians from -pi to pi; no gradient
local M = {}

-- ---- broadcasting ----

--- Sizes that both stretch to.
local function broadcast(name, a, b)
   local sa, sb, sizes = Tensor.sizes_table(a), Tensor.sizes_table(b), {}
   local n = math.max(#sa, #sb)
   for d = 1, n do
      local x, y = sa[#sa - n + d] or 1, sb[#sb - n + d] or 1
      if x ~= y and x ~= 1 and y ~= 1 or #sa == 0 or #sb == 0 then
         core.raise(('%s: tensors of %s and %s do not broadcast to one size'):format(name, Tensor.shape_text(a),
            Tensor.shape_text(b)))
      end
      sizes[d] = x == 1 and y or x
   end
   return sizes
end

--- Sums g over the dimensions along which `like` was stretched.
local function reduce_to(g, sizes)
   local from, lead = Tensor.sizes_table(g), g._c.ndim - #sizes
   local mask, reduced, any = 0, {}, false
   for d = 1, #from do
      reduced[d] = from[d]
      if d <= lead or sizes[d - lead] == 1 and from[d] ~= 1 then
         mask, reduced[d], any = mask + 2 ^ (d - 1), 1, true
      end
   end
   if not any then return g end
   local sum = g:empty(reduced)
   run('hl_reduce', sum, g, C.HL_SUM, mask)
   return sum:as_strided(sizes, nil)
end

local function need_tensor(name, x)
   check(is_tensor(x), '%s: expects a tensor, got %s', name, type(x))
   return x
end

-- ---- one argument ----

-- keeps: what the derivative is computed from; 'y' frees the input early (a ReLU's sign survives in its output)
local function unary(name, code, keeps, a_default, b_default)
   M[name] = op(name, {
      forward = function(ctx, x, a, b)
         need_tensor(name, x)
         a, b = a or a_default or 0, b or b_default or 0
         check(type(a) == 'number' and type(b) == 'number', '%s: what follows the tensor must be numbers, got %s and %s', name,
            type(a), type(b))
         local y = x:empty()
         run('hl_unary', y, x, code, a, b)
         ctx.a, ctx.b = a, b
         if keeps == 'y' and a >= 0 then
            ctx.x, ctx.y = y, y
         elseif keeps ~= 'none' then
            ctx.x, ctx.y = x, y
         end
         return y
      end,
      backward = function(ctx, dy)
         local dx = dy:empty()
         run('hl_unary_back', dx, dy, ctx.x or dy, ctx.y or dy, code, ctx.a, ctx.b)
         return dx
      end,
   })
end

for name, code in pairs {abs = C.HL_ABS, square = C.HL_SQUARE, sqrt = C.HL_SQRT, rsqrt = C.HL_RSQRT, cinv = C.HL_RECIPROCAL,
   exp = C.HL_EXP, log = C.HL_LOG, log1p = C.HL_LOG1P, sin = C.HL_SIN, cos = C.HL_COS, tan = C.HL_TAN, asin = C.HL_ASIN,
   acos = C.HL_ACOS, atan = C.HL_ATAN, sinh = C.HL_SINH, cosh = C.HL_COSH, tanh = C.HL_TANH, sigmoid = C.HL_SIGMOID,
   softplus = C.HL_SOFTPLUS, floor = C.HL_FLOOR, ceil = C.HL_CEIL, round = C.HL_ROUND, trunc = C.HL_TRUNC, frac = C.HL_FRAC,
   sign = C.HL_SIGN} do
   unary(name, code, 'x')
end
unary('neg', C.HL_NEG, 'none')
unary('relu', C.HL_RELU, 'y')
unary('relu6', C.HL_RELU6, 'y') -- min(max(x, 0), 6)
unary('leaky_relu', C.HL_LEAKY_RELU, 'y', 0.01)
unary('elu', C.HL_ELU, 'x', 1)
unary('affine', C.HL_AFFINE, 'none', 1, 0) -- a * x + b
unary('clamp', C.HL_CLAMP, 'x', -math.huge, math.huge)

-- ---- two arguments, either of which may be a number ----

local function forward_binary(name, code, ctx, a, b, alpha, ytype)
   alpha = alpha or 1
   check(type(alpha) == 'number', '%s: the factor must be a number, got %s', name, type(alpha))
   local y
   if type(b) == 'number' then
      y = ytype and need_tensor(name, a):emptyAs(ytype) or need_tensor(name, a):empty()
      run('hl_binary_scalar', y, a, b, code, alpha, 0)
   elseif type(a) == 'number' then
      y = ytype and need_tensor(name, b):emptyAs(ytype) or need_tensor(name, b):empty()
      run('hl_binary_scalar', y, b, a, code, alpha, 1)
   else
      local sizes = broadcast(name, need_tensor(name, a), need_tensor(name, b))
      check(a._storage.dtype == b._storage.dtype, '%s: both must have one type, got %s and %s; convert one, e.g. with :%s()', name,
         a:type(), b:type(), a._storage.dtype.torch:lower())
      y = ytype and a:emptyAs(ytype, sizes) or a:empty(sizes)
      run('hl_binary', y, a, b, code, alpha)
   end
   ctx.a, ctx.b, ctx.alpha = a, b, alpha
   return y
end

-- da, db: gradient of each argument before it is summed to the argument's size
local function binary(name, code, da, db, keep)
   M[name] = op(name, {
      forward = function(ctx, a, b, alpha)
         local y = forward_binary(name, code, ctx, a, b, alpha)
         ctx.size_a, ctx.size_b = is_tensor(a) and Tensor.sizes_table(a), is_tensor(b) and Tensor.sizes_table(b)
         if not keep then ctx.a, ctx.b = nil, nil end
         if keep == 'y' then ctx.y = y end
         return y
      end,
      backward = function(ctx, dy)
         return ctx.needs[1] and reduce_to(da(ctx, dy), ctx.size_a) or nil,
            ctx.needs[2] and reduce_to(db(ctx, dy), ctx.size_b) or nil
      end,
   })
end

local mul, div, affine = nil, nil, M.affine
local function same(_, dy) return dy end

binary('add', C.HL_ADD, same, function(ctx, dy) return ctx.alpha == 1 and dy or affine(dy, ctx.alpha) end)
binary('sub', C.HL_SUB, same, function(ctx, dy) return affine(dy, -ctx.alpha) end)
binary('cmul', C.HL_MUL, function(ctx, dy) return mul(dy, ctx.b) end, function(ctx, dy) return mul(dy, ctx.a) end, 'x')
mul = M.cmul
binary('cdiv', C.HL_DIV, function(ctx, dy) return div(dy, ctx.b) end,
   function(ctx, dy) return M.neg(div(mul(dy, ctx.y), ctx.b)) end, 'y')
div = M.cdiv
-- d/da a^b = b a^(b-1), 0 where b is 0; d/db a^b = a^b log a, 0 where a is 0 and b not below 0
binary('pow', C.HL_POWER, function(ctx, dy)
   return M.where(M.eq(ctx.b, 0), dy:zeros(1), mul(mul(dy, M.pow(ctx.a, M.sub(ctx.b, 1))), ctx.b))
end, function(ctx, dy)
   local a = is_tensor(ctx.a) and ctx.a or dy:empty(1):fill(ctx.a)
   return M.where(mul(M.eq(a, 0), M.ge(ctx.b, 0)), dy:zeros(1), mul(mul(dy, ctx.y), M.log(a)))
end, 'y')
local power = M.pow
unary('pow', C.HL_POW, 'x')
local power_by_number = M.pow
M.pow = function(a, b) return (type(b) == 'number' and power_by_number or power)(a, b) end

-- the gradient goes to the argument that won; to the first where they are equal
local function winner(wins)
   return function(ctx, dy) return mul(dy, wins(ctx.a, ctx.b):type(dy:type())) end
end
local function opposite(wins)
   return function(ctx, dy) return mul(dy, M.eq(wins(ctx.a, ctx.b), 0):type(dy:type())) end
end

for name, code in pairs {eq = C.HL_EQ, ne = C.HL_NE, lt = C.HL_LT, le = C.HL_LE, gt = C.HL_GT, ge = C.HL_GE} do
   --- 1 where the comparison holds, else 0, as a ByteTensor.
   ---
   ---     local mask = hilo.gt(hilo.Tensor{1, 3}, 2)  -- 0, 1
   ---@param a Tensor|number
   ---@param b Tensor|number stretches to a's sizes, or a to its
   ---@return Tensor y byte
   M[name] = function(a, b) return autograd.no_grad(forward_binary, name, code, {}, a, b, 1, 'byte') end
end
for name, code in pairs {mod = C.HL_MOD, fmod = C.HL_FMOD, atan2 = C.HL_ATAN2} do
   M[name] = function(a, b) return autograd.no_grad(forward_binary, name, code, {}, a, b) end
end
binary('cmax', C.HL_MAX, winner(M.ge), opposite(M.ge), 'x')
binary('cmin', C.HL_MIN, winner(M.le), opposite(M.le), 'x')

local sub_numbers = M.sub
--- a - alpha * b, of tensors and numbers.
---@param a Tensor|number
---@param b Tensor|number
---@param alpha? number|Tensor 1; with a tensor here, b is the number
---@return Tensor|number
M.sub = function(a, b, alpha)
   if type(a) == 'number' and type(b) == 'number' then return a - (alpha or 1) * b end
   return sub_numbers(a, b, alpha)
end

-- Torch7 writes the factor in the middle: torch.add(a, alpha, b).
local function torch_order(f)
   return function(a, x, b)
      if is_tensor(b) then return f(a, b, x) end
      return f(a, x, b)
   end
end
M.add, M.sub = torch_order(M.add), torch_order(M.sub)

M.mul, M.div, M.maximum, M.minimum, M.remainder = M.cmul, M.cdiv, M.cmax, M.cmin, M.mod

--- x + alpha * a * b
---
---     assert(hilo.addcmul(hilo.Tensor{1}, 2, hilo.Tensor{3}, hilo.Tensor{4}):item() == 25)
---@param x Tensor
---@param alpha number
---@param a Tensor
---@param b Tensor
---@return Tensor
function M.addcmul(x, alpha, a, b) return M.add(x, alpha, M.cmul(a, b)) end

--- x + alpha * a / b
---@param x Tensor
---@param alpha number
---@param a Tensor
---@param b Tensor
---@return Tensor
function M.addcdiv(x, alpha, a, b) return M.add(x, alpha, M.cdiv(a, b)) end

--- mask ? a : b, elementwise; mask is a ByteTensor, a and b tensors of the same type.
---
---     local x = hilo.Tensor{-1, 2}
---     local y = hilo.where(x:gt(0), x, x * 0)  -- 0, 2
---@param mask Tensor byte
---@param a Tensor
---@param b Tensor
---@return Tensor
M.where = op('where', {
   forward = function(ctx, mask, a, b)
      need_tensor('where', mask)
      local y = a:empty(broadcast('where', mask, a:empty(broadcast('where', need_tensor('where', a), need_tensor('where', b)))))
      run('hl_where', y, mask, a, b)
      ctx.mask, ctx.size_a, ctx.size_b = mask, Tensor.sizes_table(a), Tensor.sizes_table(b)
      return y
   end,
   backward = function(ctx, dy)
      local zero, da, db = dy:zeros(1), nil, nil
      if ctx.needs[2] then
         da = dy:empty()
         run('hl_where', da, ctx.mask, dy, zero)
         da = reduce_to(da, ctx.size_a)
      end
      if ctx.needs[3] then
         db = dy:empty()
         run('hl_where', db, ctx.mask, zero, dy)
         db = reduce_to(db, ctx.size_b)
      end
      return nil, da, db
   end,
})

return M
