--- checked/init.lua: public functions look at what they are given before anything is done with it. What they take is declared once, in
--- the comment above them that the manual shows:
---
---    ---@param p number 0..1: probability
---    ---@param mode? 'mean'|'sum'
---    ---@param options? {void?: integer, weight?: Tensor}
---
--- A function in a public table is replaced by one that tests its arguments and then goes on as the function itself. The comment is
--- read when the function is first called; the tests are Lua source made of it, compiled once.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local autograd = require 'hilo.autograd'

local checked = {}

-- The function within, by the one that tests; both forget what nobody holds.
local inside = setmetatable({}, {__mode = 'k'})
local outside = setmetatable({}, {__mode = 'k'})
local abouts = setmetatable({}, {__mode = 'k'}) -- of the one that tests: the names and keys under which it is to be found

--- The function that was written, of one that tests its arguments; any other value as it is.
---@param f any
---@return any
function checked.inside(f) return inside[f] or f end

--- The functions that are tested before, as they were written.
---@return function[]
function checked.tested()
   local list = {}
   for _, f in pairs(inside) do list[#list + 1] = f end
   return list
end

local function failing() return require 'hilo.checked.failure' end

-- ---- the tests as source ----

local function condition(source, variable) return (source:gsub('%f[%w_]x%f[^%w_]', variable)) end

local function test_of(parameter, variable, upvalues)
   local kind = parameter.kind
   local test
   if kind.source then
      test = '(' .. condition(kind.source, variable) .. ')'
   else
      upvalues[#upvalues + 1] = kind.test
      test = ('t%d(%s)'):format(#upvalues, variable)
   end
   return parameter.optional and ('(%s == nil or %s)'):format(variable, test) or test
end

-- check(a1, ..., an, ...) of a declaration; nil where nothing is to be tested.
local function compile(declared, about)
   local upvalues, lines, variables = {}, {}, {}
   for i = 1, declared.n do
      variables[i] = 'a' .. i
      local p = declared[i]
      if p and not p.kind.anything then
         lines[#lines + 1] = ('if not %s then fail(%d, a%d) end'):format(test_of(p, 'a' .. i, upvalues), i, i)
      end
   end
   if declared.rest and not declared.rest.kind.anything then
      lines[#lines + 1] = ("for i = 1, select('#', ...) do local x = select(i, ...) if not %s then fail(%d + i, x) end end"):format(
         test_of(declared.rest, 'x', upvalues), declared.n)
   end
   if #lines == 0 then return nil end
   variables[#variables + 1] = '...'
   local names = {}
   for i = 1, #upvalues do names[i] = ', t' .. i end
   local source = ('local is_tensor, fail%s = ... return function(%s) %s end'):format(table.concat(names),
      table.concat(variables, ', '), table.concat(lines, ' '))
   local function fail(i, x) failing()(about.name, declared, i, x) end
   return assert(loadstring(source, '=(lua/hilo/checked: ' .. about.name .. ')'))(core.is_tensor, fail, unpack(upvalues))
end

-- ---- replacing ----

local function nothing() end

local function declared_test(f, about)
   local declared, key = require('hilo.checked.declaration').of(f, about.keys, autograd.forward_of(f))
   for i, one in ipairs(about.keys) do if one == key then about.name = about.names[i] end end
   if about.self and not (declared and declared[1]) then
      declared = declared or {n = 1, written = 'self'}
      declared[1] = {name = 'self', kind = about.self, optional = false}
   end
   return declared and compile(declared, about) or nothing
end

local function parameters_of(info, f)
   local names = {}
   for i = 1, info.nparams do names[i] = debug.getlocal(f, i) end
   if info.isvararg then names[#names + 1] = '...' end
   return table.concat(names, ', ')
end

-- The names of its own begin so that no parameter has them.
local template = [[
local __inside, __prepare = ...
local __check
__check = function(...)
   __check = __prepare()
   return __check(...)
end
return function(%s)
   __check(%s)
   return __inside(%s)
end]]

-- The one function that tests before f, whatever its names.
local function guarded(f, name, key, kind)
   if inside[f] then return f end
   local outer = outside[f]
   if outer then
      table.insert(abouts[outer].names, name)
      table.insert(abouts[outer].keys, key)
      return outer
   end
   local info = debug.getinfo(f, 'Su')
   if info.what == 'C' or info.nparams == 0 and not info.isvararg then return f end
   local names = parameters_of(info, f)
   local made = assert(loadstring(template:format(names, names, names), '=(lua/hilo/checked)'))
   local about = {name = name, names = {name}, keys = {key}, self = kind}
   outer = made(f, function() return declared_test(f, about) end)
   inside[outer], outside[f], abouts[outer] = f, outer, about
   return outer
end

local done = setmetatable({}, {__mode = 'k'})

local function is_class(t) return rawget(t, '__index') == t end

local self_kind = {
   object = {test = function(x) return type(x) == 'table' end, phrase = 'an object'},
   tensor = {source = 'is_tensor(x)', test = core.is_tensor, phrase = 'a tensor'},
}

local function methods_of(name, class, kind)
   for key, value in pairs(class) do
      if type(key) == 'string' and type(value) == 'function' and (key:sub(1, 1) ~= '_' or key == '__init') then
         local first = debug.getlocal(value, 1)
         local is_method = first == 'self'
         local full = key == '__init' and name or name == 'Tensor' and key or name .. (is_method and ':' or '.') .. key
         class[key] = guarded(value, full, key, is_method and kind or nil)
      end
   end
end

local walk

local function entry(owner, t, key, value, modules)
   local name = owner == '' and key or owner .. '.' .. key
   if type(value) == 'function' then
      t[key] = guarded(value, name, key)
   elseif type(value) == 'table' and not done[value] and (is_class(value) or modules[value]) then
      done[value] = true
      if is_class(value) then methods_of(name, value, self_kind.object) else walk(name, value, modules) end
   end
end

function walk(owner, t, modules)
   for key, value in pairs(t) do
      if type(key) == 'string' and key:sub(1, 1) ~= '_' then entry(owner, t, key, value, modules) end
   end
end

--- Makes the functions of a public table, of the modules and the classes in it, test their arguments.
---@param name string '' for hilo itself, 'nn', 'data'
---@param t table
---@return table t
function checked.module(name, t)
   local modules = {}
   for loaded, value in pairs(package.loaded) do
      if type(value) == 'table' and loaded:match '^hilo' then modules[value] = true end
   end
   done[t] = true
   walk(name, t, modules)
   return t
end

--- The same of the methods of tensors.
function checked.tensors() methods_of('Tensor', Tensor.methods, self_kind.tensor) end

--- The same of a class that functions return objects of.
---@param name string 'Loader'
---@param class table
---@return table class
function checked.class(name, class)
   methods_of(name, class, self_kind.object)
   return class
end

return checked
