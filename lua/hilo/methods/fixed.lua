--- methods/fixed.lua: a network that passes gradients on but gets none itself.

--- net(...) with its parameters held fixed: gradients flow through it to its input alone.
---
---     local D, x = nn.Linear(2, 1), hilo.randn(3, 2)
---     x.requires_grad = true
---     hilo.mean(hilo.methods.fixed(D, x)):backward()            -- x gets a gradient, D does not
---@param net Module
---@param ... any
---@return ... what net(...) returns
return function(net, ...)
   local thawed = {}
   for _, p in ipairs((net:parameters()) or {}) do
      if p.requires_grad then
         thawed[#thawed + 1] = p
         p.requires_grad = false
      end
   end
   local function restore(ok, ...)
      for _, p in ipairs(thawed) do p.requires_grad = true end
      if not ok then error((...), 0) end
      return ...
   end
   return restore(pcall(net, ...))
end
