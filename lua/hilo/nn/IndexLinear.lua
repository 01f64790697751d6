local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local sparse = require 'hilo.nn.sparse'

--- nn.IndexLinear(nIn, nOut[, doGradInput, keysOffset, weight, bias, normalize]): nn.Linear of sparse vectors, given as a table of
--- keys and values: {keys (n), values (n)} of one sample, {{keys, ...}, {values, ...}} of a batch, or a batch in a row:
--- {keys (n1+n2+...), values, sizes (N)}. The weight is (nIn,nOut).
---
---     local y = nn.IndexLinear(100, 3):forward {hilo.LongTensor{5, 80}, hilo.Tensor{0.5, 2}}  -- (3)
local IndexLinear, parent = class('nn.IndexLinear', 'nn.Module')

-- What stands in front of a row of the weight where values are normalised: the largest absolute value that the key ever had, 1 over
-- it, a factor (1) of the rate of learning that Torch7 keeps there, and a number that is learnt and added to the values.
local extra = 4

---@param inputSize integer
---@param outputSize integer
---@param doGradInput? boolean gradInput is then of all nIn inputs; without it, of the values that were given
---@param keysOffset? integer the smallest key, 1 if not given
---@param weight? Tensor (nIn,nOut) that is used as it is; (nIn,4+nOut) with normalize
---@param bias? Tensor (nOut) that is used as it is
---@param normalize? boolean values are divided by the largest that their key ever had, and get a learnt number added
function IndexLinear:__init(inputSize, outputSize, doGradInput, keysOffset, weight, bias, normalize)
   parent.__init(self)
   self.normalize, self.doGradInput, self.offset = normalize and extra or 0, doGradInput or false, (keysOffset or 1) - 1
   self.inputSize, self.outputSize = weight and weight:size(1) or inputSize, weight and weight:size(2) - self.normalize or outputSize
   self:check_whole(1, 2 ^ 40, 'inputSize', 'outputSize')
   if weight then
      self.weight, self.gradWeight = weight, Tensor.promised_zeros(weight:size(1), weight:size(2))
   else
      self:new_parameter('weight', self.inputSize, self.outputSize + self.normalize):zero()
   end
   self:new_parameter('bias', self.outputSize):zero()
   if bias then self.bias = bias end
end

--- Draws the weight from [-s, s] and a bias a million times smaller; s is stdv * sqrt(3), or 1 / sqrt(nOut).
---@param stdv? number
---@return nn.IndexLinear self
function IndexLinear:reset(stdv)
   local s = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.weight:size(2))
   self.weight:uniform(-s, s)
   self.bias:uniform(-s * 1e-6, s * 1e-6)
   if self.normalize > 0 then autograd.no_grad(function() self.weight:narrow(2, 1, extra):zero() end) end
   return self
end

local function vector(self, x, what)
   self:check(core.is_tensor(x) and x:dim() == 1, 'expects %s as vectors, got %s', what,
      core.is_tensor(x) and Tensor.shape_text(x) or type(x))
   return x
end

-- Keys and values of all samples, how many each has, and whether there is but one sample that comes alone.
local function joined(self, input)
   self:check(type(input) == 'table' and not core.is_tensor(input) and (#input == 2 or #input == 3),
      'expects {keys, values} or {keys, values, sizes}')
   local keys, values, sizes = unpack(input, 1, 3)
   local counts = {}
   if sizes then
      counts = core.is_tensor(sizes) and sizes:view(-1):totable() or {sizes}
   elseif core.is_tensor(keys) then
      counts[1] = keys:nElement()
   else
      self:check(type(keys) == 'table' and type(values) == 'table' and #keys == #values and #keys > 0,
         'expects as many vectors of values as of keys')
      for i, k in ipairs(keys) do
         counts[i] = vector(self, k, 'keys'):size(1)
         self:check(vector(self, values[i], 'values'):size(1) == counts[i], 'sample %d has %d keys and %d values', i, counts[i],
            values[i]:size(1))
      end
      keys, values = shape.cat(keys, 1), shape.cat(values, 1)
   end
   local total = 0
   for _, n in ipairs(counts) do total = total + n end
   self:check(vector(self, keys, 'keys'):size(1) == total and vector(self, values, 'values'):size(1) == total,
      'expects %d keys and values, got %d and %d', total, keys:size(1), values:size(1))
   return keys:detach():to{dtype = 'long'}, values, counts, not sizes and core.is_tensor(input[1])
end

-- Values by the largest that their keys ever had, with what is learnt added; in training the largest are brought up to date first.
local function normalised(self, w, values, keys)
   if self.train then
      autograd.no_grad(function()
         local own = self.weight:detach()
         local size, rows = pointwise.abs(values:detach()), own:narrow(2, 1, 3)
         for i, key in ipairs(keys:totable()) do
            local row, v = rows:select(1, key), size:get(i)
            if v > row:get(1) then
               row:narrow(1, 1, 1):fill(v)
               row:narrow(1, 2, 1):fill(1 / v)
            end
            row:narrow(1, 3, 1):fill(1)
         end
      end)
   end
   local of_key = shape.index(w, 1, keys)
   local inverse = of_key:detach():select(2, 2):contiguous()
   local learnt = shape.reshape(shape.narrow(of_key, 2, extra, 1), keys:size(1))
   return pointwise.add(pointwise.clamp(pointwise.cmul(values, inverse), -1, 1), learnt)
end

function IndexLinear:updateOutput(input)
   local keys, values, sizes, alone = joined(self, input)
   if self.offset ~= 0 then keys = keys:clone():add(-self.offset) end
   if keys:nElement() > 0 then
      local low, high = keys:min(), keys:max()
      self:check(low >= 1 and high <= self.inputSize, 'expects keys from %d to %d, got %d', self.offset + 1,
         self.offset + self.inputSize, (low < 1 and low or high) + self.offset)
   end
   local w = self:parameter('weight')
   if self.normalize > 0 then
      values = normalised(self, w, values, keys)
      w = shape.narrow(w, 2, extra + 1, self.outputSize)
   end
   local y = pointwise.add(sparse.product(w, values, keys, sizes), self:parameter('bias'))
   return alone and y:view(self.outputSize) or y
end

--- With doGradInput, {keys, values} of all inputs for each sample, in the form of the input.
---@private
function IndexLinear:form_gradInput(dx, input, gradOutput)
   if not self.doGradInput then return dx end
   self:check(self.normalize == 0, 'has no gradient of all inputs where it normalises them')
   local w, n = self.weight:detach(), gradOutput:nElement() / self.outputSize
   local all = matmul.matmul(gradOutput:detach():reshape(n, self.outputSize), w:t())
   local keys = Tensor.range(1 + self.offset, self.inputSize + self.offset, 1, {dtype = 'long', device = w:getDevice()})
   if #input == 3 then return {keys:view(1, -1):expand(n, self.inputSize):clone(), all} end
   if core.is_tensor(input[1]) then return {keys, all:view(self.inputSize)} end
   local list = {{}, {}}
   for i = 1, n do list[1][i], list[2][i] = keys:clone(), all[i] end
   return list
end

function IndexLinear:__tostring__() return ('%s(%d -> %d)'):format(self.__typename, self.inputSize, self.outputSize) end

return IndexLinear
