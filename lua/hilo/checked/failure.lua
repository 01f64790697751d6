--- checked/failure.lua: the error of an argument that is not what is declared: the function, the argument, what was expected, what
--- came, how to mend it.
local core = require 'hilo.core'
local nearest = require 'hilo.nearest'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
local kinds = require 'hilo.checked.kinds'

local is_tensor, is_table = core.is_tensor, kinds.is_table

local function short(text)
   text = text:gsub('[%c\128-\255]', '?')
   return #text > 40 and text:sub(1, 37) .. '...' or text
end

local function described(x)
   if is_tensor(x) then return x._c.ndim == 0 and 'an empty tensor' or 'a tensor of ' .. Tensor.shape_text(x) end
   if type(x) == 'string' then return arguments.describe(short(x)) end
   local class = type(x) == 'table' and getmetatable(x)
   local name = type(class) == 'table' and rawget(class, '__typename')
   return type(name) == 'string' and name or arguments.describe(x)
end

local function meant(word, names)
   local best, far = nearest(word, names)
   return best and far <= math.max(2, #word / 2) and ("; did you mean '%s'?"):format(best) or ''
end

-- What makes the value what was expected.
local function remedy(kind, x)
   local wanted = kind.phrase
   if kind.choices and type(x) == 'string' then return meant(x, kind.choices) end
   if wanted:find('a tensor', 1, true) == 1 and not kind.ranks and (type(x) == 'number' or type(x) == 'table') then
      return '; hilo.Tensor{...} makes one of numbers'
   end
   if wanted:find('number', 1, true) then
      if type(x) == 'string' and tonumber(x) then return '; leave out the quotation marks' end
      if type(x) == 'number' and x % 1 ~= 0 and x == x and math.abs(x) < 2 ^ 53 and wanted:find 'whole' then
         return '; math.floor(x) rounds down'
      end
      if is_tensor(x) then return '; t:item() is the number of a tensor with one element' end
   end
   if wanted == 'a string' and type(x) == 'number' then return '; tostring(x) makes one' end
   if wanted == 'a module' then return '; nn.Sequential() and its like make one' end
   return nil
end

local function unknown_key(kind, x)
   if kind.open then return nil end
   for key in pairs(x) do
      if not kind.fields[key] then
         local word = type(key) == 'string' and key or tostring(key)
         return ("there is no option '%s'%s; it takes %s"):format(short(word), meant(word, kind.names), table.concat(kind.names, ', '))
      end
   end
   return nil
end

-- An option is known by its own name.
local function within(name, field) return name == 'options' and field or name .. '.' .. field end

-- The first part of x that is not as declared, and the text that tells it.
local function explain(name, kind, x)
   if is_table(x) and kind.fields then
      local text = unknown_key(kind, x)
      if text then return text, '' end
      for _, field in ipairs(kind.names) do
         if x[field] ~= nil and not kind.fields[field].test(x[field]) then
            return explain(within(name, field), kind.fields[field], x[field])
         end
      end
      for _, field in ipairs(kind.needed) do
         if x[field] == nil then
            return ('%s is missing: it must be %s'):format(within(name, field), kind.fields[field].phrase), ''
         end
      end
   elseif is_table(x) and kind.element then
      for i = 1, #x do
         if not kind.element.test(x[i]) then return explain(('%s[%d]'):format(name, i), kind.element, x[i]) end
      end
   end
   return ('%s must be %s, got %s'):format(name, kind.phrase, described(x)), remedy(kind, x)
end

--- Raises the error at the line of the caller.
---@param who string name of the function
---@param declared Declaration
---@param i integer place of the argument
---@param x any the argument
return function(who, declared, i, x)
   local p = declared[i] or declared.rest
   local written = declared.written:gsub('^self,? ?', '')
   if p.name == 'self' then
      core.raise(('%s: must be called on %s, got %s; write a colon: object:%s(%s)'):format(who, p.kind.phrase, described(x),
         who:match '[%w_]+$', written))
   end
   local of_method = declared[1] and declared[1].name == 'self'
   local name = p.name == '...' and ('argument %d'):format(of_method and i - 1 or i) or p.name
   local text, remedied = explain(name, p.kind, x)
   core.raise(('%s: %s%s'):format(who, text, remedied or ('; it is called %s(%s)'):format(who, written)))
end
