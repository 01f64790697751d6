--- nn/flatten.lua: many tensors in one piece of memory.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'

-- Elements from a tensor's first to its last in memory.
local function span(t)
   local n = 1
   local sizes, strides = Tensor.sizes_table(t), Tensor.strides_table(t)
   for d = 1, #sizes do n = n + (sizes[d] - 1) * strides[d] end
   return n
end

-- Pieces of memory that the tensors cover, overlapping ones joined: {storage, first, last}, in the order of the tensors.
local function pieces_of(tensors)
   local pieces, by_storage = {}, {}
   for _, t in ipairs(tensors) do
      local of_storage = by_storage[t._storage] or {}
      by_storage[t._storage] = of_storage
      local new = {storage = t._storage, first = t._offset, last = t._offset + span(t) - 1}
      local target
      for i = #of_storage, 1, -1 do
         local old = of_storage[i]
         if new.first <= old.last and old.first <= new.last then
            if target then
               target.first, target.last = math.min(target.first, old.first), math.max(target.last, old.last)
               old.joined = true
               table.remove(of_storage, i)
            else
               target = old
               old.first, old.last = math.min(old.first, new.first), math.max(old.last, new.last)
            end
            new = target
         end
      end
      if not target then
         of_storage[#of_storage + 1] = new
         pieces[#pieces + 1] = new
      end
   end
   local kept = {}
   for _, p in ipairs(pieces) do if not p.joined then kept[#kept + 1] = p end end
   return kept, by_storage
end

local function already_flat(pieces)
   local next_first = pieces[1].first
   for _, p in ipairs(pieces) do
      if p.storage ~= pieces[1].storage or p.first ~= next_first then return false end
      next_first = p.last + 1
   end
   return true
end

--- Moves the tensors into one new piece of memory, of which they become views; tensors that share memory still do. Where they
--- already lie side by side nothing moves.
---@param tensors Tensor[] of one type
---@return Tensor flat vector of all elements
local function flatten(tensors)
   if #tensors == 0 then return Tensor.empty({}) end
   for i, t in ipairs(tensors) do
      core.check(t._storage.dtype == tensors[1]._storage.dtype and t._storage.device == tensors[1]._storage.device,
         'getParameters: all parameters must be of one type on one device, number 1 is %s and number %d is %s', tensors[1]:type(), i,
         t:type())
   end
   local pieces, by_storage = pieces_of(tensors)
   local total = 0
   for _, p in ipairs(pieces) do
      p.at = total
      total = total + p.last - p.first + 1
   end
   if already_flat(pieces) then return Tensor.wrap(pieces[1].storage, pieces[1].first, {total}) end
   local flat = tensors[1]:empty(total)
   flat._storage.is_parameter = tensors[1]._storage.is_parameter
   autograd.no_grad(function()
      for _, p in ipairs(pieces) do
         local n = p.last - p.first + 1
         flat:narrow(1, p.at + 1, n):copy(Tensor.wrap(p.storage, p.first, {n}))
      end
      for _, t in ipairs(tensors) do
         for _, p in ipairs(by_storage[t._storage]) do
            if t._offset >= p.first and t._offset <= p.last then
               t:set(Tensor.wrap(flat._storage, p.at + t._offset - p.first, Tensor.sizes_table(t), Tensor.strides_table(t)))
               break
            end
         end
      end
   end)
   return flat
end

return flatten
