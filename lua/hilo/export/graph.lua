--- export/graph.lua: a graph of ONNX's operators as it is built: nodes, constants, inputs and outputs, and the file that holds them.
--- Fields as in onnx/onnx.proto of github.com/onnx/onnx, IR version 8, operators of opset 17.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'
local pb = require 'hilo.io.protobuf'
local sorted_keys = require 'hilo.keys'
local version = require 'hilo.version'

local ir_version, opset = 8, 17
local data_types = {float32 = 1, uint8 = 2, int32 = 6, int64 = 7, float64 = 11}

---@class OnnxGraph
---@field nodes string[] NodeProto each
---@field constants {head: string, data: ffi.cdata*, bytes: number, anchor: any}[]
---@field inputs string[]
---@field outputs string[]
---@field metadata table<string, string>
---@field ranks table<string, integer> how many dimensions what is computed has
local Graph = {}
Graph.__index = Graph

--- An empty graph.
---@param name string
---@return OnnxGraph
local function new(name)
   return setmetatable({name = name, nodes = {}, constants = {}, inputs = {}, outputs = {}, metadata = {}, ranks = {}, known = {},
      count = 0}, Graph)
end

-- ---- attributes: their kind follows from their value and, of numbers, from their name ----

local float_names = {epsilon = true, alpha = true, beta = true, bias = true}
local kinds = {float = 1, int = 2, string = 3, ints = 7}

local function attribute(name, value)
   local head, kind = pb.text(1, name), type(value)
   if float_names[name] then return head .. pb.float(2, value) .. pb.int(20, kinds.float) end
   if kind == 'number' then return head .. pb.signed(3, value) .. pb.int(20, kinds.int) end
   if kind == 'string' then return head .. pb.bytes(4, value) .. pb.int(20, kinds.string) end
   local parts = {head}
   for i, n in ipairs(value) do parts[i + 1] = pb.signed(8, n) end
   return table.concat(parts) .. pb.int(20, kinds.ints)
end

--- Adds an operator; returns the name of its output. An empty name stands for an input that is left out.
---@param kind string 'Conv'
---@param inputs string[]
---@param attributes? table<string, number|string|number[]>
---@param rank? integer dimensions of the output; those of the first input if not given
---@return string
function Graph:op(kind, inputs, attributes, rank)
   self.count = self.count + 1
   local output, parts = ('%s_%d'):format(kind, self.count), {}
   for _, name in ipairs(inputs) do parts[#parts + 1] = pb.text(1, name) end
   parts[#parts + 1] = pb.text(2, output) .. pb.text(3, output) .. pb.text(4, kind)
   for _, name in ipairs(sorted_keys(attributes or {})) do parts[#parts + 1] = pb.bytes(5, attribute(name, attributes[name])) end
   self.nodes[#self.nodes + 1] = table.concat(parts)
   self.ranks[output] = rank or self.ranks[inputs[1]]
   return output
end

local function add_constant(self, name, t, sizes)
   local kind = core.check(data_types[t:dtype()], 'export: tensors of %s have no place in ONNX here', t:dtype())
   local dense, head = t:detach():to{dtype = t:dtype(), device = 'cpu'}:contiguous(), {}
   for i, n in ipairs(sizes) do head[i] = pb.int(1, n) end
   head[#head + 1] = pb.int(2, kind) .. pb.text(8, name)
   table.insert(self.constants, {head = table.concat(head), data = ffi.cast('const uint8_t *', dense:data()),
      bytes = dense:nElement() * dense._storage.dtype.bytes, anchor = dense})
   return name
end

--- A tensor as a constant; the same one is there once. Types that ONNX lacks become float32.
---@param name? string a number if not given
---@param t Tensor
---@return string
function Graph:tensor(name, t)
   local key = ('%d:%d:%s'):format(t._storage.serial, t._offset, Tensor.shape_text(t))
   if self.known[key] then return self.known[key] end
   if not name or self.known[name] then
      self.count = self.count + 1
      name = ('%s_%d'):format(name or 'tensor', self.count)
   end
   self.known[key], self.known[name] = name, true
   if not data_types[t:dtype()] then t = t:to{dtype = 'float32'} end
   return add_constant(self, name, t, Tensor.sizes_table(t))
end

--- Numbers as a constant: a list, or a single one, which has no dimensions.
---@param value number|number[]
---@param dtype? 'float32'|'float64'|'int64' 'float32'
---@param sizes? integer[] of the list; its length if not given
---@return string
function Graph:numbers(value, dtype, sizes)
   dtype = dtype or 'float32'
   local list = type(value) == 'table' and value or {value}
   sizes = sizes or type(value) == 'table' and {#list} or {}
   local words = {}
   for i, n in ipairs(list) do words[i] = ('%.17g'):format(n) end
   local name = ('%s[%s](%s)'):format(dtype, table.concat(sizes, 'x'), table.concat(words, ','))
   if #name > 60 then
      self.count = self.count + 1
      name = ('constant_%d'):format(self.count)
   end
   if not self.known[name] then
      self.known[name] = true
      add_constant(self, name, Tensor.new({dtype = dtype}, list), sizes)
   end
   return name
end

-- ValueInfoProto: a name, a type and sizes, of which some are names.
local function value_info(name, dtype, sizes)
   local dims = {}
   for i, n in ipairs(sizes) do dims[i] = pb.bytes(1, type(n) == 'number' and pb.int(1, n) or pb.text(2, n)) end
   local tensor = pb.int(1, data_types[dtype]) .. pb.bytes(2, table.concat(dims))
   return pb.text(1, name) .. pb.bytes(2, pb.bytes(1, tensor))
end

--- What is given to the graph.
---@param name string
---@param dtype string
---@param sizes (integer|string)[] a name stands for a size that is known when it runs
---@return string name
function Graph:input(name, dtype, sizes)
   table.insert(self.inputs, value_info(name, dtype, sizes))
   self.ranks[name] = #sizes
   return name
end

--- What the graph gives: `value` under a name.
---@param name string
---@param value string
---@param dtype string
---@param sizes? (integer|string)[] open where they are not given
function Graph:output(name, value, dtype, sizes)
   if not sizes then
      sizes = {}
      for d = 1, self.ranks[value] do sizes[d] = ('%s_%d'):format(name, d) end
   end
   table.insert(self.nodes, pb.text(1, value) .. pb.text(2, name) .. pb.text(3, name) .. pb.text(4, 'Identity'))
   table.insert(self.outputs, value_info(name, dtype, sizes))
end

-- ---- the file ----

local function fields(number, list)
   local parts = {}
   for i, text in ipairs(list) do parts[i] = pb.bytes(number, text) end
   return table.concat(parts)
end

--- Writes the file, which appears whole or not at all. Protocol buffers end at 2 GiB.
---@param path string
---@return number bytes of the file
function Graph:write(path)
   local head = fields(1, self.nodes) .. pb.text(2, self.name)
   local tail = fields(11, self.inputs) .. fields(12, self.outputs)
   local bytes = #head + #tail
   local heads = {}
   for i, c in ipairs(self.constants) do
      local inner = c.head .. pb.before(9, c.bytes)
      heads[i] = pb.before(5, #inner + c.bytes) .. inner
      bytes = bytes + #heads[i] + c.bytes
   end
   local model = {pb.int(1, ir_version), pb.bytes(8, pb.text(1, '') .. pb.int(2, opset)), pb.text(2, 'hilo'),
      pb.text(3, version.number)}
   for _, key in ipairs(sorted_keys(self.metadata)) do
      model[#model + 1] = pb.bytes(14, pb.text(1, key) .. pb.text(2, self.metadata[key]))
   end
   model = table.concat(model) .. pb.before(7, bytes)
   core.check(#model + bytes < 2 ^ 31, 'export: %s would have %.1f GB; a file of ONNX ends at 2.1 GB', path, bytes / 1e9)
   file.write(path, function(write)
      write(model)
      write(head)
      for i, c in ipairs(self.constants) do
         write(heads[i])
         if c.bytes > 0 then write(c.data, c.bytes) end
      end
      write(tail)
   end)
   return #model + bytes
end

return new
