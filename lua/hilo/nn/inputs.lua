--- nn/inputs.lua: what modules do with their inputs before they compute: checks, and samples that come without a batch.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local inputs = {}

--- The most that a side of a window, a stride, a padding or a dilation may be, and the most planes.
---@private
inputs.most = {side = 2 ^ 16, planes = 2 ^ 24}

--- Error in the module's name unless `condition` holds.
---@param condition any
---@param format string as of string.format
---@param ... any what the format names
---@return any condition
function inputs:check(condition, format, ...)
   if condition then return condition end
   local told, name = pcall(tostring, self) -- not all is there while it is made
   local fits, text = pcall(string.format, format, ...)
   core.raise(('%s: %s'):format(told and name or self.__typename, fits and text or tostring(format)))
end

--- Checks that fields of the module are whole numbers in a range; a field that is nil is an error too.
---@param low integer
---@param high integer
---@param ... string names of the fields
---@return Module self
function inputs:check_whole(low, high, ...)
   for i = 1, select('#', ...) do
      local name = select(i, ...)
      local value = self[name]
      if type(value) ~= 'number' or value % 1 ~= 0 or value < low or value > high then
         core.raise(('%s: %s must be a whole number from %d to %d, got %s'):format(self.__typename, name, low, high, tostring(value)))
      end
   end
   return self
end

--- check_whole of the sides of windows, their strides and dilations, which are 1 or more.
---@param ... string names of the fields
---@return Module self
function inputs:check_sides(...) return self:check_whole(1, inputs.most.side, ...) end

--- Checks that x is a tensor of as many dimensions as one of the numbers after it.
---@param x any
---@param what string for the message: 'images (N,C,H,W)'
---@param ... integer numbers of dimensions that fit
---@return Tensor x
function inputs:check_dims(x, what, ...)
   self:check(core.is_tensor(x), 'expects %s, got %s', what, core.is_tensor(x) and '' or type(x))
   for i = 1, select('#', ...) do if x:dim() == (select(i, ...)) then return x end end
   self:check(false, 'expects %s, got %s', what, Tensor.shape_text(x))
end

-- f on batches of `dims` dimensions; a single sample goes through as a batch of one.
local function over(self, x, f, dims, what)
   self:check_dims(x, what, dims - 1, dims)
   if x:dim() == dims then return f(x) end
   local y = f(x:reshape(1, unpack(Tensor.sizes_table(x))))
   self:check(core.is_tensor(y), 'f gave %s, not a tensor', type(y))
   return y:reshape(select(2, unpack(Tensor.sizes_table(y))))
end

--- f on images (N,C,H,W); a single image (C,H,W) goes through as a batch of one.
---@param x any images (N,C,H,W) or one image (C,H,W)
---@param f fun(x: Tensor): Tensor of batches
---@return Tensor (N,K,P,Q) or (K,P,Q)
function inputs:over_images(x, f) return over(self, x, f, 4, 'images (N,C,H,W) or one image (C,H,W)') end

--- f on volumes (N,C,T,H,W); a single volume (C,T,H,W) goes through as a batch of one.
---@param x any volumes (N,C,T,H,W) or one volume (C,T,H,W)
---@param f fun(x: Tensor): Tensor of batches
---@return Tensor (N,K,S,P,Q) or (K,S,P,Q)
function inputs:over_volumes(x, f) return over(self, x, f, 5, 'volumes (N,C,T,H,W) or one volume (C,T,H,W)') end

--- f on sequences of frames (N,T,F); a single sequence (T,F) goes through as a batch of one.
---@param x any sequences (N,T,F) or one sequence (T,F)
---@param f fun(x: Tensor): Tensor of batches
---@return Tensor (N,S,G) or (S,G)
function inputs:over_sequences(x, f) return over(self, x, f, 3, 'sequences (N,T,F) or one sequence (T,F)') end

--- A dimension of one sample as one of x.
---@param x Tensor
---@param dimension integer negative counts from the last
---@param nInputDims? integer dimensions of one sample; where x has one more, it is a batch
---@return integer
function inputs:sample_dimension(x, dimension, nInputDims)
   self:check(core.is_tensor(x), 'expects a tensor, got %s', type(x))
   local dim = dimension
   if dim < 0 then
      dim = x:dim() + 1 + dim
   elseif nInputDims and x:dim() == nInputDims + 1 then
      dim = dim + 1
   end
   self:check(dim >= 1 and dim <= x:dim(), 'the input has %d dimensions, not %d', x:dim(), dim)
   return dim
end

--- The two batches of vectors (N,D) of a table; two vectors (D) are batches of one.
---@param xs any two tensors of one size
---@return Tensor a (N,D)
---@return Tensor b (N,D)
function inputs:pair_of_vectors(xs)
   self:check(type(xs) == 'table' and #xs == 2 and core.is_tensor(xs[1]) and core.is_tensor(xs[2]), 'expects a table of two tensors')
   local a, b = xs[1], xs[2]
   self:check(a:isSameSizeAs(b) and (a:dim() == 1 or a:dim() == 2), 'expects two vectors (D) or two batches (N,D), got %s and %s',
      Tensor.shape_text(a), Tensor.shape_text(b))
   if a:dim() == 1 then return a:reshape(1, a:size(1)), b:reshape(1, b:size(1)) end
   return a, b
end

--- A parameter in sizes that stretch to those of x: x's own where it has as many elements, a batch of one where it has those of one
--- sample, else its own.
---@param p Tensor
---@param x Tensor
---@return Tensor
function inputs:spread(p, x)
   self:check(core.is_tensor(x), 'expects a tensor, got %s', type(x))
   local sizes = Tensor.sizes_table(x)
   if p:nElement() == 1 then return p:view(1) end
   if p:nElement() == x:nElement() then return p:view(sizes) end
   if #sizes > 0 and p:nElement() * sizes[1] == x:nElement() then
      sizes[1] = 1
      return p:view(sizes)
   end
   return p
end

return inputs
