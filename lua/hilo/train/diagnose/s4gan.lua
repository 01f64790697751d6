--- train/diagnose/s4gan.lua: what s4GAN does: what D takes for real, and which maps S learns from.
local hilo = require 'hilo'
local figures_of = require 'hilo.train.diagnose.figures'
local metrics = require 'hilo.train.metrics'
local Quality = require 'hilo.train.quality'
local undisturbed = require 'hilo.train.undisturbed'

local methods = hilo.methods

local s4gan = {}

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

-- ---- what is measured ----

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
         figures_of.add_quality(figures, part, qualities[part])
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

local function describe(figures)
   local c = figures.confidence
   local text = ('D is %.2f sure of label maps, %.2f of maps of unlabelled pictures; accepted: %s'):format(c.labelled_truth,
      c.unlabelled, figures_of.percent(figures.accepted.unlabelled))
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
---@param how {S: DeepLab, D: Discriminator, options: table, [string]: any} as s4gan.figures takes it
---@return {val: SeenMaps, unlabelled: SeenMaps?}
function s4gan.maps(probe, how)
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

--- What s4GAN does: all the figures of train/diagnose/init.lua.
---@param probe Probe
---@param how {S: DeepLab, D: Discriminator, options: table, losses: fun(x_l: Tensor, y_l: Tensor, x_u: Tensor, inside: Tensor):
--- table<string, Tensor>, [string]: any} options: the script's: gamma, lambda_fm, lambda_st, void_columns, gate_dropout;
--- losses: the terms ce, fm
--- and st of the loss of S on a batch, not weighted
---@return table<string, table<string, number>> figures
---@return string text one line of them
function s4gan.figures(probe, how)
   local o = how.options
   local figures = undisturbed({how.S, how.D}, function()
      local asked, tally, qualities, first = look_at_maps(probe, how)
      local found = discriminator_figures(tally, qualities, asked)
      local l, u = first.labelled, first.unlabelled
      figures_of.add_gradients(found, how.S, how.losses(l.images, l.labels, u.images, u.inside), {fm = o.lambda_fm, st = o.lambda_st})
      return found
   end)
   return figures_of.whole(figures), describe(figures)
end

return s4gan
