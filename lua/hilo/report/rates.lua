--- report/rates.lua: learning rates of a run, from its event files: the log keeps losses alone.
local ffi = require 'ffi'
local events = require 'hilo.io.events'
local file = require 'hilo.io.file'

local rates = {}

local one_float = ffi.new('float[1]')

-- A whole number in seven bits a byte, and where it ends.
local function varint(text, at)
   local n, factor = 0, 1
   while true do
      local byte = text:byte(at)
      n, at = n + byte % 128 * factor, at + 1
      if byte < 128 then return n, at end
      factor = factor * 128
   end
end

-- Calls visit(number, value) for each field of a message: a number for whole numbers, the bytes for all else.
local function each_field(text, visit)
   local at = 1
   while at <= #text do
      local key, value
      key, at = varint(text, at)
      local wire = key % 8
      if wire == 0 then
         value, at = varint(text, at)
      else
         local length = wire == 1 and 8 or wire == 5 and 4
         if not length then length, at = varint(text, at) end
         value, at = text:sub(at, at + length - 1), at + length
      end
      visit(math.floor(key / 8), value)
   end
end

local function scalar(text)
   local tag, x
   each_field(text, function(number, value)
      if number == 1 then tag = value end
      if number == 2 and #value == 4 then
         ffi.copy(one_float, value, 4)
         x = one_float[0]
      end
   end)
   return tag, x
end

-- Adds the rates of one Event to by_tag[tag][step].
local function add(by_tag, text)
   local step, summary = 0, nil
   each_field(text, function(number, value)
      if number == 2 then step = value elseif number == 5 then summary = value end
   end)
   if not summary or not summary:find('lr/', 1, true) then return end
   each_field(summary, function(_, value)
      local tag, x = scalar(value)
      local name = tag and tag:match('^lr/(.*)$')
      if name and x then
         by_tag[name] = by_tag[name] or {}
         by_tag[name][step] = x
      end
   end)
end

local function each_record(text, visit)
   local at = 1
   while at + 12 <= #text do
      local a, b, c, d = text:byte(at, at + 3)
      local length = a + b * 256 + c * 65536 + d * 2 ^ 24
      if at + 11 + length > #text then return end -- the one that is being written
      visit(text:sub(at + 12, at + 11 + length))
      at = at + 16 + length
   end
end

--- Rates by name ('S/backbone'), in the order of the steps. Where a run was continued, what its later part wrote holds.
---@param path string of the run's folder
---@return table<string, {steps: integer[], values: number[]}>
function rates.read(path)
   local by_tag, curves = {}, {}
   for _, name in ipairs(events.list(path)) do
      each_record(file.read(path .. '/' .. name), function(text) add(by_tag, text) end)
   end
   for tag, values in pairs(by_tag) do
      local curve = {steps = {}, values = {}}
      for step in pairs(values) do curve.steps[#curve.steps + 1] = step end
      table.sort(curve.steps)
      for i, step in ipairs(curve.steps) do curve.values[i] = values[step] end
      curves[tag] = curve
   end
   return curves
end

return rates
