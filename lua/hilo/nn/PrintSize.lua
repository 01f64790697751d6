local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local tree = require 'hilo.nn.tree'

--- nn.PrintSize(prefix): x; prints its sizes on the way forward, and its gradient's on the way back.
---
---     local y = nn.PrintSize('here'):forward(hilo.zeros(2, 3))  -- prints here:input 2x3
local PrintSize, parent = class('nn.PrintSize', 'nn.Module')

---@param prefix? string
function PrintSize:__init(prefix)
   parent.__init(self)
   self.prefix = prefix or 'PrintSize'
end

local function report(prefix, what, x) print(('%s:%s %s'):format(prefix, what, Tensor.shape_text(x))) end

local printed = autograd.op('print_size', {
   forward = function(ctx, x, prefix)
      ctx.prefix = prefix
      return x:as_strided(Tensor.sizes_table(x), Tensor.strides_table(x))
   end,
   backward = function(ctx, dy)
      report(ctx.prefix, 'gradOutput', dy)
      return dy
   end,
})

function PrintSize:updateOutput(input)
   return tree.map(input, function(x)
      report(self.prefix, 'input', x)
      return printed(x, self.prefix)
   end)
end

return PrintSize
