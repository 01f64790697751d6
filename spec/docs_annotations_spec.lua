--- docs_annotations_spec.lua: what language servers read: parameters that the functions have, and types that are declared.
local comments = require 'hilo.help.comments'
local source_index = require 'hilo.help.index'
local text = require 'hilo.help.text'

-- Types of Lua and of LuaCATS.
local known = {}
for word in ([[any nil boolean true false string number integer function table thread userdata lightuserdata unknown self fun async
   ffi.cdata ffi.ctype ffi.namespace file]]):gmatch('%S+') do known[word] = true end

-- Names of types in a type as it is written: no field's and no parameter's name, no literal.
local function names_in(kind)
   local names = {}
   kind = kind:gsub("'[^']*'", ''):gsub('"[^"]*"', ''):gsub('[%w_.]+%??%s*:%s', ''):gsub('fun%s*(%b())', function(inside)
      return 'fun(' .. inside:sub(2, -2):gsub('%f[%w_.][%a_][%w_]*%??%s*([,)])', '%1') .. ')'
   end)
   for name in kind:gmatch('%f[%w_.][%a_][%w_.]*') do names[#names + 1] = name end
   return names
end

local function each_block(f)
   for path, file in pairs(source_index().files) do
      for _, defined in ipairs(file.list) do
         if defined.block then f(comments.read(defined.block), defined, text.short_path(path)) end
      end
   end
end

local declared = {}
setup(function()
   for name in pairs(known) do declared[name] = true end
   for path in pairs(source_index().files) do
      for line in io.lines(path) do
         local name = line:match('^%s*%-%-%-%s*@class%s+([%w_.]+)') or line:match('^%s*%-%-%-%s*@alias%s+([%w_.]+)')
            or line:match("%f[%w_]class%(?%s*'([%w_.]+)'")
         if name then declared[name] = true end
         local generics = line:match('^%s*%-%-%-%s*@generic%s+(.*)$')
         for generic in (generics or ''):gmatch('[%w_]+') do declared[generic] = true end
      end
   end
end)

describe('annotations', function()
   it('name parameters that the function has', function()
      local wrong = {}
      each_block(function(comment, defined, path)
         if not defined.parameters or defined.parameters:find('...', 1, true) then return end -- what `...` may be has names too
         local has = {self = true}
         for name in defined.parameters:gmatch('[%w_.]+') do has[name] = true end
         for _, parameter in ipairs(comment.parameters) do
            if not has[parameter.name] then wrong[#wrong + 1] = ('%s:%d: %s'):format(path, defined.line, parameter.name) end
         end
      end)
      table.sort(wrong)
      assert.same({}, wrong)
   end)

   it('name types that are declared somewhere', function()
      local wrong = {}
      each_block(function(comment, defined, path)
         local function look(kind)
            for _, name in ipairs(names_in(kind)) do
               if not declared[name] then wrong[#wrong + 1] = ('%s:%d: %s in %s'):format(path, defined.line, name, kind) end
            end
         end
         for _, list in ipairs {comment.parameters, comment.results, comment.fields} do
            for _, one in ipairs(list) do look(one.type) end
         end
         for _, kind in pairs(comment.aliases) do look(kind) end
         for _, name in ipairs(comment.extends) do look(name) end
         if comment.type then look(comment.type) end
      end)
      table.sort(wrong)
      assert.same({}, wrong)
   end)

   it('of the names that are made at run time say what operators and calls give', function()
      local annotations = require 'hilo.help.annotations'()
      for _, line in ipairs {'---@operator add(Tensor|number): Tensor', '---@operator call(any): any', '---@class nn.Module: Module',
         '---@class Module: nn.Module', '---@overload fun(self: Tensor): integer[]'} do
         assert.truthy(annotations:find(line, 1, true), line)
      end
      assert.matches('%-%-%-@param options { backbone: any%?[^\n]*\n[^\n]*\nfunction hilo.models.deeplab%(options%)', annotations)
   end)
end)
