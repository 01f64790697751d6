--- non_finite_spec.lua: runs whose losses become NaN or infinite: what they say, what they leave, and on_nan=skip.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local lock = require 'hilo.io.lock'
local tiny = require 'spec.tiny_set'

local nn, optim, train = hilo.nn, hilo.optim, hilo.train

-- A job whose inputs are drawn from the generator; what the network gives is multiplied by huge[t], where that is given.
local function job_of(huge, steps)
   local net = nn.Sequential():add(nn.Linear(3, 4)):add(nn.BatchNormalization(4)):add(nn.Linear(4, 1))
   local sgd = optim.SGD(net, {lr = 0.01, momentum = 0.9})
   return net, {steps = steps or 10, score = 'mean_iou', nets = {S = net}, optims = {S = sgd},
      step = function(t)
         local y = net(hilo.randn(5, 3))
         if huge[t] then y = hilo.mul(y, huge[t]) end
         local loss = hilo.mean(hilo.square(y))
         sgd:zeroGrad()
         loss:backward()
         sgd:step()
         return {ce = loss:detach(), group = {fine = 1}}
      end,
      evaluate = function() return {mean_iou = 1} end}
end

local runs
before_each(function() runs = tiny.folder() end)
after_each(function()
   lock.give_back(runs .. '/a')
   tiny.remove(runs)
end)

local function started(more)
   local words = {'name=a', 'runs=' .. runs, 'tracking=false', 'log_every=5', 'eval_every=0', 'threads=1'}
   for _, word in ipairs(more) do words[#words + 1] = word end
   local run = train.run(train.options({}, nil, words))
   run.say = function(self, text) self.said = (self.said or '') .. text .. '\n' end
   return run
end

local function error_of(run, job) return helper.error_of(run.train, run, job) end

local function finite(net)
   for _, t in pairs(net:stateDict()) do
      if hilo.sum(hilo.mul(t:float(), 0)) ~= 0 then return false end
   end
   return true
end

describe('a run whose loss is not finite', function()
   it('ends at that step and names the tensor that went wrong first, and the sound checkpoint', function()
      local run = started {'checkpoint_every=3'}
      local net, job = job_of {[8] = 1e30}
      local text = error_of(run, job)
      assert.matches('ce became %S+ at step 8: %w+ is the first to give inf, in [%dx]+.*; the checkpoint of step 6 is sound', text)
      assert.matches('on_nan=skip', text)
      assert.equal(6, hilo.io.checkpoint.meta(runs .. '/a/last.safetensors').step)
      hilo.io.checkpoint.load(runs .. '/a/last.safetensors', {nets = {S = net}}, {subset = true})
      assert.is_true(finite(net))
   end)

   it('names a parameter that was read as NaN', function()
      local run = started {'checkpoint_every=3'}
      local net, job = job_of {}
      local step = job.step
      job.step = function(t)
         if t == 5 then ffi.cast('float *', net:get(1).weight:data())[4] = 0 / 0 end
         return step(t)
      end
      assert.matches('ce became %-?nan at step 5: S/%S*weight %(3x4%) holds nan when %w+ reads it; the checkpoint of step 3 is sound',
         error_of(run, job))
   end)

   it('says where there is no checkpoint to look from', function()
      local run = started {'checkpoint_every=0'}
      local _, job = job_of {[2] = 1e30}
      assert.matches('at step 2 or shortly before; no checkpoint was saved before', error_of(run, job))
      assert.is_false(hilo.data.folder.is_file(runs .. '/a/last.safetensors'))
   end)

   it('leaves such steps out where asked, and their traces', function()
      local run = started {'on_nan=skip', 'checkpoint_every=3'}
      local net, job = job_of {[4] = 1e30, [5] = 0 / 0, [10] = 1 / 0}
      local before
      local step = job.step
      job.step = function(t)
         if t == 4 then before = net:clone():stateDict() end
         if t == 6 then for key, value in pairs(net:stateDict()) do assert.is_true(hilo.equal(value, before[key]), key) end end
         return step(t)
      end
      run:train(job)
      assert.is_true(finite(net))
      assert.matches('step 4 was left out: .* %(1 so far%).*step 5 was left out.*step 10 was left out: .* %(3 so far%)', run.said)
      local seen = {}
      for _, entry in ipairs(train.Log.read(runs .. '/a/log.jsonl')) do
         if entry.ce then seen[#seen + 1] = entry.step end
         assert.is_true(not entry.ce or entry.ce < 1e10)
      end
      assert.same({5, 10}, seen)
   end)

   it('ends where all steps would be left out', function()
      local run = started {'on_nan=skip'}
      local _, job = job_of(setmetatable({}, {__index = function() return 1 / 0 end}), 200)
      assert.matches('100 steps in a row', error_of(run, job))
   end)
end)

it('on_nan is one of two words', function()
   local run = started {'on_nan=stopp'}
   local _, job = job_of {}
   assert.matches("did you mean 'stop'", error_of(run, job))
end)

it('what watches calls of C sees them all, and none once it has ended', function()
   local seen = {}
   core.watch(function(name) seen[#seen + 1] = name end)
   hilo.ones(2):add(1)
   core.watch(nil)
   hilo.ones(2):add(1)
   assert.same({'hl_fill', 'hl_binary_scalar'}, {seen[#seen - 1], seen[#seen]})
end)
