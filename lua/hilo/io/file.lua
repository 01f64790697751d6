--- io/file.lua: whole files and parts of them, and files that appear whole or not at all.
local ffi = require 'ffi'
local unistd = require 'posix.unistd'
local core = require 'hilo.core'

local host = core.host
local file = {}

--- Errors unless path is a string.
---@param path any
---@param what string for the message: the function's name
local function check_path(path, what)
   core.check(type(path) == 'string' and path ~= '', '%s: expected the path of a file, got %s', what,
      type(path) == 'string' and 'an empty string' or type(path))
   core.check(not path:find('\0', 1, true), '%s: a path cannot hold a zero byte', what)
end
file.check_path = check_path

local count = ffi.new('int64_t[1]')

--- Bytes of a regular file.
---@param path string
---@return number
function file.size(path)
   check_path(path, 'size')
   core.call(host, 'hl_host_file_size', path, count)
   return tonumber(count[0])
end

--- `bytes` bytes from `offset` (from 0) into memory at `pointer`.
---@param path string
---@param pointer ffi.cdata*
---@param offset number
---@param bytes number
function file.read_into(path, pointer, offset, bytes)
   core.call(host, 'hl_host_file_read', path, pointer, offset, bytes)
end

--- Calls body(read_into, size, read) and returns what it returns, with read_into(pointer, offset, bytes) and read(offset, bytes) as the
--- functions below, of one and the same file: also where another takes its name before body has come to its end.
---@param path string
---@param body fun(read_into: fun(pointer: ffi.cdata*, offset: number, bytes: number), size: number,
--- read: fun(offset: number, bytes: number): string): any
---@return any result what body returns
function file.reading(path, body)
   check_path(path, 'reading')
   local fd = ffi.new('int[1]')
   core.call(host, 'hl_host_file_open', path, fd, count)
   local size = tonumber(count[0])
   local function read_into(pointer, offset, bytes)
      core.call(host, 'hl_host_file_read_open', fd[0], path, pointer, offset, bytes)
   end
   local function read(offset, bytes)
      local buffer = ffi.new('uint8_t[?]', math.max(1, bytes))
      read_into(buffer, offset, bytes)
      return ffi.string(buffer, bytes)
   end
   local function finish(ok, ...)
      host.hl_host_file_close(fd[0])
      if not ok then error((...), 0) end
      return ...
   end
   return finish(pcall(body, read_into, size, read))
end

local most_text = 2 ^ 30 -- bytes

--- `bytes` bytes from `offset` (from 0) as a string; the rest of the file where `bytes` is nil. Errors for more than 1 GiB: what holds
--- text, lists or descriptions has less.
---@param path string
---@param offset? number 0
---@param bytes? number
---@return string
function file.read(path, offset, bytes)
   offset = offset or 0
   bytes = bytes or file.size(path) - offset
   core.check(bytes <= most_text, '%s: %.0f bytes were to be read as one text; at most %.0f can be', path, bytes, most_text)
   local buffer = ffi.new('uint8_t[?]', math.max(1, bytes))
   file.read_into(path, buffer, offset, bytes)
   return ffi.string(buffer, bytes)
end

--- The text of a file whose size is not known before, such as those of /proc; nil where it cannot be read.
---@param path string
---@return string?
function file.read_small(path)
   local input = io.open(path, 'rb')
   local text = input and input:read('*a')
   if input then input:close() end
   return text
end

-- As core/host/file.c names them: '.hilo-<pid>-<number>.tmp'.
local temporary_pattern = '^%.hilo%-(%d+)%-%w+%.tmp$'

--- A name in the folder of `path` for what will be renamed to it: one for each process and path.
---@param path string
---@return string
function file.temporary(path)
   local directory, name = path:match '^(.*/)([^/]*)$'
   return ('%s.hilo-%d-%s.tmp'):format(directory or '', unistd.getpid(), (name or path):gsub('%W', ''))
end

--- The number of the process that named a temporary file; nil for other names.
---@param name string without its folder
---@return integer?
function file.is_temporary(name) return tonumber(name:match(temporary_pattern)) end

--- Goes through the lines of a text that end, without their ends; what stands after the last end is none. A pattern alone would look
--- for that end from each of its bytes.
---
---     for line in require 'hilo.io.file'.whole_lines 'a\nb\nc' do print(line) end   -- a, b
---@param text string
---@return fun(): string?
function file.whole_lines(text) return (text:match '^.*\n' or ''):gmatch '([^\n]*)\n' end

--- A new file in the place of `path`: `body(write)` calls write(string) or write(pointer, bytes) for each piece. It is
--- written under a temporary name, synced and renamed; where anything fails the old file stays as it was.
---@param path string
---@param body fun(write: fun(data: string|ffi.cdata*, bytes: number?))
function file.write(path, body)
   check_path(path, 'write')
   local handle = ffi.new('hl_host_file *[1]')
   core.call(host, 'hl_host_file_create', handle, path)
   local function write(data, bytes) core.call(host, 'hl_host_file_write', handle[0], data, bytes or #data) end
   local ok, message = pcall(body, write)
   if not ok then
      host.hl_host_file_abort(handle[0])
      error(message, 0)
   end
   core.call(host, 'hl_host_file_commit', handle[0])
end

return file
