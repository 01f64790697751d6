--- data/known/context59.lua: PASCAL-Context without its background: what is none of the 59 classes is void.
local context = require 'hilo.data.known.context'

local colours = {}
for i = 1, 59 do
   local c = context.colours[i + 1]
   colours[i] = {c[1], c[2], c[3], i - 1}
end
colours[60] = {0, 0, 0, 'void'}

return {
   title = 'PASCAL-Context, 59 classes',
   classes = {unpack(context.classes, 2)},
   colours = colours,
   counts = context.counts,
   map = 'zero_is_void',
}
