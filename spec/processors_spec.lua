-- How many processors a process may use, and how many threads it has.
local process = require 'hilo.io.process'
local processors = require 'hilo.processors'

local ask = {'luajit', '-e', "io.write(require 'hilo.processors'(), ' ', require 'hilo'.getnumthreads())"}

-- Processors and threads of a process that is started with words before its own.
local function counted(...)
   local words = {'env', '-u', 'OMP_NUM_THREADS', ...}
   for _, word in ipairs(ask) do words[#words + 1] = word end
   local code, text = process.capture(words)
   assert.equal(0, code, text)
   local found, threads = text:match('^(%d+) (%d+)$')
   return tonumber(found), tonumber(threads)
end

local v2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
local v1 = '31 23 0:28 / /sys/fs/cgroup/cpuset rw shared:5 - cgroup cgroup rw,cpuset\n'
   .. '32 23 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:6 - cgroup cgroup rw,cpu,cpuacct\n'

-- What is found where the system's files read so and the process is bound to eight processors.
local function of(files)
   files['/proc/self/status'] = files['/proc/self/status'] or 'Name:\tluajit\nCpus_allowed:\tff\nCpus_allowed_list:\t0-5,8,10\n'
   return processors(function(path) return files[path] end)
end

describe('the number of processors', function()
   it('is that of those that the process is bound to, and so is that of threads', function()
      assert.same({1, 1}, {counted('taskset', '-c', '0')})
      local found, threads = counted()
      assert.equal(found, threads)
      assert.equal(8, of {})
   end)

   it('leaves the threads that OMP_NUM_THREADS asks for', function()
      local found, threads = counted('OMP_NUM_THREADS=3')
      assert.equal(counted(), found)
      assert.equal(3, threads)
   end)

   it('is no more than the quota of a group of version 2 and of those above it', function()
      local files = {['/proc/self/mountinfo'] = v2, ['/proc/self/cgroup'] = '0::/user.slice/job\n'}
      files['/sys/fs/cgroup/user.slice/job/cpu.max'] = 'max 100000\n'
      assert.equal(8, of(files))
      files['/sys/fs/cgroup/user.slice/cpu.max'] = '350000 100000\n'
      assert.equal(4, of(files))
      files['/sys/fs/cgroup/user.slice/job/cpu.max'] = '200000 100000\n'
      assert.equal(2, of(files))
   end)

   it('is no more than the quota of a group of version 1', function()
      local files = {['/proc/self/mountinfo'] = v1, ['/proc/self/cgroup'] = '5:cpuset:/job\n4:cpu,cpuacct:/job\n0::/\n'}
      files['/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us'] = '-1\n'
      files['/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us'] = '100000\n'
      assert.equal(8, of(files))
      files['/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us'] = '300000\n'
      assert.equal(3, of(files))
   end)

   it('finds the quota in a container, where the top folder shows the group of the process', function()
      local mount = v2:gsub('0:26 / ', '0:26 /docker/4f1 ')
      assert.equal(2, of {['/proc/self/mountinfo'] = mount, ['/proc/self/cgroup'] = '0::/docker/4f1\n',
         ['/sys/fs/cgroup/cpu.max'] = '150000 100000\n'})
   end)

   it('counts a quota to the nearest whole number, and at least one', function()
      for quota, n in pairs {[20000] = 1, [120000] = 1, [149000] = 1, [150000] = 2, [260000] = 3} do
         assert.equal(n, of {['/proc/self/mountinfo'] = v2, ['/proc/self/cgroup'] = '0::/\n',
            ['/sys/fs/cgroup/cpu.max'] = quota .. ' 100000\n'})
      end
   end)

   local group = '/sys/fs/cgroup/cpu/hilo-spec'
   local may_limit = os.execute(('mkdir %s 2>/dev/null && echo 120000 2>/dev/null >%s/cpu.cfs_quota_us'):format(group, group)) == 0
   if may_limit then
      it("is no more than the quota of the process's control group, and so is that of threads", function()
         local script = ('echo $$ >%s/cgroup.procs; exec "$@"'):format(group)
         assert.same({1, 1}, {counted('sh', '-c', script, 'sh')})
         os.execute('rmdir ' .. group)
      end)
   else
      pending("is no more than the quota of the process's control group (no group can be made here)")
   end
end)
