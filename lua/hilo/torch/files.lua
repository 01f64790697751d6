--- torch/files.lua: torch.save, load, serialize and deserialize, by hilo's reader and writer of .t7 files.
local core = require 'hilo.core'
local t7 = require 'hilo.io.t7'
local storages = require 'hilo.torch.storage'

-- The format by Torch7's word for it.
local function format_of(what, mode)
   mode = mode or 'binary'
   core.check(mode == 'binary' or mode == 'ascii' or mode == 'b32' or mode == 'b64',
      "%s: the format must be 'binary', 'ascii', 'b32' or 'b64', got '%s'", what, tostring(mode))
   return {format = mode == 'b64' and 'binary' or mode}
end

---@param torch table what gets the functions
return function(torch)
   --- Writes an object to a file.
   ---@param path string
   ---@param object any
   ---@param mode 'binary'|'ascii'|nil
   function torch.save(path, object, mode) t7.write(path, object, format_of('torch.save', mode)) end

   --- The object that a file holds. Nothing in the file is run.
   ---@param path string
   ---@param mode 'binary'|'ascii'|'b32'|'b64'|nil
   ---@return any
   function torch.load(path, mode) return t7.read(path, format_of('torch.load', mode)) end

   --- An object as a string.
   ---@param object any
   ---@param mode 'binary'|'ascii'|nil
   ---@return string
   function torch.serialize(object, mode) return t7.encode(object, format_of('torch.serialize', mode)) end

   --- The object that a string holds.
   ---@param text string
   ---@param mode 'binary'|'ascii'|'b32'|'b64'|nil
   ---@return any
   function torch.deserialize(text, mode) return t7.decode(text, format_of('torch.deserialize', mode)) end

   --- An object as a CharStorage of its bytes.
   ---@param object any
   ---@param mode 'binary'|'ascii'|nil
   ---@return torch.Storage
   function torch.serializeToStorage(object, mode)
      local storage = storages.new('Char', 0)
      storage:string(torch.serialize(object, mode))
      return storage
   end

   --- The object that a storage of bytes holds.
   ---@param storage torch.Storage
   ---@param mode 'binary'|'ascii'|'b32'|'b64'|nil
   ---@return any
   function torch.deserializeFromStorage(storage, mode)
      core.check(storages.is_storage(storage), 'torch.deserializeFromStorage: expects a storage, got %s', type(storage))
      return torch.deserialize(storage:string(), mode)
   end
end
