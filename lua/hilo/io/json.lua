--- io/json.lua: JSON as the files of a run hold it: keys sorted, numbers exact, so that two runs can be compared with diff.
local cjson = require 'cjson'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local sorted_keys = require 'hilo.keys'

local json = {}

local escapes = {['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'}

local function quote(text)
   return '"' .. text:gsub('[%c"\\]', function(c) return escapes[c] or ('\\u%04x'):format(c:byte()) end) .. '"'
end

local function number(x)
   if x ~= x or x == math.huge or x == -math.huge then return 'null' end -- JSON has no word for them
   for _, format in ipairs {'%.14g', '%.16g'} do
      local text = format:format(x)
      if tonumber(text) == x then return text end
   end
   return ('%.17g'):format(x)
end

local function scalar(value)
   local kind = type(value)
   if kind == 'string' then return quote(value) end
   if kind == 'number' then return number(value) end
   if kind == 'boolean' then return tostring(value) end
   if value == cjson.null then return 'null' end
   error('json: cannot write a ' .. kind)
end

-- Whether a table is a list. One that is neither that nor a map of names would lose values, or be another one once it is read.
local function is_list(t)
   local named, count = true, 0
   for key in pairs(t) do named, count = named and type(key) == 'string', count + 1 end
   if count > 0 and named then return false end
   for i = 1, count do
      if t[i] == nil then
         local keys = sorted_keys(t)
         for k, key in ipairs(keys) do keys[k] = tostring(key) end
         core.raise(('json: a table is a list, with the keys 1 to its length, or has names as keys; this one has the keys %s%s'):format(
            table.concat(keys, ', ', 1, math.min(8, #keys)), #keys > 8 and ', ...' or ''))
      end
   end
   return true
end

local write

local function write_list(list, indent, inner)
   local parts, nested, length = {}, false, 0
   for i, value in ipairs(list) do
      nested = nested or type(value) == 'table'
      parts[i] = write(value, inner)
      length = length + #parts[i] + 2
   end
   if not inner or (not nested and length < 100) then return '[' .. table.concat(parts, ', ') .. ']' end
   return '[' .. inner .. table.concat(parts, ',' .. inner) .. indent .. ']'
end

--- indent: newline and spaces of this level, nil for everything on one line
function write(value, indent)
   if type(value) ~= 'table' then return scalar(value) end
   local inner = indent and indent .. '  '
   if is_list(value) then return write_list(value, indent, inner) end
   local parts = {}
   for i, key in ipairs(sorted_keys(value)) do parts[i] = quote(tostring(key)) .. ': ' .. write(value[key], inner) end
   if not inner then return '{' .. table.concat(parts, ', ') .. '}' end
   return '{' .. inner .. table.concat(parts, ',' .. inner) .. indent .. '}'
end

--- A table of strings, numbers, booleans and such tables as JSON: with line breaks, or in one line.
---
---     assert(hilo.train.json.decode(hilo.train.json.encode {a = {1, 2}}, 'text').a[2] == 2)
---@param value any
---@param options? {one_line?: boolean}
---@return string
function json.encode(value, options)
   return write(value, not (options and options.one_line) and '\n' or nil)
end

--- The table that a JSON text holds.
---@param text string
---@param where? string named in errors
---@return table
function json.decode(text, where)
   local ok, value = pcall(cjson.decode, text)
   core.check(ok and type(value) == 'table', '%s does not hold JSON: %s', where, ok and 'no object or list' or tostring(value))
   return value
end

--- Reads a JSON file.
---@param path string
---@return table
function json.load(path) return json.decode(file.read(path), path) end

--- Writes a JSON file, which appears whole or not at all.
---@param path string
---@param value any
function json.save(path, value)
   file.write(path, function(out) out(json.encode(value) .. '\n') end)
end

return json
