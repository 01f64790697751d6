--- nn/positions.lua: positions along dimensions, for modules that pick elements.
local Tensor = require 'hilo.tensor'

--- A vector of positions where `like` is.
---@param list integer[] from 1
---@param like Tensor whose device it goes with
---@return Tensor (n) long
local function positions(list, like) return Tensor.new({dtype = 'long', device = like:getDevice()}, list) end

return positions
