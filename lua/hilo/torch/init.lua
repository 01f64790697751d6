--- torch: the names of Torch7 on hilo's tensors. `require 'hilo.torch'` sets the globals torch, nn, optim, image, gnuplot, xlua and
--- paths as Torch7's scripts expect them, and lets `require 'torch'`, 'nn', ... find them. `hilo help torch7` tells what differs.
---
---     require 'hilo.torch'
---     local x = torch.randn(4, 3)
---     local y = nn.Linear(3, 2):forward(x)
local core = require 'hilo.core'
local hilo = require 'hilo'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.torch.class'
local storages = require 'hilo.torch.storage'
local types = require 'hilo.torch.types'

---@class torch
local torch = {}

for _, name in ipairs {'class', 'typename', 'type', 'isTypeOf', 'setmetatable', 'factory'} do torch[name] = class[name] end

--- The tensor or storage type, or class, of that name.
---@param name string 'torch.FloatTensor'
---@return table?
function torch.getmetatable(name) return types.kinds[name] or require('hilo.nn.class').by_name[name] end

for name, kind in pairs(types.kinds) do
   local short = name:match '^torch%.(%w+)Tensor$'
   torch[short .. 'Tensor'], torch[short .. 'Storage'] = kind, storages.constructor(short)
end
if core.device 'cuda' then
   --- A tensor of float32 on the card.
   torch.CudaTensor = setmetatable({__typename = 'torch.CudaTensor'}, {
      __call = function(_, ...) return types.new({dtype = 'float', device = 'cuda'}, ...) end,
      __index = Tensor.methods,
   })
end

torch.isTensor = core.is_tensor
torch.isStorage = storages.is_storage

--- The type that torch.Tensor, torch.zeros, ... make, and torch.Storage.
---@param name string 'torch.FloatTensor' or 'torch.DoubleTensor', which it is at first
function torch.setdefaulttensortype(name)
   Tensor.set_default_type(name)
   torch.Tensor, torch.Storage = torch[name:sub(7)], torch[name:sub(7, -7) .. 'Storage']
end
torch.getdefaulttensortype = Tensor.get_default_type
torch.setdefaulttensortype 'torch.DoubleTensor'

torch.setnumthreads, torch.getnumthreads = hilo.setnumthreads, hilo.getnumthreads

require 'hilo.torch.pointwise'(torch)
require 'hilo.torch.functions'(torch)
require 'hilo.torch.files'(torch)

-- ---- the globals, and what `require` finds ----

local packages = {'nn', 'optim', 'image', 'gnuplot', 'xlua', 'paths', 'nngraph'}
local found = {torch = torch}

local function package_of(name)
   if found[name] == nil then
      found[name] = name == 'optim' and require 'hilo.optim' or require('hilo.torch.' .. name)
      rawset(_G, name, found[name])
   end
   return found[name]
end

_G.torch = torch
package.loaded.torch = torch
for _, name in ipairs(packages) do
   package.preload[name] = function() return package_of(name) end
end
for _, name in ipairs {'nn', 'optim', 'image', 'gnuplot', 'xlua', 'paths'} do
   package_of(name)
end
rawset(_G, 'torch', torch)

return torch
