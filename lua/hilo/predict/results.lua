--- predict/results.lua: the folder that `hilo predict` writes:
---
---     <out>/labels/<name>.png       label maps, palette PNGs of the pictures' own sizes
---     <out>/overlays/<name>.jpg     with overlay=true: the pictures with their classes in colour
---     <out>/confidence/<name>.png   with confidence=true: grey, 255 where the network is sure
---     <out>/areas.csv               shares of the classes, a line a picture; scores.csv: the classifier's, where there is one
---     <out>/predictions.json        all of it, the pictures that could not be read among it
---     <out>/classes.csv             id, name and colour of each class
local hilo = require 'hilo'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local overlay = require 'hilo.predict.overlay'
local tables = require 'hilo.predict.tables'

---@class Results
---@field predictions Prediction[]
---@field failed {picture: string, message: string}[]
local Results = {}
Results.__index = Results

---@param model Model
---@param o {out: string, overlay: boolean, alpha: number, confidence: boolean}
---@return Results
function Results.new(model, o)
   core.check(o.alpha >= 0 and o.alpha <= 1, 'alpha must lie between 0 and 1, got %g', o.alpha)
   folder.make(o.out)
   local colours = {}
   for i = 0, 255 do colours[i + 1] = {unpack(model.palette, 3 * i + 1, 3 * i + 3)} end
   return setmetatable({model = model, o = o, colours = colours, predictions = {}, failed = {}, made = {}}, Results)
end

-- A picture's results of an earlier time.
function Results:forget(stem)
   for kind, ending in pairs {labels = 'png', overlays = 'jpg', confidence = 'png'} do
      os.remove(('%s/%s/%s.%s'):format(self.o.out, kind, stem, ending))
   end
end

-- The path of a result, its folder made.
function Results:path(kind, stem, ending)
   local path = ('%s/%s/%s.%s'):format(self.o.out, kind, stem, ending)
   local inside = path:match('^(.*)/[^/]*$')
   if not self.made[inside] then
      folder.make(inside)
      self.made[inside] = true
   end
   return path
end

local function grey(confidence)
   local h, w = confidence:size(1), confidence:size(2)
   local out, p = hilo.ByteTensor(h, w), confidence:contiguous():data()
   local bytes = out:data()
   for at = 0, h * w - 1 do bytes[at] = math.min(255, math.max(0, p[at] * 255 + 0.5)) end
   return out
end

--- Writes what was found in a picture.
---@param picture InputPicture
---@param own Tensor? (3,H,W) the picture, normalised, for the overlay
---@param labels Tensor?
---@param scores Scores
---@param confidence Tensor?
function Results:add(picture, own, labels, scores, confidence)
   local save = hilo.io.image.save
   scores.picture = picture.path
   self:forget(picture.stem)
   if labels then
      scores.labels = self:path('labels', picture.stem, 'png')
      save(scores.labels, labels, {palette = self.colours})
      if self.o.overlay then save(self:path('overlays', picture.stem, 'jpg'), overlay(own, labels, {palette = self.model.palette,
         alpha = self.o.alpha, background = self.model.background, normalise = self.model.normalise})) end
      if self.o.confidence then save(self:path('confidence', picture.stem, 'png'), grey(confidence)) end
   end
   self.predictions[#self.predictions + 1] = scores
end

--- Notes a picture that could not be read.
function Results:fail(picture, message)
   self:forget(picture.stem)
   self.failed[#self.failed + 1] = {picture = picture.path, message = message}
end

local function save_classes(path, model)
   file.write(path, function(out)
      out('id,name,red,green,blue\r\n')
      for c, name in ipairs(model.classes) do
         out(('%d,%s,%d,%d,%d\r\n'):format(c - 1, tables.cell(name), unpack(model.palette, 3 * c - 2, 3 * c)))
      end
   end)
end

--- Writes the tables.
function Results:finish()
   local model, out = self.model, self.o.out
   if model.S then tables.save_csv(out .. '/areas.csv', self.predictions, model.classes, 'area') end
   if model.classifier then tables.save_csv(out .. '/scores.csv', self.predictions, model.classes, 'score') end
   save_classes(out .. '/classes.csv', model)
   tables.save_json(out .. '/predictions.json', {run = model.name, classes = model.classes, predictions = self.predictions,
      failed = self.failed})
end

return Results
