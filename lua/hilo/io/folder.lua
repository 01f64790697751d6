--- io/folder.lua: folders: what they hold, and text files of one entry a line.
local ffi = require 'ffi'
local core = require 'hilo.core'
local file = require 'hilo.io.file'

local host = core.host
local folder = {}

local names, bytes = ffi.new('char *[1]'), ffi.new('int64_t[1]')

--- Names in a folder, sorted by their bytes; hidden ones are left out.
---
---     print(table.concat(hilo.data.folder.list 'photos', ' '))
---@param path string
---@param options? {hidden?: boolean} hidden: those too
---@return string[]
function folder.list(path, options)
   local hidden = options ~= nil and options.hidden
   core.call(host, 'hl_host_list_folder', path, names, bytes)
   local text = ffi.string(names[0], bytes[0])
   host.hl_host_release(names[0])
   local list = {}
   for name in text:gmatch('%Z+') do
      if hidden or name:sub(1, 1) ~= '.' then list[#list + 1] = name end
   end
   return list
end

--- Whether there is a file of that path.
---@param path string
---@return boolean
function folder.is_file(path) return host.hl_host_path_kind(path) == 1 end
--- Whether there is a folder of that path.
---@param path string
---@return boolean
function folder.is_folder(path) return host.hl_host_path_kind(path) == 2 end

--- Creates a folder and those above it, where missing.
---@param path string
function folder.make(path) core.call(host, 'hl_host_make_folder', path) end

--- The lines of a text file without blanks around them. Empty lines, those that begin with '#' and a byte-order mark are left out.
---
---     assert(#hilo.data.folder.lines 'photos/classes.txt' > 1)
---@param path string
---@return string[] lines, integer[] numbers of the lines in the file, from 1
function folder.lines(path)
   local list, numbers, number = {}, {}, 0
   local text = file.read(path):gsub('^\239\187\191', ''):gsub('\r\n?', '\n')
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do
      number = number + 1
      line = line:match('^%s*(.-)%s*$')
      if line ~= '' and line:sub(1, 1) ~= '#' then list[#list + 1], numbers[#numbers + 1] = line, number end
   end
   return list, numbers
end

return folder
