--- quoted.lua: strings and comments in the text of a Lua program.

--- The place after the string or comment that begins at `at`; nil where none begins there. One that is not closed goes to the end.
---@param text string
---@param at integer
---@return integer?
return function(text, at)
   local comment = text:match('^%-%-()', at)
   local level = text:match('^%[(=*)%[', comment or at)
   if level then
      local _, last = text:find(']' .. level .. ']', at, true)
      return (last or #text) + 1
   end
   if comment then return text:find('\n', at, true) or #text + 1 end
   local quote = text:match('^["\']', at)
   if not quote then return nil end
   at = at + 1
   while at <= #text do
      local c = text:sub(at, at)
      if c == quote then return at + 1 end
      at = at + (c == '\\' and 2 or 1)
   end
   return #text + 1
end
