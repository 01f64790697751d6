--- predict/reader.lua: pictures read ahead by worker threads, at one size or several, with or without label maps. A picture that cannot
--- be read is told and left out; the others go on.
local core = require 'hilo.core'
local interrupts = require 'hilo.interrupts'
local Tensor = require 'hilo.tensor'
local folder = require 'hilo.data.folder'
local samples = require 'hilo.data.samples'
local transforms = require 'hilo.data.transforms'

local host = core.host

-- Errors name the user's line and a function in front; what is told of a picture does not.
local function plain(message) return (tostring(message):gsub('^[^:]*:%d+: ', ''):gsub('^[%a_]+: ', '')) end

---@class Picture
---@field path string of the file
---@field label string? of its label map

---@class PictureBatch
---@field pictures Picture[]
---@field h integer of the files
---@field w integer
---@field inputs Tensor[] (N,3,h',w') each, one a transform
---@field labels Tensor? (N,h'',w'') byte

-- Neighbours of one size, from options.pictures[first] on; and the first that does not belong to them.
local function next_group(options, first)
   local group, at = {pictures = {}}, first
   while at <= #options.pictures and #group.pictures < options.batch do
      local picture = options.pictures[at]
      local ok, h, w = pcall(folder.image_size, picture.path)
      if not ok then
         if interrupts.is(h) then error(h, 0) end
         options.failed(picture, plain(h))
      elseif #group.pictures == 0 or group.h == h and group.w == w then
         group.h, group.w = h, w
         table.insert(group.pictures, picture)
      else
         break
      end
      at = at + 1
   end
   return group, at
end

-- Starts reading a group.
local function submit(options, group)
   local n, inputs, count = #group.pictures, {}, 0
   local wanted = {}
   for i, transform in ipairs(options.transforms) do wanted[i] = samples.check(transform(nil, group.h, group.w)) end
   if options.label then wanted[#wanted + 1] = samples.check(options.label(nil, group.h, group.w)) end
   local batch = {pictures = group.pictures, h = group.h, w = group.w, inputs = inputs}
   local c, anchors = samples.array(n * #wanted), {}
   for i, sample in ipairs(wanted) do
      local h, w = sample.crop_h, sample.crop_w
      local of_label = i > #options.transforms
      local images = Tensor.empty({n, 3, h, w})
      if of_label then
         batch.labels, batch.scratch = Tensor.empty({n, h, w}, {dtype = 'byte'}), images
      else
         inputs[i] = images
      end
      for k, picture in ipairs(group.pictures) do
         local files = {image = picture.path, label = of_label and picture.label or nil}
         anchors[#anchors + 1] = files
         samples.write(c, count, sample, options.set, files, {
            image = images:data() + (k - 1) * 3 * h * w,
            label = of_label and batch.labels:data() + (k - 1) * h * w or nil,
         }, options.normalise)
         count = count + 1
      end
   end
   batch.ticket = options.workers:submit(c, count, batch)
   return batch, anchors
end

local function to_device(batch, device)
   for i, x in ipairs(batch.inputs) do batch.inputs[i] = x:to{device = device} end
   if batch.labels then batch.labels = batch.labels:to{device = device} end
end

--- for batch in reader {...} do ... end
---@param options {pictures: Picture[], transforms: Transform[], label: Transform?, set: {classes: string[], void: integer,
--- remap: ffi.cdata*?}, workers: Workers, batch: integer?, ahead: integer?, device: string?, normalise: table?,
--- failed: fun(picture: Picture, message: string)} transforms: one for each input; label: that of the label maps; failed: told of a
--- picture that cannot be read
---@return fun(): PictureBatch?
return function(options)
   local o = setmetatable({batch = options.batch or 1, transforms = options.transforms or {transforms.whole(1)}}, {__index = options})
   local queue, position = {}, 1

   local function fill()
      while position <= #o.pictures and #queue < (o.ahead or 3) do
         local group, after = next_group(o, position)
         position = after
         if #group.pictures > 0 then queue[#queue + 1] = submit(o, group) end
      end
   end

   -- One picture among several is bad: each is read by itself, so that the others are seen.
   local function apart(batch)
      local parts = {}
      for i, picture in ipairs(batch.pictures) do
         parts[i] = submit(o, {pictures = {picture}, h = batch.h, w = batch.w})
      end
      for i = #parts, 1, -1 do table.insert(queue, 1, parts[i]) end
   end

   return function()
      while true do
         fill()
         local batch = table.remove(queue, 1)
         if not batch then return nil end
         local ok, message = pcall(o.workers.wait, o.workers, batch.ticket)
         if ok then
            batch.scratch = nil
            if o.device and o.device ~= 'cpu' then to_device(batch, o.device) end
            return batch
         end
         if host.hl_host_interrupted() ~= 0 or interrupts.is(message) then error(message, 0) end
         if #batch.pictures > 1 then apart(batch) else o.failed(batch.pictures[1], plain(message)) end
      end
   end
end
