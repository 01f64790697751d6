--- data/cache.lua: folders for label maps that are drawn from annotation files: once, and again only where those have changed.
--- They lie in <root>/.hilo/, or where that cannot be written in $XDG_CACHE_HOME/hilo (~/.cache/hilo).
local ffi = require 'ffi'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local stat = require 'posix.sys.stat'
local unistd = require 'posix.unistd'
local json = require 'hilo.io.json'

local cache = {}

local quickly_read = 2 ^ 26 -- bytes

local function crc(text) return tonumber(core.host.hl_host_crc32(0, ffi.cast('const void *', text), #text)) end

--- A text that is another when the file is: its size and checksum, of large files the time of change.
---@param path string
---@return string
function cache.stamp(path)
   local facts = stat.stat(path)
   core.check(facts, 'data: cannot read %s', path)
   return ('%.0f %.0f'):format(facts.st_size, facts.st_size <= quickly_read and crc(file.read(path)) or facts.st_mtime)
end

--- A short name for a text: the same for the same text.
---@param text string
---@return string
function cache.key(text)
   return ('%08x%08x'):format(crc(text), crc(text:reverse()))
end

-- Whether a folder could be made and a file written in it.
local function usable(path)
   if not pcall(folder.make, path) then return false end
   local probe = ('%s/probe-%d'):format(path, unistd.getpid())
   local out = io.open(probe, 'w')
   if not out then return false end
   out:close()
   os.remove(probe)
   return true
end

--- The folder for what is made of a set, by a key that changes with how it is made.
---@param root string
---@param key string
---@return string path
function cache.folder(root, key)
   local beside = ('%s/.hilo/%s'):format(root, key)
   if usable(beside) then return beside end
   local home = os.getenv 'XDG_CACHE_HOME'
   if not home or home == '' then home = (os.getenv 'HOME' or '/tmp') .. '/.cache' end
   local path = ('%s/hilo/%s-%s'):format(home, cache.key(root), key)
   core.check(usable(path), 'data: label maps of %s must be drawn once, but neither %s nor %s can be written; set XDG_CACHE_HOME '
      .. 'to a folder that can', root, beside, path)
   return path
end

--- What was kept under a name in a folder of the cache, nil where there is nothing of it or it cannot be read.
---@param path string
---@return table?
function cache.load(path)
   if not folder.is_file(path) then return nil end
   local ok, value = pcall(json.load, path)
   return ok and value or nil
end

cache.save = json.save

return cache
