--- storage.lua: a block of device memory that tensors are views of.
local ffi = require 'ffi'
local core = require 'hilo.core'

---@class Storage
---@field ptr ffi.cdata* start of the memory; nil once freed and while forgotten or promised
---@field size integer elements
---@field dtype DType
---@field device Device
---@field version integer grows with every in-place change, so autograd can tell that a saved tensor was overwritten
---@field serial integer order of creation
---@field remake fun()? fills the memory again after it was forgotten
---@field remakes_version integer? the version that remake computes
---@field promised boolean? zeros that nobody has used yet
---@field moves boolean? the memory was given back at least once, so views must look up where it is now
---@field is_elsewhere boolean? the memory is not hilo's: ptr gives it back when it is collected, and its size stays
---@field is_parameter boolean? holds parameters of modules, which may be changed in place: they are read when they are used
local Storage = {}
Storage.__index = Storage

---@class DType
---@field id integer hl_dtype
---@field name string
---@field bytes integer
---@field ctype string
---@field torch string Torch7's name: 'Float', 'Double', ...
---@field is_float boolean?
---@field pointer ffi.ctype*?
---@field element integer? bytes that Torch7 has for an element, where that differs
local dtypes = {
   {id = 0, name = 'float32', bytes = 4, ctype = 'float', torch = 'Float'},
   {id = 1, name = 'float64', bytes = 8, ctype = 'double', torch = 'Double'},
   {id = 2, name = 'uint8', bytes = 1, ctype = 'uint8_t', torch = 'Byte'},
   {id = 3, name = 'int32', bytes = 4, ctype = 'int32_t', torch = 'Int'},
   {id = 4, name = 'int64', bytes = 8, ctype = 'int64_t', torch = 'Long'},
   {id = 5, name = 'bfloat16', bytes = 2, ctype = 'uint16_t', torch = 'BFloat16'},
   {id = 6, name = 'int8', bytes = 1, ctype = 'int8_t', torch = 'Char'},
   {id = 7, name = 'int16', bytes = 2, ctype = 'int16_t', torch = 'Short'},
}
local by_name = {}

local function name_dtype(dtype)
   dtype.pointer = ffi.typeof(dtype.ctype .. ' *')
   by_name[dtype.name] = dtype
   by_name[dtype.torch:lower()] = dtype
   by_name['torch.' .. dtype.torch .. 'Tensor'] = dtype
end
for _, dtype in ipairs(dtypes) do
   dtype.is_float = dtype.id < 2 or dtype.id == 5
   name_dtype(dtype)
end
Storage.dtypes = dtypes

--- The dtype of a name: 'float32', 'float', 'torch.FloatTensor'.
---@return DType
function Storage.dtype_of(name)
   return by_name[name] or core.raise(("there is no tensor type '%s'; use float, double, bfloat16, byte, char, short, int or long")
      :format(tostring(name)))
end

--- Another type over what C computes with: hilo.torch's Half.
---@param dtype DType
function Storage.add_dtype(dtype)
   name_dtype(dtype)
   dtypes[#dtypes + 1] = dtype
end

local serial = 0

--- Number of storages made so far.
function Storage.count() return serial end

local function noted(storage)
   if core.made_storage then core.made_storage(storage) end
   return storage
end

---@param device Device
---@param dtype DType
---@param size number elements
---@param zero? boolean filled with zeros
---@param apart? boolean no part of the step that is being recorded
---@return Storage
function Storage.new(device, dtype, size, zero, apart)
   serial = serial + 1
   return noted(setmetatable({ptr = core.allocate(device, size * dtype.bytes, zero, apart), size = size, dtype = dtype, device = device,
      version = 0, serial = serial}, Storage))
end

--- Zeros that take memory from their first use on.
---@param device Device
---@param dtype DType
---@param size number elements
---@return Storage
function Storage.promise_zeros(device, dtype, size)
   serial = serial + 1
   return noted(setmetatable({size = size, dtype = dtype, device = device, version = 0, serial = serial, promised = true,
      moves = true}, Storage))
end

--- Over memory that is not hilo's, such as that of a mapped file.
---@param device Device
---@param dtype DType
---@param size number elements
---@param ptr ffi.cdata* start of the memory, with what gives it back when it is collected
---@return Storage
function Storage.elsewhere(device, dtype, size, ptr)
   serial = serial + 1
   return noted(setmetatable({ptr = ptr, size = size, dtype = dtype, device = device, version = 0, serial = serial,
      is_elsewhere = true}, Storage))
end

local function give_back(storage)
   if not storage.ptr then return end
   if not storage.is_elsewhere then core.release(storage.device, storage.ptr) end
   storage.ptr = nil
end

--- Gives the memory back at once; every tensor on it becomes unusable.
function Storage:free()
   self.freed, self.remake = true, nil
   give_back(self)
end

--- Gives the memory back until the next use, which computes the content again. `remake` must be set; a storage that was changed
--- since then keeps its memory.
function Storage:forget()
   if not self.remake or self.version ~= self.remakes_version then return end
   self.moves = true
   give_back(self)
end

--- Brings back what was forgotten, or what was only promised so far.
function Storage:recall()
   self.ptr = core.allocate(self.device, self.size * self.dtype.bytes, self.promised)
   if self.promised then
      self.promised = nil
      return
   end
   local ok, message = pcall(self.remake)
   if ok then return end
   give_back(self) -- it is still forgotten
   error(message, 0)
end

--- Keeps the memory where it is from now on: somebody holds its address.
function Storage:pin() self.remake = nil end

return Storage
