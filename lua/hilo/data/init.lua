--- hilo.data: sets of images, parts of them, transforms, loaders.
local folder = require 'hilo.data.folder'

---@class hilo.data
local data = {
   split = require 'hilo.data.split',
   transforms = require 'hilo.data.transforms',
   batches = require 'hilo.data.batches',
   classes = require 'hilo.data.classes',
   folder = folder,
   folds = require 'hilo.data.folds',
   known = require 'hilo.data.known',
   layouts = require 'hilo.data.layouts',
   tags = require 'hilo.data.tags',
   Draws = require 'hilo.data.draws',
}

--- An endless series of random batches.
data.loader = require('hilo.data.loader').new

--- Threads that loaders share.
data.workers = require('hilo.data.workers').new

--- Opens a set, in whatever layout it is.
data.open = require 'hilo.data.open'

--- The options `data.` of experiments.
data.options = require 'hilo.data.options'

return data
