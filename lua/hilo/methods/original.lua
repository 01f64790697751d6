--- methods/original.lua: what the original's code does beyond its paper, where it is more than an option.
local core = require 'hilo.core'

local original = {}

-- The original walks modules() of each stage and lists the parameters of every one of them, so a parameter is listed once for each
-- module that it lies in: a stage, its block, the layer, and the downsample pair where it is in one. The stem is listed once.
local function times(name)
   if not name:find('layer', 1, true) then return 1 end
   return name:find('downsample', 1, true) and 4 or 3
end

--- The backbone's parameters as often as the original lists, and so steps, them. Give it to SGD with allow_duplicates.
---@param S DeepLab
---@return Tensor[]
function original.repeated_parameters(S)
   core.check(type(S) == 'table' and S.backbone, 'original: expected a network of hilo.models.deeplab, got %s', tostring(S))
   local list = {}
   for _, p in ipairs(S.backbone:namedParameters()) do
      if p.tensor.requires_grad ~= false then
         for _ = 1, times(p.name) do list[#list + 1] = p.tensor end
      end
   end
   return list
end

return original
