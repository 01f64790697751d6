--- methods/diagnostics.lua: what the tensors of a step tell about how it goes, cheap enough for every step. Nothing has a gradient.
local hilo = require 'hilo'

local diagnostics = {}

local function mean(x) return hilo.mean(x, 1) end

--- The discriminator as it trains, with its dropout: its mean confidence in label maps and in predicted maps, and the share of both
--- that it tells right, each kind counting half.
---@param real Tensor (N) its logits of label maps
---@param fake Tensor (M) and of predicted ones
---@return {real: Tensor, fake: Tensor, accuracy: Tensor} (1) each
function diagnostics.discriminator(real, fake)
   return hilo.no_grad(function()
      real, fake = real:detach():view(-1), fake:detach():view(-1)
      local right = mean(hilo.gt(real, 0):float()) + mean(hilo.le(fake, 0):float())
      return {real = mean(hilo.sigmoid(real)), fake = mean(hilo.sigmoid(fake)), accuracy = right * 0.5}
   end)
end

return diagnostics
