--- nn_gradient_spec.lua: modules of networks against central differences in float64: gradients of inputs and of parameters.
local hilo = require 'hilo'
local gradients = require 'spec.nn_gradients'

describe('gradients of nn modules', function()
   for _, case in ipairs(require 'spec.nn_network_cases') do
      it(case[1], function()
         hilo.manualSeed(1)
         gradients.check(case[2](), gradients.input(case[3]))
      end)
   end
end)
