--- The check of a card, as far as it goes without one: what it is told, what it reports, how it reads what the tools say; and the
--- calls that the benchmark counts.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local check = require 'spec.gpu.check'
local parts = require 'spec.gpu.parts'
local registers = require 'spec.gpu.registers'
local report = require 'spec.gpu.report'
local shell = require 'spec.gpu.shell'
local train = require 'spec.gpu.train'
local record = require 'spec.bench.record'

local function temporary_folder()
   local path = os.tmpname()
   os.remove(path)
   shell.output('mkdir -p ' .. shell.quoted(path))
   return path, function() shell.output('rm -r ' .. shell.quoted(path)) end
end

describe('gpu-check', function()
   it('takes the parts in their own order', function()
      local names = {}
      for i, part in ipairs(check.chosen 'train, build specs') do names[i] = part.name end
      assert.same({'build', 'specs', 'train'}, names)
   end)

   it('has a function for each part', function()
      for _, part in ipairs(parts.list) do assert.equal('function', type(parts[part.name]), part.name) end
   end)

   it('says which parts there are', function()
      local message = helper.error_of(check.chosen, 'build spec')
      assert.is_truthy(message:find("no part 'spec'; PARTS takes build, specs, sanitizer, bench, train", 1, true), message)
      assert.is_truthy(helper.error_of(check.chosen, ' '):find('names no part', 1, true))
   end)

   it('keeps its defaults where a setting is empty', function()
      assert.same({PARTS = 'specs', WORK = false}, check.options({'PARTS=specs', 'WORK='}, {PARTS = 'all', WORK = false}))
      assert.is_truthy(helper.error_of(check.options, {'PART=specs'}, {PARTS = 'all'}):find("'PART=specs' is not an option", 1, true))
   end)

   it('ends at once, with the reason, where there is no card', function()
      if core.device 'cuda' then return pending 'there is one' end
      local text, status = shell.output(('cd %s && luajit spec/gpu/check.lua PARTS=specs BUILD=%s'):format(shell.quoted(core.root),
         shell.quoted(core.lib_dir)))
      local _, reason = hilo.cuda.available()
      assert.equal(1, status)
      assert.is_truthy(text:find(reason, 1, true), text)
   end)

   it('runs parts, goes on after one that fails, and reports all', function()
      if not core.device 'emu' then return pending 'the emulation is not built' end
      local folder, remove = temporary_folder()
      finally(remove)
      -- a sanitizer that finds an error in everything; a training that cannot begin, for a file is where its folder should be
      local fake = helper.write_file(folder .. '/fake', '#!/bin/sh\necho "========= ERROR SUMMARY: 1 error"\n')
      shell.output('chmod +x ' .. shell.quoted(fake))
      helper.write_file(folder .. '/runs', '')
      local words = ('DEVICE=emu BUILD=%s REPORT=%s PYTHON=false'):format(core.lib_dir, folder .. '/report.md')
      local text, status = shell.output(('cd %s && COMPUTE_SANITIZER=%s luajit spec/gpu/check.lua PARTS="sanitizer train" %s'):format(
         shell.quoted(core.root), shell.quoted(fake), words))
      assert.equal(1, status, text)
      local written = shell.read(folder .. '/report.md')
      assert.is_truthy(written:find('| sanitizer | **failed** |', 1, true), written)
      assert.is_truthy(written:find('| memcheck | conv | **failed**: 1 errors |', 1, true), written)
      assert.is_truthy(written:find('| train | **failed** |', 1, true), written)
      -- a later run of another part leaves these in the report
      text, status = shell.output(('cd %s && luajit spec/gpu/check.lua PARTS=sanitizer %s'):format(shell.quoted(core.root), words))
      assert.equal(0, status, text)
      written = shell.read(folder .. '/report.md')
      assert.is_truthy(written:find('| sanitizer | passed |', 1, true), written)
      assert.is_truthy(written:find('| train | **failed** |', 1, true), written)
   end)
end)

describe('programs of the check', function()
   it('leave all that they say, and how they ended', function()
      local folder, remove = temporary_folder()
      finally(remove)
      local log = folder .. '/log'
      assert.same({true, 'passed'}, {shell.run("echo 'it is' here; echo there >&2", log, 5)})
      assert.equal('it is here\nthere\n', shell.read(log))
      assert.same({false, 'exit status 3'}, {shell.run('exit 3', log, 5)})
      assert.same({false, 'stopped after 1 s'}, {shell.run('sleep 20', log, 1)})
   end)

   it('are shown by their last lines', function()
      assert.equal('b\n\nc', shell.tail('a\nb\n\nc\n\n', 3))
      assert.equal('', shell.tail('', 3))
   end)
end)

describe('the report of a card', function()
   it('is made of what the parts left', function()
      local folder, remove = temporary_folder()
      finally(remove)
      local result = {part = 'bench', ok = false, seconds = 75, date = '2030-01-02 03:04', revision = 'abc', device = 'cuda',
         text = '100 % of peak'}
      report.save(folder, result)
      local loaded = report.load(folder, {'build', 'bench'})
      assert.same({result}, loaded)
      local text = report.compose(loaded, {{'card', 'one'}}, 'today')
      assert.is_truthy(text:find('| bench | **failed** | 1 min 15 s | abc, cuda | 2030-01-02 03:04 |', 1, true), text)
      assert.is_truthy(text:find('## bench: failed\n\n100 % of peak', 1, true), text)
      assert.is_truthy(text:find('| card | one |', 1, true), text)
   end)

   it('tells how a run of compute-sanitizer ended', function()
      local function log(passed, failed, summary)
         return ('\n%d passed, %d failed\n========= %s\n'):format(passed, failed, summary)
      end
      assert.is_true((parts.verdict(log(4, 0, 'ERROR SUMMARY: 0 errors'), 0)))
      assert.is_true((parts.verdict(log(4, 0, 'RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)'), 0)))
      for _, bad in ipairs {{log(4, 0, 'ERROR SUMMARY: 2 errors'), 0}, {log(3, 1, 'ERROR SUMMARY: 0 errors'), 1},
         {log(0, 0, 'ERROR SUMMARY: 0 errors'), 0}, {log(4, 0, 'RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)'), 0},
         {'Segmentation fault', 139}, {'', 0}} do
         assert.is_false((parts.verdict(unpack(bad))), bad[1])
      end
      assert.is_nil((parts.verdict('', 124)))
   end)

   it('knows the scores of README.md that training on a card must reach', function()
      local readme = shell.read(core.root .. 'README.md')
      for _, method in ipairs {'supervised', 's4GAN'} do
         local scores = train.known(readme, method, 'train_1_8_s1')
         assert.equal(2, #scores)
         for _, score in ipairs(scores) do assert.is_true(score > 20 and score < 100) end
      end
      assert.is_truthy(helper.error_of(train.known, readme, 's4GAN', 'none'):find('no row for s4GAN on none', 1, true))
   end)
end)

describe('registers of kernels', function()
   local text = [[
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z4axpyIfEvv' for 'sm_90'
ptxas info    : Function properties for _Z4axpyIfEvv
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 38 registers, used 1 barriers, 128 bytes smem
ptxas info    : Compile time = 181.150 ms
ptxas info    : Compiling entry function '_Z4axpyIdEvv' for 'sm_80'
ptxas info    : Function properties for _Z4axpyIdEvv
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, 360 bytes cmem[0]
]]

   it('are read from what ptxas says', function()
      assert.same({
         {name = '_Z4axpyIfEvv', arch = 'sm_90', registers = 38, stack = 16, stores = 8, loads = 12, shared = 128},
         {name = '_Z4axpyIdEvv', arch = 'sm_80', registers = 40, stack = 0, stores = 0, loads = 0, shared = 0},
      }, registers.parse(text))
   end)

   it('are summed up by template', function()
      local kernels = registers.parse(text)
      for _, k in ipairs(kernels) do k.file = 'a.cu' end
      assert.same({{file = 'a.cu', template = 'axpy', instances = 2, registers = 40, stack = 16, stores = 8, loads = 12, shared = 128}},
         registers.summary(kernels, {_Z4axpyIfEvv = 'void (anonymous namespace)::axpy<float>()', _Z4axpyIdEvv = 'void axpy<double>()'}))
   end)
end)

describe('the calls of a step', function()
   local device = core.device 'cpu'

   -- What f asks of the device: {prototype, arguments}, and what they look like.
   local function calls(f, look)
      record.watch(device, function(p, call, ...)
         look(p, {...}, call)
         return call(...)
      end, f)
   end

   it('are seen, and seen no more afterwards', function()
      local lib, names = device.lib, {}
      local x = hilo.ones(2, 3)
      calls(function() x:fill(2) end, function(p) names[#names + 1] = p.name end)
      assert.same({'hl_fill'}, names)
      assert.equal(lib, device.lib)
      assert.has_error(function() calls(function() error 'no' end, function() end) end)
      assert.equal(lib, device.lib)
   end)

   it('have a prototype for each that the header declares', function()
      local prototypes = record.prototypes()
      local p = prototypes.hl_conv2d_sum_back
      local kinds = {}
      for i, param in ipairs(p.params) do kinds[i] = param.name .. ' ' .. param.kind end
      assert.same({'dx tensor', 'n number', 'dw list', 'db list', 'dy tensor', 'x tensor', 'w list', 'p other'}, kinds)
      assert.is_true(p.computes)
      assert.is_false(prototypes.hl_synchronize.computes)
      assert.same({}, prototypes.hl_synchronize.params)
   end)

   it('are counted in operations and bytes', function()
      local x, w = hilo.randn(2, 3, 8, 8), hilo.randn(5, 3, 3, 3)
      x.requires_grad, w.requires_grad = true, true
      local seen = {}
      calls(function() hilo.sum(hilo.conv2d(x, w, nil, {pad = 1})):backward() end, function(p, arguments)
         seen[p.name] = {flops = record.flops(p, arguments), bytes = record.bytes(p, arguments), text = record.describe(p, arguments)}
      end)
      local forward = 2 * (2 * 5 * 8 * 8) * 3 * 3 * 3
      assert.equal(forward, seen.hl_conv2d.flops)
      assert.equal(4 * (2 * 5 * 64 + 2 * 3 * 64 + 5 * 27), seen.hl_conv2d.bytes)
      assert.equal(2 * forward, seen.hl_conv2d_back.flops)
      -- dx, dy, x, w, and dw read and written
      assert.equal(4 * (2 * 3 * 64 + 2 * 5 * 64 + 2 * 3 * 64 + 5 * 27 + 2 * 5 * 27), seen.hl_conv2d_back.bytes)
      local text = seen.hl_conv2d.text
      assert.is_truthy(text:find('conv2d y=2x5x8x8:f32 x=2x3x8x8:f32 w=5x3x3x3:f32 stride_h=1', 1, true), text)
   end)

   it('are timed on copies, so that the step goes on as without', function()
      local function run(timed)
         hilo.manualSeed(4)
         local net = hilo.nn.Sequential():add(hilo.nn.SpatialConvolution(3, 4, 3, 3)):add(hilo.nn.SpatialBatchNormalization(4))
         local optimiser = hilo.optim.SGD(net, {lr = 0.1, momentum = 0.9})
         local x, times = hilo.randn(2, 3, 6, 6), {}
         local function step()
            optimiser:zeroGrad()
            hilo.sum(net(x)):backward()
            optimiser:step()
         end
         step()
         if timed then
            calls(step, function(p, arguments, call)
               if not p.computes then return end
               local own = {id = device.id, lib = getmetatable(device.lib).lib}
               local ms, why = record.time(own, p, call, arguments, {rotate = 2 ^ 14, seconds = 0, rounds = 1})
               assert(ms, why)
               times[p.name] = ms
            end)
         else
            step()
         end
         return net:stateDict(), times
      end
      local plain = run(false)
      local state, times = run(true)
      for name, t in pairs(plain) do assert.same(t:totable(), state[name]:totable()) end
      for _, name in ipairs {'hl_conv2d', 'hl_conv2d_back', 'hl_batch_norm', 'hl_batch_norm_back', 'hl_sgd'} do
         assert.is_true(times[name] > 0, name)
      end
   end)

   it('that fail again are told, not raised', function()
      local x = core.raw(hilo.ones(3))
      local too_large = function(y) return device.lib.hl_copy(y, core.raw(hilo.ones(4))) end
      local ms, why = record.time(device, record.prototypes().hl_fill, too_large, {x, 1}, {rotate = 0, seconds = 0, rounds = 1})
      assert.is_nil(ms)
      assert.is_truthy(why:find('copy', 1, true), why)
   end)
end)

describe('HL_EXACT', function()
   it('gives each tensor a block of its own size, which goes when it is freed', function()
      if not core.device 'emu' then return pending 'the emulation is not built' end
      local function after(variable)
         local script = [[local hilo = require 'hilo'; local t = hilo.empty({100}, {device = 'emu'})
            local live = hilo.memory('emu').live; t:free(); print(live, hilo.memory('emu').cached)]]
         local text = shell.output(('%s luajit -e %s'):format(variable, shell.quoted(script)))
         local live, cached = text:match '(%d+)%s+(%d+)'
         return tonumber(live), tonumber(cached)
      end
      assert.same({400, 0}, {after 'HL_EXACT=1'})
      if os.getenv 'HILO_SANITIZED' then return end -- under AddressSanitizer blocks are always so
      local live, cached = after 'HL_EXACT=0'
      assert.is_true(live > 400 and cached == live)
   end)
end)
