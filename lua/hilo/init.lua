--- hilo: semi-supervised semantic segmentation with high- and low-level consistency.
---
---     local hilo = require 'hilo'
---
--- Tensors and their methods are Torch7's (`x:add(1)` works in place, `x + 1` makes a new tensor, indices count from 1);
--- the functions in this table are pure and differentiable. Label maps hold ids 0..C-1 and 255 for void.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local graph = require 'hilo.graph'
local Tensor = require 'hilo.tensor'
require 'hilo.tensor.index'
require 'hilo.tensor.inplace'
require 'hilo.tensor.print'

---@class hilo
---@field Tensor fun(...): Tensor Torch7's constructor, of the default type: Tensor(2, 3), Tensor{{1, 2}, {3, 4}}, Tensor(other)
---@field FloatTensor fun(...): Tensor as hilo.Tensor, of float32
---@field DoubleTensor fun(...): Tensor as hilo.Tensor, of float64
---@field ByteTensor fun(...): Tensor as hilo.Tensor, of whole numbers 0..255
---@field IntTensor fun(...): Tensor as hilo.Tensor, of whole numbers of 32 bits
---@field LongTensor fun(...): Tensor as hilo.Tensor, of whole numbers of 64 bits
---@field nn nn
---@field optim optim
---@field models hilo.models
---@field methods hilo.methods
---@field data hilo.data
---@field train hilo.train
---@field io hilo.io
---@field plot hilo.plot
---@field sweep hilo.sweep
---@field report hilo.report
---@field cuda hilo.cuda
---@field export hilo.export
---@field help hilo.help
local hilo = {
   Tensor = Tensor.factory(),
   FloatTensor = Tensor.factory('float'),
   DoubleTensor = Tensor.factory('double'),
   ByteTensor = Tensor.factory('byte'),
   IntTensor = Tensor.factory('int'),
   LongTensor = Tensor.factory('long'),

   empty = Tensor.empty,
   zeros = Tensor.zeros,
   ones = Tensor.ones,
   full = Tensor.full,
   range = Tensor.range,
   linspace = Tensor.linspace,
   eye = Tensor.eye,
   isTensor = Tensor.is_tensor,
   setdefaulttensortype = Tensor.set_default_type,
   getdefaulttensortype = Tensor.get_default_type,

   no_grad = autograd.no_grad,
   enable_grad = autograd.enable_grad,
   backward = autograd.backward,
   op = autograd.op,
   graph = graph.new,
   collect = core.collect,
}

local saving = require 'hilo.io.save'
hilo.save, hilo.load = saving.save, saving.load

for _, family in ipairs {'pointwise', 'reduce', 'shape', 'matmul', 'conv', 'conv_transpose', 'norm', 'pool', 'resize', 'loss',
   'labels', 'pair', 'random', 'diagonal', 'statistics', 'sampling', 'bits', 'correlate', 'linalg',
   'householder'} do
   for name, f in pairs(require('hilo.ops.' .. family)) do
      assert(hilo[name] == nil, name)
      hilo[name] = f
   end
end

--- Number of threads that loops and BLAS use on the CPU.
---@return integer
function hilo.getnumthreads() return tonumber(assert(core.device('cpu')).lib.hl_threads()) end

--- Sets the number of threads that loops and BLAS use on the CPU.
---
---     hilo.setnumthreads(2)
---@param n integer
function hilo.setnumthreads(n)
   core.check(type(n) == 'number' and n >= 1 and n % 1 == 0, 'setnumthreads: expects a whole number of 1 or more, got %s',
      tostring(n))
   core.call(assert(core.device('cpu')).lib, 'hl_set_threads', n)
end

--- Whether 3x3 convolutions with stride 1, and of float32 4x4 ones with stride 2, may go by Winograd's transforms on the CPU (the
--- default), which are faster and round more: errors of 3 to 7e-6 of the norm against 1 to 2e-7.
---@param on boolean
function hilo.setwinograd(on)
   core.check(type(on) == 'boolean', 'setwinograd: expects true or false, got %s', tostring(on))
   core.call(assert(core.device('cpu')).lib, 'hl_set_winograd', on and 1 or 0)
end

--- The most memory that this process may take, tensors and all else it holds; on a card, its tensors. Beyond it the allocation of a
--- tensor is an error that names the largest ones. Memory that the system gives to others is not looked at.
---
---     hilo.setmemorylimit(8000)
---     hilo.setmemorylimit(0)
---@param megabytes number of 10^6 bytes; 0: no limit
function hilo.setmemorylimit(megabytes) require('hilo.memory_limit').set(megabytes) end

--- Bytes in use on a device: {live, cached, peak, allocations}.
---
---     print(hilo.memory().live, hilo.memory().peak)
---@param device? string
---@return {live: number, cached: number, peak: number, allocations: number}
function hilo.memory(device)
   local d, reason = core.device(device or 'cpu')
   if not d then core.raise(reason) end
   return core.memory(d)
end

--- What a run has learnt, ready to label pictures: `local labels, scores = hilo.open 'mine':predict 'street.jpg'`.
---@param which string a run's folder, its name below `runs`, or a file that `hilo pack` wrote
---@param options? OpenOptions
---@return Model
function hilo.open(which, options) return require('hilo.predict.model').open(which, options) end

-- The parts that a script composes load when first used: hilo.nn, hilo.models, ...
local parts = {cuda = true, nn = true, optim = true, models = true, methods = true, data = true, train = true, io = true, plot = true,
   sweep = true, report = true, help = true, export = true}

-- What is public tests its arguments.
local checked = require 'hilo.checked'
checked.tensors()
checked.class('Generator', getmetatable(hilo.generator).__index)
checked.class('Graph', graph.Graph)
checked.module('', hilo)

return setmetatable(hilo, {
   parts = parts,
   __index = function(_, name)
      if not parts[name] then return nil end
      local part = checked.module(name, require('hilo.' .. name))
      if package.loaded['hilo.nn'] then checked.module('nn', require 'hilo.nn') end -- a part may have brought classes
      rawset(hilo, name, part)
      return part
   end,
})
