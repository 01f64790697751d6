--- data/known/camvid.lua: CamVid (Brostow et al., 2009) in the 11 classes of SegNet: the 32 colours of its label maps are merged.
local words = require 'hilo.data.known.words'

return {
   title = 'CamVid, 11 classes',
   classes = words [[sky, building, pole, road, sidewalk, tree, sign, fence, car, pedestrian, bicyclist]],
   -- the first colour of a class is its own
   colours = {
      {128, 128, 128, 0},
      {128, 0, 0, 1}, {192, 0, 128, 1}, {0, 128, 64, 1}, {64, 192, 0, 1}, {64, 0, 64, 1}, -- archway, bridge, wall, tunnel
      {192, 192, 128, 2}, {0, 0, 64, 2},                                                  -- traffic cone
      {128, 64, 128, 3}, {128, 0, 192, 3}, {192, 0, 64, 3},                               -- lane markings
      {0, 0, 192, 4}, {60, 40, 222, 4}, {64, 192, 128, 4}, {128, 128, 192, 4},            -- SegNet's own, parking block, shoulder
      {128, 128, 0, 5}, {192, 192, 0, 5},                                                 -- other vegetation
      {192, 128, 128, 6}, {128, 128, 64, 6}, {0, 64, 64, 6},                              -- text, traffic light
      {64, 64, 128, 7},
      {64, 0, 128, 8}, {64, 128, 192, 8}, {192, 128, 192, 8}, {192, 64, 128, 8}, {128, 64, 64, 8}, -- pickup, bus, train, others
      {64, 64, 0, 9}, {192, 128, 64, 9}, {64, 0, 192, 9}, {64, 128, 64, 9},               -- child, cart, animal
      {0, 128, 192, 10}, {192, 0, 192, 10},                                               -- motorcycle
      {0, 0, 0, 'void'},
   },
   counts = {train = 367, val = 101, test = 233},
}
