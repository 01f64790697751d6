--- graph.lua: a step that is recorded once and then done again and again by the device alone, as a CUDA graph, which spares the
--- host's part: Lua runs no more, and a thousand kernels start with one call.
---
---     local device = hilo.cuda.available() and 'cuda' or 'emu'
---     local net, x = nn.Linear(2, 1):to{device = device}, hilo.randn(8, 2):to{device = device}
---     local optimiser = optim.SGD(net, {lr = 0.1})
---     local step = hilo.graph(function()
---        local loss = hilo.mean(hilo.square(net(x)), 1, 2)
---        optimiser:zeroGrad(); loss:backward(); optimiser:step()
---        return loss
---     end, {device = device})
---     for t = 1, 5 do optimiser:scaleLR(optim.poly(1, t - 1, 5)); local loss = step() end
---
--- The first calls run plainly: they choose the ways to convolve and make what lives on, such as momenta. Then one call is recorded.
--- In it tensors keep the memory that they had, Lua numbers the value that they had; learning rates, the steps of Adam, random numbers
--- and batches of loaders are looked up for each call. Other numbers that change belong into tensors made before, which are filled
--- between the calls. What a recorded step returns is overwritten by the next call.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Storage = require 'hilo.storage'
local Tensor = require 'hilo.tensor'

local check = core.check

local graph = {}

---@class Graph
---@field device Device
---@field step fun(...): ...
---@field warm_up integer plain calls that are still to come
---@field handle ffi.cdata*? hl_graph, once recorded
---@field actions (fun())[] what is done before each replay
---@field generators table<Generator, table> those that the step draws from, see ops/random.lua
local Graph = {}
Graph.__index = Graph
graph.Graph = Graph

local current -- the graph that is being recorded

--- The graph that is being recorded, if one is.
---@return Graph?
function graph.current() return current end

--- Before each replay of this graph, action() is called.
---@param action fun()
function Graph:before(action) self.actions[#self.actions + 1] = action end

--- A tensor for what comes from outside of the recorded step: its memory is used by nothing else.
---@param dtype string
---@param sizes integer[]
---@return Tensor
function Graph:input(dtype, sizes)
   local n = 1
   for _, size in ipairs(sizes) do n = n * size end
   return Tensor.wrap(Storage.new(self.device, Storage.dtype_of(dtype), n, false, true), 0, sizes)
end

--- Device memory whose n numbers are set before each replay to what values() returns then.
---@param dtype 'double'|'long'
---@param n integer
---@param values fun(): ... n numbers
---@return ffi.cdata* address
function Graph:numbers(dtype, n, values)
   local t = self:input(dtype, {n})
   local cells = {}
   for i = 1, n do cells[i] = t:narrow(1, i, 1) end
   self:before(function()
      local list = {values()}
      for i = 1, n do core.run('hl_fill', cells[i], list[i]) end
   end)
   return core.raw(t).data
end

--- Errors unless t lies on the device that records.
---@param what string for the message
---@param t Tensor
function Graph:need_device(what, t)
   check(t._storage.device == self.device, '%s on %s cannot be part of a step that is recorded on %s', what, t:getDevice(),
      self.device.name)
end

local handle = ffi.new('hl_graph *[1]')

local function collect_results(...) return {n = select('#', ...), ...} end

---@private
function Graph:record(...)
   local lib = self.device.lib
   core.collect() -- the memory of the steps before is what the recorded one needs
   core.call(lib, 'hl_graph_record')
   current, self.actions, self.generators = self, {}, {}
   local results = collect_results(pcall(self.step, ...))
   current = nil
   if not results[1] then
      core.call(lib, 'hl_graph_end', nil)
      error(results[2], 0)
   end
   core.call(lib, 'hl_graph_end', handle)
   self.handle, self.results = ffi.gc(handle[0], lib.hl_graph_free), results
end

--- Does the step: plainly, or by replaying it. The arguments reach plain calls and the one that is recorded.
function Graph:__call(...)
   if self.warm_up > 0 then
      self.warm_up = self.warm_up - 1
      return self.step(...)
   end
   check(not current, 'graph: a recorded step cannot be part of another')
   if not self.handle then self:record(...) end
   for _, action in ipairs(self.actions) do action() end
   core.call(self.device.lib, 'hl_graph_run', self.handle)
   return unpack(self.results, 2, self.results.n)
end

--- A function that does `step`, recorded from some call on.
---@param step fun(...): ...
---@param options {device: string, warm_up: integer?} warm_up: plain calls at first, 2
---@return Graph
function graph.new(step, options)
   check(type(step) == 'function', 'graph: expects the step as a function, got %s', type(step))
   check(type(options) == 'table' and options.device, 'graph: expects the device, as in {device = \'cuda\'}')
   local device, reason = core.device(options.device)
   if not device then core.raise(reason) end
   check(device.name ~= 'cpu', 'graph: the CPU cannot record a step; use device = \'cuda\', or do without the graph')
   local warm_up = options.warm_up or 2
   check(type(warm_up) == 'number' and warm_up >= 0 and warm_up % 1 == 0, 'graph: warm_up must be a whole number of 0 or more, got %s',
      tostring(warm_up))
   return setmetatable({device = device, step = step, warm_up = warm_up}, Graph)
end

return graph
