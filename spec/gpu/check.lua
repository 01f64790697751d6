--- check.lua: what `make gpu-check` does: on a machine with an NVIDIA card it builds, tests, times and trains hilo there and writes a
--- report. A part that fails does not stop the others; the exit status is 0 where all passed.
---
---    luajit spec/gpu/check.lua [PARTS='build specs sanitizer bench train'] [REPORT=build/gpu-check/report.md] [ARCHS='90'] [JOBS=n]
---       [CAMVID=<folder in VOC's layout> WEIGHTS=<resnet18.pth>] [WORK=<pattern of the benchmark's works>] [SECONDS=540]
---       [PYTHON=python3] [BUILD=build] [DEVICE=cuda|emu] | help
---
--- What a part leaves lies beside the report; a report names all parts that were run so far, so they can be run at different times.
--- DEVICE=emu tries the check itself where there is no card.
package.path = './?.lua;' .. package.path
local shell = require 'spec.gpu.shell'
local parts = require 'spec.gpu.parts'

local check = {}

--- KEY=value words; an error names one that is unknown.
---@param words string[]
---@param defaults table<string, string|false>
---@return table<string, string|false>
function check.options(words, defaults)
   local o = {}
   for key, value in pairs(defaults) do o[key] = value end
   for _, word in ipairs(words) do
      local key, value = word:match '^(%u+)=(.*)$'
      if not key or defaults[key] == nil then
         local names = {}
         for name in pairs(defaults) do names[#names + 1] = name end
         table.sort(names)
         error(("gpu-check: '%s' is not an option; it takes %s as KEY=value"):format(word, table.concat(names, ', ')), 0)
      end
      if value ~= '' then o[key] = value end
   end
   return o
end

--- The parts that a list of words names, in their own order.
---@param words string
---@return table[]
function check.chosen(words)
   local wanted, list, names = {}, {}, {}
   for word in words:gmatch '[^%s,]+' do wanted[word] = true end
   for _, part in ipairs(parts.list) do
      names[#names + 1] = part.name
      if wanted[part.name] then list[#list + 1] = part end
      wanted[part.name] = nil
   end
   local unknown = next(wanted)
   if unknown then error(("gpu-check: there is no part '%s'; PARTS takes %s"):format(unknown, table.concat(names, ', ')), 0) end
   if #list == 0 then error('gpu-check: PARTS names no part; it takes ' .. table.concat(names, ', '), 0) end
   return list
end

-- Why hilo cannot use the device, or nil; where its library is not built yet false, and that text.
local function unusable(s)
   local text, status = shell.output(('export HILO_LIB=%s; luajit -e "local d, why = require([[hilo.core]]).device([[%s]]); '
      .. 'if not d then print(why) os.exit(1) end"'):format(shell.quoted(s.build), s.device))
   if status == 0 then return nil end
   local reason = text:match '[^\n]+'
   local library = io.open(('%s/libhilo_%s.so'):format(s.build, s.device))
   if not library then return false, reason end
   library:close()
   return reason
end

-- What is missing before anything long is begun.
local function missing(s, chosen)
   local why, not_built = unusable(s)
   if why == nil then return nil end
   local builds = chosen[1].name == 'build'
   if why then
      -- an old library may be what is wrong; a build mends that
      if not builds then return why end
   elseif not builds then
      return not_built .. '; or begin with PARTS=build'
   end
   if s.device ~= 'cuda' then return nil end
   local cards, status = shell.output 'nvidia-smi -L'
   if status ~= 0 or not cards:find 'GPU' then
      return ('there is no NVIDIA card: nvidia-smi says: %s; hilo says: %s'):format(shell.tail(cards, 1), why or not_built)
   end
   local _, nvcc = shell.output 'command -v nvcc || test -x /usr/local/cuda/bin/nvcc'
   if nvcc ~= 0 then return 'there is no nvcc in the PATH or /usr/local/cuda; install the CUDA toolkit (12 or 13) with cuDNN 9' end
end

local function run_part(part, s)
   if part.name ~= 'build' then
      local why, not_built = unusable(s)
      if why ~= nil then return false, 'hilo cannot use the device: ' .. (why or not_built) end
   end
   local ran, ok, text = pcall(parts[part.name], s)
   if not ran then return false, tostring(ok) end
   return ok, text
end

local function help()
   print 'make gpu-check: builds, tests, times and trains hilo on the card of this machine, and writes a report.\n'
   print 'PARTS=... chooses. Each ends within ten minutes; expected on an H100 with 16 cores:'
   for _, part in ipairs(parts.list) do print(('   %-10s %d min  %s'):format(part.name, part.minutes, part.what)) end
   print '\nREPORT=file (build/gpu-check/report.md); what the parts leave lies beside it'
   print 'ARCHS=90: architectures to build for, the card\'s own if not given; JOBS=n: jobs of make and of compute-sanitizer'
   print 'CAMVID=<folder in VOC\'s layout> WEIGHTS=<resnet18.pth>: trains on CamVid and compares with README\'s table'
   print 'WORK=<pattern>: works of the benchmark; SECONDS=540: time for compute-sanitizer; PYTHON=python3: one that has PyTorch'
   print 'DEVICE=emu: tries the check itself where there is no card'
end

local function main(words)
   if words[1] == 'help' then return help() end
   local o = check.options(words, {PARTS = 'build specs sanitizer bench train', REPORT = 'build/gpu-check/report.md', ARCHS = false,
      JOBS = (shell.output 'nproc'):match '%d+' or '2', CAMVID = false, WEIGHTS = false, WORK = false, SECONDS = '540',
      PYTHON = os.getenv 'PYTHON' or 'python3', BUILD = 'build', DEVICE = 'cuda'})
   local chosen = check.chosen(o.PARTS)
   if (o.CAMVID and 1) ~= (o.WEIGHTS and 1) then error('gpu-check: CAMVID= and WEIGHTS= go together', 0) end
   local here = (shell.output 'pwd'):match '[^\n]+'
   local s = {
      device = o.DEVICE, build = o.BUILD:match '^/' and o.BUILD or here .. '/' .. o.BUILD,
      folder = o.REPORT:match '^(.*)/[^/]*$' or '.', jobs = tonumber(o.JOBS), archs = o.ARCHS,
      python = o.PYTHON, work = o.WORK, camvid = o.CAMVID, weights = o.WEIGHTS,
      seconds = tonumber(o.SECONDS), sanitizer = os.getenv 'COMPUTE_SANITIZER' or 'compute-sanitizer',
      busted = (shell.output 'command -v busted'):match '^/[^\n]+' or '/usr/bin/busted',
   }
   local why = missing(s, chosen)
   if why then error('gpu-check: ' .. why, 0) end
   if s.device == 'cuda' and not s.archs then
      s.archs = (shell.output 'nvidia-smi --query-gpu=compute_cap --format=csv,noheader'):match '^%s*(%d+%.%d+)'
      s.archs = s.archs and s.archs:gsub('%.', '')
   end
   local report = require 'spec.gpu.report' -- needs lua-cjson
   shell.output('mkdir -p ' .. shell.quoted(s.folder))
   local passed = true
   for _, part in ipairs(chosen) do
      io.write(('%-10s '):format(part.name))
      io.flush()
      local began = os.time()
      local ok, text = run_part(part, s)
      passed = passed and ok
      report.save(s.folder, {part = part.name, ok = ok, seconds = os.time() - began, date = os.date '%Y-%m-%d %H:%M',
         revision = report.revision(), device = s.device, text = text})
      print(('%s, %d s'):format(ok and 'passed' or 'FAILED', os.time() - began))
   end
   local names = {}
   for i, part in ipairs(parts.list) do names[i] = part.name end
   shell.write(o.REPORT, report.compose(report.load(s.folder, names), report.machine(s.device, s.python), os.date '%Y-%m-%d %H:%M'))
   print('report: ' .. o.REPORT)
   return passed
end

if arg and arg[0] and arg[0]:find 'check%.lua$' then
   local ok, result = pcall(main, arg)
   if not ok then io.stderr:write(tostring(result), '\n') end
   os.exit(ok and result ~= false and 0 or 1)
end

return check
