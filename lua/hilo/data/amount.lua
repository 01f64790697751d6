--- data/amount.lua: how many of n images an option asks for.
local check = require 'hilo.core'.check

local amount = {}

--- '1/8', '0.125', '45', 'all' -> how many of n images.
---@param text string
---@param n integer
---@return integer? nil for anything else, which names a list
function amount.of(text, n)
   if text == 'all' then return n end
   local a, b = text:match('^(%d+)/(%d+)$')
   if a then return math.floor(n * tonumber(a) / tonumber(b)) end
   local x = tonumber(text)
   if not x then return nil end
   check(x >= 0 and x < math.huge, 'data: expected a fraction, a number of images or a list, got %s', text)
   if text:find('[.eE]') then
      check(x <= 1, 'data: a fraction is at most 1.0, got %s', text)
      return math.floor(n * x + 1e-9)
   end
   return x
end

--- The same, at least one and at most n.
---@param text string
---@param n integer
---@param what string the option, for messages
---@return integer
function amount.some(text, n, what)
   local count = amount.of(text, n)
   check(count >= 1, 'data: %s=%s of %d labelled images leaves none; raise it', what, text, n)
   check(count <= n, 'data: %s=%s asks for more than the %d images that have labels', what, text, n)
   return count
end

return amount
