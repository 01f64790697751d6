--- help/description.lua: an entry of the manual: a public name, with what the comment in the source says of it.
local checked = require 'hilo.checked'
local comments = require 'hilo.help.comments'
local read_file = require 'hilo.help.reader'
local source_index = require 'hilo.help.index'
local types = require 'hilo.help.types'

local description = {}

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

-- Takes over what a comment says; `defined` is where it stands.
function description.apply(entry, defined, comment)
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
      overloads = {}, type = field.type}
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
   if defined and defined.block then return description.apply(entry, defined, comments.read(defined.block)) end
   if defined then
      entry.written = defined.parameters
      return
   end
   local found = candidates(item.key, path)[1]
   if found then return description.apply(entry, found, comments.read(found.block)) end
   declared_field(entry, item.key, path)
end

local function constructor_of(class)
   local init = class and checked.inside(class.__init)
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
   if defined.block then description.apply(entry, defined, comments.read(defined.block)) end
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
         return description.apply(entry, defined, comments.read(defined.block))
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

-- An entry of which nothing is known yet.
function description.empty(entry)
   for _, key in ipairs {'parameters', 'results', 'fields', 'other_names'} do entry[key] = {} end
   return entry
end

-- What the source says of a public name.
function description.of(item)
   local entry = description.empty {name = item.name, key = item.key, owner = item.owner, kind = item.kind, value = item.value,
      parent = item.parent}
   describers[item.kind](entry, item)
   if item.owner == 'prompt' then without_session(entry) end
   if item.parent == nil and item.name:find(':', 1, true) and item.owner ~= 'Tensor' then as_written(entry) end
   return entry
end

return description
