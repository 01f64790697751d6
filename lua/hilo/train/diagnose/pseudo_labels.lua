--- train/diagnose/pseudo_labels.lua: what methods do that learn from predicted maps, or from some of their pixels.
local hilo = require 'hilo'
local figures_of = require 'hilo.train.diagnose.figures'
local Quality = require 'hilo.train.quality'
local undisturbed = require 'hilo.train.undisturbed'

-- ---- sums over the pixels of a part ----

local Pixels = {}
Pixels.__index = Pixels

local function new_pixels(probe)
   return setmetatable({quality = Quality.new(probe.classes, probe.device, probe.void), taken = {0, 0}, left = {0, 0}}, Pixels)
end

local function count(mask) return hilo.sum(mask:float()) end

-- Pixels of a mask, and the sum of the certainty there.
local function add_to(sums, mask, certainty)
   sums[1] = sums[1] + count(mask)
   sums[2] = sums[2] + hilo.sum(hilo.cmul(certainty:float(), mask:float()))
end

-- learner: see DiagnosedMaps
---@private
function Pixels:add(batch, map, taken, certainty, learner)
   taken = hilo.cmul(taken:expandAs(batch.inside), batch.inside)
   add_to(self.taken, taken, certainty)
   add_to(self.left, hilo.cmul(hilo.eq(taken, 0), batch.inside), certainty)
   if batch.labels then self.quality:add(batch.labels, map, taken) end
   if learner then
      self.agreed = (self.agreed or 0) + count(hilo.cmul(hilo.eq(hilo.label_map(learner(batch.images)), map), batch.inside))
   end
end

local function mean(sums) return sums[1] > 0 and sums[2] / sums[1] or nil end

---@private
function Pixels:add_figures(found, part)
   local taken, left = self.taken, self.left
   local all = math.max(1, taken[1] + left[1])
   found.accepted[part] = taken[1] / all
   found.certainty[part] = (taken[2] + left[2]) / all
   found.certainty[part .. '_accepted'], found.certainty[part .. '_rejected'] = mean(taken), mean(left)
   found.agreement[part] = self.agreed and self.agreed / all
   figures_of.add_quality(found, part, self.quality)
end

-- ---- gradients ----

-- The terms of the loss on the batch of the last step: ce, and those that have a weight.
local function terms(run, how)
   local found = run:again(how.losses)
   local list = {ce = found.ce}
   for name in pairs(how.weights) do list[name] = found[name] end
   return list
end

---@class DiagnosedMaps
---@field nets Module[] all that training changes
---@field logits? fun(x: Tensor, rows: Tensor?): Tensor (N,3,H,W) -> (N,C,H,W): their classes are learnt where their probability is
--- at least `threshold`; rows: those of the probe
---@field threshold? number 0, for a method that learns from all pixels
---@field label? fun(x: Tensor, inside: Tensor, rows: Tensor?): Tensor, Tensor, Tensor in the place of logits: x, inside (N,H,W) and
--- rows as there -> the map of all pixels (N,H,W) byte, where it is learnt from (N,1,1) or (N,H,W) byte, and the certainty (N,H,W) by
--- which that is chosen
---@field learner? fun(x: Tensor): Tensor another network than that of the labels, which learns them: (N,3,H,W) -> (N,C,H,W)
---@field S? DeepLab whose gradients are looked at
---@field losses? fun(): table<string, Tensor> what a step computes of its batches: ce, and the terms that `weights` names
---@field weights? table<string, number|Tensor> factors of these terms in the loss of S

--- What a method does that learns from predicted maps: accepted, certainty, pixel_accuracy and mean_iou on validation pictures and on
--- unlabelled ones (the last two where these have label maps), agreement where another network learns, and the gradients of the terms
--- of its loss on the batch of the last step.
---@param probe Probe
---@param how DiagnosedMaps
---@return table<string, table<string, number>> figures
---@return string text
return function(probe, how)
   local label = how.label or function(x, _, rows)
      local map, sure = hilo.label_map(hilo.softmax(how.logits(x, rows)), {confidence = true})
      return map, hilo.ge(sure, how.threshold or 0), sure
   end
   local pixels = {}
   local function look(part, batch)
      pixels[part] = pixels[part] or new_pixels(probe)
      local map, taken, certainty = label(batch.images, batch.inside, batch.rows)
      pixels[part]:add(batch, map, taken, certainty, how.learner)
   end
   local figures = undisturbed(how.nets, function()
      local found = {accepted = {}, certainty = {}, agreement = {}}
      for _, parts in probe:batches() do
         for part, batch in pairs(parts) do if part ~= 'labelled' then hilo.no_grad(look, part, batch) end end
      end
      for part, of_part in pairs(pixels) do of_part:add_figures(found, part) end
      if how.losses then figures_of.add_gradients(found, how.S, terms(probe.run, how), how.weights) end
      return figures_of.whole(found)
   end)
   local accuracy = figures.pixel_accuracy or {}
   local right, of_rest = accuracy.val_accepted, accuracy.val_rejected
   local rest = of_rest and (', of the others %.0f %%'):format(of_rest) or ''
   return figures, ('accepted: %s of the pixels'):format(figures_of.percent(figures.accepted.val))
      .. (right and (', of which %.0f %% are right%s'):format(right, rest) or '')
end
