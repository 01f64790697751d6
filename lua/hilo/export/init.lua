--- hilo.export: networks as ONNX files (opset 17), for onnxruntime and what else reads them. A run, or a packed file, becomes a graph
--- that takes pictures as bytes and gives label maps; a network by itself becomes one that takes and gives what the network does.
local core = require 'hilo.core'
local Exporter = require 'hilo.export.layers'
local new_graph = require 'hilo.export.graph'
local json = require 'hilo.io.json'
local pictures = require 'hilo.export.pictures'
require 'hilo.export.torch7_layers'
require 'hilo.export.more_layers'

local check = core.check

---@class hilo.export
local export = {}

-- What parameters of several networks are called: by their names, behind that of their network; nil for other tensors.
local function naming(nets)
   local names = {}
   local function key(t) return ('%d:%d:%d'):format(t._storage.serial, t._offset, t:nElement()) end
   for prefix, net in pairs(nets) do
      for name, t in pairs(net:stateDict()) do names[key(t)] = prefix .. name end
   end
   return function(t) return names[key(t)] end
end

local function write(graph, path)
   check(type(path) == 'string' and path ~= '', 'export: expected the path of a file, got %s', tostring(path))
   return graph:write(path)
end

--- Writes a network in evaluation: its input is called `input`, its output `output`. Batch, height and width are left open where they
--- are given by names.
---
---     local net = nn.Sequential():add(nn.SpatialConvolution(3, 4, 3, 3)):add(nn.ReLU())
---     hilo.export.network(net, 'net.onnx', {'N', 3, 'H', 'W'})
---@param net Module of one input and one output
---@param path string
---@param sizes? (integer|string)[] of the input; a name stands for a size that may be any
---@return number bytes of the file
function export.network(net, path, sizes)
   check(type(net) == 'table' and net.stateDict, 'export.network: expected a network first, got %s', type(net))
   check(type(sizes) == 'table' and #sizes > 0, "export.network: expected the sizes of the input, such as {'N', 3, 'H', 'W'}")
   local g = new_graph 'network'
   local e = Exporter.new(g, naming {[''] = net})
   local y = e:module(net, g:input('input', 'float32', sizes))
   check(type(y) == 'string', 'export.network: the network gives a table; only one tensor can be written')
   g:output('output', y, 'float32')
   return write(g, path)
end

-- What using the graph takes, told in the file.
local function metadata_of(model, input)
   local palette = {}
   for i = 1, 3 * #model.classes do palette[i] = model.palette[i] end
   local told = {
      name = model.name, classes = json.encode(model.classes, {one_line = true}), palette = json.encode(palette, {one_line = true}),
      normalise = json.encode(model.normalise, {one_line = true}), void = tostring(model.void),
      input = input == 'picture' and 'uint8 (N,3,H,W), RGB as in the file; resized and normalised in the graph'
         or 'float32 (N,3,H,W), (RGB / 255 - mean) / std by `normalise`, of the size that the network shall see',
   }
   if model.output_stride then told.output_stride = tostring(model.output_stride) end
   if model.classifier then told.classifier_sizes = json.encode(model.sizes, {one_line = true}) end
   if model.S and model.classifier then
      told.fusion = json.encode({how = model.fusion.how, tau = model.fusion.tau, exponent = model.fusion.exponent}, {one_line = true})
   end
   return told
end

local function normalised_input(e, g, model)
   check(not (model.S and model.classifier), 'export: a fusion sees the picture in two sizes; take input=picture')
   local x = g:input('image', 'float32', {'N', 3, 'H', 'W'})
   local n = #model.classes
   if model.classifier then
      g:output('scores', g:op('Sigmoid', {e:module(model.classifier, x)}), 'float32', {'N', n})
      return
   end
   local logits = e:module(model.S, x)
   g:output('logits', logits, 'float32', {'N', n, 'H', 'W'})
   g:output('labels', pictures.labels(g, logits), 'uint8', {'N', 'H', 'W'})
end

--- Writes what a run has learnt: what hilo.open gave, with its fusion, scales and mirroring. Input `image`, outputs `labels` (N,H,W)
--- bytes and `logits` (N,C,H,W) at the size of the picture, of a classifier `scores` (N,C) of 0..1. The names of the classes, their
--- colours and how pictures are normalised stand in the file's metadata.
---@param model Model
---@param path string
---@param options? {input?: 'picture'|'normalised'} picture (default): bytes (N,3,H,W) of any size, resized and normalised in the graph;
--- normalised: floats that the network sees as they are
---@return number bytes of the file
function export.model(model, path, options)
   local input = options and options.input or 'picture'
   check(input == 'picture' or input == 'normalised', "export.model: input must be 'picture' or 'normalised', got '%s'",
      tostring(input))
   local g = new_graph(model.name)
   local e = Exporter.new(g, naming {['segmentation.'] = model.S, ['classifier.'] = model.classifier})
   g.metadata = metadata_of(model, input)
   if input == 'normalised' then
      normalised_input(e, g, model)
   else
      pictures.all(e, model, g:input('image', 'uint8', {'N', 3, 'H', 'W'}))
   end
   return write(g, path)
end

return export
