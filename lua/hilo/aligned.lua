--- aligned.lua: rows of words as lines of text whose columns stand below one another.
local length = require('hilo.io.utf8').length

--- Columns begin below one another, three blanks apart; with `numbers` all but the first end below one another.
---@param rows string[][]
---@param options? {numbers: boolean?}
---@return string
return function(rows, options)
   local widths, lines = {}, {}
   for _, row in ipairs(rows) do
      for c, word in ipairs(row) do widths[c] = math.max(widths[c] or 0, length(word)) end
   end
   for i, row in ipairs(rows) do
      local parts = {}
      for c, word in ipairs(row) do
         local blanks = (' '):rep(widths[c] - length(word))
         parts[c] = options and options.numbers and c > 1 and blanks .. word or word .. blanks
      end
      lines[i] = table.concat(parts, '   '):gsub('%s+$', '')
   end
   return table.concat(lines, '\n')
end
