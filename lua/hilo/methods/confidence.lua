--- methods/confidence.lua: D(fake), by which the images for self-training are chosen.
local hilo = require 'hilo'

--- How much each predicted map looks like a label to D, 0..1, outside of any graph. D evaluates, so dropout does not blur the
--- gate; with dropout = true it stays as it is, as in the original.
---@param D Module
---@param fake Tensor (N,C+3,H,W)
---@param options? {dropout?: boolean}
---@return Tensor (N)
return function(D, fake, options)
   local trained = D.train
   if not (options and options.dropout) then D:evaluate() end
   local ok, logit = pcall(hilo.no_grad, D, fake:detach())
   if trained then D:training() end
   if not ok then error(logit, 0) end
   return hilo.no_grad(hilo.sigmoid, logit)
end
