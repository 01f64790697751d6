local hilo = require 'hilo'

local function one(name, ...)
   local group = {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, unpack(c.arguments or {})) end,
   }
   for i = 1, select('#', ...) do group[i] = select(i, ...) end
   return group
end

return {
   one('view', {x = {3, 4}, arguments = {2, 6}}, {x = {2, 3, 4}, arguments = {-1}}, {x = {12}, arguments = {3, 1, 4}}),
   one('reshape', {x = {3, 4, layout = 'transposed'}, arguments = {2, 6}}, {x = {3, 4}, arguments = {12}}),
   one('contiguous', {x = {3, 4, layout = 'transposed'}}, {x = {3, 4}}),
   one('clone', {x = {3, 4, layout = 'strided'}}),
   one('narrow', {x = {5, 4}, arguments = {1, 2, 3}}, {x = {2, 5, 3, layout = 'transposed'}, arguments = {2, 5, 1}}),
   one('select', {x = {5, 4}, arguments = {1, 2}}, {x = {2, 5, 3}, arguments = {2, -1}}, {x = {2, 5, 3}, arguments = {3, 1}}),
   one('transpose', {x = {3, 4}, arguments = {1, 2}}, {x = {2, 3, 4, layout = 'strided'}, arguments = {3, 1}}),
   one('t', {x = {3, 4}}),
   one('permute', {x = {2, 3, 4, 5}, arguments = {1, 3, 4, 2}}, {x = {2, 3, 4, layout = 'transposed'}, arguments = {3, 1, 2}}),
   one('squeeze', {x = {1, 3, 1}}, {x = {2, 1, 3, 1}, arguments = {2}}),
   one('unsqueeze', {x = {2, 3}, arguments = {1}}, {x = {2, 3, layout = 'transposed'}, arguments = {2}}, {x = {2, 3}, arguments = {3}}),
   one('expand', {x = {3, 1}, arguments = {3, 4}}, {x = {2, 1, 3, layout = 'strided'}, arguments = {5, 2, 4, 3}},
      {x = {4}, arguments = {2, -1}}),
   one('repeatTensor', {x = {2, 3}, arguments = {2, 2}}, {x = {3}, arguments = {2, 2}}, {x = {2, 3, layout = 'transposed'},
      arguments = {2, 1, 3}}),
   one('to', {x = {2, 3}, arguments = {{dtype = 'double'}}}),
   {
      op = 'cat',
      inputs = {'a', 'b', 'c'},
      call = function(t, c) return hilo.cat({t.a, t.b, t.c}, c.dim) end,
      {a = {2, 3}, b = {4, 3}, dim = 1},
      {a = {2, 3}, b = {2, 1}, c = {2, 4}},
      {a = {2, 3, 4}, b = {2, 2, 4, layout = 'transposed'}, c = {2, 1, 4}, dim = 2},
   },
   {
      op = 'stack',
      inputs = {'a', 'b'},
      call = function(t) return hilo.stack{t.a, t.b} end,
      {a = {2, 3}, b = {2, 3}},
      {a = {2, 3, layout = 'transposed'}, b = {2, 3}},
   },
   {
      op = 'split',
      inputs = {'x'},
      call = function(t, c)
         local pieces = hilo.split(t.x, c.length, c.dim)
         return hilo.cmul(pieces[1], pieces[2]), pieces[#pieces]
      end,
      {x = {6, 3}, length = 2},
      {x = {3, 5}, length = 2, dim = 2},
   },
   {
      op = 'index',
      inputs = {'x', 'index'},
      call = function(t, c) return hilo.index(t.x, c.dim, t.index) end,
      {x = {4, 3}, index = {6, positions = 4}, dim = 1},
      {x = {2, 4, 3, layout = 'transposed'}, index = {2, positions = 4}, dim = 2},
   },
   {
      op = 'gather',
      inputs = {'x', 'index'},
      call = function(t, c) return hilo.gather(t.x, c.dim, t.index) end,
      {x = {4, 3}, index = {6, 3, positions = 4}, dim = 1},
      {x = {4, 3, layout = 'transposed'}, index = {4, 2, positions = 3}, dim = 2},
   },
   {
      op = 'maskedSelect',
      inputs = {'x', 'mask'},
      call = function(t) return hilo.maskedSelect(t.x, t.mask) end,
      {x = {4, 3}, mask = {4, 3, mask = true}},
      {x = {4, 3, layout = 'transposed'}, mask = {4, 3, mask = true, layout = 'strided'}},
   },
}
