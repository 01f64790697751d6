local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tree = require 'hilo.nn.tree'

--- nn.NaN(module[, id]): the module, with an error that names `id` as soon as a NaN shows in its output, in a gradient of its input or
--- output, in its parameters or in their gradients.
---
---     local m = nn.NaN(nn.Linear(2, 2), 'first')
---     local y = m:forward(hilo.zeros(1, 2))
local NaN, parent = class('nn.NaN', 'nn.Decorator')

local count = 0

---@param module Module
---@param id? any 1, 2, ... in the order of making if not given
function NaN:__init(module, id)
   parent.__init(self, module)
   if not id then
      count = count + 1
      id = count
   end
   self.id = id
end

-- Errors where a tensor of x holds a NaN.
local function refuse(self, what, x)
   for _, t in ipairs(tree.list(x)) do
      t = t:detach()
      if t:nElement() > 0 and t._storage.dtype.is_float and pointwise.ne(t, t):any() then
         core.raise(('%s: NaN in the %s of module %s'):format(tostring(self), what, tostring(self.id)))
      end
   end
end

local function refuse_parameters(self)
   local ps, gs = self.modules[1]:parameters()
   refuse(self, 'parameters', ps)
   refuse(self, 'gradients of the parameters', gs)
end

-- Looks at the gradient that passes a point of the graph.
local watch = autograd.op('nan', {
   forward = function(ctx, self, what, x)
      ctx.self, ctx.what = self, what
      return x:as_strided(Tensor.sizes_table(x), Tensor.strides_table(x))
   end,
   backward = function(ctx, dy)
      refuse(ctx.self, ctx.what, dy)
      if ctx.what == 'gradInput' then refuse_parameters(ctx.self) end
      return nil, nil, dy
   end,
})

function NaN:updateOutput(x)
   local y = self.modules[1](tree.map(x, function(t) return watch(self, 'gradInput', t) end))
   refuse(self, 'parameters', (self.modules[1]:parameters()))
   refuse(self, 'output', y)
   return tree.map(y, function(t) return watch(self, 'gradOutput', t) end)
end

function NaN:__tostring__() return ('%s(%s) @ %s'):format(self.__typename, tostring(self.id), tostring(self.modules[1])) end

return NaN
