--- help/entries.lua: public names with what their comments say of them.
local comments = require 'hilo.help.comments'
local read_file = require 'hilo.help.reader'
local public_names = require 'hilo.help.public'
local source_index = require 'hilo.help.index'
local types = require 'hilo.help.types'

local entries = {}

---@class Entry
---@field name string as it is looked up: 'conv2d', 'nn.Linear', 'Tensor:add', 'Loader:next'
---@field key string its last part
---@field owner string what it is in; '' for what is in hilo itself
---@field kind 'function'|'class'|'module'|'value'
---@field value any
---@field comment Comment? nil where there is none
---@field parameters Described[]
---@field results Described[]
---@field fields Described[]
---@field more string? what the constructor's comment adds to that of its class
---@field written string? the parameters as the source has them
---@field file string? path of the source
---@field line integer?
---@field declared boolean? it is a field of a class there: what makes it is elsewhere in the file
---@field same_as string? the name under which the same function is told about
---@field other_names string[] further names of the same function

local function is_op_wrapper(path) return path:match('/hilo/autograd%.lua$') ~= nil end

-- What a parameter's or value's type says where the annotation has no @param of its own.
local function from_type(entry, kind)
   kind = source_index().aliases[kind] or kind
   local parameters, results = types.fun(kind)
   if not parameters then return end
   if parameters[1] and parameters[1].name == 'self' then table.remove(parameters, 1) end
   for i, p in ipairs(parameters) do entry.parameters[i] = {name = p.name, type = p.type, text = '', optional = p.optional} end
   for i, r in ipairs(results) do entry.results[i] = {name = '', type = r, text = ''} end
end

-- Parameters in the order in which the function takes them.
local function in_order(described, written)
   if not written then return described end
   local place, list = {}, {}
   local n = 0
   for name in written:gmatch('[%w_.]+') do
      n = n + 1
      place[name] = n
   end
   for i, one in ipairs(described) do list[i] = one end
   table.sort(list, function(a, b)
      local x, y = place[a.name] or n + 1, place[b.name] or n + 1
      return x < y
   end)
   return list
end

local function apply(entry, defined, comment)
   entry.comment = comment
   entry.file, entry.line = defined.file, defined.line
   entry.written = defined.parameters
   entry.parameters, entry.results, entry.fields = in_order(comment.parameters, defined.parameters), comment.results, comment.fields
   if comment.type and #comment.parameters == 0 then
      entry.parameters, entry.results = {}, {}
      from_type(entry, comment.type)
   end
end

local function apply_field(entry, defined, field)
   entry.comment = {text = field.text, examples = {}, parameters = {}, results = {}, fields = {}, extends = {}, aliases = {},
      type = field.type}
   entry.parameters, entry.results, entry.fields = {}, {}, {}
   entry.file, entry.declared = defined.file, true
   for i, line in ipairs(defined.block) do
      if line:match('^@field%s+' .. entry.key .. '%f[^%w_]') then entry.line = defined.line - #defined.block + i - 1 end
   end
   from_type(entry, field.type)
end

-- The definitions of a name in one file, or in those of the ops.
local function candidates(key, path)
   local index, list = source_index(), {}
   for _, defined in ipairs(index.by_name[key] or {}) do
      if defined.block and (defined.file == path or is_op_wrapper(path) and defined.file:match('/hilo/ops/')) then
         list[#list + 1] = defined
      end
   end
   return list
end

local function declared_field(entry, key, path)
   for _, defined in ipairs(source_index().fields[key] or {}) do
      if defined.file == path or is_op_wrapper(path) and defined.file:match('/hilo/ops/') then
         for _, field in ipairs(comments.read(defined.block).fields) do
            if field.name == key then return apply_field(entry, defined, field) end
         end
      end
   end
end

local function place(f)
   local info = debug.getinfo(f, 'S')
   return info.source:match('^@(.*)$'), info.linedefined
end

local function describe_function(entry, item)
   local path, line = place(item.value)
   if not path then return end
   entry.file, entry.line = path, line
   local source = source_index().files[path] or read_file(path)
   local defined = source.by_line[line]
   if defined and defined.block then return apply(entry, defined, comments.read(defined.block)) end
   if defined then
      entry.written = defined.parameters
      return
   end
   local found = candidates(item.key, path)[1]
   if found then return apply(entry, found, comments.read(found.block)) end
   declared_field(entry, item.key, path)
end

local function constructor_of(class)
   local init = class and class.__init
   if not init then return nil end
   local path, line = place(init)
   local source = path and source_index().files[path]
   return source and source.by_line[line]
end

local function class_of_file(path)
   local source = path and source_index().files[path]
   for _, defined in ipairs(source and source.list or {}) do
      if defined.class and defined.variable and defined.block then return defined end
   end
   return nil
end

local function file_of_module(name)
   if not name then return nil end
   local root = source_index().root .. '/' .. name:gsub('%.', '/')
   local files = source_index().files
   return files[root .. '.lua'] and root .. '.lua' or files[root .. '/init.lua'] and root .. '/init.lua' or nil
end

local function describe_class(entry, item)
   local index = source_index()
   local typename = rawget(item.value, '__typename')
   local defined = typename and index.modules[typename]
   if not typename then defined = item.name == 'Tensor' and index.classes.Tensor or class_of_file(file_of_module(item.path)) end
   if not defined then return end
   entry.file, entry.line, entry.class = defined.file, defined.line, defined.class
   if defined.block then apply(entry, defined, comments.read(defined.block)) end
   local init = typename and constructor_of(item.value)
   if init then
      entry.written = init.parameters
      if init.block then
         local comment = comments.read(init.block)
         entry.parameters = in_order(comment.parameters, init.parameters)
         if comment.text ~= '' then entry.more = comment.text end
      end
   end
end

local function describe_module(entry, item)
   local path = file_of_module(item.path)
   entry.file, entry.line = path, 1
   local head = path and source_index().files[path].head
   if not head then return end
   entry.comment = comments.read(head)
end

local function describe_value(entry, item)
   local owner = item.owner == '' and 'init' or item.owner:gsub('%.', '/')
   for _, defined in ipairs(source_index().by_name[item.key] or {}) do
      if defined.block and (defined.file:match('/hilo/' .. owner) or defined.file:match('/hilo/ops/')) then
         return apply(entry, defined, comments.read(defined.block))
      end
   end
   declared_field(entry, item.key, source_index().root .. '/hilo/init.lua')
end

local describers = {['function'] = describe_function, class = describe_class, module = describe_module, value = describe_value}

-- 'Log.open' where the source says so: it is no method.
local function as_written(entry)
   local source = entry.file and source_index().files[entry.file]
   local defined = source and source.by_line[entry.line]
   local name = defined and defined.names[1]
   if name and name:match('^[%w_]+%.' .. entry.key .. '$') then entry.name = entry.owner .. '.' .. entry.key end
end

-- At the prompt the session is given by itself.
local function without_session(entry)
   local list = {}
   for _, parameter in ipairs(entry.parameters) do if parameter.name ~= 'session' then list[#list + 1] = parameter end end
   entry.parameters, entry.written = list, entry.written and entry.written:gsub('^session, ', '')
end

local function new(item)
   local entry = {name = item.name, key = item.key, owner = item.owner, kind = item.kind, value = item.value, parameters = {},
      results = {}, fields = {}, other_names = {}, parent = item.parent}
   describers[item.kind](entry, item)
   if item.owner == 'prompt' then without_session(entry) end
   if item.parent == nil and item.name:find(':', 1, true) and item.owner ~= 'Tensor' then as_written(entry) end
   return entry
end

-- A method that replaces its parent's and says no more than that is the parent's.
local function is_inherited(item, entry)
   if entry.comment or not item.parent then return false end
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

-- ---- objects that functions return ----

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
   local entry = {name = class, key = class, owner = '', kind = 'class', parameters = {}, results = {}, fields = {},
      other_names = {}, class = class, returned = true}
   apply(entry, defined, comments.read(defined.block))
   list[#list + 1] = entry
   local pattern = '^' .. defined.variable .. '([.:])([%w_]+)$'
   for _, method in ipairs(index.files[defined.file].list) do
      local mark, key = (method.names[1] or ''):match(pattern)
      if mark and key:sub(1, 1) ~= '_' and method.parameters then
         local one = {name = class .. mark .. key, key = key, owner = class, kind = 'function', parameters = {}, results = {},
            fields = {}, other_names = {}, file = method.file, line = method.line, written = method.parameters}
         if method.block then apply(one, method, comments.read(method.block)) end
         list[#list + 1] = one
      end
   end
end

local function add_returned(list)
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

local by_name, list

local function build()
   list, by_name = {}, {}
   local all = {}
   for _, item in ipairs(public_names()) do
      local entry = new(item)
      if not is_inherited(item, entry) then all[#all + 1] = entry end
   end
   same_functions(all)
   add_returned(all)
   for _, entry in ipairs(all) do
      if not (entry.comment and entry.comment.private) and not by_name[entry.name] then
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

--- The prose of an entry, in which '\1n' stands for its example n.
---@param entry Entry
---@return string
function entries.text(entry)
   local comment = told_in(entry)
   local text = comment and comment.text or ''
   if entry.kind == 'module' or comment ~= entry.comment then text = without_path(text) end
   if entry.kind == 'class' then text = text:gsub('^nn%.[%w]+(%b()): ', '') end
   if entry.more then text = text == '' and entry.more or text .. '\n\n' .. entry.more end
   return text
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
   return new {name = name, key = name, owner = '', kind = 'function', value = f}
end

return entries
