--- data/known/voc.lua: PASCAL VOC 2012, 21 classes. train_aug: with the label maps of SBD (Hariharan et al., 2011), without those of
--- the val list, as DeepLab and what followed it train.
local words = require 'hilo.data.known.words'
local voc_colours = require 'hilo.data.known.voc_colours'

local colours = voc_colours.table(21)
colours[22] = {224, 224, 192, 'void'}

return {
   title = 'PASCAL VOC 2012',
   classes = words [[background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
      motorbike, person, pottedplant, sheep, sofa, train, tvmonitor]],
   colours = colours,
   counts = {train = 1464, val = 1449, trainval = 2913, train_aug = 10582},
}
