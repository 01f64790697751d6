--- data/pickled_list.lua: lists of names or numbers that Python pickled: lists, tuples, ranges, NumPy's arrays and its numbers.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local pickle = require 'hilo.io.pickle'
local utf8 = require 'hilo.io.utf8'

local check = core.check

local function bytes_of(value)
   if type(value) == 'string' then return value end
   return pickle.is(value, pickle.Bytes) and value.bytes or nil
end

-- ---- elements of NumPy's arrays: bytes -> value ----

local function unsigned(bytes)
   local value = 0
   for k = #bytes, 1, -1 do value = value * 256 + bytes:byte(k) end
   return value
end

-- Two's complement; a small negative number keeps all of its bits.
local function signed(bytes)
   if bytes:byte(-1) < 128 then return unsigned(bytes) end
   return -1 - unsigned((bytes:gsub('.', function(c) return string.char(255 - c:byte()) end)))
end

local function ascii(bytes) return (bytes:gsub('%z+$', '')) end

-- Four bytes a character.
local function unicode(bytes)
   local list = {}
   for at = 1, #bytes, 4 do
      local code = unsigned(bytes:sub(at, at + 3))
      if code > 0 then list[#list + 1] = utf8.encode(code) end
   end
   return table.concat(list)
end

local kinds = {u = {read = unsigned, size = 1}, i = {read = signed, size = 1}, S = {read = ascii, size = 1},
   U = {read = unicode, size = 4}, O = {}}

---@class PickledElement
---@field read (fun(bytes: string): number|string)? nil for Python's own objects
---@field width integer bytes

local function element_type(args, fail)
   local order, letter, size = tostring(args[1]):match('^([<>=|]?)(%a)(%d+)$')
   local kind, width = kinds[letter], tonumber(size)
   if not kind or width < 1 or kind.read and width > 4096 or (letter == 'i' or letter == 'u') and width > 8 then
      fail('an array has the type %s; lists are whole numbers or names', tostring(args[1]))
   end
   local made = {read = kind.read, width = kind.read and width * kind.size}
   local function check_order(text)
      if text == '>' and (letter == 'U' or letter ~= 'S' and width > 1) then
         fail('an array has its highest bytes first; save it with .astype(int)')
      end
   end
   check_order(order)
   function made.set_state(state) check_order(type(state) == 'table' and state[2]) end
   return made
end

local function elements(kind, content, fail)
   local list = {n = 0}
   if type(kind) ~= 'table' or kind.set_state == nil then fail('an array has no type') end
   if not kind.read then
      if not pickle.is(content, pickle.Sequence) then fail('an array of objects has no list of them') end
      for i = 1, content.n do list[i] = content[i] end
      list.n = content.n
      return list
   end
   local bytes = bytes_of(content)
   if not bytes or #bytes % kind.width ~= 0 then fail('an array is cut short') end
   list.n = #bytes / kind.width
   for i = 1, list.n do list[i] = kind.read(bytes:sub((i - 1) * kind.width + 1, i * kind.width)) end
   return list
end

-- ---- the functions that such pickles call ----

-- An array is made empty, and filled when its state comes: version, shape, type, order, content.
local function array(_, fail)
   local made = {n = 0}
   function made.set_state(state)
      if not pickle.is(state, pickle.Sequence) then fail('an array has no content') end
      local list = elements(state[3], state[5], fail)
      for i = 1, list.n do made[i] = list[i] end
      made.n = list.n
   end
   return made
end

local function from_buffer(args, fail) return elements(args[2], args[1], fail) end

local function scalar(args, fail)
   local list = elements(args[1], args[2], fail)
   if list.n ~= 1 then fail('a number has %d values', list.n) end
   return list[1]
end

-- Python 3 writes bytes for old protocols as text of which each character is a byte.
local function encode(args)
   local text = tostring(args[1])
   text = text:gsub('[\194\195][\128-\191]', function(c) return string.char((c:byte(1) - 192) * 64 + c:byte(2) - 128) end)
   return setmetatable({bytes = text}, pickle.Bytes)
end

local function range(args, fail)
   local first, last, step = args.n > 1 and args[1] or 0, args.n > 1 and args[2] or args[1], args[3] or 1
   for _, value in ipairs {first, last, step} do if type(value) ~= 'number' then fail('a range has no proper ends') end end
   if step <= 0 or last - first > 1e7 then fail('a range goes down or is too long') end
   local made = {n = 0}
   for value = first, last - 1, step do made.n, made[made.n + 1] = made.n + 1, value end
   return made
end

local globals = {['numpy.ndarray'] = {}, ['numpy.dtype'] = element_type, ['_codecs.encode'] = encode, ['builtins.range'] = range,
   ['__builtin__.xrange'] = range, ['__builtin__.range'] = range}
for _, module in ipairs {'numpy.core', 'numpy._core'} do
   globals[module .. '.multiarray._reconstruct'] = array
   globals[module .. '.multiarray.scalar'] = scalar
   globals[module .. '.numeric._frombuffer'] = from_buffer
end

--- The values of a pickled list, in order.
---@param path string
---@return (string|integer)[]
return function(path)
   local value = pickle.read(file.read(path), {path = path, globals = globals})
   check(type(value) == 'table' and type(value.n) == 'number', '%s: expected a pickled list or array of names or numbers', path)
   local list = {}
   for i = 1, value.n do
      local item = bytes_of(value[i]) or value[i]
      check(type(item) == 'string' or type(item) == 'number' and item % 1 == 0, '%s: element %d is neither a name nor a whole number',
         path, i - 1)
      list[i] = item
   end
   return list
end
