--- data/known/context59.lua: PASCAL-Context without its background: what is none of the 59 classes is void.
local context = require 'hilo.data.known.context'

return {
   title = 'PASCAL-Context, 59 classes',
   classes = {unpack(context.classes, 2)},
   counts = context.counts,
   map = 'zero_is_void',
}
