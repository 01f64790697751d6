--- io/safetensors.lua: named tensors in one file: the length of a JSON header (8 bytes, little-endian), the header, the elements.
--- Files of checkpoints have a checksum in their metadata: the CRC-32 of the header, with zeros in its place, and of the elements.
--- Format: https://github.com/huggingface/safetensors, "Format".
local cjson = require('cjson').new()
local ffi = require 'ffi'
local core = require 'hilo.core'
local hilo = require 'hilo'
local elements = require 'hilo.io.elements'
local file = require 'hilo.io.file'
local is_list = require 'hilo.is_list'
local json = require 'hilo.io.json'

local safetensors = {}

local max_header = 100 * 2 ^ 20 -- bytes, as in the reference implementation
local max_exact = 2 ^ 53

cjson.decode_invalid_numbers(false)
cjson.decode_max_depth(16)

local function fail(path, format, ...) core.raise(('%s: %s'):format(path, format:format(...))) end

-- ---- checksums ----

local no_sum = '00000000'
local sum_pattern = '("checksum"%s*:%s*")(%x%x%x%x%x%x%x%x)"'

local function crc(sum, data, bytes) return core.host.hl_host_crc32(sum, ffi.cast('const void *', data), bytes) end

-- The checksum that a header names, and that of the header itself, where its metadata has one.
local function sums_of(text, metadata)
   local named = metadata.checksum
   if not named and not metadata.checked_by then return nil end
   local blank, n = text:gsub(sum_pattern, '%1' .. no_sum .. '"')
   if n ~= 1 or not named or not named:match '^%x%x%x%x%x%x%x%x$' then return -1 end -- damaged
   return tonumber(named, 16), crc(0, blank, #blank)
end

local function check_sum(path, expected, sum)
   if expected and expected ~= sum then
      fail(path, 'its content does not have the checksum that it should: the file was damaged after it was written. Copy it again, or '
         .. 'take another (of a run, previous.safetensors is the checkpoint before the last)')
   end
end

-- ---- reading ----

--- Keys that are written twice in one object vanish in a decoded table, so look at the text; it is known to be valid JSON.
local function check_unique_keys(path, text)
   local seen, depth, at = {[0] = {}}, 0, 1
   while true do
      local from = text:find('["{}]', at)
      if not from then return end
      local c = text:sub(from, from)
      at = from + 1
      if c == '{' then
         depth = depth + 1
         seen[depth] = {}
      elseif c == '}' then
         depth = depth - 1
      else
         local stop = from + 1
         while text:sub(stop, stop) ~= '"' do stop = text:find('["\\]', text:sub(stop, stop) == '\\' and stop + 2 or stop + 1) end
         at = stop + 1
         if text:find('^%s*:', at) then
            local key = cjson.decode('[' .. text:sub(from, stop) .. ']')[1]
            if seen[depth][key] then fail(path, "its header names '%s' twice", key) end
            seen[depth][key] = true
         end
      end
   end
end

local function read_header(path, read_into, size, read)
   if size < 8 then fail(path, 'not a safetensors file: it has only %.0f bytes', size) end
   local length_bytes = ffi.new('uint64_t[1]')
   read_into(length_bytes, 0, 8)
   local length = tonumber(length_bytes[0])
   if length > size - 8 then
      fail(path, 'not a safetensors file, or cut short: its header should have %.0f bytes, the file has %.0f', length, size)
   end
   if length > max_header then fail(path, 'its header of %.0f bytes is longer than any in use', length) end
   local text = read(8, length)
   if text:sub(1, 1) ~= '{' then fail(path, "not a safetensors file: its header does not begin with '{'") end
   if text:find('\0', 1, true) then fail(path, 'its header has a zero byte, where JSON ends') end
   local ok, header = pcall(cjson.decode, text)
   if not ok then fail(path, 'its header is not JSON: %s', tostring(header)) end
   check_unique_keys(path, text)
   return header, 8 + length, text
end

local function check_whole(path, name, value, what)
   if type(value) ~= 'number' or value % 1 ~= 0 or value < 0 or value >= max_exact then
      fail(path, "tensor '%s' has a %s of %s", name, what, tostring(value))
   end
   return value
end

--- An entry of the header, checked: {name, kind, sizes, n, first, stop} with first and stop counting from the data's start.
local function parse_entry(path, name, entry, data_bytes)
   if type(entry) ~= 'table' then fail(path, "tensor '%s' is not described by an object", name) end
   local kind = type(entry.dtype) == 'string' and elements.types[entry.dtype]
   if not kind then fail(path, "tensor '%s' has the type '%s', which cannot be read", name, tostring(entry.dtype)) end
   if not is_list(entry.shape) then fail(path, "tensor '%s' has no shape", name) end
   local rank = tonumber(ffi.C.HL_MAX_DIM)
   if #entry.shape > rank then fail(path, "tensor '%s' has %d dimensions, more than %d", name, #entry.shape, rank) end
   local n, sizes = 1, {}
   for d, value in ipairs(entry.shape) do
      sizes[d] = check_whole(path, name, value, 'size')
      if value >= 2 ^ 40 then fail(path, "tensor '%s' has a size of %.0f", name, value) end
      n = n * value
   end
   local offsets = entry.data_offsets
   if not is_list(offsets) or #offsets ~= 2 then fail(path, "tensor '%s' lacks its two data_offsets", name) end
   local first, stop = check_whole(path, name, offsets[1], 'data offset'), check_whole(path, name, offsets[2], 'data offset')
   if first > stop or stop > data_bytes then
      fail(path, "tensor '%s' lies at bytes %.0f to %.0f of %.0f: the file is damaged or cut short", name, first, stop, data_bytes)
   end
   if n * kind.bytes ~= stop - first then
      fail(path, "tensor '%s' of %s %s needs %.0f bytes but has %.0f", name, table.concat(sizes, 'x'), entry.dtype, n * kind.bytes,
         stop - first)
   end
   return {name = name, kind = kind, sizes = #sizes > 0 and sizes or {1}, n = n, first = first, stop = stop}
end

local function check_metadata(path, metadata)
   if metadata == nil then return {} end
   if type(metadata) ~= 'table' then fail(path, 'its __metadata__ is not an object') end
   for key, value in pairs(metadata) do
      if type(key) ~= 'string' or type(value) ~= 'string' then fail(path, "its __metadata__ '%s' is not a string", tostring(key)) end
   end
   return metadata
end

--- The tensors must fill the data without gap or overlap.
local function check_layout(path, entries, data_bytes)
   table.sort(entries, function(a, b)
      if a.first ~= b.first then return a.first < b.first end
      if a.stop ~= b.stop then return a.stop < b.stop end
      return a.name < b.name
   end)
   local at, last = 0, nil
   for _, entry in ipairs(entries) do
      if entry.first < at then fail(path, "tensors '%s' and '%s' overlap", last, entry.name) end
      if entry.first > at then fail(path, "%.0f bytes before tensor '%s' belong to no tensor", entry.first - at, entry.name) end
      at, last = entry.stop, entry.name
   end
   if at ~= data_bytes then fail(path, '%.0f bytes at its end belong to no tensor', data_bytes - at) end
end

local function read_entries(path, read_into, size, read)
   local header, data_at, text = read_header(path, read_into, size, read)
   local metadata, entries = {}, {}
   for name, entry in pairs(header) do
      if name == '__metadata__' then
         metadata = check_metadata(path, entry)
      elseif type(name) == 'string' then
         entries[#entries + 1] = parse_entry(path, name, entry, size - data_at)
      end
   end
   check_layout(path, entries, size - data_at)
   return entries, metadata, data_at, text
end

local function load_open(path, read_into, size, read)
   local entries, metadata, data_at, text = read_entries(path, read_into, size, read)
   local expected, sum = sums_of(text, metadata)
   local tensors = {}
   for _, entry in ipairs(entries) do
      local t = hilo.empty(entry.sizes, {dtype = entry.kind.dtype})
      elements.fill(t, entry.kind, entry.n, function(to, first, bytes)
         read_into(to, data_at + entry.first + first, bytes)
         if sum then sum = crc(sum, to, bytes) end
      end)
      tensors[entry.name] = t
   end
   check_sum(path, expected, sum)
   return tensors, metadata
end

--- Reads a safetensors file.
---
--- F16 and BF16 become float32, BOOL uint8; a scalar becomes a tensor of one element. Memory is asked for only
--- after the header was found to agree with itself and with the file's length; anything wrong is an error that names the file.
---@param path string
---@return table<string, Tensor> tensors, table<string, string> metadata
function safetensors.load(path)
   file.check_path(path, 'safetensors.load')
   -- a run that goes on may put a new checkpoint in its place meanwhile
   return file.reading(path, function(...) return load_open(path, ...) end)
end

local piece = 2 ^ 24 -- bytes read or written at once

--- Errors unless the file is whole: what `load` would say of it, without its tensors in memory.
---
---     hilo.io.safetensors.save('two.safetensors', {a = hilo.ones(2)}, {}, {checksum = true})
---     hilo.io.safetensors.verify 'two.safetensors'
---@param path string
function safetensors.verify(path)
   file.check_path(path, 'safetensors.verify')
   file.reading(path, function(read_into, size, read)
      local _, metadata, data_at, text = read_entries(path, read_into, size, read)
      local expected, sum = sums_of(text, metadata)
      if not sum then return check_sum(path, expected, sum) end
      local buffer = ffi.new('uint8_t[?]', math.max(1, math.min(piece, size - data_at)))
      for at = data_at, size - 1, piece do
         local n = math.min(piece, size - at)
         read_into(buffer, at, n)
         sum = crc(sum, buffer, n)
      end
      check_sum(path, expected, sum)
   end)
end

--- The metadata alone.
---@param path string
---@return table<string, string>
function safetensors.metadata(path)
   file.check_path(path, 'safetensors.metadata')
   local header = file.reading(path, function(...) return (read_header(path, ...)) end)
   return check_metadata(path, header.__metadata__)
end

-- ---- writing ----

local function check_tensors(tensors)
   core.check(type(tensors) == 'table', 'safetensors.save: expected a table of tensors by name, got %s', type(tensors))
   for name, t in pairs(tensors) do
      core.check(type(name) == 'string' and core.is_tensor(t), "safetensors.save: '%s' is %s; names must be strings and values tensors",
         tostring(name), core.is_tensor(t) and 'a tensor with a key that is no string' or 'a ' .. type(t))
      core.check(name ~= '__metadata__', "safetensors.save: '__metadata__' cannot be the name of a tensor")
   end
end

--- Types that have no name of their own in the file go as float32.
local function kind_of(t) return elements.name_of[t:dtype()] or 'F32' end

--- Widest elements first, so that every tensor begins at a multiple of its element's size; then by name.
local function ordered(tensors)
   local names = {}
   for name in pairs(tensors) do names[#names + 1] = name end
   local function width(name) return elements.types[kind_of(tensors[name])].bytes end
   table.sort(names, function(a, b)
      local wa, wb = width(a), width(b)
      if wa ~= wb then return wa > wb end
      return a < b
   end)
   return names
end

local function header_text(tensors, names, metadata)
   local parts, at = {}, 0
   if next(metadata) then parts[1] = '"__metadata__":' .. json.encode(metadata, {one_line = true}) end
   for _, name in ipairs(names) do
      local t = tensors[name]
      local kind = kind_of(t)
      local stop = at + t:nElement() * elements.types[kind].bytes
      local sizes = t:dim() == 0 and {0} or t:size()
      parts[#parts + 1] = ('%s:{"dtype":"%s","shape":[%s],"data_offsets":[%.0f,%.0f]}'):format(
         json.encode(name, {one_line = true}), kind, table.concat(sizes, ','), at, stop)
      at = stop
   end
   local text = '{' .. table.concat(parts, ',') .. '}'
   return text .. (' '):rep(-#text % 8)
end

local function with_checksum(metadata)
   local copy = {checksum = no_sum, checked_by = 'crc32'} -- two, so that a wrong bit in a name hides neither
   for key, value in pairs(metadata) do copy[key] = value end
   return copy
end

-- Calls f(pointer, bytes) for the elements of all tensors, in the order of the names.
local function each_piece(tensors, names, f)
   for _, name in ipairs(names) do
      local t = tensors[name]
      if t:nElement() > 0 then
         local kind = elements.types[kind_of(t)]
         local dense = t:detach():to{dtype = kind.dtype, device = 'cpu'}:contiguous()
         local data, bytes = ffi.cast('const uint8_t *', dense:data()), t:nElement() * kind.bytes
         for at = 0, bytes - 1, piece do f(data + at, math.min(piece, bytes - at)) end
      end
   end
end

--- Writes tensors (any strides, any device) under their names. The same content gives the same bytes. The file appears
--- whole or not at all; after a failure the old one is still there.
---
---     hilo.io.safetensors.save('two.safetensors', {a = hilo.ones(2), b = hilo.zeros(3)}, {note = 'mine'})
---     local tensors, metadata = hilo.io.safetensors.load 'two.safetensors'
---     assert(tensors.a[2] == 1 and metadata.note == 'mine')
---@param path string
---@param tensors table<string, Tensor>
---@param metadata? table<string, string>
---@param options? {checksum?: boolean} checksum: a damaged file is told when it is read; each tensor is then looked at twice
function safetensors.save(path, tensors, metadata, options)
   file.check_path(path, 'safetensors.save')
   check_tensors(tensors)
   metadata = metadata or {}
   local with_sum = options ~= nil and options.checksum == true
   core.check(not with_sum or metadata.checksum == nil, 'safetensors.save: the metadata has a checksum already')
   for key, value in pairs(metadata) do
      core.check(type(key) == 'string' and type(value) == 'string', "safetensors.save: metadata '%s' must be a string, got %s",
         tostring(key), type(value))
   end
   local names = ordered(tensors)
   if with_sum then metadata = with_checksum(metadata) end
   local header = header_text(tensors, names, metadata)
   core.check(#header <= max_header, 'safetensors.save: %s: the names and metadata take %d bytes, more than readers accept', path,
      #header)
   if with_sum then
      local sum = crc(0, header, #header)
      each_piece(tensors, names, function(data, bytes) sum = crc(sum, data, bytes) end)
      header = header:gsub(sum_pattern, ('%%1%08x"'):format(sum), 1)
   end
   file.write(path, function(write)
      write(ffi.new('uint64_t[1]', #header), 8)
      write(header)
      each_piece(tensors, names, write)
   end)
end

return safetensors
