--- xml.lua: a small reader for what the plots write: checks that a text is well-formed, and finds elements.
local xml = {}

local function check_text(words)
   assert(not words:find('>', 1, true), 'a bare > in: ' .. words)
   for entity in words:gmatch('&[^;]*;?') do
      assert(entity:find('^&%a+;$') or entity:find('^&#%d+;$'), 'a bare & in: ' .. words)
   end
   assert(not words:find('[%z\1-\8\11\12\14-\31\127]'), 'a control character')
end

--- Elements in the order in which they open: {name =, attributes = {}, text = own words and those of the elements inside}.
---@param source string
---@return {name: string, attributes: table<string, string>, text: string}[]
function xml.elements(source)
   local list, open = {}, {}
   local rest = source:gsub('^%s+', '')
   for tag, words in rest:gmatch('<([^<>]*)>([^<]*)') do
      check_text(words)
      local closing = tag:match('^/([%w:]+)$')
      if closing then
         local last = table.remove(open)
         assert(last and last.name == closing, ('</%s> closes %s'):format(closing, last and last.name or 'nothing'))
      else
         local name, inside, slash = tag:match('^([%a][%w:]*)%s*(.-)%s*(/?)$')
         assert(name, 'not a tag: <' .. tag .. '>')
         local element = {name = name, attributes = {}, text = ''}
         local unread = inside:gsub('([%w:%-]+)%s*=%s*(["\'])(.-)%2', function(key, _, value)
            assert(not element.attributes[key], key .. ' twice in <' .. tag .. '>')
            check_text(value)
            element.attributes[key] = value
            return ''
         end)
         assert(not unread:find('%S'), ('<%s> holds %s'):format(tag, unread))
         list[#list + 1] = element
         if slash == '' then open[#open + 1] = element end
      end
      for _, element in ipairs(open) do element.text = element.text .. words end
   end
   assert(#open == 0 and #list > 0, #open > 0 and open[#open].name .. ' is never closed' or 'no element')
   return list
end

local letters = {amp = '&', lt = '<', gt = '>', quot = '"', ['#39'] = "'"}

--- The letters that a reader sees.
---@param words string
---@return string
function xml.letters(words) return (words:gsub('&(#?%w+);', letters)) end

--- Elements of a name.
---@param source string
---@param name string
function xml.find(source, name)
   local found = {}
   for _, element in ipairs(xml.elements(source)) do if element.name == name then found[#found + 1] = element end end
   return found
end

--- The words of all <text> elements, in a table whose keys they are and in a list.
---@param source string
---@return table<string, integer> times, string[] list
function xml.words(source)
   local times, list = {}, {}
   for i, element in ipairs(xml.find(source, 'text')) do
      list[i] = xml.letters(element.text):gsub('^%s+', ''):gsub('%s+$', '')
      times[list[i]] = (times[list[i]] or 0) + 1
   end
   return times, list
end

return xml
