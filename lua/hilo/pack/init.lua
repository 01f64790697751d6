--- hilo.pack: one file that holds all that labelling pictures takes, for another machine: a safetensors file with the weights as
--- segmentation/<name> and classifier/<name>, and with options, classes, colours and normalisation as JSON in its metadata.
local ffi = require 'ffi'
local checkpoint_of = require 'hilo.io.checkpoint'
local core = require 'hilo.core'
local description_of = require 'hilo.predict.description'
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'
local restored = require 'hilo.train.restored'
local safetensors = require 'hilo.io.safetensors'

local check, host = core.check, core.host

local pack = {}

local format, version = 'hilo model', 1

-- CRC-32 of the elements of all tensors, in the order of their names.
local function checksum(tensors)
   local crc = 0
   for _, name in ipairs(sorted_keys(tensors)) do
      local t = tensors[name]:detach():to{device = 'cpu'}:contiguous()
      crc = host.hl_host_crc32(crc, ffi.cast('const void *', t:data()), t:nElement() * t._storage.dtype.bytes)
   end
   return ('%08x'):format(tonumber(crc))
end

-- Of a run's options, what describes its network and the pictures that it takes; nothing of where the run was made.
local kept = {'model', 'precision', 'resize', 'eval'}

local function options_of(part, origin)
   if not part then return nil end
   local options = {name = part.options.name, data = {size = part.options.data.size}}
   for _, key in ipairs(kept) do options[key] = part.options[key] end
   options.model = {}
   for key, value in pairs(part.options.model or {}) do options.model[key] = key == 'weights' and '' or value end
   return {options = options, origin = origin, who = part.who}
end

--- Writes a file that hilo.open, `hilo predict` and `hilo evaluate` take in the place of a run.
---@param path string
---@param d Description
---@return integer bytes of weights
function pack.write(path, d)
   local tensors, origins, bytes = {}, {}, 0
   for _, kind in ipairs {'segmentation', 'classifier'} do
      local weights
      if d[kind] then weights, origins[kind] = d[kind].weights() end
      restored.check(d.name, origins[kind])
      for name, t in pairs(weights or {}) do
         tensors[kind .. '/' .. name] = t
         bytes = bytes + t:nElement() * t._storage.dtype.bytes
      end
   end
   local model = {name = d.name, classes = d.classes, fusion = d.fusion,
      segmentation = options_of(d.segmentation, origins.segmentation), classifier = options_of(d.classifier, origins.classifier)}
   safetensors.save(path, tensors, {format = format, version = tostring(version), crc = checksum(tensors),
      model = json.encode(model, {one_line = true})})
   return bytes
end

local function is_whole_list(list, kind, n)
   if type(list) ~= 'table' or #list < n then return false end
   for _, value in ipairs(list) do if type(value) ~= kind then return false end end
   return true
end

local function check_model(path, model)
   local c = model.classes
   local whole = type(model.name) == 'string' and type(c) == 'table' and is_whole_list(c.classes, 'string', 2)
      and is_whole_list(c.palette, 'number', 768) and type(c.normalise) == 'table' and is_whole_list(c.normalise.mean, 'number', 3)
      and is_whole_list(c.normalise.std, 'number', 3) and type(model.fusion) == 'table'
      and (type(model.segmentation) == 'table' or type(model.classifier) == 'table')
   for _, kind in ipairs {'segmentation', 'classifier'} do
      local options = type(model[kind]) == 'table' and model[kind].options
      local described = type(options) == 'table' and type(options.model) == 'table' and type(options.data) == 'table'
      local origin = described and model[kind].origin
      whole = whole and (model[kind] == nil or described)
         and (not origin or checkpoint_of.is_origin(origin))
   end
   check(whole, '%s is damaged: its description of the model is not whole; pack the run again', path)
end

local function part_of(given, kind, tensors)
   if not given then return nil end
   return {options = given.options, who = given.who, weights = function()
      local found, prefix = {}, kind .. '/'
      for name, t in pairs(tensors) do if name:sub(1, #prefix) == prefix then found[name:sub(#prefix + 1)] = t end end
      return found, given.origin
   end}
end

--- Reads such a file.
---@param path string
---@return Description
function pack.read(path)
   local ok, tensors, metadata = pcall(safetensors.load, path)
   check(ok, '%s is no file that `hilo pack` wrote, or it is damaged: %s', path, (tostring(tensors):gsub('^.-: ', '', 1)))
   check(metadata.format == format and metadata.model, '%s is a safetensors file, but none that `hilo pack` wrote; '
      .. 'make one with: hilo pack RUN out.hilo', path)
   check(metadata.version == tostring(version), '%s was written by another version of hilo (format %s, this one reads %d)', path,
      tostring(metadata.version), version)
   local model = json.decode(metadata.model, path)
   check_model(path, model)
   check(checksum(tensors) == metadata.crc, '%s is damaged: its weights are not those that were written; copy or pack it again', path)
   return {
      name = model.name, classes = model.classes, fusion = model.fusion,
      segmentation = part_of(model.segmentation, 'segmentation', tensors),
      classifier = part_of(model.classifier, 'classifier', tensors),
   }
end

--- Packs a run.
---@param run string its folder or its name
---@param path string of the file
---@param o? {runs: string?, checkpoint: string?, mlmt: string?, scores: string?, fusion: string?, tau: number?,
--- exponent: number?} as hilo.open takes them
---@return Description
---@return integer bytes of weights
function pack.run(run, path, o)
   o = setmetatable({runs = o and o.runs or 'runs'}, {__index = o})
   local d = description_of.of_run(run, o)
   if o.mlmt and o.mlmt ~= '' then d = description_of.with_classifier(d, o.mlmt, o) end
   description_of.fusing(d, o)
   return d, pack.write(path, d)
end

return pack
