--- train/diagnose.lua: what a method does to its networks, measured at an evaluation on the crops of a probe, with the networks as they
--- train. Nothing that training does afterwards depends on it.
---
--- Figures are groups of numbers, each a curve of the report and a tag of TensorBoard:
---    confidence        D's mean confidence in label maps of labelled and of validation pictures, and in the maps that S predicts for
---                      labelled, validation and unlabelled ones; and, as <part>_hard, in these with 1 for the class of each pixel and
---                      0 for the others, as label maps have it: what is between tells how much D goes by softness
---    accuracy          the share of label maps and predicted maps that D tells right (confidence above 1/2), each kind counting half:
---                      among what it trains on, and on validation pictures
---    accepted          the share that is learnt from: of the maps (s4GAN), or of the pixels
---    pixel_accuracy, mean_iou   of what is accepted and rejected, percent, where label maps are known
---    rank_correlation  Spearman's, of D's confidence in a map and the share of its pixels that are right; and, as <part>_by_S, of the
---                      mean of the probabilities that S gives to its classes, which needs no D
---    gradient_norm     of each term of the loss of S, as it is weighted there
---    gradient_cosine   between the gradients of the terms and that of the cross entropy
local hilo = require 'hilo'
local gradients = require 'hilo.train.gradients'
local metrics = require 'hilo.train.metrics'
local Quality = require 'hilo.train.quality'
local undisturbed = require 'hilo.train.undisturbed'

local methods = hilo.methods

local diagnose = {}

-- ---- lists of numbers from tensors (N), which stay on the device until all are there ----

local Tally = {}
Tally.__index = Tally

local function new_tally() return setmetatable({}, Tally) end

function Tally:add(name, values)
   self[name] = self[name] or {}
   table.insert(self[name], values)
end

function Tally:list(name) return hilo.cat(self[name], 1):totable() end

local function mean(list)
   local sum = 0
   for _, x in ipairs(list) do sum = sum + x end
   return sum / #list
end

local function share(list, is)
   local count = 0
   for _, x in ipairs(list) do if is(x) then count = count + 1 end end
   return count / #list
end

-- ---- what is accepted ----

-- Adds the figures of a part's maps to those of all.
local function add_quality(figures, part, quality)
   local found = quality:figures()
   for _, side in ipairs {'accepted', 'rejected'} do
      for measure, value in pairs(found[side] or {}) do
         figures[measure] = figures[measure] or {}
         figures[measure][part .. '_' .. side] = value
      end
   end
end

local function add_gradients(figures, S, losses, weights)
   figures.gradient_norm, figures.gradient_cosine = gradients.of(S, losses, {first = 'ce', weights = weights})
end

-- Groups that hold something.
local function whole(figures)
   for name, group in pairs(figures) do if not next(group) then figures[name] = nil end end
   return figures
end

-- ---- s4GAN ----

local function per_picture(x) return hilo.sum(x:float(), 2, 3):view(-1) end

-- Share of the known pixels that are right, one number a picture.
local function right_share(truth, found, void)
   local known = hilo.ne(truth, void)
   local right = hilo.cmul(hilo.eq(truth, found), known)
   return hilo.cdiv(per_picture(right), hilo.cmax(per_picture(known), 1))
end

-- The mean of the largest probabilities inside the picture, one number a picture.
local function own_confidence(logits, inside)
   local _, sure = hilo.label_map(hilo.softmax(logits), {confidence = true})
   inside = inside:float()
   return hilo.cdiv(per_picture(hilo.cmul(sure, inside)), hilo.cmax(per_picture(inside), 1))
end

-- What D says of the label maps and predicted maps of one batch of each part, shown to it as in training.
local function ask_discriminator(tally, qualities, probe, parts, how)
   local o, D = how.options, how.D
   local l, u = parts.labelled, parts.unlabelled
   local function confidence(map) return methods.confidence(D, map, {dropout = o.gate_dropout}) end
   local function shown(labels, inside)
      if o.void_columns == 'real' then return nil, nil end
      return methods.discriminator.shared_columns(labels, inside)
   end
   for part, batch in pairs(parts) do
      local logits = how.S(batch.images)
      local _, of_fake = shown(l.labels, batch.inside)
      local says = confidence(methods.discriminator.fake(logits, batch.images, of_fake))
      tally:add(part, says)
      if part ~= 'labelled' then
         local hard = methods.discriminator.real(hilo.label_map(logits), batch.images, #probe.classes, of_fake)
         tally:add(part .. '_hard', confidence(hard))
      end
      if qualities[part] and batch.labels then
         local found = hilo.label_map(logits)
         qualities[part]:add(batch.labels, found, hilo.ge(says, how.gamma):view(-1, 1, 1))
         tally:add(part .. '_right', right_share(batch.labels, found, probe.void))
         tally:add(part .. '_sure', own_confidence(logits, batch.inside))
      end
      if part ~= 'unlabelled' then
         local of_real = shown(batch.labels, u.inside)
         tally:add(part .. '_truth', confidence(methods.discriminator.real(batch.labels, batch.images, #probe.classes, of_real)))
      end
   end
end

local function is_sure(x) return x > 0.5 end
local function is_unsure(x) return x <= 0.5 end

local function discriminator_figures(tally, qualities, how)
   local figures = {confidence = {}, accuracy = {}, accepted = {}, rank_correlation = {}}
   for _, part in ipairs {'labelled', 'val', 'unlabelled'} do
      local says = tally:list(part)
      figures.confidence[part] = mean(says)
      if part ~= 'labelled' then
         figures.confidence[part .. '_hard'] = mean(tally:list(part .. '_hard'))
         figures.accepted[part] = share(says, function(x) return x >= how.gamma end)
      end
      if tally[part .. '_right'] then
         add_quality(figures, part, qualities[part])
         local right = tally:list(part .. '_right')
         figures.rank_correlation[part] = metrics.rank_correlation(says, right)
         figures.rank_correlation[part .. '_by_S'] = metrics.rank_correlation(tally:list(part .. '_sure'), right)
      end
      local against = part == 'labelled' and 'unlabelled' or part -- D trains on label maps of the one and maps of the other
      if part ~= 'unlabelled' then
         local truth = tally:list(part .. '_truth')
         figures.confidence[part .. '_truth'] = mean(truth)
         figures.accuracy[part == 'labelled' and 'train' or part] =
            (share(truth, is_sure) + share(tally:list(against), is_unsure)) / 2
      end
   end
   return figures
end

local function percent(x) return ('%.0f %%'):format(100 * x) end

local function describe(figures)
   local c = figures.confidence
   local text = ('D is %.2f sure of label maps, %.2f of maps of unlabelled pictures; accepted: %s'):format(c.labelled_truth,
      c.unlabelled, percent(figures.accepted.unlabelled))
   local right = figures.pixel_accuracy or {}
   local accepted, rejected = right.unlabelled_accepted, right.unlabelled_rejected
   if accepted and rejected then text = text .. (' (right pixels %.0f %%, of the others %.0f %%)'):format(accepted, rejected) end
   return text
end

-- Goes through the probe's batches; the first of them is the last result.
local function look_at_maps(probe, how)
   probe:need('unlabelled')
   local o, tally, qualities, first = how.options, new_tally(), {}, nil
   local asked = {S = how.S, D = how.D, options = o, gamma = o.gamma < 1 and o.gamma or math.huge}
   for _, part in ipairs {'val', 'unlabelled'} do qualities[part] = Quality.new(probe.classes, probe.device, probe.void) end
   for _, parts in probe:batches() do
      first = first or parts
      hilo.no_grad(ask_discriminator, tally, qualities, probe, parts, asked)
   end
   return asked, tally, qualities, first
end

---@class SeenMaps one number a picture
---@field says number[] D's confidence in the predicted map
---@field hard number[] D's confidence in it with 1 for the class of each pixel and 0 for the others
---@field sure number[] the mean probability that S gives to its classes
---@field right number[] the share of its pixels that are right

--- Predicted maps of validation pictures, and of unlabelled ones that have label maps, one by one.
---@param probe Probe
---@param how {S: DeepLab, D: Discriminator, options: table} as diagnose.s4gan takes it
---@return {val: SeenMaps, unlabelled: SeenMaps?}
function diagnose.maps(probe, how)
   return undisturbed({how.S, how.D}, function()
      local _, tally = look_at_maps(probe, how)
      local found = {}
      for _, part in ipairs {'val', 'unlabelled'} do
         if tally[part .. '_right'] then
            found[part] = {says = tally:list(part)}
            for _, field in ipairs {'hard', 'sure', 'right'} do found[part][field] = tally:list(part .. '_' .. field) end
         end
      end
      return found
   end)
end

--- What s4GAN does: all the figures above.
---@param probe Probe
---@param how {S: DeepLab, D: Discriminator, options: table, losses: fun(x_l: Tensor, y_l: Tensor, x_u: Tensor, inside: Tensor):
--- table<string, Tensor>} options: the script's: gamma, lambda_fm, lambda_st, void_columns, gate_dropout; losses: the terms ce, fm
--- and st of the loss of S on a batch, not weighted
---@return table<string, table<string, number>> figures
---@return string text one line of them
function diagnose.s4gan(probe, how)
   local o = how.options
   local figures = undisturbed({how.S, how.D}, function()
      local asked, tally, qualities, first = look_at_maps(probe, how)
      local found = discriminator_figures(tally, qualities, asked)
      local l, u = first.labelled, first.unlabelled
      add_gradients(found, how.S, how.losses(l.images, l.labels, u.images, u.inside), {fm = o.lambda_fm, st = o.lambda_st})
      return found
   end)
   return whole(figures), describe(figures)
end

-- ---- pseudo-labels ----

--- What a method does that learns from some pixels of predicted maps: accepted, pixel_accuracy and mean_iou on validation pictures
--- and on unlabelled ones that have label maps, and the gradients.
---@param probe Probe
---@param how {nets: Module[], logits: (fun(x: Tensor): Tensor)?, threshold: number?, label: (fun(x: Tensor, inside: Tensor): Tensor,
--- Tensor)?, S: DeepLab?, losses: (fun(x_l: Tensor, y_l: Tensor, x_u: Tensor, inside: Tensor): table<string, Tensor>)?, weights:
--- table<string, number>?}
--- nets: all that training changes; logits and threshold: x (N,3,H,W) -> (N,C,H,W), and the least probability that is learnt from; or
--- label: x, inside (N,H,W) -> the map of all pixels (N,H,W) byte, and where it is learnt from (N,1,1) or (N,H,W) byte; losses: terms
--- of the loss of S, of which one is ce; weights: their factors
---@return table<string, table<string, number>> figures
---@return string text
function diagnose.pseudo_labels(probe, how)
   local qualities, taken_of, inside_of, first = {}, {}, {}, nil
   local label = how.label or function(x)
      local map, sure = hilo.label_map(hilo.softmax(how.logits(x)), {confidence = true})
      return map, hilo.ge(sure, how.threshold)
   end
   local function look(part, batch)
      local map, taken = label(batch.images, batch.inside)
      taken = hilo.cmul(taken:expandAs(batch.inside), batch.inside)
      taken_of[part] = (taken_of[part] or 0) + hilo.sum(taken:float())
      inside_of[part] = (inside_of[part] or 0) + hilo.sum(batch.inside:float())
      qualities[part] = qualities[part] or Quality.new(probe.classes, probe.device, probe.void)
      if batch.labels then qualities[part]:add(batch.labels, map, taken) end
   end
   local figures = undisturbed(how.nets, function()
      local found = {accepted = {}}
      for _, parts in probe:batches() do
         first = first or parts
         for part, batch in pairs(parts) do if part ~= 'labelled' then hilo.no_grad(look, part, batch) end end
      end
      for part, quality in pairs(qualities) do
         found.accepted[part] = taken_of[part] / math.max(1, inside_of[part])
         add_quality(found, part, quality)
      end
      if how.losses then
         local l, u = first.labelled, first.unlabelled
         add_gradients(found, how.S, how.losses(l.images, l.labels, u.images, u.inside), how.weights)
      end
      return whole(found)
   end)
   local right = figures.pixel_accuracy and figures.pixel_accuracy.val_accepted
   return figures, ('accepted: %s of the pixels'):format(percent(figures.accepted.val))
      .. (right and (', of which %.0f %% are right'):format(right) or '')
end

return diagnose
