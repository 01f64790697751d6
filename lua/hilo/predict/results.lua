--- predict/results.lua: the folder that `hilo predict` writes:
---
---     <out>/labels/<name>.png       label maps, palette PNGs of the pictures' own sizes
---     <out>/overlays/<name>.jpg     with overlay=true: the pictures with their classes in colour
---     <out>/confidence/<name>.png   with confidence=true: grey, 255 where the network is sure
---     <out>/areas.csv               shares of the classes, a line a picture; scores.csv: the classifier's, where there is one
---     <out>/predictions.json        all of it, the pictures that could not be read among it
---     <out>/classes.csv             id, name and colour of each class
---
--- The folder is one prediction's: another one adds to it where that is asked for and its settings are the same, or replaces it.
local hilo = require 'hilo'
local core = require 'hilo.core'
local csv = require 'hilo.io.csv'
local folder = require 'hilo.data.folder'
local journal = require 'hilo.predict.journal'
local json = require 'hilo.io.json'
local numbers = require 'hilo.report.numbers'
local overlay = require 'hilo.predict.overlay'
local sorted_keys = require 'hilo.keys'
local tables = require 'hilo.predict.tables'

---@class Results
---@field predictions Prediction[] those of earlier times first
---@field before integer how many of them there were already
---@field stems table<string, string> what results are called -> the picture whose they are
---@field failed {picture: string, message: string}[]
local Results = {}
Results.__index = Results

---@param model Model
---@param o {out: string, overlay: boolean, alpha: number, confidence: boolean, resume: boolean?, overwrite: boolean?,
--- settings: table<string, any>?} settings: what the results depend on besides the pictures
---@return Results
function Results.new(model, o)
   core.check(o.alpha >= 0 and o.alpha <= 1, 'alpha must lie between 0 and 1, got %g', o.alpha)
   core.check(not (o.resume and o.overwrite), 'resume=true goes on with what %s holds, overwrite=true removes it: one of the two',
      o.out)
   local colours = {}
   for i = 0, 255 do colours[i + 1] = {unpack(model.palette, 3 * i + 1, 3 * i + 3)} end
   local self = setmetatable({model = model, o = o, colours = colours, settings = o.settings or {}, predictions = {}, failed = {},
      made = {}, stems = {}, before = 0}, Results)
   self.earlier = journal.read(o.out)
   self.replaces = self.earlier and (o.overwrite or #self.earlier.predictions == 0)
   if self.earlier and not self.replaces then self:go_on(self.earlier) end
   return self
end

local function text_of(value) return value == nil and 'nothing' or json.encode({value}, {one_line = true}):sub(2, -2) end

-- What results are called, of the path of a label map in their folder.
local function stem_of(prediction) return (prediction.labels or ''):match '^.*/labels/(.*)%.png$' end

---@private
function Results:go_on(earlier)
   core.check(self.o.resume, '%s holds the results of %s already; resume=true adds to them, overwrite=true replaces them, out= names '
      .. 'another folder', self.o.out, numbers.count(#earlier.predictions, 'picture'))
   local settings = core.check(earlier.settings, '%s was written by an older hilo, which did not say how; take another out=',
      self.o.out)
   for _, list in ipairs {self.settings, settings} do
      for _, key in ipairs(sorted_keys(list)) do
         local was, is = text_of(settings[key]), text_of(self.settings[key])
         core.check(was == is, 'resume: the results in %s were made with %s=%s, not %s; take another out=', self.o.out, key, was, is)
      end
   end
   self.predictions, self.before = earlier.predictions, #earlier.predictions
   for _, p in ipairs(self.predictions) do
      local stem = stem_of(p)
      if stem then self.stems[stem] = p.picture end
   end
end

--- The pictures that have no results yet.
---@param pictures InputPicture[]
---@return InputPicture[]
function Results:without(pictures)
   local done, left = {}, {}
   for _, p in ipairs(self.predictions) do done[p.picture] = true end
   for _, picture in ipairs(pictures) do
      if not done[picture.path] then left[#left + 1] = picture end
   end
   return left
end

--- Makes the folder ready; what it is to replace is gone then.
function Results:begin()
   folder.make(self.o.out)
   if self.replaces then
      for _, p in ipairs(self.earlier.predictions) do
         local stem = stem_of(p)
         if stem then self:forget(stem) end
      end
      for _, name in ipairs {'areas.csv', 'scores.csv', 'predictions.json', 'predictions.jsonl'} do
         os.remove(self.o.out .. '/' .. name)
      end
   end
   self.journal = journal.open(self.o.out, self.settings)
end

-- A picture's results of an earlier time.
---@private
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
   if labels then
      scores.labels = self:path('labels', picture.stem, 'png')
      save(scores.labels, labels, {palette = self.colours})
      if self.o.overlay then save(self:path('overlays', picture.stem, 'jpg'), overlay(own, labels, {palette = self.model.palette,
         alpha = self.o.alpha, background = self.model.background, normalise = self.model.normalise})) end
      if self.o.confidence then save(self:path('confidence', picture.stem, 'png'), grey(confidence)) end
   end
   self.predictions[#self.predictions + 1] = scores
   self.journal:write(scores)
end

--- Notes a picture that could not be read.
function Results:fail(picture, message)
   self.failed[#self.failed + 1] = {picture = picture.path, message = message}
end

local function save_classes(path, model)
   local rows = {{'id', 'name', 'red', 'green', 'blue'}}
   for c, name in ipairs(model.classes) do
      rows[c + 1] = {tostring(c - 1), name}
      for k = 1, 3 do rows[c + 1][k + 2] = tostring(model.palette[3 * c - 3 + k]) end
   end
   csv.save(path, rows)
end

--- Writes the tables.
function Results:finish()
   local model, out = self.model, self.o.out
   if model.S then tables.save_csv(out .. '/areas.csv', self.predictions, model.classes, 'area') end
   if model.classifier then tables.save_csv(out .. '/scores.csv', self.predictions, model.classes, 'score') end
   save_classes(out .. '/classes.csv', model)
   json.save(out .. '/predictions.json', {run = model.name, settings = self.settings, classes = model.classes,
      predictions = self.predictions, failed = self.failed})
   self.journal:finish()
end

return Results
