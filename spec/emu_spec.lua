--- What the emulation of the CUDA kernels finds: kernels of spec/emu/planted.cu with one mistake each, and the same without it, in
--- the three ways it is built.
local core = require 'hilo.core'

local function output_of(command)
   local pipe = assert(io.popen(('cd "%s" && { %s; } 2>&1; echo "status $?"'):format(core.root, command)))
   local text = pipe:read('*a')
   pipe:close()
   local status = text:match('status (%d+)%s*$')
   return text, tonumber(status)
end

-- Builds the program; gives a function that runs it.
local function program(name, sanitize)
   local folder = 'build/planted_' .. name
   local text, status = output_of(('make -s B=%s SANITIZE= EMU_SANITIZE=%s %s/planted'):format(folder, sanitize, folder))
   assert(status == 0, text)
   return function(kernel, how)
      -- ThreadSanitizer does not start where addresses are drawn from too wide a range
      local fixed = '$(setarch -R true 2>/dev/null && echo setarch -R)'
      return output_of(('env -u LD_PRELOAD ASAN_OPTIONS=detect_leaks=0 %s %s/planted %s %s'):format(fixed, folder, kernel, how))
   end
end

local builds = {
   {
      name = 'the plain build', folder = 'plain', sanitize = '',
      {'a missing barrier', 'turn', {'element 0 is %-?nan'}},
      {'a barrier that half of a block never reaches', 'sums',
         {'kernel %(sums', 'block %(0,0,0%): 32 of 64 threads wait', 'kernel%.cuh:%d+', 'the others never reach'}},
      {'different barriers', 'apart',
         {'kernel %(apart', 'thread 0 waits at.*planted%.cu:%d+, thread 32 at the one at .*planted%.cu:%d+'}},
      {'a shuffle that half of a warp never reaches', 'half_warp', {'kernel %(half_warp', '16 of 32 threads wait', 'planted%.cu:%d+'}},
   },
   {
      name = 'AddressSanitizer', folder = 'address', sanitize = '-fsanitize=address',
      {'a write beyond a tensor', 'ones', {'AddressSanitizer: heap%-buffer%-overflow', 'WRITE of size 4', 'planted%.cu:%d+'}},
      {'a write beyond shared memory', 'shared_ones', {'AddressSanitizer: use%-after%-poison', 'WRITE of size 4', 'planted%.cu:%d+'}},
   },
   {
      name = 'ThreadSanitizer', folder = 'thread', sanitize = '-fsanitize=thread',
      {'a missing barrier', 'turn', {'ThreadSanitizer: data race', 'planted%.cu:%d+'}},
      {'blocks that add to one element', 'count', {'ThreadSanitizer: data race', 'planted%.cu:%d+'}},
   },
}

for _, build in ipairs(builds) do
   describe(build.name .. ' of the emulation', function()
      local run
      setup(function() run = program(build.folder, build.sanitize) end)

      for _, case in ipairs(build) do
         local what, kernel, found = unpack(case)
         it('finds ' .. what, function()
            local text, status = run(kernel, 'mistaken')
            assert.are_not.equal(0, status)
            for _, pattern in ipairs(found) do assert.is_truthy(text:find(pattern), text) end
         end)
      end

      it('finds nothing in kernels without mistakes', function()
         for _, kernel in ipairs {'turn', 'ones', 'shared_ones', 'sums', 'apart', 'half_warp', 'count'} do
            local text, status = run(kernel, 'sound')
            assert.equal('status 0\n', text)
            assert.equal(0, status)
         end
      end)
   end)
end
