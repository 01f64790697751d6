--- prompt/show/legend.lua: the lines below a picture: what its colours mean, and what else is to be said of it.
local length = require('hilo.io.utf8').length

---@class LegendLine
---@field text string
---@field rgb integer[]? the colour that it explains

-- After a block of the colour, or its number.
local function marked(line, coloured)
   local r, g, b = unpack(line.rgb)
   if not coloured then return ('#%02x%02x%02x %s'):format(r, g, b, line.text) end
   return ('\27[48;2;%d;%d;%dm  \27[0m %s'):format(r, g, b, line.text)
end

-- Colours side by side, read downwards, in as many columns as there is room for.
local function in_columns(list, coloured, room)
   local widest = 0
   for _, line in ipairs(list) do widest = math.max(widest, length(line.text)) end
   local columns = math.max(1, math.floor((room + 2) / (widest + (coloured and 3 or 8) + 2)))
   local rows, out = math.ceil(#list / columns), {}
   for i, line in ipairs(list) do
      local row = (i - 1) % rows + 1
      local is_last = i + rows > #list
      out[row] = (out[row] or '') .. marked(line, coloured) .. (is_last and '' or (' '):rep(widest - length(line.text) + 2))
   end
   return out
end

--- The lines as they are printed.
---@param lines LegendLine[]
---@param coloured boolean
---@param room integer columns
---@return string[]
return function(lines, coloured, room)
   local out, at = {}, 1
   while lines[at] do
      local group = {}
      while lines[at] and lines[at].rgb do
         group[#group + 1], at = lines[at], at + 1
      end
      for _, text in ipairs(in_columns(group, coloured, room)) do out[#out + 1] = text end
      if lines[at] then out[#out + 1], at = lines[at].text, at + 1 end
   end
   return out
end
