--- io/zip_write.lua: zip archives whose members are stored as they are, each beginning at a multiple of 64 bytes, so that readers may
--- map them into memory. Layout after PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.
local ffi = require 'ffi'
local core = require 'hilo.core'

local align = 64
local limit = 2 ^ 32 - 1 -- of sizes and places without zip64
local padding_id = 'FB' -- of the extra field that makes room, as PyTorch writes it

local function u16(n) return string.char(n % 256, math.floor(n / 256)) end
local function u32(n) return u16(n % 65536) .. u16(math.floor(n / 65536)) end

---@class ZipWriter
---@field write fun(data: string|ffi.cdata*, bytes: number?)
---@field at number bytes written
---@field directory string[] entries of the list of members
local ZipWriter = {}
ZipWriter.__index = ZipWriter

--- An archive that goes to write(data, bytes).
---@param write fun(data: string|ffi.cdata*, bytes: number?)
---@return ZipWriter
local function new(write) return setmetatable({write = write, at = 0, directory = {}}, ZipWriter) end

local function put(self, data, n)
   self.write(data, n)
   self.at = self.at + n
end

-- What the local header and the list of members say alike: version 2.0, no flags, stored, 1 January 1980.
local function described(name, crc, n, extra)
   return u16(20) .. u16(0) .. u16(0) .. u16(0) .. u16(33) .. u32(crc) .. u32(n) .. u32(n) .. u16(#name) .. u16(extra)
end

--- Adds a member.
---@param name string
---@param data string|ffi.cdata*
---@param n? number bytes; #data if not given
function ZipWriter:add(name, data, n)
   n = n or #data
   core.check(self.at + n + #name + 30 + align < limit, 'zip: an archive of 4 GiB or more cannot be written; take safetensors')
   local crc = tonumber(core.host.hl_host_crc32(0, ffi.cast('const void *', data), n))
   local room = -(self.at + 30 + #name) % align
   if room > 0 and room < 4 then room = room + align end
   local extra = room > 0 and padding_id .. u16(room - 4) .. ('Z'):rep(room - 4) or ''
   local at = self.at
   local header = 'PK\3\4' .. described(name, crc, n, #extra) .. name .. extra
   put(self, header, #header)
   put(self, data, n)
   table.insert(self.directory, 'PK\1\2' .. u16(20) .. described(name, crc, n, 0) .. u16(0) .. u16(0) .. u16(0) .. u32(0) .. u32(at)
      .. name)
end

--- Writes the list of members, which ends the archive.
function ZipWriter:finish()
   local list = table.concat(self.directory)
   local count = #self.directory
   core.check(count < 65535, 'zip: %d members are more than an archive can have', count)
   local tail = list .. 'PK\5\6' .. u16(0) .. u16(0) .. u16(count) .. u16(count) .. u32(#list) .. u32(self.at) .. u16(0)
   put(self, tail, #tail)
end

return new
