--- help/types.lua: the types of LuaCATS annotations, as far as help has to read them.
local types = {}

local opening = {['('] = true, ['{'] = true, ['['] = true, ['<'] = true}
local closing = {[')'] = true, ['}'] = true, [']'] = true, ['>'] = true}

-- Whether a type goes on after the blanks at `i`: 'a | b', 'fun(x): y'.
local function goes_on(text, i, last)
   return last == '|' or last == ':' or text:match('^%s*|', i) ~= nil
end

--- A type, and what follows it.
---@param text string 'fun(x: Tensor): Tensor (N,C) what it does'
---@return string type, string rest
function types.split(text)
   local depth, quoted, last = 0, false, ''
   for i = 1, #text do
      local c = text:sub(i, i)
      if c == "'" and depth >= 0 then quoted = not quoted end
      if not quoted then
         if opening[c] then depth = depth + 1 elseif closing[c] then depth = depth - 1 end
         if depth <= 0 and (c:match('%s') and not goes_on(text, i, last) or c == ',') then
            return text:sub(1, i - 1), (text:sub(i):match('^%s*(.-)%s*$'))
         end
      end
      if not c:match('%s') then last = c end
   end
   return (text:match('^(.-)%s*$')), ''
end

--- The pieces of a list, cut at commas that stand in no bracket.
---@param text string 'a: integer, b: {c: string}'
---@return string[]
function types.pieces(text)
   local list, depth, start = {}, 0, 1
   for i = 1, #text do
      local c = text:sub(i, i)
      if opening[c] then depth = depth + 1 elseif closing[c] then depth = depth - 1 end
      if c == ',' and depth == 0 then
         list[#list + 1] = text:sub(start, i - 1):match('^%s*(.-)%s*$')
         start = i + 1
      end
   end
   local rest = text:sub(start):match('^%s*(.-)%s*$')
   if rest ~= '' then list[#list + 1] = rest end
   return list
end

---@class TypedName
---@field name string
---@field type string
---@field optional boolean

local function typed(piece)
   local name, optional, kind = piece:match('^([%w_.]+)(%??)%s*:%s*(.*)$')
   if not name then return {name = piece:gsub('%?$', ''), type = '', optional = piece:sub(-1) == '?'} end
   return {name = name, type = kind, optional = optional == '?' or kind:sub(-1) == '?'}
end

--- The fields of a table's type.
---@param text string '{void: integer, weight: Tensor}'
---@return TypedName[]? fields nil where it is no such type
function types.fields(text)
   local inside = text:match('^%s*(%b{})%??%s*$')
   if not inside then return nil end
   local fields = {}
   for _, piece in ipairs(types.pieces(inside:sub(2, -2))) do
      if not piece:match('^%[') then fields[#fields + 1] = typed(piece) end
   end
   return fields
end

--- The parameters and results of a function's type.
---@param text string 'fun(x: Tensor, dim?: integer): Tensor'
---@return TypedName[]? parameters nil where it is no function's type
---@return string[]? results their types
function types.fun(text)
   local inside, after = text:match('^%s*fun%s*(%b())%s*(.*)$')
   if not inside then return nil end
   local parameters = {}
   for i, piece in ipairs(types.pieces(inside:sub(2, -2))) do parameters[i] = typed(piece) end
   return parameters, types.pieces(after:match('^:%s*(.*)$') or '')
end

return types
