--- nn/class.lua: classes as torch.class makes them: `local Linear, parent = class('nn.Linear', 'nn.Module')`, then
--- `function Linear:__init(...)`, and `nn.Linear(3, 4)` makes an object.
local core = require 'hilo.core'

local by_name = {}

--- What classes named 'nn.<Name>' are put into: the table that `require 'hilo.nn'` returns.
local namespace = {}

-- Lua looks for these in the class itself, not in what it extends.
local inherited = {'__unm', '__add', '__sub', '__mul', '__div', '__concat', '__eq', '__len'}

local function find(name)
   local known = by_name[name]
   if known then return known end
   local short = type(name) == 'string' and name:match('^nn%.(%w+)$')
   if short then pcall(require, 'hilo.nn.' .. short) end
   return by_name[name] or core.raise(("class: there is no class '%s' to derive from"):format(tostring(name)))
end

--- Makes a class.
---@param name string with its package: 'nn.Linear'
---@param parent_name? string name of the class that it extends
---@return table class
---@return table? parent
local function class(_, name, parent_name)
   core.check(type(name) == 'string' and name ~= '', 'class: expects a name such as "nn.MyLayer", got %s', type(name))
   local parent = parent_name and find(parent_name)
   local c = {__typename = name}
   c.__index = c
   c.__tostring = function(self) return self.__tostring__ and self:__tostring__() or name end
   c.__call = function(self, ...) return self:call(...) end
   for _, key in ipairs(inherited) do c[key] = parent and parent[key] end
   setmetatable(c, {
      __index = parent,
      __tostring = function() return name end,
      __call = function(_, ...)
         local object = setmetatable({}, c)
         object:__init(...)
         return object
      end,
   })
   by_name[name] = c
   local short = name:match('^nn%.(.+)$')
   if short then namespace[short] = c end
   return c, parent
end

--- Whether x is an object of that class or of one that extends it.
---@param x any
---@param name string 'nn.Container'
---@return boolean
local function is_a(x, name)
   if type(x) ~= 'table' then return false end
   local c, wanted = getmetatable(x), by_name[name]
   while c and wanted do
      if c == wanted then return true end
      local meta = getmetatable(c)
      c = meta and meta.__index
   end
   return false
end

return setmetatable({namespace = namespace, is_a = is_a, by_name = by_name}, {__call = class})
