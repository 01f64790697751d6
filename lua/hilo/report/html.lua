--- report/html.lua: HTML whose texts cannot leave their place. html.p {class = 'note', 'a < b'} is an element: named fields are
--- attributes, the others its content. Strings are escaped; only what is an element already, or html.raw, goes in as it is.
local utf8 = require 'hilo.io.utf8'
local sorted_keys = require 'hilo.keys'

local html = {}

---@class Html
---@field text string
local Html = {}
Html.__index = Html
Html.__tostring = function(self) return self.text end

local replacement = '\239\191\189' -- U+FFFD

local entities = {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;', ["'"] = '&#39;'}

-- Control characters as their pictures, U+2400 and what follows.
local function picture(c)
   local code = c:byte()
   return '\226\144' .. string.char(code == 127 and 0xA1 or 0x80 + code)
end

-- C1 controls, and characters that turn the direction of what follows or hide in it.
local hidden = {'\194[\128-\159]', '\226\128[\139-\143\168-\174]', '\226\129[\160-\175]', '\239\187\191', '\239\191[\190\191]'}

--- Text as valid UTF-8 that stands for itself in HTML, in content and in quoted attributes: bytes that are not UTF-8 become U+FFFD,
--- control characters but line breaks and tabs visible signs, and characters that cannot be seen U+FFFD too.
---@param text string
---@return string
function html.escape(text)
   text = utf8.valid(text):gsub('\r\n', '\n')
   if text:find('[\128-\255]') then
      for _, pattern in ipairs(hidden) do text = text:gsub(pattern, replacement) end
   end
   return (text:gsub('[%z\1-\8\11-\31\127]', picture):gsub('[&<>"\']', entities))
end

--- What is HTML already.
---@param text string
---@return Html
function html.raw(text) return setmetatable({text = text}, Html) end

local function content(parts, value)
   local kind = type(value)
   if getmetatable(value) == Html then
      parts[#parts + 1] = value.text
   elseif kind == 'table' then
      for i = 1, table.maxn(value) do content(parts, value[i]) end
   elseif kind == 'string' or kind == 'number' then
      parts[#parts + 1] = html.escape(tostring(value))
   elseif value then
      error('html: cannot show a ' .. kind)
   end
end

--- Several pieces as one; nil and false are left out.
---@param list table
---@return Html
function html.join(list)
   local parts = {}
   content(parts, list)
   return html.raw(table.concat(parts))
end

local empty = {}
for name in ('br col hr img input link meta'):gmatch('%a+') do empty[name] = true end

local function attributes(fields)
   local parts = {}
   for _, name in ipairs(sorted_keys(fields)) do
      local value = type(name) == 'string' and fields[name]
      if value == true then
         parts[#parts + 1] = ' ' .. name
      elseif value then
         parts[#parts + 1] = (' %s="%s"'):format(name, html.escape(tostring(value)))
      end
   end
   return table.concat(parts)
end

--- An element. Names of elements and attributes are the program's, never data.
---@param name string
---@param fields table
---@return Html
function html.element(name, fields)
   local parts = {'<' .. name .. attributes(fields) .. '>'}
   if empty[name] then return html.raw(parts[1]) end
   for i = 1, table.maxn(fields) do content(parts, fields[i]) end
   parts[#parts + 1] = '</' .. name .. '>'
   return html.raw(table.concat(parts))
end

return setmetatable(html, {__index = function(t, name)
   t[name] = function(fields) return html.element(name, fields) end
   return t[name]
end})
