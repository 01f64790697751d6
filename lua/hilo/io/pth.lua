--- io/pth.lua: reads what PyTorch's torch.save wrote: the zip format (since PyTorch 1.6) and the one before it; io/pth_save.lua writes.
--- Its pickle is read by io/pickle.lua with the few functions named here, so nothing in the file is ever run.
local ffi = require 'ffi'
local core = require 'hilo.core'
local hilo = require 'hilo'
local elements = require 'hilo.io.elements'
local file = require 'hilo.io.file'
local pickle = require 'hilo.io.pickle'
local zip = require 'hilo.io.zip'

local pth = {save = require 'hilo.io.pth_save'}

local max_exact = 2 ^ 53
local max_pickle = 2 ^ 26 -- bytes of what describes the tensors

-- ---- the functions that a file may name ----

local storage_kinds = {
   Float = 'F32', Double = 'F64', Half = 'F16', BFloat16 = 'BF16', Byte = 'U8', Bool = 'BOOL', Char = 'I8', Short = 'I16',
   Int = 'I32', Long = 'I64',
}

local Spec = {} -- a tensor as the pickle describes it: {storage, offset, sizes, strides}

local function whole(value) return type(value) == 'number' and value % 1 == 0 and value >= 0 and value < max_exact end

local function whole_numbers(value, fail, what)
   if not pickle.is(value, pickle.Sequence) then fail('the %s of a tensor is not a tuple', what) end
   local numbers = {}
   for i = 1, value.n do
      if not whole(value[i]) then fail('the %s of a tensor holds %s', what, tostring(value[i])) end
      numbers[i] = value[i]
   end
   return numbers
end

--- The elements that the view reaches must lie within its storage.
local function check_view(spec, fail)
   local sizes, strides, storage = spec.sizes, spec.strides, spec.storage
   if #sizes ~= #strides then fail('a tensor has %d sizes but %d strides', #sizes, #strides) end
   if #sizes > tonumber(ffi.C.HL_MAX_DIM) then
      fail('a tensor has %d dimensions, more than the %d that are possible here', #sizes, tonumber(ffi.C.HL_MAX_DIM))
   end
   local last, n = spec.offset, 1
   for d = 1, #sizes do
      n = n * sizes[d]
      last = last + (sizes[d] - 1) * strides[d]
   end
   if n > 0 and last >= storage.n then
      fail('a tensor of %s reaches element %.0f of a storage that has %.0f', table.concat(sizes, 'x'), last + 1, storage.n)
   end
   for d = 1, #sizes do -- sizes whose product is 0 were not bounded by the storage
      if sizes[d] >= 2 ^ 40 then fail('a tensor has size %.0f', sizes[d]) end
   end
end

local function rebuild_tensor(args, fail)
   local storage, offset = args[1], args[2]
   if not (type(storage) == 'table' and storage.is_storage) then fail('a tensor is made of something that is no storage') end
   if not whole(offset) then fail('a tensor begins at element %s of its storage', tostring(offset)) end
   local spec = setmetatable({storage = storage, offset = offset, sizes = whole_numbers(args[3], fail, 'size'),
      strides = whole_numbers(args[4], fail, 'stride')}, Spec)
   check_view(spec, fail)
   return spec
end

local function rebuild_parameter(args, fail)
   if not pickle.is(args[1], Spec) then fail('a parameter is made of something that is no tensor') end
   return args[1]
end

local function ordered_dict(args, fail)
   local dict = pickle.Dict.new()
   local items = args[1]
   if items == nil then return dict end
   if not pickle.is(items, pickle.Sequence) then fail('its items are no list') end
   for i = 1, items.n do
      local pair = items[i]
      if not pickle.is(pair, pickle.Sequence) or pair.n ~= 2 or pair[1] ~= pair[1] then fail('item %d is no pair', i) end
      dict:set(pair[1], pair[2])
   end
   return dict
end

local globals = {
   ['collections.OrderedDict'] = ordered_dict,
   ['torch._utils._rebuild_tensor_v2'] = rebuild_tensor,
   ['torch._utils._rebuild_tensor'] = rebuild_tensor,
   ['torch._utils._rebuild_parameter'] = rebuild_parameter,
   ['torch._utils._rebuild_parameter_with_state'] = rebuild_parameter,
   ['torch.nn.parameter.Parameter'] = rebuild_parameter,
}
for name, kind in pairs(storage_kinds) do
   globals[('torch.%sStorage'):format(name)] = {kind = kind}
   globals[('torch.cuda.%sStorage'):format(name)] = {kind = kind}
end

-- What is saved beside weights (an epoch, a best score, options): its value is not used.
local function opaque() return pickle.Dict.new() end
for _, name in ipairs {'torch.Size', 'torch.device', 'torch.serialization._get_layout', 'builtins.set', '__builtin__.set',
   'collections.defaultdict', 'collections.Counter', 'pathlib.PosixPath', 'pathlib.WindowsPath', 'datetime.datetime',
   'datetime.timedelta', 'builtins.dict', 'builtins.list', 'builtins.int', 'builtins.float', 'builtins.slice',
   'argparse.Namespace', 'numpy.dtype', 'numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar', '_codecs.encode'} do
   globals[name] = opaque
end
for _, name in ipairs {'float32', 'float64', 'float16', 'bfloat16', 'uint8', 'int8', 'int16', 'int32', 'int64', 'bool'} do
   globals['torch.' .. name] = {}
end

-- ---- storages ----

--- persistent_load for both formats; storages[key] is what the file calls key.
local function storage_loader(storages)
   return function(id, fail)
      if not pickle.is(id, pickle.Sequence) or id[1] ~= 'storage' then fail('it refers to something that is not a storage') end
      local class, key, n, view = id[2], id[3], id[5], id[6]
      local kind = pickle.is(class, pickle.Global) and type(class.call) == 'table' and class.call.kind
      if not kind then
         fail("a storage has the unknown type '%s'", pickle.is(class, pickle.Global) and class.name or type(class))
      end
      if type(key) ~= 'string' or not whole(n) then fail('a storage has no proper name or length') end
      local known = storages[key]
      if known and (known.kind ~= kind or known.n ~= n) then
         fail("storage '%s' is described twice: %.0f of %s, %.0f of %s", key, known.n, known.kind, n, kind)
      end
      local root = known or {is_storage = true, key = key, kind = kind, n = n, first = 0}
      storages[key] = root
      if not pickle.is(view, pickle.Sequence) then return root end
      if not (whole(view[2]) and whole(view[3]) and view[2] + view[3] <= n) then fail("a view of storage '%s' leaves it", key) end
      return {is_storage = true, root = root, n = view[3], first = view[2]}
   end
end

local function new_base(storage)
   local kind = elements.types[storage.kind]
   return hilo.empty({storage.n}, {dtype = kind.dtype}), kind
end

--- The tensor of a description: a view of its storage, as it was in PyTorch. A scalar becomes one element.
local function materialise(spec)
   local root = spec.storage.root or spec.storage
   if #spec.sizes == 0 then spec.sizes, spec.strides = {1}, {1} end
   return root.base:as_strided(spec.sizes, spec.strides, spec.storage.first + spec.offset)
end

-- ---- the zip format ----

local function load_zip(path)
   local archive = zip.open(path)
   local root
   for _, name in ipairs(archive.names) do root = root or name:match('^(.*/)data%.pkl$') or name:match('^data%.pkl$') and '' end
   core.check(root, "%s: this zip archive was not written by torch.save: it has no 'data.pkl'", path)
   core.check(not archive.members[root .. 'constants.pkl'],
      '%s: this is a TorchScript program, not a file of weights; save its state_dict() with torch.save instead', path)
   if archive.members[root .. 'byteorder'] then
      local order = archive:read(root .. 'byteorder')
      core.check(order == 'little', "%s: its byte order is '%s'; only 'little' can be read", path, order)
   end
   local storages, described = {}, archive.members[root .. 'data.pkl'].size
   core.check(described <= max_pickle, '%s: its data.pkl has %.0f bytes; those of weights have at most %.0f', path, described,
      max_pickle)
   local value = pickle.read(archive:read(root .. 'data.pkl'),
      {path = path, globals = globals, persistent_load = storage_loader(storages)})
   return value, function(storage)
      local name = root .. 'data/' .. storage.key
      local member = archive.members[name]
      core.check(member, "%s: damaged: storage '%s' is missing", path, storage.key)
      local bytes = storage.n * elements.types[storage.kind].bytes
      core.check(member.size == bytes, "%s: damaged: storage '%s' should have %.0f bytes but has %.0f", path, storage.key, bytes,
         member.size)
      local base, kind = new_base(storage)
      if not kind.convert then
         if storage.n > 0 then archive:read_into(name, base:data()) end
      else
         local buffer = ffi.new('uint8_t[?]', math.max(1, bytes))
         archive:read_into(name, buffer)
         elements.fill(base, kind, storage.n, function(to, first, n) ffi.copy(to, buffer + first, n) end)
      end
      return base
   end
end

-- ---- the format before it: pickles one after another, then each storage as its length (int64) and its elements ----

local magic = '\108\252\156\70\249\32\106\168\80\25'
local first_window = 2 ^ 20

local function load_legacy(path)
   local size = file.size(path)
   local text, at = file.read(path, 0, math.min(size, first_window)), 1
   local function more(bytes)
      if bytes >= size then return nil end
      return file.read(path, 0, math.min(size, bytes * 4))
   end
   local storages = {}
   local function read()
      local value
      value, at, text = pickle.read(text, {path = path, globals = globals, persistent_load = storage_loader(storages), at = at,
         more = more})
      return value
   end
   local number = read()
   core.check(pickle.is(number, pickle.Long) and number.bytes == magic, '%s: this pickle was not written by torch.save', path)
   local version, system = read(), read()
   core.check(version == 1001, '%s: version %s of the torch.save format cannot be read (only 1001)', path, tostring(version))
   core.check(pickle.is(system, pickle.Dict) and system.map.little_endian == true,
      '%s: it was written on a machine of the other byte order', path)
   local value, keys = read(), read()
   core.check(pickle.is(keys, pickle.Sequence), '%s: damaged: the list of its storages is missing', path)
   local offset, count = at - 1, ffi.new('int64_t[1]')
   for i = 1, keys.n do
      local storage = storages[keys[i]]
      core.check(storage and not storage.at, "%s: damaged: it lists an unknown storage, or one twice: '%s'", path,
         tostring(keys[i]))
      core.check(offset + 8 <= size, '%s: damaged: it is cut short before storage %d of %d', path, i, keys.n)
      file.read_into(path, count, offset, 8)
      core.check(tonumber(count[0]) == storage.n, "%s: damaged: storage '%s' should have %.0f elements but has %.0f", path,
         storage.key, storage.n, tonumber(count[0]))
      storage.at = offset + 8
      offset = storage.at + storage.n * elements.types[storage.kind].bytes
      core.check(offset <= size, '%s: damaged: it is cut short within storage %d of %d', path, i, keys.n)
   end
   return value, function(storage)
      core.check(storage.at, "%s: damaged: storage '%s' is missing", path, storage.key)
      local base, kind = new_base(storage)
      elements.fill(base, kind, storage.n, function(to, first, n) file.read_into(path, to, storage.at + first, n) end)
      return base
   end
end

-- ---- from what was saved to names and tensors ----

-- Where several are there, the first.
local wrappers = {'state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'generator', 'model_ema', 'ema_model',
   'state_dict_ema', 'ema_state_dict', 'ema', 'teacher', 'teacher_state_dict', 'student', 'student_state_dict', 'params', 'weights',
   'module'}

local function has_tensors(dict)
   for _, key in ipairs(dict.keys) do if pickle.is(dict.map[key], Spec) then return true end end
   return false
end

--- The state dict inside of a training checkpoint.
local function unwrap(value, notes)
   for _ = 1, 4 do
      if not pickle.is(value, pickle.Dict) or has_tensors(value) then break end
      local inner
      for _, key in ipairs(wrappers) do
         if not inner and pickle.is(value.map[key], pickle.Dict) then
            inner = value.map[key]
            local rest = {}
            for _, other in ipairs(value.keys) do if other ~= key then rest[#rest + 1] = tostring(other) end end
            notes[#notes + 1] = ("took what is under '%s'%s"):format(key,
               #rest > 0 and ' and left ' .. table.concat(rest, ', ') or '')
         end
      end
      if not inner then break end
      value = inner
   end
   return value
end

local max_depth, max_values = 64, 1e6

local is_plain = {number = true, string = true, boolean = true}

--- Nested dicts and lists -> {['a.b.1'] = Spec}, names in the file's order, {['a.c'] = number, string or boolean}.
local function flatten(path, value)
   local specs, names, plain, visited = {}, {}, {}, 0
   local function visit(v, name, depth)
      visited = visited + 1
      core.check(depth <= max_depth and visited <= max_values, '%s: its values are nested too deeply, or too many', path)
      if pickle.is(v, Spec) then
         if name == '' then name = 'tensor' end
         core.check(not specs[name], "%s: two tensors have the name '%s'", path, name)
         specs[name], names[#names + 1] = v, name
      elseif pickle.is(v, pickle.Dict) then
         for _, key in ipairs(v.keys) do
            if type(key) == 'string' or type(key) == 'number' then
               visit(v.map[key], name == '' and tostring(key) or name .. '.' .. tostring(key), depth + 1)
            end
         end
      elseif pickle.is(v, pickle.Sequence) then
         for i = 1, v.n do visit(v[i], name == '' and tostring(i) or name .. '.' .. i, depth + 1) end
      elseif is_plain[type(v)] then
         plain[name == '' and 'value' or name] = v
      end
   end
   visit(value, '', 1)
   return specs, names, plain
end

--- What `pth.load` gives, and the numbers, strings and booleans beside the tensors, by name; there may be no tensors.
---@private
---@param path string
---@return table<string, Tensor> tensors, string[] notes, string[] names, table<string, number|string|boolean> plain
function pth.read(path)
   local size = file.size(path)
   local head = file.read(path, 0, math.min(size, 512))
   local value, read_storage
   if head:sub(1, 2) == 'PK' then
      value, read_storage = load_zip(path)
   elseif pickle.looks_like(head) then
      value, read_storage = load_legacy(path)
   elseif head:sub(258, 262) == 'ustar' then
      core.raise(path .. ': this is the tar format of PyTorch before 0.1.10; load and save it again with a newer one')
   else
      core.raise(path .. ': this is not a file made by torch.save: it begins neither as a zip archive nor as a pickle')
   end
   local notes = {}
   local specs, names, plain = flatten(path, unwrap(value, notes))
   local tensors = {}
   for _, name in ipairs(names) do
      local storage = specs[name].storage
      storage = storage.root or storage
      if not storage.base then storage.base = read_storage(storage) end
      tensors[name] = materialise(specs[name])
   end
   return tensors, notes, names, plain
end

--- Reads the tensors of a file made by torch.save.
---
--- Half and bfloat16 become float32, bool uint8; scalars become tensors of one element. Tensors that
--- shared memory in PyTorch share it here. Nested dicts give names joined by dots; a training checkpoint is reduced to what
--- is under 'state_dict', 'model' or the like. Anything but numbers, strings, tuples, lists, dicts and tensors is an error that
--- names the Python function that the file asks for.
---@param path string
---@return table<string, Tensor> tensors, string[] notes on what was unwrapped, string[] names in the file's order
function pth.load(path)
   file.check_path(path, 'pth.load')
   local tensors, notes, names = pth.read(path)
   core.check(#names > 0, '%s: there is no tensor in this file', path)
   return tensors, notes, names
end

return pth
