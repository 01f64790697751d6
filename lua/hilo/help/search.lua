--- help/search.lua: names and pages by the words of their texts.
local entries = require 'hilo.help.entries'
local other_names = require 'hilo.help.other_names'
local pages = require 'hilo.help.pages'
local text = require 'hilo.help.text'

local search = {}

---@class Found
---@field entry Entry? or a page
---@field page HelpPage?
---@field score number

local function first_sentence(prose)
   local plain = prose:gsub('\1%d+', ''):gsub('%s+', ' '):match('^%s*(.-)%s*$')
   return (plain:match('^(.-[.:;])%s') or plain):gsub('[:;]$', '.')
end

local function haystack(entry)
   local parts = {entries.text(entry)}
   for _, list in ipairs {entry.parameters, entry.results, entry.fields} do
      for _, one in ipairs(list) do parts[#parts + 1] = one.name .. ' ' .. one.type .. ' ' .. one.text end
   end
   for _, row in ipairs(other_names.of(entry)) do parts[#parts + 1] = row.name end
   return table.concat(parts, ' '):lower()
end

-- Points for each word; nil where one is missing.
local function score(words, name, key, long)
   local points = 0
   for _, word in ipairs(words) do
      local one = key == word and 20 or name:find(word, 1, true) and 8 or 0
      if long:find('%f[%w]' .. word .. '%f[%W]') then
         one = one + 3
      elseif long:find(word, 1, true) then
         one = one + 1
      end
      if one == 0 then return nil end
      points = points + one
   end
   return points - #long / 1e5
end

--- What holds all of the words.
---@param words string
---@return Found[] best first
function search.find(words)
   local list, found = {}, {}
   for word in words:lower():gmatch('[%w_]+') do list[#list + 1] = word end
   if #list == 0 then return found end
   for _, page in ipairs(pages.all()) do
      local points = score(list, page.title:lower(), page.name, page.words:lower())
      if points then found[#found + 1] = {page = page, score = points + 2, name = page.name} end
   end
   for _, entry in ipairs(entries.all()) do
      local points = not entry.same_as and score(list, entry.name:lower(), entry.key:lower(), haystack(entry))
      if points then found[#found + 1] = {entry = entry, score = points, name = entry.name} end
   end
   table.sort(found, function(a, b) return a.score > b.score or a.score == b.score and a.name < b.name end)
   return found
end

--- One line of what was found.
---@param one Found
---@return string
function search.line(one)
   if one.page then return ('%-34s %s'):format(one.page.name, one.page.title) end
   local name, words = text.full_name(one.entry), first_sentence(entries.text(one.entry))
   if #words > 90 then words = words:sub(1, 89):gsub('%s%S*$', '') .. ' …' end
   return ('%-34s %s'):format(name, words)
end

search.first_sentence, search.haystack = first_sentence, haystack

return search
