--- help/meant.lua: what somebody may have meant by a name that hilo does not have: what PyTorch calls so, or what looks like it.
local distance = require 'hilo.distance'
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

local has_methods = {Tensor = true, ['nn.Module'] = true, ['nn.Container'] = true, Optimiser = true}

local function plain(name) return (name:lower():gsub('_', '')) end

-- Methods, of whatever object: those that PyTorch calls so, or that differ by capitals and strokes, or else by one letter.
local function methods_near(wanted)
   local found = {}
   local function add(name, fits)
      if fits and not found[name] then found[#found + 1], found[name] = name, true end
   end
   local function add_methods(fits)
      for _, entry in ipairs(require 'hilo.help.entries'.all()) do
         add(entry.name, has_methods[entry.owner] and entry.kind == 'function' and fits(entry.key))
      end
   end
   for _, row in ipairs(require 'hilo.help.other_names'.rows()) do
      local theirs = row.pytorch and last_part(row.pytorch)
      add(row.ours, row.ours:find(':', 1, true) and (theirs == wanted or theirs == wanted .. '_'))
   end
   add_methods(function(key) return plain(key) == plain(wanted) end)
   if #found == 0 and #wanted > 3 then add_methods(function(key) return distance(key, wanted) == 1 end) end
   return found
end

--- A hint for an error about a field or a method that is nil.
---@param message any the error
---@param code string? the line that it is about, or more than that
---@return string? '; did you mean hilo.Tensor?'
return function(message, code)
   local method = tostring(message):match "attempt to call method '([%w_]+)' %(a %a+ value%)$"
   local methods = method and methods_near(method) or {}
   if #methods > 0 then return ('; did you mean %s?'):format(table.concat(methods, ' or ')) end
   local does, wanted = tostring(message):match "attempt to (%a+) field '([%w_]+)' %(a nil value%)$"
   local path = wanted and code and code:match('([%a_][%w_.]*)%.' .. wanted .. '%f[^%w_]')
   local owner = path and (path .. '.'):match '^hilo%.(.*)$' or (path == 'nn' or path == 'optim') and path .. '.'
   local key = owner and key_near(owner:sub(1, -2), wanted, does == 'index')
   return key and ('; did you mean %s.%s?'):format(path, key) or nil
end
