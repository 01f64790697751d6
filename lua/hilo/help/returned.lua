--- help/returned.lua: objects that functions return: classes of which only the types in comments tell.
local comments = require 'hilo.help.comments'
local description = require 'hilo.help.description'
local source_index = require 'hilo.help.index'

local function classes_in(kind, found)
   for name in kind:gmatch('%f[%w_][%u][%w_]*') do found[name] = true end
end

-- The class of that name that is nearest to a file: in its folder, where several have the name.
local function class_near(class, path)
   local folder = path and path:match('^(.*)/')
   for _, defined in ipairs(source_index().same_named[class] or {}) do
      if defined.file:match('^(.*)/') == folder then return defined end
   end
   return source_index().classes[class]
end

local function methods_of(class, list, path)
   local index = source_index()
   local defined = class_near(class, path)
   if not defined or not defined.variable then return end
   local entry = description.empty {name = class, key = class, owner = '', kind = 'class', class = class, returned = true}
   description.apply(entry, defined, comments.read(defined.block))
   list[#list + 1] = entry
   local pattern = '^' .. defined.variable .. '([.:])([%w_]+)$'
   for _, method in ipairs(index.files[defined.file].list) do
      local mark, key = (method.names[1] or ''):match(pattern)
      if mark and key:sub(1, 1) ~= '_' and method.parameters then
         local one = description.empty {name = class .. mark .. key, key = key, owner = class, kind = 'function', file = method.file,
            line = method.line, written = method.parameters}
         if method.block then description.apply(one, method, comments.read(method.block)) end
         list[#list + 1] = one
      end
   end
end

--- Adds the classes that functions of the list return, and their methods.
---@param list Entry[]
return function(list)
   local known, i = {}, 1
   for _, entry in ipairs(list) do if entry.kind == 'class' then known[entry.class or entry.name] = true end end
   while i <= #list do
      local found = {}
      for _, result in ipairs(list[i].results) do classes_in(result.type, found) end
      for class in pairs(found) do
         if not known[class] then
            known[class] = true
            methods_of(class, list, list[i].file)
         end
      end
      i = i + 1
   end
end
