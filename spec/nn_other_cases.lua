--- nn_other_cases.lua: modules whose gradients are not those of what they compute, and those that need a partner or positions; in the
--- form of nn_cases.lua. For the specs of devices and of files.
local hilo = require 'hilo'

local nn = hilo.nn

local function pooled(unpooling, pooling, ...)
   local sides = {...}
   return function()
      local p = nn[pooling](unpack(sides))
      return nn.Sequential():add(p):add(nn[unpooling](p))
   end
end

return {
   {'SparseLinear', function() return nn.SparseLinear(6, 3) end, hilo.Tensor{{2, 0.5}, {5, -1}}},
   {'OneHot', function() return nn.OneHot(4) end, hilo.LongTensor{1, 4, 2}},
   {'Constant', function() return nn.Constant(hilo.Tensor{1, 2}, 1) end, {5, 4}},
   {'Copy', function() return nn.Copy('torch.FloatTensor', 'torch.FloatTensor') end, {5, 4}},
   {'GradientReversal', function() return nn.GradientReversal(0.5) end, {5, 4}},
   {'L1Penalty', function() return nn.L1Penalty(0.5) end, {5, 4}},
   {'ZeroGrad', function() return nn.ZeroGrad() end, {5, 4}},
   {'Kmeans', function() return nn.Kmeans(3, 4) end, {5, 4}},
   {'SpatialMaxUnpooling', pooled('SpatialMaxUnpooling', 'SpatialMaxPooling', 2, 2), {2, 3, 4, 6}},
   {'VolumetricMaxUnpooling', pooled('VolumetricMaxUnpooling', 'VolumetricMaxPooling', 2, 2, 2), {2, 3, 2, 4, 6}},
}
