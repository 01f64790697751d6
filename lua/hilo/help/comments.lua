--- help/comments.lua: a block of `---` lines, read: prose, parameters, results, fields, examples.
local types = require 'hilo.help.types'

local comments = {}

---@class Described
---@field name string
---@field type string
---@field text string shape, unit, default
---@field optional boolean?

---@class Comment
---@field text string the prose, paragraphs apart by an empty line
---@field examples string[] Lua code
---@field parameters Described[]
---@field results Described[]
---@field fields Described[]
---@field type string? of a value
---@field class string? the name that the block declares
---@field extends string[] what that class extends
---@field aliases table<string, string> types by name
---@field overloads string[] types of other ways to call it
---@field hidden boolean? for use inside of its file or class

local readers = {}

function readers.param(comment, rest)
   local name, optional, after = rest:match('^([%w_.]+)(%??)%s+(.*)$')
   if not name then return end
   local kind, text = types.split(after)
   comment.parameters[#comment.parameters + 1] = {name = name, type = kind, text = text,
      optional = optional == '?' or kind:sub(-1) == '?' and not kind:match '^fun'}
end

readers['return'] = function(comment, rest)
   while rest ~= '' do
      local kind, after = types.split(rest)
      local name, behind = after:match('^([%a_][%w_.]*)()')
      if kind == '...' then name = nil end
      local text = name and after:sub(behind) or after
      rest = ''
      if text:sub(1, 1) == ',' then rest, text = text:match('^,%s*(.*)$'), '' end
      comment.results[#comment.results + 1] = {name = name or '', type = kind, text = text:match('^%s*(.-)%s*$')}
   end
end

function readers.field(comment, rest)
   rest = rest:gsub('^private%s+', ''):gsub('^package%s+', '')
   local name, optional, after = rest:match('^([%w_.%[%]]+)(%??)%s+(.*)$')
   if not name then return end
   local kind, text = types.split(after)
   comment.fields[#comment.fields + 1] = {name = name, type = kind, text = text, optional = optional == '?' or kind:sub(-1) == '?'}
end

function readers.type(comment, rest)
   local kind, text = types.split(rest)
   comment.type = kind
   if text ~= '' then comment.text = comment.text == '' and text or comment.text .. '\n' .. text end
end

function readers.class(comment, rest)
   local name, after = rest:match('^([%w_.]+)%s*(.*)$')
   comment.class = name
   if after:sub(1, 1) == ':' then
      local parents, text = after:match('^:%s*([%w_.,%s]-)%s*$'), ''
      if not parents then parents, text = after:match('^:%s*([%w_.]+)%s*(.*)$') end
      for parent in (parents or ''):gmatch('[%w_.]+') do comment.extends[#comment.extends + 1] = parent end
      after = text
   end
   if after ~= '' then comment.text = comment.text .. (comment.text == '' and '' or '\n') .. after end
end

function readers.alias(comment, rest)
   local name, after = rest:match('^([%w_.]+)%s+(.*)$')
   if name then comment.aliases[name] = (types.split(after)) end
end

function readers.overload(comment, rest) table.insert(comment.overloads, (types.split(rest))) end

function readers.private(comment) comment.hidden = true end
readers.package, readers.protected = readers.private, readers.private

local function is_code(text) return loadstring(text) ~= nil end

-- Prose, and examples: Lua code whose lines begin five columns in. '\1n' stands for example n in the prose.
local function prose(comment, lines)
   local text, block = {}, {}
   local function close()
      local last = #block
      while last > 0 and block[last] == '' do last = last - 1 end
      if last == 0 then return end
      local code = table.concat(block, '\n', 1, last)
      if is_code(code) then
         comment.examples[#comment.examples + 1] = code
         text[#text + 1] = '\1' .. #comment.examples
      else
         for i = 1, last do text[#text + 1] = '    ' .. block[i] end
      end
      for _ = last + 1, #block do text[#text + 1] = '' end
      block = {}
   end
   for _, line in ipairs(lines) do
      if line:sub(1, 5) == '     ' and (#block > 0 or #text == 0 or text[#text] == '') then
         block[#block + 1] = line:sub(6)
      elseif line == '' and #block > 0 then
         block[#block + 1] = ''
      else
         close()
         text[#text + 1] = line:match('^ ?(.*)$')
      end
   end
   close()
   comment.text = table.concat(text, '\n'):match('^%s*(.-)%s*$')
end

local known = setmetatable({}, {__mode = 'k'})

--- Reads a block. The same lines give the same table.
---@param lines string[] without the `---`
---@return Comment
function comments.read(lines)
   if known[lines] then return known[lines] end
   local comment = {text = '', examples = {}, parameters = {}, results = {}, fields = {}, extends = {}, aliases = {}, overloads = {}}
   local words, tags = {}, {}
   for _, line in ipairs(lines) do
      if line:match('^%s*@') then
         tags[#tags + 1] = line:match('^%s*(@.-)%s*$')
      elseif #tags == 0 then
         words[#words + 1] = line
      elseif line:match('%S') then
         tags[#tags] = tags[#tags] .. ' ' .. line:match('^%s*(.-)%s*$')
      end
   end
   prose(comment, words)
   for _, tag in ipairs(tags) do
      local name, rest = tag:match('^@(%w+)%s*(.*)$')
      if readers[name] then readers[name](comment, rest) end
   end
   known[lines] = comment
   return comment
end

return comments
