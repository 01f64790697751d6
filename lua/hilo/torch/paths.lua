--- torch/paths.lua: Torch7's package paths: names of files and folders.
local ffi = require 'ffi'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'

local host = core.host

---@class hilo.torch.paths
local paths = {}

pcall(ffi.cdef, 'char *getcwd(char *buf, size_t size);')
pcall(ffi.cdef, 'int rmdir(const char *path);')

--- The folder that the program runs in.
---@return string
function paths.cwd()
   local buffer = ffi.new('char[4096]')
   core.check(ffi.C.getcwd(buffer, 4096) ~= nil, 'paths.cwd: there is no folder')
   return ffi.string(buffer)
end

--- The user's folder.
paths.home = os.getenv 'HOME' or '.'

--- The last part of a path, without `suffix`.
---@param path string
---@param suffix? string 'png' or '.png'
---@return string
function paths.basename(path, suffix)
   local name = path:gsub('/+$', ''):match '([^/]*)$'
   if not suffix then return name end
   suffix = suffix:gsub('^%.', '')
   return #name > #suffix + 1 and name:sub(-#suffix - 1) == '.' .. suffix and name:sub(1, -#suffix - 2) or name
end

--- A path without its last part; '.' where there is nothing else.
---@param path string
---@return string
function paths.dirname(path)
   local kept = path:gsub('/+$', ''):match '^(.*)/[^/]*$'
   return kept and (kept == '' and '/' or kept) or '.'
end

--- The ending of a file's name, nil where it has none.
---@param path string
---@return string?
function paths.extname(path) return paths.basename(path):match '^.+%.([^.]+)$' end

--- A path without '.', '..' and double strokes, from the root.
---@param ... string parts; one that begins with a stroke begins anew
---@return string
function paths.concat(...)
   local path = paths.cwd()
   for i = 1, select('#', ...) do
      local part = select(i, ...)
      path = part:sub(1, 1) == '/' and part or path .. '/' .. part
   end
   local kept = {}
   for part in path:gmatch '[^/]+' do
      if part == '..' then
         kept[#kept] = nil
      elseif part ~= '.' then
         kept[#kept + 1] = part
      end
   end
   return '/' .. table.concat(kept, '/')
end

--- Whether there is a file of that name.
---@param path string
---@return boolean
function paths.filep(path) return host.hl_host_path_kind(path) == 1 end
--- Whether there is a folder of that name.
---@param path string
---@return boolean
function paths.dirp(path) return host.hl_host_path_kind(path) == 2 end

--- Makes a folder and those above it.
---@param path string
---@return boolean
function paths.mkdir(path) return (pcall(folder.make, path)) end
--- Removes an empty folder.
---@param path string
---@return boolean
function paths.rmdir(path) return ffi.C.rmdir(path) == 0 end

local function list(path, wanted)
   local names = {}
   for _, name in ipairs(folder.list(path)) do
      if wanted(path .. '/' .. name) then names[#names + 1] = name end
   end
   return names
end

local function everything() return true end

--- Names in a folder, '.' and '..' first.
---@param path string
---@return string[]? nil where there is no such folder
function paths.dir(path)
   if not paths.dirp(path) then return nil end
   local names = list(path, everything)
   table.insert(names, 1, '..')
   table.insert(names, 1, '.')
   return names
end

local function iterate(names)
   local i = 0
   return function()
      i = i + 1
      return names[i]
   end
end

--- Names in a folder that hold `pattern`, one after the other, '.' and '..' first.
---@param path string
---@param pattern? string|fun(name: string): boolean
---@return fun(): string?
function paths.files(path, pattern)
   local kept = {}
   for _, name in ipairs(paths.dir(path) or {}) do
      local fits = not pattern or type(pattern) == 'function' and pattern(name) or type(pattern) == 'string' and name:find(pattern)
      if fits then kept[#kept + 1] = name end
   end
   return iterate(kept)
end

--- Names of the files in a folder, one after the other.
---@param path string
---@return fun(): string?
function paths.iterfiles(path) return iterate(list(path, paths.filep)) end
--- Names of the folders in a folder, one after the other.
---@param path string
---@return fun(): string?
function paths.iterdirs(path) return iterate(list(path, paths.dirp)) end

--- A name for a file that is not there yet.
---@return string
function paths.tmpname() return os.tmpname() end

--- The name of the system: Linux, OSX, ...
---@return string
function paths.uname() return jit.os end

--- The file of the running function, or another in its folder.
---@param name? string
---@return string
function paths.thisfile(name)
   local source = debug.getinfo(2, 'S').source:gsub('^@', '')
   return paths.concat(name and paths.dirname(source) .. '/' .. name or source)
end

--- dofile of a file in the folder of the running one.
---@param name string
---@return ...
function paths.dofile(name)
   local source = debug.getinfo(2, 'S').source:gsub('^@', '')
   return dofile(name:sub(1, 1) == '/' and name or paths.dirname(source) .. '/' .. name)
end

return paths
