--- nn.Container: a module made of others.
local core = require 'hilo.core'
local class = require 'hilo.nn.class'

--- A module made of others.
---@class Container: Module
---@field modules Module[]
---@field names (string|false)[] names of the modules in namedParameters
local Container, parent = class('nn.Container', 'nn.Module')

--- Modules that are given are added.
---@param ... Module
function Container:__init(...)
   parent.__init(self)
   self.modules, self.names = {}, {}
   for i = 1, select('#', ...) do self:add((select(i, ...))) end
end

local function modules_of(self)
   return core.check(self.modules, '%s: its __init must begin with nn.Container.__init(self), before it adds modules', self.__typename)
end

--- Puts a module at the end.
---@param module Module
---@param name? string for namedParameters; it can then also be reached as container[name]
---@return Container self
function Container:add(module, name)
   return self:insert(module, #modules_of(self) + 1, name)
end

--- Puts a module in front of the one that is at `index` now.
---@param module Module
---@param index? integer the end if not given
---@param name? string
---@return Container self
function Container:insert(module, index, name)
   local n = #modules_of(self)
   index = index or n + 1
   core.check(class.is_a(module, 'nn.Module'), '%s: add expects a module, got %s', self.__typename, core.is_tensor(module)
      and 'a tensor' or type(module))
   core.check(type(index) == 'number' and index % 1 == 0 and index >= 1 and index <= n + 1,
      '%s: insert expects a position from 1 to %d, got %s', self.__typename, n + 1, tostring(index))
   if name then
      core.check(self[name] == nil, "%s: add cannot use the name '%s', which already means something else", self.__typename, name)
      self[name] = module
   end
   for i = #self.names + 1, n do self.names[i] = false end
   table.insert(self.modules, index, module)
   table.insert(self.names, index, name or false)
   return self
end

--- Takes the module at `index` out; the last if not given.
---@param index? integer
---@return Container self
function Container:remove(index)
   local n = #self.modules
   index = index or n
   core.check(type(index) == 'number' and index % 1 == 0 and index >= 1 and index <= n,
      '%s: remove expects a position from 1 to %d, got %s', self.__typename, n, tostring(index))
   local name = self.names[index]
   if name then self[name] = nil end
   table.remove(self.modules, index)
   if index <= #self.names then table.remove(self.names, index) end
   return self
end

--- A module that is directly inside.
---@param index integer from 1; negative counts from the end
---@return Module
function Container:get(index)
   if index < 0 then index = #self.modules + 1 + index end
   return self.modules[index]
end

--- Number of modules directly inside.
---@return integer
function Container:size() return #self.modules end

--- Calls f on each module directly inside.
---@param f fun(m: Module)
function Container:applyToModules(f)
   for _, m in ipairs(self.modules) do f(m) end
end

--- The result of module number i on what follows: what containers call their modules by.
---@param _ integer
---@param module Module
---@param ... any
---@return any
function Container:run(_, module, ...) return module(...) end

local function indented(m, indent) return (tostring(m):gsub('\n', '\n' .. indent)) end

--- Text of modules that stand side by side between one input and one output.
---@return string
function Container:branches_text()
   local lines, n = {self.__typename .. ' {', '  input'}, #self.modules
   for i, m in ipairs(self.modules) do
      local arrow, indent = '    |`-> (%d): %s', '    |    '
      if i == n then arrow, indent = '     `-> (%d): %s', '         ' end
      lines[#lines + 1] = arrow:format(i, indented(m, indent))
   end
   lines[#lines + 1] = '     ... -> output'
   lines[#lines + 1] = '}'
   return table.concat(lines, '\n')
end

--- Text of modules by their names.
---@return string
function Container:named_text()
   local lines = {self.__typename .. ' {'}
   for i, m in ipairs(self.modules) do
      lines[#lines + 1] = ('  (%s): %s'):format(self.names[i] or i, indented(m, '  '))
   end
   lines[#lines + 1] = '}'
   return table.concat(lines, '\n')
end

--- Text of modules that follow each other.
---@return string
function Container:chain_text()
   local path, lines = {'input'}, {}
   for i, m in ipairs(self.modules) do
      path[#path + 1] = ('(%d)'):format(i)
      lines[#lines + 1] = ('  (%d): %s\n'):format(i, indented(m, '  '))
   end
   path[#path + 1] = 'output'
   return ('%s {\n  [%s]\n%s}'):format(self.__typename, table.concat(path, ' -> '), table.concat(lines))
end

function Container:__tostring__() return #self.modules > 0 and self:named_text() or self.__typename end

return Container
