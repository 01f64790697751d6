--- prompt/complete/options.lua: names of options inside the braces of a call.
local attempt = require 'hilo.prompt.attempt'
local names = require 'hilo.prompt.complete.names'
local scan = require 'hilo.prompt.scan'

local options = {}

local opening, closing = {['('] = true, ['{'] = true, ['['] = true}, {[')'] = true, ['}'] = true, [']'] = true}

-- Where the innermost brace that is open stands; nil where a parenthesis is inside it.
local function open_brace(text)
   local open = {}
   scan.tokens(text, function(token, at)
      if opening[token] then open[#open + 1] = {token, at} end
      if closing[token] then open[#open] = nil end
   end)
   local last = open[#open]
   return last and last[1] == '{' and last[2] or nil
end

-- What is called with a table that begins after the text: `f {`, `f(a, {`.
local function called(text)
   local depth, name = 0, nil
   local tokens = {}
   scan.tokens(text, function(token, at) tokens[#tokens + 1] = {token, at} end)
   for i = #tokens, 1, -1 do
      local token, at = tokens[i][1], tokens[i][2]
      if closing[token] then depth = depth + 1 end
      if opening[token] then depth = depth - 1 end
      if depth < 0 or i == #tokens and depth == 0 and not token:find('^[(,=]$') then
         name = text:sub(1, depth < 0 and at - 1 or nil)
         break
      end
   end
   return name and name:match('([%a_][%w_.:]*)%s*$')
end

-- Names that are set already between the brace and the cursor.
local function given(text)
   local set = {}
   for name in text:gmatch('([%a_][%w_]*)%s*=') do set[name] = true end
   return set
end

--- The options that can be named next; none where the cursor is in no braces of a call, or a value is wanted there.
---@param session Session
---@param before string the line up to the word
---@return string[]
function options.candidates(session, before)
   local brace = open_brace(before)
   if not brace or not before:find('[{,;]%s*$') then return {} end
   local path = called(before:sub(1, brace - 1))
   if not path then return {} end
   local f = names.value(session, path)
   local help = require 'hilo.help'
   local list, set = {}, given(before:sub(brace))
   local ok, found = attempt(help.option_names, path)
   if (not ok or #found == 0) and f ~= nil then ok, found = attempt(help.option_names, f) end
   for _, name in ipairs(ok and found or {}) do
      if not set[name] then list[#list + 1] = name .. ' = ' end
   end
   return list
end

return options
