--- models/precision.lua: networks that compute in bfloat16. Images become bfloat16, on a card with the channels innermost, where they
--- enter and results float32 where they leave, so losses and metrics see float32 alone; parameters, their gradients and running
--- statistics are float32 throughout, whatever the precision.
local precision = {}

--- The option `precision` of a model: 'float32' (the type that comes is computed with) or 'bf16'.
precision.rule = {'one of', {'float32', 'bf16'}, default = 'float32'}

--- x as the network computes with it.
---@param net Module with the field precision
---@param x Tensor (N,C,H,W)
---@return Tensor
function precision.enter(net, x)
   if net.precision ~= 'bf16' then return x end
   net:check_dims(x, 'images (N,C,H,W)', 4)
   return x:to{dtype = 'bfloat16', layout = x:getDevice() == 'cpu' and 'contiguous' or 'channels_last'}
end

--- What the network computed as others read it.
---@param net Module
---@param y Tensor (N,C,H,W)
---@return Tensor
function precision.leave(net, y)
   if net.precision ~= 'bf16' then return y end
   return y:to{dtype = 'float32', layout = 'contiguous'}
end

return precision
