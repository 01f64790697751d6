--- data/samples.lua: writes what a transform drew into the structs that the worker threads take.
local ffi = require 'ffi'
local core = require 'hilo.core'

local samples = {}

--- Mean and standard deviation of RGB in [0,1] that ImageNet's networks expect.
samples.mean, samples.std = {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}

local defaults = {scale = 1, resize_h = 0, resize_w = 0, crop_y = 0, crop_x = 0, brightness = 1, contrast = 1, saturation = 1,
   hue = 0, blur = 0, flip = false}
local needed = {crop_h = true, crop_w = true}

--- Errors unless a transform returned what a sample may hold.
---@param sample any
---@return Sample
function samples.check(sample)
   core.check(type(sample) == 'table', 'transform: expected a table such as {crop_h = 176, crop_w = 176}, got %s', type(sample))
   for key, value in pairs(sample) do
      core.check(defaults[key] ~= nil or needed[key] or key == 'jitter_order', "transform: a sample has no field '%s'", tostring(key))
      local kind = key == 'flip' and 'boolean' or key == 'jitter_order' and 'table' or 'number'
      core.check(type(value) == kind, 'transform: %s must be a %s, got %s', key, kind, type(value))
   end
   for key in pairs(needed) do core.check(sample[key], 'transform: a sample needs %s', key) end
   return sample
end

--- Fills the i-th struct (from 0). The strings must stay alive until the structs are submitted.
---@param c ffi.cdata* hl_host_sample[n]
---@param i integer
---@param sample Sample
---@param set DataSet
---@param files {image: string, label: string?}
---@param outputs {image: ffi.cdata*, label: ffi.cdata*?, mask: ffi.cdata*?}
---@param normalise? {mean?: number[], std?: number[]}
function samples.write(c, i, sample, set, files, outputs, normalise)
   local s = c[i]
   s.image, s.label = files.image, files.label
   for key, default in pairs(defaults) do
      local value = sample[key]
      if value == nil then value = default end
      if key == 'flip' then value = value and 1 or 0 end
      s[key] = value
   end
   s.crop_h, s.crop_w = sample.crop_h, sample.crop_w
   for k = 0, 3 do s.jitter_order[k] = sample.jitter_order and sample.jitter_order[k + 1] or k end
   local mean, std = normalise and normalise.mean or samples.mean, normalise and normalise.std or samples.std
   for k = 0, 2 do s.mean[k], s.std[k] = mean[k + 1], std[k + 1] end
   s.remap, s.remap_size, s.classes, s.void_label = set.remap, set.remap_size or 0, #set.classes, set.void
   local coded = set.colour_table
   if coded then s.colours, s.colour_ids, s.colour_count, s.other_colour = coded.colours, coded.ids, coded.count, coded.other end
   s.image_out, s.label_out, s.mask_out = outputs.image, outputs.label, outputs.mask
end

--- Array of n structs.
samples.array = ffi.typeof('hl_host_sample[?]')

return samples
