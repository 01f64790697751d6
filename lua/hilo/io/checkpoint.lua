--- io/checkpoint.lua: everything that a run needs to go on, in one safetensors file: networks, optimisers, averaged networks and
--- generators, with the rest (step, options, positions in logs) as JSON in its metadata.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local hilo = require 'hilo'
local file = require 'hilo.io.file'
local is_list = require 'hilo.is_list'
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'
local safetensors = require 'hilo.io.safetensors'

local checkpoint = {}

local version = 1

-- ---- Lua values with tensors in them <-> JSON with references ----
-- What JSON lacks is an object with one key: {"$tensor": name}, {"$number": "inf"}, {"$int64": "..."}, {"$pairs": [[key, value], ...]}.

local max_depth = 40

local function has_plain_keys(t)
   for key in pairs(t) do if type(key) ~= 'string' or key:sub(1, 1) == '$' then return false end end
   return true
end

local pack

local function pack_table(value, name, tensors, depth)
   local packed = {}
   if is_list(value) then
      for i, v in ipairs(value) do packed[i] = pack(v, name .. '/' .. i, tensors, depth + 1) end
   elseif has_plain_keys(value) then
      for key, v in pairs(value) do packed[key] = pack(v, name .. '/' .. key, tensors, depth + 1) end
   else
      for key in pairs(value) do
         core.check(type(key) == 'number' or type(key) == 'string', "checkpoint.save: '%s' has a key that is a %s", name, type(key))
      end
      local pairs_of = {}
      for i, key in ipairs(sorted_keys(value)) do
         pairs_of[i] = {key, pack(value[key], name .. '/' .. tostring(key), tensors, depth + 1)}
      end
      packed['$pairs'] = pairs_of
   end
   return packed
end

--- Moves the tensors of `value` to `tensors` under names that begin with `name`; returns what JSON can hold.
function pack(value, name, tensors, depth)
   core.check(depth < max_depth, "checkpoint.save: '%s' is nested too deeply; does it contain itself?", name)
   if core.is_tensor(value) then
      core.check(not tensors[name], "checkpoint.save: two tensors would be called '%s'", name)
      tensors[name] = value
      return {['$tensor'] = name}
   end
   local kind = type(value)
   if kind == 'number' and (value ~= value or value == math.huge or value == -math.huge) then
      return {['$number'] = value ~= value and 'nan' or value > 0 and 'inf' or '-inf'}
   end
   if kind == 'cdata' and tostring(value):match('^%-?%d+U?LL$') then return {['$int64'] = tostring(value)} end
   if kind == 'table' then return pack_table(value, name, tensors, depth) end
   core.check(kind == 'number' or kind == 'string' or kind == 'boolean',
      "checkpoint.save: '%s' is a %s; numbers, strings, booleans, tensors and tables of them can be saved", name, kind)
   return value
end

-- '-12LL' -> -12LL; nil for other text.
local function whole_number(text)
   local minus, digits, unsigned = text:match '^(%-?)(%d+)(U?)LL$'
   if not digits or #digits > 20 then return nil end
   local value = 0ULL
   for digit in digits:gmatch '%d' do value = value * 10 + tonumber(digit) end
   if minus == '-' then value = -value end
   return unsigned == 'U' and value or ffi.cast('int64_t', value)
end

local special = {nan = 0 / 0, inf = math.huge, ['-inf'] = -math.huge}

local function unpack_value(packed, tensors, path)
   if type(packed) ~= 'table' then return packed end
   local name = packed['$tensor']
   if name then return core.check(tensors[name], "%s: damaged: it refers to tensor '%s' but does not hold it", path, tostring(name)) end
   if packed['$number'] then return special[packed['$number']] end
   if packed['$int64'] then
      local digits = packed['$int64']
      return core.check(type(digits) == 'string' and whole_number(digits), '%s: damaged: bad whole number', path)
   end
   local value = {}
   if packed['$pairs'] then
      core.check(type(packed['$pairs']) == 'table', '%s: damaged: bad list of keys', path)
      for _, pair in ipairs(packed['$pairs']) do
         local key = type(pair) == 'table' and pair[1]
         core.check(type(key) == 'number' or type(key) == 'string', '%s: damaged: bad list of keys', path)
         value[key] = unpack_value(pair[2], tensors, path)
      end
      return value
   end
   for key, v in pairs(packed) do value[key] = unpack_value(v, tensors, path) end
   return value
end

-- ---- parts ----

---@class CheckpointParts
---@field nets? table<string, nn.Module>
---@field optims? table<string, table> optimisers of hilo.optim, or the state tables of Torch7's functions
---@field generator? Generator|false hilo.generator where nil, none where false
---@field meta? table numbers, strings, booleans, tensors and tables of them; only for save

local known = {nets = true, optims = true, generator = true, meta = true}

local function check_parts(fn, parts)
   core.check(type(parts) == 'table' and not core.is_tensor(parts), '%s: expected a table {nets =, optims =, meta =}, got %s', fn,
      type(parts))
   for key in pairs(parts) do
      core.check(known[key], "%s: unknown part '%s'; there are nets, optims, generator and meta", fn, tostring(key))
   end
   for _, key in ipairs {'nets', 'optims', 'meta'} do
      core.check(parts[key] == nil or type(parts[key]) == 'table', "%s: '%s' must be a table, got %s", fn, key, type(parts[key]))
   end
   for name, net in pairs(parts.nets or {}) do
      core.check(type(name) == 'string' and type(net) == 'table' and net.stateDict, "%s: nets['%s'] is not a module", fn,
         tostring(name))
   end
   for name, optim in pairs(parts.optims or {}) do
      core.check(type(name) == 'string' and type(optim) == 'table', "%s: optims['%s'] is not an optimiser", fn, tostring(name))
   end
end

local function generator_of(parts)
   if parts.generator == nil then return hilo.generator end
   return parts.generator or nil
end

-- How a network was made, as far as it knows; see models/options.lua.
local function origin_of(net)
   local origin = rawget(net, 'origin')
   return type(origin) == 'table' and origin.model and origin or {class = tostring(net.__typename)}
end

--- Writes a checkpoint. The file appears whole or not at all; where it cannot be written the old one stays and the error says why.
---
---     local net = nn.Linear(2, 3)
---     hilo.io.checkpoint.save('mine.safetensors', {nets = {S = net}, meta = {step = 10}})
---     assert(hilo.io.checkpoint.load('mine.safetensors', {nets = {S = net}}).step == 10)
---@param path string
---@param parts CheckpointParts
function checkpoint.save(path, parts)
   check_parts('checkpoint.save', parts)
   local tensors, record = {}, {version = version, nets = {}, origins = {}, optims = {}}
   for name, net in pairs(parts.nets or {}) do
      local state = net:stateDict()
      for key, t in pairs(state) do tensors['nets/' .. name .. '/' .. key] = t end
      record.nets[name], record.origins[name] = sorted_keys(state), origin_of(net)
   end
   for name, optim in pairs(parts.optims or {}) do
      local state = optim.loadState and optim:state() or optim
      record.optims[name] = {state = pack(state, 'optims/' .. name, tensors, 1)}
   end
   local generator = generator_of(parts)
   if generator then record.generator = pack(generator:state(), 'generator', tensors, 1) end
   record.meta = pack(parts.meta or {}, 'meta', tensors, 1)
   safetensors.save(path, tensors, {format = 'hilo checkpoint', checkpoint = json.encode(record, {one_line = true})}, {checksum = true})
end

local function read_record(path, metadata)
   core.check(metadata.checkpoint, '%s: this file holds no checkpoint, only tensors; hilo.io.load_weights reads it', path)
   local record = json.decode(metadata.checkpoint, path .. ': its metadata')
   core.check(record.version == version, '%s: it is a checkpoint of version %s, this hilo reads version %d: go on with the hilo that '
      .. 'wrote it (machine.json of its run names it), or take its weights alone by hilo.io.load_tensors', path,
      tostring(record.version), version)
   for _, key in ipairs {'nets', 'optims', 'meta'} do
      core.check(type(record[key]) == 'table', "%s: damaged: its '%s' is missing", path, key)
   end
   return record
end

--- Errors unless a checkpoint is as it was written: cut short nowhere, and with the checksum that it should have.
---@param path string
function checkpoint.verify(path)
   file.check_path(path, 'checkpoint.verify')
   safetensors.verify(path)
end

--- Whether a value read from a file says how a network was made.
---@private
function checkpoint.is_origin(origin)
   if type(origin) ~= 'table' then return false end
   if origin.model == nil then return type(origin.class) == 'string' end
   return type(origin.model) == 'string' and type(origin.options) == 'table'
end

local function origins_of(record, path)
   if record.origins == nil then return {} end -- of an older hilo
   core.check(type(record.origins) == 'table', '%s: damaged: how its networks were made', path)
   for name, origin in pairs(record.origins) do
      core.check(checkpoint.is_origin(origin), "%s: damaged: how its network '%s' was made", path, tostring(name))
   end
   return record.origins
end

--- The numbers and strings of a checkpoint without its tensors: what was given as meta, and how its networks were made.
---@param path string
---@return table meta
---@return table<string, NetworkOrigin> origins by name of the network; empty in a checkpoint of an older hilo
function checkpoint.meta(path)
   local record = read_record(path, safetensors.metadata(path))
   local none = setmetatable({}, {__index = function(_, name) return name end})
   return unpack_value(record.meta, none, path), origins_of(record, path)
end

-- ---- restoring ----

local function show(t) return ('%s %s'):format(t:dim() == 0 and 'empty' or table.concat(t:size(), 'x'), t:dtype()) end

--- bfloat16 is written as float32.
local function fits(own, given)
   local stored = own:dtype() == 'bfloat16' and 'float32' or own:dtype()
   return (own:isSameSizeAs(given) or own:nElement() == 0 and given:nElement() == 0) and stored == given:dtype()
end

local function compare_net(name, own, tensors, problems)
   local prefix = 'nets/' .. name .. '/'
   for _, key in ipairs(sorted_keys(own)) do
      local given = tensors[prefix .. key]
      if not given then
         problems[#problems + 1] = ("network '%s': '%s' is not in the file"):format(name, key)
      elseif not fits(own[key], given) then
         problems[#problems + 1] = ("network '%s': '%s' is %s here, %s in the file"):format(name, key, show(own[key]), show(given))
      end
   end
   for _, full in ipairs(sorted_keys(tensors)) do
      local key = full:sub(1, #prefix) == prefix and full:sub(#prefix + 1)
      if key and not own[key] then
         problems[#problems + 1] = ("network '%s': '%s' of the file is not in the network"):format(name, key)
      end
   end
end

local function compare_names(what, own, given, subset, problems)
   for _, name in ipairs(sorted_keys(own)) do
      if given[name] == nil then problems[#problems + 1] = ("%s '%s' is not in the file"):format(what, name) end
   end
   if subset then return end
   for _, name in ipairs(sorted_keys(given)) do
      if own[name] == nil then problems[#problems + 1] = ("%s '%s' of the file was not asked for"):format(what, name) end
   end
end

local function optimiser_states(record, tensors, path, own, problems)
   local states = {}
   for name, optim in pairs(own) do
      local packed = record.optims[name]
      if packed ~= nil then
         core.check(type(packed) == 'table' and type(packed.state) == 'table', "%s: damaged: optimiser '%s'", path, name)
         states[name] = unpack_value(packed.state, tensors, path)
         if optim.stateProblems then
            for _, text in ipairs(optim:stateProblems(states[name])) do
               problems[#problems + 1] = ("optimiser '%s': %s"):format(name, text)
            end
         end
      end
   end
   return states
end

local function restore_optimiser(optim, state)
   if optim.loadState then return optim:loadState(state) end
   for key in pairs(optim) do optim[key] = nil end
   for key, value in pairs(state) do optim[key] = value end
end

--- Restores exactly what `save` was given, or raises an error that lists every name, size or type that does not fit; then
--- nothing has changed.
---@param path string
---@param parts CheckpointParts as given to save, without meta
---@param options? {subset?: boolean} subset: the file may hold more than is asked for
---@return table meta
function checkpoint.load(path, parts, options)
   check_parts('checkpoint.load', parts)
   file.check_path(path, 'checkpoint.load')
   local tensors, metadata = safetensors.load(path)
   local record = read_record(path, metadata)
   local problems, own = {}, {}
   local nets, optims, subset = parts.nets or {}, parts.optims or {}, options and options.subset
   compare_names('network', nets, record.nets, subset, problems)
   for _, name in ipairs(sorted_keys(nets)) do
      own[name] = nets[name]:stateDict()
      if record.nets[name] then compare_net(name, own[name], tensors, problems) end
   end
   compare_names('optimiser', optims, record.optims, subset, problems)
   local states = optimiser_states(record, tensors, path, optims, problems)
   local generator, random_state = generator_of(parts), nil
   if generator and not record.generator then
      problems[#problems + 1] = 'the state of the generator is not in the file'
   elseif generator then
      random_state = unpack_value(record.generator, tensors, path)
      core.check(pcall(generator.setState, hilo.Generator(), random_state), '%s: damaged: the state of its generator', path)
   end
   if #problems > 0 then
      core.raise(('%s: this checkpoint does not fit (%d differences):\n  %s'):format(path, #problems, table.concat(problems, '\n  ')))
   end
   local meta = unpack_value(record.meta, tensors, path)
   if generator then generator:setState(random_state) end
   autograd.no_grad(function()
      for name, state in pairs(own) do
         for key, t in pairs(state) do
            if t:nElement() > 0 then t:copy(tensors['nets/' .. name .. '/' .. key]) end
         end
      end
   end)
   for name, optim in pairs(optims) do restore_optimiser(optim, states[name]) end
   return meta
end

return checkpoint
