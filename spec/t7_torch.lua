--- t7_torch.lua: Torch7's files where hilo.torch is loaded, in a process of its own: its types, its storages, its classes. Prints what
--- holds, a line each. spec/t7_torch_spec.lua runs it.
local hilo = require 'hilo'
local torch = require 'hilo.torch'
local sorted_keys = require 'hilo.keys'

local t7 = hilo.io.t7

local function text(x)
   if type(x) ~= 'table' then return type(x) == 'number' and ('%.17g'):format(x) or tostring(x) end
   local parts = {}
   for _, key in ipairs(sorted_keys(x)) do parts[#parts + 1] = key .. '=' .. text(x[key]) end
   return '{' .. table.concat(parts, ',') .. '}'
end

local function same(expected, got) assert(text(expected) == text(got), text(expected) .. ' expected, got ' .. text(got)) end

local function it(name, f)
   f()
   print(name)
end

local numbers = {Byte = {0, 255, 7}, Char = {-128, 127, 0}, Short = {-32768, 32767, 0}, Int = {-2 ^ 31, 2 ^ 31 - 1, 0},
   Long = {-2 ^ 52, 2 ^ 52, 0}, Half = {0.5, -65504, 2 ^ -24}, Float = {0.5, -3.25, 2 ^ -149}, Double = {1 / 3, -2.5e300, 5e-324}}

for _, format in ipairs {'binary', 'ascii'} do
   it(('keep tensors and storages of every type (%s)'):format(format), function()
      for kind, list in pairs(numbers) do
         local t = torch[kind .. 'Tensor'](list)
         local written = t7.encode({t, t:storage()}, {format = format})
         local v = t7.decode(written)
         same({('torch.%sTensor'):format(kind), list}, {torch.type(v[1]), v[1]:totable()})
         same({('torch.%sStorage'):format(kind), list}, {torch.type(v[2]), v[2]:totable()})
         local one = torch[kind .. 'Tensor'] {1}
         if format == 'binary' then same(2 * t:elementSize(), #written - #t7.encode {one, one:storage()}) end
      end
   end)
end

it('keep what tensors and storages share', function()
   local x = torch.DoubleTensor {1, 2, 3, 4}
   local v = t7.decode(t7.encode {x:storage(), x, x:narrow(1, 2, 2)})
   assert(rawequal(v[1], v[2]:storage()) and rawequal(v[2]:storage(), v[3]:storage()))
   v[1][2] = 7
   same({7, 3}, v[3]:totable())
end)

it('keep a storage that sees a part of another as one of its own', function()
   local whole = torch.FloatStorage {1, 2, 3, 4}
   local v = t7.decode(t7.encode {torch.FloatStorage(whole, 2, 2)})
   same({2, {2, 3}}, {v[1]:size(), v[1]:totable()})
end)

it('give sizes as lists that #, ipairs and views take', function()
   local v = t7.decode(t7.encode {torch.LongStorage {2, 3}, torch.LongStorage()})
   same({2, 3, 0}, {#v[1], v[1][2], #v[2]})
   same({2, 3}, torch.DoubleTensor {1, 2, 3, 4, 5, 6}:view(v[1]):size():totable())
end)

it("keep objects of a script's own classes", function()
   local Counter = torch.class 'T7SpecCounter'
   function Counter:__init(n) self.n = n end
   function Counter:next() return self.n + 1 end
   local v = t7.decode(t7.encode {counter = _G.T7SpecCounter(4)})
   same({'T7SpecCounter', 5}, {torch.type(v.counter), v.counter:next()})
   _G.T7SpecCounter = nil
end)

it('go to PyTorch with the numbers that they hold', function()
   local path = os.tmpname()
   local given = {}
   for kind, list in pairs(numbers) do given[kind] = torch[kind .. 'Tensor'](list) end
   hilo.save(given, path, {format = 'pth'})
   local v = hilo.load(path)
   for kind, list in pairs(numbers) do same(list, v[kind]:totable()) end
   os.remove(path)
end)
