local hilo = require 'hilo'

local groups = {}

-- Intervals where the function is defined and has no kink.
local intervals = {
   abs = {-2, 2}, square = {-2, 2}, sqrt = {0.2, 3}, rsqrt = {0.2, 3}, cinv = {0.3, 2}, exp = {-3, 3}, log = {0.2, 4},
   log1p = {-0.7, 4}, sin = {-4, 4}, cos = {-4, 4}, tan = {-1.2, 1.2}, asin = {-0.9, 0.9}, acos = {-0.9, 0.9}, atan = {-3, 3},
   sinh = {-3, 3}, cosh = {-3, 3}, tanh = {-4, 4}, sigmoid = {-8, 8}, softplus = {-8, 8}, floor = {-5, 5}, ceil = {-5, 5},
   round = {-5, 5}, trunc = {-5, 5}, frac = {-5, 5}, sign = {-2, 2}, neg = {-2, 2}, relu = {-2, 2},
   relu6 = {-4, 10},
}
local names = {}
for name in pairs(intervals) do names[#names + 1] = name end
table.sort(names)

for _, name in ipairs(names) do
   local low, high = unpack(intervals[name])
   groups[#groups + 1] = {
      op = name,
      inputs = {'x'},
      call = function(t) return hilo[name](t.x) end,
      {x = {3, 5, low = low, high = high}},
      {x = {2, 3, 4, low = low, high = high, layout = 'transposed'}},
      {x = {37, low = low, high = high, layout = 'strided'}},
      bench = {{x = {8, 64, 81, 81, low = low, high = high}}},
   }
end

local function parameterised(name, ...)
   local group = {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.a, c.b) end,
   }
   for i = 1, select('#', ...) do
      local p = select(i, ...)
      local low, high = p.low or -2, p.high or 2
      table.insert(group, {x = {3, 5, low = low, high = high}, a = p[1], b = p[2]})
      table.insert(group, {x = {2, 3, 4, low = low, high = high, layout = 'transposed'}, a = p[1], b = p[2]})
   end
   groups[#groups + 1] = group
end
parameterised('leaky_relu', {0.2}, {0.01}, {-0.5}, {})
parameterised('elu', {1}, {0.5}, {})
parameterised('affine', {3, -1}, {0.5})
parameterised('clamp', {-0.5, 0.75}, {0, 1})
-- a tensor and a number
parameterised('add', {2}, {-0.5, 3})
parameterised('sub', {2}, {-0.5, 3})
parameterised('cmul', {2})
parameterised('cdiv', {2})
parameterised('pow', {3}, {2}, {0.5, low = 0.2, high = 3}, {-1.5, low = 0.2, high = 3}, {1}, {0})
parameterised('cmax', {0.1})
parameterised('cmin', {0.1})

-- a number and a tensor
for _, name in ipairs {'add', 'sub', 'cmul', 'cdiv', 'pow', 'cmax', 'cmin'} do
   groups[#groups + 1] = {
      op = 'number ' .. name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](c.a, t.x) end,
      {x = {3, 5, low = 0.2, high = 2}, a = 1.5},
      {x = {2, 3, 4, low = 0.2, high = 2, layout = 'transposed'}, a = 0.7},
   }
end

-- two tensors
for _, name in ipairs {'add', 'sub', 'cmul', 'cdiv', 'pow', 'cmax', 'cmin'} do
   local function both(a, b, more)
      local c = more or {}
      local low = (name == 'cdiv' or name == 'pow') and 0.3 or -1
      a.low, a.high, b.low, b.high, c.a, c.b = low, 2, low, 2, a, b
      return c
   end
   groups[#groups + 1] = {
      op = name,
      inputs = {'a', 'b'},
      call = function(t, c) return hilo[name](t.a, t.b, c.alpha) end,
      both({3, 5}, {3, 5}),
      both({3, 5}, {5}),
      both({5}, {3, 5}),
      both({3, 1}, {1, 5}),
      both({2, 3, 4}, {3, 1}),
      both({1}, {2, 3}),
      both({2, 1, 4, 1}, {3, 1, 5}),
      both({3, 5, layout = 'transposed'}, {3, 5}),
      both({3, 5, layout = 'strided'}, {3, 1, layout = 'strided'}),
      (name == 'add' or name == 'sub') and both({3, 5}, {3, 5}, {alpha = -2.5}) or nil,
      bench = {both({8, 64, 81, 81}, {8, 64, 81, 81}), both({8, 64, 81, 81}, {64, 1, 1})},
   }
end

for _, name in ipairs {'addcmul', 'addcdiv'} do
   groups[#groups + 1] = {
      op = name,
      inputs = {'x', 'a', 'b'},
      call = function(t, c) return hilo[name](t.x, c.value, t.a, t.b) end,
      {x = {3, 5}, a = {3, 5}, b = {3, 5, low = 0.5, high = 2}, value = 0.7},
      {x = {3, 5}, a = {5}, b = {3, 1, low = 0.5, high = 2}, value = -2},
   }
end

groups[#groups + 1] = {
   op = 'where',
   inputs = {'mask', 'a', 'b'},
   call = function(t) return hilo.where(t.mask, t.a, t.b) end,
   {mask = {3, 5, mask = true}, a = {3, 5}, b = {3, 5}},
   {mask = {3, 1, mask = true}, a = {5}, b = {3, 5}},
   {mask = {3, 5, mask = true}, a = {1}, b = {3, 1}},
   {mask = {3, 5, mask = true, layout = 'transposed'}, a = {3, 5, layout = 'strided'}, b = {3, 5}},
}

for _, name in ipairs {'eq', 'ne', 'lt', 'le', 'gt', 'ge'} do
   groups[#groups + 1] = {
      op = name,
      float = false,
      inputs = {'a', 'b'},
      call = function(t) return hilo[name](t.a, t.b) end,
      {a = {3, 5, positions = 3}, b = {3, 5, positions = 3}},
      {a = {4, 3}, b = {3}},
   }
end
for _, name in ipairs {'mod', 'fmod', 'atan2'} do
   groups[#groups + 1] = {
      op = name,
      float = false,
      inputs = {'a', 'b'},
      call = function(t) return hilo[name](t.a, t.b) end,
      {a = {3, 5, low = -9, high = 9}, b = {3, 5, low = 0.5, high = 3}},
      {a = {3, 5, low = -9, high = 9}, b = {5, low = -3, high = -0.5}},
   }
end

return groups
