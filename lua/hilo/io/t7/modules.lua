--- io/t7/modules.lua: modules and criterions of nn between the fields that Torch7 gives them and those that they have here.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local random = require 'hilo.ops.random'

local check = core.check
local modules = {}

-- ---- from Torch7 ----

-- A view with stride 0 may seem to have more elements than any memory.
local function is_dense(t) return t:nElement() <= t._storage.size end

-- Numbers of a LongStorage, which came as a tensor or as an object with totable().
local function numbers(value)
   if type(value) ~= 'table' then return {} end
   if not core.is_tensor(value) then return value.totable and value:totable() or value end
   check(is_dense(value), 'sizes of %s in a storage of %.0f', Tensor.shape_text(value), value._storage.size)
   return value:totable()
end

local function default(object, fields)
   for key, value in pairs(fields) do if object[key] == nil then object[key] = value end end
end

local function needs_tensor(object, key, name)
   local t = object[key]
   return check(core.is_tensor(t) and t:dim() > 0 and is_dense(t) and t, "%s: its '%s' is no tensor, or less than it says", name, key)
end

local function needs_numbers(object, name, keys)
   for _, key in ipairs(keys) do
      check(type(object[key]) == 'number', "%s: its '%s' is no number but %s", name, key, type(object[key]))
   end
end

local restore = {}

restore['nn.Module'] = function(m, name)
   if not core.is_tensor(m.output) and type(m.output) ~= 'table' then m.output = Tensor.empty({}) end
   if not core.is_tensor(m.gradInput) and type(m.gradInput) ~= 'table' then m.gradInput = Tensor.empty({}) end
   -- what was on a card has come to the CPU
   if type(m._type) ~= 'string' or m._type:match 'Cuda' then m._type = 'torch.FloatTensor' end
   default(m, {train = true})
   for key, of in pairs {gradWeight = 'weight', gradBias = 'bias'} do
      local t = m[of]
      if core.is_tensor(t) and t:dim() > 0 and not core.is_tensor(m[key]) then
         check(t:isContiguous(), '%s: its %s is not contiguous', name, of)
         m[key] = Tensor.promised_zeros(Tensor.sizes_table(t), {dtype = t:dtype()})
      end
   end
end

restore['hilo.Generator'] = function(g) g:setState{seed = g._seed, offset = g._offset} end

restore['nn.Container'] = function(m, name)
   check(m.modules == nil or type(m.modules) == 'table', "%s: its 'modules' is no table", name)
   default(m, {modules = {}, names = {}})
end

restore['nn.Linear'] = function(m, name)
   local weight = needs_tensor(m, 'weight', name)
   check(weight:dim() == 2, '%s: its weight is %s', name, Tensor.shape_text(weight))
   m.outputSize, m.inputSize = weight:size(1), weight:size(2)
end

-- Older files have one padding for both sides, and some packages the weight as a matrix.
restore['nn.SpatialConvolution'] = function(m, name)
   needs_tensor(m, 'weight', name)
   needs_numbers(m, name, {'nInputPlane', 'nOutputPlane', 'kW', 'kH'})
   local padding = type(m.padding) == 'number' and m.padding or 0
   default(m, {dW = 1, dH = 1, padW = padding, padH = m.padW or padding, dilationW = 1, dilationH = 1, groups = 1})
   if m.kernel ~= class.by_name['nn.SpatialConvolution'].kernel then return end -- it reads its weight in a way of its own
   local sizes = {m.nOutputPlane, m.nInputPlane / m.groups, m.kH, m.kW}
   for _, key in ipairs {'weight', 'gradWeight'} do
      local t = m[key]
      if core.is_tensor(t) and t:dim() > 0 and t:dim() ~= 4 then
         check(t:isContiguous() and t:nElement() == sizes[1] * sizes[2] * sizes[3] * sizes[4], '%s: its %s is %s', name, key,
            Tensor.shape_text(t))
         m[key] = t:view(sizes)
      end
   end
   for d, n in ipairs(sizes) do
      check(m.weight:size(d) == n, '%s: its weight is %s, where its sizes ask for %s', name, Tensor.shape_text(m.weight),
         table.concat(sizes, 'x'))
   end
end

-- Before Torch7 kept variances, it kept 1 / sqrt(variance + eps).
restore['nn.BatchNormalization'] = function(m, name)
   local mean = needs_tensor(m, 'running_mean', name)
   default(m, {eps = 1e-5, momentum = 0.1})
   if m.running_var == nil and core.is_tensor(m.running_std) then
      local variance = needs_tensor(m, 'running_std', name):totable()
      for i, std in ipairs(variance) do variance[i] = std ^ -2 - m.eps end
      m.running_var, m.running_std = mean:clone():copy(Tensor.new({dtype = 'double'}, variance)), nil
   end
   needs_tensor(m, 'running_var', name)
   m.nOutput, m.affine = mean:nElement(), m.weight ~= nil
end

restore['nn.View'] = function(m)
   m.size = numbers(m.size)
   m.numElements, m.infers = 1, false
   for _, n in ipairs(m.size) do
      if n == -1 then m.infers = true else m.numElements = m.numElements * n end
   end
end

restore['nn.Reshape'] = function(m)
   m.size, m.batchsize = numbers(m.size), nil
   m.nelement = 1
   for _, n in ipairs(m.size) do m.nelement = m.nelement * n end
end

restore['nn.SpatialMaxPooling'] = function(m, name)
   needs_numbers(m, name, {'kW', 'kH'})
   default(m, {dW = m.kW, dH = m.kH, padW = 0, padH = 0, ceil_mode = false})
end

restore['nn.SpatialAveragePooling'] = function(m)
   if m.count_include_pad == nil then m.count_include_pad, m.divide = true, true end
end

restore['nn.CMul'] = function(m) m.size = numbers(m.size) end
restore['nn.CAdd'] = restore['nn.CMul']

-- What was added to these later.
local later = {
   ['nn.SpatialFullConvolution'] = {dW = 1, dH = 1, padW = 0, padH = 0, adjW = 0, adjH = 0},
   ['nn.SpatialDilatedMaxPooling'] = {dilationW = 1, dilationH = 1},
   ['nn.VolumetricConvolution'] = {padT = 0, padW = 0, padH = 0, dilationT = 1, dilationW = 1, dilationH = 1},
   ['nn.VolumetricFullConvolution'] = {padT = 0, padW = 0, padH = 0, adjT = 0, adjW = 0, adjH = 0},
   ['nn.VolumetricMaxPooling'] = {padT = 0, padW = 0, padH = 0, dilationT = 1, dilationW = 1, dilationH = 1, ceil_mode = false},
}
for name, fields in pairs(later) do restore[name] = function(m) default(m, fields) end end

restore['nn.Sum'] = function(m) default(m, {squeeze = true, sizeAverage = false}) end

restore['nn.ClassNLLCriterion'] = function(m) default(m, {sizeAverage = true, ignoreIndex = -100}) end

restore['nn.CrossEntropyCriterion'] = function(m, name)
   check(class.is_a(m.nll, 'nn.ClassNLLCriterion'), "%s: its 'nll' is no criterion", name)
   m.sizeAverage, m.set_size_average, m.lsm = m.nll.sizeAverage, m.nll.sizeAverage, nil
end

-- Of Torch7's package nngraph: forwardnodes holds the nodes in their order, and each tells its children, whose mapindex says at which
-- place of their input it goes. Nodes are told apart by their `data`, for there are copies of them.
restore['nn.gModule'] = function(m, name)
   if not m.innode then return end -- it is one of hilo's
   local function complete(x) return type(x) == 'table' and type(x.data) == 'table' and type(x.data.mapindex) == 'table' end
   check(complete(m.innode) and complete(m.outnode) and type(m.forwardnodes) == 'table', '%s: its graph is not whole', name)
   local Node = class.by_name['nngraph.Node']
   local nodes, inputs, order = {}, {}, {}
   for i, node in ipairs(m.forwardnodes) do
      check(complete(node) and type(node.children) == 'table', '%s: node %d is not whole', name, i)
      local data = node.data
      inputs[data] = inputs[data] or {}
      nodes[data] = Node({module = data.module, selectindex = data.selectindex, annotations = data.annotations}, inputs[data])
      if data ~= m.outnode.data then order[#order + 1] = nodes[data] end
      for _, child in ipairs(node.children) do
         check(complete(child), '%s: a child of node %d is not whole', name, i)
         local from, at = nodes[data], child.data.mapindex[data]
         -- older versions deal the inputs out at the first node
         if data == m.innode.data and #data.mapindex > 1 then from = Node({selectindex = data.mapindex[child.data]}, {from}) end
         if from ~= nodes[data] then order[#order + 1] = from end
         inputs[child.data] = inputs[child.data] or {}
         check(type(at) == 'number', '%s: node %d goes to no place of its child', name, i)
         inputs[child.data][at] = from
      end
   end
   m.inputs, m.outputs, m.forwardnodes = {nodes[m.innode.data]}, inputs[m.outnode.data], order
   check(m.inputs[1] and m.outputs and #m.outputs > 0, '%s: its graph has no beginning or no end', name)
   m.modules, m.names = {}, {}
   local added = {}
   for _, node in ipairs(order) do
      local module = node.data.module
      if module and not added[module] then
         added[module] = true
         m:add(module)
      end
   end
   m.fg, m.bg, m.innode, m.outnode, m.backwardnodes = nil, nil, nil, nil, nil
end

--- The class of a name here; nil where there is none. Modules of cudnn are nn's.
---@param name string 'nn.Linear', 'cudnn.SpatialConvolution'
---@return table?
function modules.class_of(name)
   if name == 'hilo.Generator' then return getmetatable(random.generator) end
   local nn = require 'hilo.nn'
   local _ = require 'hilo.models' -- networks are classes too
   name = name:gsub('^cudnn%.', 'nn.')
   if name == 'nn.gModule' then pcall(require, 'hilo.torch.nngraph') end
   local short = name:match '^nn%.([%w_]+)$'
   local found = short and nn[short] or class.by_name[name]
   return type(found) == 'table' and rawget(found, '__typename') and found or nil
end

local function chain_of(c)
   local chain = {}
   while c do
      table.insert(chain, 1, c)
      local meta = getmetatable(c)
      c = meta and meta.__index
   end
   return chain
end

-- A class that is not known here: a table with the name of its class.
local function foreign(name)
   return {__typename = name, __index = {__typename = name}, __tostring = function() return name end}
end

--- Makes objects of what was read: each table gets the class of its name and the fields that this takes.
---@param found {object: table, name: string}[]
---@param class_of fun(name: string): table?
function modules.restore(found, class_of)
   local strangers = {}
   for i = #found, 1, -1 do -- parts before what is made of them
      local object, name = found[i].object, found[i].name
      local c = class_of(name)
      if c then
         setmetatable(object, c)
         for _, one in ipairs(chain_of(c)) do
            local f = restore[rawget(one, '__typename')]
            if f then f(object, name) end
         end
      else
         strangers[name] = strangers[name] or foreign(name)
         setmetatable(object, strangers[name])
      end
   end
end

-- ---- to Torch7 ----

local function sizes(list) return setmetatable({unpack(list)}, Tensor.Size) end
local function no_tensor(m) return Tensor.empty({}, {dtype = m._type}) end

-- What Torch7's modules expect to find and ours do not have.
local dump = {}
dump['nn.ReLU'] = function() return {threshold = 0, val = 0, inplace = false} end
dump['nn.LeakyReLU'] = function() return {inplace = false} end
dump['nn.Dropout'] = function(m) return {noise = no_tensor(m), inplace = false} end
dump['nn.SpatialDropout'] = function(m) return {noise = no_tensor(m)} end
dump['nn.View'] = function(m) return {size = sizes(m.size)} end
dump['nn.Reshape'] = function(m) return {size = sizes(m.size), batchsize = sizes {1, unpack(m.size)}} end
dump['nn.CMul'], dump['nn.CAdd'] = dump['nn.View'], dump['nn.View']
dump['nn.Concat'] = function() return {size = sizes {}} end
dump['nn.JoinTable'] = function() return {size = sizes {}} end
dump['nn.SpatialUpSamplingNearest'] = function() return {inputSize = sizes {0, 0, 0, 0}, outputSize = sizes {0, 0, 0, 0}} end
dump['nn.SpatialUpSamplingBilinear'] = dump['nn.SpatialUpSamplingNearest']
dump['nn.ClassNLLCriterion'] = function(m)
   return {output_tensor = Tensor.zeros({1}, {dtype = m._type}), total_weight_tensor = Tensor.ones({1}, {dtype = m._type}),
      target = Tensor.zeros({1}, {dtype = 'long'})}
end
dump['nn.CrossEntropyCriterion'] = function(m)
   return {lsm = require('hilo.nn').LogSoftMax(), oldSizeAverage = m.sizeAverage}
end

-- Those whose input is a table have a table of gradients.
for _, name in ipairs {'CAddTable', 'CSubTable', 'CMulTable', 'CDivTable', 'JoinTable', 'SelectTable', 'FlattenTable',
   'ParallelTable'} do
   local more = dump['nn.' .. name]
   dump['nn.' .. name] = function(m)
      local fields = more and more(m) or {}
      if core.is_tensor(m.gradInput) then fields.gradInput = {} end
      return fields
   end
end

local transient = {_graph = true, _call = true}

--- The name of an object's class and the fields that a file takes.
---@param object table
---@return string? name nil of a plain table
---@return table? fields
function modules.dumped(object)
   local meta = getmetatable(object)
   local name = meta and rawget(meta, '__typename')
   if not name then return nil end
   local fields = {}
   for key, value in pairs(object) do if not transient[key] then fields[key] = value end end
   if class.is_a(object, 'nn.Module') or class.is_a(object, 'nn.Criterion') then
      for _, one in ipairs(chain_of(meta)) do
         local f = dump[rawget(one, '__typename')]
         for key, value in pairs(f and f(object) or {}) do fields[key] = value end
      end
   end
   return name, fields
end

return modules
