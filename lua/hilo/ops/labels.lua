--- labels.lua: label maps: ids 0..C-1 and a void id, 255 unless said otherwise. Nothing here has a gradient.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'

local run, dense = core.run, arguments.dense

local M = {}

local map_known = arguments.names('confidence', 'dtype')

--- The class with the largest value at every pixel; the first of several.
---
---     local labels, sure = hilo.label_map(hilo.softmax(hilo.randn(2, 5, 8, 8)), {confidence = true})  -- (2,8,8) both
---@param x Tensor (N,C,...) logits or probabilities
---@param options? {confidence?: boolean, dtype?: string} confidence: also return the largest value; dtype of the labels: 'byte'
--- (default, up to 256 classes), 'int' or 'long'
---@return Tensor labels (N,...)
---@return Tensor? confidence (N,...)
function M.label_map(x, options)
   local fn = 'label_map'
   arguments.tensor(fn, 'x', x)
   options = arguments.options(fn, options, map_known)
   core.check(x:dim() >= 2, 'label_map: x must be (N,C,...), got %s', Tensor.shape_text(x))
   local sizes = x:size():totable()
   table.remove(sizes, 2)
   local labels = x:emptyAs(options.dtype or 'byte', sizes)
   local confidence = options.confidence and x:empty(sizes) or nil
   run('hl_label_map', labels, confidence, dense(x))
   return labels, confidence
end

local one_hot_known = arguments.names('void', 'dtype')

--- 1 in the label's channel, 0 elsewhere; void pixels are 0 in all channels.
---
---     local y = hilo.one_hot(hilo.ByteTensor{{0, 2, 255}}, 3)
---     assert(y:select(3, 3):sum() == 0)                        -- void is 0 in all channels
---@param labels Tensor (N,...) byte, int or long
---@param classes integer
---@param options? {void?: integer, dtype?: string} 255 and 'float' if not given
---@return Tensor y (N,C,...)
function M.one_hot(labels, classes, options)
   local fn = 'one_hot'
   arguments.tensor(fn, 'labels', labels)
   arguments.whole(fn, 'the number of classes', classes, 1)
   options = arguments.options(fn, options, one_hot_known)
   core.check(labels:dim() >= 1, 'one_hot: labels must be (N,...), got an empty tensor')
   local sizes = labels:size():totable()
   table.insert(sizes, 2, classes)
   local y = labels:emptyAs(options.dtype or Tensor.default_dtype.name, sizes)
   run('hl_one_hot', y, dense(labels), arguments.whole(fn, 'void', options.void or 255, -2 ^ 31))
   return y
end

local confusion_known = arguments.names('void')

--- Counts pixels: matrix[t + 1][p + 1] grows by the number of pixels of class t that were taken for p. Void truth is left out.
---
---     local matrix = hilo.zeros({2, 2}, {dtype = 'long'})
---     hilo.confusion(matrix, hilo.ByteTensor{0, 0, 1}, hilo.ByteTensor{0, 1, 1})
---     assert(matrix[1][2] == 1)
---@param matrix Tensor (C,C) long, changed in place
---@param truth Tensor (N,...)
---@param prediction Tensor (N,...)
---@param options? {void?: integer} 255 if not given
---@return Tensor matrix
function M.confusion(matrix, truth, prediction, options)
   local fn = 'confusion'
   arguments.tensor(fn, 'matrix', matrix)
   arguments.tensor(fn, 'truth', truth)
   arguments.tensor(fn, 'prediction', prediction)
   options = arguments.options(fn, options, confusion_known)
   run('hl_confusion', matrix, dense(truth), dense(prediction), arguments.whole(fn, 'void', options.void or 255, -2 ^ 31))
   matrix:bump()
   return matrix
end

return M
