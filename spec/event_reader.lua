-- event_reader.lua: reads TensorBoard's event files, for the specs: records with their checksums, and fields of messages.
local ffi = require 'ffi'
local records = require 'hilo.io.records'

local reader = {}

local function u32(text, at)
   local a, b, c, d = text:byte(at, at + 3)
   return a + b * 2 ^ 8 + c * 2 ^ 16 + d * 2 ^ 24
end

--- The data of the whole records of a file, and how many bytes are left.
function reader.records(text)
   local list, at = {}, 1
   while #text - at + 1 >= 16 do
      local length = u32(text, at)
      if at + 15 + length > #text then break end
      local data = text:sub(at + 12, at + 11 + length)
      assert(records.frame(data) == text:sub(at, at + 15 + length), 'a checksum is wrong')
      list[#list + 1] = data
      at = at + 16 + length
   end
   return list, #text - at + 1
end

local function varint(text, at)
   local n, scale = 0, 1
   repeat
      local byte = text:byte(at)
      n, scale, at = n + byte % 128 * scale, scale * 128, at + 1
   until byte < 128
   return n, at
end

local function number(ctype, text)
   local value = ffi.new(ctype .. '[1]')
   ffi.copy(value, text, #text)
   return value[0]
end

--- A message's fields: number -> list of values, messages inside as their bytes.
function reader.fields(text)
   local fields, at = {}, 1
   while at <= #text do
      local key, value, length
      key, at = varint(text, at)
      local wire = key % 8
      if wire == 0 then
         value, at = varint(text, at)
      elseif wire == 2 then
         length, at = varint(text, at)
         value, at = text:sub(at, at + length - 1), at + length
      else
         length = wire == 1 and 8 or 4
         value, at = number(wire == 1 and 'double' or 'float', text:sub(at, at + length - 1)), at + length
      end
      local field = math.floor(key / 8)
      fields[field] = fields[field] or {}
      table.insert(fields[field], value)
   end
   return fields
end

--- The events of a file: {time, step, version, restart, values = {tag, scalar, image (bytes), histogram (fields), plugin (name)}}.
function reader.events(text)
   local list = {}
   for i, record in ipairs((reader.records(text))) do
      local f = reader.fields(record)
      local event = {time = f[1][1], step = f[2][1], version = f[3] and f[3][1], restart = f[7] ~= nil, values = {}}
      for _, value in ipairs(f[5] and reader.fields(f[5][1])[1] or {}) do
         local v = reader.fields(value)
         local plugin = v[9] and reader.fields(reader.fields(v[9][1])[1][1])
         table.insert(event.values, {tag = v[1][1], scalar = v[2] and v[2][1], image = v[4] and reader.fields(v[4][1])[4][1],
            histogram = v[5] and reader.fields(v[5][1]), plugin = plugin and plugin[1][1]})
      end
      list[i] = event
   end
   return list
end

return reader
