local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local tree = require 'hilo.nn.tree'

--- nn.Profile(module[, print_interval, name]): the module; every print_interval passes it prints how long they took.
---
---     local m = nn.Profile(nn.Linear(2, 2), 100, 'first')
---     local y = m:forward(hilo.zeros(1, 2))
local Profile, parent = class('nn.Profile', 'nn.Decorator')

---@param module Module
---@param print_interval? integer 100 if not given
---@param name? string the module's class if not given
function Profile:__init(module, print_interval, name)
   parent.__init(self, module)
   self.print_interval, self.name = print_interval or 100, name or module.__typename
   self.passes, self.forward_time, self.backward_time = 0, 0, 0
end

-- backward(self) where the gradient passes this point of the graph.
local passing = autograd.op('profile', {
   forward = function(ctx, self, reached, x)
      ctx.self, ctx.reached = self, reached
      return x:as_strided(Tensor.sizes_table(x), Tensor.strides_table(x))
   end,
   backward = function(ctx, dy)
      ctx.reached(ctx.self, dy)
      return nil, nil, dy
   end,
})

local function begins(self) self._began = os.clock() end

-- The module's gradInput, where it takes one tensor.
local function ends(self, dx)
   if self._single then self.modules[1].gradInput = dx:clone() end
   if self._began then self.backward_time = self.backward_time + os.clock() - self._began end
   self._began = nil
end

function Profile:updateOutput(x)
   local start = os.clock()
   self._single = core.is_tensor(x)
   local y = self.modules[1](tree.map(x, function(t) return passing(self, ends, t) end))
   self.passes, self.forward_time = self.passes + 1, self.forward_time + os.clock() - start
   if self.passes % self.print_interval == 0 then
      print(('%s: forward %.3f ms, backward %.3f ms of processor time a pass (%d passes)'):format(self.name,
         1000 * self.forward_time / self.passes, 1000 * self.backward_time / self.passes, self.passes))
   end
   return tree.map(y, function(t) return passing(self, begins, t) end)
end

return Profile
