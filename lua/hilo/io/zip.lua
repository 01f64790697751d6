--- io/zip.lua: members of a zip archive (with zip64), stored or deflated, read on demand.
--- Layout after PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3.
local ffi = require 'ffi'
local core = require 'hilo.core'
local file = require 'hilo.io.file'

local zip = {}

local function u16(s, at)
   local a, b = s:byte(at + 1, at + 2)
   return a + b * 2 ^ 8
end
local function u32(s, at) return u16(s, at) + u16(s, at + 2) * 2 ^ 16 end
local function u64(s, at) return u32(s, at) + u32(s, at + 4) * 2 ^ 32 end

local function fail(path, format, ...) core.raise(('%s: damaged zip archive: %s'):format(path, format:format(...))) end

local end_size, locator_size, end64_size = 22, 20, 56
local central_size, local_size = 46, 30
local max_ratio = 1032 -- deflate cannot do better
-- What all deflated members of an archive may unpack to: torch.save stores weights as they are, and where somebody deflated them they
-- became little smaller. A few megabytes of zeros would fill any memory.
local unpacked_at_least, unpacked_times = 2 ^ 28, 20

--- Where the list of members is: its offset, its bytes, the number of members.
local function find_directory(path, size)
   local tail_at = math.max(0, size - end_size - 65535)
   local tail = file.read(path, tail_at, size - tail_at)
   for at = #tail - end_size, 0, -1 do
      if tail:sub(at + 1, at + 4) == 'PK\5\6' and at + end_size + u16(tail, at + 20) == #tail then
         local n, bytes, offset = u16(tail, at + 10), u32(tail, at + 12), u32(tail, at + 16)
         local locator = tail_at + at - locator_size
         if locator >= 0 then
            local text = file.read(path, locator, locator_size)
            if text:sub(1, 4) == 'PK\6\7' then
               local at64 = u64(text, 8)
               if at64 + end64_size > locator then fail(path, 'the zip64 end record lies outside of the file') end
               text = file.read(path, at64, end64_size)
               if text:sub(1, 4) ~= 'PK\6\6' then fail(path, 'there is no zip64 end record where its locator points') end
               return u64(text, 48), u64(text, 40), u64(text, 32), at64
            end
         end
         return offset, bytes, n, tail_at + at
      end
   end
   fail(path, 'the list of members at its end is missing; the file is cut short')
end

--- Sizes and offset of 4 GiB or more stand in the extra field, in this order, for those that are all ones.
local function apply_zip64(path, member, extra)
   local at = 0
   while at + 4 <= #extra do
      local id, n = u16(extra, at), u16(extra, at + 2)
      if at + 4 + n > #extra then fail(path, "member '%s' has a broken extra field", member.name) end
      if id == 1 then
         local from, stop = at + 4, at + 4 + n
         for _, key in ipairs {'size', 'packed', 'offset'} do
            if member[key] == 0xffffffff and from + 8 <= stop then
               member[key] = u64(extra, from)
               from = from + 8
            end
         end
      end
      at = at + 4 + n
   end
end

local function parse_member(path, directory, at)
   if at + central_size > #directory or directory:sub(at + 1, at + 4) ~= 'PK\1\2' then
      fail(path, 'the list of members is broken')
   end
   local name_bytes, extra_bytes, comment_bytes = u16(directory, at + 28), u16(directory, at + 30), u16(directory, at + 32)
   local name_at = at + central_size
   local stop = name_at + name_bytes + extra_bytes + comment_bytes
   if stop > #directory then fail(path, 'the list of members is broken') end
   local member = {
      name = directory:sub(name_at + 1, name_at + name_bytes),
      flags = u16(directory, at + 8), method = u16(directory, at + 10), crc = u32(directory, at + 16),
      packed = u32(directory, at + 20), size = u32(directory, at + 24), offset = u32(directory, at + 42),
   }
   apply_zip64(path, member, directory:sub(name_at + name_bytes + 1, name_at + name_bytes + extra_bytes))
   return member, stop
end

local function check_member(path, member, directory_at)
   local name = member.name
   if member.flags % 2 == 1 then fail(path, "member '%s' is encrypted", name) end
   if member.method ~= 0 and member.method ~= 8 then
      fail(path, "member '%s' is packed by method %d; only stored and deflated ones can be read", name, member.method)
   end
   if member.offset + local_size + member.packed > directory_at then
      fail(path, "member '%s' (%.0f bytes at %.0f) reaches beyond the file", name, member.packed, member.offset)
   end
   if member.method == 0 and member.size ~= member.packed then
      fail(path, "member '%s' is stored as %.0f bytes but said to have %.0f", name, member.packed, member.size)
   end
   if member.size > member.packed * max_ratio + 64 then
      fail(path, "member '%s' cannot unpack from %.0f to %.0f bytes", name, member.packed, member.size)
   end
end

---@class Archive
---@field path string
---@field members table<string, {name: string, size: number}>
---@field names string[] in the archive's order
local Archive = {}
Archive.__index = Archive

--- Reads the list of members.
---@param path string
---@return Archive
function zip.open(path)
   local size = file.size(path)
   if size < end_size then fail(path, 'it has only %.0f bytes', size) end
   local directory_at, bytes, n, directory_end = find_directory(path, size)
   if directory_at + bytes > directory_end then fail(path, 'the list of members reaches beyond the file') end
   local directory = file.read(path, directory_at, bytes)
   local archive = setmetatable({path = path, members = {}, names = {}, directory_at = directory_at}, Archive)
   local at, unpacked = 0, 0
   if n > bytes / central_size then fail(path, 'it says to have %.0f members but lists fewer', n) end
   for i = 1, n do
      local member
      member, at = parse_member(path, directory, at)
      if archive.members[member.name] then fail(path, "member '%s' is there twice", member.name) end
      check_member(path, member, directory_at)
      unpacked = unpacked + (member.method == 8 and member.size or 0)
      archive.members[member.name], archive.names[i] = member, member.name
   end
   if unpacked > math.max(unpacked_at_least, unpacked_times * size) then
      fail(path, 'its members unpack to %.0f bytes, more than %d times the %.0f that it has; where that is right, save it again '
         .. 'without compression', unpacked, unpacked_times, size)
   end
   return archive
end

--- Unpacks a member into memory of member.size bytes and compares its checksum, unless the writer left that out (0).
---@param name string
---@param pointer ffi.cdata*
function Archive:read_into(name, pointer)
   local path, member = self.path, self.members[name]
   local header = file.read(path, member.offset, local_size)
   if header:sub(1, 4) ~= 'PK\3\4' then fail(path, "member '%s' does not begin where the list says", name) end
   local at = member.offset + local_size + u16(header, 26) + u16(header, 28)
   if at + member.packed > self.directory_at then fail(path, "member '%s' reaches beyond the file", name) end
   if file.read(path, member.offset + local_size, u16(header, 26)) ~= name then
      fail(path, "another member begins where the list says that '%s' does", name)
   end
   if member.method == 0 then
      file.read_into(path, pointer, at, member.size)
   else
      local packed = ffi.new('uint8_t[?]', math.max(1, member.packed))
      file.read_into(path, packed, at, member.packed)
      if core.host.hl_host_inflate(pointer, member.size, packed, member.packed) ~= 0 then
         fail(path, "member '%s': %s", name, ffi.string(core.host.hl_error()))
      end
   end
   if member.crc ~= 0 and core.host.hl_host_crc32(0, pointer, member.size) ~= member.crc then
      fail(path, "member '%s' does not have the checksum that it should", name)
   end
end

--- A whole member as a string.
---@return string
function Archive:read(name)
   local n = self.members[name].size
   local buffer = ffi.new('uint8_t[?]', math.max(1, n))
   self:read_into(name, buffer)
   return ffi.string(buffer, n)
end

return zip
