--- torch/compare.lua: how two values differ, in words; for torch.Tester. Tensors and storages are compared by their elements, tables
--- entry by entry, numbers within a tolerance.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local storages = require 'hilo.torch.storage'

local is_tensor = core.is_tensor

---@class hilo.torch.compare
local M = {}

-- What a value is compared as.
local function kind(x)
   if is_tensor(x) then return 'tensor' end
   if storages.is_storage(x) then return 'storage' end
   return type(x)
end

-- Elements that are equal differ by 0 where they are infinite too; a NaN differs from everything by NaN.
local function largest_difference(a, b)
   local x, n = Tensor.host_copy(a:to{dtype = 'double'})
   local y, most = Tensor.host_copy(b:to{dtype = 'double'}), 0
   for i = 0, n - 1 do
      local difference = x[i] == y[i] and 0 or math.abs(x[i] - y[i])
      if difference ~= difference then return difference end
      if difference > most then most = difference end
   end
   return most
end

local function by_elements(name, a, b, tolerance)
   local most = largest_difference(a, b)
   if most <= tolerance then return nil end
   return ('%sEQ(==) violation: max diff=%s, tolerance=%s'):format(name, tostring(most), tostring(tolerance))
end

--- How two tensors differ, nil where they do not.
---@param a Tensor
---@param b Tensor
---@param tolerance number largest difference of two elements that are equal
---@param count_only? boolean as many elements are enough, in whatever sizes
---@return string?
function M.tensors(a, b, tolerance, count_only)
   if not count_only and a:dim() ~= b:dim() then
      return ('The tensors have different dimensions (%d and %d)'):format(a:dim(), b:dim())
   end
   if a:type() ~= b:type() then return ('The tensors have different types (%s and %s)'):format(a:type(), b:type()) end
   local alike = a:isSameSizeAs(b) or count_only and a:nElement() == b:nElement()
   if not alike then
      return ('The tensors have different sizes (%s and %s)'):format(Tensor.shape_text(a), Tensor.shape_text(b))
   end
   if a:nElement() == 0 then return nil end
   return by_elements('Tensor', a, b, tolerance)
end

local function compare_storages(a, b, tolerance)
   if a:type() ~= b:type() then return ('The storages have different types (%s and %s)'):format(a:type(), b:type()) end
   if a:size() ~= b:size() then return ('The storages have different sizes (%d and %d)'):format(a:size(), b:size()) end
   if a:size() == 0 then return nil end
   local options = {dtype = 'double'}
   return by_elements('Storage', Tensor.new(options, a:totable()), Tensor.new(options, b:totable()), tolerance)
end

local function described(x) return ('%s (%s)'):format(tostring(x), type(x)) end

local compare = {
   number = function(a, b, tolerance)
      if a == b or math.abs(a - b) <= tolerance then return nil end
      return ('EQ failed: %s ~= %s%s'):format(tostring(a), tostring(b), tolerance > 0 and ' with tolerance=' .. tolerance or '')
   end,
   tensor = M.tensors, storage = compare_storages,
}

-- Level by level, so that what is told lies as near to the top as it can; entries of tables that were met are not gone into again.
local function compare_tables(a, b, tolerance)
   local queue, met, at = {{a, b, nil}}, {[a] = {[b] = true}}, 1
   while queue[at] do
      local one, other, place = unpack(queue[at], 1, 3)
      local function named(key) return place and place .. '.' .. tostring(key) or tostring(key) end
      for key, value in pairs(one) do
         local counterpart = other[key]
         if counterpart == nil then return ('Entry %s missing in second table (is %s in first)'):format(named(key), tostring(value)) end
         if kind(value) == 'table' and kind(counterpart) == 'table' then
            met[value] = met[value] or {}
            if not met[value][counterpart] then queue[#queue + 1] = {value, counterpart, named(key)} end
            met[value][counterpart] = true
         else
            local difference = M.values(value, counterpart, tolerance)
            if difference then return ('At table location %s: %s'):format(named(key), difference) end
         end
      end
      for key, value in pairs(other) do
         if one[key] == nil then return ('Entry %s missing in first table (is %s in second)'):format(named(key), tostring(value)) end
      end
      at = at + 1
   end
   return nil
end
compare.table = compare_tables

--- How two values differ, nil where they do not.
---@param a any
---@param b any
---@param tolerance number largest difference of two numbers that are equal
---@return string?
function M.values(a, b, tolerance)
   local what = kind(a)
   if what ~= kind(b) then
      return ('EQ failed: values have different types (first: %s, second: %s)'):format(what, kind(b))
   end
   if compare[what] then return compare[what](a, b, tolerance) end
   return a ~= b and ('EQ failed: %s ~= %s'):format(described(a), described(b)) or nil
end

return M
