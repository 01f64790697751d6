--- hilo.train: what every experiment repeats, one call each.
local options = require 'hilo.train.options'
local variants = require 'hilo.train.recipes'

---@class hilo.train
local train = {
   options = options.resolve,
   segmentation_options = require 'hilo.train.segmentation_options',
   augmentations = require 'hilo.train.augmentations',
   choice = require('hilo.options.values').choice,
   handed_on = options.handed_on,
   recipes = variants.recipes,
   presets = variants.presets,
   Run = require 'hilo.train.run',
   Log = require 'hilo.train.log',
   Progress = require 'hilo.train.progress',
   json = require 'hilo.io.json',
   metrics = require 'hilo.train.metrics',
   evaluate = require 'hilo.train.evaluate',
   networks = require 'hilo.train.networks',
   pictures = require 'hilo.train.pictures',
   probe = require('hilo.train.probe').new,
   diagnose = require 'hilo.train.diagnose',
   FusionCounts = require 'hilo.train.fusion_counts',
}

--- Starts a run, or opens the one to continue.
train.run = train.Run.new

for name, f in pairs(require 'hilo.train.saved') do train[name] = f end

return train
