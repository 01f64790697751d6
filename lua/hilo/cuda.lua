--- hilo.cuda: the NVIDIA card. Tensors and networks move there by :cuda() and back by :cpu().
local ffi = require 'ffi'
local core = require 'hilo.core'

---@class hilo.cuda
local cuda = {}

--- Whether there is a card that hilo can use.
---
---     local there, why = hilo.cuda.available()
---     print(there and hilo.cuda.name() or why)
---@return boolean available, string? reason why not
function cuda.available()
   local device, reason = core.device('cuda')
   return device ~= nil, reason
end

local function card()
   local device, reason = core.device('cuda')
   if not device then core.raise(('cuda: no card can be used: %s'):format(reason)) end
   return device
end

--- The card's name: 'NVIDIA H100 ...'.
---@return string
function cuda.name() return ffi.string(card().lib.hl_device_name()) end

--- Waits until the card has done all that it was asked to.
function cuda.synchronize() core.call(card().lib, 'hl_synchronize') end

--- Whether products and convolutions of float32 may round their factors to TF32, 10 bits, which is several times faster; off at
--- first.
---@param on boolean
function cuda.settf32(on)
   core.check(type(on) == 'boolean', 'settf32: expects true or false, got %s', tostring(on))
   core.call(card().lib, 'hl_set_tf32', on and 1 or 0)
end

return cuda
