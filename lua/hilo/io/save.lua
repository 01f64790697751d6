--- io/save.lua: networks and values in the files of others: Torch7's (.t7), PyTorch's (.pth, .pt), safetensors.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local kind_of = require 'hilo.io.kind'
local sorted_keys = require 'hilo.keys'

local check = core.check
local saving = {}

-- ---- names ----

-- Of a DeepLab, its parts as torchvision calls them: its pyramid is what torchvision's DeepLab-v3 has.
local function torchvision(name)
   name = name:gsub('^head%.aspp%.', 'classifier.0.')
   return (name:gsub('^head%.', 'classifier.'))
end

-- Of a DeepLab-v2 on a residual network, as s4GAN's authors call them.
local function s4gan(name)
   name = name:gsub('^backbone%.', '')
   return (name:gsub('^head%.', 'layer5.conv2d_list.'))
end

local schemes = {torchvision = torchvision, s4gan = s4gan, hilo = function(name) return name end}

local function is_module(value) return type(value) == 'table' and not core.is_tensor(value) and value.stateDict ~= nil end

-- Names in the order of the modules: of each its parameters, then its running statistics.
local function in_order(net)
   local order, buffers, seen = {}, {}, {}
   for _, b in ipairs(net:namedBuffers()) do
      local prefix = b.name:match '^(.*%.)[^.]+$' or ''
      buffers[prefix] = buffers[prefix] or {}
      table.insert(buffers[prefix], b.name)
   end
   local function add(name)
      if not seen[name] then order[#order + 1], seen[name] = name, true end
   end
   local last
   for _, p in ipairs(net:namedParameters()) do
      local prefix = p.name:match '^(.*%.)[^.]+$' or ''
      if last and prefix ~= last then for _, name in ipairs(buffers[last] or {}) do add(name) end end
      add(p.name)
      last = prefix
   end
   for _, name in ipairs(last and buffers[last] or {}) do add(name) end
   for _, name in ipairs(sorted_keys(net:stateDict())) do add(name) end
   return order
end

-- The state of a network by names that others know. `named` = {__order = names, name = tensor}.
local function state_of(net, names)
   local rename = schemes[names]
   check(rename, "hilo.save: there are no names '%s'; use torchvision, s4gan or hilo", tostring(names))
   check(names ~= 's4gan' or net.backbone and net.backbone.conv1 and net.head and net.head.__typename == 'nn.AtrousPyramid',
      'hilo.save: names=s4gan are those of a DeepLab-v2 on a residual network, not of a %s', net.__typename)
   local state, named = net:stateDict(), {__order = {}}
   for i, name in ipairs(in_order(net)) do
      local new = rename(name)
      named[new], named.__order[i] = state[name], new
   end
   return named
end

-- Modules in a table, at any depth, as their states.
local function with_states(value, names, depth)
   if type(value) ~= 'table' or core.is_tensor(value) then return value end
   if is_module(value) then return state_of(value, names) end
   check(depth < 60, 'hilo.save: the value is nested too deeply; does it hold itself?')
   local plain = {}
   for key, v in pairs(value) do plain[key] = with_states(v, names, depth + 1) end
   return plain
end

-- ---- saving ----

local writers = {}

function writers.t7(path, value, o) require('hilo.io.t7').write(path, value, {format = o.ascii and 'ascii' or 'binary'}) end

function writers.pth(path, value, o)
   check(type(value) == 'table' and not core.is_tensor(value), 'hilo.save: %s takes a network or a table of tensors, got %s', path,
      core.is_tensor(value) and 'a tensor' or type(value))
   require('hilo.io.pth').save(path, with_states(value, o.names or 'torchvision', 1))
end

function writers.safetensors(path, value, o)
   check(type(value) == 'table' and not core.is_tensor(value), 'hilo.save: %s takes a network or a table of tensors, got %s', path,
      core.is_tensor(value) and 'a tensor' or type(value))
   local named = is_module(value) and state_of(value, o.names or 'torchvision') or value
   local tensors = {}
   for name, t in pairs(named) do if name ~= '__order' then tensors[name] = t end end
   require('hilo.io.safetensors').save(path, tensors, is_module(value) and {format = 'pt'} or nil)
end

local endings = {t7 = 't7', th = 't7', pth = 'pth', pt = 'pth', safetensors = 'safetensors'}

---@class SaveOptions
---@field format 't7'|'pth'|'safetensors'|nil told by the path's ending if not given
---@field ascii boolean? of t7: as text
---@field names 'torchvision'|'s4gan'|'hilo'|nil of pth and safetensors: what a network's tensors are called; 'torchvision' if not given

local known = {format = 'string', ascii = 'boolean', names = 'string'}

--- Saves a network or a value for others. `x.t7` is read by Torch7: it takes modules whole, and anything of numbers, strings, booleans,
--- tensors and tables. `x.pth` (or `x.pt`) is read by torch.load(weights_only=True), and `x.safetensors` by that library: of a network
--- they take the parameters and running statistics, by torchvision's names, and .pth also tables with networks in them.
---
---     local net = hilo.models.resnet18 {classes = 10, width = 4}
---     hilo.save(net, 'net.pth')                                 -- Python: model.load_state_dict(torch.load('net.pth'))
---     local again = hilo.models.resnet18 {classes = 10, width = 4}
---     hilo.load('net.pth', again)
---     assert(hilo.equal(net.fc.weight, again.fc.weight))
---@param value any
---@param path string
---@param options? SaveOptions
---@return number bytes of the file
function saving.save(value, path, options)
   check(type(path) == 'string', 'hilo.save: expected a value, then the path of a file; got %s, then %s', type(value), type(path))
   local o = options or {}
   for key, v in pairs(o) do
      check(known[key] and type(v) == known[key], "hilo.save: options are format, ascii and names, got %s = %s", tostring(key),
         tostring(v))
   end
   local ending = path:match '%.(%w+)$'
   local format = o.format or endings[ending and ending:lower()]
   check(writers[format], "hilo.save: what shall '%s' hold? Name it .t7, .pth or .safetensors, or give format = 't7', 'pth' or "
      .. "'safetensors'", path)
   writers[format](path, value, o)
   return file.size(path)
end

-- ---- loading ----

-- Whether the tensors are a network's own, each and of its size.
local function fits(net, tensors)
   for name, t in pairs(net:stateDict()) do if not tensors[name] or not tensors[name]:isSameSizeAs(t) then return false end end
   return true
end

local function take_t7(net, path)
   local value = require('hilo.io.t7').read(path)
   check(is_module(value), 'hilo.load: %s holds no network by itself; load it without a network and take what it holds', path)
   net:loadStateDict(value:stateDict())
   return ('weights of %s: all'):format(path)
end

--- Loads what hilo.save, Torch7, PyTorch or safetensors wrote, told apart by what the file holds. Of a .t7 the value; of the others the
--- tensors by name, with the numbers, strings and booleans of a .pth by theirs (`a.b` is b in the table a), and notes on what they were
--- wrapped in. With a network given, it takes the weights over, and what does not fit is told: those of models may come from
--- torchvision or from repositories that the field knows (train/published_weights.lua), with a last layer for other classes; others
--- need all names and sizes to be their own.
---
---     hilo.save({epoch = 3, best = 0.71}, 'state.t7')
---     assert(hilo.load('state.t7').epoch == 3)
---@param path string
---@param net? Module
---@return any value the value, the tensors (and plain values), or, with a network, what was told
---@return string[]? notes
function saving.load(path, net)
   file.check_path(path, 'hilo.load')
   check(net == nil or is_module(net), 'hilo.load: expected a network second, got %s', type(net))
   local kind = kind_of(path)
   if kind == 't7' then
      if net then return take_t7(net, path) end
      return require('hilo.io.t7').read(path)
   end
   local io = require 'hilo.io'
   if not net and kind == 'pth' then
      local values, notes, _, plain = io.pth.read(path)
      for name, value in pairs(plain) do if values[name] == nil then values[name] = value end end
      return values, notes
   end
   if not net then return io.load_tensors(path) end
   local of_models = net.backbone or net.head_prefix
   if of_models and not fits(net, io.unwrapped((io.load_tensors(path)))) then
      return require('hilo.train.pretrained').load(net, path)
   end
   local report = io.load_weights(net, path)
   return table.concat({('weights of %s: %d tensors'):format(path, #report.loaded), unpack(report.notes)}, '; ')
end

return saving
