--- help/meant.lua: what somebody may have meant by a name that hilo does not have: what PyTorch calls so, or what looks like it.
local nearest = require 'hilo.nearest'

local function last_part(name) return name:match '[%w_]+$' end

-- The key in a table of the manual, '' for hilo itself; nil where nothing is near. What is indexed is no function.
local function key_near(owner, wanted, indexed)
   local keys = {}
   for _, entry in ipairs(require 'hilo.help.entries'.all()) do
      if entry.owner == owner and not entry.returned and not (indexed and entry.kind == 'function') then
         keys[#keys + 1] = entry.key
         keys[entry.key] = true
      end
   end
   for _, row in ipairs(require 'hilo.help.other_names'.rows()) do
      local key = last_part(row.ours)
      local is_here = row.ours == (owner == '' and key or owner .. '.' .. key)
      if is_here and keys[key] and row.pytorch and last_part(row.pytorch) == wanted then return key end
   end
   local key, apart = nearest(wanted, keys)
   return key and apart <= math.max(1, #wanted / 3) and key or nil
end

--- A hint for an error about a field that is nil.
---@param message any the error
---@param code string? the line that it is about, or more than that
---@return string? '; did you mean hilo.Tensor?'
return function(message, code)
   local does, wanted = tostring(message):match "attempt to (%a+) field '([%w_]+)' %(a nil value%)$"
   local path = wanted and code and code:match('([%a_][%w_.]*)%.' .. wanted .. '%f[^%w_]')
   local owner = path and (path .. '.'):match '^hilo%.(.*)$' or (path == 'nn' or path == 'optim') and path .. '.'
   local key = owner and key_near(owner:sub(1, -2), wanted, does == 'index')
   return key and ('; did you mean %s.%s?'):format(path, key) or nil
end
