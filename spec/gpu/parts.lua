--- parts.lua: the parts of a card's check. Each takes the settings of check.lua and returns whether it passed, and Markdown.
local shell = require 'spec.gpu.shell'

local parts = {}

--- In the order in which they run; minutes: what each is expected to take on an H100 with 16 cores; `limit` ends it.
parts.list = {
   {name = 'build', minutes = 3, what = 'all libraries, CUDA\'s for the card\'s architecture; registers and spills of its kernels'},
   {name = 'specs', minutes = 4, what = 'all specs; on the card all cases in float32, float64 and bfloat16 against the CPU'},
   {name = 'sanitizer', minutes = 9, what = 'compute-sanitizer over the case tables: memcheck, then racecheck, synccheck, initcheck'},
   {name = 'bench', minutes = 9, what = 'steps next to PyTorch, every call of the s4GAN step next to the card\'s own rates'},
   {name = 'train', minutes = 6, what = 's4GAN trained on the card and compared with the CPU: CamVid with CAMVID= and WEIGHTS=, else '
      .. 'the built-in data'},
}

-- Below the ten minutes that some machines give to a command.
local limit = 560

local function fenced(text) return '```\n' .. text .. '\n```' end

local function environment(s)
   return ('export HILO_LIB=%s OMP_WAIT_POLICY=passive'):format(shell.quoted(s.build))
end

-- ---- build ----

-- Folders of cuBLAS and cuDNN among PyTorch's packages, where the compiler has none of its own.
local function cuda_roots(s)
   local roots, lacking = {}, {}
   local nvcc = (shell.output 'command -v nvcc'):match '^/[^\n]+' or '/usr/local/cuda/bin/nvcc'
   local packages = (shell.output(shell.quoted(s.python) .. " -c 'import nvidia; print(list(nvidia.__path__)[0])'")):match '^/[^\n]+'
   for _, library in ipairs {{'cublas', 'cublas_v2.h'}, {'cudnn', 'cudnn.h'}} do
      local name, header = unpack(library)
      local program = shell.quoted(('#include <%s>\nint main() { return 0; }'):format(header))
      local probe = shell.quoted(s.folder .. '/probe')
      local _, status = shell.output(('echo %s | %s -x cu - -l%s -o %s'):format(program, nvcc, name, probe))
      if status ~= 0 then
         local found = packages and (shell.output(('ls -d %s/*/include/%s'):format(packages, header))):match '^(/[^\n]+)/include/'
         if found then roots[#roots + 1] = found else lacking[#lacking + 1] = name end
      end
   end
   return table.concat(roots, ' '), lacking
end

function parts.build(s)
   local log, began, settings = s.folder .. '/build.log', os.time(), ''
   local targets = s.device == 'cuda' and 'all emu cuda' or 'all emu'
   if s.device == 'cuda' then
      local roots, lacking = cuda_roots(s)
      if #lacking > 0 then
         return false, ('The compiler finds no %s, and %s has none among its packages.'):format(table.concat(lacking, ', '), s.python)
      end
      settings = ('CUDA_ROOTS=%s'):format(shell.quoted(roots))
      if s.archs then settings = ('%s CUDA_ARCHS=%s'):format(settings, shell.quoted(s.archs)) end
   end
   local ok, how = shell.run(('env -u MAKEFLAGS make -j%d %s B=%s %s'):format(s.jobs, targets, shell.quoted(s.build), settings), log,
      limit)
   local text = ('`make %s %s`: %s, %d s.'):format(targets, settings, how, os.time() - began)
   if not ok then return false, text .. '\n\n' .. fenced(shell.tail(shell.read(log), 40)) end
   if s.device == 'cuda' then
      local list, status = shell.output(('luajit spec/gpu/registers.lua %s/cuda/cuda'):format(shell.quoted(s.build)))
      shell.write(s.folder .. '/registers.txt', list)
      text = text .. '\n\nRegisters, stack, spills (bytes a thread) and shared memory of the kernels:\n\n'
         .. fenced(list:match '^(.-\n%d+ kernels of[^\n]*)' or list)
      ok = status == 0
   end
   return ok, text
end

-- ---- specs ----

local function counts(text)
   local passed, failures = text:match '\n(%d+) passed, (%d+) failed'
   return tonumber(passed or 0), tonumber(failures or -1)
end

function parts.specs(s)
   local lines, all, real = {}, true, s.device == 'cuda'
   local runs = {
      {'Specs that name the device', ('--filter=%s %s'):format(s.device, real and 'spec' or 'spec/device_network_spec.lua')},
      {'The other specs', real and '--filter-out=cuda spec' or 'spec/contract_spec.lua'},
   }
   for i, run in ipairs(runs) do
      local log, began = ('%s/specs%d.log'):format(s.folder, i), os.time()
      local ok, how = shell.run(('%s; luajit %s --output=spec/report.lua %s'):format(environment(s), s.busted, run[2]), log, limit)
      local text = shell.read(log)
      local passed, failures = counts(text)
      -- a filter that finds nothing must not pass
      if passed == 0 or failures ~= 0 then ok = false end
      all = all and ok
      lines[#lines + 1] = ('%s: %s, %d passed%s, %d s.'):format(run[1], how, passed,
         failures >= 0 and (', %d failed'):format(failures) or '', os.time() - began)
      lines[#lines + 1] = fenced(shell.tail(text, ok and 60 or 150))
   end
   return all, table.concat(lines, '\n\n')
end

-- ---- compute-sanitizer ----

--- How a run of compute-sanitizer over specs ended.
---@param text string what it printed
---@param status integer its exit status
---@return boolean? ok nil where it did not end by itself
---@return string how
function parts.verdict(text, status)
   local errors = text:match 'ERROR SUMMARY: (%d+) error' or text:match 'RACECHECK SUMMARY: (%d+) hazard'
   local passed, failures = counts(text)
   if status == 124 or status == 137 then return nil, 'stopped by its time limit' end
   if not errors then return false, ('exit status %s, no summary'):format(status) end
   if tonumber(errors) > 0 then return false, ('%s errors'):format(errors) end
   if status ~= 0 or failures ~= 0 then return false, ('specs fail: %d passed, %d failed'):format(passed, failures) end
   if passed == 0 then return false, 'no spec ran' end
   return true, ('%d specs, 0 errors'):format(passed)
end

-- What of the log shows the first errors.
local function excerpt(text)
   local lines = {}
   for line in text:gmatch '[^\n]+' do
      if line:find '^=========' and #lines < 30 then lines[#lines + 1] = line end
   end
   return #lines > 0 and table.concat(lines, '\n') or shell.tail(text, 30)
end

function parts.sanitizer(s)
   if s.device ~= 'cuda' and not os.getenv 'COMPUTE_SANITIZER' then
      return true, 'compute-sanitizer needs a card; `make asan` and `make tsan` look at the emulation.'
   end
   local program = s.sanitizer
   local _, found = shell.output(program .. ' --version')
   if found ~= 0 then
      return false, ('`%s` cannot be run; it comes with the CUDA toolkit (COMPUTE_SANITIZER= names another).'):format(program)
   end
   local families, status = shell.output(('%s; luajit -e "print(table.concat(require([[spec.helper]]).families, [[ ]]))"'):format(
      environment(s)))
   if status ~= 0 then return false, fenced(families) end
   -- Products and convolutions are the libraries' kernels; the other three tools report on these what is none of ours.
   local of_libraries = {conv = true, matmul = true}
   local jobs = {}
   for _, tool in ipairs {'memcheck', 'racecheck', 'synccheck', 'initcheck'} do
      for family in families:gmatch '%S+' do
         if tool == 'memcheck' or not of_libraries[family] then jobs[#jobs + 1] = {tool = tool, family = family} end
      end
   end
   local folder, script = s.folder .. '/sanitizer', {}
   shell.output(('rm -rf %s; mkdir -p %s'):format(shell.quoted(folder), shell.quoted(folder)))
   for i, job in ipairs(jobs) do
      job.log = ('%s/%s-%s.log'):format(folder, job.tool, job.family)
      local log, cases = shell.quoted(job.log), ('^%s does as the CPU: %s '):format(s.device, job.family)
      -- HL_EXACT: each tensor a block of its exact size, so that a step beyond it is seen
      script[i] = ('%s HL_EXACT=1 OMP_NUM_THREADS=1; %s --tool %s --print-limit 20 luajit %s '
         .. '--output=spec/report.lua --filter=%s spec/device_spec.lua >%s 2>&1; echo $? >%s.status'):format(environment(s), program,
         job.tool, s.busted, shell.quoted(cases), log, log)
   end
   shell.write(folder .. '/jobs', table.concat(script, '\n') .. '\n')
   local began = os.time()
   -- xargs -I takes a line as it is, up to its size limit
   shell.run(("tr '\\n' '\\0' <%s | xargs -0 -P %d -I{} bash -c {}"):format(shell.quoted(folder .. '/jobs'),
      math.max(1, math.min(8, s.jobs))), folder .. '/xargs.log', s.seconds)
   local ok, details = true, {}
   local lines = {('%d runs of compute-sanitizer over the case tables, %d s.\n'):format(#jobs, os.time() - began),
      '| tool | cases | result |', '|---|---|---|'}
   local unfinished = 0
   for _, job in ipairs(jobs) do
      local exit, text = tonumber(shell.read(job.log .. '.status')), shell.read(job.log)
      local good, how
      if exit then good, how = parts.verdict(text, exit) else how = text == '' and 'not begun: time' or 'stopped by the time limit' end
      if good == false then
         ok = false
         details[#details + 1] = ('%s of %s:\n\n%s'):format(job.tool, job.family, fenced(excerpt(text)))
      elseif good == nil then
         unfinished = unfinished + 1
         if job.tool == 'memcheck' then ok = false end
      end
      lines[#lines + 1] = ('| %s | %s | %s%s |'):format(job.tool, job.family, good == false and '**failed**: ' or '', how)
   end
   if unfinished > 0 then lines[#lines + 1] = ('\n%d runs were not finished (SECONDS= gives more time).'):format(unfinished) end
   return ok, table.concat(lines, '\n') .. (#details > 0 and '\n\n' .. table.concat(details, '\n\n') or '')
end

-- ---- benchmark and training: scripts that print Markdown ----

local function script(s, name, command)
   local log = ('%s/%s.md'):format(s.folder, name)
   local errors = ('%s/%s.errors'):format(s.folder, name)
   local ok, how = shell.run(('%s; %s 2>%s'):format(environment(s), command, shell.quoted(errors)), log, limit)
   local text = shell.read(log)
   if not ok then text = ('%s\n\n%s\n\n%s'):format(text, how, fenced(shell.tail(shell.read(errors), 30))) end
   return ok, text
end

function parts.bench(s)
   local small = s.device ~= 'cuda' and 'SIZES=small ROUNDS=1' or ''
   return script(s, 'bench', ('export PYTHON=%s; luajit spec/bench/card.lua %s DEVICE=%s %s JSON=%s'):format(shell.quoted(s.python),
      shell.quoted(s.work or ''), s.device, small, shell.quoted(s.folder .. '/bench.json')))
end

function parts.train(s)
   local more = ''
   if s.camvid then more = ('CAMVID=%s WEIGHTS=%s'):format(shell.quoted(s.camvid), shell.quoted(s.weights)) end
   local folder = shell.quoted(s.folder .. '/runs')
   return script(s, 'train', ('mkdir -p %s; luajit spec/gpu/train.lua FOLDER=%s DEVICE=%s %s'):format(folder, folder, s.device, more))
end

return parts
