--- prompt/scan.lua: what the text of a chunk says before it runs: the names in it, its own local variables, where it returns.
local after_quoted = require 'hilo.quoted'

local scan = {}

local opens = {['function'] = true, ['do'] = true, ['if'] = true, ['repeat'] = true}
local closes = {['end'] = true, ['until'] = true}

--- Calls f(token, position) for each name, number and sign; comments and strings are left out.
---@param text string
---@param f fun(token: string, at: integer)
function scan.tokens(text, f)
   local at = 1
   while true do
      at = text:find('%S', at)
      if not at then return end
      local after = after_quoted(text, at)
      if not after then
         local token = text:match('^[%a_\128-\255][%w_\128-\255]*', at) or text:match('^%.?%d[%w_.]*', at) or text:sub(at, at)
         f(token, at)
         after = at + #token
      end
      at = after
   end
end

local function is_name(token) return token:find('^[%a_\128-\255]') ~= nil end

---@class ChunkNames
---@field used table<string, boolean> every name that occurs
---@field locals string[] variables that the chunk itself declares, not a block or a function in it
---@field returns integer? where its own `return` stands

--- The names of a chunk, which must be right Lua.
---@param text string
---@return ChunkNames
function scan.names(text)
   local found, known = {used = {}, locals = {}}, {}
   local depth, state = 0, nil
   local function declare(name)
      if not known[name] then found.locals[#found.locals + 1] = name end
      known[name] = true
   end
   -- after `local`: a name, then `,` and another; `local function f`
   local function declaration(token)
      if state == 'name' and token == 'function' then
         state, depth = 'function', depth + 1
      elseif (state == 'name' or state == 'function') and is_name(token) then
         declare(token)
         state = state == 'name' and 'comma' or nil
      else
         state = state == 'comma' and token == ',' and 'name' or nil
      end
   end
   scan.tokens(text, function(token, at)
      if is_name(token) then found.used[token] = true end
      if state then
         declaration(token)
         if state or not (opens[token] or token == 'local' or token == 'return') then return end
      end
      if depth == 0 and token == 'local' then state = 'name' end
      if depth == 0 and token == 'return' then found.returns = at end
      if opens[token] then depth = depth + 1 end
      if closes[token] then depth = depth - 1 end
   end)
   return found
end

return scan
