--- prompt/pretty.lua: values as text to be read: tables sorted, limited and on one line where they fit; what they hold said in short.
local attempt = require 'hilo.prompt.attempt'
local checked = require 'hilo.checked'
local core = require 'hilo.core'
local colour = require 'hilo.prompt.colour'
local keys_of = require 'hilo.keys'
local utf8 = require 'hilo.io.utf8'

local pretty = {}

---@class PrettyOptions
---@field colour boolean? false
---@field width integer? within which a table is on one line, 80
---@field room integer? columns that a tree of modules may take
---@field depth integer? tables within tables that are shown, 4
---@field items integer? entries of a table that are shown, 100, and of tables within it, 40

local words = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
   while]]):gmatch('%a+') do words[word] = true end

local escapes = {['\n'] = '\\n', ['\t'] = '\\t', ['\r'] = '\\r', ['"'] = '\\"', ['\\'] = '\\\\'}

--- A string in quotes.
---@param s string
---@param limit? integer bytes that are shown, 200
function pretty.quoted(s, limit)
   limit = limit or 200
   local more = #s > limit and (' .. %d more bytes'):format(#s - limit) or ''
   local text = s:sub(1, limit):gsub('[%z\1-\31"\\\127]', function(c) return escapes[c] or ('\\%03d'):format(c:byte()) end)
   return '"' .. utf8.valid(text, function(byte) return '\\' .. byte end) .. '"' .. more
end

local function number_text(x)
   if x == math.floor(x) and math.abs(x) < 1e15 then return ('%.0f'):format(x) end
   return ('%.14g'):format(x)
end

--- Where a function was written, and what it takes.
---@param f function
---@return string
function pretty.function_text(f)
   f = checked.inside(f)
   local info = debug.getinfo(f, 'Su')
   if info.what == 'C' then return 'function in C' end
   local names = {}
   for i = 1, info.nparams or 0 do names[i] = debug.getlocal(f, i) or '?' end
   if info.isvararg then names[#names + 1] = '...' end
   return ('function(%s) %s:%d'):format(table.concat(names, ', '), info.short_src, info.linedefined)
end

--- What tostring says, also of objects whose own __tostring raises an error.
---@param x any
---@return string
function pretty.plain(x)
   local ok, text = attempt(tostring, x)
   if ok then return text end
   if type(text) ~= 'string' then return 'object whose __tostring fails' end
   return 'object whose __tostring fails: ' .. text
end

local Writer = {}
Writer.__index = Writer

local function tensor_text(t)
   if t._storage.freed then return 'freed tensor' end
   local sizes = {}
   for d = 1, t:dim() do sizes[d] = t:size(d) end
   local where = t:getDevice() == 'cpu' and '' or ' on ' .. t:getDevice()
   return ('%s %s%s'):format(t:type():match('[^.]+$'), #sizes > 0 and table.concat(sizes, 'x') or 'of no dimension', where)
end

-- Text of whatever is no plain table.
function Writer:plain(x)
   local kind = type(x)
   if kind == 'string' then return self.paint('string', pretty.quoted(x)) end
   if kind == 'number' then return self.paint('number', number_text(x)) end
   if kind == 'function' then return self.paint('dim', pretty.function_text(x)) end
   if kind == 'boolean' or kind == 'nil' then return self.paint('number', tostring(x)) end
   return self.paint('type', pretty.plain(x))
end

local function short(x)
   if core.is_tensor(x) then return tensor_text(x) end
   local meta = getmetatable(x)
   if type(meta) ~= 'table' or not rawget(meta, '__tostring') then return nil end
   local first, rest = pretty.plain(x):match('^([^\n]*)\n?(.*)')
   return rest ~= '' and first:gsub('%s*{$', '') .. ' {...}' or first
end

local function key_text(self, key, path)
   if type(key) == 'string' and key:match('^[%a_][%w_]*$') and not words[key] then return self.paint('key', key), path .. '.' .. key end
   local text = type(key) == 'string' and pretty.quoted(key) or type(key) == 'number' and number_text(key) or pretty.plain(key)
   return '[' .. self.paint('key', text) .. ']', ('%s[%s]'):format(path, text)
end

-- Keys of any kind: numbers, strings, others by their text.
local function sorted(t)
   local plain, others = {}, {}
   for key in next, t do
      if type(key) == 'number' or type(key) == 'string' then plain[key] = true else others[#others + 1] = key end
   end
   local list = keys_of(plain)
   table.sort(others, function(a, b) return pretty.plain(a) < pretty.plain(b) end)
   for _, key in ipairs(others) do list[#list + 1] = key end
   return list
end

-- Entries in lines that are as full as they can be.
local function filled(parts, indent, width)
   local lines, line = {}, nil
   for i, part in ipairs(parts) do
      if i < #parts then part = part .. ',' end
      if line and #colour.strip(line) + 1 + #colour.strip(part) + #indent <= width then
         line = line .. ' ' .. part
      else
         lines[#lines + 1] = line
         line = part
      end
   end
   lines[#lines + 1] = line
   return table.concat(lines, '\n' .. indent)
end

-- Whether a table is a list of numbers and words.
local function is_plain_list(t)
   for key, value in next, t do
      if type(key) ~= 'number' or type(value) == 'table' or type(value) == 'function' then return false end
   end
   return true
end

local function is_open(self, t) return self.open[t] end

function Writer:entries(t, depth, path)
   local parts, n, total, most = {}, #t, 0, depth == 0 and self.items or self.inner_items
   for i = 1, math.min(n, most) do parts[i] = self:text(rawget(t, i), depth + 1, ('%s[%d]'):format(path, i)) end
   if n > most then parts[#parts + 1] = self.paint('dim', ('... %d more'):format(n - most)) end
   local shown = 0
   for _, key in ipairs(sorted(t)) do
      local listed = type(key) == 'number' and key % 1 == 0 and key >= 1 and key <= n
      if not listed then
         total = total + 1
         if shown < most then
            shown = shown + 1
            local name, place = key_text(self, key, path)
            parts[#parts + 1] = name .. ' = ' .. self:text(rawget(t, key), depth + 1, place)
         end
      end
   end
   if total > shown then parts[#parts + 1] = self.paint('dim', ('... %d more'):format(total - shown)) end
   return parts
end

function Writer:text(x, depth, path)
   if type(x) ~= 'table' then return self:plain(x) end
   local said = short(x)
   if said and depth > 0 then return self.paint('type', said) end
   if is_open(self, x) then return self.paint('dim', ('<the table %s>'):format(is_open(self, x))) end
   if next(x) == nil then return '{}' end
   if depth >= self.depth then return self.paint('dim', '{...}') end
   self.open[x] = path == '' and 'itself' or path
   local parts = self:entries(x, depth, path)
   self.open[x] = nil
   local line, indent = '{' .. table.concat(parts, ', ') .. '}', ('   '):rep(depth + 1)
   if not line:find('\n', 1, true) and #colour.strip(line) + #indent + 8 <= self.width then return line end
   local inside = is_plain_list(x) and filled(parts, indent, self.width) or table.concat(parts, ',\n' .. indent)
   return '{\n' .. indent .. inside .. '\n' .. ('   '):rep(depth) .. '}'
end

--- A value in one line.
---@param x any
---@param width integer bytes, of which the last are an ellipsis where it has more
---@return string
function pretty.line(x, width)
   local text = pretty.text({x}, {depth = 2, items = 4, width = math.huge})
   text = text:gsub('^{(.*)}$', '%1'):gsub('<the table %[1%]', '<the table itself'):gsub('%s*\n%s*', ' ')
   return #text > width and text:sub(1, math.max(1, width - 3)) .. '...' or text
end

--- A value as text.
---@param x any
---@param options? PrettyOptions
---@return string
function pretty.text(x, options)
   options = options or {}
   local self = setmetatable({width = options.width or 80, depth = options.depth or 4, items = options.items or 100,
      inner_items = options.items or 40, open = {}, paint = colour.painter(options.colour)}, Writer)
   if core.is_tensor(x) then return (tostring(x):gsub('\n$', '')) end
   if type(x) == 'string' and x:find('\n', 1, true) then return (x:gsub('\n$', '')) end
   if type(x) == 'table' then
      local said = require('hilo.prompt.objects')(x, self.paint, options.room)
      if said then return said end
      local meta = getmetatable(x)
      if type(meta) == 'table' and rawget(meta, '__tostring') then return (pretty.plain(x):gsub('\n$', '')) end
   end
   return self:text(x, 0, '')
end

return pretty
