--- help/public.lua: the public names, found by looking: what is in the table `hilo` and in the tables below it, the methods of tensors,
--- and the methods of the objects that public functions return.
local checked = require 'hilo.checked'
local sorted_keys = require 'hilo.keys'

---@class PublicName
---@field name string 'conv2d', 'nn.Linear', 'Tensor:add', as it is looked up
---@field key string its last part
---@field owner string what it is in: '', 'nn', 'Tensor'
---@field kind 'function'|'class'|'module'|'value'
---@field value any nil for methods of objects, which are found in the source
---@field defined Defined? where that is known already
---@field parent table? the class that nn's class extends
---@field path string? of a module's file

local modules -- loaded table -> name

local function module_name(value) return modules[value] end

local function is_class(value) return rawget(value, '__index') == value end

local function is_data(value)
   return type(value) ~= 'table' or not getmetatable(value) and not module_name(value) and not is_class(value)
end

local walk

local function walk_class(list, name, class)
   local parent = getmetatable(class)
   parent = parent and type(parent.__index) == 'table' and parent.__index or nil
   list[#list + 1] = {name = name, key = name:match('[%w_]+$'), owner = name:match('^(.*)%.[%w_]+$') or '', kind = 'class',
      value = class, parent = parent, path = module_name(class)}
   for _, key in ipairs(sorted_keys(class)) do
      local value = class[key]
      if type(key) == 'string' and key:sub(1, 1) ~= '_' and type(value) == 'function' then
         list[#list + 1] = {name = name .. ':' .. key, key = key, owner = name, kind = 'function', value = value, parent = parent}
      end
   end
end

local function entry_of(list, seen, owner, key, value)
   local name = owner == '' and key or owner .. '.' .. key
   local item = {name = name, key = key, owner = owner, value = value}
   if type(value) == 'function' then
      item.kind = 'function'
      list[#list + 1] = item
   elseif type(value) == 'table' and not is_data(value) and not seen[value] then
      seen[value] = true
      if is_class(value) then return walk_class(list, name, value) end
      item.kind, item.path = module_name(value) and 'module' or 'value', module_name(value)
      list[#list + 1] = item
      if item.path then walk(list, seen, name, value) end
   end
end

function walk(list, seen, owner, t)
   for _, key in ipairs(sorted_keys(t)) do
      if type(key) == 'string' and key:sub(1, 1) ~= '_' then entry_of(list, seen, owner, key, t[key]) end
   end
end

-- What is to hand at the prompt besides hilo, nn, optim and plot: the module and the function in it.
local at_prompt = {open = {'hilo.prompt.run', 'open'}, show = {'hilo.prompt.show', 'show'}, summary = {'hilo.prompt.summary', 'print'}}

local function walk_prompt(list)
   for _, name in ipairs(sorted_keys(at_prompt)) do
      local module, key = unpack(at_prompt[name])
      list[#list + 1] = {name = 'prompt.' .. name, key = name, owner = 'prompt', kind = 'function', value = require(module)[key]}
   end
end

--- Everything that `hilo` holds, and what the prompt adds to it; loads the parts.
---@return PublicName[]
return function()
   local hilo, Tensor = require 'hilo', require 'hilo.tensor'
   for part in pairs(getmetatable(hilo).parts) do local _ = hilo[part] end
   modules = {}
   for name, value in pairs(package.loaded) do
      if type(value) == 'table' and name:match('^hilo') then modules[value] = name end
   end
   local list = {{name = 'hilo', key = 'hilo', owner = '', kind = 'module', value = hilo, path = 'hilo'}}
   walk(list, {[hilo] = true, [hilo.Tensor] = true}, '', hilo)
   walk_prompt(list)
   list[#list + 1] = {name = 'Tensor', key = 'Tensor', owner = '', kind = 'class', value = Tensor}
   for _, key in ipairs(sorted_keys(Tensor.methods)) do
      if key:sub(1, 1) ~= '_' then
         list[#list + 1] = {name = 'Tensor:' .. key, key = key, owner = 'Tensor', kind = 'function', value = Tensor.methods[key]}
      end
   end
   for _, item in ipairs(list) do item.value = checked.inside(item.value) end
   return list
end
