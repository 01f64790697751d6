--- data/batches.lua: every image of a list once, in order, read ahead by worker threads: for evaluation.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local Draws = require 'hilo.data.draws'
local folder = require 'hilo.data.folder'
local samples = require 'hilo.data.samples'
local transforms = require 'hilo.data.transforms'
local Workers = require 'hilo.data.workers'

local check = core.check

-- Neighbours in the list whose samples have one size, at most options.batch of them.
local function next_group(options, first)
   local group = {}
   for i = first, math.min(#options.names, first + (options.batch or 1) - 1) do
      local name = options.names[i]
      local h, w = folder.image_size(options.set:image(name))
      local sample = samples.check(options.transform(Draws.of(0, 255, 0, i), h, w))
      local one = group[1]
      if one and (one.sample.crop_h ~= sample.crop_h or one.sample.crop_w ~= sample.crop_w or one.h ~= h or one.w ~= w) then break end
      group[#group + 1] = {name = name, h = h, w = w, sample = sample}
   end
   return group
end

local function byte(n, h, w) return Tensor.empty({n, h, w}, {dtype = 'byte'}) end

-- Starts reading a group. Labels of full size need samples of their own, without the image.
local function submit(options, workers, group)
   local n, one, want = #group, group[1], options.labels
   local h, w = one.sample.crop_h, one.sample.crop_w
   local apart = want == 'full' and (h ~= one.h or w ~= one.w or one.sample.scale ~= 1)
   local label_h, label_w = apart and one.h or h, apart and one.w or w
   local batch = {images = Tensor.empty({n, 3, h, w}), labels = want and byte(n, label_h, label_w) or nil, names = {}, step = n}
   local count = apart and 2 * n or n
   local c, anchors = samples.array(count), {}
   for i, item in ipairs(group) do
      local files = {image = options.set:image(item.name), label = want and options.set:label(item.name) or nil}
      check(not want or files.label, "batches: '%s' has no label map in %s", item.name, options.set.label_folder)
      anchors[i] = files
      batch.names[i] = item.name
      local label = want and batch.labels:data() + (i - 1) * label_h * label_w or nil
      local image = batch.images:data() + (i - 1) * 3 * h * w
      if apart then
         samples.write(c, i - 1, item.sample, options.set, {image = files.image}, {image = image}, options.normalise)
         samples.write(c, n + i - 1, transforms.whole(1)(nil, item.h, item.w), options.set, files, {label = label},
            options.normalise)
      else
         samples.write(c, i - 1, item.sample, options.set, files, {image = image, label = label}, options.normalise)
      end
   end
   batch.ticket = workers:submit(c, count, batch)
   return batch, anchors
end

--- for batch in batches{set = set, names = split.val, transform = transforms.whole(0.5)} do ... end
---
--- batch.images (N,3,H,W), batch.labels (N,H,W) byte, batch.names; N is 1 unless `batch` allows more and neighbours in the list
--- have one size.
---
---     local set = hilo.data.open {root = 'photos'}
---     for batch in hilo.data.batches {set = set, names = set.names, transform = hilo.data.transforms.whole()} do
---        print(batch.names[1])
---     end
---@param options {set: DataSet, names: string[], transform: Transform, labels: 'full'|'input'|nil, batch: integer?, workers: Workers?,
--- ahead: integer?, device: string?, normalise: table?} labels: 'input' as the transform makes them, 'full' as the files hold them
---@return fun(): Batch?
return function(options)
   check(options.labels == nil or options.labels == 'full' or options.labels == 'input',
      "batches: labels must be 'full' or 'input', got %s", tostring(options.labels))
   local workers = options.workers or Workers.shared()
   local queue, position = {}, 1
   local guard = workers:guard(queue)
   return function()
      while position <= #options.names and #queue < (options.ahead or 4) do
         local group = next_group(options, position)
         position = position + #group
         queue[#queue + 1] = submit(options, workers, group)
      end
      local batch = queue[1]
      if not batch then return nil end
      workers:wait(batch.ticket)
      table.remove(queue, 1)
      batch.guard = guard
      local device = options.device
      if device and device ~= 'cpu' then
         batch.images = batch.images:to{device = device}
         if batch.labels then batch.labels = batch.labels:to{device = device} end
      end
      return batch
   end
end
