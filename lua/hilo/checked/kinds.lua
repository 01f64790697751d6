--- checked/kinds.lua: the types of LuaCATS annotations as tests of values: 'integer|integer[]', "{mode: 'a'|'b', x: Tensor?}".
local core = require 'hilo.core'
local classes = require 'hilo.checked.classes'
local limits = require 'hilo.checked.limits'
local types = require 'hilo.help.types'

local is_tensor = core.is_tensor

local kinds = {}

---@class Kind what a declared type says of a value
---@field test fun(x: any): boolean
---@field phrase string 'a whole number'
---@field source string? the test as Lua source of x, where it is short
---@field choices string[]? where it is one of these words
---@field fields table<string, Kind>? of a table with known keys
---@field names string[]? of the fields, in their order
---@field needed string[]? fields that must be there
---@field open boolean? other keys are no mistake: the type has [string]: any
---@field element Kind? of a list
---@field optional boolean? nil is one too
---@field anything boolean? nothing is tested

local parse

local function is_table(x) return type(x) == 'table' and not is_tensor(x) end

local function is_callable(x)
   if type(x) == 'function' then return true end
   local meta = getmetatable(x)
   return type(meta) == 'table' and meta.__call ~= nil
end

local plain = {
   number = {source = "type(x) == 'number'", phrase = 'a number'},
   integer = {source = "type(x) == 'number' and x % 1 == 0", phrase = 'a whole number'},
   string = {source = "type(x) == 'string'", phrase = 'a string'},
   boolean = {source = "type(x) == 'boolean'", phrase = 'true or false'},
   Tensor = {source = 'is_tensor(x)', phrase = 'a tensor'},
   table = {source = "type(x) == 'table' and not is_tensor(x)", phrase = 'a table'},
   ['function'] = {test = is_callable, phrase = 'a function'},
   ['nil'] = {source = 'x == nil', phrase = 'nil'},
}
for _, kind in pairs(plain) do
   kind.test = kind.test or loadstring('local is_tensor = ... return function(x) return ' .. kind.source .. ' end')(is_tensor)
end
plain.fun = plain['function']

local anything = {test = function() return true end, phrase = 'anything', anything = true}

-- ---- what is made of others ----

local plurals = {['a tensor'] = 'tensors', ['a whole number'] = 'whole numbers', ['a number'] = 'numbers', ['a string'] = 'strings',
   ['a table'] = 'tables'}

local function list_of(element)
   if element.anything then return plain.table end
   local phrase = 'a list of ' .. (plurals[element.phrase] or ('what is %s each'):format(element.phrase))
   return {phrase = phrase, element = element, test = function(x)
      if not is_table(x) then return false end
      for i = 1, #x do if not element.test(x[i]) then return false end end
      return true
   end}
end

local function map_of(key, value)
   return {phrase = 'a table', test = function(x)
      if not is_table(x) then return false end
      for k, v in pairs(x) do if not key.test(k) or not value.test(v) then return false end end
      return true
   end}
end

-- A table with these keys; `open`: others are no mistake.
local function record(list, open)
   local fields, names, needed = {}, {}, {}
   for i, field in ipairs(list) do
      fields[field.name], names[i] = field.kind, field.name
      if not field.optional and not field.kind.optional and not field.kind.anything then needed[#needed + 1] = field.name end
   end
   local function test(x)
      if not is_table(x) then return false end
      for key, value in pairs(x) do
         local kind = fields[key]
         if not kind and not open or kind and not kind.test(value) then return false end
      end
      for i = 1, #needed do if x[needed[i]] == nil then return false end end
      return true
   end
   return {phrase = 'a table with ' .. table.concat(names, ', '), fields = fields, names = names, needed = needed, open = open,
      test = test}
end

-- {[1]: number, [2]: number?}: values by place, and no more.
local function tuple_of(list)
   local phrases = {}
   for i, kind in ipairs(list) do phrases[i] = kind.phrase .. (kind.optional and ' or nil' or '') end
   return {phrase = ('{%s}'):format(table.concat(phrases, ', ')), test = function(x)
      if not is_table(x) or #x > #list then return false end
      for i, kind in ipairs(list) do
         if not kind.test(x[i]) and not (x[i] == nil and kind.optional) then return false end
      end
      return true
   end}
end

local function joined(parts)
   local last = table.remove(parts)
   return #parts == 0 and last or table.concat(parts, ', ') .. ' or ' .. last
end

local function union(list)
   local phrases, choices, sources, optional, fields = {}, {}, {}, false, nil
   for _, kind in ipairs(list) do
      if kind.anything then return anything end
      if kind == plain['nil'] or kind.optional then optional = true end
      if kind ~= plain['nil'] then phrases[#phrases + 1] = kind.phrase end
      for _, word in ipairs(kind.choices or {}) do choices[#choices + 1] = word end
      if kind.source then sources[#sources + 1] = '(' .. kind.source .. ')' end
      fields = fields or kind.fields and kind
   end
   local made = {phrase = joined(phrases), choices = #choices > 0 and choices or nil, optional = optional,
      source = #sources == #list and #list <= 3 and table.concat(sources, ' or ') or nil,
      fields = fields and fields.fields, names = fields and fields.names,
      needed = fields and fields.needed, open = fields and fields.open}
   made.test = list[#list].test -- a chain, for LuaJIT does not compile a call with a loop in it as part of its caller
   for i = #list - 1, 1, -1 do
      local first, others = list[i].test, made.test
      made.test = function(x) return first(x) or others(x) end
   end
   return made
end

local function literal(value, text)
   return {phrase = text, choices = type(value) == 'string' and {value} or nil, test = function(x) return x == value end}
end

local function computes(x) return is_table(x) and type(x.forward) == 'function' end
local a_criterion = {phrase = 'a criterion', test = computes}
local a_module = {phrase = 'a module', test = function(x) return computes(x) and type(x.parameters) == 'function' end}
local told_by_methods = {Criterion = a_criterion, Module = a_module, ['nn.Module'] = a_module}

-- An object is told by the fields that its class declares, of which some come later than others; a module by what it can do.
local function object_of(name, near)
   if told_by_methods[name] then return told_by_methods[name] end
   local fields, is_options = classes.fields(name, near)
   if not fields then return {phrase = 'a ' .. name, test = is_table} end
   if is_options then
      local list = {}
      for i, field in ipairs(fields) do
         list[i] = {name = field.name, optional = field.optional, kind = limits.of(parse(field.type, near), field.text)}
      end
      return record(list)
   end
   return {phrase = 'a ' .. name, test = function(x)
      if not is_table(x) then return false end
      local there, missing = 0, 0
      for _, field in ipairs(fields) do
         if x[field.name] ~= nil then there = there + 1 elseif not field.optional then missing = missing + 1 end
      end
      return missing == 0 or there > missing and getmetatable(x) ~= nil
   end}
end

-- ---- reading ----

-- The alternatives of a union: cut at the bars that stand in no bracket; a function's result takes all that follows it.
local function alternatives(text)
   local list, depth, from, quoted = {}, 0, 1, false
   for i = 1, #text do
      local c = text:sub(i, i)
      if c == "'" then quoted = not quoted end
      if not quoted then
         if c:find '[({%[<]' then depth = depth + 1 elseif c:find '[)}%]>]' then depth = depth - 1 end
         if c == '|' and depth == 0 and not text:sub(from, i):match '^%s*fun%s*%b()%s*:' then
            list[#list + 1] = text:sub(from, i - 1)
            from = i + 1
         end
      end
   end
   list[#list + 1] = text:sub(from)
   return list
end

local untested = {any = true, [''] = true, ['...'] = true, ['ffi.cdata*'] = true, ['file*'] = true}

local function parse_one(text, near)
   if plain[text] then return plain[text] end
   if untested[text] then return anything end
   if text:match '^fun%f[^%w_]' then return plain.fun end
   if text:match "^'[^']*'$" or text:match '^"[^"]*"$' then return literal(text:sub(2, -2), text) end
   if tonumber(text) then return literal(tonumber(text), text) end
   if text == 'true' or text == 'false' then return literal(text == 'true', text) end
   if text:match '%[%]$' then return list_of(parse(text:sub(1, -3), near)) end
   local places = text:match '^%b{}$' and text:find '^{%[1%]:' and types.pieces(text:sub(2, -2))
   if places then
      for i, piece in ipairs(places) do places[i] = parse(piece:match '^%[%d+%]:%s*(.*)$' or 'any', near) end
      return tuple_of(places)
   end
   local fields = types.fields(text)
   if fields then
      local list = {}
      for i, field in ipairs(fields) do list[i] = {name = field.name, optional = field.optional, kind = parse(field.type, near)} end
      return #list > 0 and record(list, (text:find('[string]:', 1, true) or text:find('[any]:', 1, true)) ~= nil) or plain.table
   end
   local inside = text:match '^table(%b<>)$'
   if inside then
      local key, value = unpack(types.pieces(inside:sub(2, -2)))
      return map_of(parse(key, near), parse(value, near))
   end
   local alias = classes.alias(text)
   if alias then return parse(alias, near) end
   return object_of(text, near)
end

local known, under_way = {}, {} -- by text and file; under_way: those that a call of kinds.parse has begun

function parse(text, near)
   local id = text .. '\0' .. (near or '')
   if known[id] then return known[id] end
   if under_way[id] then return anything end -- a class whose field is of the class
   under_way[id] = true
   local bare = text:match '^%s*(.-)%s*$'
   local optional = bare:sub(-1) == '?' and not bare:match '^fun'
   if optional then bare = bare:sub(1, -2) end
   local enclosed = bare:match '^(%b())$'
   if enclosed then bare = enclosed:sub(2, -2) end
   local list = alternatives(bare)
   local kind
   if #list > 1 then
      for i, part in ipairs(list) do list[i] = parse(part, near) end
      kind = union(list)
   else
      kind = parse_one(bare, near)
   end
   known[id] = optional and not kind.anything and union {kind, plain['nil']} or kind
   return known[id]
end
kinds.is_table = is_table

--- The kind that a type declares.
---@param text string
---@param near? string path of the file that declares it: where several classes have the name, its own is meant
---@return Kind
function kinds.parse(text, near)
   local outer = under_way -- reading a type may call what is itself tested for the first time
   under_way = {}
   local kind = parse(text, near)
   under_way = outer
   return kind
end

return kinds
