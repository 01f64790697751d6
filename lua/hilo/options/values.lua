--- options/values.lua: options as nested tables or by flat keys such as data.root: how their values are read from words, written and
--- told apart, which values there are, and what each option means.
local core = require 'hilo.core'
local nearest = require 'hilo.nearest'

local values = {}

local function is_group(value) return type(value) == 'table' and #value == 0 and next(value) ~= nil end

--- {data = {root = 'x'}} -> {['data.root'] = 'x'}, and the keys in order.
---@param t table
---@return table<string, any> flat
---@return string[] keys
function values.flatten(t, prefix, flat, keys)
   flat, keys = flat or {}, keys or {}
   for key, value in pairs(t) do
      local name = (prefix or '') .. key
      if is_group(value) then
         values.flatten(value, name .. '.', flat, keys)
      else
         flat[name] = value
         keys[#keys + 1] = name
      end
   end
   if not prefix then table.sort(keys) end
   return flat, keys
end

--- What values like this one are, for messages.
---@param value any
---@return string
function values.kind_of(value)
   if type(value) == 'table' then
      return type(value[1]) == 'number' and 'numbers separated by commas' or 'names separated by commas'
   end
   return ({number = 'a number', boolean = 'true or false', string = 'text'})[type(value)]
end

--- A value as it is typed.
---@param value any
---@return string
function values.text_of(value)
   if type(value) == 'table' then return table.concat(value, ',') end
   return tostring(value)
end

local function parse_number(text)
   local x = tonumber(text)
   return x and x == x and math.abs(x) ~= math.huge and x or nil
end

local function parse_list(text, like)
   local list, separators = {}, type(like) == 'number' and '[^,x]+' or '[^,]+'
   for part in text:gmatch(separators) do
      local value = part
      if type(like) == 'number' then value = parse_number(part) end
      if value == nil then return nil end
      list[#list + 1] = value
   end
   return #list > 0 and list or nil
end

--- The value that `text` stands for, of the type that `default` has; nil if it is none.
---@param text string
---@param default any
function values.parse(text, default)
   if type(default) == 'string' then return text end
   if type(default) == 'number' then return parse_number(text) end
   if type(default) == 'boolean' then
      if text == 'true' then return true elseif text == 'false' then return false end
      return nil
   end
   return parse_list(text, default[1])
end

--- The same; an error where it is none.
---@param key string of the option
---@param text string
---@param default any
function values.read(key, text, default)
   local value = values.parse(text, default)
   core.check(value ~= nil, "option %s expects %s, as in %s=%s; got '%s'", key, values.kind_of(default), key, values.text_of(default),
      text)
   return value
end

--- The error about a key that is none of `keys`.
---@param key string
---@param keys string[]
function values.unknown(key, keys)
   core.raise(("there is no option '%s'; did you mean '%s'? (`help` lists all)"):format(key, nearest(key, keys)))
end

--- The values that options may have which mean the same in all scripts, by flat key. Other files add those that they know of.
---@type table<string, (string|number)[]>
values.choices = {
   device = {'cpu', 'cuda', 'emu'}, precision = {'float32', 'bf16'}, optimiser = {'sgd', 'adam'}, ['eval.labels'] = {'full', 'input'},
}

--- Errors unless value is one of the names; the error lists them and suggests the nearest.
---
---     hilo.train.choice('mode', 'fast', {'fast', 'exact'})  -- an error where it is neither
---@param what string for the message: 'preset'
---@param value string
---@param names? string[] those that values.choices has if not given
function values.choice(what, value, names)
   names = names or values.choices[what]
   core.check(names, "choice: no values of '%s' are known; name them", what)
   for _, name in ipairs(names) do if name == value then return value end end
   core.raise(("%s: there is no '%s'; did you mean '%s'? (%s)"):format(what, tostring(value),
      nearest(tostring(value), names), table.concat(names, ', ')))
end

--- Errors unless each named option is a whole number of at least `low`.
---@param o table
---@param low integer
---@param ... string flat keys
function values.check_whole(o, low, ...)
   for _, key in ipairs {...} do
      local value = values.flatten(o)[key]
      core.check(type(value) == 'number' and value % 1 == 0 and value >= low, '%s must be a whole number of %d or more, got %s',
         key, low, tostring(value))
   end
end

--- group of a script's options -> {key = what it means}; see options/group.lua.
values.meanings = setmetatable({}, {__mode = 'k'})

--- What each option means, by flat key, as far as the groups of a script say.
---@param defaults table
---@return table<string, string>
function values.meanings_of(defaults)
   local flat = {}
   for key, about in pairs(values.meanings[defaults] or {}) do flat[key] = about end
   for name, group in pairs(defaults) do
      for key, about in pairs(type(group) == 'table' and values.meanings[group] or {}) do flat[name .. '.' .. key] = about end
   end
   return flat
end

return values
