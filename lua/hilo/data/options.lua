--- data/options.lua: the options `data.` that all experiments share: which set, read how, and which of its pictures train and measure.
--- A script names those whose default it changes; `script.lua help` lists all with what they mean.
local group = require 'hilo.options.group'

local options = {
   -- the set; data/README.md describes layouts and label maps
   {'root', 'data/scenes', 'the folder of the set'},
   {'layout', 'auto', 'how it lies there: auto finds out; voc, context, context59, cityscapes, ade20k, folders, csv, coco, labelme'},
   {'classes', '', "a file with a class name a line, their number, or a public set's name; '': the set's own"},
   {'map', '', 'of label maps: which ids stand for which classes, 255:1,0:0 or zero_is_void'},
   {'colours', '', 'of label maps: voc, cityscapes, camvid or a file of lines `name r g b`'},
   {'suffix', '', "of label maps: the ending of their files' names where a picture has several"},
   {'crowd', 'void', "what COCO's crowds are: void, or object for objects as others"},
   -- its parts
   {'labelled', '1/8', 'pictures that train with labels: a fraction, a number, all, or a list'},
   {'unlabelled', 'none', 'pictures that train without: rest (of the train list), all, images (all there are), none, or a list'},
   {'train', 'train', 'the list of all that may be trained on'},
   {'val', 'val', 'pictures that measure: a list, or a fraction or number to hold out'},
   {'balanced', false, 'true: labelled pictures are chosen so that each class is shown by as even a number of them as can be'},
   {'order', '', "a list or pickle (the original's split_0.pkl) of which the first are the labelled ones; '': drawn with the seed"},
   {'split', '', "the name of a run whose labelled, unlabelled and validation pictures are taken; '': none"},
}

-- What only some experiments can follow; theirs where they name it.
local of_some = {
   {'size', 1, 'a factor for all pictures: 0.5 is half size'},
   {'tags', '', "a file of image-level tags of pictures without label maps, see data/README.md; '': none"},
}

--- The group `data` of an experiment's options: the defaults, changed by those given.
---@param given? table<string, any>
---@return table
return function(given) return group('data', options, given, of_some) end
