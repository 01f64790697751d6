local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local tree = require 'hilo.nn.tree'

--- nn.DontCast(module[, castin, castout, moduleType]): the module keeps its type when the network around it changes its own; castin and
--- castout convert what goes in and what comes out.
---
---     local m = nn.DontCast(nn.Linear(2, 2):float(), true)
---     m:double()
---     assert(m:get(1).weight:type() == 'torch.FloatTensor')
local DontCast, parent = class('nn.DontCast', 'nn.Decorator')

---@param module Module
---@param castin? boolean the input is converted to the module's type
---@param castout? boolean the output is converted to this one's type; castin if not given
---@param moduleType? string the module's own type if not given
function DontCast:__init(module, castin, castout, moduleType)
   parent.__init(self, module)
   self.castin = castin or false
   if castout == nil then self.castout = self.castin else self.castout = castout end
   self.moduleType = moduleType or module:type()
   self.dontCast = true
end

function DontCast:updateOutput(x)
   local function cast(t, name) return t._storage.dtype.is_float and shape.to(t, {dtype = name}) or t end
   if self.castin then x = tree.map(x, function(t) return cast(t, self.moduleType) end) end
   local y = self.modules[1](x)
   return self.castout and tree.map(y, function(t) return cast(t, self._type) end) or y
end

return DontCast
