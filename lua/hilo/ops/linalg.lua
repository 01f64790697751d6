--- ops/linalg.lua: systems of equations, eigenvalues and factors of matrices by LAPACK, under Torch7's names. Float and double, on the
--- CPU; no gradients.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local diagonal = require 'hilo.ops.diagonal'
local lapack = require 'hilo.ops.lapack'

local check, work, call, matrix, columns = core.check, lapack.work, lapack.call, lapack.matrix, lapack.columns

local M = {}

local function square(name, what, x)
   check(matrix(name, what, x):size(1) == x:size(2), '%s: %s must be square, got %s', name, what, Tensor.shape_text(x))
   return x:detach()
end

-- Right sides as a matrix; a vector becomes one column.
local function right_sides(name, b, a)
   lapack.tensor(name, 'b', b)
   check(b:dim() == 1 or b:dim() == 2, '%s: b must be a vector or a matrix, got %s', name, Tensor.shape_text(b))
   check(b:size(1) == a:size(1), '%s: a has %d rows, b has %d', name, a:size(1), b:size(1))
   check(b:dtype() == a:dtype(), '%s: a and b must have one type, got %s and %s', name, a:type(), b:type())
   return b:dim() == 1 and b:detach():contiguous():view(-1, 1) or b:detach()
end

local function choice(name, what, x, default, known)
   x = x or default
   check(type(x) == 'string' and #x == 1 and known:find(x, 1, true), "%s: %s must be one of %s, got %s", name, what, known, tostring(x))
   return x
end

-- ---- equations ----

--- Solves a x = b for a square matrix a.
---
---     local x = hilo.gesv(hilo.Tensor{{2}, {8}}, hilo.Tensor{{1, 0}, {0, 4}})    -- 2, 2
---@param b Tensor (N,K) or (N)
---@param a Tensor (N,N)
---@return Tensor x (N,K)
---@return Tensor lu (N,N) the factors of a, L below the diagonal
function M.gesv(b, a)
   square('gesv', 'a', a)
   local n, sides = a:size(1), right_sides('gesv', b, a)
   local pa, lu = columns(a)
   local pb, x = columns(sides)
   local info = call('gesv', a, n, sides:size(2), pa, n, ffi.new('int[?]', n), pb, n)
   check(info == 0, 'gesv: a is singular: element (%d,%d) of its factor U is 0', info, info)
   return x, lu
end

--- Solves a x = b in the sense of least squares; where a has more columns than rows, the shortest of the solutions.
---@param b Tensor (M,K) or (M)
---@param a Tensor (M,N) of full rank
---@return Tensor x (N,K)
---@return Tensor factors (M,N)
function M.gels(b, a)
   matrix('gels', 'a', a)
   local m, n, sides = a:size(1), a:size(2), right_sides('gels', b, a)
   local pa, factors = columns(a)
   local pb, x, lead = columns(sides, n)
   local info = call('gels', a, 'N', m, n, sides:size(2), pa, m, pb, lead, work)
   check(info == 0, 'gels: a has no full rank: element (%d,%d) of its triangle is 0', info, info)
   return x:narrow(1, 1, n), factors
end

--- Solves a x = b for a triangular matrix a.
---@param b Tensor (N,K) or (N)
---@param a Tensor (N,N)
---@param uplo? 'U'|'L' which triangle of a is read; 'U' if not given
---@param trans? 'N'|'T' 'T' solves with a's transpose; 'N' if not given
---@param diag? 'N'|'U' 'U' takes the diagonal for ones; 'N' if not given
---@return Tensor x (N,K)
---@return Tensor a as given
function M.trtrs(b, a, uplo, trans, diag)
   square('trtrs', 'a', a)
   local n, sides = a:size(1), right_sides('trtrs', b, a)
   local pa, same = columns(a)
   local pb, x = columns(sides)
   local info = call('trtrs', a, choice('trtrs', 'uplo', uplo, 'U', 'UL'), choice('trtrs', 'trans', trans, 'N', 'NT'),
      choice('trtrs', 'diag', diag, 'N', 'NU'), n, sides:size(2), pa, n, pb, n)
   check(info == 0, 'trtrs: a is singular: element (%d,%d) is 0', info, info)
   return x, same
end

--- The inverse of a square matrix.
---
---     assert(hilo.inverse(hilo.Tensor{{2, 0}, {0, 4}})[2][2] == 0.25)
---@param a Tensor (N,N)
---@return Tensor (N,N)
function M.inverse(a)
   square('inverse', 'a', a)
   local n = a:size(1)
   local p, y = columns(a)
   local pivots = ffi.new('int[?]', n)
   local info = call('getrf', a, n, n, p, n, pivots)
   if info == 0 then info = call('getri', a, n, p, n, pivots, work) end
   check(info == 0, 'inverse: the matrix is singular: element (%d,%d) of its factor U is 0', info, info)
   return y
end

-- ---- eigenvalues and singular values ----

--- Eigenvalues, ascending, of a symmetric matrix, and its eigenvectors.
---
---     local values, vectors = hilo.symeig(hilo.Tensor{{2, 1}, {1, 2}}, 'V')    -- 1 and 3
---@param a Tensor (N,N)
---@param jobz? 'N'|'V' 'V' for the vectors too; 'N' if not given
---@param uplo? 'U'|'L' which triangle of a is read; 'U' if not given
---@return Tensor values (N)
---@return Tensor vectors (N,N) as columns; of 'N' what was left of a
function M.symeig(a, jobz, uplo)
   square('symeig', 'a', a)
   local n = a:size(1)
   local p, vectors = columns(a)
   local values = a:empty(n)
   local info = call('syev', a, choice('symeig', 'jobz', jobz, 'N', 'NV'), choice('symeig', 'uplo', uplo, 'U', 'UL'), n, p, n,
      values, work)
   check(info == 0, 'symeig: %d of the values did not converge', info)
   return values, vectors
end

--- Eigenvalues of a square matrix, and its eigenvectors.
---@param a Tensor (N,N)
---@param jobz? 'N'|'V' 'V' for the vectors too; 'N' if not given
---@return Tensor values (N,2) real and imaginary parts
---@return Tensor vectors (N,N) as columns; of a pair of complex values the real part, then the imaginary one. Empty for 'N'
function M.eig(a, jobz)
   square('eig', 'a', a)
   local n = a:size(1)
   jobz = choice('eig', 'jobz', jobz, 'N', 'NV')
   local p = columns(a)
   local parts, vectors = a:empty(2, n), jobz == 'V' and a:empty(n, n) or a:empty({})
   local none = ffi.new(a._storage.dtype.ctype .. '[1]')
   local info = call('geev', a, 'N', jobz, n, p, n, parts[1], parts[2], none, n, jobz == 'V' and vectors or none, n, work)
   check(info == 0, 'eig: %d of the values did not converge', info)
   return parts:t():clone(), jobz == 'V' and vectors:t() or vectors
end

--- Singular values, descending, and vectors: a = u diag(s) v'.
---@param a Tensor (M,N)
---@param jobu? 'S'|'A' 'A' for all of u and v, (M,M) and (N,N); 'S' if not given
---@return Tensor u (M,K) K is the smaller of M and N
---@return Tensor s (K)
---@return Tensor v (N,K)
function M.svd(a, jobu)
   matrix('svd', 'a', a)
   jobu = choice('svd', 'jobu', jobu, 'S', 'SA')
   local m, n = a:size(1), a:size(2)
   local k = math.min(m, n)
   local all = jobu == 'A'
   local p = columns(a)
   local u, s, v = a:empty(all and m or k, m), a:empty(k), a:empty(n, all and n or k)
   local info = call('gesvd', a, jobu, jobu, m, n, p, m, s, u, m, v, all and n or k, work)
   check(info == 0, 'svd: %d of the values did not converge', info)
   return u:t(), s, v
end

--- a = q r, q with orthonormal columns, r upper triangular.
---@param a Tensor (M,N)
---@return Tensor q (M,K) K is the smaller of M and N
---@return Tensor r (K,N)
function M.qr(a)
   matrix('qr', 'a', a)
   local m, n = a:size(1), a:size(2)
   local k = math.min(m, n)
   local p, factors = columns(a)
   local tau = a:empty(k)
   call('geqrf', a, m, n, p, m, tau, work)
   local r = diagonal.triu(factors:narrow(1, 1, k))
   call('orgqr', a, m, k, k, p, m, tau, work)
   return factors:narrow(2, 1, k), r
end

-- ---- positive definite matrices ----

local function triangle(x, uplo) return uplo == 'U' and diagonal.triu(x) or diagonal.tril(x) end

--- Cholesky's factor c of a positive definite matrix: a = c' c, or c c' for 'L'.
---
---     assert(hilo.potrf(hilo.Tensor{{4, 0}, {0, 9}})[2][2] == 3)
---@param a Tensor (N,N)
---@param uplo? 'U'|'L' upper or lower triangle; 'U' if not given
---@return Tensor (N,N)
function M.potrf(a, uplo)
   square('potrf', 'a', a)
   uplo = choice('potrf', 'uplo', uplo, 'U', 'UL')
   local n = a:size(1)
   local p, y = columns(a)
   local info = call('potrf', a, uplo, n, p, n)
   check(info == 0, 'potrf: the matrix is not positive definite: its part of %d rows is not', info)
   return triangle(y, uplo)
end

--- Solves a x = b by Cholesky's factor of a.
---@param b Tensor (N,K) or (N)
---@param factor Tensor (N,N) what potrf gave
---@param uplo? 'U'|'L' as of potrf
---@return Tensor x (N,K)
function M.potrs(b, factor, uplo)
   square('potrs', 'the factor', factor)
   local n, sides = factor:size(1), right_sides('potrs', b, factor)
   local p = columns(factor)
   local pb, x = columns(sides)
   call('potrs', factor, choice('potrs', 'uplo', uplo, 'U', 'UL'), n, sides:size(2), p, n, pb, n)
   return x
end

--- The inverse of a by Cholesky's factor of a.
---@param factor Tensor (N,N) what potrf gave
---@param uplo? 'U'|'L' as of potrf
---@return Tensor (N,N)
function M.potri(factor, uplo)
   square('potri', 'the factor', factor)
   uplo = choice('potri', 'uplo', uplo, 'U', 'UL')
   local n = factor:size(1)
   local p, y = columns(factor)
   local info = call('potri', factor, uplo, n, p, n)
   check(info == 0, 'potri: the factor is singular: element (%d,%d) is 0', info, info)
   local half = triangle(y, uplo)
   return half:add(uplo == 'U' and diagonal.triu(y, 1):t() or diagonal.tril(y, -1):t())
end

--- Cholesky's factor with pivoting, of a matrix that may be only positive semidefinite: rows and columns of a in the order of the
--- pivots give c' c, or c c' for 'L'.
---@param a Tensor (N,N)
---@param uplo? 'U'|'L' upper or lower triangle; 'U' if not given
---@param tolerance? number below it a pivot counts as 0; LAPACK's if not given
---@return Tensor factor (N,N)
---@return Tensor pivots (N) int, from 1
function M.pstrf(a, uplo, tolerance)
   square('pstrf', 'a', a)
   uplo = choice('pstrf', 'uplo', uplo, 'U', 'UL')
   local n = a:size(1)
   local p, y = columns(a)
   local ctype = a._storage.dtype.ctype .. '[?]'
   local pivots, rank = a:emptyAs('int', n), ffi.new 'int[1]'
   local info = call('pstrf', a, uplo, n, p, n, pivots, rank, ffi.new(ctype, 1, tolerance or -1), ffi.new(ctype, 2 * n))
   local factor = triangle(y, uplo)
   if info > 0 and rank[0] < n then
      factor:narrow(uplo == 'U' and 1 or 2, rank[0] + 1, n - rank[0]):fill(0)
   end
   return factor, pivots
end

return M
