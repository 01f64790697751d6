--- data/loader.lua: an endless series of random batches, read ahead by worker threads.
--- Which images a step gets, and how they are augmented, depends on (seed, stream, step) alone.
local core = require 'hilo.core'
local graph = require 'hilo.graph'
local Tensor = require 'hilo.tensor'
local Draws = require 'hilo.data.draws'
local folder = require 'hilo.data.folder'
local samples = require 'hilo.data.samples'
local Workers = require 'hilo.data.workers'

local check = core.check

---@class Batch
---@field images Tensor (N,3,H,W) normalised; 0, the mean colour, outside of the image
---@field labels Tensor? (N,H,W) byte, void outside of the image; where the loader was asked for labels
---@field mask Tensor (N,H,W) byte, 1 inside the image
---@field rows Tensor? (N,K) what `rows` says of each image
---@field names string[]
---@field epoch integer of the first image, from 0

---@class Loader
---@field on Device where its batches go
---@field coming Batch? the next one, on its way there
local Loader = {}
Loader.__index = Loader

local views_apart = 16 -- streams 1..15 shuffle; stream + 16 * view augments

--- Random batches without end: each pass over the names in another order, each picture augmented anew.
---
---     local set = hilo.data.open {root = 'photos'}
---     local loader = hilo.data.loader {
---        set = set, names = hilo.data.split(set, {labelled = 'all', val = '2', seed = 1}).labelled, labels = true, batch = 2,
---        seed = 1, stream = 1, transform = hilo.data.transforms.segmentation {crop = {48, 48}},
---     }
---     local images, labels = loader:tensors()                   -- (2,3,48,48), (2,48,48)
---@param options {set: DataSet, names: string[], batch: integer, transform: Transform, seed: integer, stream: integer?, view: integer?,
--- look: integer?, labels: boolean?, rows: table<string, number[]>?, workers: Workers?, ahead: integer?, device: string?,
--- normalise: {mean: number[], std: number[]}?}
--- stream: 1..15, another for each loader of a run that shall shuffle on its own; view: 1..14, loaders of one stream and
--- different views give the same images, augmented differently; look: 1..15, loaders of one stream and one view give the same crops,
--- mirrored alike, and those of different looks colours of their own; rows: K numbers for each name, such as
--- image-level tags; ahead: batches that are read ahead, 3
---@return Loader
function Loader.new(options)
   local self = setmetatable({}, Loader)
   for key, value in pairs(options) do self[key] = value end
   check(#self.names > 0, 'loader: the list of images is empty')
   check(self.batch >= 1 and self.batch % 1 == 0, 'loader: batch must be a whole number of 1 or more, got %s', tostring(self.batch))
   check(self.seed >= 0 and self.seed < 2 ^ 32 and self.seed % 1 == 0, 'loader: seed must be a whole number from 0 to 2^32 - 1, got %s',
      tostring(self.seed))
   local device, reason = core.device(self.device or 'cpu')
   check(device, 'loader: device %s: %s', tostring(self.device), tostring(reason))
   self.on = device
   self.stream, self.view = self.stream or 1, self.view or 1
   self.workers = self.workers or Workers.shared()
   self.ahead = self.ahead or 3
   self.order_epoch, self.sizes = nil, {}
   self:seek(1)
   self.guard = self.workers:guard(self.tickets)
   return self
end

--- Number of batches that one pass over the images takes, rounded up.
---@return integer
function Loader:batches_per_epoch() return math.ceil(#self.names / self.batch) end

--- Makes `next` return the batch of that step (from 1).
---@param step integer
---@return Loader self
function Loader:seek(step)
   self.tickets = self.tickets or {}
   for number, batch in pairs(self.tickets) do
      self.workers:cancel(batch.ticket)
      self.tickets[number] = nil
   end
   self.step, self.submitted, self.coming = step, step - 1, nil
   return self
end

---@private
function Loader:name_at(position)
   local n = #self.names
   local epoch = math.floor(position / n)
   if self.order_epoch ~= epoch then
      self.order_epoch, self.order = epoch, Draws.order(self.seed, self.stream, epoch, n)
   end
   local index = self.order[position % n + 1]
   return self.names[index], epoch, index - 1
end

--- What is drawn for the sample at a position of the endless series, from 0.
---@param position integer
---@return string name
---@return Sample sample
---@return integer epoch
function Loader:draw(position)
   local name, epoch, index = self:name_at(position)
   local size = self.sizes[name]
   if not size then
      size = {folder.image_size(self.set:image(name))}
      self.sizes[name] = size
   end
   local draws = Draws.of(self.seed, self.stream + views_apart * self.view, epoch, index, self.look)
   return name, samples.check(self.transform(draws, size[1], size[2])), epoch
end

local function allocate(n, sample, labels, row)
   local h, w = sample.crop_h, sample.crop_w
   return {
      images = Tensor.empty({n, 3, h, w}),
      labels = labels and Tensor.empty({n, h, w}, {dtype = 'byte'}) or nil,
      mask = Tensor.empty({n, h, w}, {dtype = 'byte'}),
      rows = row and Tensor.empty {n, #row} or nil,
      names = {},
   }
end

-- What `rows` says of an image, nil where there are none.
---@private
function Loader:row(name)
   if not self.rows then return nil end
   return check(self.rows[name], "loader: rows say nothing of '%s'", name)
end

local function write_row(rows, i, row)
   local n = rows:size(2)
   check(#row == n, 'loader: all rows need one length, got %d and %d', n, #row)
   local at = rows:data() + (i - 1) * n
   for k = 1, n do at[k - 1] = row[k] end
end

---@private
function Loader:submit(step)
   local n, c, anchors, batch = self.batch, samples.array(self.batch), {}, nil
   for i = 1, n do
      local name, sample, epoch = self:draw((step - 1) * n + i - 1)
      if not batch then
         batch = allocate(n, sample, self.labels, self:row(name))
         batch.epoch, batch.h, batch.w = epoch, sample.crop_h, sample.crop_w
      end
      check(sample.crop_h == batch.h and sample.crop_w == batch.w, 'loader: all images of a batch need one size, got %dx%d and %dx%d',
         batch.h, batch.w, sample.crop_h, sample.crop_w)
      local files = {image = self.set:image(name), label = self.labels and self.set:label(name) or nil}
      check(not self.labels or files.label, "loader: '%s' has no label map in %s", name, self.set.label_folder)
      anchors[i] = files
      batch.names[i] = name
      if batch.rows then write_row(batch.rows, i, self:row(name)) end
      local plane = batch.h * batch.w
      samples.write(c, i - 1, sample, self.set, files, {
         image = batch.images:data() + (i - 1) * 3 * plane,
         label = batch.labels and batch.labels:data() + (i - 1) * plane or nil,
         mask = batch.mask:data() + (i - 1) * plane,
      }, self.normalise)
   end
   batch.ticket = self.workers:submit(c, n, batch)
   self.tickets[step] = batch
   self.submitted = step
   return anchors
end

-- The batch of the current step on the host; the step moves on.
---@private
function Loader:read()
   while self.submitted < self.step + self.ahead do self:submit(self.submitted + 1) end
   local batch = self.tickets[self.step]
   self.workers:wait(batch.ticket)
   self.tickets[self.step] = nil
   self.step = self.step + 1
   return batch
end

local tensors = {'images', 'labels', 'mask', 'rows'}

-- Begins to bring the next batch to the device.
---@private
function Loader:send(device)
   local batch = self:read()
   for _, key in ipairs(tensors) do
      local t = batch[key]
      if t then
         batch[key] = Tensor.empty(t:size(), {dtype = t:dtype(), device = device.name})
         core.call(device.lib, 'hl_upload_ahead', core.raw(batch[key]).data, core.raw(t).data, t:nElement() * t._storage.dtype.bytes)
      end
   end
   return batch
end

-- The batch of the current step on the device, while the one after it is on its way.
---@private
function Loader:fetch(device)
   self.coming = self.coming or self:send(device)
   local batch = self.coming
   core.call(device.lib, 'hl_await_uploads')
   self.coming = self:send(device) -- where this fails the batch is still the coming one
   return batch
end

-- In a step that is being recorded: a batch that is filled anew before each replay.
---@private
function Loader:feed(recording, device)
   core.check(device == recording.device, 'loader: its batches go to %s, the step is recorded on %s', device.name,
      recording.device.name)
   local first = self.coming or self:send(device)
   self.coming = first
   local batch = {names = {}}
   for _, key in ipairs(tensors) do batch[key] = first[key] and recording:input(first[key]:dtype(), first[key]:size()) end
   recording:before(function()
      local new = self:fetch(device)
      for _, key in ipairs(tensors) do if batch[key] then batch[key]:copy(new[key]) end end
      for i, name in ipairs(new.names) do batch.names[i] = name end
      batch.epoch = new.epoch
   end)
   return batch
end

--- The batch of the current step; the step moves on. In a step that is being recorded, a batch that each replay finds filled anew.
---@return Batch
function Loader:next()
   if self.on.name == 'cpu' then return self:read() end
   local recording = graph.current()
   return recording and self:feed(recording, self.on) or self:fetch(self.on)
end

--- The tensors of the current step: `local x, y = loader:tensors()`.
---@return Tensor images
---@return Tensor? labels nil where the loader reads none
---@return Tensor mask
---@return Tensor? rows nil where it has none
function Loader:tensors()
   local batch = self:next()
   return batch.images, batch.labels, batch.mask, batch.rows
end

return require('hilo.checked').class('Loader', Loader)
