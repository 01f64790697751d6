--- ops/conv_options.lua: what convolutions are told, as C takes it.
local arguments = require 'hilo.ops.arguments'

--- Fills the C form with stride, pad, dilation and groups.
---@param fn string for messages
---@param options table what arguments.options gave
---@param p ffi.cdata* an hl_conv
---@return ffi.cdata* p
return function(fn, options, p)
   p.stride_h, p.stride_w = arguments.pair(fn, 'stride', options.stride or 1, 1)
   p.pad_h, p.pad_w = arguments.pair(fn, 'pad', options.pad or 0, 0)
   p.dil_h, p.dil_w = arguments.pair(fn, 'dilation', options.dilation or 1, 1)
   p.groups = arguments.whole(fn, 'groups', options.groups or 1, 1)
   return p
end
