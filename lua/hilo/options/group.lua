--- options/group.lua: groups of options that many scripts have, such as `data`.
local core = require 'hilo.core'
local nearest = require 'hilo.nearest'
local values = require 'hilo.options.values'

--- A group's defaults, changed by those that one script gives; `script.lua help` tells what each means.
---@param name string of the group, for messages
---@param list {[1]: string, [2]: any, [3]: string?}[] key, default, what it means; a group within has its own meanings
---@param given? table<string, any> this script's
---@param of_some? {[1]: string, [2]: any, [3]: string}[] options that a script has only where it names them
---@return table
return function(name, list, given, of_some)
   local out, about, known, is_known = {}, {}, {}, {}
   local function take(option)
      local key, default = option[1], option[2]
      known[#known + 1], about[key], is_known[key] = key, option[3], true
      local value = given and given[key]
      if value == nil then return default end
      core.check(type(value) == type(default), '%s.%s is %s, got %s', name, key, values.kind_of(default), values.text_of(value))
      return value
   end
   for _, option in ipairs(list) do out[option[1]] = take(option) end
   for _, option in ipairs(of_some or {}) do
      local value = take(option)
      if given and given[option[1]] ~= nil then out[option[1]] = value end
   end
   for key in pairs(given or {}) do
      if not is_known[key] then
         core.raise(("%s: there is no option '%s'; did you mean '%s'? (%s)"):format(name, tostring(key),
            nearest(tostring(key), known), table.concat(known, ', ')))
      end
   end
   values.meanings[out] = about
   return out
end
