--- hilo.help: what the comments in hilo's source say of a name, a function or an object; search by words; pages on concepts.
---
---     print(hilo.help.show 'nn.SpatialConvolution')
---     print(hilo.help.show(hilo.resize))
---     print(hilo.help.search 'void pixels')
local core = require 'hilo.core'
local body = require 'hilo.help.body'
local comments = require 'hilo.help.comments'
local entries = require 'hilo.help.entries'
local find = require 'hilo.help.find'
local pages = require 'hilo.help.pages'
local search = require 'hilo.help.search'
local text = require 'hilo.help.text'
local types = require 'hilo.help.types'
local index = require 'hilo.help.index'

---@class hilo.help
local help = {}

local function columns()
   local terminal = core.host.hl_host_terminal_width(1) -- 0 where stdout is none
   return terminal > 0 and math.min(math.max(terminal, 40), 100) or 100
end

--- What a name or an object is: signature, parameters, results, errors, example, place in the source; or a page on a topic. Names are
--- written as in a script, with or without `hilo.`: 'hilo.conv2d', 'nn.Linear', 'Tensor:add', 'add'.
---@param topic any a name, a topic, a function, a module, a tensor, an object
---@param width? integer columns of the text; 100, or the terminal's where that has fewer
---@return string text; of a name that nobody knows, those that are near to it
function help.show(topic, width)
   width = width or columns()
   local page = type(topic) == 'string' and pages.find(topic)
   if page then return page.text end
   local found, near = find.entry(topic)
   if found then return text.of_entry(found, width) end
   if type(topic) ~= 'string' then return ('a %s, of which no comment tells'):format(type(topic)) end
   if #near == 0 then return ("nothing is called '%s'; `? word` searches the texts"):format(topic) end
   local lines = {("nothing is called '%s'; near to it are"):format(topic)}
   for i = 1, math.min(#near, 12) do lines[#lines + 1] = '  ' .. text.signature(near[i]) end
   return table.concat(lines, '\n')
end

--- The source of a name or an object, with the comment above it.
---@param topic any as for show
---@return string? source nil where there is none
---@return string? place 'path:line'
function help.source(topic)
   local entry = find.entry(topic)
   if not entry or not entry.line then return nil end
   local line = entry.declared and body.line_that_makes(entry.file, entry.key) or entry.line
   local source, first = body.of(entry.file, line, entry.kind == 'class' or entry.kind == 'module')
   return source, ('%s:%d'):format(entry.file, first)
end

--- The names and pages whose texts hold all of the words, best first, a line each; where nothing does, those that hold most of them.
---@param words string
---@param limit? integer lines, 20
---@return string
function help.search(words, limit)
   local found, missing = search.find(words)
   if #found == 0 then return ("nothing is told of '%s'"):format(words) end
   local lines = {}
   if missing > 0 then lines[1] = ('nothing holds all of these words; all but %s are in'):format(missing == 1 and 'one' or missing) end
   for i = 1, math.min(#found, limit or 20) do lines[#lines + 1] = search.line(found[i]) end
   if #found > (limit or 20) then lines[#lines + 1] = ('and %d more'):format(#found - (limit or 20)) end
   return table.concat(lines, '\n')
end

--- What can be asked for: the pages, and the public names.
---@return string[] names in the order of their names, pages first
function help.topics()
   local list = {}
   for _, page in ipairs(pages.all()) do list[#list + 1] = page.name end
   for _, entry in ipairs(entries.all()) do list[#list + 1] = entry.name end
   return list
end

-- The options of a parameter's type: of a table as written, or the fields of a class that has no methods.
local function options_of(kind, names)
   local fields = types.fields(kind)
   if not fields then
      local class = index().classes[kind:match('^([%w_]+)%??$') or '']
      fields = class and not class.variable and comments.read(class.block).fields or {}
   end
   for _, field in ipairs(fields) do names[#names + 1] = field.name end
end

-- Options that the prose lists: names, two blanks or more, what they are.
local function listed_options(prose, names)
   for line in prose:gmatch('[^\n]+') do
      local list = line:match('^  ([%a_][%w_, ]-)%s%s+%S')
      for name in (list or ''):gmatch('[%w_]+') do names[#names + 1] = name end
   end
end

--- The names of the options that a function takes in a table.
---@param topic function|string|table
---@return string[] names in the order in which the comment names them; none where it takes none
function help.option_names(topic)
   local entry, names = find.entry(topic), {}
   if not entry then return names end
   if entry.kind == 'module' then listed_options(entries.text(entry), names) end
   for _, parameter in ipairs(entry.parameters) do
      options_of(parameter.type, names)
      if parameter.type == 'table' then
         listed_options(entries.text(entry), names)
         local owner = entries.named(entry.owner)
         if #names == 0 and owner then listed_options(entries.text(owner), names) end
      end
   end
   return names
end

--- The public names and what is told of them.
---@return Entry[] list in the order of their names
function help.entries() return entries.all() end

return help
