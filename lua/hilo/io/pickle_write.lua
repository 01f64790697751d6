--- io/pickle_write.lua: Python pickles of protocol 2: numbers, strings, booleans, lists, dicts with their order, and what the caller
--- makes of others. Opcodes as in CPython's Lib/pickletools.py.
local ffi = require 'ffi'
local core = require 'hilo.core'
local is_list = require 'hilo.is_list'
local sorted_keys = require 'hilo.keys'
local utf8 = require 'hilo.io.utf8'

local max_depth = 60

local eight = ffi.new 'union { double value; uint8_t bytes[8]; }'

local function little(n, bytes)
   local list = {}
   for i = 1, bytes do
      list[i] = string.char(n % 256)
      n = math.floor(n / 256)
   end
   return table.concat(list)
end

---@class PickleWriter
---@field parts string[]
---@field other fun(writer: PickleWriter, value: any): boolean? writes what only the caller knows
local PickleWriter = {}
PickleWriter.__index = PickleWriter

function PickleWriter:put(...)
   for i = 1, select('#', ...) do self.parts[#self.parts + 1] = (select(i, ...)) end
end

--- A function or class by its name.
function PickleWriter:global(module, name) self:put('c', module, '\n', name, '\n') end

function PickleWriter:string(text) self:put('X', little(#text, 4), text) end

function PickleWriter:whole(n)
   if n >= 0 and n < 256 then
      self:put('K', string.char(n))
   elseif n >= -2 ^ 31 and n < 2 ^ 31 then
      self:put('J', little(n % 2 ^ 32, 4))
   elseif n >= 0 then
      self:put('\138\8', little(n, 8)) -- below 2^53, so the sign is right
   else
      self:float(n)
   end
end

function PickleWriter:float(x)
   eight.value = x
   local bytes = {}
   for i = 0, 7 do bytes[8 - i] = string.char(eight.bytes[i]) end
   self:put('G', table.concat(bytes))
end

--- A tuple of whole numbers.
function PickleWriter:tuple(numbers)
   self:put '('
   for _, n in ipairs(numbers) do self:whole(n) end
   self:put 't'
end

--- An empty collections.OrderedDict.
function PickleWriter:dict()
   self:global('collections', 'OrderedDict')
   self:put(')', 'R')
end

function PickleWriter:table(t, where, depth)
   core.check(depth < max_depth, '%s is nested too deeply; does it hold itself?', where)
   local ordered = rawget(t, '__order') or not is_list(t) and sorted_keys(t)
   if not ordered then
      self:put(']', '(')
      for i, v in ipairs(t) do self:value(v, ('%s[%d]'):format(where, i), depth + 1) end
      return self:put 'e'
   end
   self:dict()
   self:put '('
   for _, key in ipairs(ordered) do
      core.check(type(key) == 'string' or type(key) == 'number', '%s has a key that is a %s', where, type(key))
      self:value(key, where, depth + 1)
      self:value(t[key], ('%s.%s'):format(where, key), depth + 1)
   end
   self:put 'u'
end

function PickleWriter:value(v, where, depth)
   local kind = type(v)
   if self.other(self, v, where) then return end
   if kind == 'number' then
      if v % 1 == 0 and math.abs(v) < 2 ^ 53 then self:whole(v) else self:float(v) end
   elseif kind == 'string' then
      self:string(utf8.valid(v))
   elseif kind == 'boolean' then
      self:put(v and '\136' or '\137')
   elseif kind == 'table' then
      self:table(v, where, depth)
   else
      core.raise(('%s is a %s; numbers, strings, booleans, tensors, modules and tables of them can be saved'):format(where, kind))
   end
end

--- A value as a pickle. A table whose keys are 1 .. n is a list, another an OrderedDict, in the order of its field __order where it has
--- one.
---@param value any
---@param other fun(writer: PickleWriter, value: any, where: string): boolean? writes what it knows and returns true
---@return string
return function(value, other)
   local self = setmetatable({parts = {'\128\2'}, other = other}, PickleWriter)
   self:value(value, 'the value', 1)
   self:put '.'
   return table.concat(self.parts)
end
