--- nn_gradient_criterions_spec.lua: criterions against central differences in float64.
local hilo = require 'hilo'
local nn = require 'hilo.nn'
local gradients = require 'spec.nn_gradients'

local pair = {{3, 4}, {3, 4}, n = 2}

describe('gradients of nn criterions', function()
   for _, case in ipairs(require 'spec.nn_criterion_cases') do
      it(case[1], function() gradients.check_criterion(case[2](), gradients.input(case[3]), case[4]) end)
   end

   it('as modules', function() gradients.check(nn.CriterionTable(nn.MSECriterion()), gradients.input(pair)) end)
end)

describe('criterions compute', function()
   local function near(expected, got) assert(math.abs(expected - got) < 1e-6, ('%g expected, got %g'):format(expected, got)) end

   it('the sum over a sample\'s classes of what the others lack to the margin', function()
      -- classes 1 and 3: (1-(0.5-0.2)) + (1-(0.5-1)) + (1-(0.1-0.2)) + (1-(0.1-1)) = 5.2, over 4 classes
      near(1.3, nn.MultiLabelMarginCriterion():forward(hilo.Tensor{0.5, 0.2, 0.1, 1}, hilo.LongTensor{1, 3, 0, 0}))
   end)

   it('distances from corners of a simplex that lie equally far from each other', function()
      local corners = nn.ClassSimplexCriterion(5).simplex
      for i = 1, 5 do
         near(1, corners[i]:norm())
         for j = 1, i - 1 do near(-0.25, corners[i]:dot(corners[j])) end
      end
   end)
end)
