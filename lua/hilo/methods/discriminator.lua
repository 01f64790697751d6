--- methods/discriminator.lua: what the discriminator sees, and what it learns from.
local core = require 'hilo.core'
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
   for what, x in pairs {labels = labels, inside = inside} do
      local got = core.is_tensor(x) and (x:dim() > 0 and table.concat(x:size(), 'x') or 'an empty one') or type(x)
      core.check(core.is_tensor(x) and x:dim() == 3 and x:size(1) > 0,
         'shared_columns: %s must be a tensor (N,H,W) with N of 1 or more, got %s', what, got)
   end
   local valid = hilo.ne(labels, void or 255)
   local n, m = valid:size(1), inside:size(1)
   return hilo.cmul(valid, cycled(inside, n)):unsqueeze(2), hilo.cmul(inside, cycled(valid, m)):unsqueeze(2)
end

--- A real map: one-hot(y), zero where y is void or the mask is 0, beside its image, scaled to [0,1] by its own range.
---
---     local labels = hilo.zeros({2, 64, 64}, {dtype = 'byte'})
---     local real = hilo.methods.discriminator.real(labels, hilo.randn(2, 3, 64, 64), 5)        -- (2,8,64,64)
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

local function filled(x, value)
   return hilo.no_grad(function() return x:detach():empty():fill(value) end)
end

--- ( BCE(D(fake), 0) + BCE(D(real), 1) ) / 2, on logits. With `smooth` above 0 real maps are to get 1 - smooth, which keeps D from
--- being ever surer of them (one-sided label smoothing: Salimans et al., Improved techniques for training GANs, 2016).
---
---     local loss = hilo.methods.discriminator.loss(hilo.randn(4, 1), hilo.randn(4, 1), {smooth = 0.1})
---@param real Tensor (N,1) or (N)
---@param fake Tensor (M,1) or (M)
---@param options? {smooth: number?} smooth: 0, as in the paper
---@return Tensor loss (1)
function discriminator.loss(real, fake, options)
   local smooth = options and options.smooth or 0
   core.check(smooth >= 0 and smooth < 0.5, 'discriminator.loss: smooth must be at least 0 and below 0.5, got %g', smooth)
   return (hilo.bce_with_logits(real, filled(real, 1 - smooth)) + hilo.bce_with_logits(fake, filled(fake, 0))) * 0.5
end

return discriminator
