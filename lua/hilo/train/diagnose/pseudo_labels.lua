--- train/diagnose/pseudo_labels.lua: what methods do that learn from some pixels of predicted maps.
local hilo = require 'hilo'
local figures_of = require 'hilo.train.diagnose.figures'
local Quality = require 'hilo.train.quality'
local undisturbed = require 'hilo.train.undisturbed'

--- What a method does that learns from some pixels of predicted maps: accepted, pixel_accuracy and mean_iou on validation pictures
--- and on unlabelled ones that have label maps, and the gradients.
---@param probe Probe
---@param how {nets: Module[], logits: (fun(x: Tensor): Tensor)?, threshold: number?, S: DeepLab?,
--- label: (fun(x: Tensor, inside: Tensor): Tensor, Tensor)?,
--- losses: (fun(x_l: Tensor, y_l: Tensor, x_u: Tensor, inside: Tensor): table<string, Tensor>)?, weights: table<string, number>?}
--- nets: all that training changes; logits and threshold: x (N,3,H,W) -> (N,C,H,W), and the least probability that is learnt from; or
--- label: x, inside (N,H,W) -> the map of all pixels (N,H,W) byte, and where it is learnt from (N,1,1) or (N,H,W) byte; losses: terms
--- of the loss of S, of which one is ce; weights: their factors
---@return table<string, table<string, number>> figures
---@return string text
return function(probe, how)
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
         figures_of.add_quality(found, part, quality)
      end
      if how.losses then
         local l, u = first.labelled, first.unlabelled
         figures_of.add_gradients(found, how.S, how.losses(l.images, l.labels, u.images, u.inside), how.weights)
      end
      return figures_of.whole(found)
   end)
   local right = figures.pixel_accuracy and figures.pixel_accuracy.val_accepted
   return figures, ('accepted: %s of the pixels'):format(figures_of.percent(figures.accepted.val))
      .. (right and (', of which %.0f %% are right'):format(right) or '')
end
