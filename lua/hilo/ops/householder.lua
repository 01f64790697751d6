--- ops/householder.lua: the factor q of a = q r as LAPACK keeps it, a product of reflections: below the diagonal and in tau. To be had
--- as a matrix (orgqr) or multiplied with (ormqr). Float and double, on the CPU; no gradients.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
local lapack = require 'hilo.ops.lapack'

local check, work, call, matrix, columns = core.check, lapack.work, lapack.call, lapack.matrix, lapack.columns

local M = {}

local function reflections(name, a, tau)
   matrix(name, 'a', a)
   check(arguments.tensor(name, 'tau', tau):dim() == 1 and tau:size(1) <= math.min(a:size(1), a:size(2)) and tau:type() == a:type(),
      '%s: a and tau must be what geqrf gave, got %s %s and %s %s', name, a:type(), Tensor.shape_text(a), tau:type(),
      Tensor.shape_text(tau))
   return tau:detach():contiguous()
end

--- Factors of a = q r as LAPACK keeps them.
---
---     local a = hilo.randn(4, 3)
---     local q = hilo.orgqr(hilo.geqrf(a))
---     assert(hilo.dist(q * hilo.triu(hilo.geqrf(a):narrow(1, 1, 3)), a) < 1e-5)
---@param a Tensor (M,N)
---@return Tensor factors (M,N) r in the upper triangle, the reflections below it
---@return Tensor tau (K) their factors; K is the smaller of M and N
function M.geqrf(a)
   matrix('geqrf', 'a', a)
   local m, n = a:size(1), a:size(2)
   local p, factors = columns(a:detach())
   local tau = a:empty(math.min(m, n))
   call('geqrf', a, m, n, p, m, tau, work)
   return factors, tau
end

--- The matrix q of geqrf's factors.
---@param a Tensor (M,N) geqrf's first result
---@param tau Tensor (K) its second
---@return Tensor q (M,K) with orthonormal columns
function M.orgqr(a, tau)
   tau = reflections('orgqr', a, tau)
   local m, k = a:size(1), tau:size(1)
   local p, q = columns(a:detach():narrow(2, 1, k))
   call('orgqr', a, m, k, k, p, m, tau, work)
   return q
end

--- A matrix multiplied with the whole square q of geqrf's factors, which is never made.
---@param a Tensor (M,N) geqrf's first result
---@param tau Tensor (K) its second
---@param c Tensor of M rows for 'L', of M columns for 'R'
---@param side? 'L'|'R' q c, or c q for 'R'; 'L' if not given
---@param trans? 'N'|'T' 'T' takes q's transpose; 'N' if not given
---@return Tensor as c
function M.ormqr(a, tau, c, side, trans)
   tau, side, trans = reflections('ormqr', a, tau), side or 'L', trans or 'N'
   matrix('ormqr', 'c', c)
   local m = a:size(1)
   check(c:size(side == 'L' and 1 or 2) == m and c:type() == a:type(), 'ormqr: c must be %s with %d %s, got %s %s', a:type(), m,
      side == 'L' and 'rows' or 'columns', c:type(), Tensor.shape_text(c))
   local pa, _ = columns(a:detach())
   local pc, y = columns(c:detach())
   call('ormqr', a, side, trans, c:size(1), c:size(2), tau:size(1), pa, m, tau, pc, c:size(1), work)
   return y
end

return M
