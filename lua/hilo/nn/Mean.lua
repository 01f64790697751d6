local class = require 'hilo.nn.class'

--- nn.Mean([dim, nInputDims]): the mean along dim, which goes away.
---
---     local y = nn.Mean(1):forward(hilo.Tensor{{1, 2}, {3, 4}})  -- 2, 3
local Mean, parent = class('nn.Mean', 'nn.Sum')

---@param dimension? integer 1 if not given; negative counts from the last
---@param nInputDims? integer
function Mean:__init(dimension, nInputDims) parent.__init(self, dimension, nInputDims, true) end

return Mean
