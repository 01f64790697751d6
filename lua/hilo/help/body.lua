--- help/body.lua: the source of a definition, and the messages of the errors that it raises itself.
local body = {}

local function lines_of(path)
   local handle = io.open(path)
   if not handle then return {} end
   local list = {}
   for line in handle:lines() do list[#list + 1] = line end
   handle:close()
   return list
end

-- The last line of what begins at `first`: the next one that is indented no more and closes it.
local function last_line(lines, first)
   local indent = #lines[first]:match('^%s*')
   if not (lines[first]:match('[%({]%s*$') or lines[first]:match('function%s*[%w_.:]*%s*%b()%s*$')) then return first end
   for i = first + 1, #lines do
      if lines[i]:match('%S') and #lines[i]:match('^%s*') <= indent then return i end
   end
   return #lines
end

-- Where the class that begins at `first` ends: before the next one, or with the file.
local function end_of_class(lines, first)
   for i = first + 1, #lines do
      if lines[i]:match("^local [%w_, ]+ = class%('") then
         repeat i = i - 1 until lines[i]:match('%S') and not lines[i]:match('^%-%-')
         return i
      end
   end
   return #lines
end

--- The lines of a definition, with the comment above it.
---@param path string
---@param line integer where it begins
---@param with_methods? boolean of a class: its methods too
---@return string text, integer first its first line's number
function body.of(path, line, with_methods)
   local lines = lines_of(path)
   if not lines[line] then return '', line end
   local first, last = line, with_methods and end_of_class(lines, line) or last_line(lines, line)
   while lines[first - 1] and lines[first - 1]:match('^%s*%-%-%-') and line > 1 do first = first - 1 end
   return table.concat(lines, '\n', first, last), first
end

--- The line of a file that makes what a loop or a call names: unary('relu', ...), additive('add', ...), {abs = ...}.
---@param path string
---@param name string
---@return integer?
function body.line_that_makes(path, name)
   local patterns = {"^%a[%w_]*%('" .. name .. "'[,)]", '%f[%w_]' .. name .. ' = C%.', '^   ' .. name .. ' = '}
   local lines = lines_of(path)
   for _, pattern in ipairs(patterns) do
      for i, line in ipairs(lines) do if line:find(pattern) then return i end end
   end
   return nil
end

-- The arguments of a call, cut at its commas.
local function arguments_of(text)
   local list, depth, quote, start = {}, 0, nil, 1
   for i = 1, #text do
      local c = text:sub(i, i)
      if quote then
         if c == quote and text:sub(i - 1, i - 1) ~= '\\' then quote = nil end
      elseif c == "'" or c == '"' then
         quote = c
      elseif c:match('[%({%[]') then
         depth = depth + 1
      elseif c:match('[%)}%]]') then
         depth = depth - 1
      elseif c == ',' and depth == 0 then
         list[#list + 1] = text:sub(start, i - 1)
         start = i + 1
      end
   end
   list[#list + 1] = text:sub(start)
   return list
end

local function literals(text)
   local parts, i = {}, 1
   while true do
      local from, quote = text:match('()(["\'])', i)
      if not from then break end
      local to = text:find(quote, from + 1, true)
      while to and text:sub(to - 1, to - 1) == '\\' do to = text:find(quote, to + 1, true) end
      if not to then break end
      parts[#parts + 1] = text:sub(from + 1, to - 1)
      i = to + 1
   end
   return (table.concat(parts):gsub("\\(['\"])", '%1'):gsub('\\n', ' '))
end

local function closed_call(text, at)
   local depth, quote = 0, nil
   for i = at, #text do
      local c = text:sub(i, i)
      if quote then
         if c == quote and text:sub(i - 1, i - 1) ~= '\\' then quote = nil end
      elseif c == "'" or c == '"' then
         quote = c
      elseif c == '(' then
         depth = depth + 1
      elseif c == ')' then
         depth = depth - 1
         if depth == 0 then return text:sub(at + 1, i - 1) end
      end
   end
   return nil
end

-- What the checks of hilo.ops.arguments say.
local said = {tensor = '%s must be a tensor', optional_tensor = '%s must be a tensor or nil', number = '%s must be a number',
   whole = '%s must be a whole number', pair = '%s must be a number or {height, width}', options = 'an option that it does not take'}

local function argument_errors(list, text, name)
   for kind, what in text:gmatch("arguments%.([%w_]+)%([%w_']+, '?([%w_ ]+)") do
      local message = said[kind] and ('%s: %s'):format(name or '…', said[kind]:format(what))
      if message and not list[message] then
         list[message] = true
         list[#list + 1] = message
      end
   end
end

--- The messages of the errors that a definition raises itself; what stands for values is '…'.
---@param text string its source
---@param name string? what the message begins with where it begins with '%s:'
---@return string[]
function body.errors(text, name)
   local list, seen = {}, {}
   text = text:gsub('%-%-[^\n]*', '')
   local of_arguments = {}
   argument_errors(of_arguments, text, name)
   for i, message in ipairs(of_arguments) do list[i] = message end
   for at_name, call, at in text:gmatch('()(%f[%w_][%w_]+)()%(') do
      local which = (call == 'check' or call == 'need') and 2 or call == 'raise' and 1 or call == 'error' and 1
      local inside = which and text:sub(at_name - 9, at_name - 1) ~= 'function ' and closed_call(text, at)
      local message = inside and arguments_of(inside)[which]
      message = message and literals(message):gsub('^%%s: ', (name or '…') .. ': '):gsub('%%[%-%d.]*[sdgfxi]', '…'):gsub('%%%%', '%%')
      if message and text:sub(at_name - 5, at_name - 1) == 'self:' then message = (name or '…') .. ': ' .. message end
      if message and message:match('%a%a.*%s.*%a%a') and not seen[message] then
         seen[message] = true
         list[#list + 1] = message
      end
   end
   return list
end

return body
