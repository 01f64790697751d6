local hilo = require 'hilo'
local helper = require 'spec.helper'

local nn, optim = hilo.nn, hilo.optim
local checkpoint, safetensors = hilo.io.checkpoint, hilo.io.safetensors

local folder = os.tmpname()
os.remove(folder)
assert(os.execute('mkdir -p ' .. folder) == 0)
local path = folder .. '/last.safetensors'

local function read(name) return helper.read_file(name or path) end

local function write(name, text)
   local f = assert(io.open(name, 'wb'))
   f:write(text)
   f:close()
end

local function new_net(channels)
   local net = nn.Sequential()
   net:add(nn.SpatialConvolution(2, channels or 3, 3, 3))
   net:add(nn.SpatialBatchNormalization(channels or 3))
   net:add(nn.SpatialConvolution(channels or 3, 1, 1, 1))
   return net
end

local function new_run(channels)
   local net = new_net(channels)
   return {net = net, sgd = optim.SGD({{params = net}}, {lr = 0.1, momentum = 0.9}),
      adam = optim.Adam({hilo.Tensor(2, 2):fill(1)}, {lr = 0.1})}
end

--- A step whose gradients come from the default generator.
local function step(run)
   for _, optimiser in ipairs {run.sgd, run.adam} do
      for _, slot in ipairs(optimiser.slots) do slot.param.grad = hilo.randn(slot.param:size()) end
      optimiser:step()
   end
   run.net:stateDict()['1.running_mean']:add(1)
end

local function parts(run, meta)
   return {nets = {S = run.net}, optims = {s = run.sgd, d = run.adam}, meta = meta}
end

local function values(run)
   local all = {}
   for name, t in pairs(run.net:stateDict()) do all[name] = t:totable() end
   all.adam = run.adam.slots[1].param:totable()
   return all
end

local function copy_adam(from, to)
   hilo.no_grad(function() to.adam.slots[1].param:copy(from.adam.slots[1].param) end)
end

describe('a checkpoint', function()
   teardown(function() os.execute('rm -r ' .. folder) end)

   it('continues a run exactly', function()
      hilo.manualSeed(7)
      local run, other = new_run(), new_run()
      for _ = 1, 3 do step(run) end
      checkpoint.save(path, parts(run, {step = 3}))
      copy_adam(run, other)
      for _ = 1, 2 do step(run) end
      hilo.manualSeed(99)
      local meta = checkpoint.load(path, parts(other))
      assert.same({step = 3}, meta)
      for _ = 1, 2 do step(other) end
      assert.same(values(run), values(other))
   end)

   it('keeps every plain value that Lua has', function()
      local meta = {step = 12345678901234, third = 1 / 3, huge = math.huge, minus = -math.huge, text = 'a "b"\n\0c', yes = true,
         no = false, list = {1, 2, {x = 'y'}}, empty = {}, mixed = {1, 2, three = 3}, sparse = {[3] = 'c', [10] = 'j'},
         ['$tensor'] = 'name', big = 2ULL ^ 60, tensor = hilo.DoubleTensor {1 / 3}}
      checkpoint.save(path, {meta = meta})
      local loaded = checkpoint.load(path, {})
      assert.same({1 / 3}, loaded.tensor:totable())
      assert.is_true(loaded.big == meta.big)
      meta.tensor, loaded.tensor, meta.big, loaded.big = nil, nil, nil, nil
      assert.same(meta, loaded)
      checkpoint.save(path, {meta = {nan = 0 / 0}})
      local nan = checkpoint.load(path, {}).nan
      assert.is_true(nan ~= nan)
   end)

   it('says what it holds without being loaded', function()
      checkpoint.save(path, parts(new_run(), {step = 5, scores = {0.5}}))
      assert.same({step = 5, scores = {0.5}}, checkpoint.meta(path))
   end)

   it('says how its networks were made', function()
      local S = hilo.models.deeplab {backbone = 'resnet18', classes = 2, width = 2, checkpoint = {[3] = true},
         generator = hilo.Generator()}
      checkpoint.save(path, {nets = {S = S, T = S:clone(), own = new_net()}})
      local _, origins = checkpoint.meta(path)
      assert.equal('deeplab', origins.S.model)
      assert.equal(2, origins.S.options.width)
      assert.same(origins.S, origins.T)
      assert.same({class = 'nn.Sequential'}, origins.own)
      assert.is_true(pcall(hilo.models.deeplab, origins.S.options))
   end)

   it('is the same bytes for the same run', function()
      local run = new_run()
      checkpoint.save(path, parts(run, {b = 1, a = {2}}))
      local first = read()
      checkpoint.save(path, parts(run, {a = {2}, b = 1}))
      assert.is_true(first == read())
   end)

   it('that does not fit lists every difference and changes nothing', function()
      local run, other = new_run(3), new_run(4)
      step(run)
      checkpoint.save(path, {nets = {S = run.net, T = new_net()}, optims = {s = run.sgd}})
      local before = values(other)
      local message = helper.error_of(checkpoint.load, path, {nets = {S = other.net, D = new_net()}, optims = {s = other.sgd,
         d = other.adam}})
      for _, text in ipairs {'last.safetensors: this checkpoint does not fit', "network 'D' is not in the file",
         "network 'T' of the file was not asked for", "'0.weight' is 4x2x3x3 float32 here, 3x2x3x3 float32 in the file",
         "'2.weight' is 1x4x1x1", "optimiser 'd' is not in the file", "optimiser 's': 'velocity' of parameter 1"} do
         assert.truthy(message:find(text, 1, true), text .. '\n' .. message)
      end
      assert.same(before, values(other))
   end)

   it('may hold more than is wanted where that is said', function()
      local run, other = new_run(), new_net()
      checkpoint.save(path, parts(run))
      checkpoint.load(path, {nets = {S = other}, generator = false}, {subset = true})
      assert.same(run.net:stateDict()['0.weight']:totable(), other:stateDict()['0.weight']:totable())
   end)

   it("keeps the state tables of Torch7's functions", function()
      local config = {learningRate = 0.1, momentum = 0.9}
      local x = hilo.Tensor {1, 2}
      optim.sgd(function() return 0, hilo.Tensor {1, 1} end, x, config)
      checkpoint.save(path, {optims = {s = config}})
      local loaded = {}
      checkpoint.load(path, {optims = {s = loaded}})
      assert.equal(1, loaded.evalCounter)
      assert.same(config.dfdx:totable(), loaded.dfdx:totable())
   end)

   it('that is cut short is refused by name, and changes nothing', function()
      local run, other = new_run(), new_run()
      checkpoint.save(path, parts(run, {step = 1}))
      local text, before = read(), values(other)
      local damaged = folder .. '/damaged.safetensors'
      for i = 0, 39 do
         write(damaged, text:sub(1, math.floor(i * #text / 40)))
         local message = helper.error_of(checkpoint.load, damaged, parts(other))
         assert.truthy(message:find('damaged.safetensors', 1, true), message)
      end
      assert.same(before, values(other))
   end)

   it('with a damaged header loads whole or is refused by name', function()
      local run, other = new_run(), new_run()
      checkpoint.save(path, parts(run, {step = 1}))
      local text, refused = read(), 0
      local damaged = folder .. '/damaged.safetensors'
      local stop = text:find('}', #text - 2000, true) or 1000
      for at = 9, stop, 17 do
         write(damaged, text:sub(1, at - 1) .. string.char(require('bit').bxor(text:byte(at), at % 31 + 1)) .. text:sub(at + 1))
         local ok, message = pcall(checkpoint.load, damaged, parts(other))
         if not ok then
            refused = refused + 1
            assert.truthy(tostring(message):find('damaged.safetensors', 1, true), message)
         end
      end
      assert.is_true(refused > 20)
   end)

   it('of plain weights is told apart', function()
      safetensors.save(path, {a = hilo.Tensor {1}})
      assert.truthy(helper.error_of(checkpoint.load, path, {}):find('holds no checkpoint, only tensors', 1, true))
   end)

   it('refuses parts that it cannot save', function()
      assert.truthy(helper.error_of(checkpoint.save, path, {net = {}}):find("unknown part 'net'", 1, true))
      assert.truthy(helper.error_of(checkpoint.save, path, {nets = {S = 3}}):find("nets['S'] is not a module", 1, true))
      assert.truthy(helper.error_of(checkpoint.save, path, {meta = {f = print}}):find("'meta/f' is a function", 1, true))
      local loop = {}
      loop[1] = loop
      assert.truthy(helper.error_of(checkpoint.save, path, {meta = loop}):find('does it contain itself', 1, true))
   end)

   it('leaves the old file where the disk is full', function()
      checkpoint.save(path, {nets = {S = new_net()}, meta = {step = 1}})
      local before = read()
      local script = folder .. '/program.lua'
      write(script, ([[
         package.path = %q
         local hilo = require 'hilo'
         local net = hilo.nn.Sequential():add(hilo.nn.SpatialConvolution(20, 200, 3, 3))
         print(select(2, pcall(hilo.io.checkpoint.save, %q, {nets = {S = net}, meta = {step = 2}})))]]):format(package.path, path))
      local pipe = io.popen(("(ulimit -f 8; exec luajit %s) 2>&1"):format(script))
      local message = pipe:read('*a')
      pipe:close()
      assert.truthy(message:find('last.safetensors: cannot write: File too large', 1, true), message)
      assert.is_true(before == read())
      assert.same({step = 1}, checkpoint.meta(path))
   end)
end)

describe('load_weights', function()
   local file = folder .. '/weights.safetensors'

   before_each(function() os.execute('mkdir -p ' .. folder) end)
   teardown(function() os.execute('rm -r ' .. folder) end)

   it('copies weights by name', function()
      local from, to = new_net(), new_net()
      safetensors.save(file, from:stateDict())
      local report = hilo.io.load_weights(to, file)
      for name, t in pairs(from:stateDict()) do assert.same(t:totable(), to:stateDict()[name]:totable()) end
      assert.equal(0, #report.missing + #report.unexpected + #report.mismatched)
   end)

   it('reads what PyTorch saved, without the names of DataParallel', function()
      local net = nn.Sequential():add(nn.SpatialConvolution(2, 3, 3, 3)):add(nn.SpatialBatchNormalization(3))
      local report = hilo.io.load_weights(net, 'spec/golden/pth/nested.pth')
      assert.same({}, report.missing)
      assert.equal(2, #report.notes)
      local t = hilo.io.pth.load('spec/golden/pth/nested.pth')
      assert.same(t['module.0.weight']:totable(), net:stateDict()['0.weight']:totable())
      assert.same(t['module.1.running_mean']:totable(), net:stateDict()['1.running_mean']:totable())
   end)

   it('lists every misfit with the name of the file', function()
      safetensors.save(file, new_net(5):stateDict())
      local message = helper.error_of(hilo.io.load_weights, new_net(), file)
      assert.truthy(message:find('weights.safetensors', 1, true), message)
      assert.truthy(message:find('0.weight is 3x2x3x3 here, 5x2x3x3', 1, true), message)
      assert.truthy(message:find('2.weight is 1x3x1x1 here, 1x5x1x1', 1, true), message)
   end)

   it('takes what fits, renames and leaves out as it is told', function()
      local from, to = new_net(), new_net()
      local renamed = {}
      for name, t in pairs(from:stateDict()) do renamed['backbone.' .. name] = t end
      renamed['fc.weight'] = hilo.Tensor(3)
      safetensors.save(file, renamed)
      local function map(name) return (name:gsub('^backbone%.', '')) end
      assert.truthy(helper.error_of(hilo.io.load_weights, to, file, {map = map}):find('unexpected: fc.weight', 1, true))
      local report = hilo.io.load_weights(to, file, {map = map, ignore = {'^fc%.'}})
      assert.same({}, report.unexpected)
      assert.same(from:stateDict()['2.weight']:totable(), to:stateDict()['2.weight']:totable())
      report = hilo.io.load_weights(to, file, {partial = true, map = map})
      assert.same({'fc.weight'}, report.unexpected)
      assert.truthy(helper.error_of(hilo.io.load_weights, to, file, {map = function() return 'x' end}):find('both mapped', 1, true))
      assert.truthy(helper.error_of(hilo.io.load_weights, to, file, {strict = true}):find("no option 'strict'", 1, true))
   end)
end)
