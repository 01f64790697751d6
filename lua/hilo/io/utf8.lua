--- io/utf8.lua: texts of unknown origin (names of files, messages of other programs) for formats that take UTF-8 alone.
local utf8 = {}

local replacement = '\239\191\189' -- U+FFFD

-- Least and greatest second byte after some first bytes: no overlong forms, no surrogates, nothing beyond U+10FFFF.
local second = {[0xE0] = {0xA0, 0xBF}, [0xED] = {0x80, 0x9F}, [0xF0] = {0x90, 0xBF}, [0xF4] = {0x80, 0x8F}}
local any = {0x80, 0xBF}

-- Bytes of the character that begins at `at`, nil where there is none.
local function length_at(text, at)
   local first = text:byte(at)
   if first < 0x80 then return 1 end
   local length = first >= 0xC2 and first <= 0xDF and 2 or first >= 0xE0 and first <= 0xEF and 3
      or first >= 0xF0 and first <= 0xF4 and 4
   if not length then return nil end
   for i = 1, length - 1 do
      local byte, range = text:byte(at + i), i == 1 and second[first] or any
      if not byte or byte < range[1] or byte > range[2] then return nil end
   end
   return length
end

--- The text with every byte that is no part of a UTF-8 character replaced by U+FFFD, or by what f makes of it.
---@param text string
---@param f? fun(byte: integer): string
---@return string
function utf8.valid(text, f)
   if not text:find('[\128-\255]') then return text end
   local parts, at = {}, 1
   while at <= #text do
      local plain = text:match('^[%z\1-\127]+', at)
      local length = plain and #plain or length_at(text, at)
      parts[#parts + 1] = length and text:sub(at, at + length - 1) or f and f(text:byte(at)) or replacement
      at = at + (length or 1)
   end
   return table.concat(parts)
end

--- Characters of a text, not bytes: '±' is one column wide and two bytes long.
---@param text string
---@return integer
function utf8.length(text) return #text:gsub('[\128-\191]', '') end

local named = {['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'}

--- The text as it can be shown in one line, of a terminal too: valid, and control characters as Lua writes them, \n or \27.
---@param text string
---@return string
function utf8.visible(text)
   return (utf8.valid(text):gsub('%c', function(c) return named[c] or ('\\%d'):format(c:byte()) end))
end

--- The character of a code point.
---@param code integer 0..0x10FFFF
---@return string
function utf8.encode(code)
   if code < 0x80 then return string.char(code) end
   local bytes, limit = '', 0x40
   while code >= limit do
      bytes, code, limit = string.char(0x80 + code % 64) .. bytes, math.floor(code / 64), limit == 0x40 and 0x20 or limit / 2
   end
   local lead = ({0xC0, 0xE0, 0xF0})[#bytes]
   return lead and string.char(lead + code) .. bytes or replacement
end

return utf8
