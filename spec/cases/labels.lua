local hilo = require 'hilo'

return {
   {
      op = 'label_map',
      float = false,
      inputs = {'x'},
      call = function(t, c) return hilo.label_map(t.x, {confidence = true, dtype = c.dtype}) end,
      {x = {2, 5, 4, 3}},
      {x = {3, 7}},
      {x = {2, 5, 4, 3}, dtype = 'long'},
      {x = {3, 21, 7, 5}},
      {x = {2, 19, 3, 3}, dtype = 'int'},
      {x = {1, 150, 5, 4}},
      {x = {5, 70}},
      {x = {2, 5, 4, 3, layout = 'channels_last'}, dtype = 'int'},
      bench = {{x = {8, 21, 321, 321}}},
   },
   {
      op = 'one_hot',
      float = false,
      inputs = {'labels'},
      call = function(t, c) return hilo.one_hot(t.labels, c.classes, {void = c.void}) end,
      {labels = {2, 4, 3, labels = 5}, classes = 5},
      {labels = {6, labels = 3, dtype = 'long'}, classes = 3},
      {labels = {1, 4, values = {0, 7, 2, 1}, dtype = 'byte'}, classes = 3, void = 7},
      {labels = {2, 4, 3, labels = 5, layout = 'transposed'}, classes = 5},
      bench = {{labels = {8, 321, 321, labels = 21}, classes = 21}},
   },
   {
      op = 'confusion',
      float = false,
      inputs = {'matrix', 'truth', 'prediction'},
      call = function(t, c) return hilo.confusion(t.matrix, t.truth, t.prediction, {void = c.void}) end,
      {matrix = {4, 4, positions = 9}, truth = {2, 5, 6, labels = 4}, prediction = {2, 5, 6, positions = 3}},
      {matrix = {4, 4, positions = 9}, truth = {2, 5, 6, labels = 4, layout = 'strided'}, prediction = {2, 5, 6, positions = 3}},
      bench = {{matrix = {21, 21, positions = 9}, truth = {8, 321, 321, labels = 21}, prediction = {8, 321, 321, positions = 20}}},
   },
}
