--- methods/published.lua: mean IoU (percent) that papers report, to print beside one's own.
---
--- The tables of Mittal, Tatarchenko, Brox (TPAMI 2021): DeepLab-v2 on a ResNet-101 with ImageNet's weights; VOC 2012 (with SBD) and
--- Cityscapes. `sure` are those that a second source confirms (their project's own page); the others were read once.

---@class PublishedFigure
---@field value number
---@field sure boolean

local published = {
   voc = {
      supervised = {['1/50'] = 48.3, ['1/20'] = 56.8, ['1/8'] = 62.0, all = 70.7},
      s4gan = {['1/50'] = 58.1, ['1/20'] = 60.9, ['1/8'] = 65.4, all = 71.6},
      s4gan_mlmt = {['1/50'] = 60.4, ['1/20'] = 62.9, ['1/8'] = 67.3, all = 73.2},
   },
   cityscapes = {
      supervised = {['1/8'] = 56.2, ['1/4'] = 60.2, all = 66.0},
      s4gan = {['1/8'] = 59.3, ['1/4'] = 61.9, all = 65.8},
   },
}

local sure = {voc = {s4gan = {['1/8'] = true}}, cityscapes = {s4gan = {['1/8'] = true, ['1/4'] = true, all = true}}}

--- What the paper reports; nil where it has no such figure.
---@param set string 'voc', 'cityscapes'
---@param row string 'supervised', 's4gan', 's4gan_mlmt'
---@param labelled string '1/8', 'all'
---@return PublishedFigure?
return function(set, row, labelled)
   local rows = published[set]
   local value = rows and rows[row] and rows[row][labelled]
   if not value then return nil end
   local of_set = sure[set]
   return {value = value, sure = of_set ~= nil and of_set[row] ~= nil and of_set[row][labelled] == true}
end
