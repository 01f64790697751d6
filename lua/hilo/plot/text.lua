--- plot/text.lua: names and titles as gnuplot and SVG take them.
---
--- Terminals run without enhanced text, and strings are put in single quotes, where gnuplot knows no escapes, commands or macros.
--- What could end a string, a quote or the end of a line, never gets into one: gnuplot takes a doubled quote for a quote in some places
--- and for the end of the string in others, so a quote becomes the typographic one.
local text = {}

-- Bytes of the sequence that starts at byte i where it is UTF-8 of an XML character, else nil.
local function sequence(s, i)
   local a, b, c, d = s:byte(i, i + 3)
   local function tail(x) return x and x >= 0x80 and x < 0xc0 end
   if a < 0x80 then return 1 end
   if a >= 0xc2 and a < 0xe0 then return tail(b) and not (a == 0xc2 and b < 0xa0) and 2 or nil end
   if a >= 0xe0 and a < 0xf0 then
      if not (tail(b) and tail(c)) or a == 0xe0 and b < 0xa0 or a == 0xed and b >= 0xa0 then return nil end
      return not (a == 0xef and b == 0xbf and c >= 0xbe) and 3 or nil
   end
   if a >= 0xf0 and a < 0xf5 then
      return tail(b) and tail(c) and tail(d) and not (a == 0xf0 and b < 0x90) and not (a == 0xf4 and b >= 0x90) and 4 or nil
   end
end

--- The characters of a string: invalid bytes become U+FFFD, control characters spaces.
---@param s string
---@return string[]
function text.characters(s)
   local out, i = {}, 1
   while i <= #s do
      local n = sequence(s, i)
      local character = n and s:sub(i, i + n - 1) or '\239\191\189'
      out[#out + 1] = character:find('^%c$') and ' ' or character
      i = i + (n or 1)
   end
   return out
end

--- One line of valid UTF-8; a long one loses its middle, because names of runs tend to differ at their ends.
---@param value any
---@param most? integer characters that stay, 48
---@return string
function text.line(value, most)
   most = most or 48
   local characters = text.characters(tostring(value))
   if #characters <= most then return table.concat(characters) end
   local head = math.ceil((most - 1) / 2)
   local tail = most - 1 - head
   return table.concat(characters, '', 1, head) .. '…' .. table.concat(characters, '', #characters - tail + 1)
end

-- How many characters all names begin with, or end with (step -1): whole words of them, or parts too.
local function common(lists, step, most, parts)
   local n = 0
   for k = 0, most - 1 do
      local character
      for _, list in ipairs(lists) do
         local one = list[step == 1 and 1 + k or #list - k]
         character = character or one
         if one ~= character then return n end
      end
      if parts or not character:find '^%w$' then n = k + 1 end
   end
   return n
end

--- Names as lines of `most` characters at the most. Where one is longer, all lose what they have in common at both ends, which
--- would else be all that is left of them.
---@param names string[]
---@param most integer
---@return string[]
function text.told_apart(names, most)
   local lists, shortest, longest = {}, math.huge, 0
   for i, name in ipairs(names) do
      lists[i] = text.characters(tostring(name))
      shortest, longest = math.min(shortest, #lists[i]), math.max(longest, #lists[i])
   end
   local head, tail = 0, 0
   for _, parts in ipairs {false, true} do
      if #names > 1 and longest - head - tail > most then
         head = common(lists, 1, shortest - 1, parts)
         tail = common(lists, -1, shortest - 1 - head, parts)
      end
   end
   local out = {}
   for i, list in ipairs(lists) do
      local own = table.concat(list, '', head + 1, #list - tail)
      out[i] = text.line((head > 0 and '…' or '') .. own .. (tail > 0 and '…' or ''), most)
   end
   return out
end

--- Length in characters.
---@param s string
---@return integer
function text.length(s) return #text.characters(s) end

--- A string in gnuplot's single quotes. The SVG terminal would hand on '&#x' as the start of an entity; a space of no width parts it.
---@param value any
---@param most? integer
---@return string
function text.quoted(value, most) return "'" .. text.line(value, most):gsub("'", '’'):gsub('&#x', '&\226\128\139#x') .. "'" end

--- A label of a tic, which gnuplot takes for a format of the number.
---@param value any
---@param most? integer
---@return string
function text.tic(value, most) return (text.quoted(value, most):gsub('%%', '%%%%')) end

local entities = {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;', ["'"] = '&#39;'}

--- Text inside XML.
---@param value any
---@param most? integer
---@return string
function text.xml(value, most) return (text.line(value, most or math.huge):gsub('[&<>"\']', entities)) end

return text
