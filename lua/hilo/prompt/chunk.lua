--- prompt/chunk.lua: text as a function that sees the local variables of what ran before it, and leaves its own behind. They are the
--- same variables, not copies: functions that hold one see what a later line makes of it.
local scan = require 'hilo.prompt.scan'

local chunk = {}

local own = {_keep_ = true, _pass_ = true}

local function pass(...) return ... end

local names_at_once = 50 -- a function of LuaJIT holds 60 variables from outside

---@class Variables name -> a function that holds the variable, and its number there
---@field [string] {[1]: function, [2]: integer}

local at_end = "near '<eof>'$"

-- Statements, or none, and the expression that they return. An expression that is a call is no tail call: errors shall be told at its
-- line. That is the line of what follows the expression, so the bracket stands in its last line; in the next one where it cannot be
-- told where a comment begins.
local function returning(before, expression)
   local whole = expression:gsub('%s*;?%s*$', '')
   local before_comment = whole:match '^(.-)%-%-[^%[\n][^\n]*$' or whole
   for _, one in ipairs {whole, before_comment, whole .. '\n'} do
      local code = ('%sreturn _pass_(%s)\n'):format(before, one)
      if load(code, '=', 't') then return code end
   end
   return before .. 'return ' .. expression .. '\n'
end

-- Statements of which the last one, after a line's end or a semicolon, is an expression: it is what they return. Of a text that is
-- right Lua as it stands the expression must be a call; in brackets at a line's begin it may be what the line before calls.
local function with_result(text, name, is_right)
   local from = #text
   while true do
      local at = text:sub(1, from):match('.*()[\n;]')
      if not at then return nil end
      local before, tail = text:sub(1, at), text:sub(at + 1)
      local is_result = tail:find(is_right and text:sub(at, at) == '\n' and '^%s*[^%s(]' or '%S') and load('return ' .. tail, name, 't')
      local in_comment = is_result and load(before .. ')', name, 't')
      if is_result and not in_comment and load(before .. 'return ' .. tail, name, 't') and (not is_right or load(tail, name, 't')) then
         return returning(before, tail)
      end
      from = at - 1
   end
end

--- What the text is.
---@param text string
---@param name string of the chunk, '=[3]'
---@return 'expression'|'statements'|nil kind
---@return boolean|string|nil more true: lines are wanting, else what is wrong
---@return string? code the text; where its last statement is an expression, one that returns it
function chunk.kind(text, name)
   local f, of_expression = load('return ' .. text, name, 't')
   if f then return 'expression', nil, text end
   local g, why = load(text, name, 't')
   if g then return 'statements', nil, with_result(text, name, true) or text end
   local code = with_result(text, name, false)
   if code then return 'statements', nil, code end
   if why:find('unfinished string', 1, true) then return nil, why end
   return nil, (why:find(at_end) or of_expression:find(at_end)) and true or why
end

-- Statements that hand the named variables over.
local function keeping(names)
   local parts = {}
   for first = 1, #names, names_at_once do
      parts[#parts + 1] = (' _keep_(function() return %s end)'):format(
         table.concat(names, ',', first, math.min(#names, first + names_at_once - 1)))
   end
   return table.concat(parts)
end

local function body_of(text, kind)
   local names = scan.names(text)
   if kind == 'expression' then return returning('', text), names end
   local at, keep = names.returns, keeping(names.locals)
   if not at then return text .. '\n' .. keep, names end
   return text:sub(1, at - 1) .. keep .. ' ' .. text:sub(at) .. '\n', names
end

--- Notes the variables that a function holds.
---@param variables Variables
---@param f function
function chunk.keep(variables, f)
   for i = 1, math.huge do
      local name = debug.getupvalue(f, i)
      if not name then return end
      variables[name] = {f, i}
   end
end

--- A function of the text.
---@param text string of that kind, which compiles
---@param name string of the chunk
---@param kind 'expression'|'statements'
---@param variables Variables what it sees; its own are added as it runs
---@return function?
---@return string? why not: too many local variables
function chunk.new(text, name, kind, variables)
   local body, names = body_of(text, kind)
   local seen = {'_keep_', '_pass_'}
   for used in pairs(names.used) do
      if variables[used] then seen[#seen + 1] = used end
   end
   local maker, why = load(('local %s = ... return function(...) %s end'):format(table.concat(seen, ','), body), name, 't')
   if not maker then return nil, why end
   local f = maker(function(holder) chunk.keep(variables, holder) end, pass)
   for i = 1, math.huge do
      local used = debug.getupvalue(f, i)
      if not used then return f end
      local variable = variables[used]
      if variable and not own[used] then debug.upvaluejoin(f, i, variable[1], variable[2]) end
   end
end

--- Whether a variable is of the chunk's making, not of its text.
---@param name string
function chunk.is_own(name) return own[name] ~= nil end

--- The value of a variable.
---@param variable {[1]: function, [2]: integer}
function chunk.value(variable)
   local _, value = debug.getupvalue(variable[1], variable[2])
   return value
end

--- A variable of its own that holds the value.
---@return {[1]: function, [2]: integer}
function chunk.variable(value)
   return {function() return value end, 1}
end

return chunk
