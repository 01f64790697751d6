local hilo = require 'hilo'

local groups = {}

local function reduction(name, more)
   local group = {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, unpack(c.dims or {})) end,
      {x = {3, 4, low = 0.5, high = 2}},
      {x = {3, 4, low = 0.5, high = 2}, dims = {1}},
      {x = {3, 4, low = 0.5, high = 2}, dims = {2}},
      {x = {2, 3, 4, low = 0.5, high = 2}, dims = {2}},
      {x = {2, 3, 4, low = 0.5, high = 2, layout = 'transposed'}, dims = {-1}},
      {x = {3, 4, low = 0.5, high = 2, layout = 'strided'}},
      {x = {1, low = 0.5, high = 2}},
      bench = {{x = {8, 64, 81, 81}}, {x = {8, 64, 81, 81}, dims = {2}}},
   }
   for _, c in ipairs(more or {}) do table.insert(group, c) end
   groups[#groups + 1] = group
end

local several = {{x = {2, 3, 4, low = 0.5, high = 2}, dims = {1, 3}}, {x = {2, 3, 4, 5, layout = 'channels_last'}, dims = {2, 4}},
   {x = {3, 700}, dims = {2}}}
reduction('sum', several)
reduction('mean', several)
reduction('prod', {{x = {2, 3, 4, low = 0.5, high = 2}, dims = {1, 3}}})
reduction('max')
reduction('min')

groups[#groups + 1] = {
   op = 'norm',
   inputs = {'x'},
   call = function(t, c) return hilo.norm(t.x, c.p, c.dim) end,
   {x = {3, 4}},
   {x = {3, 4}, p = 1},
   {x = {3, 4}, p = 3},
   {x = {3, 4}, p = 2, dim = 2},
   {x = {3, 4}, p = 1, dim = 1},
   {x = {3, 4}, p = 1.5, dim = 1},
   {x = {3, 4}, p = math.huge},
   {x = {3, 4}, p = math.huge, dim = 2},
   {x = {2, 3, 4, layout = 'transposed'}, p = 2, dim = 2},
}
for _, name in ipairs {'var', 'std'} do
   groups[#groups + 1] = {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.dim, c.biased) end,
      {x = {3, 4}},
      {x = {3, 4}, dim = 2},
      {x = {3, 4}, dim = 1, biased = true},
      {x = {2, 3, 4, layout = 'transposed'}, dim = 3},
   }
end
for _, name in ipairs {'sort', 'median'} do
   groups[#groups + 1] = {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.dim, c.descending) end,
      {x = {9}},
      {x = {4, 7}},
      {x = {4, 7}, dim = 1, descending = name == 'sort' or nil},
      {x = {3, 4, 5, layout = 'transposed'}, dim = 2},
   }
end
groups[#groups + 1] = {
   op = 'topk',
   inputs = {'x'},
   call = function(t, c) return hilo.topk(t.x, c.k, c.dim, c.largest) end,
   {x = {9}, k = 3},
   {x = {4, 7}, k = 2, dim = 2, largest = true},
   {x = {4, 7, layout = 'transposed'}, k = 4, dim = 1},
}
groups[#groups + 1] = {
   op = 'kthvalue',
   inputs = {'x'},
   call = function(t, c) return hilo.kthvalue(t.x, c.k, c.dim) end,
   {x = {4, 7}, k = 2},
   {x = {4, 7}, k = 3, dim = 1},
}
for _, name in ipairs {'cumsum', 'cumprod', 'argmax', 'argmin'} do
   groups[#groups + 1] = {
      op = name,
      float = false,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.dim) end,
      {x = {9}},
      {x = {4, 7}, dim = 2},
      {x = {3, 4, 5, layout = 'transposed'}, dim = 2},
   }
end
groups[#groups + 1] = {
   op = 'nonzero',
   float = false,
   inputs = {'x'},
   call = function(t) return hilo.nonzero(t.x) end,
   {x = {4, 5, mask = true}},
   {x = {30, mask = true, layout = 'strided'}},
}

return groups
