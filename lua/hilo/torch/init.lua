--- torch: the names of Torch7 on hilo's tensors. `require 'hilo.torch'` sets the globals torch, nn, optim, image, gnuplot, xlua, paths
--- and sys as Torch7's scripts expect them, and lets `require 'torch'`, 'nn', ... find them. `hilo help torch7` tells what differs.
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

for name, file in pairs {Timer = 'timer', Tester = 'tester', TestSuite = 'test_suite', CmdLine = 'cmdline'} do
   torch[name] = require('hilo.torch.' .. file)
end
for name, kind in pairs(require 'hilo.torch.file') do torch[name] = kind end

--- A number that tells objects apart: tensors, storages, modules, functions, other tables. Storages over the same memory have the same.
---@param x table|function|string
---@return integer
function torch.pointer(x)
   if storages.is_storage(x) then x = storages.memory_of(x) end
   core.check(type(x) == 'table' or type(x) == 'function' or type(x) == 'string' or type(x) == 'thread',
      'torch.pointer: a %s has no place in memory', type(x))
   return tonumber(('%p'):format(x):sub(3), 16)
end

--- Torch7 could count the memory of tensors for Lua's collector; hilo always does: this changes nothing but torch._heaptracking.
---@param on boolean
function torch.setheaptracking(on) torch._heaptracking = on end

torch.setnumthreads, torch.getnumthreads = hilo.setnumthreads, hilo.getnumthreads

require 'hilo.torch.random'(torch)
require 'hilo.torch.products'(torch)
require 'hilo.torch.pointwise'(torch)
require 'hilo.torch.views'(torch)
require 'hilo.torch.functions'(torch)
require 'hilo.torch.files'(torch)

-- ---- the globals, and what `require` finds ----

-- Torch7's LuaJIT has these of Lua 5.2.
rawset(table, 'unpack', rawget(table, 'unpack') or unpack)
rawset(table, 'pack', rawget(table, 'pack') or function(...) return {n = select('#', ...), ...} end)

local packages = {'nn', 'optim', 'image', 'gnuplot', 'xlua', 'paths', 'sys', 'nngraph'}
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
for _, name in ipairs(packages) do
   if name ~= 'nngraph' then package_of(name) end -- that one changes calls of modules: where a script asks for it
end
rawset(_G, 'torch', torch)

package.loaded['hilo.torch'] = torch
require('hilo.torch.length').install()

return torch
