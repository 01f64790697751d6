--- help/annotations.lua: the public names as one file of annotations, for language servers: names that are made in loops, and the
--- parts that load when they are first used, cannot be seen in the source without running it.
local entries = require 'hilo.help.entries'
local help = require 'hilo.help'
local Tensor = require 'hilo.tensor'

-- The variable that stands for what holds a name.
local function variable(owner)
   if owner == '' then return 'hilo' end
   local first = owner:match('^[%w_]+')
   return (first == 'nn' or first == 'optim' or first:match('^%u')) and owner or 'hilo.' .. owner
end

local function comment_lines(out, text)
   for line in (text:gsub('\1%d+', '') .. '\n'):gmatch('([^\n]*)\n') do out[#out + 1] = '--- ' .. line end
end

local keywords = {}
for word in ('and break do else elseif end false for function if in local nil not or repeat return then true until while goto')
   :gmatch('%a+') do
   keywords[word] = true
end

local function parameters_of(entry)
   local names = {}
   if entry.written and entry.written ~= '' then
      for name in entry.written:gmatch('[%w_.]+') do names[#names + 1] = name end
   else
      for i, parameter in ipairs(entry.parameters) do names[i] = parameter.name end
   end
   if names[1] == 'self' then table.remove(names, 1) end
   return names
end

-- The options that only prose names are fields of the table.
local function type_of(entry, parameter)
   if parameter.type ~= 'table' then return parameter.type end
   local fields = {}
   for i, name in ipairs(help.option_names(entry.name)) do fields[i] = ('%s: any?'):format(name) end
   return #fields > 0 and ('{ %s }'):format(table.concat(fields, ', ')) or 'table'
end

local function described(out, entry)
   for _, overload in ipairs(entry.comment and entry.comment.overloads or {}) do out[#out + 1] = '---@overload ' .. overload end
   for _, p in ipairs(entry.parameters) do
      local mark = p.optional and p.name ~= '...' and '?' or ''
      if p.name ~= 'self' then out[#out + 1] = ('---@param %s%s %s %s'):format(p.name, mark, type_of(entry, p), p.text) end
   end
   for _, r in ipairs(entry.results) do out[#out + 1] = ('---@return %s %s %s'):format(r.type, r.name, r.text) end
end

local function function_lines(out, entry)
   comment_lines(out, entries.text(entry))
   described(out, entry)
   local owner, mark = entry.owner, entry.name:match('([.:])[%w_]+$')
   local names = parameters_of(entry)
   if keywords[entry.key] then return end
   -- a pure function that is a method too takes the tensor as self
   if owner == 'Tensor' and entry.same_as and not entry.same_as:match('^Tensor') then table.remove(names, 1) end
   local holder = owner == 'prompt' and '' or variable(owner) .. (mark or '.')
   out[#out + 1] = ('function %s%s(%s) end'):format(holder, entry.key, table.concat(names, ', '))
end

local operators = {'add', 'sub', 'mul', 'div', 'mod', 'pow'}

-- What metatables do.
local function operator_lines(out, entry)
   if entry.name == 'nn.Module' or entry.name == 'nn.Criterion' then out[#out + 1] = '---@operator call(any): any' end
   if entry.name ~= 'Tensor' then return end
   for _, name in ipairs(operators) do
      if Tensor['__' .. name] then out[#out + 1] = ('---@operator %s(Tensor|number): Tensor'):format(name) end
   end
   if Tensor.__unm then out[#out + 1] = '---@operator unm: Tensor' end
end

local function class_lines(out, entry)
   local own = entry.comment and entry.comment.class or entry.class
   if own == entry.name then own = nil end
   local parents = {}
   for _, name in pairs {entry.parent and entry.parent.__typename or false, own or false} do parents[#parents + 1] = name or nil end
   comment_lines(out, entries.text(entry))
   out[#out + 1] = ('---@class %s%s'):format(entry.name, #parents > 0 and ': ' .. table.concat(parents, ', ') or '')
   operator_lines(out, entry)
   if entry.written then
      local list = {}
      for i, p in ipairs(entry.parameters) do list[i] = ('%s%s: %s'):format(p.name, p.optional and '?' or '', p.type) end
      out[#out + 1] = ('---@overload fun(%s): %s'):format(table.concat(list, ', '), entry.name)
   end
   local name = variable(entry.name)
   out[#out + 1] = (name:find('.', 1, true) and '' or 'local ') .. name .. ' = {}'
   if own then out[#out + 1] = ('\n---@class %s: %s'):format(own, entry.name) end -- one class of two names
end

local function module_lines(out, entry)
   local name = entry.name == 'hilo' and 'hilo' or variable(entry.name)
   comment_lines(out, entries.text(entry))
   out[#out + 1] = '---@class ' .. name
   out[#out + 1] = name .. ' = {}'
   if name == 'nn' or name == 'optim' then out[#out + 1] = ('hilo.%s = %s'):format(name, name) end
end

-- Classes of which only the methods have entries, for a function of the class's name has the other.
local function classes_of_methods(out)
   local known = {}
   for _, entry in ipairs(entries.all()) do
      local class = entry.kind == 'function' and entry.owner:match('^%u[%w]*$')
      local holder = class and entries.named(class)
      if class and not known[class] and not (holder and holder.kind == 'class') then
         known[class] = true
         out[#out + 1] = ('---@class %s\nlocal %s = {}\n'):format(class, class)
      end
   end
end

local writers = {['function'] = function_lines, class = class_lines, module = module_lines, value = function(out, entry)
   comment_lines(out, entries.text(entry))
   out[#out + 1] = ('---@type %s'):format(entry.comment and entry.comment.type or 'any')
   out[#out + 1] = ('%s.%s = nil'):format(variable(entry.owner), entry.key)
end}

-- What holds names stands before them.
local function in_order()
   local list = {}
   for i, entry in ipairs(entries.all()) do list[i] = entry end
   local function rank(entry) return entry.name == 'hilo' and 0 or entry.kind == 'module' and 1 or entry.kind == 'class' and 2 or 3 end
   table.sort(list, function(a, b)
      local x, y = rank(a), rank(b)
      return x < y or x == y and a.name < b.name
   end)
   return list
end

--- The text of the file.
---@return string
return function()
   local out = {'---@meta', '-- Written by `hilo help annotations`.', ''}
   classes_of_methods(out)
   for _, entry in ipairs(in_order()) do
      writers[entry.kind](out, entry)
      out[#out + 1] = ''
   end
   return table.concat(out, '\n')
end
