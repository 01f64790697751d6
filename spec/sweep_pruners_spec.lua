-- Which trials of a sweep are ended early.
local pruners = require 'hilo.sweep.pruners'

local nan = 0 / 0

-- A trial that reported the values at the steps every, 2 * every, ...
local function trial_of(values, state, every)
   local curve = {}
   for i, value in ipairs(values) do curve[i] = {step = i * (every or 10), value = value} end
   return {number = 0, state = state or 'running', curve = curve}
end

local function decides(pruner, values, others, options, every)
   local trial = trial_of(values, 'running', every)
   return pruners[pruner].decide(trial, others, trial.curve[#trial.curve].step, options)
end

describe('no pruner', function()
   it('ends nothing', function()
      assert.is_false(decides('none', {nan}, {trial_of({1}, 'complete')}, {direction = 'max'}))
   end)
end)

describe('the median pruner', function()
   local others = {}
   for i = 1, 5 do others[i] = trial_of({10 * i, 20 * i, 30 * i}, 'complete') end -- medians 30, 60, 90

   it('ends a trial that stays behind the median at the same step', function()
      assert.is_true(decides('median', {29}, others, {direction = 'max'}))
      assert.is_false(decides('median', {30}, others, {direction = 'max'}))
      assert.is_true(decides('median', {35, 59}, others, {direction = 'max'}))
   end)

   it('follows the direction', function()
      assert.is_true(decides('median', {31}, others, {direction = 'min'}))
      assert.is_false(decides('median', {30}, others, {direction = 'min'}))
   end)

   it('takes the best value of a trial so far', function()
      assert.is_false(decides('median', {61, 10}, others, {direction = 'max'}))
      assert.is_false(decides('median', {nan, 61}, others, {direction = 'max'}))
   end)

   it('ends a trial that diverged', function()
      assert.is_true(decides('median', {90, nan}, others, {direction = 'max'}))
      assert.is_true(decides('median', {nan}, {}, {direction = 'min'}))
   end)

   it('waits for complete trials, does not count others, and leaves out what diverged', function()
      local few = {others[1], others[2], others[3], others[4], trial_of({50}, 'running'), trial_of({50}, 'pruned')}
      assert.is_false(decides('median', {1}, few, {direction = 'max'}))
      assert.is_true(decides('median', {1}, few, {direction = 'max', n_startup_trials = 4}))
      few[5] = trial_of({nan}, 'complete') -- median 25 of the other four
      assert.is_true(decides('median', {24}, few, {direction = 'max'}))
      assert.is_false(decides('median', {25}, few, {direction = 'max'}))
   end)

   it('does not judge at a step that no other has reported', function()
      assert.is_false(decides('median', {0, 0, 0, 0}, others, {direction = 'max'}))
   end)

   it('judges from the warm-up on, once an interval', function()
      local options = {direction = 'max', n_warmup_steps = 15, interval_steps = 20}
      assert.is_false(decides('median', {0}, others, options))
      assert.is_true(decides('median', {0, 0}, others, options))    -- 20, the first from 15 on
      assert.is_false(decides('median', {0, 0, 0}, others, options)) -- 30 lies before 35
      local long = {}
      for i = 1, 5 do long[i] = trial_of({1, 1, 1, i}, 'complete') end
      assert.is_true(decides('median', {0, 0, 0, 0}, long, options)) -- 40, the first from 35 on
   end)

   it('says which option is wrong', function()
      local ok, message = pcall(decides, 'median', {1}, others, {direction = 'up'})
      assert.is_false(ok)
      assert.truthy(message:find("direction is 'max' or 'min', got 'up'", 1, true))
      ok, message = pcall(decides, 'median', {1}, others, {direction = 'max', interval_steps = 0})
      assert.is_false(ok)
      assert.truthy(message:find('interval_steps is a number of 1 or more, got 0', 1, true))
   end)
end)

describe('successive halving', function()
   local function at_first_rung(values)
      local others = {}
      for i, value in ipairs(values) do others[i] = trial_of({value}, i % 2 == 0 and 'pruned' or 'running') end
      return others
   end

   it('lets the best quarter of those at a rung go on', function()
      local others = at_first_rung {10, 20, 30, 40, 50, 60, 70} -- with the trial itself 8, of which 2 stay
      assert.is_false(decides('asha', {65}, others, {direction = 'max'}))
      assert.is_true(decides('asha', {59}, others, {direction = 'max'}))
      assert.is_false(decides('asha', {15}, others, {direction = 'min'}))
      assert.is_true(decides('asha', {21}, others, {direction = 'min'}))
      assert.is_false(decides('asha', {59}, others, {direction = 'max', reduction_factor = 2}))
   end)

   it('ends nothing while fewer than the factor have come to a rung', function()
      assert.is_false(decides('asha', {1}, at_first_rung {10, 20}, {direction = 'max'}))
      assert.is_true(decides('asha', {1}, at_first_rung {10, 20, 30}, {direction = 'max'}))
   end)

   it('judges at the rungs alone', function()
      local others = {}
      for i = 1, 7 do others[i] = trial_of({10 * i, 10 * i, 10 * i, 10 * i, 10 * i}, 'complete') end
      for n = 1, 5 do -- rungs at the steps 10 and 40
         local values = {}
         for i = 1, n do values[i] = 5 end
         assert.equal(n == 1 or n == 4, decides('asha', values, others, {direction = 'max'}))
      end
   end)

   it('judges by the first point from a rung on, where steps are others', function()
      local others = {trial_of({1, 50}, 'complete', 30), trial_of({1, 60}, 'complete', 30), trial_of({1, 70}, 'complete', 30)}
      local options = {direction = 'max', min_resource = 35}
      assert.is_true(decides('asha', {99, 99, 99, 69}, others, options))  -- the point 40 against the others' 60
      assert.is_false(decides('asha', {0, 0, 0, 70}, others, options))
      assert.is_false(decides('asha', {0, 0, 0, 70, 0}, others, options)) -- 50 is the second from 35 on
   end)

   it('has its first rung where it is told', function()
      local others = at_first_rung {10, 20, 30}
      assert.is_false(decides('asha', {1}, others, {direction = 'max', min_resource = 20}))
      assert.is_false(decides('asha', {1}, others, {direction = 'max', min_early_stopping_rate = 1}))
      local ok, message = pcall(decides, 'asha', {1}, others, {direction = 'max', min_resource = 0})
      assert.is_false(ok)
      assert.truthy(message:find("min_resource is a number of steps above 0, or 'auto', got 0", 1, true))
   end)

   it('does not take a report at step 0 for a rung', function()
      local trial = {number = 0, state = 'running', curve = {{step = 0, value = 1}}}
      local others = {}
      for i = 1, 3 do others[i] = {number = i, state = 'complete', curve = {{step = 0, value = 9}, {step = 5, value = 9}}} end
      assert.is_false(pruners.asha.decide(trial, others, 0, {direction = 'max'}))
      assert.is_false(pruners.asha.decide(trial, {}, 0, {direction = 'max'}))
   end)

   it('ends a trial that diverged, and takes it for no competitor', function()
      assert.is_true(decides('asha', {1, nan}, {}, {direction = 'max'}))
      assert.is_false(decides('asha', {1}, at_first_rung {nan, nan, nan}, {direction = 'max'}))
   end)
end)
