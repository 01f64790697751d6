--- io/pth_save.lua: files that PyTorch's torch.load(weights_only=True) reads: a zip archive of a pickle and of the storages.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'
local pickled = require 'hilo.io.pickle_write'
local zip = require 'hilo.io.zip_write'

local root = 'archive/'

-- What PyTorch calls memory of a type; hilo.torch's Half is a float.
local class_of = {float = 'Float', double = 'Double', uint8_t = 'Byte', int8_t = 'Char', int16_t = 'Short', int32_t = 'Int',
   int64_t = 'Long', uint16_t = 'BFloat16'}

-- The elements of a storage on the CPU.
local function on_cpu(storage)
   return Tensor.wrap(storage, 0, {storage.size}):to{dtype = storage.dtype.name, device = 'cpu'}:contiguous()
end

-- Elements that the tensors among the values reach, by storage, each view once.
local function reach(value, sums, seen)
   if type(value) ~= 'table' or seen[value] then return end
   seen[value] = true
   if core.is_tensor(value) then
      local s = value._storage
      core.check(not s.freed, 'pth.save: the memory of a tensor was given back by free()')
      sums[s] = (sums[s] or 0) + value:nElement()
   else
      for _, v in pairs(value) do reach(v, sums, seen) end
   end
end

-- Storages as the pickle refers to them. Tensors that share memory share it in the file; where they see a small part of it alone, each
-- takes its own elements along instead.
local function collector(value)
   local sums, list, numbers = {}, {}, {}
   reach(value, sums, {})
   return list, function(t)
      local s = t._storage
      local whole = sums[s] >= s.size
      local of = whole and s or t
      if not numbers[of] then
         list[#list + 1] = whole and function() return on_cpu(s) end
            or function() return t:detach():to{dtype = t:dtype(), device = 'cpu'}:contiguous() end
         numbers[of] = #list - 1
      end
      if whole then return numbers[of], s.size, t._offset, Tensor.sizes_table(t), Tensor.strides_table(t) end
      local sizes, strides, n = Tensor.sizes_table(t), {}, 1
      for d = #sizes, 1, -1 do
         strides[d] = n
         n = n * sizes[d]
      end
      return numbers[of], t:nElement(), 0, sizes, strides
   end
end

-- torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
local function put_tensor(w, t, place_of)
   local key, n, offset, sizes, strides = place_of(t)
   if #sizes == 0 then sizes, strides = {0}, {1} end
   w:global('torch._utils', '_rebuild_tensor_v2')
   w:put('(', '(')
   w:string 'storage'
   w:global('torch', class_of[t._storage.dtype.ctype] .. 'Storage')
   w:string(tostring(key))
   w:string 'cpu'
   w:whole(n)
   w:put('t', 'Q')
   w:whole(offset)
   w:tuple(sizes)
   w:tuple(strides)
   w:put '\137'
   w:dict()
   w:put('t', 'R')
end

--- Writes what torch.load(path, weights_only=True) reads: tensors (any strides, any device) by name, and numbers, strings, booleans,
--- lists and dicts around them. Tensors that share memory share it in PyTorch. The file appears whole or not at all; one of 4 GiB or
--- more is an error.
---
---     hilo.io.pth.save('net.pth', {state_dict = nn.Linear(2, 3):stateDict(), epoch = 5})
---     assert(hilo.io.pth.load('net.pth').weight:size(1) == 3)
---@param path string
---@param value table
return function(path, value)
   file.check_path(path, 'pth.save')
   core.check(type(value) == 'table', 'pth.save: expected a table, such as a network\'s stateDict(), got %s', type(value))
   local storages, place_of = collector(value)
   local text = pickled(value, function(w, v, where)
      if not core.is_tensor(v) then
         core.check(type(v) ~= 'table' or not v.stateDict, 'pth.save: %s is a module; give its stateDict()', where)
         return false
      end
      put_tensor(w, v, place_of)
      return true
   end)
   file.write(path, function(write)
      local archive = zip(write)
      archive:add(root .. 'data.pkl', text)
      archive:add(root .. 'byteorder', 'little')
      for i, elements in ipairs(storages) do
         local t = elements()
         local n = t:nElement() * t._storage.dtype.bytes
         archive:add(('%sdata/%d'):format(root, i - 1), n > 0 and ffi.cast('const uint8_t *', t:data()) or '', n)
      end
      archive:add(root .. 'version', '3\n')
      archive:finish()
   end)
end
