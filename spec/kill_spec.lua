--- kill_spec.lua: some kills of spec/kill/kill.lua.
local killing = require 'spec.kill.kill'

describe('a run that is killed at any instant', function()
   it('ends as one that nobody disturbed, to the last bit, with each line of its log once', function()
      local self = killing.start(tonumber(os.getenv 'SEED') or 1)
      for _, script in ipairs {'s4gan', 'mlmt', 'fuse'} do self:one(script, tonumber(os.getenv 'KILLS') or 2) end
      assert.equal(3, self.finished)
      assert.is_true(self.kills >= 3, table.concat(self:told(), '\n'))
      self:remove()
   end)
end)
