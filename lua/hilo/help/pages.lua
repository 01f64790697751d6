--- help/pages.lua: the pages on concepts, help/pages/*.md: a title, paragraphs, lists, tables, and Lua code that is indented by four.
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local other_names = require 'hilo.help.other_names'

local pages = {}

---@class HelpPage
---@field name string 'tensors'
---@field title string
---@field text string
---@field words string what a search looks through

local list

-- The page of other libraries' names.
local function names_page()
   local full = require 'hilo.help.text'
   local lines = {'# Names in Torch7 and PyTorch', '',
      'Tensors and modules have the names and the order of arguments of Torch7; where PyTorch has another name, it stands beside.',
      '',
      '| hilo | Torch7 | PyTorch |', '|---|---|---|'}
   local function cell(name, row)
      if not name then return 'none' end
      return name == row.ours and 'the same' or '`' .. name .. '`'
   end
   local entries = require 'hilo.help.entries'
   for _, row in ipairs(other_names.rows()) do
      local entry = entries.named(row.ours)
      local ours = entry and full.full_name(entry) or row.ours
      lines[#lines + 1] = ('| `%s` | %s | %s |'):format(ours, cell(row.torch7, row), cell(row.pytorch, row))
   end
   return {name = 'names', title = lines[1]:sub(3), text = table.concat(lines, '\n') .. '\n', words = ''}
end

local order = {'tutorial', 'prompt', 'tensors', 'autograd', 'modules', 'data', 'methods', 'runs', 'precision', 'devices', 'files',
   'security', 'torch7', 'names'}

local function place(name)
   for i, known in ipairs(order) do if known == name then return i end end
   return #order + 1
end

--- All pages: the tutorial, the concepts, and then how hilo is carried on.
---@return HelpPage[]
function pages.all()
   if list then return list end
   list = {}
   local below = debug.getinfo(1, 'S').source:match('^@(.*)%.lua$')
   for _, name in ipairs(folder.list(below)) do
      local text = file.read(below .. '/' .. name)
      list[#list + 1] = {name = name:match('^(.*)%.md$'), title = text:match('^# ([^\n]*)'), text = text, words = text}
   end
   list[#list + 1] = names_page()
   table.sort(list, function(a, b)
      local x, y = place(a.name), place(b.name)
      return x < y or x == y and a.name < b.name
   end)
   return list
end

--- The page of that name.
---@param name string
---@return HelpPage?
function pages.find(name)
   for _, page in ipairs(pages.all()) do if page.name == name then return page end end
   return nil
end

-- The head of a file in a page, '-- lua/hilo/nn/init.lua, after TEXT': its path and what is done to it.
local function head_of(line)
   local path, change = line:match('^[-/*]+ (%S+/%S+)[:,] (.-)%s*%*?/?$')
   local known = change and (change == 'new' or change:match('^after ') or change:match('^in the place of '))
   if known then return path, change end
   return nil
end

-- Blocks that are indented by four columns, in their order. Heads of files, and commands behind an empty line, begin another.
local function code_of(page)
   local blocks, block = {}, nil
   local function close()
      if block then blocks[#blocks + 1] = table.concat(block, '\n') end
      block = nil
   end
   for line in (page.text .. '\n'):gmatch('([^\n]*)\n') do
      local code = line:match('^    (.*)$')
      if code and block and block[#block] == '' and (head_of(code) or code:match('^%$ ')) then close() end
      if code then
         block = block or {}
         block[#block + 1] = code
      elseif line ~= '' then
         close()
      elseif block then
         block[#block + 1] = ''
      end
   end
   close()
   return blocks
end

--- Lua code in a page, in its order. Code of other languages, and what belongs into a file of its own, begins with the file's name.
---@param page HelpPage
---@return string[]
function pages.examples(page)
   local found = {}
   for _, block in ipairs(code_of(page)) do
      if not block:match('^%$ ') and not pages.file_of(block) then found[#found + 1] = block end
   end
   return found
end

--- The commands in a page, in their order, without the prompt.
---@param page HelpPage
---@return string[]
function pages.commands(page)
   local found = {}
   for _, block in ipairs(code_of(page)) do for line in block:gmatch('[^\n]+') do found[#found + 1] = line:match('^%$ (.*)$') end end
   return found
end

--- What a block of code says that a file holds: its first line names the file.
---@param block string '-- lua/hilo/nn/SoftSign.lua: new\n...'
---@return string? path
---@return string? change 'new', 'after TEXT' (it is put behind the line that holds the text), or 'in the place of TEXT'
---@return string? text
function pages.file_of(block)
   local head, text = block:match('^([^\n]*)\n(.*)$')
   local path, change = head_of(head or '')
   return path, change, path and (text:gsub('\n*$', '\n'))
end

--- The files of a page, in their order.
---@param page HelpPage
---@return {path: string, change: string, text: string}[]
function pages.files(page)
   local found = {}
   for _, block in ipairs(code_of(page)) do
      local path, change, text = pages.file_of(block)
      if path then found[#found + 1] = {path = path, change = change, text = text} end
   end
   return found
end

return pages
