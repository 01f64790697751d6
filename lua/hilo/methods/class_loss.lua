--- methods/class_loss.lua: what a classifier learns from the classes of pictures, of which some may not be known.
local core = require 'hilo.core'
local hilo = require 'hilo'
local masked_mean = require 'hilo.methods.masked_mean'

local class_loss = {}

--- Binary cross entropy with the classes that are known: its mean over them, as Durand, Mehrasa and Mori (Learning a deep ConvNet for
--- multi-label classification with partial labels, 2019) normalise it; the others give no gradient. Called as
--- methods.class_loss(logits, targets, positive).
---@param logits Tensor (N,C)
---@param targets Tensor (N,C) 1 present, 0 absent, -1 not known
---@param positive? Tensor (1,C) what a class that is present weighs; an absent one weighs 1
---@return Tensor loss (1), 0 where nothing is known
local function loss(_, logits, targets, positive)
   local known = hilo.ge(targets, 0)
   local there = hilo.cmul(targets, known:type(targets:type()))
   local cells = hilo.softplus(logits) - hilo.cmul(there, logits)
   if positive then cells = hilo.cmul(cells, hilo.cmul(there, positive - 1) + 1) end
   return masked_mean(cells, known)
end

local most = 10 -- what a class may weigh at most

--- What present classes weigh so that rare ones count as much: (pictures without it / pictures with it)^power, from 1 to 10. With
--- power 1 it is the weighing of Wang et al. (ChestX-ray8, 2017).
---@param rows number[][] 1 present, 0 absent, -1 not known
---@param power number 0..1
---@return Tensor (1,C)
function class_loss.positive(rows, power)
   core.check(#rows > 0, 'class_loss: expected the classes of at least one picture, got none')
   local weights = {}
   for c = 1, #rows[1] do
      local present, absent = 0, 0
      for _, row in ipairs(rows) do
         present, absent = present + (row[c] == 1 and 1 or 0), absent + (row[c] == 0 and 1 or 0)
      end
      weights[c] = present > 0 and math.min(math.max((absent / present) ^ power, 1), most) or 1
   end
   return hilo.FloatTensor {weights}
end

return setmetatable(class_loss, {__call = loss})
