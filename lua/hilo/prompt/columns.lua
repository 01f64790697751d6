--- prompt/columns.lua: rows of text as columns; the first is filled up on its right, the others on their left.
local length = require('hilo.io.utf8').length

local least = 16 -- characters of the first column that stay where there is little room

-- The first n - 1 characters and an ellipsis.
local function shortened(s, n)
   if length(s) <= n then return s end
   local kept = 0
   for character in s:gmatch('[^\128-\191][\128-\191]*') do
      n = n - 1
      if n == 0 then break end
      kept = kept + #character
   end
   return s:sub(1, kept) .. '…'
end

-- How wide each column is; the first gives way where the line is wider than `width`. And whether that is enough.
local function widths(rows, width)
   local widest, sum = {}, 0
   for _, row in ipairs(rows) do
      for c, text in ipairs(row) do widest[c] = math.max(widest[c] or 0, length(text)) end
   end
   for _, w in ipairs(widest) do sum = sum + w + 2 end
   local others = sum - 2 - widest[1]
   widest[1] = math.max(math.min(least, widest[1]), math.min(widest[1], width - others))
   return widest, widest[1] + others <= width
end

--- A line for each row; two where a line has no room for all columns: the first, and the others below it.
---@param rows string[][]
---@param width? integer of a line, no end to it if not given: the first column is cut to fit
---@return string[]
return function(rows, width)
   if #rows == 0 then return {} end
   local widest, fits = widths(rows, width or math.huge)
   local out = {}
   for _, row in ipairs(rows) do
      local cells = {}
      for c = 2, #row do cells[c - 1] = (' '):rep(widest[c] - length(row[c])) .. row[c] end
      local others = table.concat(cells, '  ')
      if fits then
         local first = shortened(row[1], widest[1])
         out[#out + 1] = (first .. (' '):rep(widest[1] - length(first) + 2) .. others):gsub('%s+$', '')
      else
         out[#out + 1] = shortened(row[1], width)
         if others:find('%S') then out[#out + 1] = '    ' .. others:match('^%s*(.-)%s*$') end
      end
   end
   return out
end
