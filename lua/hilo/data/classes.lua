--- data/classes.lua: class names of the public sets, and VOC's colours for label maps.
local known = require 'hilo.data.known'

return {
   voc = known.voc.classes,
   context = known.context.classes,
   cityscapes = known.cityscapes.classes,
   cityscapes_ids = known.cityscapes.ids,
   ade20k = known.ade20k.classes,
   camvid = known.camvid.classes,
   palette = require('hilo.data.known.voc_colours').rgb,
}
