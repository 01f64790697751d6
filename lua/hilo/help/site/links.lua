--- help/site/links.lua: where on the pages a name is told about.
local entries = require 'hilo.help.entries'
local pages = require 'hilo.help.pages'

local links = {}

-- The page of the reference that holds an entry.
local function group_of(entry)
   local first = entry.name:match('^([%w_]+)[.:]')
   if first == 'Tensor' or entry.name == 'Tensor' then return 'Tensor' end
   if entry.returned or first and first:match('^%u') then return 'objects' end
   if entry.kind == 'module' and entry.owner == '' and entry.name ~= 'hilo' then return entry.name end
   return first or 'hilo'
end

--- Groups of entries that a page of the reference holds each.
---@return {name: string, entries: Entry[]}[]
function links.groups()
   local by_name, list = {}, {}
   for _, entry in ipairs(entries.all()) do
      local name = group_of(entry)
      if not by_name[name] then
         by_name[name] = {name = name, entries = {}}
         list[#list + 1] = by_name[name]
      end
      table.insert(by_name[name].entries, entry)
   end
   local places = {hilo = 1, Tensor = 2, prompt = 4, objects = 5}
   local function place(name) return places[name] or 3 end
   table.sort(list, function(a, b)
      local x, y = place(a.name), place(b.name)
      return x < y or x == y and a.name < b.name
   end)
   return list
end

local function id_of(name) return (name:gsub(':', '.')) end
links.id = id_of

--- The address of an entry, relative to the folder of the pages.
---@param entry Entry
---@return string
function links.of_entry(entry) return ('ref-%s.html#%s'):format(group_of(entry), id_of(entry.name)) end

--- The address that a piece of code in a text leads to; nil where it is no name of ours.
---@param code string 'hilo.conv2d', 'nn.Linear', 'tensors'
---@return string?
function links.of_code(code)
   if pages.find(code) then return code .. '.html' end
   local name = code:gsub('%b()$', ''):gsub('^hilo[.:]', '')
   local entry = entries.named(name) or entries.named((name:gsub('^(%u[%w]*)%.', '%1:')))
   return entry and links.of_entry(entry)
end

return links
