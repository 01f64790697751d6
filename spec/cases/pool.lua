local hilo = require 'hilo'

local function window(name)
   return {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.options) end,
      bytes = function(c) return 4 * c.x[1] * c.x[2] * c.x[3] * c.x[4] end,
      {x = {2, 3, 9, 8}, options = {kernel = 3, stride = 2, pad = 1}},
      {x = {2, 3, 8, 8}, options = {kernel = 2}},
      {x = {1, 2, 10, 9}, options = {kernel = 3, stride = 2, ceil_mode = true}},
      {x = {1, 2, 7, 7}, options = {kernel = 2, stride = 2, pad = 1, ceil_mode = true}},
      {x = {1, 2, 7, 10}, options = {kernel = {2, 3}, stride = {1, 4}, pad = {0, 1}}},
      {x = {1, 1, 1, 1}, options = {kernel = 1}},
      {x = {1, 1, 5, 5}, options = {kernel = 5}},
      {x = {1, 2, 7, 69}, options = {kernel = 3, stride = 2, pad = 1}}, -- several vectors to a row
      {x = {1, 2, 5, 37}, options = {kernel = 3, pad = 1}},
      {x = {2, 3, 9, 8, layout = 'channels_last'}, options = {kernel = 3, stride = 2, pad = 1}},
      bench = {{x = {8, 64, 161, 161}, options = {kernel = 3, stride = 2, pad = 1, ceil_mode = true}}},
   }
end

local function adaptive(name)
   return {
      op = name,
      inputs = {'x'},
      call = function(t, c) return hilo[name](t.x, c.h, c.w) end,
      bytes = function(c) return 4 * c.x[1] * c.x[2] * c.x[3] * c.x[4] end,
      {x = {2, 3, 9, 8}, h = 1, w = 1},
      {x = {2, 3, 9, 8}, h = 4, w = 3},
      {x = {1, 2, 4, 5}, h = 7, w = 5},
      {x = {2, 3, 9, 8, layout = 'transposed'}, h = 2, w = 2},
      bench = {{x = {8, 512, 41, 41}, h = 1, w = 1}},
   }
end

local avg = window('avg_pool')
table.insert(avg, {x = {2, 3, 9, 8}, options = {kernel = 3, stride = 2, pad = 1, count_pad = false}})
table.insert(avg, {x = {1, 2, 7, 7}, options = {kernel = 2, stride = 2, pad = 1, ceil_mode = true, count_pad = false}})

return {
   window('max_pool'),
   avg,
   adaptive('adaptive_max_pool'),
   adaptive('adaptive_avg_pool'),
   {
      op = 'global_avg_pool',
      inputs = {'x'},
      call = function(t) return hilo.global_avg_pool(t.x) end,
      bytes = function(c) return 4 * c.x[1] * c.x[2] * c.x[3] * c.x[4] end,
      {x = {2, 3, 5, 7}},
      {x = {1, 4, 1, 1}},
      {x = {2, 3, 5, 7, layout = 'channels_last'}},
      bench = {{x = {8, 2048, 41, 41}}},
   },
}
