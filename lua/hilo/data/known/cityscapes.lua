--- data/known/cityscapes.lua: Cityscapes (Cordts et al., 2016): 19 classes in the order of their trainIds; colours of *_color.png.
local words = require 'hilo.data.known.words'

return {
   title = 'Cityscapes',
   classes = words [[road, sidewalk, building, wall, fence, pole, traffic light, traffic sign, vegetation, terrain, sky,
      person, rider, car, truck, bus, train, motorcycle, bicycle]],
   -- the ids of *_labelIds.png that become classes 0..18, in this order; all others are void
   ids = {7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33},
   colours = {
      {128, 64, 128, 0}, {244, 35, 232, 1}, {70, 70, 70, 2}, {102, 102, 156, 3}, {190, 153, 153, 4}, {153, 153, 153, 5},
      {250, 170, 30, 6}, {220, 220, 0, 7}, {107, 142, 35, 8}, {152, 251, 152, 9}, {70, 130, 180, 10}, {220, 20, 60, 11},
      {255, 0, 0, 12}, {0, 0, 142, 13}, {0, 0, 70, 14}, {0, 60, 100, 15}, {0, 80, 100, 16}, {0, 0, 230, 17}, {119, 11, 32, 18},
      -- unlabelled, dynamic, ground, parking, rail track, guard rail, bridge, tunnel, caravan, trailer
      {0, 0, 0, 'void'}, {111, 74, 0, 'void'}, {81, 0, 81, 'void'}, {250, 170, 160, 'void'}, {230, 150, 140, 'void'},
      {180, 165, 180, 'void'}, {150, 100, 100, 'void'}, {150, 120, 90, 'void'}, {0, 0, 90, 'void'}, {0, 0, 110, 'void'},
   },
   counts = {train = 2975, val = 500, test = 1525},
   without_labels = {test = true},
   map = 'cityscapes',
}
