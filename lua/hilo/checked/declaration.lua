--- checked/declaration.lua: what the comment above a function declares of its parameters: the same comment that the manual shows.
local classes = require 'hilo.checked.classes'
local comments = require 'hilo.help.comments'
local kinds = require 'hilo.checked.kinds'
local limits = require 'hilo.checked.limits'
local read_file = require 'hilo.help.reader'
local types = require 'hilo.help.types'

local declaration = {}

---@class DeclaredParameter
---@field name string
---@field kind Kind
---@field optional boolean

---@class Declaration
---@field [integer] DeclaredParameter by place; nil where nothing is declared
---@field n integer places
---@field rest DeclaredParameter? of all that follow
---@field written string 'x, weight, options'

local files = {} -- path -> SourceFile, read when the first of its functions is called

local function file_at(path)
   files[path] = files[path] or read_file(path)
   return files[path]
end

local function parameter(described, path)
   local kind = limits.of(kinds.parse(described.type, path), described.text or '')
   return {name = described.name, kind = kind, optional = described.optional or kind.optional or kind.anything or false}
end

local function written(names) return table.concat(names, ', ') end

-- The names that the function itself gives its parameters; an op's forward has its context before them.
local function names_of(f, is_forward)
   local info, names = debug.getinfo(f, 'u'), {}
   for i = is_forward and 2 or 1, info.nparams do names[#names + 1] = debug.getlocal(f, i) end
   return names, info.isvararg
end

-- made_elsewhere: what the comment stands above calls what makes the function, so names may be others, but not places.
local function by_name(f, described, path, how)
   local names, vararg = names_of(f, how.is_forward)
   local made, place = {n = #names}, {}
   for i, name in ipairs(names) do place[name] = i end
   if how.made_elsewhere and names[1] ~= 'self' and (vararg or #described <= #names) then
      place = {}
      for i, one in ipairs(described) do place[one.name], names[i] = i, one.name end
      made.n = #names
   end
   for _, one in ipairs(described) do
      if one.name == '...' then
         made.rest = vararg and parameter(one, path) or nil
      elseif place[one.name] then
         made[place[one.name]] = parameter(one, path)
      else
         return nil -- the file is no longer what was loaded
      end
   end
   if vararg then names[#names + 1] = '...' end
   made.written = written(names)
   return made
end

local function by_place(kind, path)
   local list = types.fun(kind) or types.fun(classes.alias(kind) or '')
   if not list then return nil end
   local made, names = {n = 0}, {}
   for _, one in ipairs(list) do
      names[#names + 1] = one.name
      if one.name == '...' then
         made.rest = parameter(one, path)
      elseif one.name ~= 'self' or #names > 1 then
         made.n = made.n + 1
         made[made.n] = parameter(one, path)
      else
         made.n = 1
      end
   end
   made.written = written(names)
   return made
end

-- What an overload does without need not be given.
local function with_overloads(made, comment)
   for _, overload in ipairs(made and comment.overloads or {}) do
      local n = #(types.fun(overload) or {})
      for i = n + 1, made.n do if made[i] then made[i].optional = true end end
   end
   return made
end

local function by_comment(f, comment, path, how)
   if #comment.parameters > 0 then return with_overloads(by_name(f, comment.parameters, path, how), comment) end
   return comment.type and by_place(comment.type, path)
end

local function last_part(name) return name:match '([%w_]+)$' end

-- Whether the definition has the parameters of the function: the file may have changed since it was loaded.
local function is_as_written(f, defined)
   local names, vararg = names_of(f)
   if vararg then names[#names + 1] = '...' end
   if names[1] == 'self' and not defined.parameters:match '^self' then table.remove(names, 1) end
   return defined.parameters:gsub('%s', '') == table.concat(names, ',')
end

-- A definition or a declared field of that name anywhere in the file: of functions that others make.
local function found_by_key(f, key, source, is_forward)
   for _, defined in ipairs(source.list) do
      for _, name in ipairs(defined.block and (not defined.parameters or is_as_written(f, defined)) and defined.names or {}) do
         if last_part(name) == key then
            return by_comment(f, comments.read(defined.block), source.path, {is_forward = is_forward, made_elsewhere = true})
         end
      end
   end
   for _, defined in ipairs(source.list) do
      for _, field in ipairs(defined.block and comments.read(defined.block).fields or {}) do
         if field.name == key then return by_place(field.type, source.path) end
      end
   end
   return nil
end

local function found(f, keys, source, is_forward)
   for _, key in ipairs(keys) do
      local made = found_by_key(f, key, source, is_forward)
      if made then return made, key end
   end
   return nil
end

--- What is declared of f.
---@param f function
---@param keys string[] the last parts of its names
---@param forward? function of an op: where the op is defined
---@return Declaration? declaration nil where nothing is
---@return string? key under which it is
function declaration.of(f, keys, forward)
   local info = debug.getinfo(forward or f, 'S')
   local path = info.source:match '^@(.*)$'
   if not path then return nil end
   local source = file_at(path)
   if forward then return found(forward, keys, source, true) end
   local defined = source.by_line[info.linedefined]
   if not defined or defined.parameters and not is_as_written(f, defined) then return found(f, keys, source) end
   if not defined.block then return nil end
   return by_comment(f, comments.read(defined.block), path, {}), defined.names[1] and last_part(defined.names[1])
end

return declaration
