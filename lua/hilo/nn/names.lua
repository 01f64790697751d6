--- nn/names.lua: parameters and running statistics by name, as in torchvision: children are named where their container names
--- them and numbered from 0 elsewhere: 'layer1.0.conv1.weight'.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local sorted_keys = require 'hilo.keys'
local Tensor = require 'hilo.tensor'

local names = {}

local function visit(module, prefix, f)
   f(module, prefix)
   for i, child in ipairs(module.modules or {}) do
      visit(child, prefix .. (module.names and module.names[i] or tostring(i - 1)) .. '.', f)
   end
end

local function field_of(module, tensor)
   for key, value in pairs(module) do
      if rawequal(value, tensor) and type(key) == 'string' then return key end
   end
end

local function each_parameter(module, f)
   module:parameters() -- ties the gradients to them
   visit(module, '', function(m, prefix)
      for i, p in ipairs((m:parameters()) or {}) do
         local key = field_of(m, p) or not m.modules and 'parameter' .. i -- others of a container are its modules'
         if key then f(prefix .. key, p) end
      end
   end)
end

local function each_buffer(module, f)
   visit(module, '', function(m, prefix)
      for _, name in ipairs(m.buffer_names or {}) do
         if m[name] then f(prefix .. name, m[name]) end
      end
   end)
end

---@class NamedTensor
---@field name string
---@field tensor Tensor

--- Parameters with their names, in the order of parameters(); those that share memory once, under the first name.
---
---     assert(nn.Linear(2, 3):namedParameters()[1].name == 'weight')
---@return NamedTensor[]
function names.parameters(self)
   local list, seen = {}, {}
   each_parameter(self, function(name, p)
      local at = seen[p._storage] or {}
      seen[p._storage] = at
      if at[p._offset] then return end
      at[p._offset] = true
      list[#list + 1] = {name = name, tensor = p}
   end)
   return list
end

--- What is saved besides parameters: running statistics.
---@return NamedTensor[]
function names.buffers(self)
   local list = {}
   each_buffer(self, function(name, t) list[#list + 1] = {name = name, tensor = t} end)
   return list
end

--- Everything that makes up the network's state: name -> tensor, sharing the network's memory.
---@return table<string, Tensor>
function names.state(self)
   local state = {}
   local function add(name, t) state[name] = t:detach() end
   each_parameter(self, add)
   each_buffer(self, add)
   return state
end

-- PyTorch counts batches for an option that nobody here has.
local function is_counter(name) return name:match('num_batches_tracked$') ~= nil end

---@class LoadReport
---@field loaded string[] names that were taken over
---@field missing string[] of the network, not in the table
---@field unexpected string[] in the table, not of the network
---@field mismatched {name: string, expected: string, got: string}[] of another size

local function compare(own, given)
   local report = {loaded = {}, missing = {}, unexpected = {}, mismatched = {}}
   for _, name in ipairs(sorted_keys(own)) do
      local t = given[name]
      if t == nil then
         table.insert(report.missing, name)
      elseif not core.is_tensor(t) or not t:isSameSizeAs(own[name]) then
         table.insert(report.mismatched, {name = name, expected = Tensor.shape_text(own[name]),
            got = core.is_tensor(t) and Tensor.shape_text(t) or type(t)})
      else
         table.insert(report.loaded, name)
      end
   end
   for _, name in ipairs(sorted_keys(given)) do
      if own[name] == nil and not is_counter(name) then table.insert(report.unexpected, name) end
   end
   return report
end

local most_told = 8 -- misfits of a kind in an error

local function complaint(report)
   local lines, count = {}, 0
   local function tell(list, describe)
      count = count + #list
      for i = 1, math.min(#list, most_told) do lines[#lines + 1] = '\n  ' .. describe(list[i]) end
      if #list > most_told then lines[#lines + 1] = ('\n  ... and %d more'):format(#list - most_told) end
   end
   tell(report.missing, function(name) return 'missing: ' .. name end)
   tell(report.mismatched, function(m) return ('wrong size: %s is %s here, %s in the table'):format(m.name, m.expected, m.got) end)
   tell(report.unexpected, function(name) return 'unexpected: ' .. name end)
   return count > 0 and ('loadStateDict: %d of the names or sizes do not fit (partial = true takes what does and reports the rest):%s')
      :format(count, table.concat(lines)) or nil
end

--- Takes over tensors by name, converting their type. An error that tells the first misfits leaves the network as it was.
---
---     local a, b = nn.Linear(2, 3), nn.Linear(2, 3)
---     b:loadStateDict(a:stateDict())
---     assert(hilo.equal(a.weight, b.weight))
---@param given table<string, Tensor>
---@param options? {partial?: boolean} partial: take what fits and report the rest
---@return LoadReport
function names.load(self, given, options)
   core.check(type(given) == 'table' and not core.is_tensor(given), 'loadStateDict: expects a table of tensors by name, got %s',
      type(given))
   local own = self:stateDict()
   local report = compare(own, given)
   if not (options and options.partial) then
      local text = complaint(report)
      if text then core.raise(text) end
   end
   autograd.no_grad(function()
      for _, name in ipairs(report.loaded) do own[name]:copy(given[name]) end
   end)
   return report
end

return names
