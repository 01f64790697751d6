--- help/reader.lua: the definitions of a Lua file and the comments above them. Blocks are kept as lines; comments.lua reads those
--- that somebody asks for.

---@class Defined
---@field file string
---@field line integer where the definition begins
---@field names string[] 'M.matmul', 'methods:add'; one for each name of an assignment
---@field parameters string? as written: 'x, weight'
---@field block string[]? the comment's lines, without the dashes
---@field class string? what nn.class or ---@class calls it
---@field variable string? that holds the class

---@class SourceFile
---@field path string
---@field head string[]? the block that the file begins with, where it tells of the file
---@field list Defined[]
---@field by_line table<integer, Defined>

local function names_of(line)
   local name, parameters = line:match('^%s*local function ([%w_]+)%s*(%b())')
   if not name then name, parameters = line:match('^%s*function ([%w_.:]+)%s*(%b())') end
   if name then return {name}, parameters:sub(2, -2) end
   local left, right = line:match('^%s*([%a_][%w_.,%s%[%]"\']-)%s*=%s*(.*)$')
   if not left then
      parameters = line:match('^%s*return function%s*(%b())')
      return {}, parameters and parameters:sub(2, -2)
   end
   left = left:gsub('^local%s+', '')
   local names = {}
   for one in left:gmatch('[^,%s]+') do names[#names + 1] = one end
   parameters = right:match('^function%s*(%b())')
   return names, parameters and parameters:sub(2, -2), right
end

local function declared_class(block)
   for _, line in ipairs(block) do
      local name = line:match('^@class%s+([%w_.]+)')
      if name then return name end
   end
   return nil
end

local function definition(path, line, number, block)
   local names, parameters, right = names_of(line)
   local defined = {file = path, line = number, names = names, parameters = parameters, block = block}
   local made = right and right:match("class%('([%w_.]+)'")
   defined.class = made or block and declared_class(block)
   if defined.class and right then defined.variable = names[1] end
   return defined
end

local function has_tags(block)
   for _, line in ipairs(block) do if line:match('^@') then return true end end
   return false
end

local function add(file, defined)
   file.list[#file.list + 1] = defined
   file.by_line[defined.line] = defined
end

--- Reads a file.
---@param path string
---@return SourceFile
return function(path)
   local file = {path = path, list = {}, by_line = {}}
   local handle = io.open(path)
   if not handle then return file end
   local text = handle:read('*a')
   handle:close()
   local number, block, began = 0, nil, 0
   local at, length = 1, #text
   while at <= length do
      local stop = text:find('\n', at, true) or length + 1
      local line = text:sub(at, stop - 1)
      at, number = stop + 1, number + 1
      local comment = line:find('---', 1, true) and line:match('^%s*%-%-%-(.*)$')
      if comment and comment:sub(1, 1) ~= '-' then
         if not block then block, began = {}, number end
         block[#block + 1] = comment
      elseif block then
         if began == 1 and not has_tags(block) then
            file.head = block
         else
            add(file, definition(path, line, number, block))
         end
         block = nil
      elseif line:sub(1, 9) == 'function ' or line:find('class(', 1, true) then
         add(file, definition(path, line, number))
      end
   end
   return file
end
