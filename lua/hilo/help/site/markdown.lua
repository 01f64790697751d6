--- help/site/markdown.lua: the pages' marks as HTML: headings, paragraphs, lists, tables, code that is indented by four, and `code`
--- that links to what it names.
local h = require 'hilo.report.html'
local links = require 'hilo.help.site.links'

local markdown = {}

--- A line's text: `code`, and [text](address).
---@param text string
---@param own? table<string, boolean> words in `code` that lead nowhere: they mean something of their own here
---@return any content for html
function markdown.inline(text, own)
   local parts, at = {}, 1
   while at <= #text do
      local from, to = text:find('`[^`]+`', at)
      local link_from, link_to, label, address = text:find('%[([^%]]+)%]%((%S-)%)', at)
      if link_from and (not from or link_from < from) then
         parts[#parts + 1] = text:sub(at, link_from - 1)
         parts[#parts + 1] = h.a {href = address, label}
         at = link_to + 1
      elseif from then
         parts[#parts + 1] = text:sub(at, from - 1)
         local code = text:sub(from + 1, to - 1)
         local where = not (own and own[code]) and links.of_code(code)
         parts[#parts + 1] = where and h.a {href = where, h.code {code}} or h.code {code}
         at = to + 1
      else
         parts[#parts + 1] = text:sub(at)
         at = #text + 1
      end
   end
   return parts
end

-- Whether a line of code begins another file, or is for the shell.
local function begins_file(line) return line:find('^%-%- [%w_/.-]+%.%w+[:,]') ~= nil or line:find('^%$ ') ~= nil end

-- A block for each file.
local function code_blocks(lines)
   local blocks, block = {}, {}
   local function flush()
      while block[#block] == '' do block[#block] = nil end
      if #block > 0 then blocks[#blocks + 1] = h.pre {h.code {table.concat(block, '\n')}} end
      block = {}
   end
   for i, line in ipairs(lines) do
      if begins_file(line) and lines[i - 1] == '' then flush() end
      block[#block + 1] = line
   end
   flush()
   return blocks
end

local function cells(line)
   local list = {}
   for cell in line:gsub('^|', ''):gmatch('([^|]*)|') do list[#list + 1] = cell:match('^%s*(.-)%s*$') end
   return list
end

local function table_of(lines)
   local head, rows = {}, {}
   for i, cell in ipairs(cells(lines[1])) do head[i] = h.th {scope = 'col', markdown.inline(cell)} end
   for i = 3, #lines do
      local row = {}
      for c, cell in ipairs(cells(lines[i])) do row[c] = h.td {markdown.inline(cell)} end
      rows[#rows + 1] = h.tr(row)
   end
   return h.div {class = 'scroll', h.table {h.thead {h.tr(head)}, h.tbody(rows)}}
end

local function list_of(lines)
   local items = {}
   for _, line in ipairs(lines) do
      local item = line:match('^%- (.*)$')
      if item then items[#items + 1] = item else items[#items] = items[#items] .. ' ' .. line:match('^%s*(.-)$') end
   end
   for i, item in ipairs(items) do items[i] = h.li {markdown.inline(item)} end
   return h.ul(items)
end

local function heading(line)
   local marks, title = line:match('^(#+) (.*)$')
   return h.element('h' .. #marks, {id = title:lower():gsub('[^%w]+', '-'), markdown.inline(title)})
end

local kinds = {
   {'^    ', function(lines)
      for i, line in ipairs(lines) do lines[i] = line:sub(5) end
      return code_blocks(lines)
   end},
   {'^#+ ', function(lines)
      local list = {}
      for i, line in ipairs(lines) do list[i] = heading(line) end
      return list
   end},
   {'^|', table_of},
   {'^%- ', list_of},
   {'', function(lines) return h.p {markdown.inline(table.concat(lines, ' '))} end},
}

local function kind_of(line)
   for _, kind in ipairs(kinds) do if line:match(kind[1]) then return kind end end
   return kinds[#kinds]
end

-- Whether a line goes on with a block: code over empty lines, a list's item over indented lines.
local function goes_on(kind, line, next_line)
   if line == '' then return kind == kinds[1] and next_line ~= nil and next_line:match('^    ') ~= nil end
   if kind == kinds[4] then return line:match('^%- ') ~= nil or line:match('^  ') ~= nil end
   return kind_of(line) == kind
end

--- A page as HTML.
---@param text string
---@return any content for html
function markdown.html(text)
   local lines, out, at = {}, {}, 1
   for line in (text .. '\n'):gmatch('([^\n]*)\n') do lines[#lines + 1] = line end
   while at <= #lines do
      if lines[at] == '' then
         at = at + 1
      else
         local kind, block = kind_of(lines[at]), {lines[at]}
         at = at + 1
         while at <= #lines and goes_on(kind, lines[at], lines[at + 1]) do
            block[#block + 1] = lines[at]
            at = at + 1
         end
         out[#out + 1] = kind[2](block)
      end
   end
   return out
end

return markdown
