--- The other devices against the CPU where the case tables of spec/cases do not reach: work of many blocks, lines of any length,
--- values at the edges of their types, views of any strides, tensors without elements. Random, from fixed seeds.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'

local C = ffi.C
local nan, inf = 0 / 0, math.huge
local whole_kinds = {'byte', 'char', 'short', 'int', 'long'}
local kinds = {'float', 'double', unpack(whole_kinds)}
local is_whole = {byte = true, char = true, short = true, int = true, long = true}
local smallest = {char = -128, short = -32768, int = -2147483648, long = -9223372036854775807LL - 1}
local largest = {byte = 255, char = 127, short = 32767, int = 2147483647, long = 9223372036854775807LL}

-- A contiguous tensor on the CPU with draw(i) for its elements.
local function filled(kind, sizes, draw)
   local x = hilo.empty(sizes, {dtype = kind})
   local p = x:data()
   for i = 0, x:nElement() - 1 do p[i] = draw(i) end
   return x
end

-- What draws elements of a kind: most of them among few values, some at the edges of the type.
local function values_of(kind, seed, edges)
   local next_number = helper.numbers(seed)
   local extremes = is_whole[kind] and {smallest[kind] or 0, largest[kind], 0, 1}
      or {nan, inf, -inf, -0.0, 0, kind == 'float' and 2 ^ -149 or 2 ^ -1074, kind == 'float' and -2 ^ -126 or -2 ^ -1022}
   return function()
      local u = next_number()
      if edges and u < 0.1 then return extremes[1 + math.floor(next_number() * #extremes)] end
      if u < 0.5 then return math.floor(next_number() * 7) end
      local v = next_number()
      if kind == 'byte' then return math.floor(v * 256) end
      if smallest[kind] and largest[kind] < 2 ^ 16 then return math.floor((v - 0.5) * 2 * largest[kind]) end
      return is_whole[kind] and math.floor((v - 0.5) * 2e6) or (v - 0.5) * 1e3
   end
end

-- Views of the same elements: of contiguous tensors of sizes with one more at each end.
local views = {
   dense = function(x) return x end,
   transposed = function(x) return x:transpose(1, x:dim()) end,
   narrowed = function(x)
      for d = 1, x:dim() do
         if x:size(d) > 3 then x = x:narrow(d, 2, x:size(d) - 3) end
      end
      return x
   end,
   -- every third element
   strided = function(x)
      local sizes = x:size():totable()
      sizes[#sizes + 1] = 3
      local wide = x:empty(sizes):fill(11)
      local view = wide:select(#sizes, 2)
      return view:copy(x)
   end,
}

ffi.cdef [[
void *mmap(void *address, size_t bytes, int protection, int flags, int file, long offset);
int munmap(void *address, size_t bytes);
]]

-- Memory for offsets of 2^30 elements and more; nil where the device has none. Few of its pages are touched.
local function wide_room(device)
   local bytes = 10 * 2 ^ 30
   if device == 'emu' then -- its memory is the host's
      local p = C.mmap(nil, bytes, 3, 0x4022, -1, 0) -- to read and write; private, of no file, not reserved
      return ffi.cast('intptr_t', p) ~= -1 and {data = p, release = function() C.munmap(p, bytes) end} or nil
   end
   local lib, p = core.device(device).lib, ffi.new 'void *[1]'
   return lib.hl_alloc(p, bytes, 0) == 0 and {data = p[0], release = function() lib.hl_free(p[0]) end} or nil
end

for _, device in ipairs {'emu', 'cuda'} do
   if core.device(device) then
      local function there(x) return x:to{device = device} end

      -- The same view of the same elements on the CPU and on the device.
      local function both(x, view)
         local y = there(x)
         return view and views[view](x) or x, view and views[view](y) or y
      end

      -- Exactly equal, or floats within tol of the largest.
      local function assert_same(got, expected, what, tol)
         got = got:to{device = 'cpu'}:contiguous()
         expected = expected:contiguous()
         assert.equal(expected:dtype(), got:dtype())
         assert.is_true(got:isSameSizeAs(expected))
         if tol then return helper.assert_close(got, expected, tol, what) end
         local p, q = got:data(), expected:data()
         for i = 0, expected:nElement() - 1 do
            local a, b = p[i], q[i]
            if a ~= b and (a == a or b == b) then
               error(('%s: element %d is %s, expected %s'):format(what, i + 1, tostring(a), tostring(b)), 2)
            end
         end
      end

      describe(device .. ' does as the CPU in', function()
         it('sorting lines of 1 to 5000, equal elements in their order', function()
            local seed = 0
            for _, kind in ipairs(kinds) do
               for _, count in ipairs {1, 2, 5, 31, 64, 65, 130, 1000, 1023, 1024, 1025, 2047, 2049, 3000, 5000} do
                  seed = seed + 1
                  local lines = count < 200 and 7 or 2
                  local x = filled(kind, {lines, count}, values_of(kind, seed, true))
                  for _, view in ipairs {'dense', 'transposed', 'strided'} do
                     local here, away = both(x, view)
                     local dim = view == 'transposed' and 0 or 1
                     local wanted = seed % 3 == 0 and math.ceil(count / 2) or count
                     local sizes = here:size():totable()
                     sizes[dim + 1] = wanted
                     for descending = 0, 1 do
                        local values, index = here:empty(sizes), here:emptyAs('long', sizes)
                        local values_away, index_away = away:empty(sizes), away:emptyAs('long', sizes)
                        core.run('hl_sort', values, index, here, dim, descending)
                        core.run('hl_sort', values_away, index_away, away, dim, descending)
                        local what = ('%s, %d of %d, %s, descending %d'):format(kind, wanted, count, view, descending)
                        assert_same(values_away, values, what)
                        assert_same(index_away, index, 'positions of ' .. what)
                     end
                  end
               end
            end
         end)

         it('sorting in place', function()
            local here, away = both(filled('float', {3, 2500}, values_of('float', 5, true)))
            local index, index_away = here:emptyAs('long', {3, 2500}), away:emptyAs('long', {3, 2500})
            core.run('hl_sort', here, index, here, 1, 0)
            core.run('hl_sort', away, index_away, away, 1, 0)
            assert_same(away, here, 'values')
            assert_same(index_away, index, 'positions')
         end)

         local reductions = {C.HL_SUM, C.HL_MEAN, C.HL_PROD, C.HL_RMAX, C.HL_RMIN, C.HL_SUMSQ, C.HL_SUMABS, C.HL_ANY, C.HL_ALL}

         local function compare_reduction(here, away, op, dims, kind, what)
            local sizes = here:size():totable()
            for d = 1, #sizes do
               if math.floor(dims / 2 ^ (d - 1)) % 2 == 1 then sizes[d] = 1 end
            end
            op = tonumber(op)
            local types = (op == tonumber(C.HL_ANY) or op == tonumber(C.HL_ALL)) and {'byte'}
               or is_whole[kind] and {kind, 'long', 'double'} or {kind, 'double'}
            for _, type_of_result in ipairs(types) do
               local y, y_away = here:emptyAs(type_of_result, sizes), away:emptyAs(type_of_result, sizes)
               core.run('hl_reduce', y, here, op, dims)
               core.run('hl_reduce', y_away, away, op, dims)
               local exact = is_whole[type_of_result] or op == tonumber(C.HL_RMAX) or op == tonumber(C.HL_RMIN)
               assert_same(y_away, y, ('op %d of %s to %s, dims %d, %s'):format(op, kind, type_of_result, dims, what),
                  not exact and (type_of_result == 'float' and 2e-6 or kind == 'float' and 1e-6 or 1e-12) or nil)
            end
         end

         it('reductions of whole tensors that many blocks share', function()
            for k, kind in ipairs(kinds) do
               for n, total in ipairs {100000, 262144 + 13} do
                  local here, away = both(filled(kind, {total}, values_of(kind, 10 * k + n)), n == 2 and 'narrowed' or 'dense')
                  for _, op in ipairs(reductions) do compare_reduction(here, away, op, 1, kind, total .. ' elements') end
               end
            end
         end)

         it('reductions of 1e6 elements with one NaN, or one that differs', function()
            local x = filled('float', {1000, 1000}, function() return 1 end)
            local p = x:data()
            for _, at in ipairs {0, 499999, 999999} do
               p[at] = nan
               local here, away = both(x)
               for _, op in ipairs {C.HL_SUM, C.HL_RMAX, C.HL_RMIN, C.HL_ANY} do
                  compare_reduction(here, away, op, 3, 'float', 'NaN')
               end
               p[at] = 0
               here, away = both(x)
               for _, op in ipairs {C.HL_RMIN, C.HL_ALL, C.HL_SUM} do compare_reduction(here, away, op, 3, 'float', 'one 0') end
               p[at] = 1
            end
         end)

         it('reductions over any dimensions, strides and kinds', function()
            local draw, seed = helper.numbers(99), 500
            for _ = 1, 60 do
               seed = seed + 1
               local sizes, kind = {}, kinds[1 + math.floor(draw() * #kinds)]
               for d = 1, 1 + math.floor(draw() * 4) do sizes[d] = 1 + math.floor(draw() * (d == 2 and 90 or 17)) end
               local x = filled(kind, sizes, values_of(kind, seed, seed % 4 == 0))
               local names = {'dense', 'transposed', 'narrowed', 'strided'}
               local view = names[1 + math.floor(draw() * #names)]
               local here, away = both(x, view)
               local dims = 1 + math.floor(draw() * (2 ^ #sizes - 1))
               local what = ('%s %s, seed %d'):format(table.concat(sizes, 'x'), view, seed)
               for _, op in ipairs(reductions) do
                  -- the double of a product, or a sum, of huge numbers depends on the order
                  local whole_edges = is_whole[kind] and seed % 4 == 0
                  if not (whole_edges or op == C.HL_PROD) then compare_reduction(here, away, op, dims, kind, what) end
               end
            end
         end)

         it('reductions of repeated elements', function()
            for _, kind in ipairs(kinds) do
               local here, away = both(filled(kind, {1, 40, 1}, values_of(kind, 7)))
               here, away = here:expand(17, 40, 11), away:expand(17, 40, 11)
               for dims = 1, 7 do
                  for _, op in ipairs {C.HL_SUM, C.HL_MEAN, C.HL_RMAX, C.HL_SUMABS} do
                     compare_reduction(here, away, op, dims, kind, 'expanded')
                  end
               end
            end
         end)

         it('sums of whole numbers that wrap around', function()
            for _, kind in ipairs(whole_kinds) do
               local here, away = both(filled(kind, {3, 4001}, values_of(kind, 3, true)))
               for _, op in ipairs {C.HL_SUM, C.HL_PROD, C.HL_SUMSQ, C.HL_RMAX, C.HL_RMIN} do
                  for _, wide in ipairs {kind, 'long'} do
                     local y, y_away = here:emptyAs(wide, {3, 1}), away:emptyAs(wide, {3, 1})
                     core.run('hl_reduce', y, here, tonumber(op), 2)
                     core.run('hl_reduce', y_away, away, tonumber(op), 2)
                     assert_same(y_away, y, ('op %d of %s to %s'):format(tonumber(op), kind, wide))
                  end
               end
            end
         end)

         it('places of extremes: ties, NaN, long and short lines', function()
            local seed = 0
            for _, kind in ipairs(kinds) do
               for _, count in ipairs {1, 2, 7, 8, 33, 256, 1000, 1024, 5000} do
                  for _, lines in ipairs {1, 5, 300} do
                     seed = seed + 1
                     if lines * count < 100000 then
                        local x = filled(kind, {lines, count}, values_of(kind, seed, seed % 2 == 0))
                        for _, view in ipairs {'dense', 'transposed'} do
                           local here, away = both(x, view)
                           local dim, sizes = view == 'dense' and 1 or 0, view == 'dense' and {lines, 1} or {1, lines}
                           for _, op in ipairs {C.HL_RMAX, C.HL_RMIN} do
                              local values, index = here:empty(sizes), here:emptyAs('long', sizes)
                              local values_away, index_away = away:empty(sizes), away:emptyAs('long', sizes)
                              core.run('hl_reduce_index', values, index, here, op, dim)
                              core.run('hl_reduce_index', seed % 5 > 0 and values_away or nil, index_away, away, op, dim)
                              local what = ('%s, %d lines of %d, %s, op %d'):format(kind, lines, count, view, tonumber(op))
                              assert_same(index_away, index, what)
                              if seed % 5 > 0 then assert_same(values_away, values, 'values of ' .. what) end
                           end
                        end
                     end
                  end
               end
            end
         end)

         it('running sums and products of long and short lines', function()
            local seed = 0
            for _, kind in ipairs(kinds) do
               for _, count in ipairs {1, 3, 8, 31, 32, 256, 257, 4000} do
                  for _, lines in ipairs {1, 4, 300} do
                     if lines < 300 or count == 3 or count == 31 then
                        seed = seed + 1
                        local draw = values_of(kind, seed)
                        local x = filled(kind, {lines, count}, is_whole[kind] and draw or function() return 1 + draw() * 1e-6 end)
                        for _, view in ipairs {'dense', 'transposed', 'strided'} do
                           local here, away = both(x, view)
                           local dim = view == 'transposed' and 0 or 1
                           for _, op in ipairs {C.HL_SUM, C.HL_PROD} do
                              local y, y_away = here:empty(here:size()), away:empty(away:size())
                              core.run('hl_cumulate', y, here, op, dim)
                              core.run('hl_cumulate', y_away, away, op, dim)
                              assert_same(y_away, y, ('op %d of %s, %d lines of %d, %s'):format(tonumber(op), kind, lines, count, view),
                                 not is_whole[kind] and (kind == 'float' and 1e-6 or 1e-12) or nil)
                           end
                        end
                     end
                  end
               end
            end
         end)

         it('a running sum that meets NaN', function()
            local here, away = both(filled('float', {2, 1000}, function(i) return i == 300 and nan or 1 end))
            for _, op in ipairs {C.HL_SUM, C.HL_PROD} do
               local y, y_away = here:empty {2, 1000}, away:empty {2, 1000}
               core.run('hl_cumulate', y, here, op, 1)
               core.run('hl_cumulate', y_away, away, op, 1)
               assert_same(y_away, y, 'NaN')
            end
         end)

         -- Positions 1..n, some of them often.
         local function positions(n, sizes, seed)
            local draw = helper.numbers(seed)
            return filled('long', sizes, function()
               local u = draw()
               return 1 + math.floor((u < 0.5 and u * u or u) * n)
            end)
         end

         it('slices taken and put, where positions come up often', function()
            local seed = 0
            for _, kind in ipairs(kinds) do
               for _, sizes in ipairs {{9000}, {40, 300}, {3, 50, 60}} do
                  for dim = 1, #sizes do
                     seed = seed + 1
                     local view = seed % 2 == 0 and 'transposed' or 'dense'
                     local here, away = both(filled(kind, sizes, values_of(kind, seed)), view)
                     local n = here:size(dim)
                     local index = positions(n, {2 * n + 3}, seed)
                     local index_away = there(index)
                     local part = here:size():totable()
                     part[dim] = 2 * n + 3
                     local y, y_away = here:empty(part), away:empty(part)
                     core.run('hl_index_select', y, here, index, dim - 1)
                     core.run('hl_index_select', y_away, away, index_away, dim - 1)
                     assert_same(y_away, y, ('index_select %s %s dim %d'):format(kind, view, dim))
                     for add = 0, 1 do
                        core.run('hl_index_put', here, y, index, dim - 1, add)
                        core.run('hl_index_put', away, y_away, index_away, dim - 1, add)
                        assert_same(away, here, ('index_put %s %s dim %d add %d'):format(kind, view, dim, add))
                     end
                  end
               end
            end
         end)

         it('elements gathered and scattered, where positions come up often', function()
            local seed = 0
            for _, kind in ipairs(kinds) do
               for _, sizes in ipairs {{7000}, {60, 90}, {6, 40, 30}} do
                  for dim = 1, #sizes do
                     seed = seed + 1
                     local here, away = both(filled(kind, sizes, values_of(kind, seed)))
                     local part = {unpack(sizes)}
                     for d = 1, #part do part[d] = d == dim and part[d] + 11 or math.ceil(part[d] * 0.8) end
                     local index, index_away = both(positions(sizes[dim], part, seed), seed % 2 == 0 and 'strided' or 'dense')
                     local y, y_away = here:empty(part), away:empty(part)
                     core.run('hl_gather', y, here, index, dim - 1)
                     core.run('hl_gather', y_away, away, index_away, dim - 1)
                     assert_same(y_away, y, ('gather %s dim %d'):format(kind, dim))
                     for add = 0, 1 do
                        core.run('hl_scatter', here, y, index, dim - 1, add)
                        core.run('hl_scatter', away, y_away, index_away, dim - 1, add)
                        assert_same(away, here, ('scatter %s dim %d add %d'):format(kind, dim, add))
                     end
                  end
               end
            end
         end)

         it('masks over many blocks', function()
            local density = {0, 1e-5, 0.3, 1}
            for seed, share in ipairs(density) do
               for _, view in ipairs {'dense', 'transposed', 'strided'} do
                  local draw = helper.numbers(seed)
                  local mask, mask_away = both(filled('byte', {100, 170}, function(i)
                     return (draw() < share or share == 1e-5 and i == 16999) and 1 + i % 255 or 0
                  end), view)
                  for _, kind in ipairs {'float', 'byte', 'long'} do
                     local x, x_away = both(filled(kind, {100, 170}, values_of(kind, seed)), view)
                     local found, found_away = hilo.nonzero(mask), hilo.nonzero(mask_away)
                     assert_same(found_away, found, 'nonzero')
                     local chosen, chosen_away = hilo.maskedSelect(x, mask), hilo.maskedSelect(x_away, mask_away)
                     assert_same(chosen_away, chosen, 'maskedSelect')
                     if chosen:nElement() > 0 then
                        local new = filled(kind, {chosen:nElement()}, values_of(kind, seed + 50))
                        core.run('hl_masked_put', x, new, mask)
                        core.run('hl_masked_put', x_away, there(new), mask_away)
                        assert_same(x_away, x, 'masked_put')
                     end
                  end
               end
            end
         end)

         it('elements that are not 0, NaN among them', function()
            for _, kind in ipairs(kinds) do
               local x, x_away = both(filled(kind, {13, 5, 999}, function(i)
                  if i % 7 < 4 then return 0 end
                  if not is_whole[kind] and i % 7 == 4 then return nan end
                  return not is_whole[kind] and i % 3 == 0 and -0.0 or i % 200
               end))
               assert_same(hilo.nonzero(x_away), hilo.nonzero(x), kind)
            end
         end)

         it('conversions between all kinds, at their edges', function()
            for _, from in ipairs(kinds) do
               local edges = {0, 1, 2, 127, 128, 254, 255, 0.5, 1.5, 2.5, 0.999999}
               if from ~= 'byte' then
                  for _, v in ipairs {-1, -128, -2147483648, 2147483647, -0.5, -1.5} do edges[#edges + 1] = v end
               end
               if from == 'long' then
                  for _, v in ipairs {smallest.long, largest.long, 9007199254740993LL, 4294967296LL, -4294967297LL} do
                     edges[#edges + 1] = v
                  end
               elseif not is_whole[from] then
                  for _, v in ipairs {nan, inf, -inf, -0.0, 256, 2147483648, -2147483649, 2 ^ 32 + 4096, 2 ^ 63, -2 ^ 63, 2 ^ 63 - 1024,
                     1e30, -1e30, 2 ^ -149, 1e300} do edges[#edges + 1] = v end
               end
               local x, x_away = both(filled(from, {#edges}, function(i) return edges[i + 1] end))
               for _, to in ipairs(kinds) do
                  local y, y_away = hilo.empty({#edges}, {dtype = to}), hilo.empty({#edges}, {dtype = to, device = device})
                  core.run('hl_copy', y, x)
                  core.run('hl_copy', y_away, x_away)
                  assert_same(y_away, y, from .. ' to ' .. to)
               end
            end
         end)

         it('copies and sums of random views that stretch', function()
            local draw, seed = helper.numbers(4), 0
            for _ = 1, 80 do
               seed = seed + 1
               local sizes, a_sizes, b_sizes = {}, {}, {}
               for d = 1, 1 + math.floor(draw() * 5) do
                  sizes[d] = 1 + math.floor(draw() * 9)
                  a_sizes[d], b_sizes[d] = draw() < 0.3 and 1 or sizes[d], draw() < 0.3 and 1 or sizes[d]
               end
               local kind = kinds[1 + seed % #kinds]
               local order = {}
               for d = 1, #sizes do table.insert(order, 1 + math.floor(draw() * #order), d) end
               -- the same order of dimensions in memory for all, another for the result
               local function shuffled(x)
                  if #order == 1 then return x end
                  local back = {}
                  for d, o in ipairs(order) do back[o] = d end
                  return x:permute(unpack(order)):contiguous():permute(unpack(back))
               end
               local a, a_away = both(filled(kind, a_sizes, values_of(kind, seed)))
               local b, b_away = both(filled(kind, b_sizes, values_of(kind, seed + 1000)), 'strided')
               a, a_away = shuffled(a), shuffled(a_away)
               local y, y_away = both(filled(kind, sizes, function() return 0 end), seed % 3 == 0 and 'strided' or nil)
               core.run('hl_copy', y, a)
               core.run('hl_copy', y_away, a_away)
               assert_same(y_away, y, ('copy, seed %d'):format(seed))
               core.run('hl_binary', y, a, b, C.HL_ADD, 2)
               core.run('hl_binary', y_away, a_away, b_away, C.HL_ADD, 2)
               assert_same(y_away, y, ('add, seed %d'):format(seed))
            end
         end)

         it('copies between the two layouts of images, of any sizes and kinds', function()
            local last, seed = {}, 0
            -- rows and columns of the tiles that change places: one, a few, just a tile, one more, several
            for _, channels in ipairs {2, 3, 21, 32, 33, 64, 257, 300} do
               for _, plane in ipairs {{1, 2}, {5, 7}, {4, 8}, {3, 11}, {16, 16}, {1, 257}, {23, 29}} do
                  if channels * plane[1] * plane[2] < 40000 then last[#last + 1] = {channels, unpack(plane)} end
               end
            end
            for _, s in ipairs(last) do
               seed = seed + 1
               local kind, sizes = kinds[1 + seed % #kinds], {1 + seed % 3, unpack(s)}
               local x, x_away = both(filled(kind, sizes, values_of(kind, seed, true)))
               local what = ('%s %s'):format(kind, table.concat(sizes, 'x'))
               local turned = x_away:channelsLast()
               assert.is_true(turned:isChannelsLast() and not turned:isContiguous(), what)
               assert_same(turned, x, what)
               assert_same(turned:contiguous(), x, what .. ' and back')
               if kind == 'float' then
                  local rounded = x_away:to{dtype = 'bfloat16'}
                  assert_same(x_away:to{dtype = 'bfloat16', layout = 'channels_last'}:contiguous():float(), rounded:float():cpu(), what)
                  assert_same(rounded:channelsLast():to{dtype = 'float', layout = 'contiguous'}, rounded:float():cpu(), what)
               end
            end
         end)

         it('bfloat16 of every kind of float: halves go to the even neighbour', function()
            local patterns = {}
            for _, top in ipairs {0x0000, 0x0001, 0x007f, 0x0080, 0x3f80, 0x3f81, 0x7f7f, 0x7f80, 0x7fc0, 0x8000, 0x8001, 0xbf81,
               0xff7f, 0xff80} do
               for _, low in ipairs {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} do patterns[#patterns + 1] = top * 2 ^ 16 + low end
            end
            local x = hilo.empty({#patterns}, {dtype = 'float'})
            local p = ffi.cast('uint32_t *', x:data())
            for i, bits in ipairs(patterns) do p[i - 1] = bits end
            local y = there(x):to{dtype = 'bfloat16'}
            local halves = ffi.new('uint16_t[?]', #patterns)
            core.call(core.device(device).lib, 'hl_download', halves, core.raw(y).data, 2 * #patterns)
            local back = y:float():cpu()
            local q = ffi.cast('uint32_t *', back:data())
            local values = y:totable()
            for i, bits in ipairs(patterns) do
               local top, low = math.floor(bits / 2 ^ 16), bits % 2 ^ 16
               local is_nan = bits % 2 ^ 31 > 0x7f800000
               local up = not is_nan and (low > 0x8000 or low == 0x8000 and top % 2 == 1)
               local expected, got = up and top + 1 or top, tonumber(halves[i - 1])
               local what = ('%08x gives %04x, expected %04x'):format(bits, got, expected)
               if is_nan then
                  assert.is_true(got % 2 ^ 15 > 0x7f80 and q[i - 1] % 2 ^ 31 > 0x7f800000 and values[i] ~= values[i], what)
               else
                  assert.equal(expected, got, what)
                  assert.equal(expected * 2 ^ 16, tonumber(q[i - 1]), what)
                  assert.equal(back:get(i), values[i], what)
               end
            end
         end)

         it('the gradient of cosine similarity where rows are parallel', function()
            for _, kind in ipairs {'float', 'double'} do
               for _, on in ipairs {'cpu', device} do
                  for _, sizes in ipairs {{4, 1}, {2, 2}} do
                     local function row(...) return hilo.DoubleTensor{...}:view(sizes):to{dtype = kind, device = on} end
                     local a, b = row(0.5, -1.75, 2.5, 1e6), row(-1.5, 5.25, 0.5, 2e5)
                     a.requires_grad, b.requires_grad = true, true
                     local y = hilo.cosine_similarity(a, b)
                     hilo.sum(y):backward()
                     helper.assert_close(y:detach():abs(), y:detach():abs():fill(1), 1e-6, 'cosine')
                     -- the products in float32 would leave 1e-7
                     assert.is_true(helper.magnitude(a.grad) < 1e-14 and helper.magnitude(b.grad) < 1e-14)
                  end
               end
            end
         end)

         it('arithmetic of whole numbers at their edges', function()
            for _, kind in ipairs(whole_kinds) do
               local edges = {smallest[kind] or 0, largest[kind], 1, 2, 3, 7, 100}
               for _, v in ipairs(kind == 'byte' and {254, 9} or {-1, -3}) do edges[#edges + 1] = v end
               local function grid(f) return filled(kind, {#edges, #edges}, f) end
               local a, a_away = both(grid(function(i) return edges[1 + math.floor(i / #edges)] end))
               local b, b_away = both(grid(function(i) local v = edges[1 + i % #edges] return v ~= 0 and v or 5 end))
               for _, op in ipairs {C.HL_ADD, C.HL_SUB, C.HL_MUL, C.HL_DIV, C.HL_MOD, C.HL_FMOD, C.HL_POWER, C.HL_MAX, C.HL_MIN} do
                  local y, y_away = a:empty(a:size()), a_away:empty(a:size())
                  core.run('hl_binary', y, a, b, op, 3)
                  core.run('hl_binary', y_away, a_away, b_away, op, 3)
                  assert_same(y_away, y, ('op %d of %s'):format(tonumber(op), kind))
               end
            end
         end)

         it('sorting, reducing and running along lines of bfloat16', function()
            for seed, count in ipairs {3, 40, 1500, 3000} do
               local away = there(filled('float', {3, count}, values_of('float', seed, true))):to{dtype = 'bfloat16'}
               local here = away:float():cpu()
               local sorted, places = hilo.sort(here, 2)
               local sorted_away, places_away = hilo.sort(away, 2)
               assert_same(sorted_away:float(), sorted, 'sorted')
               assert_same(places_away, places, 'positions')
               for _, name in ipairs {'max', 'min'} do
                  local values, index = hilo[name](here, 2)
                  local values_away, index_away = hilo[name](away, 2)
                  assert_same(values_away:float(), values, name)
                  assert_same(index_away, index, 'positions of ' .. name)
               end
               away = there(filled('float', {3, count}, helper.numbers(seed))):to{dtype = 'bfloat16'}
               here = away:float():cpu()
               assert_same(hilo.sum(away, 2):float(), hilo.sum(here, 2), 'sum', 2 ^ -8)
               assert_same(hilo.mean(away, 1):float(), hilo.mean(here, 1), 'mean', 2 ^ -8)
               assert_same(hilo.cumsum(away, 2):float(), hilo.cumsum(here, 2), 'cumsum', 2 ^ -8)
            end
         end)

         it('views whose elements lie more than 2^30 apart', function()
            local lib, room = core.device(device).lib, wide_room(device)
            if not room then return pending('there is no room') end
            local sizes, strides = {3, 4, 5}, {2 ^ 29 + 7, 1000, 7}

            local function on_device(name, ...)
               if lib[name](...) ~= 0 then error(('%s: %s'):format(name, ffi.string(lib.hl_error())), 2) end
            end
            local function address(w, i)
               local at = 0
               for d = w.c.ndim - 1, 0, -1 do
                  local size = tonumber(w.c.size[d])
                  at, i = at + i % size * tonumber(w.c.stride[d]), math.floor(i / size)
               end
               return ffi.cast('char *', w.c.data) + at * w.bytes
            end
            local used = 0
            -- a view with the elements of x, a tensor on the CPU
            local function widened(x)
               local w = {c = ffi.new('hl_tensor', core.raw(x)), bytes = x._storage.dtype.bytes, n = x:nElement(), like = x}
               w.c.device = core.device(device).id
               w.c.data = ffi.cast('char *', room.data) + used * 8
               for d = 0, w.c.ndim - 1 do w.c.stride[d] = strides[d + 1] end
               used = used + 10000
               local p = ffi.cast('char *', x:data())
               for i = 0, w.n - 1 do on_device('hl_upload', address(w, i), p + i * w.bytes, w.bytes) end
               return w
            end
            local function read(w)
               local y = w.like:empty(w.like:size())
               local p = ffi.cast('char *', y:data())
               for i = 0, w.n - 1 do on_device('hl_download', p + i * w.bytes, address(w, i), w.bytes) end
               return y
            end
            -- The function on the CPU and on wide views of the same; arguments that are tensors: the first `outputs` are compared.
            local function compare(name, outputs, ...)
               local here, away, wide = {...}, {...}, {}
               local n = select('#', ...)
               for i = 1, n do
                  if hilo.isTensor(here[i]) then
                     wide[i] = widened(here[i])
                     here[i], away[i] = core.raw(here[i]), wide[i].c
                  end
               end
               core.call(core.device('cpu').lib, name, unpack(here, 1, n))
               on_device(name, unpack(away, 1, n))
               for i = 1, outputs do assert_same(read(wide[i]), (select(i, ...)), name, 1e-6) end
            end

            for seed, kind in ipairs {'float', 'byte'} do
               local function fresh(more) return filled(kind, more or sizes, values_of(kind, seed + (more and #more or 0))) end
               local function mask() return filled('byte', sizes, function(i) return i * 7 % 3 end) end
               local function index(more, n) return filled('long', more, function(i) return 1 + i * 5 % n end) end
               used = 0
               compare('hl_copy', 1, fresh(), filled(kind, sizes, function(i) return i end))
               compare('hl_copy', 1, filled('long', sizes, function() return 0 end), fresh())
               compare('hl_fill', 1, fresh(), 3)
               compare('hl_range', 1, fresh(), 1, 2)
               compare('hl_unary', 1, fresh(), fresh(), C.HL_AFFINE, 2, 1)
               compare('hl_binary', 1, fresh(), fresh(), fresh {3, 1, 5}, C.HL_ADD, 2)
               compare('hl_addcmul', 1, fresh(), fresh(), fresh(), fresh(), 2, 0)
               compare('hl_where', 1, fresh(), mask(), fresh(), fresh {1, 4, 1})
               for dims = 1, 7 do
                  local function bit_of(d) return math.floor(dims / 2 ^ d) % 2 == 1 end
                  local left = {bit_of(0) and 1 or 3, bit_of(1) and 1 or 4, bit_of(2) and 1 or 5}
                  compare('hl_reduce', 1, fresh(left), fresh(), C.HL_SUM, dims)
               end
               used = 0
               for dim = 0, 2 do
                  local one, two = {3, 4, 5}, {3, 4, 5}
                  one[dim + 1], two[dim + 1] = 1, 2
                  compare('hl_reduce_index', 2, fresh(one), index(one, 2), fresh(), C.HL_RMAX, dim)
                  compare('hl_cumulate', 1, fresh(), fresh(), C.HL_SUM, dim)
                  compare('hl_sort', 2, fresh(two), index(two, 2), fresh(), dim, 1)
                  compare('hl_index_select', 1, fresh(two), fresh(), index({2}, sizes[dim + 1]), dim)
                  compare('hl_index_put', 1, fresh(), fresh(two), index({2}, sizes[dim + 1]), dim, 1)
                  compare('hl_gather', 1, fresh(two), fresh(), index(two, sizes[dim + 1]), dim)
                  compare('hl_scatter', 1, fresh(), fresh(two), index(two, sizes[dim + 1]), dim, 1)
               end
               used = 0
               strides[1] = 2 ^ 30 -- one dimension: the only one that is long
               compare('hl_sort', 2, fresh {2}, index({2}, 2), fresh {2}, 0, 0)
               compare('hl_masked_select', 1, fresh {2}, fresh {2}, filled('byte', {2}, function() return 1 end))
               strides[1] = 2 ^ 29 + 7
               compare('hl_masked_put', 1, fresh(), fresh {3}, filled('byte', sizes, function(i) return i % 20 == 3 and 1 or 0 end))
               local found, count = index({3, 3}, 3), ffi.new 'int64_t[1]'
               compare('hl_nonzero', 1, found, count, filled(kind, sizes, function(i) return i % 20 == 3 and 1 or 0 end))
            end
            room.release()
         end)

         it('label maps of ties and NaN, in both layouts', function()
            for seed, classes in ipairs {1, 2, 4, 5, 8, 19, 32, 33, 200} do
               for _, kind in ipairs {'float', 'double'} do
                  local next_value = helper.numbers(seed)
                  local here, away = both(filled(kind, {2, classes, 9, 7}, function()
                     local u = next_value()
                     return u < 0.05 and nan or u < 0.1 and -inf or u < 0.15 and inf or math.floor(u * 9)
                  end))
                  for _, x in ipairs {away, away:channelsLast()} do
                     local labels, confidence = hilo.label_map(here, {confidence = true})
                     local labels_away, confidence_away = hilo.label_map(x, {confidence = true})
                     assert_same(labels_away, labels, classes .. ' classes')
                     assert_same(confidence_away, confidence, 'confidence')
                  end
               end
            end
         end)

         it('tensors without elements', function()
            -- the same outcome, and the same words where it is an error
            local function compare(what, f)
               local ok, y = pcall(f, 'cpu')
               local ok_away, y_away = pcall(function()
                  local y_away = f(device)
                  core.call(core.device(device).lib, 'hl_synchronize') -- now it tells of wrong positions
                  return y_away
               end)
               assert.equal(ok, ok_away, what .. ': ' .. tostring(ok and y_away or y))
               if not ok then
                  assert.is_nil(tostring(y):find('attempt to', 1, true), what)
                  local said = tostring(y_away):gsub('^.-: ', ''):gsub(' %(found on the card.*', '')
                  return assert.equal(tostring(y):gsub('^.-: ', ''), said, what)
               end
               if hilo.isTensor(y) then assert_same(y_away, y, what) else assert.equal(tostring(y), tostring(y_away), what) end
            end
            for _, sizes in ipairs {{0}, {0, 3}, {3, 0}, {2, 0, 4}, {0, 2, 3, 3}, {2, 0, 3, 3}, {2, 3, 0, 3}, {2, 3, 3, 0}} do
               local name = table.concat(sizes, 'x')
               local function make(on, kind) return hilo.empty(sizes, {device = on, dtype = kind}) end
               for _, op in ipairs {'exp', 'relu', 'neg', 'sum', 'mean', 'prod', 'max', 'min', 'sort', 'nonzero', 'softmax',
                  'log_softmax', 'label_map', 'median', 'clone', 'contiguous', 'channelsLast', 'global_avg_pool', 'cumsum', 'var',
                  'norm'} do
                  compare(op .. ' ' .. name, function(on) return hilo[op](make(on)) end)
               end
               for dim = 1, #sizes do
                  for _, op in ipairs {'sum', 'mean', 'prod', 'max', 'min', 'sort', 'cumsum', 'cumprod', 'softmax', 'log_softmax',
                     'var', 'median'} do
                     compare(('%s %s along %d'):format(op, name, dim), function(on) return (hilo[op](make(on), dim)) end)
                  end
                  compare(('index %s along %d'):format(name, dim), function(on)
                     return hilo.index(make(on), dim, hilo.LongTensor{1}:to{device = on}:narrow(1, 1, 1))
                  end)
                  compare(('index of nothing %s along %d'):format(name, dim), function(on)
                     return hilo.index(make(on), dim, hilo.empty({0}, {device = on, dtype = 'long'}))
                  end)
                  compare(('gather %s along %d'):format(name, dim), function(on)
                     return hilo.gather(make(on), dim, make(on, 'long'))
                  end)
               end
               compare('add ' .. name, function(on) return hilo.add(make(on), make(on)) end)
               compare('a sum of one and none ' .. name, function(on) return hilo.add(make(on), hilo.ones(1, {device = on})) end)
               compare('fill ' .. name, function(on) return make(on):fill(3) end)
               compare('masks ' .. name, function(on) return hilo.maskedSelect(make(on), make(on, 'byte')) end)
               compare('one_hot ' .. name, function(on) return hilo.one_hot(make(on, 'byte'), 3) end)
               compare('confusion ' .. name, function(on)
                  return hilo.confusion(hilo.zeros(2, 2, {device = on}):long(), make(on, 'byte'), make(on, 'byte'))
               end)
               compare('mse ' .. name, function(on) return hilo.mse(make(on), make(on)) end)
               compare('cosine ' .. name, function(on) return hilo.cosine_similarity(make(on), make(on)) end)
               compare('max_pool ' .. name, function(on) return hilo.max_pool(make(on), {kernel = 2}) end)
               compare('avg_pool ' .. name, function(on) return hilo.avg_pool(make(on), {kernel = 2}) end)
               compare('adaptive_avg_pool ' .. name, function(on) return hilo.adaptive_avg_pool(make(on), 2, 2) end)
               compare('resize ' .. name, function(on) return hilo.resize(make(on), 5, 5) end)
               compare('dropout ' .. name, function(on) return hilo.dropout(make(on), 0.5) end)
               compare('cross_entropy ' .. name, function(on)
                  local label_sizes = {sizes[1], unpack(sizes, 3)}
                  return hilo.cross_entropy(make(on), hilo.zeros(label_sizes, {device = on, dtype = 'byte'}))
               end)
            end
         end)
      end)
   end
end
