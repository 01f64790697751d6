-- What share each axis of a sweep has in its best trials.
local importance = require 'hilo.sweep.importance'
local random = require 'hilo.sweep.samplers.random'

local axes = {
   {name = 'rate', kind = 'float', low = 1e-5, high = 1e-1, log = true},
   {name = 'slight', kind = 'float', low = -1, high = 1},
   {name = 'preset', kind = 'choice', choices = {'default', 'original', 'third'}},
   {name = 'batch', kind = 'int', low = 1, high = 8, step = 1},
   {name = 'idle', kind = 'int', low = 1, high = 500, log = true, step = 1},
}

local function trials_of(n, f, seed)
   local trials = {}
   for number = 0, n - 1 do
      local values = random.suggest(axes, {}, {number = number, seed = seed or 1})
      trials[number + 1] = {number = number, values = values, state = 'complete', value = f(values)}
   end
   return trials
end

local function loss(v) return (math.log10(v.rate) + 3) ^ 2 + 0.02 * v.slight ^ 2 end

describe('the importance of axes', function()
   it('adds to 1 and is largest where the value depends on the axis', function()
      local shares = importance(axes, trials_of(300, loss), {direction = 'min'})
      local sum = 0
      for _, axis in ipairs(axes) do sum = sum + shares[axis.name] end
      assert.near(1, sum, 1e-9)
      assert.is_true(shares.rate > 0.9)
   end)

   it('sees choices and whole numbers', function()
      local shares = importance(axes, trials_of(300, function(v) return v.preset == 'third' and 0 or 1 end), {direction = 'min'})
      assert.is_true(shares.preset > 0.75) -- the choices are smoothed
      shares = importance(axes, trials_of(300, function(v) return math.abs(v.batch - 3) end), {direction = 'min'})
      assert.is_true(shares.batch > 0.9)
   end)

   it('is that of Optuna 5, but for the even part of densities', function()
      local theirs = {
         {function(v) return v.preset == 'third' and 0 or 1 end,
            {rate = 0.0744, slight = 0.0236, preset = 0.8051, batch = 0.0873, idle = 0.0096}},
         {function(v) return loss(v) + math.log(v.idle) + (v.batch - 3) ^ 2 / 4 end,
            {rate = 0.1944, slight = 0.0083, preset = 0.0047, batch = 0.2039, idle = 0.5887}},
      }
      for _, case in ipairs(theirs) do
         local shares = importance(axes, trials_of(300, case[1]), {direction = 'min'})
         for name, share in pairs(case[2]) do assert.near(share, shares[name], 0.002, name) end
      end
   end)

   it('divides between axes that matter alike', function()
      local shares = importance(axes, trials_of(500, function(v) return math.abs(math.log10(v.rate) + 3) / 2 + math.abs(v.slight) end),
         {direction = 'min'})
      assert.near(0.5, shares.rate, 0.15)
      assert.near(0.5, shares.slight, 0.15)
   end)

   it('follows the direction', function()
      local up, down = trials_of(100, function(v) return -loss(v) end), trials_of(100, loss)
      assert.same(importance(axes, down, {direction = 'min'}), importance(axes, up, {direction = 'max'}))
      assert.not_same(importance(axes, down, {direction = 'min'}), importance(axes, down, {direction = 'max'}))
   end)

   it('asks how trials became the best ones: other shares for a wider top', function()
      -- the choice parts the upper half from the lower; the rate decides within
      local function f(v) return (v.preset == 'third' and 0 or 10) + math.abs(math.log10(v.rate) + 3) end
      local trials = trials_of(600, f)
      local narrow = importance(axes, trials, {direction = 'min', top = 0.03})
      local wide = importance(axes, trials, {direction = 'min', top = 0.33})
      assert.is_true(narrow.rate > narrow.preset)
      assert.is_true(wide.preset > 0.9)
      assert.has_error(function() importance(axes, trials, {direction = 'min', top = 1}) end)
   end)

   it('does not depend on the order of the trials', function()
      local trials, turned = trials_of(40, loss), {}
      for i, trial in ipairs(trials) do turned[#trials + 1 - i] = trial end
      local a, b = importance(axes, trials, {direction = 'min'}), importance(axes, turned, {direction = 'min'})
      for name, share in pairs(a) do assert.near(share, b[name], 1e-9) end
   end)

   it('reads complete trials with a value alone', function()
      local trials = trials_of(60, loss)
      local shares = importance(axes, trials, {direction = 'min'})
      local values = {rate = 1e-5, slight = 1, preset = 'third', batch = 1, idle = 1}
      for i, state in ipairs {'running', 'waiting', 'pruned', 'failed', 'complete', 'complete', 'complete'} do
         trials[#trials + 1] = {number = 60 + i, values = values, state = state, value = ({-9, -9, -9, -9, nil, 0 / 0, -math.huge})[i]}
      end
      assert.same(shares, importance(axes, trials, {direction = 'min'}))
   end)

   it('leaves trials out where they do not lie on an axis', function()
      local trials = trials_of(60, loss)
      for i = 1, 20 do trials[i].values.preset = 'gone' end
      for i = 21, 30 do trials[i].values.slight = nil end
      local shares, sum = importance(axes, trials, {direction = 'min'}), 0
      for _, share in pairs(shares) do sum = sum + share end
      assert.near(1, sum, 1e-9)
      assert.is_true(shares.rate > shares.idle)
   end)

   it('is equal for all axes where all trials are equally good', function()
      for _, share in pairs(importance(axes, trials_of(20, function() return 3 end), {direction = 'max'})) do
         assert.near(1 / 5, share, 1e-9)
      end
   end)

   it('says why there is none', function()
      local shares, reason = importance(axes, trials_of(3, loss), {direction = 'min'})
      assert.is_nil(shares)
      assert.equal('it takes 4 finished trials, there are 3', reason)
      shares, reason = importance({}, trials_of(9, loss), {direction = 'min'})
      assert.is_nil(shares)
      assert.equal('the sweep has no axes', reason)
   end)
end)
