local hilo = require 'hilo'

local aligned, nearest = {align_corners = true}, {mode = 'nearest'}

return {
   {
      op = 'resize',
      inputs = {'x'},
      call = function(t, c) return hilo.resize(t.x, c.h, c.w, c.options) end,
      bytes = function(c) return 4 * c.x[1] * c.x[2] * (c.x[3] * c.x[4] + c.h * c.w) end,
      {x = {2, 3, 5, 6}, h = 9, w = 13},
      {x = {2, 3, 5, 6}, h = 9, w = 13, options = aligned},
      {x = {2, 3, 5, 6}, h = 9, w = 13, options = nearest},
      {x = {1, 2, 11, 9}, h = 4, w = 5},
      {x = {1, 2, 11, 9}, h = 4, w = 5, options = aligned},
      {x = {1, 2, 11, 9}, h = 4, w = 5, options = nearest},
      {x = {1, 2, 4, 4}, h = 4, w = 4, options = aligned},
      {x = {1, 2, 4, 5}, h = 1, w = 1, options = aligned},
      {x = {1, 2, 1, 1}, h = 3, w = 4},
      {x = {1, 2, 1, 1}, h = 3, w = 4, options = aligned},
      {x = {2, 3, 5, 6, layout = 'channels_last'}, h = 10, w = 12, options = aligned},
      {x = {2, 3, 5, 6, layout = 'strided'}, h = 10, w = 12},
      bench = {
         {x = {8, 21, 41, 41}, h = 321, w = 321, options = aligned},
         {x = {8, 21, 41, 41}, h = 321, w = 321},
      },
   },
}
