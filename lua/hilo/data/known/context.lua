--- data/known/context.lua: PASCAL-Context (Mottaghi et al., 2014): background and the 59 frequent classes, in the order of their names.
--- Its authors give no colours; these are VOC's of the same ids.
local voc_colours = require 'hilo.data.known.voc_colours'
local words = require 'hilo.data.known.words'

return {
   title = 'PASCAL-Context',
   classes = words [[background, aeroplane, bag, bed, bedclothes, bench, bicycle, bird, boat, book, bottle, building, bus,
      cabinet, car, cat, ceiling, chair, cloth, computer, cow, cup, curtain, dog, door, fence, floor, flower, food, grass, ground,
      horse, keyboard, light, motorbike, mountain, mouse, person, plate, platform, pottedplant, road, rock, sheep, shelves,
      sidewalk, sign, sky, snow, sofa, table, track, train, tree, truck, tvmonitor, wall, water, window, wood]],
   colours = voc_colours.table(60),
   counts = {train = 4998, val = 5105},
}
