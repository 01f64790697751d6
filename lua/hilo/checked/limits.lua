--- checked/limits.lua: what the words after a declared type say of the values: '0..1', '1 or more', 'above 0' for numbers, '(N,C,H,W)'
--- or '(C,H,W) or (N,C,H,W)' for the dimensions of tensors. They are what the manual shows.
local core = require 'hilo.core'

local limits = {}

local number = '(%-?[%d.]+%^?%d*)'

local function value(text)
   local base, exponent = text:match '^(.-)%^(%d+)$'
   if base then return tonumber(base) ^ tonumber(exponent) end
   return tonumber(text)
end

-- {test, phrase} of numbers, or nil.
local function range(text)
   local low, high = text:match('^(%-?%d[%d^]*%.?%d*)%.%.(%-?[%d^]+%.?%d*)')
   if low and value(low) and value(high) then
      return ('x >= %.17g and x <= %.17g'):format(value(low), value(high)), ('%s..%s'):format(low, high)
   end
   low = text:match('^' .. number .. ' or more')
   if low and value(low) then return ('x >= %.17g'):format(value(low)), low .. ' or more' end
   low = text:match('^above ' .. number)
   if low and value(low) then return ('x > %.17g'):format(value(low)), 'above ' .. low end
   return nil
end

-- The numbers of dimensions that '(C,H,W) or (N,C,H,W)' allows; nil where it says less.
local function ranks(text)
   local set, words, rest = {}, {}, text
   while true do
      local inside, after = rest:match '^%(([%w_ ,]+)%)(.*)$'
      if not inside then return nil end
      local _, commas = inside:gsub(',', '')
      set[commas + 1] = true
      words[#words + 1] = '(' .. inside .. ')'
      rest = after:match '^,? or (%(.*)$'
      if not rest then
         if after:match '^,? or ' or after:match '^, %(' then return nil end
         return set, table.concat(words, ' or ')
      end
   end
end

--- The kind within the limits that the words after it name.
---@param kind Kind
---@param text string
---@return Kind
function limits.of(kind, text)
   if text == '' or not kind.source then return kind end
   if kind.source:find("type(x) == 'number'", 1, true) then
      local source, phrase = range(text)
      if not source then return kind end
      local made = {}
      for k, v in pairs(kind) do made[k] = v end
      made.source = ("type(x) ~= 'number' and (%s) or type(x) == 'number' and (%s) and %s"):format(kind.source, kind.source, source)
      made.phrase = kind.phrase .. ' ' .. phrase
      made.test = loadstring('local is_tensor = ... return function(x) return ' .. made.source .. ' end')(core.is_tensor)
      return made
   end
   if kind.phrase == 'a tensor' then
      local set, words = ranks(text)
      if not set then return kind end
      local made = {phrase = 'a tensor ' .. words, ranks = set, optional = kind.optional, test = function(x)
         return kind.test(x) and (not core.is_tensor(x) or set[x._c.ndim] == true)
      end}
      return made
   end
   return kind
end

return limits
