--- long_spec.lua: a short form of spec/bench/long.lua, which takes 100 000 steps.
local long = require 'spec.bench.long'

describe('a run with all that it can do', function()
   it('keeps its memory, its open files and its threads from step to step', function()
      local change = long.change(long.run {steps = 400, script = 'small', pause = 5}, 6)
      -- of some 45 MB; what the caches and the compiler of Lua still take in a run this short
      assert.is_true(change.growth < 8, ('memory grew by %.2f %%'):format(change.growth))
      assert.same({0, 0}, {change.threads, change.handles})
   end)
end)
