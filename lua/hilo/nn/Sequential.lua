local class = require 'hilo.nn.class'

--- nn.Sequential(): modules one after another.
local Sequential = class('nn.Sequential', 'nn.Container')

function Sequential:updateOutput(x)
   for _, m in ipairs(self.modules) do x = m(x) end
   return x
end

function Sequential:__tostring__() return self:chain_text() end

return Sequential
