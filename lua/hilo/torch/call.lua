--- torch/call.lua: Torch7's calling convention. A function is called torch.f(x, ...), which makes its result, or torch.f(res, x, ...),
--- which resizes res; a method x:f(...) works in place or makes a result, as is told of each, and res:f(x, ...) resizes res.
---
--- What it may be called with is told by patterns over one letter for each argument: T tensor, n number, b boolean, s string, t table
--- or storage, f function, g generator.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local random = require 'hilo.ops.random'

local is_tensor, methods = core.is_tensor, Tensor.methods

---@class hilo.torch.call
local M = {}

local letters = {number = 'n', string = 's', boolean = 'b', table = 't', ['function'] = 'f', ['nil'] = '-', cdata = 'c'}
local Generator = getmetatable(random.generator)

--- Whether x is a source of random numbers.
---@param x any
---@return boolean
function M.is_generator(x) return getmetatable(x) == Generator end

local function letter(x)
   if is_tensor(x) then return 'T' end
   if M.is_generator(x) then return 'g' end
   return letters[type(x)] or '?'
end

--- A letter for each argument; nil at the end counts as not given.
---@param ... any
---@return string
function M.signature(...)
   local parts = {}
   for i = 1, select('#', ...) do parts[i] = letter((select(i, ...))) end
   return (table.concat(parts):gsub('%-+$', ''))
end

--- The first n arguments: those of a signature, without nils at the end.
---@param n integer
---@param ... any
---@return ...
function M.first(n, ...)
   if select('#', ...) == n then return ... end
   return unpack({...}, 1, n)
end

--- The arguments without nils at the end.
---@param ... any
---@return ...
function M.given(...)
   local n = select('#', ...)
   if n == 0 or select(n, ...) ~= nil then return ... end
   return M.first(#M.signature(...), ...)
end

--- (gen, ...) as it is; (...) with the default generator in front.
---@param ... any
---@return Generator
---@return ...
function M.split_generator(...)
   if M.is_generator((...)) then return ... end
   return random.generator, ...
end

local words = {T = 'tensor', n = 'number', b = 'boolean', s = 'string', t = 'table', f = 'function', g = 'generator', ['-'] = 'nil'}

local function refuse(name, signature, patterns)
   local got = {}
   for i = 1, #signature do got[i] = words[signature:sub(i, i)] or 'something else' end
   local expected = {}
   for i, pattern in ipairs(patterns) do
      expected[i] = '(' .. pattern:gsub('[%a]', function(c) return words[c] .. ' ' end):gsub(' +$', ''):gsub(' ([%]?+*])', '%1') .. ')'
   end
   core.raise(('torch.%s: called with (%s); it takes %s, each perhaps after the tensors for its results'):format(name,
      table.concat(got, ', '), table.concat(expected, ' or ')))
end

local function matches(signature, patterns, before)
   for _, pattern in ipairs(patterns) do
      if signature:match('^' .. before .. pattern .. '$') then return true end
   end
   return false
end

--- Gives a result to the tensor that the caller named for it: resized, copied.
---@param res Tensor
---@param y Tensor
---@return Tensor res
function M.deliver(res, y)
   if res == y then return res end
   if res:isSameSizeAs(y) then return res:copy(y) end
   return res:resize(y:size()):copy(y)
end

--- As deliver, of results of LAPACK: a matrix lies by columns in res too.
---@param res Tensor
---@param y Tensor
---@return Tensor res
function M.deliver_columns(res, y)
   if y:dim() ~= 2 or y:isContiguous() then return M.deliver(res, y) end
   if not (res:isSameSizeAs(y) and res:t():isContiguous()) then res:resize(y:size(2), y:size(1)):set(res:t()) end
   return res:copy(y)
end

local function deliver_all(deliver, results, n, ...)
   local ys, given = {...}, {}
   for i = 1, n do given[i] = is_tensor(ys[i]) and deliver(results[i], ys[i]) or ys[i] end
   return unpack(given, 1, math.max(n, 1))
end

--- Defines torch[name], and x[name], of a function that makes new tensors.
---@param torch table
---@param name string
---@param patterns string[] of the arguments without results
---@param f fun(...): ... makes its results anew
---@param results? integer tensors that may be named for the results: 1
---@param deliver? fun(res: Tensor, y: Tensor): Tensor how a result comes into res: M.deliver
function M.define(torch, name, patterns, f, results, deliver)
   results, deliver = results or 1, deliver or M.deliver
   local before, plain = ('T'):rep(results), methods[name]
   local function call(otherwise, ...)
      local signature = M.signature(...)
      if matches(signature, patterns, '') then return f(M.first(#signature, ...)) end
      if matches(signature, patterns, before) then
         return deliver_all(deliver, {...}, results, f(select(results + 1, M.first(#signature, ...))))
      end
      if otherwise then return otherwise(...) end
      refuse(name, signature, patterns)
   end
   torch[name] = function(...) return call(nil, ...) end
   methods[name] = function(...) return call(plain, ...) end
end

--- Defines torch[name] of a method that changes its tensor: torch.f(x, ...) changes a copy.
---@param torch table
---@param name string
---@param patterns string[] of the arguments without the result
---@param method fun(res: Tensor, ...): Tensor with all arguments after the result
function M.define_in_place(torch, name, patterns, method)
   local plain = methods[name]
   torch[name] = function(...)
      local signature = M.signature(...)
      if matches(signature, patterns, '') then
         for i = 1, #signature do
            local x = select(i, ...)
            if is_tensor(x) then return method(x:empty({}), ...) end
         end
      end
      if matches(signature, patterns, 'T') then return method(...) end
      refuse(name, signature, patterns)
   end
   methods[name] = function(...)
      local signature = M.signature(...)
      if matches(signature, patterns, '') then return method((...), ...) end
      if matches(signature, patterns, 'T') then return method(...) end
      if plain then return plain(...) end
      refuse(name, signature, patterns)
   end
end

return M
