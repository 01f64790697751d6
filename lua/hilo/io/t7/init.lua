--- io/t7: values as Torch7's torch.save writes them: numbers, strings, booleans, tensors, storages, tables that may hold themselves,
--- modules and criterions of nn. Nothing in a file is run. Format: doc/serialization.md and doc/file.md of torch7.
local core = require 'hilo.core'
local bytes = require 'hilo.io.t7.bytes'
local file = require 'hilo.io.file'
local modules = require 'hilo.io.t7.modules'
local read_value = require 'hilo.io.t7.read'
local Tensor = require 'hilo.tensor'
local write_value = require 'hilo.io.t7.write'

---@class hilo.io.t7
local t7 = {}

---@class T7Options
---@field format? 'binary'|'ascii'|'b32'|'b64'|nil of reading: seen in the file if not given; b32: longs have 4 bytes, as 32-bit
--- machines wrote them. Of writing: 'binary' (default) or 'ascii'
---@field class? fun(name: string): table? the class of an object; those of nn if not given
---@field storage? fun(storage: Storage): any of reading: what a storage becomes that stands for itself; if not given a vector over it,
--- or a storage of hilo.torch where that is loaded
---@field storage_of? fun(value: table): Storage? of writing: the storage where a table stands for one

local known = {format = 'string', class = 'function', storage = 'function', storage_of = 'function'}

local function checked(options, who)
   options = options or {}
   core.check(type(options) == 'table', '%s: options must be a table, got %s', who, type(options))
   for key, value in pairs(options) do
      core.check(known[key], "%s: unknown option '%s'; there are format, class, storage and storage_of", who, tostring(key))
      core.check(type(value) == known[key], '%s: %s must be a %s, got %s', who, key, known[key], type(value))
   end
   return options
end

-- What a storage is by itself: one of hilo.torch where that is loaded, in which sizes are plain lists, and else a vector.
local most_sizes = 2 ^ 16

local function vector(storage)
   local torch = package.loaded['hilo.torch.storage']
   if torch and storage.dtype.torch == 'Long' and storage.size <= most_sizes then
      return torch.new('Long', storage.size > 0 and Tensor.wrap(storage, 0, {storage.size}):totable() or {})
   elseif torch then
      return torch.over(storage)
   end
   if storage.size == 0 then return Tensor.empty({}, {dtype = storage.dtype.name}) end
   return Tensor.wrap(storage, 0, {storage.size})
end

local function next_value(source, o, met)
   local value, found = read_value(source, o.storage or vector, met)
   local ok, message = pcall(modules.restore, found, o.class or modules.class_of)
   if not ok then core.raise(('%s: %s'):format(source.name, (tostring(message):gsub('^%S+:%d+: ', '')))) end
   return value
end

local function decoded(given, o) return next_value(bytes.source(given), o) end

--- The next of several values.
---@private
---@param source T7Source
---@param met {objects: table, storages: table} of values read before from the same file; grows
---@return any
function t7._next(source, met) return next_value(source, {}, met) end

--- Reads what torch.save wrote, binary or ascii, of Torch7 of any age. Tables and tensors that share are shared again. Modules and
--- criterions of nn (and cudnn) become hilo's; an object of another class is a table with the name of its class as __typename. Half
--- becomes float, and tensors of a card come to the CPU. A function is an error, and so is whatever is damaged.
---
---     hilo.io.t7.write('net.t7', {net = nn.Linear(2, 3), epoch = 5})
---     local read = hilo.io.t7.read 'net.t7'
---     assert(read.epoch == 5 and read.net:forward(hilo.ones(2)):nElement() == 3)
---@param path string
---@param options? T7Options
---@return any
function t7.read(path, options)
   local o = checked(options, 't7.read')
   return decoded({path = path, format = o.format}, o)
end

--- The same of a string.
---
---     assert(hilo.io.t7.decode(hilo.io.t7.encode {1, 'two'})[2] == 'two')
---@param text string
---@param options? T7Options
---@return any
function t7.decode(text, options)
   local o = checked(options, 't7.decode')
   core.check(type(text) == 'string', 't7.decode: expected a string, got %s', type(text))
   return decoded({text = text, name = 't7.decode', format = o.format}, o)
end

local function is_ascii(o, who)
   local format = o.format or 'binary'
   core.check(format == 'binary' or format == 'ascii' or format == 'b64', "%s: there is no format '%s'; use binary or ascii", who,
      format)
   return format == 'ascii'
end

--- Writes a value as Torch7's torch.load reads it: numbers, strings, booleans, tensors (of any strides; those of a card as float on the
--- CPU, bfloat16 as float), modules and criterions of nn, and tables of them, which may hold themselves. A module is written with all
--- that it holds: net:clearState() first drops results. The file appears whole or not at all.
---@param path string
---@param value any
---@param options? T7Options
function t7.write(path, value, options)
   local o = checked(options, 't7.write')
   local ascii = is_ascii(o, 't7.write')
   file.write(path, function(write) write_value(bytes.sink(write, ascii), value, o) end)
end

--- The same as a string.
---@param value any
---@param options? T7Options
---@return string
function t7.encode(value, options)
   local o = checked(options, 't7.encode')
   local parts, ffi = {}, require 'ffi'
   local function put(data, n) parts[#parts + 1] = type(data) == 'string' and data or ffi.string(data, n) end
   write_value(bytes.sink(put, is_ascii(o, 't7.encode')), value, o)
   return table.concat(parts)
end

return t7
