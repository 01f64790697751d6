--- numbers.lua: a source of choices that a seed gives again. The generator is its own, so that what is tried cannot disturb it.
local bit = require 'bit'

---@class FuzzNumbers
local Numbers = {}
Numbers.__index = Numbers

--- xorshift of 32 bits (Marsaglia, "Xorshift RNGs", 2003).
---@param seed integer
---@return FuzzNumbers
function Numbers.new(seed)
   local self = setmetatable({state = bit.bxor(bit.tobit(seed * 2654435 % 2 ^ 31), 0x2545f491)}, Numbers)
   if self.state == 0 then self.state = 1 end
   for _ = 1, 8 do self:word() end
   return self
end

---@private
function Numbers:word()
   local x = self.state
   x = bit.bxor(x, bit.lshift(x, 13))
   x = bit.bxor(x, bit.rshift(x, 17))
   x = bit.bxor(x, bit.lshift(x, 5))
   self.state = x
   return x % 2 ^ 32
end

--- A whole number low..high.
function Numbers:whole(low, high) return low + math.floor(self:word() / 2 ^ 32 * (high - low + 1)) end

--- True with probability p.
function Numbers:chance(p) return self:word() / 2 ^ 32 < p end

--- One of a list.
function Numbers:of(list) return list[self:whole(1, #list)] end

return Numbers
