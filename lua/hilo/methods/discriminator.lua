--- methods/discriminator.lua: what the discriminator sees, and what it learns from.
local hilo = require 'hilo'

local discriminator = {}

-- x's images repeated in order until there are n of them
local function cycled(x, n)
   local m, pieces = x:size(1), {}
   for first = 1, n, m do pieces[#pieces + 1] = x:narrow(1, 1, math.min(m, n - first + 1)) end
   return #pieces == 1 and pieces[1] or hilo.cat(pieces, 1)
end

--- Columns that real and fake maps may show: where the i-th label map is not void and the i-th unlabelled crop lies inside its
--- image. A label map is zero in void columns, a softmax nowhere; masked alike, neither gives itself away by its zeros.
---@param labels Tensor (N,H,W)
---@param inside Tensor (M,H,W) byte, 1 where a crop shows its image
---@param void? integer 255 where missing
---@return Tensor real (N,1,H,W) byte
---@return Tensor fake (M,1,H,W) byte
function discriminator.shared_columns(labels, inside, void)
   local valid = hilo.ne(labels, void or 255)
   local n, m = valid:size(1), inside:size(1)
   return hilo.cmul(valid, cycled(inside, n)):unsqueeze(2), hilo.cmul(inside, cycled(valid, m)):unsqueeze(2)
end

--- A real map: one-hot(y), zero where y is void or the mask is 0, beside its image, scaled to [0,1] by its own range.
---@param labels Tensor (N,H,W)
---@param images Tensor (N,3,H,W)
---@param classes integer
---@param mask? Tensor (N,1,H,W) byte
---@return Tensor (N,C+3,H,W)
function discriminator.real(labels, images, classes, mask)
   return hilo.one_hot_pair(labels, images, classes, {mask = mask})
end

--- A fake map: softmax of S(x), zero where the mask is 0, beside its image, scaled likewise.
---@param logits Tensor (N,C,H,W)
---@param images Tensor (N,3,H,W)
---@param mask? Tensor (N,1,H,W) byte
---@return Tensor (N,C+3,H,W)
function discriminator.fake(logits, images, mask)
   return hilo.softmax_pair(logits, images, {mask = mask})
end

--- ( BCE(D(fake), 0) + BCE(D(real), 1) ) / 2, on logits.
---@param real Tensor (N,1)
---@param fake Tensor (M,1)
---@return Tensor loss (1)
function discriminator.loss(real, fake)
   local one = hilo.bce_with_logits(real, hilo.no_grad(function() return real:detach():empty():fill(1) end))
   local zero = hilo.bce_with_logits(fake, hilo.no_grad(function() return fake:detach():empty():fill(0) end))
   return (one + zero) * 0.5
end

return discriminator
