--- data/known/words.lua: 'a, b, c' as a list.
---@param text string words with commas or line ends between
---@return string[]
return function(text)
   local list = {}
   for word in text:gmatch('[^,\n]+') do
      word = word:match('^%s*(.-)%s*$')
      if word ~= '' then list[#list + 1] = word end
   end
   return list
end
