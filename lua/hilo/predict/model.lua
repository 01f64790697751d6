--- predict/model.lua: what a run has learnt, ready to label pictures.
---
---     local model = hilo.open 'runs/mine'                          -- or 'mine', or a file that `hilo pack` wrote
---     local labels, scores = model:predict 'street.jpg'            -- (H,W) bytes; scores.classes.car.area
---     hilo.train.pictures.save_labels('street.png', labels, model.palette)
local core = require 'hilo.core'
local hilo = require 'hilo'
local description_of = require 'hilo.predict.description'
local folder = require 'hilo.data.folder'
local fusion = require 'hilo.methods.fusion'
local reader = require 'hilo.predict.reader'
local resample = require 'hilo.predict.resample'
local restored = require 'hilo.train.restored'
local scores_of = require 'hilo.predict.scores'
local transforms = require 'hilo.data.transforms'
local views = require 'hilo.train.views'
local Workers = require 'hilo.data.workers'

local check = core.check

---@class Model
---@field name string
---@field classes string[] label maps hold 0 for the first
---@field palette integer[] rgb, 768 numbers
---@field background boolean class 0 is background
---@field void integer 255; no label map that is predicted holds it
---@field normalise {mean: number[], std: number[]}
---@field size number factor by which pictures are brought to the size that the network was trained at
---@field S DeepLab? nil in an MLMT run, which says which classes are there and not where
---@field classifier ResNet?
---@field sizes integer[][]? {height, width} each: at which the classifier is shown a picture
---@field mirror boolean? whether it is shown it mirrored too
---@field fusion FusionDescription?
---@field device string
---@field views ViewOptions
---@field description Description
local Model = {}
Model.__index = Model

-- A network of a run on this device, with its weights: the one that was handed over, or one that is made again.
local function network_of(d, kind, o, given)
   local weights, origin = d[kind].weights()
   local net = given and given:to{device = o.device} or restored.network(kind, d[kind].options, origin, d.classes, o)
   return restored.with(net, weights, d.name)
end

---@class OpenOptions
---@field runs string? the folder of all runs, 'runs'
---@field checkpoint 'best'|'last'|nil 'best'; of a fused run the one that was fused
---@field mlmt string? an MLMT run to fuse with
---@field scores 'teacher'|'student'|nil 'teacher'
---@field fusion 'threshold'|'soft'|nil 'threshold'; of a fused run as it was fused
---@field tau number? threshold: classes that the classifier scores less are switched off; 0.2
---@field exponent number? soft: of the weights; 1
---@field device string? 'cpu'
---@field precision 'float32'|'bf16'|nil that of the run
---@field scales number[]? factors of the picture's size, of which the probabilities are averaged; {1}
---@field mirror boolean? also the mirrored picture
---@field window integer[]? {height, width}: the network is shown the picture window by window
---@field stride integer[]? of the windows; 2/3 of them
---@field net Module? where the run's script made its network itself: the same once more, which gets the run's weights

--- The network of a description.
---@param d Description
---@param o? OpenOptions
---@return Model
function Model.new(d, o)
   o = o or {}
   local device = o.device or 'cpu'
   local known, reason = core.device(device)
   check(known, 'device=%s: %s', device, tostring(reason))
   local self = setmetatable({name = d.name, device = device, description = d, views = views.read(o), sizes = {}}, Model)
   for _, key in ipairs {'classes', 'palette', 'background', 'void', 'normalise'} do self[key] = d.classes[key] end
   local with = {name = d.name, device = device, precision = o.precision ~= '' and o.precision or nil}
   if d.segmentation then
      self.S = network_of(d, 'segmentation', with, o.net)
      local options = d.segmentation.options
      self.size, self.output_stride = options.data.size or 1, options.model and options.model.output_stride
   end
   if d.classifier then
      self.classifier = network_of(d, 'classifier', with, not d.segmentation and o.net)
      local shown = d.classifier.options.eval or {} -- older runs have no such options
      self.sizes, self.mirror = views.sizes(d.classifier.options.resize, shown.scales), shown.mirror
   end
   description_of.fusing(d, o)
   self.fusion = setmetatable({background = d.fusion.keep_background and self.background}, {__index = d.fusion})
   return self
end

--- Opens a run (its folder, or its name below the folder of all runs), or a file that `hilo pack` wrote.
---@param which string
---@param o? OpenOptions
---@return Model
function Model.open(which, o)
   check(type(which) == 'string' and which ~= '', 'hilo.open: expected the name of a run, its folder or a packed file, got %s',
      type(which) == 'string' and 'an empty text' or type(which))
   o = setmetatable({runs = o and o.runs or 'runs'}, {__index = o})
   local d = folder.is_file(which) and require('hilo.pack').read(which) or description_of.of_run(which, o)
   if o.mlmt and o.mlmt ~= '' then d = description_of.with_classifier(d, o.mlmt, o) end
   return Model.new(d, o)
end

--- The transforms that make what `label` takes: one for each scale, and one for the classifier.
---@return Transform[]
function Model:transforms()
   local list = {}
   if self.S then
      for i, scale in ipairs(self.views.scales) do list[i] = transforms.whole(self.size * scale, self.output_stride) end
   end
   for _, size in ipairs(self.sizes) do list[#list + 1] = transforms.resized(size) end
   return list
end

local function narrowed(logits, i) return logits:narrow(1, i, 1) end

-- Classes that the classifier does not see are switched off, picture by picture.
---@private
function Model:fused(logits, rows)
   local list = {}
   for i, row in ipairs(rows) do list[i] = hilo.label_map(fusion(narrowed(logits, i), row, self.fusion)) end
   return #list == 1 and list[1] or hilo.cat(list, 1)
end

---@class Labelled
---@field labels Tensor? (N,H,W) byte; nil without a segmentation network
---@field logits Tensor? (N,C,H,W)
---@field rows number[][]? the classifier's scores, 0..1

--- What is in pictures that were brought to the sizes of `transforms`.
---@param inputs Tensor[]
---@param h integer of the label maps
---@param w integer
---@return Labelled
function Model:label(inputs, h, w)
   local own = {unpack(inputs, 1, self.S and #self.views.scales or 0)}
   return hilo.no_grad(function()
      local found = {}
      if self.classifier then
         local seen = {unpack(inputs, #own + 1, #own + #self.sizes)}
         found.rows = views.scores(self.classifier, seen, self.mirror):totable()
      end
      if self.S then
         found.logits = views.logits(self.S, own, h, w, self.views)
         found.labels = found.rows and self:fused(found.logits, found.rows) or hilo.label_map(found.logits)
      end
      return found
   end)
end

--- What is in one picture of a batch, counted.
---@param found Labelled
---@param i integer
---@param h integer of the picture
---@param w integer
---@return Tensor? labels (H,W) byte, on the CPU
---@return Scores scores
---@return Tensor? confidence (H,W) float, on the CPU: the largest probability before fusion
function Model:counted(found, i, h, w)
   local labels, scores, confidence
   if found.labels then
      local _, largest = hilo.no_grad(function()
         return hilo.label_map(hilo.softmax(narrowed(found.logits, i)), {confidence = true})
      end)
      labels, confidence = found.labels[i]:cpu(), largest[1]:cpu()
      scores = scores_of.of(labels, confidence, self.classes)
   else
      scores = {height = h, width = w, classes = {}}
   end
   if found.rows then scores_of.add_classifier(scores, found.rows[i], self.classes) end
   return labels, scores, confidence
end

-- A picture in memory as the transforms would make it.
---@private
function Model:inputs_of(picture)
   check(picture:dim() == 3 and picture:size(1) == 3 or picture:dim() == 2,
      'predict: expected a picture (3,H,W) or (H,W), bytes or floats of 0..1; got %s', table.concat(picture:size(), 'x'))
   local h, w = picture:size(picture:dim() - 1), picture:size(picture:dim())
   local unit = picture:to{dtype = 'float32', device = 'cpu'}
   if picture:dtype() == 'uint8' then
      unit = unit * (1 / 255)
   else
      local low, high = unit:min(), unit:max()
      check(low > -0.5 and high < 1.5, 'predict: a picture of floats lies in 0..1, this one in %g..%g; give it as bytes, or x / 255',
         low, high)
   end
   if picture:dim() == 2 then unit = unit:view(1, h, w):expand(3, h, w):contiguous() end
   local inputs = {}
   for i, transform in ipairs(self:transforms()) do
      local sample = transform(nil, h, w)
      local x = resample(unit, sample.crop_h, sample.crop_w):clone()
      for c = 1, 3 do x:select(1, c):add(-self.normalise.mean[c]):mul(1 / self.normalise.std[c]) end
      inputs[i] = x:view(1, 3, sample.crop_h, sample.crop_w):to{device = self.device}
   end
   return inputs, h, w
end

--- The set of a reader that has no label maps.
function Model:set() return {classes = self.classes, void = self.void} end

---@private
function Model:inputs_from(path)
   self.workers = self.workers or Workers.new {threads = 0, cache_mb = 0}
   local batch = reader {
      pictures = {{path = path}}, transforms = self:transforms(), set = self:set(), workers = self.workers, device = self.device,
      normalise = self.normalise, failed = function(_, message) core.raise(message) end,
   }()
   return batch.inputs, batch.h, batch.w
end

--- Labels a picture.
---@param picture string|Tensor the path of a file, or (3,H,W) or (H,W): bytes, or floats of 0..1
---@param options? {confidence?: boolean, probabilities?: boolean} what else to return
---@return Tensor? labels (H,W) byte, of the picture's own size; nil from an MLMT run alone
---@return Scores scores
---@return {confidence: Tensor?, probabilities: Tensor?} more confidence (H,W), probabilities (C,H,W), before fusion
function Model:predict(picture, options)
   options = options or {}
   check(type(picture) == 'string' or core.is_tensor(picture), 'predict: expected the path of a picture or a tensor, got %s',
      type(picture))
   local inputs, h, w
   if core.is_tensor(picture) then inputs, h, w = self:inputs_of(picture) else inputs, h, w = self:inputs_from(picture) end
   local found = self:label(inputs, h, w)
   local labels, scores, confidence = self:counted(found, 1, h, w)
   return labels, scores, {
      confidence = options.confidence and confidence or nil,
      probabilities = options.probabilities and found.logits and hilo.no_grad(hilo.softmax, found.logits)[1] or nil,
   }
end

return require('hilo.checked').class('Model', Model)
