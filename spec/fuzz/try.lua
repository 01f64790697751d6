--- try.lua: what the programs of spec/fuzz are made of: calls whose errors are looked at. An inner error is one that Lua or the C
--- interface raises because a function did not look at what it was given.
local hilo = require 'hilo'
local core = require 'hilo.core'

-- stopped: the error that ends a program whose call was interrupted.
-- count: 'function returned' -> how many; kinds are function, method, object, constructor, pass (forward, backward, clone), shown (as
-- text) and reader.
local try = {found = nil, count = {}, stopped = 'stopped'}

local inner = {'attempt to ', 'cannot convert ', 'bad argument #', 'wrong type for argument', 'stack overflow', 'table index is',
   'invalid value %(', 'invalid option', 'string expected', 'number expected', 'loop or previous error', 'not enough memory',
   'table overflow', "^'for' ", 'malformed pattern', 'malformed number', 'missing return value', 'size of C type is unknown',
   'too many results', 'in function <'}

--- Whether the text of an error is an inner one's.
---@param text string
---@return boolean
function try.is_inner(text)
   for _, pattern in ipairs(inner) do if text:find(pattern) then return true end end
   return false
end

local function counted(what) try.count[what] = (try.count[what] or 0) + 1 end

local function look(kind, name, ok, ...)
   if ok then
      counted(kind .. ' returned')
      return ...
   end
   local text = tostring((...))
   if text:find 'interrupted$' then
      counted(kind .. ' stopped')
      error(try.stopped, 0)
   elseif not text:find('mine', 1, true) and try.is_inner(text) then
      counted(kind .. ' failed')
      try.found = try.found or ('%s: %s'):format(name, text)
      if try.print then print('INNER', name, text) end
   else
      counted(kind .. ' refused')
   end
end

-- Results are looked at, as one would who calls at the prompt.
local function shown(kind, name, ok, first, ...)
   if ok and core.is_tensor(first) and first:nElement() < 1000 then look('shown', name .. ' (shown)', pcall(tostring, first)) end
   return look(kind, name, ok, first, ...)
end

--- Calls f(...).
function try.call(name, f, ...) return shown('function', name, pcall(f, ...)) end

--- Calls f(...), which reads a file.
function try.read(name, f, ...) return look('reader', name, pcall(f, ...)) end

--- Calls t:key(...), where t is a tensor.
function try.method(key, t, ...)
   if not core.is_tensor(t) then return nil end
   return shown('method', 'Tensor:' .. key, pcall(t[key], t, ...))
end

--- Calls object:key(...) of what `make` makes.
function try.object(name, key, make, ...)
   local ok, object = pcall(make)
   if not ok or type(object) ~= 'table' or type(object[key]) ~= 'function' then return nil end
   return shown('object', name, pcall(object[key], object, ...))
end

-- A tensor that wants a gradient.
local function wanted(t)
   t.requires_grad = true
   return t
end

local function backward(name, m, input, target)
   local output
   if target ~= nil then
      output = look('pass', name .. ':forward', pcall(m.forward, m, input, target))
      if output ~= nil then look('pass', name .. ':backward', pcall(m.backward, m, input, target)) end
      return output
   end
   output = shown('pass', name .. ':forward', pcall(m.forward, m, input))
   if core.is_tensor(output) then shown('pass', name .. ':backward', pcall(m.backward, m, input, output:clone())) end
   return output
end

--- Makes a module or criterion, gives it an input and runs it back.
function try.module(name, class, input, target, ...)
   local m = look('constructor', name, pcall(class, ...))
   if type(m) ~= 'table' or not m.forward then return m end
   look('shown', name .. ' (shown)', pcall(tostring, m))
   local output = backward(name, m, input, target)
   look('pass', name .. ':clone', pcall(m.clone, m))
   return output
end

--- A value, or nil where it cannot be made.
function try.try(f)
   local ok, value = pcall(f)
   return ok and value or nil
end

--- The variables that a program sees.
---@return table
function try.environment()
   return setmetatable({v = {}, call = try.call, method = try.method, module = try.module, object = try.object,
      try = try.try, wanted = wanted, hilo = hilo, nn = hilo.nn,
      optim = hilo.optim}, {__index = _G})
end

return try
