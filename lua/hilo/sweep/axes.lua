--- sweep/axes.lua: what a sweep varies. An axis is an option of a script and the values it may take, written as the option is on
--- the command line with values added:
---
---     lr=1e-2,1e-3            a list
---     preset=default,original
---     gamma=0.5..0.9          a range; 0.5..0.9:0.1 in steps
---     lr=log:1e-4..1e-2       a range on a logarithmic scale
---     batch=int:2..8          whole numbers; int:2..8:2, log:int:1..64
---     seed=1..3               seeds are whole numbers always
---     crop=96x96,128x128      lists of numbers
---
--- A table of a Lua sweep says the same: {1e-2, 1e-3}, or {low = 0.5, high = 0.9, step = 0.1, log = true, int = true}, or the text.
local core = require 'hilo.core'
local json = require 'hilo.io.json'
local options = require 'hilo.options.values'

local check = core.check
local axes = {}

---@class Axis
---@field name string of the option, with its groups: 'model.width'
---@field kind 'float'|'int'|'choice'
---@field low number? float, int: both ends belong to it
---@field high number?
---@field log boolean?
---@field step number? float: nil where there is none; int: 1 or more
---@field choices (string|number|boolean)[]? lists of numbers are texts: '96x96'

--- A value as the command line takes it, with all digits of a number.
---@param value any
---@return string
function axes.text_of(value)
   if type(value) == 'number' then return json.encode(value) end
   if type(value) == 'table' then
      local parts = {}
      for i, item in ipairs(value) do parts[i] = axes.text_of(item) end
      return table.concat(parts, ',')
   end
   return tostring(value)
end

-- ---- ranges ----

local function whole(x) return x % 1 == 0 and math.abs(x) < 2 ^ 53 end

local function range(name, text, r)
   check(r.low == r.low and r.high == r.high and math.abs(r.low) < math.huge and math.abs(r.high) < math.huge,
      'axis %s=%s: both ends of a range must be numbers', name, text)
   check(r.low < r.high, 'axis %s=%s: the range is empty, for %s is not below %s; write the lower end first, or one value alone', name,
      text, axes.text_of(r.low), axes.text_of(r.high))
   check(not r.log or r.low > 0, 'axis %s=%s: a logarithmic range needs numbers above 0', name, text)
   check(not r.int or whole(r.low) and whole(r.high) and whole(r.step or 1),
      'axis %s=%s: a range of whole numbers needs whole ends and a whole step', name, text)
   check(not r.step or r.step > 0, 'axis %s=%s: a step must be above 0', name, text)
   check(not (r.log and r.step), 'axis %s=%s: a logarithmic range has no steps; list the values instead', name, text)
   local step = r.int and (r.step or 1) or r.step
   local high = r.high
   if step then -- the last one that the steps reach, with the digits meant: 0.1 + 2 * 0.1 is 0.3
      high = r.low + step * math.floor((r.high - r.low) / step + 1e-9)
      if not r.int then high = tonumber(('%.12g'):format(high)) end
      check(high > r.low, 'axis %s=%s: the step is longer than the range', name, text)
   end
   return {name = name, kind = r.int and 'int' or 'float', low = r.low, high = high, log = r.log or false, step = step}
end

local function parse_range(name, text)
   local rest, r = text, {}
   while true do
      local word, after = rest:match('^(%a+):(.*)$')
      if word == 'log' or word == 'int' then r[word], rest = true, after else break end
   end
   local low, high, step = rest:match('^(.-)%.%.(.-):(.*)$')
   if not low then low, high = rest:match('^(.-)%.%.(.*)$') end
   local marked = r.log or r.int
   if not low then
      check(not marked, "axis %s=%s: expected a range such as %slow..high", name, text, text:match('^[%a:]*:') or '')
      return nil
   end
   r.low, r.high, r.step = tonumber(low), tonumber(high), step and tonumber(step)
   check(r.low and r.high and (r.step or not step), 'axis %s=%s: expected numbers, as in %s=0.1..0.9 or %s=0.1..0.9:0.2', name, text,
      name, name)
   return range(name, text, r)
end

-- ---- lists ----

local function choice(name, text, values)
   local seen = {}
   for _, value in ipairs(values) do
      local key = type(value) .. axes.text_of(value)
      check(not seen[key], 'axis %s=%s: %s stands there twice', name, text, axes.text_of(value))
      seen[key] = true
   end
   return {name = name, kind = 'choice', choices = values}
end

local function split(text)
   local parts = {}
   for part in (text .. ','):gmatch('(.-),') do parts[#parts + 1] = part end
   return parts
end

-- One value of the option, as the script itself would read it.
local function value_of(name, text, default)
   local value = options.parse(text, default)
   check(value ~= nil, "option %s expects %s, as in %s=%s; got '%s'", name, options.kind_of(default), name, axes.text_of(default), text)
   return value
end

-- Lists of numbers are separated by commas where their own numbers are joined by x: 96x96,128x128.
local function alternatives(text, default)
   if type(default) ~= 'table' then return split(text) end
   if type(default[1]) == 'number' and text:find('x', 1, true) then return split(text) end
   return {text}
end

local function scalar(name, text, default)
   local value = value_of(name, text, default)
   return type(value) == 'table' and text or value
end

--- What `name=text` of a command line asks for.
---@param name string
---@param text string
---@param default any the script's own value of that option, which tells its type
---@return Axis? axis
---@return any value where there is one alone and so no axis
function axes.parse(name, text, default)
   local is_number = type(default) == 'number'
   local axis = is_number and parse_range(name, text) or nil
   if axis then return axis end
   local parts = alternatives(text, default)
   if #parts == 1 then return nil, value_of(name, text, default) end
   local values = {}
   for i, part in ipairs(parts) do
      check(part ~= '', 'axis %s=%s: a value is missing beside a comma', name, text)
      values[i] = scalar(name, part, default)
   end
   return choice(name, text, values)
end

--- One value as a Lua sweep fixes it: the commas of a text belong to it.
---@param name string
---@param given any
---@param default any
---@return any
function axes.fixed(name, given, default) return value_of(name, axes.text_of(given), default) end

local range_keys = {low = true, high = true, step = true, log = true, int = true}

--- What an entry of a Lua sweep asks for.
---@param name string
---@param given any a value, a list of values, {low =, high =, ...}, or text in the command line's grammar
---@param default any
---@return Axis? axis
---@return any value
function axes.from_lua(name, given, default)
   if type(given) == 'string' then return axes.parse(name, given, default) end
   if type(given) ~= 'table' then return axes.parse(name, axes.text_of(given), default) end
   if given.low or given.high then
      for key in pairs(given) do
         check(range_keys[key], "axis %s: unknown key '%s'; a range has low, high, step, log and int", name, tostring(key))
      end
      check(type(given.low) == 'number' and type(given.high) == 'number', 'axis %s: a range needs the numbers low and high', name)
      check(type(default) == 'number', 'axis %s: the option is %s, so it has no range', name, options.kind_of(default))
      return range(name, ('%s..%s'):format(axes.text_of(given.low), axes.text_of(given.high)), given)
   end
   check(#given > 0, 'axis %s: the list is empty', name)
   local values, texts = {}, {}
   for i, value in ipairs(given) do
      texts[i] = axes.text_of(value)
      values[i] = scalar(name, texts[i], default)
   end
   if #values == 1 then return nil, value_of(name, texts[1], default) end
   return choice(name, table.concat(texts, ','), values)
end

--- The seeds that `text` stands for.
---@param text string '1..3', '1,5,7', '4'
---@return integer[]
function axes.seeds(text)
   local low, high = text:match('^(%d+)%.%.(%d+)$')
   local seeds, seen = {}, {}
   if low then
      low, high = tonumber(low), tonumber(high)
      check(low <= high, 'seed=%s: the range is empty; write the lower end first', text)
      check(high - low < 10000, 'seed=%s: these are more than 10000 seeds', text)
      for seed = low, high do seeds[#seeds + 1] = seed end
   else
      for _, part in ipairs(split(text)) do
         local seed = part:match('^%d+$') and tonumber(part)
         check(seed and seed < 2 ^ 32, "seed=%s: expected whole numbers from 0, as in seed=1..3 or seed=1,5; got '%s'", text, part)
         check(not seen[seed], 'seed=%s: %s stands there twice', text, part)
         seen[seed], seeds[#seeds + 1] = true, seed
      end
   end
   return seeds
end

--- An axis as it is written on the command line.
---@param axis Axis
---@return string
function axes.describe(axis)
   if axis.kind == 'choice' then return axes.text_of(axis.choices) end
   local step = axis.step and not (axis.kind == 'int' and axis.step == 1) and ':' .. axes.text_of(axis.step) or ''
   return ('%s%s%s..%s%s'):format(axis.log and 'log:' or '', axis.kind == 'int' and 'int:' or '', axes.text_of(axis.low),
      axes.text_of(axis.high), step)
end

--- Whether a value lies on an axis.
---@param axis Axis
---@param value any
---@return boolean
function axes.holds(axis, value)
   if axis.kind == 'choice' then return axes.position(axis, value) ~= nil end
   if type(value) ~= 'number' or value < axis.low or value > axis.high then return false end
   if not axis.step then return true end
   local steps = (value - axis.low) / axis.step
   return math.abs(steps - math.floor(steps + 0.5)) < 1e-6
end

--- Where a value stands among the choices of an axis, from 1; nil where it is none of them.
---@param axis Axis
---@param value any
---@return integer?
function axes.position(axis, value)
   for i, c in ipairs(axis.choices) do if c == value then return i end end
   return nil
end

return axes
