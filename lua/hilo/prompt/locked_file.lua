--- prompt/locked_file.lua: files that processes share, one at a time. A lock ends with the process that has it, however that ends.
local ffi = require 'ffi'

ffi.cdef [[
int open(const char *path, int flags, ...);
int close(int fd);
int flock(int fd, int operation);
intptr_t write(int fd, const void *data, size_t bytes);
intptr_t pwrite(int fd, const void *data, size_t bytes, int64_t offset);
int64_t lseek(int fd, int64_t offset, int whence);
int ftruncate(int fd, int64_t bytes);
]]

local C = ffi.C
local READ_WRITE, CREATE, CLOSE_ON_EXEC = 2, 64, 524288
local EXCLUSIVE, AT_ONCE = 2, 4
local END = 2
local owner_alone = 384 -- 0600

local locked_file = {}

--- Opens a file, which is made where it is missing, and waits for its lock.
---@param path string
---@return integer? fd nil where it cannot be opened
function locked_file.open(path)
   local fd = C.open(path, READ_WRITE + CREATE + CLOSE_ON_EXEC, ffi.cast('int', owner_alone))
   if fd < 0 then return nil end
   C.flock(fd, EXCLUSIVE)
   return fd
end

---@param fd integer
function locked_file.close(fd) C.close(fd) end

--- Writes at the end.
---@param fd integer
---@param text string
---@return boolean ok all of it was written
function locked_file.append(fd, text)
   C.lseek(fd, 0, END)
   return C.write(fd, text, #text) == #text
end

--- Puts the text in the place of all that the file holds.
---@param fd integer
---@param text string
---@return boolean ok
function locked_file.replace(fd, text)
   return C.pwrite(fd, text, #text, 0) == #text and C.ftruncate(fd, #text) == 0
end

--- Whether a process has the lock.
---@param path string
---@return boolean
function locked_file.held(path)
   local fd = C.open(path, READ_WRITE + CLOSE_ON_EXEC)
   if fd < 0 then return false end
   local held = C.flock(fd, EXCLUSIVE + AT_ONCE) ~= 0
   C.close(fd)
   return held
end

return locked_file
