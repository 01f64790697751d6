-- Which trials a pruner ends: those that stay behind the others at the same step, and no others.
local pruners = require 'hilo.sweep.pruners'

-- A trial that reported these values at steps 10, 20, ...
local function trial(...)
   local curve = {}
   for i, value in ipairs {...} do curve[i] = {step = 10 * i, value = value} end
   return {state = 'complete', curve = curve}
end

local function decide(name, own, others, options)
   options = options or {}
   options.direction = options.direction or 'max'
   return pruners[name].decide(own, others, own.curve[#own.curve].step, options)
end

local others = {trial(1, 10), trial(2, 20), trial(3, 30), trial(4, 40), trial(5, 50)}
local nan = 0 / 0

describe('the median pruner', function()
   it('ends a trial whose best is below the median of the others at this step', function()
      assert.is_true(decide('median', trial(2.9), others))
      assert.is_false(decide('median', trial(3), others))
      assert.is_false(decide('median', trial(3.1), others))
      assert.is_true(decide('median', trial(9, 29), others))
      assert.is_false(decide('median', trial(31, 3), others)) -- what it had before counts
   end)

   it('knows which direction is good', function()
      assert.is_false(decide('median', trial(2.9), others, {direction = 'min'}))
      assert.is_true(decide('median', trial(3.1), others, {direction = 'min'}))
   end)

   it('waits until enough trials have come to the step, and for its warm-up', function()
      assert.is_false(decide('median', trial(0), {others[1], others[2], others[3], others[4]}))
      assert.is_true(decide('median', trial(0), {others[4]}, {n_startup_trials = 1}))
      assert.is_false(decide('median', trial(0), others, {n_warmup_steps = 11}))
      assert.is_false(decide('median', trial(1, 1, 1), others)) -- no other has come to step 30
   end)

   it('ends what is not a number and leaves failed trials out', function()
      assert.is_true(decide('median', trial(nan), others))
      local failed = {}
      for i, other in ipairs(others) do failed[i] = {state = 'failed', curve = other.curve} end
      assert.is_false(decide('median', trial(0), failed))
      assert.is_false(decide('median', trial(0), {trial(nan), trial(nan), trial(nan), trial(nan), trial(5)}))
   end)
end)

describe('asynchronous successive halving', function()
   it('lets one in four go on at a rung', function()
      local eight = {}
      for i = 1, 7 do eight[i] = trial(i) end
      assert.is_false(decide('asha', trial(8), eight))
      assert.is_false(decide('asha', trial(6.5), eight)) -- the second of eight
      assert.is_true(decide('asha', trial(5.5), eight))  -- the third
      assert.is_true(decide('asha', trial(5.5), eight, {reduction_factor = 3}))
      assert.is_false(decide('asha', trial(5.5), eight, {reduction_factor = 2}))
   end)

   it('lets the best go on while there are few, and the first always', function()
      assert.is_false(decide('asha', trial(1), {}))
      assert.is_false(decide('asha', trial(2), {trial(1)}))
      assert.is_true(decide('asha', trial(1), {trial(2)}))
      assert.is_false(decide('asha', trial(1), {trial(2)}, {direction = 'min'}))
   end)

   it('judges at rungs alone: the first reported step, four times that, sixteen times that', function()
      local best = {trial(9, 9, 9, 9, 9, 9)}
      assert.is_true(decide('asha', trial(1), best))
      assert.is_false(decide('asha', trial(9, 1), best))
      assert.is_false(decide('asha', trial(9, 1, 1), best))
      assert.is_true(decide('asha', trial(9, 1, 1, 1), best))
      assert.is_false(decide('asha', trial(9, 9, 9, 9, 1), best))
      assert.is_true(decide('asha', trial(9, 1), best, {min_resource = 20}))
      assert.is_false(decide('asha', trial(1), best, {min_resource = 20}))
   end)

   it('ends what is not a number', function() assert.is_true(decide('asha', trial(nan), {})) end)

   it('needs a direction and a factor of two', function()
      assert.has_error(function() decide('asha', trial(1), {}, {direction = 'up'}) end)
      assert.has_error(function() decide('asha', trial(1), {}, {reduction_factor = 1}) end)
   end)
end)

it('no pruner ends nothing', function() assert.is_false(pruners.none.decide()) end)
