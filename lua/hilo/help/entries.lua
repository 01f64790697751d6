--- help/entries.lua: public names with what their comments say of them.
local add_returned = require 'hilo.help.returned'
local comments = require 'hilo.help.comments'
local description = require 'hilo.help.description'
local public_names = require 'hilo.help.public'
local source_index = require 'hilo.help.index'

local entries = {}

-- A method that replaces its parent's and says no more than that is the parent's.
local function is_inherited(item, entry)
   if entry.comment and (entry.comment.text ~= '' or #entry.results > 0) or not item.parent then return false end
   return item.parent[item.key] ~= nil
end

local function same_functions(list)
   local told = {}
   for _, entry in ipairs(list) do
      if entry.kind == 'function' and entry.comment and not told[entry.value] then told[entry.value] = entry end
   end
   for _, entry in ipairs(list) do
      local first = told[entry.value]
      if entry.kind == 'function' and first and first ~= entry then
         table.insert(first.other_names, entry.name)
         if not entry.comment or entry.comment == first.comment or entry.line == first.line and entry.file == first.file then
            entry.same_as = first.name
            for _, key in ipairs {'comment', 'parameters', 'results', 'fields', 'written', 'file', 'line'} do
               entry[key] = first[key]
            end
         end
      end
   end
end

local by_name, list

local function build()
   list, by_name = {}, {}
   local all = {}
   for _, item in ipairs(public_names()) do
      local entry = description.of(item)
      if not is_inherited(item, entry) then all[#all + 1] = entry end
   end
   same_functions(all)
   add_returned(all)
   for _, entry in ipairs(all) do
      if not (entry.comment and entry.comment.hidden) and not by_name[entry.name] then
         list[#list + 1] = entry
         by_name[entry.name] = entry
      end
   end
   table.sort(list, function(a, b) return a.name < b.name end)
end

local function without_path(text) return (text:gsub('^[%w_/.]+: ', '')) end

-- The comment that an entry's prose is taken from; that of its file where a class has none of its own.
local function told_in(entry)
   local comment = entry.comment
   if entry.kind == 'class' and comment and comment.text == '' and not entry.more then
      local source = source_index().files[entry.file]
      comment = source and source.head and comments.read(source.head) or comment
   end
   return comment
end

-- A sentence begins with a capital, but where it is a formula or Lua.
local function capitalised(text)
   local word, rest = text:match('^(%l[%a-]+)(.*)$')
   local prose = word and (rest:match('^[ ,;]') or rest:match('^[.:]%s') or rest:match('^[.:]?$'))
   if not prose or word == 'for' or rest:match('^ [=*?<+/%-]') then return text end
   return word:sub(1, 1):upper() .. word:sub(2) .. rest
end

--- The prose of an entry, in which '\1n' stands for its example n.
---@param entry Entry
---@return string
function entries.text(entry)
   local comment = told_in(entry)
   local text = comment and comment.text or ''
   if entry.kind == 'module' or comment ~= entry.comment then text = without_path(text) end
   if entry.kind == 'class' then text = text:gsub('^%l+%.%w+(%b()): ', '') end
   if entry.more then text = text == '' and entry.more or text .. '\n\n' .. entry.more end
   return capitalised(text)
end

--- The examples of an entry: Lua code.
---@param entry Entry
---@return string[]
function entries.examples(entry)
   local comment = told_in(entry)
   return comment and comment.examples or {}
end

--- All public names, in the order of their names.
---@return Entry[]
function entries.all()
   if not list then build() end
   return list
end

--- The entry of a name as it is looked up.
---@param name string
---@return Entry?
function entries.named(name)
   if not list then build() end
   return by_name[name]
end

--- The entry of a function of somebody's own.
---@param f function
---@param name string
---@return Entry
function entries.of_function(f, name)
   return description.of {name = name, key = name, owner = '', kind = 'function', value = f}
end

return entries
