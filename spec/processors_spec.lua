-- How many processors a process may use.
local process = require 'hilo.io.process'

local ask = {'luajit', '-e', "io.write(require 'hilo.processors'())"}

local function counted(...)
   local words = {...}
   for _, word in ipairs(ask) do words[#words + 1] = word end
   local code, text = process.capture(words)
   assert.equal(0, code, text)
   return tonumber(text)
end

describe('the number of processors', function()
   it('is that of those that the process is bound to', function()
      assert.equal(1, counted('taskset', '-c', '0'))
      assert.is_true(counted() >= 1)
   end)

   local group = '/sys/fs/cgroup/cpu/hilo-spec'
   local may_limit = os.execute(('mkdir %s 2>/dev/null && echo 120000 2>/dev/null >%s/cpu.cfs_quota_us'):format(group, group)) == 0
   if may_limit then
      it("is no more than the quota of the process's control group", function()
         local script = ('echo $$ >%s/cgroup.procs; exec "$@"'):format(group)
         assert.equal(1, counted('sh', '-c', script, 'sh'))
         os.execute('rmdir ' .. group)
      end)
   else
      pending("is no more than the quota of the process's control group (no group can be made here)")
   end
end)
