--- predict/words.lua: what is typed after `hilo predict`, `hilo pack` and `hilo evaluate`: names, and options as key=value.
local folder = require 'hilo.data.folder'
local options_of = require 'hilo.train.options'
local core = require 'hilo.core'

--- The names and the options among the words. A word that is a file or a folder is a name, though it may hold '='.
---@param words string[]
---@param defaults table<string, string|number|boolean|table> by key; an option has the type of its default
---@param open? string a group, 'data.', of which any key is taken, as text
---@return string[] names
---@return table options the defaults, changed
---@return table<string, string|number|boolean|table> given
return function(words, defaults, open)
   local flat, keys = options_of.flatten(defaults)
   local names, given, o = {}, {}, {}
   for key, value in pairs(defaults) do o[key] = value end
   for _, word in ipairs(words) do
      local key, text = word:match('^%-*([%a][%w_.]*)=(.*)$')
      if not key or folder.is_file(word) or folder.is_folder(word) then
         names[#names + 1] = word
      elseif open and key:sub(1, #open) == open then
         given[key] = text
      else
         if flat[key] == nil then options_of.unknown(key, keys) end
         local value = options_of.parse(text, flat[key])
         core.check(value ~= nil, "option %s expects %s, as in %s=%s; got '%s'", key, options_of.kind_of(flat[key]), key,
            options_of.text_of(flat[key]), text)
         o[key], given[key] = value, value
      end
   end
   return names, o, given
end
