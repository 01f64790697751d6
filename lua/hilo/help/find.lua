--- help/find.lua: the entry of what somebody asks for: a name, or a value.
local distance = require 'hilo.distance'
local checked = require 'hilo.checked'
local entries = require 'hilo.help.entries'
local other_names = require 'hilo.help.other_names'

local find = {}

local function plain(name) return (name:match('^%s*(.-)%s*$'):gsub('^hilo[.:]', ''):gsub('%(.*%)$', '')) end

-- 'Tensor.add' and 'nn.Linear.reset' as well as 'Tensor:add'.
local function by_name(name)
   local entry = entries.named(name)
   if entry then return entry end
   local owner, key = name:match('^(.*)[.:]([%w_]+)$')
   if not owner then return nil end
   entry = entries.named(owner .. ':' .. key) or entries.named(owner .. '.' .. key)
   if entry then return entry end
   local class = entries.named(owner) or entries.named('nn.' .. owner)
   if class and class.name ~= owner then return by_name(class.name .. ':' .. key) end
   local parent = class and class.parent and class.parent.__typename
   return parent and by_name(parent .. ':' .. key)
end

-- A last part that only one name has, or several of which one is best: 'Linear', 'reset'.
local function by_last_part(name)
   local found = {}
   for _, entry in ipairs(entries.all()) do
      if entry.key == name and not entry.same_as then found[#found + 1] = entry end
   end
   return #found == 1 and found[1] or nil
end

local function near(name)
   local wanted, found, same = name:lower(), {}, {}
   local last = wanted:match('([%w_]+)$') or wanted
   for _, row in ipairs(other_names.rows()) do
      if row.pytorch and row.pytorch:lower():match '[%w_]+$' == last then same[row.ours] = true end
   end
   for _, entry in ipairs(entries.all()) do
      local full, key = entry.name:lower(), entry.key:lower()
      local apart = full:find(wanted, 1, true) and 0 or math.min(distance(key, last), distance(full, wanted))
      if same[plain(entry.name)] then apart = -1 end
      if apart <= math.ceil(#last / 3) then found[#found + 1] = {apart, entry} end
   end
   table.sort(found, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2].name < b[2].name end)
   local list = {}
   for i, one in ipairs(found) do list[i] = one[2] end
   return list
end

local function of_value(value)
   if value == nil then return nil end
   for _, entry in ipairs(entries.all()) do
      if rawequal(entry.value, value) and not entry.same_as then return entry end
   end
   return nil
end

local function of_object(value)
   local meta = type(value) == 'table' and getmetatable(value)
   local class = type(meta) == 'table' and (of_value(meta) or type(meta.__index) == 'table' and of_value(meta.__index))
   if class then return class end
   return type(meta) == 'table' and meta.__typename and entries.named(meta.__typename) or nil
end

-- An object of a class that a public function returns: its methods are in the class's file.
local function of_returned(value)
   local methods = type(value) == 'table' and getmetatable(value)
   methods = type(methods) == 'table' and methods.__index
   local method = type(methods) == 'table' and select(2, next(methods))
   if type(method) ~= 'function' then return nil end
   local path = debug.getinfo(checked.inside(method), 'S').source:sub(2)
   for _, entry in ipairs(entries.all()) do
      if entry.returned and entry.file == path then return entry end
   end
   return nil
end

--- The entry of a name or a value.
---@param topic any
---@return Entry? entry
---@return Entry[] near to the name where there is no entry
function find.entry(topic)
   if type(topic) == 'string' then
      local name = plain(topic)
      local method = name:match('^[%a_][%w_]*:([%w_]+)$') -- of some variable: x:add
      local is_global = not topic:match('^%s*hilo[.:]')
      local entry = is_global and entries.named('prompt.' .. name) or by_name(name) or by_last_part(name)
      if not entry and method then entry = entries.named('Tensor:' .. method) or by_name('nn.Module:' .. method) end
      return entry, entry and {} or near(name)
   end
   topic = checked.inside(topic)
   local entry = of_value(topic) or of_object(topic) or of_returned(topic)
   if not entry and type(topic) == 'function' and debug.getinfo(topic, 'S').what ~= 'C' then
      entry = entries.of_function(topic, debug.getinfo(topic, 'n').name or 'function')
   end
   return entry, {}
end

return find
