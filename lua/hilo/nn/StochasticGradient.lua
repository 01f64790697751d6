local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local random = require 'hilo.ops.random'

--- nn.StochasticGradient(module, criterion): trains by gradient descent, one sample after the other: dataset:size() of them, each
--- dataset[i] = {input, target}. Fields: learningRate (0.01), learningRateDecay (0), maxIteration (25), shuffleIndices (true), verbose
--- (true), hookExample(self, example), hookIteration(self, iteration, error).
---
---     local data = {{hilo.Tensor{1}, hilo.Tensor{2}}, size = function() return 1 end}
---     local trainer = nn.StochasticGradient(nn.Linear(1, 1), nn.MSECriterion())
---     trainer.maxIteration = 2
---     trainer:train(data)
local StochasticGradient = class('nn.StochasticGradient')

---@param module Module
---@param criterion Criterion
function StochasticGradient:__init(module, criterion)
   self.module, self.criterion = module, criterion
   self.learningRate, self.learningRateDecay, self.maxIteration = 0.01, 0, 25
   self.shuffleIndices, self.verbose = true, true
end

local function say(self, ...)
   if self.verbose then print(('# StochasticGradient: ' .. (...)):format(select(2, ...))) end
end

-- One pass over the samples; the mean loss.
local function pass(self, dataset, order, rate)
   local total = 0
   for _, i in ipairs(order) do
      local example = dataset[i]
      core.check(type(example) == 'table', 'StochasticGradient: sample %d of the data must be {input, target}, got %s', i,
         type(example))
      local input, target = example[1], example[2]
      total = total + self.criterion:forward(self.module:forward(input), target)
      self.module:zeroGradParameters()
      self.module:backward(input, self.criterion:backward(self.module.output, target))
      self.module:updateParameters(rate)
      if self.hookExample then self.hookExample(self, example) end
   end
   return total / #order
end

--- Trains for maxIteration passes; for ever where that is 0 or less.
---@param dataset {size: function, [any]: any} with size() and samples {input, target} from 1
function StochasticGradient:train(dataset)
   local n = dataset:size()
   local order, iteration, loss = random.randperm(n):totable(), 0
   if not self.shuffleIndices then table.sort(order) end
   say(self, 'training')
   repeat
      loss = pass(self, dataset, order, self.learningRate / (1 + iteration * self.learningRateDecay))
      iteration = iteration + 1
      if self.hookIteration then self.hookIteration(self, iteration, loss) end
      say(self, 'current error = %g', loss)
   until self.maxIteration > 0 and iteration >= self.maxIteration
   say(self, 'you have reached the maximum number of iterations')
   say(self, 'training error = %g', loss)
end

return StochasticGradient
