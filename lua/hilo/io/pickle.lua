--- io/pickle.lua: reads Python pickles (protocols 0 to 5) without running anything.
---
--- A pickle is a program for a stack machine that may call any Python function. Here the only functions there are, are those of
--- the table `globals` that the caller gives; any other is an error that names it. What the program builds:
---   None -> pickle.None     True, False -> booleans     int, float -> numbers (pickle.Long where beyond 2^53)
---   str -> string           bytes, bytearray -> pickle.Bytes       tuple, list, set -> pickle.Sequence      dict -> pickle.Dict
--- Opcodes as in CPython's Lib/pickletools.py.
local bit = require 'bit'
local ffi = require 'ffi'
local core = require 'hilo.core'
local utf8 = require 'hilo.io.utf8'

local pickle = {}

pickle.None = setmetatable({}, {__tostring = function() return 'None' end})

--- {n = length, kind = 'tuple' | 'list' | 'set', [1..n]}
local Sequence = {}
Sequence.__index = Sequence
pickle.Sequence = Sequence

--- Key order is kept: keys[1..n], map[key] = value.
local Dict = {}
Dict.__index = Dict
pickle.Dict = Dict

function Dict.new() return setmetatable({keys = {}, map = {}}, Dict) end

function Dict:set(key, value)
   if self.map[key] == nil then self.keys[#self.keys + 1] = key end
   self.map[key] = value
end

local Bytes, Long, Global = {}, {}, {}
pickle.Bytes, pickle.Long, pickle.Global = Bytes, Long, Global

--- Whether value is one of the kinds above.
function pickle.is(value, kind) return type(value) == 'table' and getmetatable(value) == kind end

local mark = {} -- on the stack between what a tuple, list or dict is made of

-- ---- reading operands ----

---@class Machine
---@field text string
---@field at number of the next byte, from 1
local Machine = {}
Machine.__index = Machine

function Machine:fail(format, ...)
   core.raise(('%s: cannot read its pickle: %s'):format(self.path, format:format(...)))
end

--- Asks for more of the text, which must have the same beginning.
function Machine:extend()
   local longer = self.more and self.more(#self.text)
   if not longer then self:fail('it is cut short') end
   self.text = longer
end

function Machine:take(n)
   local at = self.at
   while n > #self.text - at + 1 do self:extend() end
   self.at = at + n
   return self.text:sub(at, at + n - 1)
end

--- Unsigned little-endian number of n bytes.
function Machine:unsigned(n)
   local s, value = self:take(n), 0
   for i = n, 1, -1 do value = value * 256 + s:byte(i) end
   return value
end

function Machine:line()
   local stop = self.text:find('\n', self.at, true)
   while not stop do
      self:extend()
      stop = self.text:find('\n', self.at, true)
   end
   local s = self.text:sub(self.at, stop - 1)
   self.at = stop + 1
   return s
end

--- A little-endian two's complement number of any length.
function Machine:long(n)
   local s = self:take(n)
   if n == 0 then return 0 end
   local value, sign = 0, s:byte(n) >= 128 and 1 or 0
   for i = n, 1, -1 do value = value * 256 + s:byte(i) end
   value = value - sign * 256 ^ n
   if math.abs(value) > 2 ^ 53 then return setmetatable({bytes = s}, Long) end
   return value
end

function Machine:number(text)
   local value = tonumber(text)
   if not value or value ~= value then self:fail("'%s' is not a number", text:sub(1, 40)) end
   return value
end

-- ---- stack ----

function Machine:push(value)
   self.n = self.n + 1
   self.stack[self.n] = value
end

function Machine:pop()
   local n = self.n
   local value = self.stack[n]
   if n == 0 or value == mark then self:fail('its stack is empty where a value is needed') end
   self.stack[n] = nil
   self.n = n - 1
   return value
end

function Machine:top()
   local value = self.stack[self.n]
   if value == nil or value == mark then self:fail('its stack is empty where a value is needed') end
   return value
end

--- Removes everything down to the last mark: the array of values and their number.
function Machine:pop_mark()
   local stack, first = self.stack, self.n
   while first > 0 and stack[first] ~= mark do first = first - 1 end
   if first == 0 then self:fail('a mark is missing') end
   local values, n = {}, self.n - first
   for i = 1, n do values[i] = stack[first + i] end
   for i = first, self.n do stack[i] = nil end
   self.n = first - 1
   return values, n
end

local function sequence(kind, values, n)
   values.n, values.kind = n, kind
   return setmetatable(values, Sequence)
end

function Machine:pop_tuple(n)
   local values = {}
   for i = n, 1, -1 do values[i] = self:pop() end
   self:push(sequence('tuple', values, n))
end

function Machine:remember(key) self.memo[key] = self:top() end

function Machine:recall(key)
   local value = self.memo[key]
   if value == nil then self:fail('it asks for memo %s, which it never set', tostring(key)) end
   self:push(value)
end

function Machine:set_items(values, n)
   local dict = self:top()
   if not pickle.is(dict, Dict) then self:fail('items are set on something that is not a dict') end
   if n % 2 == 1 then self:fail('a dict has a key without a value') end
   for i = 1, n, 2 do
      local key = values[i]
      if key ~= key then self:fail('a dict has a key that is not a number') end
      dict:set(key, values[i + 1])
   end
end

function Machine:append(values, n, kind)
   local list = self:top()
   if not pickle.is(list, Sequence) or list.kind ~= kind then self:fail('something is added to what is not a %s', kind) end
   for i = 1, n do list[list.n + i] = values[i] end
   list.n = list.n + n
end

function Machine:global(module, name)
   if type(module) ~= 'string' or type(name) ~= 'string' then self:fail('a function has a name that is no string') end
   local full = module .. '.' .. name
   local call = self.globals[full]
   if call == nil then
      self:fail("it wants to call '%s', which is not among the few functions that a file of weights needs; "
         .. 'save the plain state_dict() instead', full:sub(1, 200))
   end
   self:push(setmetatable({name = full, call = call}, Global))
end

function Machine:call()
   local args, callee = self:pop(), self:pop()
   if not pickle.is(callee, Global) or type(callee.call) ~= 'function' then self:fail('it calls something that is not a function') end
   if not pickle.is(args, Sequence) then self:fail('%s is called without a tuple of arguments', callee.name) end
   local function fail(format, ...) self:fail('%s: %s', callee.name, format:format(...)) end
   local result = callee.call(args, fail)
   if result == nil then self:fail('%s gave nothing', callee.name) end
   self:push(result)
end

function Machine:persistent(id)
   if not self.persistent_load then self:fail('it refers to something outside of it') end
   self:push(self.persistent_load(id, function(format, ...) self:fail(format, ...) end))
end

-- ---- opcodes ----

local double = ffi.new('union { uint8_t bytes[8]; double value; }')
local escapes = {n = '\n', t = '\t', r = '\r', ['\\'] = '\\', ["'"] = "'", ['"'] = '"'}

local ops = {}

ops['\128'] = function(m)
   local version = m:unsigned(1)
   if version > 5 then m:fail('its protocol is %d; 0 to 5 can be read', version) end
end
ops['\149'] = function(m) m:take(8) end
ops['('] = function(m) m:push(mark) end
ops['0'] = function(m)
   if m.stack[m.n] == mark then m.n, m.stack[m.n] = m.n - 1, nil else m:pop() end
end
ops['1'] = function(m) m:pop_mark() end
ops['2'] = function(m) m:push(m:top()) end
ops['N'] = function(m) m:push(pickle.None) end
ops['\136'] = function(m) m:push(true) end
ops['\137'] = function(m) m:push(false) end
ops['I'] = function(m)
   local s = m:line()
   if s == '01' then m:push(true) elseif s == '00' then m:push(false) else m:push(m:number(s)) end
end
ops['L'] = function(m) m:push(m:number((m:line():gsub('L$', '')))) end
ops['J'] = function(m) m:push(bit.tobit(m:unsigned(4))) end
ops['K'] = function(m) m:push(m:unsigned(1)) end
ops['M'] = function(m) m:push(m:unsigned(2)) end
ops['\138'] = function(m) m:push(m:long(m:unsigned(1))) end
ops['\139'] = function(m) m:push(m:long(m:unsigned(4))) end
ops['F'] = function(m)
   local s = m:line()
   m:push(s == 'nan' and 0 / 0 or m:number(s))
end
ops['G'] = function(m)
   local s = m:take(8)
   for i = 0, 7 do double.bytes[i] = s:byte(8 - i) end
   m:push(double.value)
end
ops['S'] = function(m)
   local s = m:line():match('^(["\'].*["\'])$')
   if not s then m:fail('a string lacks its quotes') end
   s = s:sub(2, -2):gsub('\\(.)(%x?%x?)', function(c, hex)
      if c == 'x' and #hex == 2 then return string.char(tonumber(hex, 16)) end
      return (escapes[c] or '\\' .. c) .. hex
   end)
   m:push(s)
end
-- Protocol 0 writes text as raw-unicode-escape: bytes are Latin-1, others \uXXXX or \UXXXXXXXX.
ops['V'] = function(m)
   local s = m:line():gsub('[\128-\255]', function(c) return utf8.encode(c:byte()) end)
   m:push((s:gsub('\\([uU])(%x%x%x%x)(%x?%x?%x?%x?)', function(c, hex, more)
      if c == 'u' then return utf8.encode(tonumber(hex, 16)) .. more end
      return utf8.encode(tonumber(hex .. more, 16))
   end)))
end
for code, width in pairs {T = 4, U = 1, X = 4, ['\140'] = 1, ['\141'] = 8} do
   ops[code] = function(m) m:push(m:take(m:unsigned(width))) end
end
for code, width in pairs {B = 4, C = 1, ['\142'] = 8, ['\150'] = 8} do
   ops[code] = function(m) m:push(setmetatable({bytes = m:take(m:unsigned(width))}, Bytes)) end
end
ops[']'] = function(m) m:push(sequence('list', {}, 0)) end
ops['l'] = function(m) m:push(sequence('list', m:pop_mark())) end
ops['a'] = function(m)
   local value = m:pop()
   m:append({value}, 1, 'list')
end
ops['e'] = function(m)
   local values, n = m:pop_mark()
   m:append(values, n, 'list')
end
ops[')'] = function(m) m:push(sequence('tuple', {}, 0)) end
ops['t'] = function(m) m:push(sequence('tuple', m:pop_mark())) end
ops['\133'] = function(m) m:pop_tuple(1) end
ops['\134'] = function(m) m:pop_tuple(2) end
ops['\135'] = function(m) m:pop_tuple(3) end
ops['}'] = function(m) m:push(Dict.new()) end
ops['d'] = function(m)
   local values, n = m:pop_mark()
   m:push(Dict.new())
   m:set_items(values, n)
end
ops['s'] = function(m)
   local value, key = m:pop(), m:pop()
   m:set_items({key, value}, 2)
end
ops['u'] = function(m)
   local values, n = m:pop_mark()
   m:set_items(values, n)
end
ops['\143'] = function(m) m:push(sequence('set', {}, 0)) end
ops['\144'] = function(m)
   local values, n = m:pop_mark()
   m:append(values, n, 'set')
end
ops['\145'] = function(m) m:push(sequence('set', m:pop_mark())) end
ops['c'] = function(m)
   local module = m:line()
   m:global(module, m:line())
end
ops['\147'] = function(m)
   local name, module = m:pop(), m:pop()
   m:global(module, name)
end
ops['R'] = function(m) m:call() end
ops['\129'] = function(m) m:call() end
-- The attributes of an object: of an OrderedDict that is a module's version numbers, which nothing here needs. What a function of
-- the caller's made may take them by a field `set_state`.
ops['b'] = function(m)
   local state, object = m:pop(), m:top()
   if type(object) ~= 'table' then m:fail('attributes are set on a plain value') end
   if type(object.set_state) == 'function' then object.set_state(state) end
end
ops['p'] = function(m) m:remember(m:number(m:line())) end
ops['q'] = function(m) m:remember(m:unsigned(1)) end
ops['r'] = function(m) m:remember(m:unsigned(4)) end
ops['\148'] = function(m)
   m:remember(m.memoized)
   m.memoized = m.memoized + 1
end
ops['g'] = function(m) m:recall(m:number(m:line())) end
ops['h'] = function(m) m:recall(m:unsigned(1)) end
ops['j'] = function(m) m:recall(m:unsigned(4)) end
ops['P'] = function(m) m:persistent(m:line()) end
ops['Q'] = function(m) m:persistent(m:pop()) end

---@class PickleOptions
---@field path string for messages
---@field globals table<string, function|table> 'module.name' -> f(args, fail), or a plain value that is passed around
---@field persistent_load? fun(id: any, fail: function): any
---@field at? number first byte, from 1
---@field more? fun(bytes: number): string? where `text` is only the beginning: gives a longer beginning, nil at the end

--- Reads one pickle out of `text`.
---@param text string
---@param options PickleOptions
---@return any value, number at the byte after it, string text as far as it was asked for
function pickle.read(text, options)
   local m = setmetatable({text = text, at = options.at or 1, path = options.path, globals = options.globals, more = options.more,
      persistent_load = options.persistent_load, stack = {}, n = 0, memo = {}, memoized = 0}, Machine)
   while true do
      local code = m:take(1)
      if code == '.' then break end
      local op = ops[code]
      if not op then m:fail('byte %.0f is %d, which no protocol uses here', m.at - 1, code:byte()) end
      op(m)
   end
   local value = m:pop()
   if m.n > 0 then m:fail('something is left on its stack') end
   return value, m.at, m.text
end

--- Whether `text` may begin a pickle; for telling formats apart.
function pickle.looks_like(text) return text:byte(1) == 0x80 and (text:byte(2) or 99) <= 5 end

return pickle
