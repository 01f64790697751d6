--- help/search.lua: names and pages by the words of their texts.
local entries = require 'hilo.help.entries'
local other_names = require 'hilo.help.other_names'
local pages = require 'hilo.help.pages'
local text = require 'hilo.help.text'

local search = {}

---@class Found
---@field entry Entry? or a page
---@field page HelpPage?
---@field name string
---@field missing integer words that it does not hold
---@field score number

local function first_sentence(prose)
   local plain = prose:gsub('\1%d+', ''):gsub('%s+', ' '):match('^%s*(.-)%s*$')
   return ((plain:match('^(.-[.:;])%s') or plain):gsub('[:;]$', '.'))
end

local function haystack(entry)
   local parts = {entries.text(entry)}
   for _, list in ipairs {entry.parameters, entry.results, entry.fields} do
      for _, one in ipairs(list) do parts[#parts + 1] = one.name .. ' ' .. one.type .. ' ' .. one.text end
   end
   for _, row in ipairs(other_names.of(entry)) do parts[#parts + 1] = row.name end
   return table.concat(parts, ' '):lower()
end

-- Words that do not count.
local idle = {}
for word in ('a an and are as at be by do for from how i in is it of on or that the to what which with'):gmatch('%a+') do
   idle[#idle + 1], idle[word] = word, true
end

-- The words that count: {word, what it begins with in other numbers}.
local function words_of(asked)
   local list, all = {}, {}
   for word in asked:lower():gmatch('[%w_]+') do
      local one = {word, #word > 3 and word:match('^(.*[^s])s$') or word}
      all[#all + 1] = one
      if not idle[word] then list[#list + 1] = one end
   end
   return #list > 0 and list or all
end

-- How well a text fits: the number of words that it does not hold, and points for where it holds the others.
local function judge(words, name, key, summary, long)
   local missing, points = 0, 0
   for _, one in ipairs(words) do
      local word, stem = one[1], one[2]
      local n = key == word and 20 or name:find(stem, 1, true) and 5 or 0
      if summary:find('%f[%w]' .. stem) then n = n + 6 end
      n = n + (long:find('%f[%w]' .. stem) and 3 or long:find(stem, 1, true) and 1 or 0)
      points = points + n
      if n == 0 then missing = missing + 1 end
   end
   return missing, points - #long / 1e5
end

--- What holds all of the words, or, where nothing does, most of them. Words such as `the` do not count.
---@param words string
---@return Found[] best first
---@return integer missing how many words each lacks
function search.find(words)
   local list, found, least = words_of(words), {}, math.huge
   local function add(one, ...)
      one.missing, one.score = judge(list, ...)
      if one.missing > least or one.missing == #list then return end
      if one.missing < least then found, least = {}, one.missing end
      found[#found + 1] = one
   end
   for _, page in ipairs(pages.all()) do
      add({page = page, name = page.name}, page.title:lower(), page.name, page.title:lower(), page.words:lower())
   end
   for _, entry in ipairs(entries.all()) do
      if not entry.same_as then
         local summary = first_sentence(entries.text(entry)):lower()
         add({entry = entry, name = entry.name}, entry.name:lower(), entry.key:lower(), summary, haystack(entry))
      end
   end
   table.sort(found, function(a, b) return a.score > b.score or a.score == b.score and a.name < b.name end)
   return found, #found > 0 and least or #list
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

search.first_sentence, search.haystack, search.idle = first_sentence, haystack, idle

return search
