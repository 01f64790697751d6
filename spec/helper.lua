--- helper.lua: what the specs share: the case tables of spec/cases, tensors filled by a formula, comparisons.
---
--- A file of spec/cases returns a list of groups; a group describes one function:
---    op       its name
---    inputs   names of its tensor arguments
---    call     function(t, c): calls it with the tensors t[name] of case c; returns its results
---    tol      largest error of float32 against the reference, relative to the largest magnitude (default 1e-5)
---    float    false: the op is not differentiable
---    bench    cases with the sizes of real work, for the benchmark; flops(c) and bytes(c) say what a call costs
---    [1], ... the cases: c[name] describes each input (see `build`), whatever else `call` reads
--- The same tables feed the gradient checks, the comparison of devices and the benchmark.
local hilo = require 'hilo'

local helper = {}

helper.families = {'pointwise', 'reduce', 'shape', 'matmul', 'conv', 'conv_transpose', 'norm', 'pool', 'resize', 'loss', 'labels',
   'pair', 'random'}

--- All groups of a family.
function helper.groups(family) return require('spec.cases.' .. family) end

--- Text that names a case: 'conv2d x=2x3x9x8 w=4x3x3x3 pad=1'.
function helper.describe(group, case)
   local parts = {}
   for _, name in ipairs(group.inputs) do
      local d = case[name]
      if d then
         parts[#parts + 1] = ('%s=%s%s'):format(name, table.concat(d, 'x'), d.layout and ':' .. d.layout or '')
      end
   end
   local function text(v)
      if type(v) ~= 'table' then return tostring(v) end
      local items, names = {}, {}
      for _, item in ipairs(v) do items[#items + 1] = text(item) end
      for k, item in pairs(v) do
         if type(k) ~= 'number' then names[#names + 1] = k .. '=' .. text(item) end
      end
      table.sort(names)
      for _, item in ipairs(names) do items[#items + 1] = item end
      return '{' .. table.concat(items, ',') .. '}'
   end
   local options = {}
   for k, v in pairs(case) do
      local is_input = false
      for _, name in ipairs(group.inputs) do is_input = is_input or k == name end
      if not is_input and type(v) ~= 'function' then options[#options + 1] = ('%s=%s'):format(k, text(v)) end
   end
   table.sort(options)
   for _, o in ipairs(options) do parts[#parts + 1] = o end
   return group.op .. ' ' .. table.concat(parts, ' ')
end

-- ---- inputs ----

--- A source of repeatable numbers from [0, 1) (Park and Miller's generator).
function helper.numbers(seed)
   local state = seed * 7919 % 2147483646 + 1
   return function()
      state = state * 48271 % 2147483647
      return state / 2147483647
   end
end

-- Each makes a view with the values of x but other strides.
local layouts = {}

function layouts.transposed(x)
   local n = x:dim()
   return x:transpose(n - 1, n):contiguous():transpose(n - 1, n)
end

--- Every second element of a larger tensor.
function layouts.strided(x)
   local sizes = x:size():totable()
   sizes[#sizes + 1] = 2
   local wide = x:zeros(sizes):fill(-7)
   local view = wide:select(#sizes, 2)
   return view:copy(x)
end

function layouts.channels_last(x) return x:permute(1, 3, 4, 2):contiguous():permute(1, 4, 2, 3) end

--- In the middle of a larger tensor.
function layouts.narrowed(x)
   local sizes = x:size():totable()
   sizes[1] = sizes[1] + 2
   local view = x:zeros(sizes):fill(-7):narrow(1, 2, sizes[1] - 2)
   return view:copy(x)
end

--- x with the strides that a description asks for.
function helper.layout(x, name)
   if not name then return x end
   return layouts[name](x)
end

--- Values for one input. A description holds the sizes and, by name:
---    low, high  floats are drawn from [low, high); -1 and 1 if not given
---    labels     ids 0..labels-1 as bytes (or `dtype`), about one in eight is 255
---    positions  a LongTensor of 1..positions
---    mask       a ByteTensor of zeros and ones
---    values     a flat list of what to hold
---    fixed      no gradient is wanted
---    dtype, layout
---@return Tensor x contiguous
---@return boolean differentiable
function helper.build(d, seed, dtype)
   local draw, n = helper.numbers(seed), 1
   for _, size in ipairs(d) do n = n * size end
   local values = {}
   for i = 1, n do
      local u = draw()
      if d.values then
         values[i] = d.values[i]
      elseif d.labels then
         values[i] = u < 1 / 8 and 255 or math.floor(draw() * d.labels)
      elseif d.positions then
         values[i] = 1 + math.floor(u * d.positions)
      elseif d.mask then
         values[i] = u < 0.5 and 0 or 1
      else
         local low, high = d.low or -1, d.high or 1
         values[i] = low + (high - low) * u
      end
   end
   local kind = d.dtype or d.labels and 'byte' or d.positions and 'long' or d.mask and 'byte' or dtype or 'float'
   local sizes = {unpack(d)}
   local differentiable = not (d.fixed or d.labels or d.positions or d.mask or d.dtype)
   if n == 0 then return hilo.empty(sizes, {dtype = kind}), differentiable end
   return hilo.DoubleTensor(values):to{dtype = kind}:view(sizes), differentiable
end

--- The inputs of a case: by name, in their layouts.
---@param options? {dtype: string, device: string, plain: boolean} plain: contiguous whatever the layout
---@return table<string, Tensor> tensors
---@return string[] wanted names of those with a gradient
function helper.inputs(group, case, options)
   options = options or {}
   local tensors, wanted = {}, {}
   for i, name in ipairs(group.inputs) do
      local d = case[name]
      if d then
         local x, differentiable = helper.build(d, i + 10 * #d, options.dtype)
         if options.device and options.device ~= 'cpu' then x = x:to{device = options.device} end
         tensors[name] = options.plain and x or helper.layout(x, d.layout)
         if differentiable then wanted[#wanted + 1] = name end
      end
   end
   return tensors, wanted
end

--- The results of a case that are tensors of floats, in order.
function helper.floats(...)
   local list = {}
   for i = 1, select('#', ...) do
      local y = select(i, ...)
      if hilo.isTensor(y) and (y:dtype() == 'float64' or y:dtype() == 'float32' or y:dtype() == 'bfloat16') then
         list[#list + 1] = y
      end
   end
   return list
end

-- ---- comparisons ----

--- Largest difference of two tensors relative to the largest magnitude of the second (at least `floor`). NaN in one alone is
--- infinite; so are different infinities.
---@return number error, string where
function helper.difference(got, expected, floor)
   if not got:isSameSizeAs(expected) then
      error(('sizes differ: %s, expected %s'):format(table.concat(got:size(), 'x'), table.concat(expected:size(), 'x')), 2)
   end
   local a, b = got:detach():to{dtype = 'double', device = 'cpu'}, expected:detach():to{dtype = 'double', device = 'cpu'}
   local n = a:nElement()
   if n == 0 then return 0, '' end
   a, b = a:contiguous(), b:contiguous()
   local p, q = a:data(), b:data()
   local largest, scale, at = 0, floor or 1e-12, 0
   for i = 0, n - 1 do
      local x, y = p[i], q[i]
      local d = x == y and 0 or math.abs(x - y)
      if x ~= x and y ~= y then d = 0 elseif d ~= d then d = math.huge end
      if d > largest then largest, at = d, i end
      local m = math.abs(y)
      if m > scale and m < math.huge then scale = m end
   end
   return largest / scale, ('element %d: %.9g, expected %.9g'):format(at + 1, p[at], q[at])
end

-- Elements in row-major order as doubles, and how many; keep the third value while they are used.
local function elements(t)
   local dense = t:detach():to{dtype = 'double', device = 'cpu'}:contiguous()
   return dense:data(), dense:nElement(), dense
end

--- Sum of a * b, in Lua, so that it does not depend on what is tested.
function helper.dot(a, b)
   local p, n, keep_a = elements(a)
   local q, m, keep_b = elements(b)
   assert(n == m and keep_a and keep_b, 'sizes differ')
   local sum = 0
   for i = 0, n - 1 do sum = sum + p[i] * q[i] end
   return sum
end

--- Largest absolute value.
function helper.magnitude(t)
   local p, n, keep = elements(t)
   local largest = keep and 0
   for i = 0, n - 1 do largest = math.max(largest, math.abs(p[i])) end
   return largest
end

--- Errors unless both agree to `tol`, as `difference` measures.
function helper.assert_close(got, expected, tol, what, floor)
   local d, where = helper.difference(got, expected, floor)
   if d > tol then -- never NaN
      error(('%s: relative error %.3g is more than %.3g; %s'):format(what or 'tensors', d, tol, where), 2)
   end
end

--- Fills memory that is about to be handed out again with NaN, so that a result that is not written to shows.
function helper.poison(dtype, ...)
   local t = hilo.empty({...}, {dtype = dtype}):fill(0 / 0)
   t:free()
end

--- Message of the error that f(...) raises; fails where it raises none.
function helper.error_of(f, ...)
   local ok, message = pcall(f, ...)
   if ok then error('expected an error', 2) end
   return tostring(message)
end

--- Fails where f(...) raises no error, or one whose message does not hold the text.
function helper.assert_error(text, f, ...)
   local message = helper.error_of(f, ...)
   if not message:find(text, 1, true) then error(("expected an error with '%s', got: %s"):format(text, message), 2) end
end

-- ---- values by formula, for networks whose weights are not stored (spec/golden/formula.py has the other half) ----

local prime = 65537

local function salt_of(name)
   local sum = 0
   for i = 1, #name do sum = (sum * 31 + name:byte(i)) % prime end
   return sum
end

--- Fills t by name and element number: scale * (v / prime - 1/2) + shift, v = (i^2 + (7919 + salt) i + salt) % prime, i from 0,
--- rounded to float32.
function helper.fill_by_formula(t, name, scale, shift)
   local n, salt = t:nElement(), salt_of(name)
   local values = hilo.empty({n}, {dtype = 'float'})
   local p = values:data()
   for k = 0, n - 1 do
      local i = k % prime
      local v = (i * i + (7919 + salt) * i + salt) % prime
      p[k] = (v / prime - 0.5) * scale + (shift or 0)
   end
   hilo.no_grad(function() t:copy(values:view(t:size())) end)
   return t
end

--- A tensor filled by formula.
---@param sizes integer[]
---@param dtype? string 'double' if not given
function helper.by_formula(name, sizes, scale, shift, dtype)
   return helper.fill_by_formula(hilo.empty(sizes, {dtype = dtype or 'double'}), name, scale or 1, shift)
end

--- Label maps of 8x8 blocks; about one block in 16 is void (255).
function helper.labels_by_formula(name, sizes, classes)
   local n, h, w = unpack(sizes)
   local rows, cols = math.ceil(h / 8), math.ceil(w / 8)
   local blocks = helper.by_formula(name, {n, rows, cols}, 1, 0.5):contiguous()
   local labels = hilo.empty(sizes, {dtype = 'byte'})
   local p, q = labels:data(), blocks:data()
   for i = 0, n * h * w - 1 do
      local x, y, image = i % w, math.floor(i / w) % h, math.floor(i / (w * h))
      local v = math.floor(q[(image * rows + math.floor(y / 8)) * cols + math.floor(x / 8)] * prime + 0.5)
      p[i] = v % 16 == 0 and 255 or v % classes
   end
   return labels
end

--- Fills a network's parameters and running statistics by formula, in proportion to their fan-in.
---@param prefix string of the names, so that two networks differ
function helper.fill_network(net, prefix)
   for name, t in pairs(net:stateDict()) do
      if t:dim() > 1 then
         helper.fill_by_formula(t, prefix .. name, math.sqrt(24 / (t:nElement() / t:size(1))))
      elseif name:find 'running_var$' or name:find 'weight$' then
         helper.fill_by_formula(t, prefix .. name, 0.5, 1)
      else
         helper.fill_by_formula(t, prefix .. name, 0.2)
      end
   end
   return net
end

-- The inner product with a probe that the formula gives, the norm, and what the inner product is compared relative to.
local function digest(name, t)
   local p, n, keep = elements(t)
   local probe = helper.by_formula('probe ' .. name, t:size():totable())
   local q = probe:data()
   local dot, squares, probe_squares = 0, 0, keep and 0
   for i = 0, n - 1 do
      dot = dot + p[i] * q[i]
      squares = squares + p[i] * p[i]
      probe_squares = probe_squares + q[i] * q[i]
   end
   return dot, math.sqrt(squares), math.sqrt(squares * probe_squares)
end

--- Compares named tensors with the digests of a golden file: two numbers for each name of `names`.
---@param tensors table<string, Tensor> by name
---@param expected Tensor (n,2)
---@param names string names, separated by spaces
---@param tol number relative to the norm; floor: norms below it count as that
function helper.assert_digests(tensors, expected, names, tol, floor)
   local i = 0
   for name in names:gmatch '%S+' do
      i = i + 1
      local t = tensors[name]
      if not t then error(('there is no %s'):format(name), 2) end
      local dot, norm, scale = digest(name, t)
      local known = expected[i]
      local off = math.max(math.abs(norm - known[2]) / math.max(floor or 0, known[2], 1e-30),
         math.abs(dot - known[1]) / math.max(floor or 0, scale, 1e-30))
      local agrees = off <= tol -- NaN does not
      if not agrees then
         error(('%s: off by %.3g, more than %.3g; norm %.10g, expected %.10g; probe %.10g, expected %.10g'):format(name, off, tol, norm,
            known[2], dot, known[1]), 2)
      end
   end
   if i ~= expected:size(1) then error(('%d names for %d digests'):format(i, expected:size(1)), 2) end
end

-- ---- files ----

--- All bytes of a file.
function helper.read_file(path)
   local file = assert(io.open(path, 'rb'))
   local bytes = file:read('*a')
   file:close()
   return bytes
end

--- Writes a file; returns its path.
function helper.write_file(path, bytes)
   local file = assert(io.open(path, 'wb'))
   file:write(bytes)
   file:close()
   return path
end

return helper
