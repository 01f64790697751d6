--- torch/class.lua: Torch7's classes and what it tells of values: torch.class, torch.type, torch.isTypeOf, ...
---
---     local Counter = torch.class('Counter')                -- the global Counter makes objects
---     function Counter:__init(n) self.n = n end
---     assert(torch.type(Counter(3)) == 'Counter')
local core = require 'hilo.core'
local class = require 'hilo.nn.class'

---@class hilo.torch.class
local M = {}

-- Torch7 looks for operators under these names in the object, what it extends included.
local operators = {'add', 'sub', 'mul', 'div', 'mod', 'pow', 'unm', 'concat', 'eq', 'lt', 'le', 'call'}

local function operator(name)
   local key = ('__%s__'):format(name)
   if name == 'call' then -- with as many arguments as were given: nngraph makes nodes of modules called without any
      return function(a, ...)
         local f = core.check(a[key] or a.call, '%s has no %s', tostring(a), key)
         return f(a, ...)
      end
   end
   return function(a, b, ...)
      local f = type(a) == 'table' and a[key] or type(b) == 'table' and b[key]
      if not f and name == 'eq' then return rawequal(a, b) end
      core.check(f, '%s has no %s', tostring(a), key)
      return f(a, b, ...)
   end
end

-- A class with __index__ or __newindex__ is asked before the fields of what it extends.
local function watch(c, key, value)
   rawset(c, key, value)
   if key == '__index__' then
      rawset(c, '__index', function(object, k)
         local found, known = value(object, k)
         if known then return found end
         return c[k]
      end)
   elseif key == '__newindex__' then
      rawset(c, '__newindex', function(object, k, v)
         if not value(object, k, v) then rawset(object, k, v) end
      end)
   end
end

-- The table that a name lies in: 'a.b.C' -> _G.a.b
local function place(name)
   local at = _G
   for part, rest in name:gmatch '([^.]+)%.([^.]*)' do
      local _ = rest
      at = type(at) == 'table' and at[part]
      core.check(type(at) == 'table', 'torch.class: %s lies in no table; make the global %s first', name, part)
   end
   return at
end

--- Makes a class; its name, called, makes objects: __init is called with the arguments. Methods named __add__, __call__,
--- __tostring__, ... are operators.
---@param name string 'Counter', or with the table that it lies in: 'nn.MyLayer'
---@param parent? string name of the class that it extends
---@param module? table where it is put in the place of the table that the name tells
---@return table class
---@return table? parent
function M.class(name, parent, module)
   core.check(type(name) == 'string' and name ~= '', 'torch.class: expects a name such as "MyClass", got %s', type(name))
   if type(parent) == 'table' then parent, module = nil, parent end
   local at, last = module or place(name), name:match '([^.]+)$'
   local c, extended = class(name, parent)
   for _, operation in ipairs(operators) do
      local key = '__' .. operation
      if operation == 'call' or rawget(c, key) == nil then c[key] = operator(operation) end
   end
   getmetatable(c).__newindex = watch
   if extended and type(extended.__index) == 'function' then watch(c, '__index__', extended.__index__) end
   if not c.__init then c.__init = function() end end
   at[last] = c
   return c, extended
end

local typename_of -- of tensors and storages, set by types.lua

--- Tells typename which objects, other than those of classes, have names.
---@private
---@param f fun(x: any): string?
function M.set_typename(f) typename_of = f end

--- The name of the class, tensor type or storage type of x, nil of other values.
---@param x any
---@return string?
function M.typename(x)
   local known = typename_of(x)
   if known then return known end
   local meta = type(x) == 'table' and getmetatable(x)
   local name = type(meta) == 'table' and rawget(meta, '__typename')
   if name and class.by_name[name] == meta then return name end
   return nil
end

--- typename, or Lua's type where there is none.
---@param x any
---@return string
function M.type(x) return M.typename(x) or type(x) end

-- A name, as it is or, with characters that names do not have, a pattern found in it.
local function matches(name, wanted)
   return name == wanted or wanted:find '[^%w_.]' ~= nil and name:find(wanted) ~= nil
end

--- Whether x is of a type or class, or of one that extends it.
---@param x any
---@param wanted string|table a name, a pattern such as 'torch.*Tensor', or what makes objects: torch.FloatTensor
---@return boolean
function M.isTypeOf(x, wanted)
   if type(wanted) == 'table' then wanted = wanted.__typename end
   core.check(type(wanted) == 'string', 'torch.isTypeOf: expects a name or a class, got %s', type(wanted))
   local name = M.typename(x)
   if not name then return false end
   local c = class.by_name[name]
   if not c then return matches(name, wanted) end
   while c do
      if matches(rawget(c, '__typename') or '', wanted) then return true end
      local meta = getmetatable(c)
      c = meta and meta.__index
   end
   return false
end

--- What makes objects of a class without calling __init.
---@param name string
---@return fun(): table
function M.factory(name)
   local c = core.check(class.by_name[name], "torch.factory: there is no class '%s'", tostring(name))
   return function() return setmetatable({}, c) end
end

--- Makes a table an object of a class.
---@param object table
---@param name string
---@return table object
function M.setmetatable(object, name)
   return setmetatable(object, core.check(class.by_name[name], "torch.setmetatable: there is no class '%s'", tostring(name)))
end

return M
