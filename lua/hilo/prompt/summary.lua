--- prompt/summary.lua: summary(net, {1, 3, 321, 321}): what a network does with an input of that size.
local columns = require 'hilo.prompt.columns'
local core = require 'hilo.core'
local hilo = require 'hilo'
local memory_text = require('hilo.prompt.memory').text
local nets = require 'hilo.prompt.nets'
local ops = require 'hilo.prompt.ops'
local wrapped = require('hilo.help.text').wrapped

local summary = {}

local function sizes_text(x)
   if core.is_tensor(x) then
      local sizes = {}
      for d = 1, x:dim() do sizes[d] = ('%d'):format(x:size(d)) end
      return table.concat(sizes, 'x')
   end
   if type(x) ~= 'table' then return type(x) end
   local parts = {}
   for i, part in ipairs(x) do parts[i] = sizes_text(part) end
   return '{' .. table.concat(parts, ', ') .. '}'
end

local function bytes_of(x)
   if core.is_tensor(x) then return x:nElement() * x._storage.dtype.bytes end
   local bytes = 0
   for _, part in ipairs(type(x) == 'table' and x or {}) do bytes = bytes + bytes_of(part) end
   return bytes
end

---@class NetSummary
---@field rows {module: Module, output: string?, flops: number, bytes: number, text: string}[] flops of the module and all in it; the
--- bytes of its output
---@field flops number of one forward pass
---@field bytes number of the outputs of modules, but of those whose parts give outputs of their own
---@field output string

local function observed(net, run)
   local of, open = {}, {}
   local function called(call, self, ...)
      open[#open + 1] = self
      local output = call(self, ...)
      open[#open] = nil
      of[self].output, of[self].bytes = sizes_text(output), bytes_of(output)
      return output
   end
   for _, m in ipairs(net:listModules()) do
      if not of[m] then
         local call = m.call
         of[m] = {flops = 0}
         rawset(m, 'call', function(...) return called(call, ...) end)
      end
   end
   local function note(name, call, ...)
      local flops = ops.flops(name, ...)
      local counted = {}
      for _, m in ipairs(open) do
         if not counted[m] then of[m].flops = of[m].flops + flops end
         counted[m] = true
      end
      return call(...)
   end
   local ok, message = pcall(ops.watch, note, run)
   for m in pairs(of) do rawset(m, 'call', nil) end
   if not ok then error(message, 0) end
   return of
end

--- Sizes of outputs, floating point operations of convolutions and matrix products (two for a product and its sum), memory. The
--- network runs once, on noise, as in evaluation.
---@param net Module
---@param sizes integer[] of the input
---@return NetSummary
function summary.of(net, sizes)
   core.check(nets.is_module(net), 'summary: expects a module, got %s', type(net))
   core.check(type(sizes) == 'table' and #sizes > 0, 'summary: expects the sizes of the input, as in summary(net, {1, 3, 321, 321})')
   local first = ((net:parameters()) or {})[1]
   local input = hilo.zeros(sizes)
   if first then input = input:to {device = first:getDevice(), dtype = first:dtype()} end
   local training = net.train
   net:evaluate()
   local ok, of = pcall(observed, net, function() hilo.no_grad(net, input) end)
   if training then net:training() end
   if not ok then error(of, 0) end
   local result = {rows = {}, flops = of[net].flops, output = of[net].output, bytes = 0}
   for i, row in ipairs(nets.rows(net)) do
      local seen = of[row.module]
      result.rows[i] = {module = row.module, text = row.text, output = seen.output, flops = seen.flops, bytes = seen.bytes or 0}
      local inside = false -- some modules do at once what their parts would do one by one
      for _, part in ipairs(row.module.modules or {}) do inside = inside or of[part].output ~= nil end
      if not inside then result.bytes = result.bytes + (seen.bytes or 0) end
   end
   return result
end

--- The summary as text.
---@param net Module
---@param sizes integer[]
---@param width? integer of a line
---@return string
function summary.text(net, sizes, width)
   local s = summary.of(net, sizes)
   local lines = {{'module', 'output', 'parameters', 'FLOPs', 'memory'}}
   for _, row in ipairs(s.rows) do
      local n = nets.parameters(row.module)
      lines[#lines + 1] = {row.text, row.output or '', n > 0 and nets.count_text(n) or '',
         row.flops > 0 and nets.count_text(row.flops) or '', row.bytes > 0 and memory_text(row.bytes) or ''}
   end
   lines = columns(lines, width)
   local all, trained = nets.parameters(net)
   local bytes = 0
   for _, p in ipairs((net:parameters()) or {}) do bytes = bytes + bytes_of(p) end
   local sum = ('input %s, output %s; %s parameters (%s), %s trained; %sFLOPs forwards; outputs %s'):format(
      table.concat(sizes, 'x'), s.output, nets.count_text(all), memory_text(bytes), nets.count_text(trained),
      (nets.count_text(s.flops):gsub('(%d)$', '%1 ')), memory_text(s.bytes))
   lines[#lines + 1] = wrapped(sum, width or math.huge, '')
   return table.concat(lines, '\n')
end

--- Prints what a network does with an input of that size: outputs, parameters, floating point operations and memory of each module.
---
---     summary(nn.Sequential():add(nn.Linear(4, 3)):add(nn.ReLU()), {1, 4})
---@param net Module
---@param sizes integer[]
function summary.print(net, sizes)
   local width = core.host.hl_host_terminal_width(1) -- 0 where it is no terminal
   print(summary.text(net, sizes, width > 0 and width or nil))
end

return summary
