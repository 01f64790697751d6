--- help/index.lua: what the source files of hilo define, by line, by name and by class; read when first asked for.
local comments = require 'hilo.help.comments'
local read_file = require 'hilo.help.reader'
local sources = require 'hilo.help.sources'

---@class SourceIndex
---@field root string the folder that holds hilo/
---@field files table<string, SourceFile> by path
---@field by_name table<string, Defined[]> by the last part of the name
---@field classes table<string, Defined>
---@field same_named table<string, Defined[]> classes of one name in several files
---@field modules table<string, Defined> classes of nn and optim by their names, 'nn.Linear'
---@field aliases table<string, string> types by name
---@field fields table<string, Defined[]> the classes that declare a field, by its name

local index

local function enter(defined)
   for _, name in ipairs(defined.names) do
      local last = name:match('([%w_]+)$')
      if last then
         index.by_name[last] = index.by_name[last] or {}
         table.insert(index.by_name[last], defined)
      end
   end
   local class = defined.class
   if not class then return end
   if class:match('^%l%w*%.') then
      index.modules[class] = index.modules[class] or defined
   else
      index.classes[class] = index.classes[class] or defined
      index.same_named[class] = index.same_named[class] or {}
      table.insert(index.same_named[class], defined)
   end
end

local function enter_declared(file)
   for _, defined in ipairs(file.list) do
      for _, line in ipairs(defined.block or {}) do
         local field = line:match('^@field%s+([%w_]+)')
         if field then
            index.fields[field] = index.fields[field] or {}
            table.insert(index.fields[field], defined)
         elseif line:sub(1, 6) == '@alias' then
            for name, kind in pairs(comments.read(defined.block).aliases) do index.aliases[name] = kind end
         end
      end
   end
end

--- The index of the files that `require 'hilo'` reads from.
---@return SourceIndex
return function()
   if index then return index end
   local paths, root = sources()
   index = {root = root:match('^(.*)/hilo$') or '.', files = {}, by_name = {}, classes = {}, modules = {}, aliases = {}, fields = {},
      same_named = {}}
   for _, path in ipairs(paths) do
      local file = read_file(path)
      index.files[path] = file
      for _, defined in ipairs(file.list) do enter(defined) end
      enter_declared(file)
   end
   return index
end
