-- The samplers of a sweep: what they suggest for axes and trials.
local ffi = require 'ffi'
local Parzen = require 'hilo.sweep.samplers.parzen'
local grid = require 'hilo.sweep.samplers.grid'
local random = require 'hilo.sweep.samplers.random'
local sobol = require 'hilo.sweep.samplers.sobol'
local space = require 'hilo.sweep.samplers.space'
local tpe = require 'hilo.sweep.samplers.tpe'

pcall(ffi.cdef, 'typedef struct {long seconds, nanoseconds;} spec_time; int clock_gettime(int clock, spec_time *t);')
local function seconds()
   local t = ffi.new 'spec_time'
   ffi.C.clock_gettime(1, t)
   return tonumber(t.seconds) + 1e-9 * tonumber(t.nanoseconds)
end

local rate = {name = 'rate', kind = 'float', low = 1e-5, high = 1e-1, log = true}
local weight = {name = 'weight', kind = 'float', low = -2, high = 6}
local share = {name = 'share', kind = 'float', low = 0.1, high = 0.5, step = 0.1}
local batch = {name = 'batch', kind = 'int', low = 2, high = 8, step = 2}
local width = {name = 'width', kind = 'int', low = 1, high = 64, log = true, step = 1}
local preset = {name = 'preset', kind = 'choice', choices = {'default', 'original', 'third'}}
local mirror = {name = 'mirror', kind = 'choice', choices = {true, false}}
local all = {rate, weight, share, batch, width, preset, mirror}

local function numbers_of(sampler, axes, n, options)
   local list = {}
   for number = 0, n - 1 do
      local o = {number = number, seed = 1, direction = 'min'}
      for key, value in pairs(options or {}) do o[key] = value end
      list[number + 1] = sampler.suggest(axes, {}, o)
   end
   return list
end

-- Trials with the values, complete and valued by f, minimised.
local function trials_of(list, f)
   local trials = {}
   for i, values in ipairs(list) do trials[i] = {number = i - 1, values = values, state = 'complete', value = f(values), step = 10} end
   return trials
end

-- A search of n trials; jobs at a time.
local function search(axes, f, n, options)
   local trials = {}
   for number = 0, n - 1 do
      local values = tpe.suggest(axes, trials, {number = number, seed = options.seed or 1, direction = options.direction or 'min'})
      if not values then break end
      trials[number + 1] = {number = number, values = values, state = 'running'}
      local done = trials[number + 2 - (options.jobs or 1)]
      if done then done.state, done.value = 'complete', f(done.values) end
   end
   return trials
end

local function key_of(axes, values)
   local parts = {}
   for i, axis in ipairs(axes) do parts[i] = tostring(values[axis.name]) end
   return table.concat(parts, ' ')
end

local function fails(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.truthy(tostring(message):find(pattern, 1, true), message)
end

describe('the grid', function()
   local axes = {share, preset, mirror}

   it('has every combination once, the last axis changing fastest', function()
      assert.equal(30, grid.count(axes))
      local trials, seen = {}, {}
      for number = 0, 29 do
         local values = grid.suggest(axes, trials, {number = number, seed = 1})
         trials[number + 1] = {number = number, values = values, state = 'complete'}
         assert.is_nil(seen[key_of(axes, values)])
         seen[key_of(axes, values)] = true
      end
      assert.same({share = 0.1, preset = 'default', mirror = true}, trials[1].values)
      assert.same({share = 0.1, preset = 'default', mirror = false}, trials[2].values)
      assert.same({share = 0.3, preset = 'default', mirror = true}, trials[13].values)
      assert.is_nil(grid.suggest(axes, trials, {number = 30, seed = 1}))
   end)

   it('goes on with what is missing where values were added', function()
      local small, trials = {{name = 'a', kind = 'choice', choices = {1, 2}}}, {}
      for number = 0, 1 do trials[number + 1] = {number = number, values = grid.suggest(small, trials), state = 'failed'} end
      assert.is_nil(grid.suggest(small, trials))
      assert.same({a = 0.5}, grid.suggest({{name = 'a', kind = 'choice', choices = {1, 0.5, 2}}}, trials))
   end)

   it('knows a value of a step axis in spite of rounding, and no trial of other axes', function()
      local trials = {{number = 0, values = {share = 0.1}, state = 'complete'}, {number = 1, values = {share = 0.30000000000000004},
         state = 'complete'}, {number = 2, values = {other = 0.2}, state = 'complete'}, {number = 3, state = 'waiting'}}
      assert.same({share = 0.2}, grid.suggest({share}, trials))
      trials[3].values = {share = 0.2}
      assert.same({share = 0.4}, grid.suggest({share}, trials))
   end)

   it('of no axes is one configuration', function()
      assert.equal(1, grid.count {})
      assert.same({}, grid.suggest({}, {}))
      assert.is_nil(grid.suggest({}, {{number = 0, values = {}, state = 'complete'}}))
   end)

   it('refuses a continuous range and says what helps', function()
      fails("axis 'weight' is a continuous range; give it a step or a list", grid.count, {share, weight})
   end)
end)

describe('places on an axis', function()
   it('lead to values and back', function()
      for _, axis in ipairs {rate, weight, share, batch, width} do
         for i = 0, 100 do
            local value = space.at(axis, i / 100)
            local place, from, to = space.place(axis, value)
            assert.is_true(from <= place and place <= to)
            assert.equal(value, space.at(axis, place))
            if axis.step then
               assert.is_true(i / 100 >= from - 1e-9 and i / 100 <= to + 1e-9)
            else
               assert.near(i / 100, place, 1e-12)
            end
         end
      end
   end)

   it('are owned by the values of an axis without gaps', function()
      for _, axis in ipairs {share, batch, width} do
         local last = 0
         for k = 0, space.count(axis) - 1 do
            local _, from, to = space.place(axis, space.value(axis, k))
            assert.near(last, from, 1e-12)
            last = to
         end
         assert.near(1, last, 1e-12)
      end
   end)
end)

describe('random configurations', function()
   it('keep to the axes, their steps and their choices, and reach all of them', function()
      local seen = {}
      for _, values in ipairs(numbers_of(random, all, 400)) do
         assert.is_true(space.holds(all, values))
         for name, value in pairs(values) do seen[name .. tostring(value)] = true end
      end
      for _, axis in ipairs {share, batch, preset, mirror} do
         for k = 0, space.count(axis) - 1 do assert.is_true(seen[axis.name .. tostring(space.value(axis, k))], axis.name) end
      end
   end)

   it('lie evenly on a log axis by its logarithm', function()
      local below = 0
      for _, values in ipairs(numbers_of(random, {rate}, 1000)) do if values.rate < 1e-3 then below = below + 1 end end
      assert.near(500, below, 60)
   end)

   it('depend on the seed and the number alone', function()
      local trials = trials_of(numbers_of(random, all, 5), function() return 1 end)
      assert.same(random.suggest(all, {}, {number = 3, seed = 7}), random.suggest(all, trials, {number = 3, seed = 7}))
      assert.not_same(random.suggest(all, {}, {number = 3, seed = 7}), random.suggest(all, {}, {number = 4, seed = 7}))
      assert.not_same(random.suggest(all, {}, {number = 3, seed = 7}), random.suggest(all, {}, {number = 3, seed = 8}))
      assert.equal(math.huge, random.count(all))
   end)
end)

describe('the Sobol sequence', function()
   it('is that of scipy.stats.qmc.Sobol(64, scramble=False)', function()
      local dimensions = {1, 2, 3, 4, 6, 21, 64}
      local points = { -- index -> coordinates of those dimensions
         [1] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
         [2] = {0.75, 0.25, 0.25, 0.25, 0.75, 0.25, 0.75},
         [3] = {0.25, 0.75, 0.75, 0.75, 0.25, 0.75, 0.25},
         [6] = {0.625, 0.125, 0.875, 0.625, 0.875, 0.375, 0.875},
         [100] = {0.4140625, 0.2578125, 0.7734375, 0.7265625, 0.7421875, 0.7578125, 0.6484375},
         [1023] = {0.0009765625, 0.7529296875, 0.6123046875, 0.1455078125, 0.4384765625, 0.8662109375, 0.0400390625},
      }
      for index, expected in pairs(points) do
         local point = sobol.point(index, 64)
         for i, d in ipairs(dimensions) do assert.equal(expected[i], point[d]) end
      end
      for d = 1, 64 do assert.equal(0, sobol.point(0, 64)[d]) end
   end)

   it('puts one of 2^k points into each of 2^k stretches of every dimension, scrambled or not', function()
      for _, seed in ipairs {false, 5} do
         local seen = {}
         for index = 0, 63 do
            for d, x in ipairs(sobol.point(index, 64, seed or nil)) do
               assert.is_true(x >= 0 and x < 1)
               seen[d .. ' ' .. math.floor(64 * x)] = true
            end
         end
         local n = 0
         for _ in pairs(seen) do n = n + 1 end
         assert.equal(64 * 64, n)
      end
   end)

   it('is another for each seed, and keeps to the axes', function()
      assert.not_same(sobol.point(3, 4, 1), sobol.point(3, 4, 2))
      for _, values in ipairs(numbers_of(sobol, all, 64)) do assert.is_true(space.holds(all, values)) end
      assert.same(numbers_of(sobol, all, 3), numbers_of(sobol, all, 3))
      assert.equal(math.huge, sobol.count(all))
   end)

   it('says how many axes it knows', function()
      local many = {}
      for i = 1, 65 do many[i] = {name = 'x' .. i, kind = 'float', low = 0, high = 1} end
      fails('at most 64 axes, got 65; take sampler=random or tpe', sobol.suggest, many, {}, {number = 0, seed = 1})
   end)
end)

describe('a Parzen density', function()
   local axes = {preset, batch, {name = 'x', kind = 'float', low = 1, high = 100, log = true}}
   local given = {{preset = 'third', batch = 2, x = 1}, {preset = 'third', batch = 8, x = 30}, {preset = 'default', batch = 8, x = 33}}
   local points = {}
   for i, values in ipairs(given) do points[i] = Parzen.point(axes, values) end
   local density = Parzen.new(axes, points, {1, 2, 1})

   -- Sum over choices and values, midpoint rule over 200 places of x.
   local function each_cell(f)
      for _, p in ipairs(preset.choices) do
         for b = 2, 8, 2 do
            for i = 0, 199 do
               local x = space.at(axes[3], (i + 0.5) / 200)
               f(p, b, i, math.exp(density:log_density(Parzen.point(axes, {preset = p, batch = b, x = x}))) / 200)
            end
         end
      end
   end

   it('adds to 1', function()
      local sum = 0
      each_cell(function(_, _, _, mass) sum = sum + mass end)
      assert.near(1, sum, 1e-4)
   end)

   it('is what its draws follow', function()
      local expected, counts, n = {}, {}, 8000
      local function add(list, p, b, place, amount) -- to a cell, and to all those of a choice
         for _, c in ipairs {('%s %d %d'):format(p, b, math.min(math.floor(place * 4), 3)), p} do
            list[c] = (list[c] or 0) + amount
         end
      end
      each_cell(function(p, b, i, mass) add(expected, p, b, (i + 0.5) / 200, n * mass) end)
      local draws = space.draws('tpe', 3, 3)
      for _ = 1, n do
         local v = density:draw(draws)
         add(counts, v.preset, v.batch, (space.place(axes[3], v.x)), 1)
      end
      for c, e in pairs(expected) do assert.near(e, counts[c] or 0, 3.5 * math.sqrt(e * (1 - e / n)) + 1, c) end
   end)

   it('is finite far from all kernels', function()
      local narrow = {}
      for i = 1, 200 do narrow[i] = Parzen.point({width}, {width = 1}) end
      local ones = {}
      for i = 1, 200 do ones[i] = 1 end
      local at = Parzen.new({width}, narrow, ones):log_density(Parzen.point({width}, {width = 64}))
      assert.is_true(at > -20 and at < 0)
   end)
end)

describe('TPE', function()
   local function bowl(v) return (math.log10(v.rate) + 3) ^ 2 + (v.weight - 4) ^ 2 / 4 + (v.preset == 'original' and 0 or 1) end
   local axes = {rate, weight, preset}

   it('begins with points of the Sobol sequence', function()
      local trials = search(axes, bowl, 10, {})
      for i, values in ipairs(numbers_of(sobol, axes, 10)) do assert.same(values, trials[i].values) end
   end)

   it('begins at random where there are more axes than the sequence has', function()
      local many = {}
      for i = 1, 70 do many[i] = {name = 'x' .. i, kind = 'float', low = 0, high = 1} end
      assert.same(random.suggest(many, {}, {number = 2, seed = 1}), tpe.suggest(many, {}, {number = 2, seed = 1, direction = 'min'}))
   end)

   it('finds better configurations than random search does', function()
      local ours, theirs = 0, 0
      for seed = 1, 10 do
         local best, random_best = math.huge, math.huge
         for _, trial in ipairs(search(axes, bowl, 40, {seed = seed, jobs = 2})) do best = math.min(best, trial.value or math.huge) end
         for _, v in ipairs(numbers_of(random, axes, 40, {seed = seed})) do random_best = math.min(random_best, bowl(v)) end
         ours, theirs = ours + best / 10, theirs + random_best / 10
      end
      assert.is_true(ours < theirs / 4, ('%g, random %g'):format(ours, theirs))
   end)

   it('follows the direction', function()
      local up = search(axes, function(v) return -bowl(v) end, 30, {direction = 'max'})
      for i, trial in ipairs(search(axes, bowl, 30, {})) do assert.same(trial.values, up[i].values) end
   end)

   it('keeps to axes of every kind', function()
      local trials = search(all, function(v) return v.share + v.batch + v.width + (v.mirror and 0 or 1) + v.rate end, 40, {jobs = 3})
      for _, trial in ipairs(trials) do assert.is_true(space.holds(all, trial.values)) end
      local first, last = 0, 0
      for i = 1, 10 do first, last = first + trials[i].values.width, last + trials[30 + i].values.width end
      assert.is_true(last < first / 2)
   end)

   local known = trials_of(numbers_of(random, axes, 25), bowl)
   local options = {number = 99, seed = 4, direction = 'min'}
   local function with(...)
      local list = {}
      for i, trial in ipairs(known) do list[i] = trial end
      for _, trial in ipairs {...} do list[#list + 1] = trial end
      return list
   end
   local best = {rate = 1e-3, weight = 4, preset = 'original'}

   it('depends on its arguments alone, not on the order of trials', function()
      local reversed = {}
      for i, trial in ipairs(known) do reversed[#known + 1 - i] = trial end
      assert.same(tpe.suggest(axes, known, options), tpe.suggest(axes, reversed, options))
      assert.not_same(tpe.suggest(axes, known, options), tpe.suggest(axes, known, {number = 99, seed = 5, direction = 'min'}))
   end)

   it('learns nothing from failed trials, foreign ones, those off the axes, or the trial in question', function()
      local same = tpe.suggest(axes, with(
         {number = 50, values = best, state = 'failed', value = -9},
         {number = 51, values = {rate = 1e-3, weight = 4}, state = 'complete', value = -9},
         {number = 52, values = {rate = 1e-3, weight = 7, preset = 'original'}, state = 'complete', value = -9},
         {number = 53, values = {rate = 1e-3, weight = 4, preset = 'gone'}, state = 'complete', value = -9},
         {number = 54, values = best, state = 'complete', value = 0 / 0},
         {number = 55, values = best, state = 'complete'},
         {number = 56, state = 'waiting'},
         {number = 99, values = best, state = 'waiting'}), options)
      assert.same(tpe.suggest(axes, known, options), same)
   end)

   -- How many of 40 suggestions lie near a configuration: on both numeric axes not farther than that part of the axis.
   local function near(values, trials, part)
      local n = 0
      for number = 100, 139 do
         local v = tpe.suggest(axes, trials, {number = number, seed = 4, direction = 'min'})
         local far = math.max(math.abs(space.place(rate, v.rate) - space.place(rate, values.rate)),
            math.abs(space.place(weight, v.weight) - space.place(weight, values.weight)))
         if far < (part or 0.25) then n = n + 1 end
      end
      return n
   end

   local spot = {rate = 3e-2, weight = -1, preset = 'third'}

   it('goes where trials were good', function()
      local complete = {number = 60, values = spot, state = 'complete', value = -9}
      assert.is_true(near(spot, with(complete)) > near(spot, known) + 10)
   end)

   it('keeps away from unfinished neighbours', function()
      local good, liars = {}, {}
      for i = 1, 3 do
         local values = {rate = spot.rate, weight = spot.weight + 0.1 * i, preset = 'third'}
         good[i] = {number = 60 + i, values = values, state = 'complete', value = -9}
      end
      for i, trial in ipairs(known) do good[3 + i] = trial end
      for i, trial in ipairs(good) do liars[i] = trial end
      for i = 1, 8 do
         local values = {rate = spot.rate * (0.9 + i * 0.02), weight = spot.weight + i * 0.05, preset = 'third'}
         liars[#liars + 1] = {number = 70 + i, values = values, state = i % 2 == 0 and 'running' or 'waiting'}
      end
      local without, among = near(spot, good, 0.04), near(spot, liars, 0.04)
      assert.is_true(among < without / 2)
   end)

   it('ranks pruned trials below complete ones, first by how far they got, then by value', function()
      local a, b = {rate = 3e-2, weight = -1, preset = 'third'}, {rate = 3e-5, weight = 5, preset = 'third'}
      local function pruned(number, values, step, value)
         return {number = number, values = values, state = 'pruned', step = step, value = value}
      end
      -- a value that no complete trial reaches does not lift a pruned one among the good
      local worst = {number = 60, values = a, state = 'complete', value = 99}
      assert.same(tpe.suggest(axes, with(worst), options), tpe.suggest(axes, with(pruned(60, a, 5, -9)), options))
      local many = {}
      for i = 1, 20 do many[i] = pruned(i, numbers_of(random, axes, i)[i], 2, 5) end
      local function has_good(x, y) -- of pruned trials alone
         local list = {x, y}
         for i = 3, 10 do list[i] = many[i] end
         return near(x.values, list) > near(y.values, list) + 10
      end
      assert.is_true(has_good(pruned(60, a, 9, 3), pruned(61, b, 8, 1)))
      assert.is_true(has_good(pruned(60, b, 9, 3), pruned(61, a, 8, 1)))
      assert.is_true(has_good(pruned(60, a, 9, 1), pruned(61, b, 9, 3)))
      assert.is_true(has_good(pruned(60, a, 9, 1), pruned(61, b, 9, 0 / 0)))
      assert.is_true(has_good(pruned(60, b, 9, 1), pruned(61, a, nil, nil)))
   end)

   it('tries no configuration of a countable space twice, and all of them in the end', function()
      local few = {preset, mirror, share}
      local trials, seen = search(few, function(v) return v.share end, 100, {jobs = 2}), {}
      assert.equal(30, #trials)
      assert.equal(30, tpe.count(few))
      assert.equal(math.huge, tpe.count(axes))
      for _, trial in ipairs(trials) do
         assert.is_nil(seen[key_of(few, trial.values)])
         seen[key_of(few, trial.values)] = true
      end
   end)

   it('bears equal values, infinite ones and axes of one value', function()
      local one = {preset, {name = 'x', kind = 'float', low = 2, high = 2}, {name = 'k', kind = 'int', low = 3, high = 3, step = 1},
         {name = 'y', kind = 'float', low = 0, high = 1}}
      for _, value in ipairs {0, math.huge, -math.huge} do
         local trials = search(one, function() return value end, 20, {})
         assert.equal(20, #trials)
         for _, trial in ipairs(trials) do assert.is_true(space.holds(one, trial.values)) end
      end
   end)

   it('answers among 1000 trials of 8 axes well below 100 ms', function()
      local eight = {rate, weight, share, batch, width, preset, mirror, {name = 'more', kind = 'int', low = 0, high = 1000, step = 1}}
      local trials = trials_of(numbers_of(random, eight, 1000), function(v) return v.weight + v.batch end)
      local quickest = math.huge
      for number = 1000, 1004 do
         local began = seconds()
         tpe.suggest(eight, trials, {number = number, seed = 1, direction = 'min'})
         quickest = math.min(quickest, seconds() - began)
      end
      assert.is_true(quickest < 0.06, ('%.0f ms'):format(1000 * quickest))
   end)
end)
