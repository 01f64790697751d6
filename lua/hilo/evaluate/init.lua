--- hilo.evaluate: how good a model is on the pictures of a data set.
local core = require 'hilo.core'
local hilo = require 'hilo'
local metrics = require 'hilo.train.metrics'
local reader = require 'hilo.predict.reader'
local transforms = require 'hilo.data.transforms'
local trimap = require 'hilo.evaluate.trimap'

local evaluate = {}

-- The published code's: a picture is padded to one size with the mean colour, or its middle is cut out.
local function cropped(size, crop)
   local ch, cw = crop[1], crop[2] or crop[1]
   return function(_, h, w)
      local sample = transforms.whole(size)(nil, h, w)
      sample.crop_y, sample.crop_x = math.floor(math.max(0, sample.crop_h - ch) / 2), math.floor(math.max(0, sample.crop_w - cw) / 2)
      sample.crop_h, sample.crop_w = ch, cw
      return sample
   end
end

local function readings(model, o)
   local wanted = model:transforms()
   if o.protocol ~= 'original' then
      return wanted, o.labels == 'input' and transforms.whole(model.size, model.output_stride) or transforms.whole(1)
   end
   core.check(#model.views.scales == 1 and model.views.scales[1] == 1, 'protocol=original shows the network each picture at one size')
   local crop = cropped(model.size or 1, o.crop)
   if model.S then wanted[1] = crop end
   return wanted, crop
end

---@class EvaluationOptions
---@field names string[] of the set's pictures
---@field labels 'full'|'input'|nil compare at the label files' resolution, or at the size that the network sees
---@field protocol 'full'|'original'|nil 'original': pictures are padded or cut to `crop`, and compared there
---@field crop integer[]? {505, 505}
---@field trimap integer[]? also the scores within so many pixels of a boundary
---@field batch integer?
---@field workers Workers
---@field save (fun(name: string, labels: Tensor))? told of each label map (H,W)
---@field progress (fun(done: integer))?

---@class Evaluation: SegmentationScores
---@field measured integer pictures with a label map
---@field predicted integer pictures
---@field confusion number[][]? pixels: [truth][prediction]
---@field trimap {width: integer, mean_iou: number, pixel_accuracy: number, iou: table<string, number>}[]?

-- Adds a picture to the confusion matrices of the bands.
local function add_bands(bands, widths, truth, found, void)
   for i, band in ipairs(trimap.bands(truth, widths, void)) do bands[i]:add(band, found:cpu(), void) end
end

local function pictures_of(set, names)
   local list, measured = {}, 0
   for i, name in ipairs(names) do
      list[i] = {name = name, path = set:image(name), label = set:label(name)}
      if list[i].label then measured = measured + 1 end
   end
   return list, measured
end

-- Counts over all pictures.
local function run(model, set, o, pictures, counts, bands, rows, targets)
   local wanted, of_labels = readings(model, o)
   local done = 0
   for batch in reader {
      pictures = pictures, transforms = wanted, label = of_labels, set = set, workers = o.workers, batch = o.batch,
      device = model.device, normalise = model.normalise, failed = function(_, message) core.raise(message) end,
   } do
      local truth = batch.labels
      local found = model:label(batch.inputs, truth:size(2), truth:size(3))
      local present = found.rows and hilo.methods.class_targets(truth, #model.classes):totable()
      if found.labels then counts:add(truth, found.labels, set.void) end
      for i, picture in ipairs(batch.pictures) do
         if picture.label then
            if bands[1] then add_bands(bands, o.trimap, truth[i], found.labels[i], set.void) end
            if found.rows then rows[#rows + 1], targets[#targets + 1] = found.rows[i], present[i] end
         end
         if o.save then o.save(picture.name, found.labels[i]) end
         done = done + 1
         if o.progress then o.progress(done) end
      end
   end
end

--- Scores of a model.
---@param model Model
---@param set DataSet with the classes of the model
---@param o EvaluationOptions
---@return Evaluation
function evaluate.run(model, set, o)
   core.check(#set.classes == #model.classes, '%s knows %d classes, %s has %d', model.name, #model.classes, set.root, #set.classes)
   o = setmetatable({crop = o.crop or {505, 505}}, {__index = o})
   local pictures, measured = pictures_of(set, o.names)
   local counts, bands = metrics.confusion(model.classes, model.device), {}
   core.check(model.S or not (o.save or o.trimap), '%s makes no label maps', model.name)
   for i in ipairs(o.trimap or {}) do bands[i] = metrics.confusion(model.classes) end
   local rows, targets = {}, {}
   run(model, set, o, pictures, counts, bands, rows, targets)
   local result = {measured = measured, predicted = #pictures}
   if model.S then
      for key, value in pairs(counts:scores()) do result[key] = value end
      result.confusion = counts.matrix:totable()
   end
   if bands[1] then result.trimap = {} end
   for i, band in ipairs(bands) do
      result.trimap[i] = band:scores()
      result.trimap[i].width = o.trimap[i]
   end
   if #rows > 0 then result.classification = metrics.multi_label(rows, targets, model.classes) end
   return result
end

return evaluate
